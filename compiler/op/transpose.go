package op

import (
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var transposeLayer = &Def{
	Name:    "transpose",
	Kind:    Layer,
	Doc:     "Puts the axes of a sample in another order: axis i of the result is axis axes[i] of the input. Axes count from 0, without the batch.",
	Shapes:  []string{"[A, B] -> [B, A] by [1, 0]", "any -> its sizes in the order of axes"},
	Formula: "y[j, i] = x[i, j] for axes [1, 0]",
	Source:  torch("permute"),
	Example: "transpose([1, 0])",
	Args:    []Arg{{Name: "axes", Type: Wholes, Required: true, Doc: "every axis of the input once, in the new order"}},
	Layer: func(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
		if err := wantNumbers(in...); err != nil {
			return nil, err
		}
		x, axes := in[0], a.Ints("axes")
		sorted := slices.Sorted(slices.Values(axes))
		for i, n := range sorted {
			if n != i || len(sorted) != len(x.Row()) {
				return nil, Errorf(diag.BadArgument, "axes must name each of the %d axes of %s once, got %s", len(x.Row()), rowText(x), ir.ShapeText(axes)).Blame("axes")
			}
		}
		perm := []int{0}[:lead(x)]
		for _, n := range axes {
			perm = append(perm, n+lead(x))
		}
		return b.Permute(x, perm...), nil
	},
	Cases: []Case{
		{Call: "transpose([1, 0])", In: []string{"[2, 3]"}},
		{Call: "transpose([2, 0, 1])", In: []string{"[2, 3, 4]"}},
		{Call: "transpose([0])", In: []string{"[4]"}},
	},
}

package op

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var sliceLayer = &Def{
	Name:    "slice",
	Kind:    Layer,
	Doc:     "Cuts a part out along an axis: from the place from up to but excluding to, as Go's slices have it. Places and axes count from 0, without the batch.",
	Shapes:  []string{"[D] -> [to - from]", "any -> the same, but to - from along axis"},
	Formula: "y[i] = x[from + i] for 0 ≤ i < to - from",
	Source:  torch("narrow"),
	Example: "x -> slice(axis: 0, from: 2, to: 5)",
	Args: []Arg{
		{Name: "axis", Type: Whole, Required: true, Doc: "the axis along which it cuts"},
		{Name: "from", Type: Whole, Required: true, Doc: "the first place"},
		{Name: "to", Type: Size, Required: true, Doc: "the place behind the last"},
	},
	Check: func(a *Args) *Error {
		if from, to := a.Int("from"), a.Int("to"); from >= to {
			return Errorf(diag.BadArgument, "to must be above from, %d, got %d", from, to).Blame("to")
		}
		return nil
	},
	Layer: func(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
		if err := wantNumbers(in...); err != nil {
			return nil, err
		}
		x := in[0]
		axis, err := axisOf(x, a)
		if err != nil {
			return nil, err
		}
		n, from, to := x.Row()[axis], a.Int("from"), a.Int("to")
		if to > n {
			return nil, Errorf(diag.BadArgument, "to must be at most %d, the size of axis %d of %s, got %d", n, axis, rowText(x), to).Blame("to")
		}
		var sizes []int
		part := 0
		if from > 0 {
			sizes, part = append(sizes, from), 1
		}
		sizes = append(sizes, to-from)
		if to < n {
			sizes = append(sizes, n-to)
		}
		return b.Split(x, axis+lead(x), sizes...)[part], nil
	},
	Cases: []Case{
		{Call: "slice(axis: 0, from: 1, to: 3)", In: []string{"[4]"}},
		{Call: "slice(axis: 1, from: 0, to: 2)", In: []string{"[2, 3]"}},
		{Call: "slice(0, 2, 3)", In: []string{"[3, 2]"}},
		{Call: "slice(0, 0, 3)", In: []string{"[3]"}},
	},
}

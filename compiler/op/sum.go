package op

import (
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
)

var sumLayer = &Def{
	Name:    "sum",
	Kind:    Layer,
	Doc:     "The sum of all elements of a sample, as one number. It never adds over the batch.",
	Shapes:  []string{"any -> [1]"},
	Formula: "y = Σ xᵢ",
	Source:  torch("sum"),
	Example: "a - b -> square -> sum -> sqrt",
	Layer: func(b *Builder, in []*ir.Value, _ *Args) (*ir.Value, error) {
		if err := wantNumbers(in...); err != nil {
			return nil, err
		}
		return asNumber(b, total(b, in[0])), nil
	},
	Cases: []Case{
		{Call: "sum", In: []string{"[4]"}},
		{Call: "sum", In: []string{"[2, 3, 2]"}},
	},
}

// total sums the elements of each row: [B, …] -> [B].
func total(b *Builder, v *ir.Value) *ir.Value {
	var axes []int
	for i := lead(v); i < len(v.Shape); i++ {
		axes = append(axes, i)
	}
	return b.ReduceSum(v, axes...)
}

// asNumber gives what total made the shape of one number: [B] -> [B, 1].
func asNumber(b *Builder, v *ir.Value) *ir.Value {
	return b.Reshape(v, append(slices.Clone(v.Shape), 1)...)
}

package op

import "github.com/nnc-lang/nnc/compiler/ir"

var meanLayer = &Def{
	Name:    "mean",
	Kind:    Layer,
	Doc:     "The mean of all elements of a sample, as one number. It never averages over the batch.",
	Shapes:  []string{"any -> [1]"},
	Formula: "y = (1/n)·Σ xᵢ",
	Source:  torch("mean"),
	Example: "a - b -> abs -> mean",
	Layer: func(b *Builder, in []*ir.Value, _ *Args) (*ir.Value, error) {
		if err := wantNumbers(in...); err != nil {
			return nil, err
		}
		return asNumber(b, over(b, total(b, in[0]), in[0].Size())), nil
	},
	Cases: []Case{
		{Call: "mean", In: []string{"[4]"}},
		{Call: "mean", In: []string{"[2, 3, 2]"}},
	},
}

// over divides by a whole number.
func over(b *Builder, v *ir.Value, n int) *ir.Value {
	return b.Each(ir.Div(ir.A(0), ir.C(float64(n))), v)
}

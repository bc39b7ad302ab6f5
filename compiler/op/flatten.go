package op

import "github.com/nnc-lang/nnc/compiler/ir"

var flattenLayer = &Def{
	Name:    "flatten",
	Kind:    Layer,
	Doc:     "Writes all elements of a sample in a row, the last axis fastest. A vector stays as it is.",
	Shapes:  []string{"[C, H, W] -> [C·H·W]", "any -> [n], n being the number of its elements"},
	Formula: "y[(c·H + h)·W + w] = x[c, h, w]",
	Source:  torch("nn.Flatten"),
	Example: "flatten",
	Layer: func(b *Builder, in []*ir.Value, _ *Args) (*ir.Value, error) {
		if err := wantNumbers(in...); err != nil {
			return nil, err
		}
		return withRow(b, in[0], in[0].Size()), nil
	},
	Cases: []Case{
		{Call: "flatten", In: []string{"[2, 3, 2]"}},
		{Call: "flatten", In: []string{"[4]"}},
	},
}

// withRow gives the rows of v another shape.
func withRow(b *Builder, v *ir.Value, row ...int) *ir.Value {
	shape := append([]int{}, v.Shape[:lead(v)]...)
	return b.Reshape(v, append(shape, row...)...)
}

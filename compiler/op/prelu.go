package op

import "github.com/nnc-lang/nnc/compiler/ir"

var preluLayer = &Def{
	Name:    "prelu",
	Kind:    Layer,
	Doc:     "A leaky_relu that learns its slope: one slope for all elements, NAME.weight in weight files, 0.25 at the start.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = x where x > 0, else w·x",
	Source:  "He, Zhang, Ren, Sun, Delving Deep into Rectifiers, 2015, section 2.1; " + torch("nn.PReLU"),
	Example: "dense(128) -> prelu",
	Weights: true,
	Layer: func(b *Builder, in []*ir.Value, _ *Args) (*ir.Value, error) {
		if err := wantNumbers(in...); err != nil {
			return nil, err
		}
		slope := b.Weight("weight", []int{1}, Weight{Init: ir.Init{Func: "Constant", Args: []float64{0.25}}})
		e := ir.Select(positive(ir.A(0)), ir.A(0), ir.Mul(ir.A(1), ir.A(0)))
		return b.Each(e, in[0], b.Reshape(slope)), nil
	},
	Cases: []Case{
		{Call: "prelu", In: []string{"[4]"}, Kinked: true},
		{Call: "prelu", In: []string{"[2, 3, 2]"}, Kinked: true},
	},
}

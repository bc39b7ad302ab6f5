package op

import "github.com/nnc-lang/nnc/compiler/ir"

var reluLayer = &Def{
	Name:     "relu",
	Kind:     Layer,
	Doc:      "The rectified linear unit: what is negative becomes 0. Its derivative at 0 is 0.",
	Shapes:   []string{"any -> the same"},
	Formula:  "y = max(0, x)",
	Gradient: "dx = dy where y > 0, else 0",
	Source:   torch("nn.ReLU"),
	Example:  "dense(128) -> relu",
	Layer:    each(ir.E(ir.OpReLU, ir.A(0))),
	Cases: []Case{
		{Call: "relu", In: []string{"[4]"}, Kinked: true},
		{Call: "relu", In: []string{"[2, 3, 2]"}, Kinked: true},
	},
}

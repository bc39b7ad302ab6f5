package op

import "github.com/nnc-lang/nnc/compiler/ir"

var tanhLayer = &Def{
	Name:     "tanh",
	Kind:     Layer,
	Doc:      "The hyperbolic tangent: a sigmoid between -1 and 1.",
	Shapes:   []string{"any -> the same"},
	Formula:  "y = (eˣ - e⁻ˣ)/(eˣ + e⁻ˣ)",
	Gradient: "dx = dy·(1 - y²)",
	Source:   torch("nn.Tanh"),
	Example:  "dense(16) -> tanh",
	Layer:    each(ir.E(ir.OpTanh, ir.A(0))),
	Cases: []Case{
		{Call: "tanh", In: []string{"[4]"}},
		{Call: "tanh", In: []string{"[2, 3, 2]"}},
	},
}

package op

import "github.com/nnc-lang/nnc/compiler/ir"

var softplusLayer = &Def{
	Name:    "softplus",
	Kind:    Layer,
	Doc:     "A smooth rectified linear unit: always above 0. No x overflows.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = log(1 + eˣ)",
	Source:  torch("nn.Softplus"),
	Example: "dense(1) -> softplus",
	Layer:   each(ir.E(ir.OpSoftplus, ir.A(0))),
	Cases: []Case{
		{Call: "softplus", In: []string{"[4]"}},
		{Call: "softplus", In: []string{"[2, 3, 2]"}},
	},
}

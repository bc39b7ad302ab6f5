package op

import "github.com/nnc-lang/nnc/compiler/ir"

var hardSigmoidLayer = &Def{
	Name:    "hard_sigmoid",
	Kind:    Layer,
	Doc:     "A sigmoid of three straight pieces: 0 up to -3, 1 from 3 on. Its derivative at ±3 is 0.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = min(1, max(0, x/6 + 1/2))",
	Source:  torch("nn.Hardsigmoid"),
	Example: "dense(16) -> hard_sigmoid",
	Layer:   each(maximum(ir.C(0), minimum(ir.C(1), ir.Add(ir.Div(ir.A(0), ir.C(6)), ir.C(.5))))),
	Cases: []Case{
		{Call: "hard_sigmoid", In: []string{"[4]"}, Kinked: true},
		{Call: "hard_sigmoid", In: []string{"[2, 3, 2]"}, Kinked: true},
	},
}

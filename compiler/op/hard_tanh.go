package op

import "github.com/nnc-lang/nnc/compiler/ir"

var hardTanhLayer = &Def{
	Name:    "hard_tanh",
	Kind:    Layer,
	Doc:     "The input cut to [-1, 1]. Its derivative at ±1 is 0.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = min(1, max(-1, x))",
	Source:  torch("nn.Hardtanh"),
	Example: "dense(16) -> hard_tanh",
	Layer:   each(maximum(ir.C(-1), minimum(ir.C(1), ir.A(0)))),
	Cases: []Case{
		{Call: "hard_tanh", In: []string{"[4]"}, Kinked: true},
		{Call: "hard_tanh", In: []string{"[2, 3, 2]"}, Kinked: true},
	},
}

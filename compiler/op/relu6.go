package op

import "github.com/nnc-lang/nnc/compiler/ir"

var relu6Layer = &Def{
	Name:    "relu6",
	Kind:    Layer,
	Doc:     "A rectified linear unit that ends at 6. Its derivative at 0 and at 6 is 0.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = min(6, max(0, x))",
	Source:  torch("nn.ReLU6"),
	Example: "dense(128) -> relu6",
	Layer:   each(maximum(ir.C(0), minimum(ir.C(6), ir.A(0)))),
	Cases: []Case{
		{Call: "relu6", In: []string{"[4]"}, Kinked: true},
		{Call: "relu6", In: []string{"[2, 3, 2]"}, Kinked: true},
	},
}

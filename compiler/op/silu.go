package op

import "github.com/nnc-lang/nnc/compiler/ir"

var siluLayer = &Def{
	Name:    "silu",
	Kind:    Layer,
	Doc:     "The sigmoid linear unit, also called swish.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = x·σ(x)",
	Source:  torch("nn.SiLU"),
	Example: "dense(256) -> silu",
	Layer:   each(ir.Mul(ir.A(0), ir.E(ir.OpSigmoid, ir.A(0)))),
	Cases: []Case{
		{Call: "silu", In: []string{"[4]"}},
		{Call: "silu", In: []string{"[2, 3, 2]"}},
	},
}

package op

import "github.com/nnc-lang/nnc/compiler/ir"

var mishLayer = &Def{
	Name:    "mish",
	Kind:    Layer,
	Doc:     "A smooth, self-gated relative of silu.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = x·tanh(log(1 + eˣ))",
	Source:  "Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019; " + torch("nn.Mish"),
	Example: "dense(256) -> mish",
	Layer:   each(ir.Mul(ir.A(0), ir.E(ir.OpTanh, ir.E(ir.OpSoftplus, ir.A(0))))),
	Cases: []Case{
		{Call: "mish", In: []string{"[4]"}},
		{Call: "mish", In: []string{"[2, 3, 2]"}},
	},
}

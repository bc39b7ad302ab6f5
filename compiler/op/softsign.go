package op

import "github.com/nnc-lang/nnc/compiler/ir"

var softsignLayer = &Def{
	Name:    "softsign",
	Kind:    Layer,
	Doc:     "A sigmoid between -1 and 1 that approaches its ends slowly.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = x/(1 + |x|)",
	Source:  torch("nn.Softsign"),
	Example: "dense(16) -> softsign",
	Layer:   each(ir.Div(ir.A(0), ir.Add(ir.C(1), ir.E(ir.OpAbs, ir.A(0))))),
	Cases: []Case{
		{Call: "softsign", In: []string{"[4]"}},
		{Call: "softsign", In: []string{"[2, 3, 2]"}},
	},
}

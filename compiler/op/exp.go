package op

import "github.com/nnc-lang/nnc/compiler/ir"

var expLayer = &Def{
	Name:    "exp",
	Kind:    Layer,
	Doc:     "The exponential of every element.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = eˣ",
	Source:  torch("exp"),
	Example: "dense(1) -> exp",
	Layer:   each(ir.E(ir.OpExp, ir.A(0))),
	Cases: []Case{
		{Call: "exp", In: []string{"[4]"}},
		{Call: "exp", In: []string{"[2, 3, 2]"}},
	},
}

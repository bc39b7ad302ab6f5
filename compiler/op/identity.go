package op

import "github.com/nnc-lang/nnc/compiler/ir"

var identityLayer = &Def{
	Name:    "identity",
	Kind:    Layer,
	Doc:     "The input itself: a place for an activation where there is none.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = x",
	Source:  torch("nn.Identity"),
	Example: "dense(1) -> identity",
	Layer:   each(ir.A(0)),
	Cases: []Case{
		{Call: "identity", In: []string{"[4]"}},
		{Call: "identity", In: []string{"[2, 3, 2]"}},
	},
}

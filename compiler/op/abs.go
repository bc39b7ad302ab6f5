package op

import "github.com/nnc-lang/nnc/compiler/ir"

var absLayer = &Def{
	Name:    "abs",
	Kind:    Layer,
	Doc:     "The magnitude of every element. Its derivative at 0 is 0.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = |x|",
	Source:  torch("abs"),
	Example: "difference -> abs",
	Layer:   each(ir.E(ir.OpAbs, ir.A(0))),
	Cases: []Case{
		{Call: "abs", In: []string{"[4]"}, Kinked: true},
		{Call: "abs", In: []string{"[2, 3, 2]"}, Kinked: true},
	},
}

package op

import "github.com/nnc-lang/nnc/compiler/ir"

var negLayer = &Def{
	Name:    "neg",
	Kind:    Layer,
	Doc:     "The sign turned round.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = -x",
	Source:  torch("neg"),
	Example: "a -> neg",
	Layer:   each(ir.Neg(ir.A(0))),
	Cases: []Case{
		{Call: "neg", In: []string{"[4]"}},
		{Call: "neg", In: []string{"[2, 3, 2]"}},
	},
}

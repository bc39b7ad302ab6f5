package op

import "github.com/nnc-lang/nnc/compiler/ir"

var sqrtLayer = &Def{
	Name:    "sqrt",
	Kind:    Layer,
	Doc:     "The square root of every element. Unlike in PyTorch its derivative at 0 is 0, so that a distance of 0 gives no NaN.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = √x",
	Source:  torch("sqrt"),
	Example: "(a, b) -> concat -> square -> sum -> sqrt",
	Layer:   each(ir.E(ir.OpSqrt, ir.A(0))),
	Cases: []Case{
		{Call: "sqrt", In: []string{"[4]"}, Before: "exp"},
		{Call: "sqrt", In: []string{"[2, 3, 2]"}, Before: "exp"},
	},
}

package op

import "github.com/nnc-lang/nnc/compiler/ir"

var squareLayer = &Def{
	Name:     "square",
	Kind:     Layer,
	Doc:      "The square of every element.",
	Shapes:   []string{"any -> the same"},
	Formula:  "y = x²",
	Gradient: "dx = 2·x·dy",
	Source:   torch("square"),
	Example:  "difference -> square",
	Layer:    each(ir.Mul(ir.A(0), ir.A(0))),
	Cases: []Case{
		{Call: "square", In: []string{"[4]"}},
		{Call: "square", In: []string{"[2, 3, 2]"}},
	},
}

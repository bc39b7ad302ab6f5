package op

import "github.com/nnc-lang/nnc/compiler/ir"

var mulLayer = &Def{
	Name:     "*",
	Kind:     Layer,
	Doc:      "The product of two values of equal shape, element by element, or of a value and a number.",
	Shapes:   []string{"any, the same -> the same"},
	Formula:  "y = a·b",
	Gradient: "da = dy·b, db = dy·a",
	Source:   torch("mul"),
	Example:  "gate * x",
	Inputs:   2,
	Layer:    join(ir.Mul(ir.A(0), ir.A(1))),
	Cases: []Case{
		{Call: "*", In: []string{"[4]", "[4]"}},
		{Call: "*", In: []string{"[2, 3]", "[2, 3]"}},
	},
}

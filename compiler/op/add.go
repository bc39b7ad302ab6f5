package op

import "github.com/nnc-lang/nnc/compiler/ir"

var addLayer = &Def{
	Name:     "+",
	Kind:     Layer,
	Doc:      "The sum of two values of equal shape, or of a value and a number.",
	Shapes:   []string{"any, the same -> the same"},
	Formula:  "y = a + b",
	Gradient: "da = dy, db = dy",
	Source:   torch("add"),
	Example:  "h + x -> relu",
	Inputs:   2,
	Layer:    join(ir.Add(ir.A(0), ir.A(1))),
	Cases: []Case{
		{Call: "+", In: []string{"[4]", "[4]"}},
		{Call: "+", In: []string{"[2, 3]", "[2, 3]"}},
	},
}

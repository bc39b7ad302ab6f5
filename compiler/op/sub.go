package op

import "github.com/nnc-lang/nnc/compiler/ir"

var subLayer = &Def{
	Name:     "-",
	Kind:     Layer,
	Doc:      "The difference of two values of equal shape, or of a value and a number.",
	Shapes:   []string{"any, the same -> the same"},
	Formula:  "y = a - b",
	Gradient: "da = dy, db = -dy",
	Source:   torch("sub"),
	Example:  "a - b -> abs",
	Inputs:   2,
	Layer:    join(ir.Sub(ir.A(0), ir.A(1))),
	Cases: []Case{
		{Call: "-", In: []string{"[4]", "[4]"}},
		{Call: "-", In: []string{"[2, 3]", "[2, 3]"}},
	},
}

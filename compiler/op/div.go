package op

import "github.com/nnc-lang/nnc/compiler/ir"

var divLayer = &Def{
	Name:     "/",
	Kind:     Layer,
	Doc:      "The quotient of two values of equal shape, element by element, or of a value and a number. Nothing guards against a division by 0.",
	Shapes:   []string{"any, the same -> the same"},
	Formula:  "y = a/b",
	Gradient: "da = dy/b, db = -dy·y/b",
	Source:   torch("div"),
	Example:  "total / count",
	Inputs:   2,
	Layer:    join(ir.Div(ir.A(0), ir.A(1))),
	Cases: []Case{
		{Call: "/", In: []string{"[4]", "[4]"}, Before: "exp"},
		{Call: "/", In: []string{"[2, 3]", "[2, 3]"}, Before: "exp"},
	},
}

package op

import "github.com/nnc-lang/nnc/compiler/ir"

var logLayer = &Def{
	Name:    "log",
	Kind:    Layer,
	Doc:     "The natural logarithm of every element: of 0 it is minus infinity, of less NaN.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = log x",
	Source:  torch("log"),
	Example: "x -> log",
	Layer:   each(ir.E(ir.OpLog, ir.A(0))),
	Cases: []Case{
		{Call: "log", In: []string{"[4]"}, Before: "exp"},
		{Call: "log", In: []string{"[2, 3, 2]"}, Before: "exp"},
	},
}

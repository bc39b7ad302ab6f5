package op

import "github.com/nnc-lang/nnc/dsl/diag"

var uniformInitialiser = &Def{
	Name:    "uniform",
	Kind:    Initialiser,
	Doc:     "Evenly spread from a up to b.",
	Formula: "w ~ U[a, b)",
	Source:  torchInit("uniform_"),
	Example: "dense(10, init: uniform(-0.1, 0.1))",
	Args: []Arg{
		{Name: "a", Type: Number, Required: true, Doc: "the least number"},
		{Name: "b", Type: Number, Required: true, Doc: "the limit above"},
	},
	Check: func(a *Args) *Error {
		if low, high := a.Float("a"), a.Float("b"); low >= high {
			return Errorf(diag.BadArgument, "b must be above a, %s, got %s", show(low), show(high)).Blame("b")
		}
		return nil
	},
	Init: draw("UniformInit", 0, "a", "b"),
}

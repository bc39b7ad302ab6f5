package op

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var clipLayer = &Def{
	Name:    "clip",
	Kind:    Layer,
	Doc:     "Every element cut to [lo, hi]. The derivative is 1 between the limits, and 0 at the limits themselves and beyond.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = min(max(x, lo), hi)",
	Source:  torch("clamp") + ", which up to version 2.13 has the derivative 1 at the limits",
	Example: "dense(1) -> clip(0, 1)",
	Args: []Arg{
		{Name: "lo", Type: Number, Required: true, Doc: "the least value"},
		{Name: "hi", Type: Number, Required: true, Doc: "the largest value"},
	},
	Check: func(a *Args) *Error {
		if lo, hi := a.Float("lo"), a.Float("hi"); lo > hi {
			return Errorf(diag.BadArgument, "hi must be at least lo, %s, got %s", show(lo), show(hi)).Blame("hi")
		}
		return nil
	},
	Layer: eachOf(func(a *Args) *ir.Expr {
		return minimum(ir.C(a.Float("hi")), maximum(ir.C(a.Float("lo")), ir.A(0)))
	}),
	Cases: []Case{
		{Call: "clip(-0.5, 0.5)", In: []string{"[4]"}, Kinked: true},
		{Call: "clip(lo: 0, hi: 6)", In: []string{"[2, 3]"}, Kinked: true},
	},
}

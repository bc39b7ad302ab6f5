package op

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var clipLayer = &Def{
	Name:    "clip",
	Kind:    Layer,
	Doc:     "Every element cut to [lo, hi]. Outside the derivative is 0; inside, and at the limits themselves, it is 1.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = min(max(x, lo), hi)",
	Source:  torch("clamp"),
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
		return minimum(maximum(ir.A(0), ir.C(a.Float("lo"))), ir.C(a.Float("hi")))
	}),
	Cases: []Case{
		{Call: "clip(-0.5, 0.5)", In: []string{"[4]"}, Kinked: true},
		{Call: "clip(lo: 0, hi: 6)", In: []string{"[2, 3]"}, Kinked: true},
	},
}

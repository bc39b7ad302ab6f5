package op

import "github.com/nnc-lang/nnc/compiler/ir"

var eluLayer = &Def{
	Name:    "elu",
	Kind:    Layer,
	Doc:     "The exponential linear unit: smooth, and at least -alpha.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = x where x > 0, else alpha·(eˣ - 1)",
	Source:  "Clevert, Unterthiner, Hochreiter, Fast and Accurate Deep Network Learning by Exponential Linear Units, 2015, equation 15; " + torch("nn.ELU"),
	Example: "dense(128) -> elu",
	Args:    []Arg{{Name: "alpha", Type: Number, Default: 1.0, Doc: "how far below 0 it goes"}},
	Layer: eachOf(func(a *Args) *ir.Expr {
		return ir.Select(positive(ir.A(0)), ir.A(0), ir.Mul(ir.C(a.Float("alpha")), ir.Sub(ir.E(ir.OpExp, ir.A(0)), ir.C(1))))
	}),
	Cases: []Case{
		{Call: "elu", In: []string{"[4]"}, Kinked: true},
		{Call: "elu(alpha: 0.5)", In: []string{"[2, 3, 2]"}, Kinked: true},
	},
}

package op

import "github.com/nnc-lang/nnc/compiler/ir"

var scaleLayer = &Def{
	Name:    "scale",
	Kind:    Layer,
	Doc:     "Every element times a number.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = k·x",
	Source:  torch("mul"),
	Example: "dense(1) -> tanh -> scale(10)",
	Args:    []Arg{{Name: "k", Type: Number, Required: true, Doc: "the factor"}},
	Layer:   eachOf(func(a *Args) *ir.Expr { return ir.Mul(ir.C(a.Float("k")), ir.A(0)) }),
	Cases: []Case{
		{Call: "scale(2)", In: []string{"[4]"}},
		{Call: "scale(k: -0.5)", In: []string{"[2, 3]"}},
	},
}

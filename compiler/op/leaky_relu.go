package op

import "github.com/nnc-lang/nnc/compiler/ir"

var leakyReluLayer = &Def{
	Name:     "leaky_relu",
	Kind:     Layer,
	Doc:      "A rectified linear unit that lets a part of what is negative through. Its derivative at 0 is slope.",
	Shapes:   []string{"any -> the same"},
	Formula:  "y = x where x > 0, else slope·x",
	Gradient: "dx = dy where x > 0, else slope·dy",
	Source:   torch("nn.LeakyReLU"),
	Example:  "dense(128) -> leaky_relu(0.1)",
	Args:     []Arg{{Name: "slope", Type: Number, Default: 0.01, Doc: "what negative inputs are multiplied by"}},
	Layer: eachOf(func(a *Args) *ir.Expr {
		return ir.Select(positive(ir.A(0)), ir.A(0), ir.Mul(ir.C(a.Float("slope")), ir.A(0)))
	}),
	Cases: []Case{
		{Call: "leaky_relu", In: []string{"[4]"}, Kinked: true},
		{Call: "leaky_relu(slope: 0.3)", In: []string{"[2, 3, 2]"}, Kinked: true},
	},
}

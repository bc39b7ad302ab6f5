package op

import "github.com/nnc-lang/nnc/compiler/ir"

var seluLayer = &Def{
	Name:    "selu",
	Kind:    Layer,
	Doc:     "A scaled exponential linear unit: its two constants keep mean and variance of deep layers near 0 and 1.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = s·x where x > 0, else s·α·(eˣ - 1), with s = 1.05070… and α = 1.67326…",
	Source:  "Klambauer, Unterthiner, Mayr, Hochreiter, Self-Normalizing Neural Networks, 2017, equation 2; " + torch("nn.SELU"),
	Example: "dense(64, init: lecun_normal) -> selu",
	Layer: each(ir.Select(positive(ir.A(0)),
		ir.Mul(ir.C(seluScale), ir.A(0)),
		ir.Mul(ir.C(seluScale*seluAlpha), ir.Sub(ir.E(ir.OpExp, ir.A(0)), ir.C(1))))),
	Cases: []Case{
		{Call: "selu", In: []string{"[4]"}, Kinked: true},
		{Call: "selu", In: []string{"[2, 3, 2]"}, Kinked: true},
	},
}

// The constants that make mean 0 and variance 1 a fixed point (Klambauer et al. 2017, equation 14).
const (
	seluScale = 1.0507009873554804934193349852946
	seluAlpha = 1.6732632423543772848170429916717
)

package op

import (
	"math"

	"github.com/nnc-lang/nnc/compiler/ir"
)

var geluLayer = &Def{
	Name:    "gelu",
	Kind:    Layer,
	Doc:     "The Gaussian error linear unit: x weighed by the share of a normal distribution below it. This is the exact form, not the approximation by tanh.",
	Shapes:  []string{"any -> the same"},
	Formula: "y = x·Φ(x) = x·(1 + erf(x/√2))/2",
	Source:  "Hendrycks, Gimpel, Gaussian Error Linear Units, 2016, section 2; " + torch("nn.GELU"),
	Example: "dense(256) -> gelu",
	Layer:   each(ir.Mul(ir.A(0), ir.Mul(ir.C(.5), ir.Add(ir.C(1), ir.E(ir.OpErf, ir.Mul(ir.C(math.Sqrt2/2), ir.A(0))))))),
	Cases: []Case{
		{Call: "gelu", In: []string{"[4]"}},
		{Call: "gelu", In: []string{"[2, 3, 2]"}},
	},
}

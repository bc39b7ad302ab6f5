package op

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// BuildPenalty builds a penalty as one scalar, over the weights in the graph that train and are penalised: those of dense,
// convolution, recurrent and attention layers, without biases. Build it when all layers are built. The error is an *Error.
func BuildPenalty(b *Builder, a *Args) (*ir.Value, error) {
	var weights []*ir.Value
	for _, v := range b.Leafs {
		if v.Kind == ir.Param && v.Param.Penalised {
			weights = append(weights, v)
		}
	}
	if len(weights) == 0 {
		return nil, Errorf(diag.BadLoss, "finds no weights to penalise").
			WithHelp("leave it out: it counts the weights of layers such as dense that train, and there are none")
	}
	return a.Def.Penalty(b, weights, a), nil
}

// penalty adds e over the elements of all weights and multiplies by a factor.
func penalty(b *Builder, weights []*ir.Value, e *ir.Expr, factor float64) *ir.Value {
	var parts []*ir.Value
	for _, w := range weights {
		parts = append(parts, b.Total(b.Each(e, w)))
	}
	return b.Each(ir.Mul(ir.C(factor), ir.A(0)), b.Sum(parts...))
}

// penaltyArgs declares λ.
var penaltyArgs = []Arg{{Name: "lambda", Type: Number, Required: true, Bounded: AtLeast, Doc: "how much it weighs"}}

// penaltyCases stand behind a dense layer, whose weights they count.
func penaltyCases(call string, kinked bool) []Case {
	return []Case{{Call: call, In: []string{"[3]"}, Before: "dense(4) -> tanh -> dense(2)", Kinked: kinked}}
}

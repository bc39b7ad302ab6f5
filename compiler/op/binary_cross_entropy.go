package op

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var binaryCrossEntropyLoss = &Def{
	Name: "binary_cross_entropy",
	Kind: Loss,
	Doc: `The loss of yes-or-no outputs that end in sigmoid, each a probability of its own. It is computed from what stands before
the sigmoid, so that log(0) cannot arise. The target is a number from 0 to 1 for each output, or class(2) for one output.`,
	Shapes:   []string{"any, the same", "[1], class(2)", "[T, 1], [T]class(2)"},
	Formula:  "L = -(1/n)·Σ(t·log y + (1 - t)·log(1 - y))",
	Gradient: "d(log y) = -t/n and d(log(1 - y)) = -(1 - t)/n for a row, divided by the rows that count",
	Source:   torch("nn.BCELoss") + ", computed as torch.nn.BCEWithLogitsLoss; reduction: sum adds the rows' means",
	Example:  "loss binary_cross_entropy",
	Args:     lossArgs(),
	Loss: func(b *Builder, y, target *ir.Value, _ *Args) (LossTerms, error) {
		if y.LogOf == nil || y.Log1mOf == nil {
			e := Errorf(diag.NeedsSoftmax, "wants an output that comes from sigmoid")
			if y.LogOf != nil || y.IsLog {
				return LossTerms{}, e.WithHelp("use cross_entropy behind softmax")
			}
			return LossTerms{}, e.WithHelp("put -> sigmoid at the end of the layers: the loss wants probabilities, not scores")
		}
		p, err := pair(y, target)
		if err != nil {
			return LossTerms{}, err
		}
		if p == oneHot {
			return LossTerms{}, Errorf(diag.BadShape, "wants one output for class(2), or numbers for a target, got %s and %s", rowText(y), portText(target)).
				WithHelp("use softmax with cross_entropy for one class of several")
		}
		// y is log y, and behind it and the target stands log(1 - y).
		t := ir.A(1)
		e := ir.Neg(ir.Add(ir.Mul(t, ir.A(0)), ir.Mul(ir.Sub(ir.C(1), t), ir.A(2))))
		if p == binary {
			e = ir.Select(isLabel(t), e, ir.C(0))
		}
		return meanTerms(b, b.Each(e, y.LogOf, target, y.Log1mOf), target, p), nil
	},
	Cases: []Case{
		{Call: "binary_cross_entropy", In: []string{"[4]", "[4]"}, Before: "sigmoid"},
		{Call: "binary_cross_entropy", In: []string{"[2, 3]", "[2, 3]"}, Before: "sigmoid"},
		{Call: "binary_cross_entropy", In: []string{"[1]", "class(2)"}, Before: "sigmoid"},
		{Call: "binary_cross_entropy(reduction: sum)", In: []string{"[5, 1]", "[5]class(2)"}, Before: "sigmoid"},
	},
}

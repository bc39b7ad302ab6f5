package op

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var crossEntropyLoss = &Def{
	Name: "cross_entropy",
	Kind: Loss,
	Doc: `The loss of a classifier that ends in softmax: minus the logarithm of the probability that it gives to the right class.
It is computed from the scores before the softmax, as log Σ exp, so that log(0) cannot arise. The target is a label, or a
distribution over the classes. (PyTorch's cross_entropy takes the scores themselves, without a softmax.)`,
	Shapes:   []string{"[n], class(n)", "[n], [n]: a distribution", "[T, n], [T]class(n)", "[T, n], [T, n]"},
	Formula:  "L = -log y_label, or -Σ tᵢ·log yᵢ; smoothed by ε: t' = (1 - ε)·t + ε/n. Steps are averaged",
	Gradient: "d(log y)ⱼ = -tⱼ for a row, divided by the rows that count",
	Source:   torch("nn.CrossEntropyLoss"),
	Example:  "loss cross_entropy",
	Args: lossArgs(Arg{Name: "label_smoothing", Type: Number, Default: 0.0, Max: 1, Bounded: Within,
		Doc: "the share of the target that is spread evenly over all classes"}),
	Loss: func(b *Builder, y, target *ir.Value, a *Args) (LossTerms, error) {
		if err := wantSoftmax(y); err != nil {
			return LossTerms{}, err
		}
		p, err := pair(y, target)
		if err != nil {
			return LossTerms{}, err
		}
		log, smoothing := y.LogOf, a.Float("label_smoothing")
		n := y.Shape[len(y.Shape)-1]
		even := ir.C(smoothing / float64(n)) // what smoothing adds to every class
		switch p {
		case numbers:
			t := ir.Add(ir.Mul(ir.C(1-smoothing), ir.A(1)), even)
			return LossTerms{Rows: over(b, total(b, b.Each(ir.Neg(ir.Mul(t, ir.A(0))), log, target)), steps(y))}, nil
		case oneHot:
			own := b.Gather(log, target, len(target.Shape)) // 0 where the label is ignored
			loss := b.Each(ir.Mul(ir.C(smoothing-1), ir.A(0)), own)
			if smoothing > 0 {
				all := b.ReduceSum(log, len(y.Shape)-1)
				loss = b.Each(ir.Select(isLabel(ir.A(2)), ir.Sub(ir.A(0), ir.Mul(even, ir.A(1))), ir.C(0)), loss, all, target)
			}
			return LossTerms{Rows: total(b, loss), Counts: counts(b, target)}, nil
		}
		return LossTerms{}, Errorf(diag.BadShape, "wants an output for each class of %s, got %s", portText(target), rowText(y)).
			WithHelp("use dense(2) -> softmax, or dense(1) -> sigmoid with binary_cross_entropy")
	},
	Cases: []Case{
		{Call: "cross_entropy", In: []string{"[4]", "class(4)"}, Before: "softmax"},
		{Call: "cross_entropy", In: []string{"[5, 3]", "[5]class(3)"}, Before: "softmax"},
		{Call: "cross_entropy", In: []string{"[4]", "[4]"}, Before: "softmax"},
		{Call: "cross_entropy", In: []string{"[2, 3]", "[2, 3]"}, Before: "softmax"},
		{Call: "cross_entropy(label_smoothing: 0.1)", In: []string{"[4]", "class(4)"}, Before: "softmax"},
		{Call: "cross_entropy(label_smoothing: 0.1)", In: []string{"[4]", "[4]"}, Before: "softmax"},
		{Call: "cross_entropy(reduction: sum, weight: 2)", In: []string{"[5, 3]", "[5]class(3)"}, Before: "softmax"},
	},
}

package op

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var nllLoss = &Def{
	Name: "nll",
	Kind: Loss,
	Doc: `The negative log-likelihood of labels, for a classifier that ends in log_softmax: what cross_entropy is for one that ends in
softmax.`,
	Shapes:  []string{"[n], class(n)", "[T, n], [T]class(n)"},
	Formula: "L = -y_label. Steps are averaged",
	Source:  torch("nn.NLLLoss"),
	Example: "loss nll",
	Args:    lossArgs(),
	Loss: func(b *Builder, y, target *ir.Value, _ *Args) (LossTerms, error) {
		if !y.IsLog {
			return LossTerms{}, Errorf(diag.NeedsSoftmax, "wants an output that comes from log_softmax").
				WithHelp("put -> log_softmax at the end of the layers, or use cross_entropy behind softmax")
		}
		if target.Elem != ir.Int {
			return LossTerms{}, Errorf(diag.BadType, "wants class labels for a target, got %s", rowText(target)).
				WithHelp("use cross_entropy behind softmax: it takes a distribution too")
		}
		p, err := pair(y, target)
		if err != nil {
			return LossTerms{}, err
		}
		if p != oneHot {
			return LossTerms{}, Errorf(diag.BadShape, "wants an output for each class of %s, got %s", portText(target), rowText(y))
		}
		own := b.Gather(y, target, len(target.Shape)) // 0 where the label is ignored
		return LossTerms{Rows: total(b, b.Each(ir.Neg(ir.A(0)), own)), Counts: counts(b, target)}, nil
	},
	Cases: []Case{
		{Call: "nll", In: []string{"[4]", "class(4)"}, Before: "log_softmax"},
		{Call: "nll", In: []string{"[5, 3]", "[5]class(3)"}, Before: "log_softmax"},
	},
}

package op

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var klDivLoss = &Def{
	Name: "kl_div",
	Kind: Loss,
	Doc: `The Kullback-Leibler divergence of a network that ends in softmax from a target distribution: 0 where they are equal. A class
whose target is 0 adds nothing. (PyTorch's kl_div takes logarithms; with softmax before it this one takes probabilities.)`,
	Shapes:  []string{"[n], [n]: a distribution", "[T, n], [T, n]"},
	Formula: "L = Σ tᵢ·(log tᵢ - log yᵢ). Steps are averaged",
	Source:  "Kullback, Leibler, On Information and Sufficiency, 1951; " + torch("nn.KLDivLoss"),
	Example: "loss kl_div",
	Args:    lossArgs(),
	Loss: func(b *Builder, y, target *ir.Value, _ *Args) (LossTerms, error) {
		if err := wantSoftmax(y); err != nil {
			return LossTerms{}, err
		}
		if target.Elem == ir.Int {
			return LossTerms{}, Errorf(diag.BadType, "wants a distribution for a target, got %s", portText(target)).
				WithHelp("use cross_entropy for class labels")
		}
		if _, err := pair(y, target); err != nil {
			return LossTerms{}, err
		}
		t := ir.A(1)
		e := ir.Select(positive(t), ir.Mul(t, ir.Sub(ir.E(ir.OpLog, t), ir.A(0))), ir.C(0))
		return LossTerms{Rows: over(b, total(b, b.Each(e, y.LogOf, target)), steps(y))}, nil
	},
	Cases: []Case{
		{Call: "kl_div", In: []string{"[4]", "[4]"}, Before: "softmax"},
		{Call: "kl_div", In: []string{"[2, 3]", "[2, 3]"}, Before: "softmax"},
	},
}

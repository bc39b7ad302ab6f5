package op

import "github.com/nnc-lang/nnc/compiler/ir"

var hingeLoss = &Def{
	Name: "hinge",
	Kind: Loss,
	Doc: `The margin loss of support vector machines, on scores: a score should be on its target's side by a margin of 1. Targets are
-1 or 1, or class(2) for one output. With class(n) and n outputs the label's score should exceed every other by 1. Averaged over
a row's elements, then over the batch. Its derivative at the margin itself is 0.`,
	Shapes:  []string{"any, the same", "[1], class(2)", "[n], class(n)", "[T, n], [T]class(n)"},
	Formula: "L = (1/n)·Σ max(0, 1 - t·y); with class(n): L = (1/n)·Σ max(0, 1 - y_label + yⱼ) over all j but the label",
	Source:  "Cortes, Vapnik, Support-Vector Networks, 1995; " + torch("nn.MultiMarginLoss"),
	Example: "loss hinge",
	Args:    lossArgs(),
	Loss: func(b *Builder, y, target *ir.Value, _ *Args) (LossTerms, error) {
		p, err := pair(y, target)
		if err != nil {
			return LossTerms{}, err
		}
		relu := func(x *ir.Expr) *ir.Expr { return ir.E(ir.OpReLU, x) }
		var each *ir.Value
		if p == oneHot {
			own := b.Gather(y, target, len(target.Shape)) // the label's score
			label := ir.A(2)
			nothing := ir.E(ir.OpOr, ir.E(ir.OpEQ, ir.Ix(len(y.Shape)-1), label), ir.E(ir.OpLT, label, ir.C(0)))
			each = b.Each(ir.Select(nothing, ir.C(0), relu(ir.Add(ir.Sub(ir.C(1), ir.A(1)), ir.A(0)))), y, own, target)
		} else {
			each = elements(b, y, target, p, func(y, t *ir.Expr) *ir.Expr {
				if p == binary { // 0 and 1 are -1 and 1
					t = ir.Sub(ir.Mul(ir.C(2), t), ir.C(1))
				}
				return relu(ir.Sub(ir.C(1), ir.Mul(t, y)))
			})
		}
		return meanTerms(b, each, target, p), nil
	},
	Cases: regressionCases("hinge", true),
}

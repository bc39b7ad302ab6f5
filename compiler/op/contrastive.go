package op

import (
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var contrastiveLoss = &Def{
	Name: "contrastive",
	Kind: Loss,
	Doc: `Draws pairs together that are alike and pushes others apart, up to a margin. The output is a distance of the pair; the target
is 0 where they are alike and 1 where they differ, or class(2).`,
	Shapes:  []string{"[1], [1]", "[1], class(2)"},
	Formula: "L = (1 - t)·½d² + t·½·max(0, margin - d)²",
	Source:  "Hadsell, Chopra, LeCun, Dimensionality Reduction by Learning an Invariant Mapping, 2006, equation 4",
	Example: "loss contrastive(margin: 2)",
	Args:    lossArgs(Arg{Name: "margin", Type: Number, Default: 1.0, Bounded: Above, Doc: "the distance from which on a differing pair is left alone"}),
	Loss: func(b *Builder, y, target *ir.Value, a *Args) (LossTerms, error) {
		if !slices.Equal(y.Row(), []int{1}) {
			return LossTerms{}, Errorf(diag.BadShape, "wants a distance, which is [1], got %s", rowText(y)).
				WithHelp("end the layers in one number: a - b -> square -> sum -> sqrt")
		}
		p, err := pair(y, target)
		if err != nil {
			return LossTerms{}, err
		}
		if p == oneHot {
			return LossTerms{}, Errorf(diag.BadShape, "wants a target of [1] or class(2), got %s", portText(target))
		}
		each := elements(b, y, target, p, func(d, t *ir.Expr) *ir.Expr {
			gap := ir.E(ir.OpReLU, ir.Sub(ir.C(a.Float("margin")), d))
			return ir.Add(
				ir.Mul(ir.Sub(ir.C(1), t), ir.Mul(ir.C(.5), ir.Mul(d, d))),
				ir.Mul(t, ir.Mul(ir.C(.5), ir.Mul(gap, gap))))
		})
		return meanTerms(b, each, target, p), nil
	},
	Cases: []Case{
		{Call: "contrastive", In: []string{"[1]", "[1]"}, Before: "abs", Kinked: true},
		{Call: "contrastive(margin: 2)", In: []string{"[1]", "class(2)"}, Before: "abs", Kinked: true},
	},
}

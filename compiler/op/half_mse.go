package op

import "github.com/nnc-lang/nnc/compiler/ir"

var halfMSELoss = &Def{
	Name: "half_mse",
	Kind: Loss,
	Doc: `Half the squared error, added over a row's elements and averaged over the batch: the quadratic cost of textbooks, whose
gradient is y - t. Labels are read as one-hot, and as 0 and 1 where one output meets class(2).`,
	Shapes:   regressionShapes,
	Formula:  "L = ½·Σ(y - t)²",
	Gradient: "dy = y - t for a row, divided by the rows",
	Source:   "Nielsen, Neural Networks and Deep Learning, 2015, chapter 1, equation 6",
	Example:  "loss half_mse",
	Args:     lossArgs(),
	Loss: func(b *Builder, y, target *ir.Value, _ *Args) (LossTerms, error) {
		p, err := pair(y, target)
		if err != nil {
			return LossTerms{}, err
		}
		sum := total(b, elements(b, y, target, p, func(y, t *ir.Expr) *ir.Expr {
			return ir.Mul(ir.C(.5), ir.Mul(ir.Sub(y, t), ir.Sub(y, t)))
		}))
		if p == numbers {
			return LossTerms{Rows: sum}, nil
		}
		// A row adds its T steps where the mean divides by labels: so T times as much a label. A label that is ignored
		// is thereby made up for by the others.
		return LossTerms{Rows: b.Each(ir.Mul(ir.C(float64(target.Size())), ir.A(0)), sum), Counts: counts(b, target)}, nil
	},
	Cases: regressionCases("half_mse", false),
}

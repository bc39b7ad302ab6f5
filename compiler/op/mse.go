package op

import "github.com/nnc-lang/nnc/compiler/ir"

var mseLoss = &Def{
	Name: "mse",
	Kind: Loss,
	Doc: `The mean squared error: a mean over a row's elements, then over the batch. Labels are read as one-hot, and as 0 and 1 where
one output meets class(2).`,
	Shapes:   regressionShapes,
	Formula:  "L = (1/n)·Σ(y - t)²",
	Gradient: "dy = 2·(y - t)/n for a row, divided by the rows",
	Source:   torch("nn.MSELoss") + "; reduction: sum adds the rows' means",
	Example:  "loss mse",
	Args:     lossArgs(),
	Loss: elementLoss(func(y, t *ir.Expr, _ *Args) *ir.Expr {
		return ir.Mul(ir.Sub(y, t), ir.Sub(y, t))
	}),
	Cases: append(regressionCases("mse", false), Case{Call: "mse(reduction: sum, weight: 0.5)", In: []string{"[5, 3]", "[5]class(3)"}}),
}

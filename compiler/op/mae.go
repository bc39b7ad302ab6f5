package op

import "github.com/nnc-lang/nnc/compiler/ir"

var maeLoss = &Def{
	Name: "mae",
	Kind: Loss,
	Doc: `The mean absolute error: a mean over a row's elements, then over the batch. Its derivative where y = t is 0. Labels are read
as one-hot, and as 0 and 1 where one output meets class(2).`,
	Shapes:   regressionShapes,
	Formula:  "L = (1/n)·Σ|y - t|",
	Gradient: "dy = sign(y - t)/n for a row, divided by the rows",
	Source:   torch("nn.L1Loss") + "; reduction: sum adds the rows' means",
	Example:  "loss mae",
	Args:     lossArgs(),
	Loss: elementLoss(func(y, t *ir.Expr, _ *Args) *ir.Expr {
		return ir.E(ir.OpAbs, ir.Sub(y, t))
	}),
	Cases: regressionCases("mae", true),
}

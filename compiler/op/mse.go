package op

import "github.com/nnc-lang/nnc/compiler/ir"

var mse = &Def{
	Name: "mse",
	Kind: Loss,
	Doc: `Mean squared error: the mean over a row's elements, then over the batch. The target has the output's shape; labels are
read as one-hot, and as 0 and 1 where one output meets class(2).`,
	Formula: "L = (1/n)·Σ(y - t)²",
	Source:  "torch.nn.MSELoss, https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html; reduction: sum adds the rows' means",
	Example: "loss mse",
	Args:    lossArgs(),
	Loss: elementLoss(func(y, t *ir.Expr) *ir.Expr {
		d := ir.Sub(y, t)
		return ir.Mul(d, d)
	}),
	Cases: regressionCases("mse", false),
}

package op

import "github.com/nnc-lang/nnc/compiler/ir"

var l1Penalty = &Def{
	Name: "l1",
	Kind: Penalty,
	Doc: `Adds the magnitudes of the weights to the loss, which drives many of them to 0. It counts the trainable weights of dense,
convolution, recurrent and attention layers, and no biases. It is part of the reported loss and not divided by the batch.`,
	Formula:  "L = λ·Σ|w|",
	Gradient: "dw = λ·sign(w)",
	Source:   "Tibshirani, Regression Shrinkage and Selection via the Lasso, 1996",
	Example:  "loss l1(1e-5)",
	Args:     penaltyArgs,
	Penalty: func(b *Builder, weights []*ir.Value, a *Args) *ir.Value {
		return penalty(b, weights, ir.E(ir.OpAbs, ir.A(0)), a.Float("lambda"))
	},
	Cases: penaltyCases("l1(0.01)", true),
}

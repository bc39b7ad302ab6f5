package op

import "github.com/nnc-lang/nnc/compiler/ir"

var l2Penalty = &Def{
	Name: "l2",
	Kind: Penalty,
	Doc: `Adds half the squares of the weights to the loss, so that they stay small. It counts the trainable weights of dense,
convolution, recurrent and attention layers, and no biases. It is part of the reported loss and not divided by the batch.`,
	Formula:  "L = λ/2·Σw²",
	Gradient: "dw = λ·w",
	Source:   "Krogh, Hertz, A Simple Weight Decay Can Improve Generalization, 1991, equation 2",
	Example:  "loss l2(1e-4)",
	Args:     penaltyArgs,
	Penalty: func(b *Builder, weights []*ir.Value, a *Args) *ir.Value {
		return penalty(b, weights, ir.Mul(ir.A(0), ir.A(0)), a.Float("lambda")/2)
	},
	Cases: penaltyCases("l2(0.01)", false),
}

package op

import "github.com/nnc-lang/nnc/compiler/ir"

var adamwOptimizer = &Def{
	Name:    "adamw",
	Kind:    Optimizer,
	Doc:     "Adam with weight decay apart from the gradient: each step shrinks the parameters by lr·weight_decay, however large their gradients are.",
	Formula: "θ -= lr·weight_decay·θ\n" + adamFormula,
	Source:  "Loshchilov, Hutter, Decoupled Weight Decay Regularization, 2017, algorithm 2; " + torchOptim("AdamW"),
	Example: "optimizer adamw(lr: cosine(0.001, warmup: 1), weight_decay: 0.05)",
	Args:    adamArgs(0.01),
	Check:   checkBetas,
	Optimizer: func(u *Update, rate *ir.Value, a *Args) {
		adamStep(u, rate, a, u.Grad, shrunk(a))
	},
	Cases: []Case{
		{Call: "adamw"},
		{Call: "adamw(lr: 0.1, weight_decay: 0.1, betas: [0.8, 0.99], eps: 1e-6)"},
		{Call: "adamw(lr: linear(0.1, to: 0.01), amsgrad: true)"},
	},
}

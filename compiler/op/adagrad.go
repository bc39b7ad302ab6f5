package op

import "github.com/nnc-lang/nnc/compiler/ir"

var adagradOptimizer = &Def{
	Name: "adagrad",
	Kind: Optimizer,
	Doc:  "Divides each parameter's rate by the root of all its squared gradients so far, so that rare features keep a large one.",
	Formula: `g += weight_decay·θ
s += g²
θ -= lr/(1 + (t - 1)·lr_decay)·g/(√s + eps)`,
	Source:  "Duchi, Hazan, Singer, Adaptive Subgradient Methods for Online Learning and Stochastic Optimization, 2011; " + torchOptim("Adagrad"),
	Example: "optimizer adagrad(lr: 0.01)",
	Args: optimizerArgs(0.01,
		Arg{Name: "lr_decay", Type: Number, Default: 0.0, Bounded: AtLeast, Doc: "how fast the rate falls with the steps"},
		weightDecay(0),
		Arg{Name: "initial_accumulator_value", Type: Number, Default: 0.0, Bounded: AtLeast, Doc: "added to the squared gradients"},
		epsilon(1e-10),
	),
	Check: checkClip,
	Optimizer: func(u *Update, rate *ir.Value, a *Args) {
		g := u.decayed(a)
		s := u.State("squares")
		next := u.Each(ir.Add(ir.A(1), square), g, s)
		u.Assign(s, next)
		if decay := a.Float("lr_decay"); decay != 0 {
			e := ir.Div(ir.A(0), ir.Add(ir.C(1), ir.Mul(ir.C(decay), ir.A(1))))
			rate = u.name("rate", u.Each(e, rate, u.Scalar(ir.ClockStep)))
		}
		// States start from 0, so the initial value is added where the sum is read.
		root := ir.E(ir.OpSqrt, ir.Add(ir.A(3), ir.C(a.Float("initial_accumulator_value"))))
		u.move(ir.Sub(ir.A(0), ir.Mul(ir.A(1), ir.Div(ir.A(2), ir.Add(root, ir.C(a.Float("eps")))))), rate, g, next)
	},
	Cases: []Case{
		{Call: "adagrad"},
		{Call: "adagrad(lr: 0.1, lr_decay: 0.1, weight_decay: 0.01, initial_accumulator_value: 0.5)"},
		{Call: "adagrad(0.1, clip_norm: 1)"},
	},
}

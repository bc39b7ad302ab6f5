package op

import "github.com/nnc-lang/nnc/compiler/ir"

var rmspropOptimizer = &Def{
	Name: "rmsprop",
	Kind: Optimizer,
	Doc:  "Divides each parameter's gradient by the root of a running mean of its squares.",
	Formula: `g += weight_decay·θ
s = alpha·s + (1 - alpha)·g²; centered: also a = alpha·a + (1 - alpha)·g
d = g/(√s + eps); centered: d = g/(√(s - a²) + eps)
θ -= lr·d; with momentum: m = momentum·m + d, θ -= lr·m`,
	Source:  "Tieleman, Hinton, Lecture 6.5: rmsprop, 2012; Graves, Generating Sequences with Recurrent Neural Networks, 2013, for centered; " + torchOptim("RMSprop"),
	Example: "optimizer rmsprop(lr: 0.001, alpha: 0.9)",
	Args: optimizerArgs(0.01,
		Arg{Name: "alpha", Type: Number, Default: 0.99, Bounded: Within, Max: 1, Doc: "the share of the running mean that stays"},
		epsilon(1e-8),
		weightDecay(0),
		momentum(),
		Arg{Name: "centered", Type: Bool, Default: false, Doc: "true divides by the deviation in place of the root mean square"},
	),
	Check: checkClip,
	Optimizer: func(u *Update, rate *ir.Value, a *Args) {
		g, alpha := u.decayed(a), a.Float("alpha")
		in := []*ir.Value{g, u.average("squares", alpha, square, g)}
		spread := ir.A(1)
		if a.Bool("centered") {
			in = append(in, u.average("mean", alpha, ir.A(0), g))
			// Rounding can make it less than 0.
			spread = maximum(ir.Sub(spread, ir.Mul(ir.A(2), ir.A(2))), ir.C(0))
		}
		move := u.Each(ir.Div(ir.A(0), ir.Add(ir.E(ir.OpSqrt, spread), ir.C(a.Float("eps")))), in...)
		if keep := a.Float("momentum"); keep != 0 {
			m := u.State("momentum")
			move = u.Each(ir.Add(ir.Mul(ir.C(keep), ir.A(0)), ir.A(1)), m, move)
			u.Assign(m, move)
		}
		u.move(ir.Sub(ir.A(0), ir.Mul(ir.A(1), ir.A(2))), rate, move)
	},
	Cases: []Case{
		{Call: "rmsprop"},
		{Call: "rmsprop(lr: 0.001, alpha: 0.9, eps: 1e-7)"},
		{Call: "rmsprop(lr: 0.1, momentum: 0.9, centered: true, weight_decay: 0.01, clip_value: 1)"},
	},
}

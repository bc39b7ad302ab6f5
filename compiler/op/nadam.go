package op

import "github.com/nnc-lang/nnc/compiler/ir"

var nadamOptimizer = &Def{
	Name: "nadam",
	Kind: Optimizer,
	Doc: `Adam that looks ahead by its momentum, as Nesterov's does: the gradient counts at once and not only through the running mean.
The momentum rises towards β₁ as the steps go. Weight decay is part of the gradient, or apart from it as in adamw where
decoupled_weight_decay is true.`,
	Formula: `μₜ = β₁·(1 - 0.96^(t·momentum_decay)/2), Πₜ = μ₁·μ₂·…·μₜ
g += weight_decay·θ; with decoupled_weight_decay θ -= lr·weight_decay·θ in its place
m = β₁·m + (1 - β₁)·g
v = β₂·v + (1 - β₂)·g²
θ -= lr·((1 - μₜ)/(1 - Πₜ)·g + μₜ₊₁/(1 - Πₜ₊₁)·m)/(√(v/(1 - β₂ᵗ)) + eps)`,
	Source:  "Dozat, Incorporating Nesterov Momentum into Adam, 2016; " + torchOptim("NAdam"),
	Example: "optimizer nadam(lr: 0.002)",
	Args: optimizerArgs(0.002,
		betas(0.9, 0.999),
		epsilon(1e-8),
		weightDecay(0),
		Arg{Name: "momentum_decay", Type: Number, Default: 0.004, Bounded: AtLeast, Doc: "how fast the momentum rises from β₁/2 to β₁"},
		Arg{Name: "decoupled_weight_decay", Type: Bool, Default: false, Doc: "true keeps weight decay apart from the gradient"},
	),
	Check: checkBetas,
	Optimizer: func(u *Update, rate *ir.Value, a *Args) {
		b := a.Floats("betas")
		g, start := u.decayed(a), ir.A(0)
		if a.Bool("decoupled_weight_decay") {
			g, start = u.Grad, shrunk(a)
		}

		// The momentum at the step t = 1, 2, …, which is behind steps done.
		t := u.Scalar(ir.ClockStep)
		momentum := func(behind float64) *ir.Expr {
			power := ir.E(ir.OpPow, ir.C(0.96), ir.Mul(ir.Add(ir.A(1), ir.C(behind)), ir.C(a.Float("momentum_decay"))))
			return ir.Mul(ir.C(b[0]), ir.Sub(ir.C(1), ir.Mul(ir.C(0.5), power)))
		}
		// 1 - Πₜ is kept, in place of Πₜ: states start from 0.
		rest := u.Leaf(ir.State, "rest", ir.Float)
		nextRest := u.name("nextRest", u.Each(ir.Sub(ir.C(1), ir.Mul(ir.Sub(ir.C(1), ir.A(0)), momentum(1))), rest, t))
		u.Assign(rest, nextRest)
		ahead := ir.Sub(ir.C(1), ir.Mul(ir.Sub(ir.C(1), ir.A(2)), momentum(2)))
		now := u.name("gradientSize", u.Each(ir.Div(ir.Mul(ir.A(0), ir.Sub(ir.C(1), momentum(1))), ir.A(2)), rate, t, nextRest))
		then := u.name("meanSize", u.Each(ir.Div(ir.Mul(ir.A(0), momentum(2)), ahead), rate, t, nextRest))
		root := u.name("rootCorrection", u.Each(ir.E(ir.OpSqrt, correction(b[1])), rate, t))

		m := u.average("mean", b[0], ir.A(0), g)
		v := u.average("squares", b[1], square, g)
		move := ir.Add(ir.Mul(ir.A(5), ir.A(2)), ir.Mul(ir.A(6), ir.A(3)))
		divisor := ir.Add(ir.Div(ir.E(ir.OpSqrt, ir.A(4)), ir.A(7)), ir.C(a.Float("eps")))
		u.move(ir.Sub(start, ir.Div(move, divisor)), rate, g, m, v, now, then, root)
	},
	Cases: []Case{
		{Call: "nadam"},
		{Call: "nadam(lr: 0.01, betas: [0.8, 0.99], eps: 1e-6, weight_decay: 0.1, momentum_decay: 0.1)"},
		{Call: "nadam(lr: 0.01, weight_decay: 0.1, decoupled_weight_decay: true, clip_norm: 1)"},
		{Call: "nadam(lr: cosine(0.01, warmup: 1))"},
	},
}

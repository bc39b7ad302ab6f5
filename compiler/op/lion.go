package op

import "github.com/nnc-lang/nnc/compiler/ir"

var lionOptimizer = &Def{
	Name: "lion",
	Kind: Optimizer,
	Doc: `Moves every parameter by the rate itself, up or down: by the sign of a running mean in which the newest gradient counts more.
Its rate is best three to ten times below adamw's, and its weight decay, which is apart from the gradient, as much above.`,
	Formula: `c = β₁·m + (1 - β₁)·g
θ -= lr·(sign(c) + weight_decay·θ), with sign(0) = 0
m = β₂·m + (1 - β₂)·g`,
	Source:  "Chen et al., Symbolic Discovery of Optimization Algorithms, 2023, program 1; its defaults",
	Example: "optimizer lion(lr: 1e-4, weight_decay: 0.1)",
	Args: optimizerArgs(1e-4,
		betas(0.9, 0.99),
		weightDecay(0),
	),
	Check: checkBetas,
	Optimizer: func(u *Update, rate *ir.Value, a *Args) {
		b := a.Floats("betas")
		m := u.State("mean")
		u.Assign(m, u.Each(weighed(b[1]), m, u.Grad))
		c := u.Each(weighed(b[0]), m, u.Grad)
		sign := ir.Select(positive(ir.A(2)), ir.C(1), ir.Select(ir.E(ir.OpLT, ir.A(2), ir.C(0)), ir.C(-1), ir.C(0)))
		u.move(ir.Sub(shrunk(a), ir.Mul(ir.A(1), sign)), rate, c)
	},
	Cases: []Case{
		{Call: "lion"},
		{Call: "lion(lr: 0.01, betas: [0.8, 0.95], weight_decay: 0.1)"},
		{Call: "lion(lr: linear(0.01, to: 0.001), clip_value: 0.5)"},
	},
}

// weighed is keep·a0 + (1 - keep)·a1.
func weighed(keep float64) *ir.Expr {
	return ir.Add(ir.Mul(ir.C(keep), ir.A(0)), ir.Mul(ir.C(1-keep), ir.A(1)))
}

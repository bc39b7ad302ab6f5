package op

import "github.com/nnc-lang/nnc/compiler/ir"

var adamOptimizer = &Def{
	Name: "adam",
	Kind: Optimizer,
	Doc: `Moves along a running mean of the gradient, divided by the root of a running mean of its squares, both corrected for their
start from 0. Weight decay is part of the gradient; adamw keeps it apart.`,
	Formula: "g += weight_decay·θ\n" + adamFormula,
	Source:  "Kingma, Ba, Adam: A Method for Stochastic Optimization, 2014, algorithm 1; Reddi, Kale, Kumar, On the Convergence of Adam and Beyond, 2018, for amsgrad; " + torchOptim("Adam"),
	Example: "optimizer adam(lr: 0.001)",
	Args:    adamArgs(0),
	Check:   checkBetas,
	Optimizer: func(u *Update, rate *ir.Value, a *Args) {
		adamStep(u, rate, a, u.decayed(a), ir.A(0))
	},
	Cases: []Case{
		{Call: "adam"},
		{Call: "adam(lr: 0.01, betas: [0.8, 0.99], eps: 1e-6, weight_decay: 0.1)"},
		{Call: "adam(0.1, amsgrad: true, clip_norm: 1)"},
		{Call: "adam(lr: cosine(0.01, warmup: 1))"},
	},
}

// adamFormula is what adam and adamw share.
const adamFormula = `m = β₁·m + (1 - β₁)·g
v = β₂·v + (1 - β₂)·g²
θ -= lr/(1 - β₁ᵗ)·m/(√v/√(1 - β₂ᵗ) + eps); amsgrad: the largest v so far in place of v`

// adamArgs declares the arguments of adam and adamw.
func adamArgs(decay float64) []Arg {
	return optimizerArgs(0.001,
		betas(0.9, 0.999),
		epsilon(1e-8),
		weightDecay(decay),
		Arg{Name: "amsgrad", Type: Bool, Default: false, Doc: "true divides by the largest running mean of squares so far"},
	)
}

// adamStep builds a step along the gradient g. start is where θ (a0) moves from, at the rate a1.
func adamStep(u *Update, rate *ir.Value, a *Args, g *ir.Value, start *ir.Expr) {
	betas := a.Floats("betas")
	m := u.average("mean", betas[0], ir.A(0), g)
	v := u.average("squares", betas[1], square, g)
	if a.Bool("amsgrad") {
		largest := u.State("largest")
		v = u.Each(maximum(ir.A(0), ir.A(1)), largest, v)
		u.Assign(largest, v)
	}
	t := u.Scalar(ir.ClockStep)
	size := u.name("stepSize", u.Each(ir.Div(ir.A(0), correction(betas[0])), rate, t))
	root := u.name("rootCorrection", u.Each(ir.E(ir.OpSqrt, correction(betas[1])), rate, t))
	divisor := ir.Add(ir.Div(ir.E(ir.OpSqrt, ir.A(3)), ir.A(5)), ir.C(a.Float("eps")))
	u.move(ir.Sub(start, ir.Mul(ir.A(4), ir.Div(ir.A(2), divisor))), rate, m, v, size, root)
}

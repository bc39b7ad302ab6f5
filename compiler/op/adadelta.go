package op

import "github.com/nnc-lang/nnc/compiler/ir"

var adadeltaOptimizer = &Def{
	Name: "adadelta",
	Kind: Optimizer,
	Doc:  "Scales each move by the root mean square of the moves before it over that of the gradients, and so finds its own rate.",
	Formula: `g += weight_decay·θ
s = rho·s + (1 - rho)·g²
d = √(u + eps)/√(s + eps)·g
u = rho·u + (1 - rho)·d²
θ -= lr·d`,
	Source:  "Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012, algorithm 1; " + torchOptim("Adadelta"),
	Example: "optimizer adadelta",
	Args: optimizerArgs(1.0,
		Arg{Name: "rho", Type: Number, Default: 0.9, Bounded: Within, Max: 1, Doc: "the share of the running means that stays"},
		epsilon(1e-6),
		weightDecay(0),
	),
	Check: checkClip,
	Optimizer: func(u *Update, rate *ir.Value, a *Args) {
		g, rho, eps := u.decayed(a), a.Float("rho"), ir.C(a.Float("eps"))
		s := u.average("squares", rho, square, g)
		moves := u.State("moves")
		root := func(x *ir.Expr) *ir.Expr { return ir.E(ir.OpSqrt, ir.Add(x, eps)) }
		d := u.Each(ir.Mul(ir.Div(root(ir.A(0)), root(ir.A(1))), ir.A(2)), moves, s, g)
		u.Assign(moves, u.Each(ir.Add(ir.Mul(ir.C(rho), ir.A(1)), ir.Mul(ir.C(1-rho), square)), d, moves))
		u.move(ir.Sub(ir.A(0), ir.Mul(ir.A(1), ir.A(2))), rate, d)
	},
	Cases: []Case{
		{Call: "adadelta"},
		{Call: "adadelta(lr: 0.5, rho: 0.95, eps: 1e-5, weight_decay: 0.01)"},
	},
}

package op

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var sgdOptimizer = &Def{
	Name: "sgd",
	Kind: Optimizer,
	Doc:  "Stochastic gradient descent, with momentum where it is given. Its rate has no default: it must suit the model.",
	Formula: `g += weight_decay·θ
m = momentum·m + (1 - dampening)·g, and m = g at the first step
θ -= lr·m; with nesterov: θ -= lr·(g + momentum·m)`,
	Source:  torchOptim("SGD"),
	Example: "optimizer sgd(lr: 0.1, momentum: 0.9, nesterov: true)",
	Args: optimizerArgs(nil,
		momentum(),
		Arg{Name: "nesterov", Type: Bool, Default: false, Doc: "true looks ahead by the momentum"},
		weightDecay(0),
		Arg{Name: "dampening", Type: Number, Default: 0.0, Bounded: Within, Max: 1, Doc: "how much less of the gradient enters the momentum"},
	),
	Check: func(a *Args) *Error {
		switch {
		case a.Bool("nesterov") && (a.Float("momentum") == 0 || a.Float("dampening") != 0):
			return Errorf(diag.BadArgument, "nesterov needs a momentum and no dampening").Blame("nesterov")
		case a.Float("dampening") != 0 && a.Float("momentum") == 0:
			return Errorf(diag.BadArgument, "dampening is of the momentum, and there is none").Blame("dampening")
		}
		return checkClip(a)
	},
	Optimizer: func(u *Update, rate *ir.Value, a *Args) {
		g, keep := u.decayed(a), a.Float("momentum")
		move := ir.Sub(ir.A(0), ir.Mul(ir.A(1), ir.A(2)))
		if keep == 0 {
			u.move(move, rate, g)
			return
		}
		m := u.State("momentum")
		e := ir.Add(ir.Mul(ir.C(keep), ir.A(0)), ir.Mul(ir.C(1-a.Float("dampening")), ir.A(1)))
		in := []*ir.Value{m, g}
		if a.Float("dampening") != 0 {
			// Without dampening a momentum of 0 makes the first one g by itself.
			e = ir.Select(ir.E(ir.OpEQ, ir.A(2), ir.C(0)), ir.A(1), e)
			in = append(in, u.Scalar(ir.ClockStep))
		}
		next := u.Each(e, in...)
		u.Assign(m, next)
		if a.Bool("nesterov") {
			ahead := ir.Add(ir.A(3), ir.Mul(ir.C(keep), ir.A(2)))
			u.move(ir.Sub(ir.A(0), ir.Mul(ir.A(1), ahead)), rate, next, g)
			return
		}
		u.move(move, rate, next)
	},
	Cases: []Case{
		{Call: "sgd(0.1)"},
		{Call: "sgd(lr: 0.1, momentum: 0.9)"},
		{Call: "sgd(lr: 0.1, momentum: 0.9, nesterov: true, weight_decay: 0.01)"},
		{Call: "sgd(lr: 0.1, momentum: 0.9, dampening: 0.5)"},
		{Call: "sgd(lr: 0.1, clip_norm: 0.5, weight_decay: 0.1)"},
		{Call: "sgd(lr: 0.1, clip_value: 0.25)"},
		{Call: "sgd(lr: step_decay(0.1, every: 2, by: 0.5))"},
	},
}

// torchOptim is PyTorch's page on one of its optimizers.
func torchOptim(name string) string { return torch("optim." + name) }

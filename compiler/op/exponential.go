package op

import "github.com/nnc-lang/nnc/compiler/ir"

var exponentialSchedule = &Def{
	Name:    "exponential",
	Kind:    Schedule,
	Doc:     "Multiplies the rate after every epoch.",
	Formula: "lr·by^⌊e⌋, e being the epochs done",
	Source:  torch("optim.lr_scheduler.ExponentialLR"),
	Example: "optimizer sgd(lr: exponential(0.1, by: 0.95))",
	Args:    []Arg{start, factor("what the rate is multiplied by")},
	Schedule: func(c *Clock, a *Args) *ir.Value {
		return c.rate(ir.Mul(ir.C(a.Float("lr")), ir.E(ir.OpPow, ir.C(a.Float("by")), floor(ir.A(0)))))
	},
	Cases: []Case{{Call: "exponential(0.1, by: 0.9)"}},
}

package op

import "github.com/nnc-lang/nnc/compiler/ir"

var stepDecaySchedule = &Def{
	Name:    "step_decay",
	Kind:    Schedule,
	Doc:     "Multiplies the rate every few epochs.",
	Formula: "lr·by^⌊⌊e⌋/every⌋, e being the epochs done",
	Source:  torch("optim.lr_scheduler.StepLR"),
	Example: "optimizer sgd(lr: step_decay(0.1, every: 30, by: 0.1))",
	Args: []Arg{
		start,
		{Name: "every", Type: Size, Required: true, Doc: "after how many epochs it changes"},
		factor("what the rate is multiplied by"),
	},
	Schedule: func(c *Clock, a *Args) *ir.Value {
		times := floor(ir.Div(floor(ir.A(0)), ir.C(float64(a.Int("every")))))
		return c.rate(ir.Mul(ir.C(a.Float("lr")), ir.E(ir.OpPow, ir.C(a.Float("by")), times)))
	},
	Cases: []Case{{Call: "step_decay(0.1, every: 2, by: 0.5)"}},
}

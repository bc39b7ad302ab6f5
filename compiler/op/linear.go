package op

import "github.com/nnc-lang/nnc/compiler/ir"

var linearSchedule = &Def{
	Name:    "linear",
	Kind:    Schedule,
	Doc:     "Goes in a straight line from the first rate to another at the end of the training, changing at every step.",
	Formula: "lr + (to - lr)·e/E, e being the epochs done (in fractions) and E all of them",
	Source:  torch("optim.lr_scheduler.LinearLR") + ", by the step",
	Example: "optimizer adam(lr: linear(0.01, to: 0.001))",
	Args: []Arg{
		start,
		{Name: "to", Type: Number, Required: true, Bounded: AtLeast, Doc: "the rate at the end"},
	},
	Schedule: func(c *Clock, a *Args) *ir.Value {
		from, to := a.Float("lr"), a.Float("to")
		return c.rate(ir.Add(ir.C(from), ir.Mul(ir.C(to-from), ir.Div(epochsDone, epochsInAll))))
	},
	Cases: []Case{{Call: "linear(0.1, to: 0.01)"}},
}

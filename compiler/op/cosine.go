package op

import (
	"math"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var cosineSchedule = &Def{
	Name: "cosine",
	Kind: Schedule,
	Doc: `Falls along half a cosine wave from the first rate to min at the end of the training, changing at every step. With warmup it
rises to the first rate in a straight line before.`,
	Formula: "min + (lr - min)·(1 + cos(π·(e - warmup)/(E - warmup)))/2, e being the epochs done (in fractions) and E all of them; while e < warmup: lr·(s + 1)/(warmup·steps an epoch) at step s",
	Source:  "Loshchilov, Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, 2016, equation 5; " + torch("optim.lr_scheduler.CosineAnnealingLR") + ", by the step",
	Example: "optimizer adam(lr: cosine(0.001, warmup: 1))",
	Args: []Arg{
		start,
		{Name: "warmup", Type: Number, Default: 0.0, Bounded: AtLeast, InEpochs: true, Doc: "for how many epochs it rises; fewer than are trained"},
		{Name: "min", Type: Number, Default: 0.0, Bounded: AtLeast, Doc: "the rate at the end"},
	},
	Check: func(a *Args) *Error {
		if lr, low := a.Float("lr"), a.Float("min"); low > lr {
			return Errorf(diag.BadArgument, "min must be at most lr, %s, got %s", show(lr), show(low)).Blame("min")
		}
		return nil
	},
	Schedule: func(c *Clock, a *Args) *ir.Value {
		lr, low, warmup := a.Float("lr"), ir.C(a.Float("min")), ir.C(a.Float("warmup"))
		part := ir.Div(ir.Sub(epochsDone, warmup), ir.Sub(epochsInAll, warmup))
		wave := ir.Add(ir.C(1), ir.E(ir.OpCos, ir.Mul(ir.C(math.Pi), part)))
		e := ir.Add(low, ir.Mul(ir.C((lr-a.Float("min"))/2), wave))
		if !warmup.IsConst(0) {
			rise := ir.Div(ir.Mul(ir.C(lr), ir.Add(stepsDone, ir.C(1))), ir.Mul(warmup, stepsAnEpoch))
			e = ir.Select(ir.E(ir.OpLT, ir.A(0), warmup), rise, e)
		}
		return c.rate(e)
	},
	Cases: []Case{
		{Call: "cosine(0.1)"},
		{Call: "cosine(0.1, warmup: 2, min: 0.01)"},
	},
}

package op

import (
	"math"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var oneCycleSchedule = &Def{
	Name: "one_cycle",
	Kind: Schedule,
	Doc: `Rises from lr/div_factor to lr and falls to a rate far below where it began, changing at every step. With three_phase it falls
back to the first rate as fast as it rose, and goes on to the last one from there. Only the rate cycles: the optimizer's
momentum stays as it is, as with PyTorch's cycle_momentum=False.`,
	Formula: `from lr/div_factor at step 0 to lr at pct_start·S - 1, to lr/(div_factor·final_div_factor) at S - 1, S being the steps of
the training; three_phase: to lr/div_factor at 2·pct_start·S - 2 between. From a to b, with p the share done:
cos: b + (a - b)·(1 + cos(π·p))/2; linear: a + (b - a)·p`,
	Source:  "Smith, Topin, Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates, 2017; " + torch("optim.lr_scheduler.OneCycleLR"),
	Example: "optimizer adam(lr: one_cycle(0.01))",
	Args: []Arg{
		{Name: "lr", Type: Number, Required: true, Bounded: AtLeast, Doc: "the largest learning rate"},
		{Name: "pct_start", Type: Number, Default: 0.3, Bounded: Within, Max: 1, Doc: "the share of the steps in which it rises"},
		{Name: "anneal_strategy", Type: Word, Words: []string{"cos", "linear"}, Default: "cos", Doc: "whether it goes along half a cosine wave or in straight lines"},
		{Name: "div_factor", Type: Number, Default: 25.0, Bounded: Above, Doc: "the largest rate over the first one"},
		{Name: "final_div_factor", Type: Number, Default: 1e4, Bounded: Above, Doc: "the first rate over the last one"},
		{Name: "three_phase", Type: Bool, Default: false, Doc: "true falls back to the first rate before it goes on to the last"},
	},
	Check: func(a *Args) *Error {
		if share := a.Float("pct_start"); a.Bool("three_phase") && share > 0.5 {
			return Errorf(diag.BadArgument, "pct_start must be at most 0.5 where three_phase is true, got %s", show(share)).Blame("pct_start").
				WithHelp("the rate takes as long to come back as it takes to rise")
		}
		return nil
	},
	Schedule: func(c *Clock, a *Args) *ir.Value {
		top := a.Float("lr")
		first := top / a.Float("div_factor")
		last := first / a.Float("final_div_factor")

		all := ir.Mul(epochsInAll, stepsAnEpoch)
		end := ir.Sub(all, ir.C(1))
		step := minimum(stepsDone, end)
		peak := ir.Sub(ir.Mul(ir.C(a.Float("pct_start")), all), ir.C(1))
		// between goes from rate a at one step to b at another; where both are one step, it is b.
		between := func(a, b float64, from, to *ir.Expr) *ir.Expr {
			done := ir.Div(ir.Sub(step, from), ir.Sub(to, from))
			done = ir.Select(ir.E(ir.OpGT, to, from), done, ir.C(1))
			return ir.Add(ir.C(a), ir.Mul(ir.C(b-a), done))
		}
		if a.Word("anneal_strategy") == "cos" {
			straight := between
			between = func(a, b float64, from, to *ir.Expr) *ir.Expr {
				wave := ir.E(ir.OpCos, ir.Mul(ir.C(math.Pi), straight(0, 1, from, to)))
				return ir.Add(ir.C(b), ir.Mul(ir.C((a-b)/2), ir.Add(ir.C(1), wave)))
			}
		}
		until := func(to, e, then *ir.Expr) *ir.Expr { return ir.Select(ir.E(ir.OpLE, step, to), e, then) }

		rise := between(first, top, ir.C(0), peak)
		if !a.Bool("three_phase") {
			return c.rate(until(peak, rise, between(top, last, peak, end)))
		}
		back := ir.Sub(ir.Mul(ir.C(2*a.Float("pct_start")), all), ir.C(2))
		return c.rate(until(peak, rise, until(back, between(top, first, peak, back), between(first, last, back, end))))
	},
	Cases: []Case{
		{Call: "one_cycle(0.1)"},
		{Call: "one_cycle(0.1, pct_start: 0.25, anneal_strategy: linear, div_factor: 10, final_div_factor: 100)"},
		{Call: "one_cycle(0.1, pct_start: 0.4, three_phase: true)"},
	},
}

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/nnc-lang/nnc/runtime/program"
)

var gradcheckCommand = &command{
	name:    "gradcheck",
	usage:   "x.nn [flags]",
	summary: "compare the network's gradients with differences",
	about: `In float64, on random inputs: the gradient of the loss by every parameter and
every input, or where there is no loss that of the outputs by the inputs,
against central differences. Of more than 20,000 values it checks a sample, and
random directions. A point whose difference crosses a kink (as of relu) is drawn
again.`,
	example: "nnc gradcheck mnist.nn",
	setup: func(f *flags) func(*env, []string) error {
		g := &gradients{}
		g.model.declare(f)
		f.Var(&g.seed, "seed", "the `N` that the random point follows from")
		return g.run
	},
}

type gradients struct {
	model modelFlags
	seed  optionalSeed
}

func (g *gradients) run(e *env, args []string) error {
	s, o, err := g.model.read(args)
	if err != nil {
		return err
	}
	o.Float64, o.Check = true, true
	plan, err := s.compile(e, o)
	if err == nil && plan.Train == nil { // no loss to differentiate: the outputs are
		o.Grad = true
		plan, err = s.compile(e, o)
	}
	if err != nil {
		return err
	}
	if plan.Train == nil && plan.VJP == nil {
		_, err := fmt.Fprintf(e.stdout, "%s has no loss, and its inputs are class labels: there is nothing to check\n", plan.Name)
		return err
	}
	bar := newCheckBar(e)
	var rows []*program.Checked
	var verdict *program.Verdict
	err = e.do(plan, program.Job{Do: "gradcheck", Seed: g.seed.value}, func(event program.Event) error {
		switch {
		case event.Progress != nil:
			bar.at(event.Progress)
		case event.Checked != nil:
			rows = append(rows, event.Checked)
		case event.Verdict != nil:
			verdict = event.Verdict
		}
		return nil
	})
	bar.clear()
	if verdict != nil {
		showCheck(e, plan.Name, rows, verdict)
	}
	return err
}

// showCheck writes a line a tensor, and the verdict.
func showCheck(e *env, name string, rows []*program.Checked, v *program.Verdict) {
	table := [][]string{{"tensor", "values", "checked", "redrawn", "error"}}
	var faults []string
	for _, r := range rows {
		checked := grouped(r.Elements)
		if r.Elements == r.Size {
			checked = "all"
		}
		if r.Directions > 0 {
			checked += fmt.Sprintf(" + %d directions", r.Directions)
		}
		table = append(table, []string{r.Name, grouped(r.Size), checked, grouped(r.Redrawn), fmt.Sprintf("%.1e", r.Error)})
		if r.Error > v.Bound {
			where := "along a direction"
			if r.Worst >= 0 {
				where = fmt.Sprintf("element %d", r.Worst)
			}
			faults = append(faults, fmt.Sprintf("%s, %s: the backward pass gives %.9g, differences give %.9g", r.Name, where, r.Gradient, r.Difference))
		}
		if r.Unchecked > 0 {
			faults = append(faults, fmt.Sprintf("%s: %d of the values cross a kink at every point drawn", r.Name, r.Unchecked))
		}
	}
	w := e.stdout
	if len(rows) == 0 {
		fmt.Fprintf(w, "%s has neither parameters nor number inputs: there is nothing to check\n", name)
		return
	}
	grid(w, table, 1)
	points := count(v.Points, "point")
	if v.OK {
		fmt.Fprintf(w, "\nok: the largest relative error is %.1e, at most %.0e is allowed; %s\n", v.Error, v.Bound, points)
		return
	}
	fmt.Fprintf(w, "\nwrong: the largest relative error is %.1e, at most %.0e is allowed; %s\n%s\n", v.Error, v.Bound, points, strings.Join(faults, "\n"))
}

// A checkBar shows on a terminal how far a gradient check is.
type checkBar struct {
	e   *env
	on  bool
	bar *progressbar.ProgressBar
}

func newCheckBar(e *env) *checkBar {
	_, on := terminal(e.stderr)
	return &checkBar{e: e, on: on}
}

func (c *checkBar) at(p *program.Progress) {
	if !c.on || p.Steps == 0 {
		return
	}
	if c.bar == nil {
		c.bar = progressbar.NewOptions(p.Steps,
			progressbar.OptionSetWriter(c.e.stderr),
			progressbar.OptionUseANSICodes(true),
			progressbar.OptionFullWidth(),
			progressbar.OptionSetDescription("checking"),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionThrottle(50*time.Millisecond),
			progressbar.OptionSetTheme(barTheme))
	}
	c.bar.Set(min(p.Step, p.Steps-1))
}

func (c *checkBar) clear() {
	if c.bar != nil {
		fmt.Fprint(c.e.stderr, "\r\033[K")
	}
}

package op

import "github.com/nnc-lang/nnc/compiler/ir"

// What the schedules share. They are written over the clock's scalars: s steps done, e = s / steps an epoch, E epochs trained
// in all.

// start declares the rate that a schedule starts from.
var start = Arg{Name: "lr", Type: Number, Required: true, Bounded: AtLeast, Doc: "the learning rate that it starts from"}

// factor declares what a schedule multiplies by.
func factor(doc string) Arg {
	return Arg{Name: "by", Type: Number, Required: true, Bounded: Above, Doc: doc}
}

// floor is the whole part.
func floor(x *ir.Expr) *ir.Expr { return ir.E(ir.OpFloor, x) }

// rate computes a schedule's expression of e (a0), E (a1), s (a2) and the steps an epoch (a3).
func (c *Clock) rate(e *ir.Expr) *ir.Value {
	used := map[int]bool{}
	e.Walk(func(x *ir.Expr) {
		if x.Op == ir.OpArg {
			used[x.N] = true
		}
	})
	// Only what it reads becomes a leaf of the graph, and an argument of the generated function.
	in := make([]*ir.Value, 4)
	for i, name := range []string{ir.ClockEpoch, ir.ClockEpochs, ir.ClockStep, ir.ClockSteps} {
		in[i] = c.Const(0)
		if used[i] {
			in[i] = c.Scalar(name)
		}
	}
	v := c.Each(e, in...)
	if v.Name == "" && v.Def != nil {
		v.Name = "rate"
	}
	return v
}

// The scalars of Clock.rate's expressions. The training's end holds what a loop by hand trains beyond it.
var (
	epochsDone   = minimum(ir.A(0), ir.A(1))
	epochsInAll  = ir.A(1)
	stepsDone    = ir.A(2)
	stepsAnEpoch = ir.A(3)
)

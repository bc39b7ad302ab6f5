package op

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// What the optimizers share: the learning rate, clipping and weight decay. They are the rules of torch.optim, by its names
// and with its defaults, written over all parameters as one vector. Each formula reads, in the notation of its Doc:
//
//	θ parameters   g gradient   t = 1, 2, … the step   all states 0 at first

// BuildUpdate builds a step of an optimizer into u: it clips the gradient, takes the rate from its schedule and assigns the
// new parameters and states. Flush the graph afterwards.
func BuildUpdate(u *Update, a *Args) {
	u.Grad = clipGradient(u, a)
	u.Rate = a.Rate(&u.Clock, "lr")
	a.Def.Optimizer(u, u.Rate, a)
}

// clipGradient limits each element of the gradient, or the norm of the whole: torch.nn.utils.clip_grad_value_ and
// clip_grad_norm_.
func clipGradient(u *Update, a *Args) *ir.Value {
	switch g := u.Grad; {
	case a.Has("clip_value"):
		limit := ir.C(a.Float("clip_value"))
		return u.Each(minimum(maximum(ir.A(0), ir.Neg(limit)), limit), g)
	case a.Has("clip_norm"):
		norm := u.name("norm", u.Each(ir.E(ir.OpSqrt, ir.A(0)), u.Total(u.Each(ir.Mul(ir.A(0), ir.A(0)), g))))
		shrink := ir.Div(ir.C(a.Float("clip_norm")), ir.Add(ir.A(0), ir.C(1e-6)))
		return u.Each(ir.Mul(ir.A(0), ir.A(1)), g, u.name("shrink", u.Each(minimum(shrink, ir.C(1)), norm)))
	default:
		return g
	}
}

// name names an interior value.
func (u *Update) name(name string, v *ir.Value) *ir.Value {
	if v.Name == "" && v.Def != nil {
		v.Name = name
	}
	return v
}

// decayed is the gradient plus weight decay times the parameters: weight decay as part of the gradient.
func (u *Update) decayed(a *Args) *ir.Value {
	decay := a.Float("weight_decay")
	if decay == 0 {
		return u.Grad
	}
	return u.Each(ir.Add(ir.A(0), ir.Mul(ir.C(decay), ir.A(1))), u.Grad, u.Theta)
}

// average moves a state towards v, keeping a share of the old, and gives the new value: keep·state + (1 - keep)·v.
func (u *Update) average(name string, keep float64, v *ir.Expr, in ...*ir.Value) *ir.Value {
	s := u.State(name)
	old := ir.A(len(in))
	e := ir.Add(ir.Mul(ir.C(keep), old), ir.Mul(ir.C(1-keep), v))
	next := u.Each(e, append(append([]*ir.Value{}, in...), s)...)
	u.Assign(s, next)
	return next
}

// shrunk is θ (a0) behind weight decay that is apart from the gradient, at the rate a1.
func shrunk(a *Args) *ir.Expr {
	return ir.Mul(ir.A(0), ir.Sub(ir.C(1), ir.Mul(ir.C(a.Float("weight_decay")), ir.A(1))))
}

// correction is 1 - βᵗ behind t - 1 steps (a1): what a running mean that started from 0 has to be divided by. It is a float64
// scalar, computed once a step.
func correction(beta float64) *ir.Expr {
	return ir.Sub(ir.C(1), ir.E(ir.OpPow, ir.C(beta), ir.Add(ir.A(1), ir.C(1))))
}

// square is a0².
var square = ir.Mul(ir.A(0), ir.A(0))

// move assigns θ the expression e, in which a0 is θ and a1 the rate.
func (u *Update) move(e *ir.Expr, rate *ir.Value, in ...*ir.Value) {
	u.Assign(u.Theta, u.Each(e, append([]*ir.Value{u.Theta, rate}, in...)...))
}

// optimizerArgs declares the rate, the optimizer's own arguments, and clipping. rate is nil where it must be given.
func optimizerArgs(rate any, own ...Arg) []Arg {
	lr := Arg{Name: "lr", Type: Rate, Default: rate, Required: rate == nil, Bounded: AtLeast, Doc: "the learning rate, or a schedule of it"}
	args := append([]Arg{lr}, own...)
	return append(args,
		Arg{Name: "clip_norm", Type: Number, Bounded: Above, Doc: "shrinks the gradient of all parameters together to at most this norm, before weight decay"},
		Arg{Name: "clip_value", Type: Number, Bounded: Above, Doc: "cuts every element of the gradient to at most this size, before weight decay"},
	)
}

// Arguments that several optimizers have.
func weightDecay(value float64) Arg {
	return Arg{Name: "weight_decay", Type: Number, Default: value, Bounded: AtLeast, Doc: "how strongly parameters are drawn to 0"}
}

func epsilon(value float64) Arg {
	return Arg{Name: "eps", Type: Number, Default: value, Bounded: AtLeast, Doc: "keeps the divisor above 0"}
}

func betas(first, second float64) Arg {
	return Arg{Name: "betas", Type: Numbers, Default: []float64{first, second}, Bounded: Share, Max: 1, Doc: "the shares of the two running means that stay"}
}

func momentum() Arg {
	return Arg{Name: "momentum", Type: Number, Default: 0.0, Bounded: AtLeast, Doc: "the share of the last move that goes on"}
}

// checkBetas wants two betas.
func checkBetas(a *Args) *Error {
	if n := len(a.Floats("betas")); n != 2 {
		return Errorf(diag.BadArgument, "betas must be two numbers, got %d", n).Blame("betas")
	}
	return checkClip(a)
}

// checkClip holds clip_norm and clip_value to one of them.
func checkClip(a *Args) *Error {
	if a.Has("clip_norm") && a.Has("clip_value") {
		return Errorf(diag.BadArgument, "clip_norm and clip_value exclude each other").Blame("clip_value")
	}
	return nil
}

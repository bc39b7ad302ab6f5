package op_test

// Steps of every optimizer against torch.optim's algorithms written out for one parameter at a time, and schedules against
// their formulas.

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/ir/irtest"
	"github.com/nnc-lang/nnc/compiler/op"
)

// clock is a moment of a training.
type clock struct{ epochs, step, perEpoch float64 }

// set gives the clock's leafs of a graph their values.
func (c clock) set(g *ir.Graph, leaf map[*ir.Value][]float64) {
	for _, v := range g.Leafs {
		switch v.Name {
		case ir.ClockStep:
			leaf[v] = []float64{c.step}
		case ir.ClockEpoch:
			leaf[v] = []float64{c.step / c.perEpoch}
		case ir.ClockEpochs:
			leaf[v] = []float64{c.epochs}
		case ir.ClockSteps:
			leaf[v] = []float64{c.perEpoch}
		}
	}
}

// optimizer runs an update graph step by step.
type optimizer struct {
	u     op.Update
	state map[*ir.Value][]float64
	theta []float64
	clock clock
}

func newOptimizer(t *testing.T, call string, theta []float64) *optimizer {
	t.Helper()
	a := bind(t, op.Optimizer, call)
	g := ir.NewGraph()
	o := &optimizer{state: map[*ir.Value][]float64{}, theta: theta, clock: clock{epochs: 10, perEpoch: 4}}
	o.u = op.Update{Clock: op.Clock{Graph: g}, Theta: g.Leaf(ir.Param, "theta", ir.Float, len(theta)), Grad: g.Leaf(ir.State, "grad", ir.Float, len(theta))}
	grad := o.u.Grad
	op.BuildUpdate(&o.u, a)
	o.u.Grad = grad
	g.Flush()
	for _, v := range g.Leafs {
		if v.Kind == ir.State {
			o.state[v] = make([]float64, v.Size())
		}
	}
	return o
}

func (o *optimizer) step(t *testing.T, grad []float64) {
	t.Helper()
	o.state[o.u.Theta], o.state[o.u.Grad] = o.theta, grad
	o.clock.set(o.u.Graph, o.state)
	for v, x := range irtest.Next(o.u.Graph, irtest.Eval(o.u.Graph, o.state, 1)) {
		o.state[v] = x
	}
	o.theta = o.state[o.u.Theta]
	o.clock.step++
}

// rule is torch.optim's algorithm for one parameter: it gives the new one at step t = 1, 2, …; s are its states, zero at
// first.
type rule func(theta, g, t float64, s []float64) float64

func sgd(lr, momentum, dampening, decay float64, nesterov bool) rule {
	return func(theta, g, t float64, s []float64) float64 {
		g += decay * theta
		if momentum != 0 {
			if t > 1 {
				s[0] = momentum*s[0] + (1-dampening)*g
			} else {
				s[0] = g
			}
			if nesterov {
				g += momentum * s[0]
			} else {
				g = s[0]
			}
		}
		return theta - lr*g
	}
}

func adam(lr, b1, b2, eps, decay float64, amsgrad, decoupled bool) rule {
	return func(theta, g, t float64, s []float64) float64 {
		if decoupled {
			theta -= lr * decay * theta
		} else {
			g += decay * theta
		}
		s[0] = b1*s[0] + (1-b1)*g
		s[1] = b2*s[1] + (1-b2)*g*g
		m := s[0] / (1 - math.Pow(b1, t))
		v := s[1]
		if amsgrad {
			s[2] = math.Max(s[2], v)
			v = s[2]
		}
		return theta - lr*m/(math.Sqrt(v/(1-math.Pow(b2, t)))+eps)
	}
}

func rmsprop(lr, alpha, eps, decay, momentum float64, centered bool) rule {
	return func(theta, g, t float64, s []float64) float64 {
		g += decay * theta
		s[0] = alpha*s[0] + (1-alpha)*g*g
		v := s[0]
		if centered {
			s[1] = s[1]*alpha + (1-alpha)*g
			v -= s[1] * s[1]
		}
		d := g / (math.Sqrt(v) + eps)
		if momentum > 0 {
			s[2] = momentum*s[2] + d
			d = s[2]
		}
		return theta - lr*d
	}
}

func adagrad(lr, lrDecay, decay, initial, eps float64) rule {
	return func(theta, g, t float64, s []float64) float64 {
		if t == 1 {
			s[0] = initial
		}
		g += decay * theta
		s[0] += g * g
		return theta - lr/(1+(t-1)*lrDecay)*g/(math.Sqrt(s[0])+eps)
	}
}

func adadelta(lr, rho, eps, decay float64) rule {
	return func(theta, g, t float64, s []float64) float64 {
		g += decay * theta
		s[0] = rho*s[0] + (1-rho)*g*g
		d := math.Sqrt(s[1]+eps) / math.Sqrt(s[0]+eps) * g
		s[1] = rho*s[1] + (1-rho)*d*d
		return theta - lr*d
	}
}

func nadam(lr, b1, b2, eps, decay, momentumDecay float64, decoupled bool) rule {
	mu := func(t float64) float64 { return b1 * (1 - 0.5*math.Pow(0.96, t*momentumDecay)) }
	return func(theta, g, t float64, s []float64) float64 {
		if decoupled {
			theta *= 1 - lr*decay
		} else {
			g += decay * theta
		}
		product := 1.0
		for i := 1.0; i <= t; i++ {
			product *= mu(i)
		}
		s[0] = b1*s[0] + (1-b1)*g
		s[1] = b2*s[1] + (1-b2)*g*g
		d := math.Sqrt(s[1]/(1-math.Pow(b2, t))) + eps
		theta -= lr * (1 - mu(t)) / (1 - product) * g / d
		return theta - lr*mu(t+1)/(1-product*mu(t+1))*s[0]/d
	}
}

// lion is Chen et al. 2023, program 1.
func lion(lr, b1, b2, decay float64) rule {
	return func(theta, g, t float64, s []float64) float64 {
		update := 0.0
		if c := b1*s[0] + (1-b1)*g; c != 0 {
			update = math.Copysign(1, c)
		}
		s[0] = b2*s[0] + (1-b2)*g
		return theta - lr*(update+decay*theta)
	}
}

// byNorm and byValue are clip_grad_norm_ and clip_grad_value_.
func byNorm(limit float64) func([]float64) {
	return func(g []float64) {
		norm := 0.0
		for _, x := range g {
			norm += x * x
		}
		shrink := math.Min(1, limit/(math.Sqrt(norm)+1e-6))
		for i := range g {
			g[i] *= shrink
		}
	}
}

func byValue(limit float64) func([]float64) {
	return func(g []float64) {
		for i := range g {
			g[i] = math.Max(-limit, math.Min(limit, g[i]))
		}
	}
}

func TestOptimizers(t *testing.T) {
	for _, c := range []struct {
		call string
		rule rule
		clip func([]float64)
	}{
		{"sgd(0.1)", sgd(0.1, 0, 0, 0, false), nil},
		{"sgd(lr: 0.1, weight_decay: 0.5)", sgd(0.1, 0, 0, 0.5, false), nil},
		{"sgd(lr: 0.1, momentum: 0.9)", sgd(0.1, 0.9, 0, 0, false), nil},
		{"sgd(lr: 0.1, momentum: 0.9, nesterov: true, weight_decay: 0.01)", sgd(0.1, 0.9, 0, 0.01, true), nil},
		{"sgd(lr: 0.1, momentum: 0.9, dampening: 0.5)", sgd(0.1, 0.9, 0.5, 0, false), nil},
		{"sgd(lr: 0.1, weight_decay: 0.5, clip_norm: 0.25)", sgd(0.1, 0, 0, 0.5, false), byNorm(0.25)},
		{"sgd(lr: 0.1, clip_norm: 100)", sgd(0.1, 0, 0, 0, false), byNorm(100)},
		{"sgd(lr: 0.1, weight_decay: 0.5, clip_value: 0.25)", sgd(0.1, 0, 0, 0.5, false), byValue(0.25)},
		{"adagrad", adagrad(0.01, 0, 0, 0, 1e-10), nil},
		{"adagrad(lr: 0.1, lr_decay: 0.1, weight_decay: 0.01, initial_accumulator_value: 0.5)", adagrad(0.1, 0.1, 0.01, 0.5, 1e-10), nil},
		{"rmsprop", rmsprop(0.01, 0.99, 1e-8, 0, 0, false), nil},
		{"rmsprop(lr: 0.1, alpha: 0.9, eps: 1e-7, weight_decay: 0.01)", rmsprop(0.1, 0.9, 1e-7, 0.01, 0, false), nil},
		{"rmsprop(lr: 0.1, momentum: 0.9, centered: true)", rmsprop(0.1, 0.99, 1e-8, 0, 0.9, true), nil},
		{"adadelta", adadelta(1, 0.9, 1e-6, 0), nil},
		{"adadelta(lr: 0.5, rho: 0.95, eps: 1e-5, weight_decay: 0.01)", adadelta(0.5, 0.95, 1e-5, 0.01), nil},
		{"adam", adam(1e-3, 0.9, 0.999, 1e-8, 0, false, false), nil},
		{"adam(lr: 0.01, betas: [0.8, 0.99], eps: 1e-6, weight_decay: 0.1)", adam(0.01, 0.8, 0.99, 1e-6, 0.1, false, false), nil},
		{"adam(lr: 0.01, amsgrad: true)", adam(0.01, 0.9, 0.999, 1e-8, 0, true, false), nil},
		{"adamw", adam(1e-3, 0.9, 0.999, 1e-8, 0.01, false, true), nil},
		{"adamw(lr: 0.1, weight_decay: 0.5, amsgrad: true, clip_norm: 0.5)", adam(0.1, 0.9, 0.999, 1e-8, 0.5, true, true), byNorm(0.5)},
		{"nadam", nadam(2e-3, 0.9, 0.999, 1e-8, 0, 4e-3, false), nil},
		{"nadam(lr: 0.01, betas: [0.8, 0.99], eps: 1e-6, weight_decay: 0.1, momentum_decay: 0.5)", nadam(0.01, 0.8, 0.99, 1e-6, 0.1, 0.5, false), nil},
		{"nadam(lr: 0.1, weight_decay: 0.5, decoupled_weight_decay: true, clip_value: 0.5)", nadam(0.1, 0.9, 0.999, 1e-8, 0.5, 4e-3, true), byValue(0.5)},
		{"lion", lion(1e-4, 0.9, 0.99, 0), nil},
		{"lion(lr: 0.1, betas: [0.5, 0.7], weight_decay: 0.5)", lion(0.1, 0.5, 0.7, 0.5), nil},
	} {
		t.Run(c.call, func(t *testing.T) {
			theta := []float64{1, -2, 0.5, 0}
			o := newOptimizer(t, c.call, append([]float64{}, theta...))
			states := make([][]float64, len(theta))
			for i := range states {
				states[i] = make([]float64, 3)
			}
			rng := rand.New(rand.NewPCG(1, 2))
			for step := 1; step <= 5; step++ {
				grad := make([]float64, len(theta))
				for i := range grad {
					grad[i] = rng.NormFloat64()
				}
				o.step(t, append([]float64{}, grad...))
				if c.clip != nil {
					c.clip(grad)
				}
				for i := range theta {
					theta[i] = c.rule(theta[i], grad[i], float64(step), states[i])
				}
				if !nearAll(o.theta, theta, 1e-12) {
					t.Fatalf("step %d: got %v, want %v", step, o.theta, theta)
				}
			}
		})
	}
}

// TestLionRests: where the gradient has always been 0, lion leaves a parameter where it is.
func TestLionRests(t *testing.T) {
	o := newOptimizer(t, "lion(lr: 0.1)", []float64{1, 1})
	o.step(t, []float64{0, -3})
	if !nearAll(o.theta, []float64{1, 1.1}, 1e-12) {
		t.Errorf("got %v, want [1 1.1]", o.theta)
	}
}

// rateAt is a schedule's rate at a moment.
func rateAt(t *testing.T, call string, c clock) float64 {
	t.Helper()
	a := bind(t, op.Optimizer, "sgd(lr: "+call+")")
	k := &op.Clock{Graph: ir.NewGraph()}
	v := a.Rate(k, "lr")
	leaf := map[*ir.Value][]float64{}
	c.set(k.Graph, leaf)
	if len(v.Shape) != 0 {
		t.Errorf("%s is no scalar", call)
	}
	if len(leaf) > 0 && v.Elem != ir.Double {
		t.Errorf("%s is not computed in float64", call)
	}
	return irtest.Eval(k.Graph, leaf, 1)[v][0]
}

func TestSchedules(t *testing.T) {
	wave := func(x float64) float64 { return (1 + math.Cos(math.Pi*x)) / 2 }
	for _, c := range []struct {
		call string
		step float64 // of 10 epochs of 4
		want float64
	}{
		{"0.5", 7, 0.5},
		{"step_decay(0.8, every: 3, by: 0.5)", 0, 0.8},
		{"step_decay(0.8, every: 3, by: 0.5)", 11, 0.8},
		{"step_decay(0.8, every: 3, by: 0.5)", 12, 0.4},
		{"step_decay(0.8, every: 3, by: 0.5)", 39, 0.1},
		{"exponential(0.8, by: 0.5)", 3, 0.8},
		{"exponential(0.8, by: 0.5)", 4, 0.4},
		{"exponential(0.8, by: 0.5)", 15, 0.1},
		{"linear(1, to: 0.2)", 0, 1},
		{"linear(1, to: 0.2)", 10, 0.8},
		{"linear(1, to: 0.2)", 40, 0.2},
		{"linear(1, to: 0.2)", 80, 0.2}, // a loop by hand that goes on
		{"linear(1, to: 2)", 20, 1.5},
		{"cosine(1)", 0, 1},
		{"cosine(1)", 10, wave(0.25)},
		{"cosine(1)", 40, 0},
		{"cosine(1, min: 0.2)", 20, 0.6},
		{"cosine(1, min: 0.2)", 60, 0.2},
		{"cosine(1, warmup: 2, min: 0.2)", 0, 1.0 / 8},
		{"cosine(1, warmup: 2, min: 0.2)", 7, 1},
		{"cosine(1, warmup: 2, min: 0.2)", 8, 1},
		{"cosine(1, warmup: 2, min: 0.2)", 24, 0.6},
		{"cosine(1, warmup: 2, min: 0.2)", 10, 0.2 + 0.8*wave(0.5/8)},
		{"cosine(1, warmup: 0.5)", 1, 1},
		// 40 steps: up to 11, down to 39.
		{"one_cycle(1)", 0, 0.04},
		{"one_cycle(1)", 11, 1},
		{"one_cycle(1)", 25, (1 + 0.04e-4) / 2},
		{"one_cycle(1)", 39, 0.04e-4},
		{"one_cycle(1)", 60, 0.04e-4}, // a loop by hand that goes on
		{"one_cycle(1, pct_start: 0.15, anneal_strategy: linear, div_factor: 10, final_div_factor: 100)", 2, 0.1 + 0.9*2/5},
		{"one_cycle(1, pct_start: 0.15, anneal_strategy: linear, div_factor: 10, final_div_factor: 100)", 22, 1 + (0.001-1)/2},
		{"one_cycle(1, pct_start: 0.025)", 0, 1}, // the peak is the first step
		{"one_cycle(1, pct_start: 0)", 0, 0.04e-4 + (1-0.04e-4)*wave(1./40)},
		{"one_cycle(1, pct_start: 1)", 39, 1},
		// Up to 11, down to 22, on to 39.
		{"one_cycle(1, three_phase: true, anneal_strategy: linear)", 11, 1},
		{"one_cycle(1, three_phase: true, anneal_strategy: linear)", 22, 0.04},
		{"one_cycle(1, three_phase: true, anneal_strategy: linear)", 39, 0.04e-4},
		{"one_cycle(1, three_phase: true)", 14, 0.04 + 0.96*wave(3./11)},
		{"one_cycle(1, three_phase: true, pct_start: 0.5)", 39, 0.04e-4},
	} {
		if got := rateAt(t, c.call, clock{epochs: 10, step: c.step, perEpoch: 4}); !near(got, c.want, 1e-14) {
			t.Errorf("%s at step %v: got %v, want %v", c.call, c.step, got, c.want)
		}
	}
}

// TestCheckEpochs: a warm-up must end before the training does.
func TestCheckEpochs(t *testing.T) {
	for _, c := range []struct {
		call   string
		epochs int
		want   string
	}{
		{"adam(lr: cosine(0.1, warmup: 3))", 4, ""},
		{"adam(lr: cosine(0.1, warmup: 3))", 3, "cosine: warmup must be below the 3 epochs that are trained, got 3"},
		{"adam(lr: cosine(0.1))", 0, ""},
		{"adam", 0, ""},
	} {
		got := ""
		if d := bind(t, op.Optimizer, c.call).CheckEpochs(c.epochs); d != nil {
			got = d.Message
		}
		if got != c.want {
			t.Errorf("%s in %d epochs: got %q, want %q", c.call, c.epochs, got, c.want)
		}
	}
}

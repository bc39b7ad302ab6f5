package compiler_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/nnc-lang/nnc/compiler"
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/ir/irtest"
	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/compiler/pass"
)

// compile compiles text in double precision with the gradients by the inputs, or fails the test.
func compile(t *testing.T, text string) *ir.Plan {
	t.Helper()
	plan, faults, err := compiler.Compile("random.nn", []byte(text), compiler.Options{Float64: true, Check: true})
	if err != nil || len(faults) > 0 {
		t.Fatalf("%v %v in\n%s", err, faults, text)
	}
	return plan
}

// filled gives a machine for the training workspace with random weights and a random batch.
func filled(p *ir.Plan, rows int, r *rand.Rand) *irtest.Machine {
	m := irtest.NewMachine(p, p.Train, rows)
	for i := range m.Theta {
		m.Theta[i] = r.NormFloat64() * 0.7
	}
	for _, b := range p.Params {
		if b.Store != ir.InFixed {
			continue
		}
		for i := range b.Size() {
			m.Fixed[b.Offset+i] = 0.5 + r.Float64()
			if b.Value.Param.Values != nil {
				m.Fixed[b.Offset+i] = b.Value.Param.Values[i]
			}
		}
	}
	for _, ports := range [][]*ir.Port{p.Inputs, p.Targets} {
		for _, port := range ports {
			n := rows * ir.Size(port.Shape)
			if port.Classes > 0 {
				x := make([]int32, n)
				for i := range x {
					x[i] = int32(r.IntN(port.Classes))
				}
				if n > 1 && port.Target && r.IntN(3) == 0 {
					x[r.IntN(n)] = -1 // padding
				}
				m.Ints[port.Name] = x
				continue
			}
			x := make([]float64, n)
			for i := range x {
				x[i] = r.NormFloat64()
				if port.Target {
					x[i] = r.Float64()
				}
			}
			m.Floats[port.Name] = x
		}
	}
	return m
}

// checkGradients compares what backward computes with central differences of what forward computes, element by element,
// and gives the largest error relative to the larger of both and the tensor's scale, with where it is.
func checkGradients(p *ir.Plan, m *irtest.Machine) (worst float64, where string, kinks int) {
	loss := m.Run(pass.FuncForward)
	m.Run(pass.FuncBackward)
	type tensor struct {
		name       string
		value, der []float64
	}
	var all []tensor
	for _, b := range p.Params {
		if b.Store == ir.InTheta {
			all = append(all, tensor{b.Name, m.Buf(b), append([]float64(nil), m.Grad[b.Offset:b.Offset+b.Size()]...)})
		}
	}
	for i, port := range p.Inputs {
		if b := p.DCheck[i]; b != nil {
			all = append(all, tensor{port.Name, m.Floats[port.Name], append([]float64(nil), m.Buf(b)...)})
		}
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return math.Inf(1), "the loss is not finite", 0
	}
	at := func(x *float64, h float64) float64 {
		v := *x
		defer func() { *x = v }()
		*x = v + h
		return m.Run(pass.FuncForward)
	}
	for _, t := range all {
		scale := 0.0
		for _, d := range t.der {
			scale = max(scale, math.Abs(d))
		}
		for i := range t.value {
			x := &t.value[i]
			h := 1e-5 * max(1, math.Abs(*x))
			slope := func(h float64) float64 { return (at(x, h) - at(x, -h)) / (2 * h) }
			numeric := slope(h)
			err := math.Abs(numeric-t.der[i]) / max(math.Abs(numeric), math.Abs(t.der[i]), scale, 1e-4*max(1, math.Abs(loss)))
			if math.IsNaN(err) {
				return math.Inf(1), fmt.Sprintf("d%s[%d] is %v", t.name, i, t.der[i]), kinks
			}
			if err > 1e-6 { // on a kink the two one-sided slopes differ however small the step
				right, left := (at(x, h/8)-loss)/(h/8), (loss-at(x, -h/8))/(h/8)
				if math.Abs(right-left) > 1e-3*max(math.Abs(right), math.Abs(left), scale) || math.Abs(slope(h/8)-t.der[i]) < err*scale/2 {
					kinks++
					continue
				}
			}
			if err > worst {
				worst, where = err, fmt.Sprintf("d%s[%d]: backward %g, central difference %g", t.name, i, t.der[i], numeric)
			}
		}
	}
	return worst, where, kinks
}

// TestRandomGraphs differentiates random models that use all the layers and losses, and holds the planned backward pass
// against central differences of the planned forward pass.
func TestRandomGraphs(t *testing.T) {
	count := 2000
	if testing.Short() {
		count = 100
	}
	const parts = 4 // at a time
	var lock sync.Mutex
	kinks, used := 0, map[string]bool{}
	t.Run("models", func(t *testing.T) {
		for part := range parts {
			t.Run(fmt.Sprint(part), func(t *testing.T) {
				t.Parallel()
				for seed := part; seed < count; seed += parts {
					r := rand.New(rand.NewPCG(uint64(seed), 7))
					text := randomModel(r)
					p := compile(t, text)
					m := filled(p, max(1, p.Settings.LeastRows)+r.IntN(3), r)
					worst, where, k := checkGradients(p, m)
					if worst > 1e-6 {
						t.Fatalf("seed %d: relative error %.2g, %s, in\n%s", seed, worst, where, text)
					}
					lock.Lock()
					kinks += k
					for _, w := range strings.FieldsFunc(text, func(c rune) bool { return !(c == '_' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9') }) {
						used[w] = true
					}
					lock.Unlock()
				}
			})
		}
	})
	for _, d := range op.All {
		called := d.Kind == op.Layer && d.Name != "step" && d.Name > "A" || d.Kind == op.Loss || d.Kind == op.Penalty
		if called && count >= 2000 && !used[d.Name] && !t.Failed() {
			t.Errorf("no random model used %s", d.Name)
		}
	}
	t.Logf("%d models, %d points on a kink left out", count, kinks)
}

// randomModel writes a model in the language: some values, each used, joined into an output and a loss that fits.
func randomModel(r *rand.Rand) string {
	g := &generator{r: r}
	var inputs []string
	for i := range 1 + r.IntN(2) {
		name := fmt.Sprintf("x%d", i+1)
		shape := g.shape()
		if i > 0 && r.IntN(3) == 0 { // labels, as vectors
			classes, dim := 2+r.IntN(3), 1+r.IntN(3)
			port, shape := fmt.Sprintf("class(%d)", classes), []int{dim}
			if r.IntN(2) == 0 {
				steps := 1 + r.IntN(4)
				port, shape = fmt.Sprintf("[%d]class(%d)", steps, classes), []int{steps, dim}
			}
			inputs = append(inputs, fmt.Sprintf("\tinput %s %s", name, port))
			g.lines = append(g.lines, fmt.Sprintf("\t\te%d = %s -> embed(%d)", i, name, dim))
			g.values = append(g.values, value{fmt.Sprintf("e%d", i), shape})
			continue
		}
		inputs = append(inputs, fmt.Sprintf("\tinput %s %s", name, text(shape)))
		g.values = append(g.values, value{name, shape})
	}
	for range 2 + r.IntN(5) {
		g.line()
	}
	out := g.join()
	last, target, loss := g.ending(out)
	penalty := ""
	if strings.Contains(strings.Join(g.lines, " "), "dense") && r.IntN(3) == 0 {
		penalty = []string{"\tloss l2(0.01)\n", "\tloss l1(0.01)\n"}[r.IntN(2)]
	}
	return fmt.Sprintf("model Random {\n%s\n\ttarget y %s\n\n\tlayers {\n%s\n\t\t%s\n\t}\n\n\tloss %s\n%s\toptimizer sgd(lr: 0.1)\n}\n",
		strings.Join(inputs, "\n"), target, strings.Join(g.lines, "\n"), last, loss, penalty)
}

type value struct {
	name  string
	shape []int
}

type generator struct {
	r      *rand.Rand
	values []value // not used yet
	lines  []string
	made   int
}

func text(shape []int) string { return ir.ShapeText(shape) }

func (g *generator) shape() []int {
	switch g.r.IntN(3) {
	case 0:
		return []int{1 + g.r.IntN(5)}
	case 1:
		return []int{1 + g.r.IntN(3), 1 + g.r.IntN(4)}
	}
	return []int{1 + g.r.IntN(2), 1 + g.r.IntN(3), 1 + g.r.IntN(3)}
}

// line takes a value, sends it through a few layers and names the result.
func (g *generator) line() {
	k := g.r.IntN(len(g.values))
	v := g.values[k]
	if g.r.IntN(3) > 0 { // else it is used again later: fan-out
		g.values = append(g.values[:k], g.values[k+1:]...)
	}
	pipe, shape := v.name, v.shape
	if g.r.IntN(4) == 0 {
		pipe = fmt.Sprintf([]string{"%s * %[1]s", "2 - %s", "%s + %[1]s", "%s / 3", "0.5 * %s", "-%s", "%s - %[1]s * %[1]s", "1 / (%s * %[1]s + 1)"}[g.r.IntN(8)], v.name)
	}
	for range 1 + g.r.IntN(3) {
		var call string
		call, shape = g.layer(shape)
		pipe += " -> " + call
	}
	g.made++
	name := fmt.Sprintf("v%d", g.made)
	g.lines = append(g.lines, fmt.Sprintf("\t\t%s = %s", name, pipe))
	g.values = append(g.values, value{name, shape})
}

func (g *generator) layer(shape []int) (string, []int) {
	n := ir.Size(shape)
	if g.r.IntN(3) == 0 {
		if call, out := g.structured(shape); call != "" {
			return call, out
		}
	}
	simple := []string{"identity", "sigmoid", "hard_sigmoid", "tanh", "hard_tanh", "relu", "relu6", "leaky_relu", "leaky_relu(slope: 0.2)", "prelu", "elu", "selu", "gelu", "silu", "mish",
		"softplus", "softsign", "neg", "square", "square -> sqrt", "abs", "clip(-0.5, 0.8)", "scale(1.5)", "dropout(0.3)", "normalize(mean: 0.2, std: 1.5)", "tanh -> exp", "sigmoid -> log"}
	switch k := g.r.IntN(10); {
	case k < 2 && len(shape) <= 2:
		units := 1 + g.r.IntN(4)
		options := []string{"", ", bias: false", ", init: he_normal", ", bias_init: normal(0.1)"}[g.r.IntN(4)]
		out := append([]int(nil), shape...)
		out[len(out)-1] = units
		return fmt.Sprintf("dense(%d%s)", units, options), out
	case k == 3:
		return "flatten", []int{n}
	case k == 4 && len(shape) > 1:
		perm := g.r.Perm(len(shape))
		out := make([]int, len(shape))
		for i, a := range perm {
			out[i] = shape[a]
		}
		return fmt.Sprintf("transpose(%s)", strings.ReplaceAll(fmt.Sprint(perm), " ", ", ")), out
	case k == 5:
		for d := 2; d < n; d++ {
			if n%d == 0 {
				return fmt.Sprintf("reshape([%d, %d])", d, n/d), []int{d, n / d}
			}
		}
	case k == 6:
		a := g.r.IntN(len(shape))
		if shape[a] > 1 {
			from := g.r.IntN(shape[a] - 1)
			to := from + 1 + g.r.IntN(shape[a]-from)
			to = min(to, shape[a])
			out := append([]int(nil), shape...)
			out[a] = to - from
			return fmt.Sprintf("slice(axis: %d, from: %d, to: %d)", a, from, to), out
		}
	case k == 7 && len(shape) <= 2:
		return []string{"softmax", "log_softmax"}[g.r.IntN(2)], shape
	case k == 8 && g.r.IntN(3) == 0:
		return []string{"sum", "mean"}[g.r.IntN(2)], []int{1}
	}
	return simple[g.r.IntN(len(simple))], shape
}

// structured is a layer over images, sequences or features, and the shape of what it gives; "" where none fits.
func (g *generator) structured(shape []int) (string, []int) {
	from := func(calls ...string) string { return calls[g.r.IntN(len(calls))] }
	upTo := func(n int) int { return 1 + g.r.IntN(n) }
	switch len(shape) {
	case 1:
		if shape[0] == 1 { // less the mean nothing is left
			return "rms_norm(eps: 0.1)", shape
		}
		return from("batch_norm(eps: 0.1)", "layer_norm(eps: 0.1)", "rms_norm(eps: 0.1)", "group_norm(1, eps: 0.1)", "batch_norm(eps: 0.1, momentum: 0.3) -> relu"), shape
	case 2:
		t, d := shape[0], shape[1]
		units := upTo(3)
		switch g.r.IntN(8) {
		case 0:
			return fmt.Sprintf("%s(%d%s)", from("rnn", "gru", "lstm"), units, from("", ", reverse: true", ", bias: false")), []int{t, units}
		case 1:
			return fmt.Sprintf("%s(%d, bidirectional: true)", from("rnn", "gru", "lstm"), units), []int{t, 2 * units}
		case 2:
			heads := 1
			if d%2 == 0 {
				heads = 2
			}
			return fmt.Sprintf("attention(%d%s)", heads, from("", ", causal: true", ", dropout: 0.2", ", bias: false")), shape
		case 3:
			return from("positions", "positions(kind: learned)"), shape
		case 4:
			return from("last", "mean_over_time", "max_over_time"), []int{d}
		case 5:
			return from("layer_norm(eps: 0.1)", "rms_norm(eps: 0.1)", "batch_norm(eps: 0.1)", "batch_norm(eps: 0.1, axis: 0)"), shape
		case 6: // as channels of a line
			kernel, stride, pad := upTo(2), upTo(2), g.r.IntN(2)
			if t < 1 || d+2*pad < kernel {
				return "", nil
			}
			channels := upTo(3)
			return fmt.Sprintf("conv1d(%d, kernel: %d, stride: %d, pad: %d)", channels, kernel, stride, pad), []int{channels, (d+2*pad-kernel)/stride + 1}
		}
		switch k := upTo(2); {
		case g.r.IntN(3) == 0:
			return from("global_avg_pool1d", "global_max_pool1d"), []int{t}
		case d >= k:
			return fmt.Sprintf("%s(%d, stride: 1)", from("max_pool1d", "avg_pool1d"), k), []int{t, d - k + 1}
		}
	case 3:
		c, h, w := shape[0], shape[1], shape[2]
		k := upTo(2)
		switch g.r.IntN(9) {
		case 0, 1:
			channels, groups := upTo(3), 1
			if g.r.IntN(2) == 0 { // each channel by itself
				channels, groups = c*upTo(2), c
			}
			if g.r.IntN(3) == 0 {
				stride := upTo(2)
				return fmt.Sprintf("conv(%d, kernel: [%d, 3], stride: %d, pad: same, groups: %d)", channels, k, stride, groups), []int{channels, (h + stride - 1) / stride, (w + stride - 1) / stride}
			}
			pad, dilation := g.r.IntN(2), upTo(2)
			reach := dilation*(k-1) + 1
			if h+2*pad < reach || w+2*pad < reach {
				return "", nil
			}
			return fmt.Sprintf("conv(%d, kernel: %d, pad: %d, dilation: %d, groups: %d, bias: %v)", channels, k, pad, dilation, groups, g.r.IntN(2) == 0),
				[]int{channels, h + 2*pad - reach + 1, w + 2*pad - reach + 1}
		case 2:
			channels, stride := upTo(2), upTo(2)
			return fmt.Sprintf("conv_transpose(%d, kernel: %d, stride: %d)", channels, k, stride), []int{channels, (h-1)*stride + k, (w-1)*stride + k}
		case 3, 4:
			if h < k || w < k {
				return "", nil
			}
			return fmt.Sprintf("%s(%d, stride: 1)", from("max_pool", "avg_pool"), k), []int{c, h - k + 1, w - k + 1}
		case 5:
			return from("global_avg_pool", "global_max_pool"), []int{c}
		case 6:
			if h*w == 1 {
				return "batch_norm(eps: 0.1)", shape
			}
			return from("batch_norm(eps: 0.1)", fmt.Sprintf("group_norm(%d, eps: 0.1)", c), "group_norm(1, eps: 0.1)"), shape
		case 7:
			n := g.r.IntN(2)
			return fmt.Sprintf("pad([%d, 1])", n), []int{c, h + 2*n, w + 2}
		}
		if c*h*w > 12 {
			return "", nil
		}
		return fmt.Sprintf("upsample([%d, 2])", k), []int{c, h * k, w * 2}
	}
	return "", nil
}

// join makes one vector of all values that nothing reads yet.
func (g *generator) join() value {
	var flat []string
	n := 0
	for _, v := range g.values {
		g.made++
		name := fmt.Sprintf("v%d", g.made)
		g.lines = append(g.lines, fmt.Sprintf("\t\t%s = %s -> flatten -> tanh", name, v.name))
		flat = append(flat, name)
		n += ir.Size(v.shape)
	}
	if len(flat) == 1 {
		return value{flat[0], []int{n}}
	}
	g.lines = append(g.lines, fmt.Sprintf("\t\tall = (%s) -> concat", strings.Join(flat, ", ")))
	return value{"all", []int{n}}
}

func (g *generator) ending(v value) (last, target, loss string) {
	n := 2 + g.r.IntN(3)
	last = fmt.Sprintf("%s -> dense(%d)", v.name, n)
	class, vector := fmt.Sprintf("class(%d)", n), fmt.Sprintf("[%d]", n)
	reduction := []string{"", "reduction: sum", "weight: 0.5"}[g.r.IntN(3)]
	call := func(name string, args ...string) string {
		if reduction != "" {
			args = append(args, reduction)
		}
		if len(args) == 0 {
			return name
		}
		return name + "(" + strings.Join(args, ", ") + ")"
	}
	switch g.r.IntN(13) {
	case 0:
		return last + " -> softmax", class, call("cross_entropy")
	case 1:
		return last + " -> softmax", class, call("cross_entropy", "label_smoothing: 0.1")
	case 2:
		return last + " -> softmax", vector, call("cross_entropy")
	case 3:
		return last + " -> sigmoid", vector, call("binary_cross_entropy")
	case 4:
		return last, vector, call("mse")
	case 5:
		return last, class, call("mse")
	case 6:
		return last, vector, call("half_mse")
	case 7:
		return last, vector, call("huber", "delta: 0.7")
	case 8:
		return last, class, call("hinge")
	case 9:
		return last + " -> log_softmax", class, call("nll")
	case 10:
		return last + " -> softmax", vector, call("kl_div")
	case 11:
		return v.name + " -> dense(1) -> square -> sum", "[1]", call("contrastive", "margin: 2")
	}
	return last, vector, call("mae")
}

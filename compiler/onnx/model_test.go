package onnx_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/compiler"
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/ir/irtest"
	"github.com/nnc-lang/nnc/compiler/pass"
)

// model is a test in the language: a .nn file, the numbers that it runs on, and those that must come out.
type model struct {
	ports     []port
	layers    []string
	loss      string
	optimizer string
	rows      int
	weights   map[string]*tensor // by the names and in the layout of a state_dict
	results   []result           // in the order of the outputs, the loss last

	// rowwise makes a batch of every row: its losses are those of the rows.
	rowwise bool
	// step, where set, is a step of the optimizer in place of a prediction.
	step *step
}

// port is an input or a target with its values for all rows.
type port struct {
	name    string
	target  bool
	shape   []int // of a row
	classes int
	values  []float64
}

// result is what an output must be.
type result struct {
	name string
	want []float64
}

// step is what a step of an optimizer starts from: a tensor for each weight.
type step struct {
	done           float64 // steps done
	weights, grads []*tensor
	states         map[string][]*tensor // by the optimizer's name of a state
	names          []string             // of states, in the order of the results
}

// input declares an input whose rows are the first batch axes of a tensor, together; 0 makes the whole tensor one row.
func (m *model) input(name string, t *tensor, batch int) {
	m.port(port{name: name, shape: t.dims[batch:], values: t.data}, product(t.dims[:batch]))
}

func (m *model) port(p port, rows int) {
	if len(p.shape) == 0 && p.classes == 0 {
		p.shape = []int{1}
	}
	m.rows = rows
	m.ports = append(m.ports, p)
}

// line adds a line of layers.
func (m *model) line(format string, args ...any) {
	m.layers = append(m.layers, fmt.Sprintf(format, args...))
}

// chain adds a line of layers behind each other; "" is none.
func (m *model) chain(layers ...string) {
	layers = slices.DeleteFunc(layers, func(s string) bool { return s == "" })
	if len(layers) == 0 {
		layers = []string{alone("identity")}
	}
	m.line("%s", strings.Join(layers, " -> "))
}

// weight gives the tensor of a weight.
func (m *model) weight(name string, t *tensor) {
	if m.weights == nil {
		m.weights = map[string]*tensor{}
	}
	m.weights[name] = t
}

// result adds what an output must be.
func (m *model) result(t *tensor) {
	m.results = append(m.results, result{fmt.Sprintf("output %d", len(m.results)), t.data})
}

// source is the model as a file.
func (m *model) source() string {
	var b strings.Builder
	b.WriteString("model Node {\n")
	for _, p := range m.ports {
		kind, typ := "input", ""
		if p.target {
			kind = "target"
		}
		if len(p.shape) > 0 {
			typ = list(p.shape)
		}
		if p.classes > 0 {
			typ += fmt.Sprintf("class(%d)", p.classes)
		}
		fmt.Fprintf(&b, "\t%s %s %s\n", kind, p.name, typ)
	}
	b.WriteString("\n\tlayers {\n")
	for _, l := range m.layers {
		b.WriteString("\t\t" + l + "\n")
	}
	b.WriteString("\t}\n")
	if m.loss != "" {
		b.WriteString("\n\tloss " + m.loss + "\n")
	}
	if m.optimizer != "" {
		b.WriteString("\toptimizer " + m.optimizer + "\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// run compiles the model and runs its plan in float64. It gives the results.
func (m *model) run() (got [][]float64, err error) {
	p, faults, err := compiler.Compile("node.nn", []byte(m.source()), compiler.Options{Float64: true})
	if len(faults) > 0 {
		err = errors.New(faults.Error())
	}
	if err != nil {
		return nil, err
	}
	if m.step != nil {
		return m.step.run(p)
	}
	var losses []float64
	batches, rows := 1, m.rows
	if m.rowwise {
		batches, rows = m.rows, 1
	}
	got = make([][]float64, len(p.Outputs))
	for batch := range batches {
		k, err := m.machine(p, rows, batch)
		if err != nil {
			return nil, err
		}
		k.Run(pass.FuncPredict)
		for i, o := range p.Outputs {
			got[i] = append(got[i], k.Buf(o.Buf)...)
		}
		if m.loss != "" {
			losses = append(losses, k.Run(pass.FuncScore))
		}
	}
	if m.loss != "" {
		got = append(got, losses)
	}
	return got, nil
}

// machine is a machine with the model's weights, and a batch of its rows.
func (m *model) machine(p *ir.Plan, rows, batch int) (*irtest.Machine, error) {
	k := irtest.NewMachine(p, p.Predict, rows)
	for _, b := range p.Params {
		w := b.Value.Param
		t := m.weights[w.Name]
		if t == nil {
			return nil, fmt.Errorf("the weight %s is not given", w.Name)
		}
		if w.Perm != nil {
			t = t.transpose(w.Perm...)
		}
		if !slices.Equal(t.dims, b.Shape) {
			return nil, fmt.Errorf("the weight %s is %v, not %v", w.Name, b.Shape, t.dims)
		}
		copy(k.Buf(b), t.data)
	}
	for _, port := range m.ports {
		n := rows * product(port.shape)
		values := port.values[batch*n:][:n]
		if port.classes == 0 {
			k.Floats[port.name] = slices.Clone(values)
			continue
		}
		labels := make([]int32, n)
		for i, v := range values {
			labels[i] = int32(v)
		}
		k.Ints[port.name] = labels
	}
	return k, nil
}

// run makes the step.
func (u *step) run(p *ir.Plan) ([][]float64, error) {
	k := irtest.NewMachine(p, p.Train, 1)
	if len(p.Params) != len(u.weights) {
		return nil, fmt.Errorf("the model has %d weights", len(p.Params))
	}
	states := map[string]*ir.Buf{}
	for _, b := range p.Train.Bufs {
		if b.Store == ir.InState {
			states[b.Name] = b
		}
	}
	for i, b := range p.Params {
		copy(k.Buf(b), u.weights[i].data)
		copy(k.Grad[b.Offset:], u.grads[i].data)
		for name, values := range u.states {
			if states[name] == nil {
				return nil, fmt.Errorf("the optimizer has no state %s", name)
			}
			copy(k.Buf(states[name])[b.Offset:], values[i].data)
		}
	}
	k.Clock = map[string]float64{ir.ClockStep: u.done, ir.ClockEpoch: 0, ir.ClockEpochs: 1, ir.ClockSteps: 1}
	k.Run(pass.FuncUpdate)
	var got [][]float64
	for _, b := range p.Params {
		got = append(got, k.Buf(b))
	}
	for _, name := range u.names {
		for _, b := range p.Params {
			got = append(got, k.Buf(states[name])[b.Offset:][:b.Size()])
		}
	}
	return got, nil
}

// list writes whole numbers as the language does: [3, 4].
func list(n []int) string {
	return strings.ReplaceAll(fmt.Sprint(n), " ", ", ")
}

// transpose gives the tensor whose axis i is axis perm[i] of t.
func (t *tensor) transpose(perm ...int) *tensor {
	stride := make([]int, len(t.dims))
	for a, n := len(t.dims)-1, 1; a >= 0; a-- {
		stride[a], n = n, n*t.dims[a]
	}
	out := &tensor{dtype: t.dtype, dims: make([]int, len(perm)), data: make([]float64, 0, len(t.data))}
	for i, a := range perm {
		out.dims[i] = t.dims[a]
	}
	var walk func(axis, at int)
	walk = func(axis, at int) {
		if axis == len(perm) {
			out.data = append(out.data, t.data[at])
			return
		}
		for i := range out.dims[axis] {
			walk(axis+1, at+i*stride[perm[axis]])
		}
	}
	walk(0, 0)
	return out
}

// reshape gives a tensor of the same elements.
func (t *tensor) reshape(dims ...int) *tensor { return &tensor{dims, t.dtype, t.data} }

// times gives the tensor with every element multiplied.
func (t *tensor) times(k float64) *tensor {
	out := t.reshape(t.dims...)
	out.data = slices.Clone(t.data)
	for i := range out.data {
		out.data[i] *= k
	}
	return out
}

// compare gives the largest difference between a result and what it must be, as the relative tolerance at which it would
// pass: |got - want| = absolute + tolerance·|want|.
func compare(got, want []float64, absolute float64) (tolerance float64, at int) {
	if len(got) != len(want) {
		return math.Inf(1), 0
	}
	for i, w := range want {
		d := math.Abs(got[i]-w) - absolute
		if got[i] == w || d <= 0 {
			continue
		}
		if d /= math.Abs(w); !(d <= tolerance) {
			tolerance, at = d, i
		}
		if math.IsNaN(d) {
			return math.Inf(1), i
		}
	}
	return tolerance, at
}

func TestCompare(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		got, want []float64
		tolerance float64
		at        int
	}{
		{[]float64{1, 2, inf}, []float64{1, 2, inf}, 0, 0},
		{[]float64{1, 2.5}, []float64{1, 2}, 0.2, 1}, // of 0.1 absolute and 0.2·2
		{[]float64{0.05, 4}, []float64{0, 4}, 0, 0},
		{[]float64{0.5, 4}, []float64{0, 4}, inf, 0},
		{[]float64{1, nan}, []float64{1, 2}, inf, 1},
		{[]float64{1, inf}, []float64{1, 2}, inf, 1},
		{[]float64{1}, []float64{1, 2}, inf, 0},
	} {
		if tolerance, at := compare(c.got, c.want, 0.1); math.Abs(tolerance-c.tolerance) > 1e-15 || at != c.at {
			t.Errorf("%v and %v: %v at %d, want %v at %d", c.got, c.want, tolerance, at, c.tolerance, c.at)
		}
	}
}

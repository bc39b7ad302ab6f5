package compiler_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/compiler"
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/ir/irtest"
	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/compiler/pass"
	rt "github.com/nnc-lang/nnc/runtime"
)

// These tests hold values, gradients and optimizers against PyTorch. testdata/torch has the models with what PyTorch
// computed for them, in float64, and make.py, which made the files and documents them. Here the planned functions run in
// float64 without being built; TestTorchGenerated does the same with a built program.
//
// They see what the comparison with differences in TestRandomGraphs cannot: which derivative is taken on a kink, the
// constants of an activation, options of optimizers and losses.

// torchFolder holds the models and their reference files.
var torchFolder = filepath.Join("..", "testdata", "torch")

// torchTolerance is the largest difference, relative to the reference. Both compute in float64 but add in another order and
// have exponentials of their own.
const torchTolerance = 1e-10

// torchCase is a model with what PyTorch computed for it.
type torchCase struct {
	name   string
	source string
	ref    map[string]rt.Tensor
}

// torchCases reads all reference files.
func torchCases(t *testing.T) []torchCase {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(torchFolder, "*.nn"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no models in %s: %v", torchFolder, err)
	}
	var cases []torchCase
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		ref, _, err := rt.ReadTensors(strings.TrimSuffix(file, ".nn") + ".safetensors")
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, torchCase{strings.TrimSuffix(filepath.Base(file), ".nn"), string(source), ref})
	}
	return cases
}

// rows is the size of a batch.
func (c torchCase) rows(p *ir.Plan) int {
	shape := c.ref["input/"+p.Inputs[0].Name].Shape
	if c.updates() {
		return shape[1]
	}
	return shape[0]
}

// updates says whether the case is one of an optimizer.
func (c torchCase) updates() bool { return c.ref["losses"].Data != nil }

// compile compiles the case's model with all the gradients there are.
func (c torchCase) compile() (*ir.Plan, error) {
	p, faults, err := compiler.Compile(c.name+".nn", []byte(c.source), compiler.Options{Float64: true, Check: true, Grad: true})
	if len(faults) > 0 {
		return nil, errors.New(faults.Error())
	}
	return p, err
}

// check runs the planned functions on the reference's weights and batches, and gives all differences.
func (c torchCase) check() error {
	p, err := c.compile()
	if err != nil {
		return err
	}
	r := &torchRun{torchCase: c, plan: p, read: map[string]bool{}, tolerance: torchTolerance, floor: 1e-3}
	if c.updates() {
		r.update()
	} else {
		r.predict()
		r.train()
		r.vjp()
	}
	for _, name := range slices.Sorted(maps.Keys(c.ref)) {
		if !r.read[name] {
			r.fail("nothing was compared with %s", name)
		}
	}
	return errors.Join(r.faults...)
}

// torchRun compares one case.
type torchRun struct {
	torchCase
	plan *ir.Plan
	read map[string]bool // tensors of the reference that have had their part
	// tolerance is the largest relative difference; what is smaller than floor times the largest element of its tensor is
	// measured against that.
	tolerance, floor float64
	faults           []error
}

func (r *torchRun) fail(format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf(format, args...))
}

// want gives a tensor of the reference.
func (r *torchRun) want(name string) []float64 {
	t, ok := r.ref[name]
	if !ok {
		r.fail("the reference has no %s", name)
	}
	r.read[name] = true
	return t.Data
}

// machine gives a machine for a workspace with the reference's weights and its batch, or one of its batches.
func (r *torchRun) machine(s *ir.Space, batch int) *irtest.Machine {
	rows := r.rows(r.plan)
	m := irtest.NewMachine(r.plan, s, rows)
	for _, b := range r.plan.Params {
		values := b.Value.Param.Values
		if values == nil {
			values = permuted(r.want("weight/"+b.Value.Param.Name), b.Shape, b.Value.Param.Perm)
		}
		copy(m.Buf(b), values)
	}
	r.fill(m, batch)
	return m
}

// fill gives the machine a batch.
func (r *torchRun) fill(m *irtest.Machine, batch int) {
	for _, port := range slices.Concat(r.plan.Inputs, r.plan.Targets) {
		kind := "input/"
		if port.Target {
			kind = "target/"
		}
		x := r.want(kind + port.Name)
		n := m.Rows * ir.Size(port.Shape)
		x = x[batch*n : (batch+1)*n]
		if port.Classes == 0 {
			m.Floats[port.Name] = slices.Clone(x)
			continue
		}
		labels := make([]int32, n)
		for i, v := range x {
			labels[i] = int32(v)
		}
		m.Ints[port.Name] = labels
	}
}

// permuted gives the elements of a tensor of PyTorch in the layout of a weight of this shape: its axis i is PyTorch's axis
// perm[i].
func permuted(x []float64, shape, perm []int) []float64 {
	if perm == nil {
		return x
	}
	stride := make([]int, len(shape)) // PyTorch's, by its axes
	size := make([]int, len(shape))
	for i, a := range perm {
		size[a] = shape[i]
	}
	n := 1
	for a := len(size) - 1; a >= 0; a-- {
		stride[a] = n
		n *= size[a]
	}
	out := make([]float64, 0, n)
	var walk func(axis, at int)
	walk = func(axis, at int) {
		if axis == len(shape) {
			out = append(out, x[at])
			return
		}
		for i := range shape[axis] {
			walk(axis+1, at+i*stride[perm[axis]])
		}
	}
	walk(0, 0)
	return out
}

// compare compares numbers with the reference, element by element. An element is measured against its own size, but a
// small one among large ones against a part of the largest: it may be what is left of a sum of those.
func (r *torchRun) compare(what string, got, want []float64) {
	if len(got) != len(want) {
		r.fail("%s has %d elements, the reference %d", what, len(got), len(want))
		return
	}
	largest := 0.0
	for _, v := range want {
		largest = max(largest, math.Abs(v))
	}
	worst, at := 0.0, 0
	for i, v := range want {
		d := math.Abs(got[i] - v)
		if d == 0 {
			continue
		}
		d /= max(math.Abs(v), r.floor*largest, 1e-6) // below a millionth it is rounding
		if math.IsNaN(d) || d > worst {
			worst, at = d, i
			if math.IsNaN(d) {
				worst = math.Inf(1)
			}
		}
	}
	if worst > r.tolerance {
		r.fail("%s[%d] is %v, want %v: a relative difference of %.2g", what, at, got[at], want[at], worst)
	}
}

// named is NAME, or NAME/OUTPUT where there are several outputs.
func (r *torchRun) named(name string, o *ir.Output) string {
	if o.Name == "" || len(r.plan.Outputs) == 1 {
		return name
	}
	return name + "/" + o.Name
}

// has says whether a workspace has a function.
func has(s *ir.Space, name string) bool {
	return slices.ContainsFunc(s.Funcs, func(f *ir.Func) bool { return f.Name == name })
}

// predict compares the outputs, and the loss as it is without training.
func (r *torchRun) predict() {
	m := r.machine(r.plan.Predict, 0)
	if has(r.plan.Predict, pass.FuncPrepare) {
		m.Run(pass.FuncPrepare)
	}
	m.Run(pass.FuncPredict)
	for _, o := range r.plan.Outputs {
		r.compare(r.named("output", o), m.Buf(o.Buf), r.want(r.named("output", o)))
	}
	if _, ok := r.ref["loss"]; ok && has(r.plan.Predict, pass.FuncScore) {
		r.compare("loss of score", []float64{m.Run(pass.FuncScore)}, r.want("loss"))
	}
}

// train compares the loss and its gradients by weights and inputs.
func (r *torchRun) train() {
	if r.plan.Train == nil {
		return
	}
	m := r.machine(r.plan.Train, 0)
	loss := "loss"
	if _, ok := r.ref["loss/forward"]; ok { // a layer measures the batch
		loss = "loss/forward"
	}
	r.compare("loss of forward", []float64{m.Run(pass.FuncForward)}, r.want(loss))
	m.Run(pass.FuncBackward)
	for _, b := range r.plan.Params {
		if b.Store != ir.InTheta {
			continue
		}
		name := "dweight/" + b.Value.Param.Name
		r.compare(name, m.Grad[b.Offset:b.Offset+b.Size()], permuted(r.want(name), b.Shape, b.Value.Param.Perm))
	}
	for i, port := range r.plan.Inputs {
		if b := r.plan.DCheck[i]; b != nil {
			r.compare("dinput/"+port.Name, m.Buf(b), r.want("dinput/"+port.Name))
		}
	}
}

// differentiable says whether an input has a gradient: labels have none.
func differentiable(p *ir.Plan) bool {
	return slices.ContainsFunc(p.DInput, func(b *ir.Buf) bool { return b != nil })
}

// vjp compares the gradients of the inputs that follow from given ones of the outputs.
func (r *torchRun) vjp() {
	if !differentiable(r.plan) {
		for _, o := range r.plan.Outputs {
			r.want(r.named("seed", o))
		}
		return
	}
	m := r.machine(r.plan.VJP, 0)
	for i, o := range r.plan.Outputs {
		seed := r.want(r.named("seed", o))
		b := r.plan.DOut[i]
		if b.Store == ir.InPort {
			m.Floats[b.Name] = seed
			continue
		}
		copy(m.Buf(b), seed)
	}
	m.Run(pass.FuncGradient)
	for i, port := range r.plan.Inputs {
		if b := r.plan.DInput[i]; b != nil {
			r.compare("vjp/"+port.Name, m.Buf(b), r.want("vjp/"+port.Name))
		}
	}
}

// update compares the losses and the weights of every step.
func (r *torchRun) update() {
	r.predict()
	losses := r.want("losses")
	r.want("rates") // for readers
	clock := r.want("clock")
	anEpoch, epochs := clock[0], clock[1]
	batches := r.ref["input/"+r.plan.Inputs[0].Name].Shape[0]
	m := r.machine(r.plan.Train, 0)
	for step, loss := range losses {
		r.fill(m, step%batches)
		m.Clock = map[string]float64{ir.ClockStep: float64(step), ir.ClockEpoch: float64(step) / anEpoch, ir.ClockEpochs: epochs, ir.ClockSteps: anEpoch}
		r.compare(fmt.Sprintf("loss of step %d", step+1), []float64{m.Run(pass.FuncForward)}, []float64{loss})
		m.Run(pass.FuncBackward)
		m.Run(pass.FuncUpdate)
		for _, b := range r.plan.Params {
			all, n := r.want("steps/"+b.Value.Param.Name), b.Size()
			want := permuted(all[step*n:(step+1)*n], b.Shape, b.Value.Param.Perm)
			r.compare(fmt.Sprintf("%s after step %d", b.Value.Param.Name, step+1), m.Buf(b), want)
		}
		if len(r.faults) > 0 { // what follows is wrong too
			return
		}
	}
}

func TestTorch(t *testing.T) {
	for _, c := range torchCases(t) {
		t.Run(c.name, func(t *testing.T) {
			if err := c.check(); err != nil {
				t.Errorf("%v\nin\n%s", err, c.source)
			}
		})
	}
}

// scalars is the case with a batch so small that a model of few weights is unrolled to scalars.
func (c torchCase) scalars() torchCase {
	c.source = strings.TrimSuffix(c.source, "}\n") + "\n\ttrain {\n\t\tbatch: 4\n\t}\n}\n"
	return c
}

// TestTorchScalars trains the same models unrolled to scalars, those that are small enough.
func TestTorchScalars(t *testing.T) {
	unrolled := 0
	for _, c := range torchCases(t) {
		c = c.scalars()
		t.Run(c.name, func(t *testing.T) {
			p, err := c.compile()
			if err != nil {
				t.Fatal(err)
			}
			if p.Train == nil || !p.Train.Scalar {
				return
			}
			unrolled++
			if err := c.check(); err != nil {
				t.Errorf("%v\nin\n%s", err, c.source)
			}
		})
	}
	if unrolled < 100 {
		t.Errorf("only %d models were unrolled", unrolled)
	}
}

// TestTorchInfer predicts with the same models compiled for nothing else: what the weights can take in is folded into them.
func TestTorchInfer(t *testing.T) {
	prepared := 0
	for _, c := range torchCases(t) {
		t.Run(c.name, func(t *testing.T) {
			p, faults, err := compiler.Compile(c.name+".nn", []byte(c.source), compiler.Options{Float64: true, Infer: true})
			if err != nil || len(faults) > 0 {
				t.Fatal(err, faults)
			}
			r := &torchRun{torchCase: c, plan: p, read: map[string]bool{}, tolerance: torchTolerance, floor: 1e-3}
			r.predict()
			if err := errors.Join(r.faults...); err != nil {
				t.Errorf("%v\nin\n%s", err, c.source)
			}
			if has(p.Predict, pass.FuncPrepare) {
				prepared++
			}
		})
	}
	if prepared < 12 {
		t.Errorf("only %d models prepare anything", prepared)
	}
}

// TestTorchSeesDifferences changes one number of each reference tensor a little, and wants that to be found.
func TestTorchSeesDifferences(t *testing.T) {
	seen := 0
	for _, c := range torchCases(t) {
		if !slices.Contains([]string{"dense_sequence", "twin", "huber_kinks", "adam_all", "batch_norm", "running_statistics"}, c.name) {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(c.ref)) {
			if name == "rates" || name == "clock" { // nothing reads them here
				continue
			}
			changed := c
			changed.ref = maps.Clone(c.ref)
			x := changed.ref[name]
			x.Data = slices.Clone(x.Data)
			at := len(x.Data) / 2
			if x.DType == "I32" { // labels
				x.Data[at] = 1 - x.Data[at]
			} else {
				x.Data[at] += 1e-7 * (1 + math.Abs(x.Data[at]))
			}
			changed.ref[name] = x
			if changed.check() == nil {
				t.Errorf("%s: a change of %s[%d] is not found", c.name, name, at)
			}
			seen++
		}
	}
	if seen < 40 {
		t.Errorf("only %d tensors were changed", seen)
	}
}

// TestTorchCoversAll wants a case for every layer, loss, penalty, optimizer and schedule.
func TestTorchCoversAll(t *testing.T) {
	words := map[string]bool{}
	for _, c := range torchCases(t) {
		_, model, _ := strings.Cut(c.source, "\nmodel")
		for _, w := range regexp.MustCompile(`\w+|[-+*/]`).FindAllString(model, -1) {
			words[w] = true
		}
	}
	for _, d := range op.All {
		if d.Kind != op.Initialiser && d.Kind != op.MetricKind && !words[d.Name] {
			t.Errorf("testdata/torch has no case of %s", d.Name)
		}
	}
}

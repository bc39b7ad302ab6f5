package compiler_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/codegen"
	"github.com/nnc-lang/nnc/compiler"
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/ir/irtest"
	"github.com/nnc-lang/nnc/compiler/pass"
	rt "github.com/nnc-lang/nnc/runtime"
)

// generated is a random model in a program of generated code, in one precision.
type generated struct {
	pkg  string // double or single
	plan *ir.Plan
	text string
	rows int // of the largest batch
}

// TestGeneratedIsThePlan holds generated code against the plan that it is printed from: one program of random models in both
// precisions predicts, computes gradients and trains two steps, the second on a smaller batch, on one thread and on three, and
// a machine does the same with the plan.
func TestGeneratedIsThePlan(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program of many models")
	}
	count := 10
	if *full {
		count = 100
	}
	dir := t.TempDir()
	var all []generated
	var calls strings.Builder
	for seed := range count {
		r := rand.New(rand.NewPCG(uint64(seed), 23))
		name := fmt.Sprintf("W%d", seed)
		text := wildModel(r)
		if seed%3 == 1 { // one that repeats
			text = deepModel(r)
		}
		if seed == 0 {
			text = equalOutputs
		}
		text = regexp.MustCompile(`model \w+ {`).ReplaceAllString(text, "model "+name+" {")
		for _, pkg := range []string{"double", "single"} {
			plan, faults, err := compiler.Compile(name+".nn", []byte(text), compiler.Options{Float64: pkg == "double", Grad: true})
			if err != nil || len(faults) > 0 {
				t.Fatalf("%v %v in\n%s", err, faults, text)
			}
			g := generated{pkg, plan, text, max(min(1+r.IntN(5), plan.Settings.Batch), plan.Settings.LeastRows)}
			code, err := codegen.File(plan, pkg)
			if err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
			writeFile(t, filepath.Join(dir, pkg, strings.ToLower(name)+"_nn.go"), string(code))
			writeFile(t, filepath.Join(dir, pkg, strings.ToLower(name)+"_run.go"), g.runner())
			fmt.Fprintf(&calls, "\tall[%q] = %s.Run%s(1)\n\tall[%q] = %[2]s.Run%[3]s(3)\n", pkg+name+"/1", pkg, name, pkg+name+"/3")
			all = append(all, g)
		}
	}
	writeFile(t, filepath.Join(dir, "main.go"), fmt.Sprintf(`package main

import (
	"encoding/gob"
	"os"

	"plans/double"
	"plans/single"
)

func main() {
	all := map[string]map[string][]float64{}
%s	if err := gob.NewEncoder(os.Stdout).Encode(all); err != nil {
		panic(err)
	}
}
`, calls.String()))
	results := runModule(t, dir, "plans")
	for _, g := range all {
		t.Run(g.pkg+"/"+g.plan.Name, func(t *testing.T) {
			one, three := results[g.pkg+g.plan.Name+"/1"], results[g.pkg+g.plan.Name+"/3"]
			for name, x := range one {
				if !slices.EqualFunc(x, three[name], func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }) {
					t.Errorf("%s: %v on three threads, %v on one", name, three[name], x)
				}
			}
			if err := g.compare(one); err != nil {
				t.Errorf("%d rows: %v in\n%s", g.rows, err, g.text)
			}
		})
	}
}

// equalOutputs is a model whose outputs are made by steps of one form: a block is all that reads the gradients by them.
const equalOutputs = `model Equal {
	input s [3, 2]
	target y [3, 2]

	layers {
		a = s -> lstm(2)
		b = s -> lstm(2)
		c = s -> lstm(2)
		(a, b, c)
	}

	loss (a, y) -> mse
	optimizer sgd(lr: 0.1)
	train {
		batch: 5
	}
}
`

// second is the size of the second batch.
func (g generated) second() int { return g.rows/2 + 1 }

// numbersOf are the elements of a port or of a gradient of an output in a batch: the same here and in the program.
func numbersOf(stream, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = rt.Normal[float64](uint64(stream), i)
	}
	return x
}

// runner is the Go beside a generated file that runs it.
func (g generated) runner() string {
	p := g.plan
	elem := p.Type
	var b strings.Builder
	fmt.Fprintf(&b, "package %s\n\nimport rt \"github.com/nnc-lang/nnc/runtime\"\n\n", g.pkg)
	fmt.Fprintf(&b, "func Run%s(threads int) map[string][]float64 {\n\tgot := map[string][]float64{}\n\tput := func(name string, x []%s) {\n\t\tfor _, v := range x {\n\t\t\tgot[name] = append(got[name], float64(v))\n\t\t}\n\t}\n", p.Name, elem)
	fmt.Fprintf(&b, "\tm := New%s()\n\tput(\"theta\", m.theta)\n", p.Name)
	if p.Fixed > 0 {
		b.WriteString("\tput(\"fixed\", m.fixed)\n")
	}
	fmt.Fprintf(&b, "\tbatch := func(step, rows int) %sBatch {\n\t\tb := make%[1]sBatch(rows)\n", p.Name)
	var inputs []string
	for i, port := range slices.Concat(p.Inputs, p.Targets) {
		field := ir.GoName(port.Name, true)
		if !port.Target {
			inputs = append(inputs, "b."+field)
		}
		switch {
		case port.Classes > 0:
			fmt.Fprintf(&b, "\t\tfor i := range rt.Ints(b.%s) {\n\t\t\trt.Ints(b.%[1]s)[i] = int32((i*7+step+%d)%%%d) - %d\n\t\t}\n", field, i, port.Classes+1, 1)
		default:
			fmt.Fprintf(&b, "\t\tfor i := range rt.Flat[%s](b.%s) {\n\t\t\trt.Flat[%[1]s](b.%[2]s)[i] = %[1]s(rt.Normal[float64](uint64(step*10+%[3]d), i))\n\t\t}\n", elem, field, i)
		}
	}
	b.WriteString("\t\treturn b\n\t}\n")

	// Prediction and the gradient by the inputs, in pieces of two rows.
	fmt.Fprintf(&b, "\tp := m.Predictor(2)\n\t{\n\t\tb := batch(0, %[1]d)\n\t\td := make([]%[2]sOutput, %[1]d)\n\t\tfor r, y := range p.Predict(nil, %[3]s) {\n\t\t\t_, _ = r, y\n", g.rows, p.Name, strings.Join(inputs, ", "))
	for i, o := range p.Outputs {
		field := ""
		if len(p.Outputs) > 1 {
			field = "." + ir.GoName(o.Name, true)
		}
		fmt.Fprintf(&b, "\t\t\tput(\"out%d\", y%s[:])\n\t\t\tfor i := range d[r]%[2]s {\n\t\t\t\td[r]%[2]s[i] = %s(rt.Normal[float64](%d, r*len(d[r]%[2]s)+i))\n\t\t\t}\n", i, field, elem, 1000+i)
	}
	b.WriteString("\t\t}\n")
	fmt.Fprintf(&b, "\t\tdx := p.Gradient(%s, %s, d)\n", gradientZero(p), strings.Join(inputs, ", "))
	for i, port := range p.Inputs {
		field := ""
		if len(p.Inputs) > 1 {
			field = "." + ir.GoName(port.Name, true)
		}
		fmt.Fprintf(&b, "\t\tput(\"dx%d\", rt.Flat[%s](dx%s))\n", i, elem, field)
	}
	b.WriteString("\t}\n")

	fmt.Fprintf(&b, "\tt := m.Trainer(rt.BatchSize(%d), rt.Threads(threads), rt.StepsPerEpoch(3))\n", batchSize(g))
	fmt.Fprintf(&b, "\tfor step, rows := range []int{%d, %d} {\n\t\tn := string(rune('0'+step))\n\t\tput(\"loss\"+n, []%s{t.Forward(batch(step+1, rows))})\n\t\tt.Backward()\n\t\tput(\"grad\"+n, t.grad)\n\t\tt.Update()\n\t\tput(\"theta\"+n, m.theta)\n\t}\n\treturn got\n}\n", g.rows, g.second(), elem)
	return b.String()
}

// batchSize is that of the trainer, larger than any batch.
func batchSize(g generated) int { return max(g.rows, g.second()) + 1 }

// gradientZero is the first argument of Gradient where the caller gives no room.
func gradientZero(p *ir.Plan) string {
	if len(p.Inputs) == 1 {
		return "nil"
	}
	return p.Name + "Gradient{}"
}

// compare runs the plan as the program ran the generated code.
func (g generated) compare(got map[string][]float64) error {
	p := g.plan
	tolerance, adaptive := 1e-10, false
	if g.pkg == "single" { // an optimizer that divides by the gradient's size turns rounding errors of zeros into steps
		tolerance, adaptive = 2e-4, !strings.Contains(g.text, "optimizer sgd")
		if strings.Contains(g.text, "-> batch_norm") { // it divides by what may be all but zero in a batch of two rows
			tolerance = 2e-2
		}
	}
	check := func(name string, want []float64) error {
		if len(want) != len(got[name]) {
			return fmt.Errorf("%s has %d elements, the plan's %d", name, len(got[name]), len(want))
		}
		scale := 1.0
		for _, v := range want {
			scale = max(scale, math.Abs(v))
		}
		for i, v := range want {
			if !(math.Abs(got[name][i]-v) <= tolerance*scale) {
				return fmt.Errorf("%s[%d] is %g, the plan's %g", name, i, got[name][i], v)
			}
		}
		return nil
	}
	fill := func(m *irtest.Machine, step, rows int) {
		m.Rows = rows
		copy(m.Theta, got["theta"])
		copy(m.Fixed, got["fixed"])
		for i, port := range slices.Concat(p.Inputs, p.Targets) {
			n := rows * ir.Size(port.Shape)
			if port.Classes > 0 {
				m.Ints[port.Name] = make([]int32, n)
				for k := range n {
					m.Ints[port.Name][k] = int32((k*7+step+i)%(port.Classes+1)) - 1
				}
				continue
			}
			m.Floats[port.Name] = numbersOf(step*10+i, n)
		}
	}

	m := irtest.NewMachine(p, p.Predict, g.rows)
	fill(m, 0, g.rows)
	m.Run(pass.FuncPredict)
	for i, o := range p.Outputs {
		if err := check(fmt.Sprintf("out%d", i), m.Buf(o.Buf)); err != nil {
			return err
		}
	}
	m = irtest.NewMachine(p, p.VJP, g.rows)
	fill(m, 0, g.rows)
	for i, b := range p.DOut {
		x := numbersOf(1000+i, g.rows*b.Size())
		switch {
		case b.Store == ir.InPort:
			m.Floats[b.Name] = x
		case slices.Contains(p.VJP.Bufs, b):
			copy(m.Buf(b), x)
		}
	}
	m.Run(pass.FuncGradient)
	for i, b := range p.DInput {
		if err := check(fmt.Sprintf("dx%d", i), m.Buf(b)); err != nil {
			return err
		}
	}

	m = irtest.NewMachine(p, p.Train, batchSize(g))
	fill(m, 0, g.rows)
	for step, rows := range []int{g.rows, g.second()} {
		theta := slices.Clone(m.Theta)
		fill(m, step+1, rows)
		copy(m.Theta, theta)
		m.Clock[ir.ClockStep], m.Clock[ir.ClockEpoch] = float64(step), float64(step)/3
		m.Clock[ir.ClockEpochs], m.Clock[ir.ClockSteps] = float64(p.Settings.Epochs), 3
		m.Uniform = func(stream uint32, place int) float64 {
			return rt.Uniform[float64](rt.Key(p.Settings.Seed, uint64(step), stream), place)
		}
		n := string(rune('0' + step))
		if err := check("loss"+n, []float64{m.Run(pass.FuncForward)}); err != nil {
			return err
		}
		m.Run(pass.FuncBackward)
		if err := check("grad"+n, m.Grad); err != nil {
			return err
		}
		m.Run(pass.FuncUpdate)
		if adaptive {
			return nil
		}
		if err := check("theta"+n, m.Theta); err != nil {
			return err
		}
	}
	return nil
}

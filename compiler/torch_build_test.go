package compiler_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/nnc-lang/nnc/codegen"
	"github.com/nnc-lang/nnc/compiler"
	"github.com/nnc-lang/nnc/compiler/ir"
	rt "github.com/nnc-lang/nnc/runtime"
)

// TestTorchGenerated holds generated code against PyTorch, in both precisions. It builds one program of models of
// testdata/torch, which loads the weights that PyTorch wrote, predicts, computes gradients or trains, and saves the weights
// again. The program has one model of each kind, and with -full all.

var full = flag.Bool("full", false, "build all reference models, not only one of each kind")

// precision is one of the two types that models are generated for, in a package of the program.
type precision struct {
	name    string // the package
	float64 bool
	// tolerance and floor are those of torchRun. In float32 an element is measured against the largest of its tensor: sums
	// that cancel leave little of seven digits.
	tolerance, floor float64
	dtype, torch     string // in weight files, and in the names of files that PyTorch wrote
}

var precisions = []precision{
	{"double", true, torchTolerance, 1e-3, "F64", "float64"},
	{"single", false, 1e-5, 1, "F32", "float32"},
}

func TestTorchGenerated(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program of many models")
	}
	cases := torchCases(t)
	if !*full {
		cases = oneOfEach(cases)
	}
	dir := t.TempDir()
	plans := map[string]*ir.Plan{}
	for _, p := range precisions {
		files, err := p.program(cases, plans)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range files {
			file := filepath.Join(dir, p.name, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	results := buildAndRun(t, dir, cases)
	for _, p := range precisions {
		for _, c := range cases {
			t.Run(p.name+"/"+c.name, func(t *testing.T) {
				r := &torchRun{torchCase: c, plan: plans[p.name+"/"+c.name], read: map[string]bool{}, tolerance: p.tolerance, floor: p.floor}
				got := results[p.name+"/"+c.name]
				if len(got) == 0 {
					t.Fatal("the program computed nothing")
				}
				for _, name := range slices.Sorted(maps.Keys(got)) {
					want := name
					if _, ok := c.ref[name]; !ok {
						want, _, _ = strings.Cut(name, "/forward") // the loss of Forward, mostly that of Evaluate
					}
					r.compare(name, got[name], r.want(want))
				}
				for name := range c.ref {
					kind, _, _ := strings.Cut(name, "/")
					if !r.read[name] && !slices.Contains([]string{"weight", "input", "target", "seed", "rates", "clock", "dinput"}, kind) {
						r.fail("nothing was compared with %s", name)
					}
				}
				if !c.updates() {
					r.saved(filepath.Join(dir, p.name, c.name+".saved.safetensors"), p.dtype)
				}
				if err := errors.Join(r.faults...); err != nil {
					t.Errorf("%v\nin\n%s", err, c.source)
				}
			})
		}
		for _, name := range []string{"mlp", "lenet", "normalised", "char_lstm", "transformer"} {
			t.Run(p.name+"/state_dict/"+name, func(t *testing.T) {
				compareFiles(t, p.stateDict(name), filepath.Join(dir, p.name, name+".saved.safetensors"))
			})
		}
	}
}

// stateDict is the weight file that PyTorch saved of a case's model; not every case has one.
func (p precision) stateDict(name string) string {
	return filepath.Join(torchFolder, name+"."+p.torch+".weights.safetensors")
}

// oneOfEach leaves out variants: a case whose name continues another's, as mse_sum does mse. Those of large numbers, and of
// dense, convolutions and normalised sequences, which are lowered in several ways, stay.
func oneOfEach(cases []torchCase) []torchCase {
	return slices.DeleteFunc(slices.Clone(cases), func(c torchCase) bool {
		kept := strings.HasSuffix(c.name, "_large") || strings.HasPrefix(c.name, "dense") || strings.HasPrefix(c.name, "conv") ||
			strings.HasSuffix(c.name, "norm_sequence")
		return !kept && slices.ContainsFunc(cases, func(d torchCase) bool { return strings.HasPrefix(c.name, d.name+"_") })
	})
}

// saved wants a weight file to hold the reference's weights.
func (r *torchRun) saved(file, dtype string) {
	tensors, _, err := rt.ReadTensors(file)
	if err != nil {
		r.fail("%v", err)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		x, ref := tensors[name], r.ref["weight/"+name]
		if ref.Data == nil && r.byHand(name) {
			continue
		}
		if x.DType != dtype || !slices.Equal(x.Shape, ref.Shape) {
			r.fail("saved %s is %s %v, PyTorch's is %s %v", name, x.DType, x.Shape, dtype, ref.Shape)
			continue
		}
		r.compare("saved "+name, x.Data, ref.Data)
	}
	for name := range r.ref {
		if w, ok := strings.CutPrefix(name, "weight/"); ok && tensors[w].Data == nil {
			r.fail("%s is not saved", w)
		}
	}
}

// byHand says whether a weight is fixed by hand in the model: saved, but not in the reference.
func (r *torchRun) byHand(name string) bool {
	return slices.ContainsFunc(r.plan.Params, func(b *ir.Buf) bool {
		w := b.Value.Param
		return w.Name == name && w.Values != nil && !w.InCode
	})
}

// compareFiles wants two weight files to have tensors of the same names, types and shapes, but for PyTorch's counters of
// batches.
func compareFiles(t *testing.T, torch, saved string) {
	t.Helper()
	list := func(file string) []string {
		tensors, _, err := rt.ReadTensors(file)
		if err != nil {
			t.Fatal(err)
		}
		var s []string
		for name, x := range tensors {
			if !strings.HasSuffix(name, ".num_batches_tracked") {
				s = append(s, fmt.Sprintf("%s %s %v", name, x.DType, x.Shape))
			}
		}
		slices.Sort(s)
		return s
	}
	if want, got := list(torch), list(saved); !slices.Equal(got, want) {
		t.Errorf("saved %v, PyTorch has %v", got, want)
	}
}

// buildAndRun builds the program in dir and gives what it computed: the tensors by precision and case.
func buildAndRun(t *testing.T, dir string, cases []torchCase) map[string]map[string][]float64 {
	t.Helper()
	writeFile(t, filepath.Join(dir, "main.go"), torchMain)
	for _, p := range precisions {
		for _, c := range cases {
			if err := c.writeWeights(filepath.Join(dir, p.name, c.name+".weights.safetensors"), p.stateDict(c.name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	ref, err := filepath.Abs(torchFolder)
	if err != nil {
		t.Fatal(err)
	}
	return runModule(t, dir, "torch", ref, dir)
}

// writeWeights writes the weight file that the program loads: the one that PyTorch saved where there is one, else one with
// the reference's weights.
func (c torchCase) writeWeights(file, torch string) error {
	switch data, err := os.ReadFile(torch); {
	case err == nil:
		return os.WriteFile(file, data, 0o644)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	var params []rt.Param[float64]
	for _, name := range slices.Sorted(maps.Keys(c.ref)) {
		if w, ok := strings.CutPrefix(name, "weight/"); ok {
			params = append(params, rt.Param[float64]{Name: w, Shape: c.ref[name].Shape, Data: c.ref[name].Data})
		}
	}
	return rt.SaveWeights(file, params, nil)
}

// program gives the files of the package of one precision: the generated code, and for each model a function that runs it.
// It adds the plans, by precision and case.
func (p precision) program(cases []torchCase, plans map[string]*ir.Plan) (map[string][]byte, error) {
	files := map[string][]byte{}
	var all []adapter
	for _, c := range cases {
		// Models of few weights are unrolled to scalars in single precision, and not in double.
		source := c.source
		if !p.float64 {
			source = c.scalars().source
		}
		plan, faults, err := compiler.Compile(c.name+".nn", []byte(source), compiler.Options{Float64: p.float64, Grad: true})
		if err == nil && len(faults) > 0 {
			err = errors.New(faults.Error())
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		plans[p.name+"/"+c.name] = plan
		if files[c.name+"_nn.go"], err = codegen.File(plan, p.name); err != nil {
			return nil, err
		}
		all = append(all, c.adapter(plan))
	}
	elem := "float32"
	if p.float64 {
		elem = "float64"
	}
	var b bytes.Buffer
	if err := torchAdapters.Execute(&b, map[string]any{"Package": p.name, "Elem": elem, "Cases": all}); err != nil {
		return nil, err
	}
	files["cases.go"] = b.Bytes()
	return files, nil
}

// adapter is what the program's template needs to know of a model.
type adapter struct {
	Case, Type                   string
	Inputs, Ports                []port // Ports: inputs and targets
	Outputs                      []output
	Trains, Scores, Updates      bool
	Differentiable               bool // by an input
	Rows, Steps, Batches, Epochs int
	AnEpoch                      int
}

type port struct {
	Field, Key, Name string // in the batch, in the reference, and its name
	Type             string // of a row
	Ints             bool
}

type output struct{ Key, Seed, Field string } // Field: .Mean, "" where it is the only one

func (c torchCase) adapter(p *ir.Plan) adapter {
	a := adapter{Case: c.name, Type: p.Name, Scores: c.ref["loss"].Data != nil, Trains: p.Train != nil, Updates: c.updates(), Rows: c.rows(p),
		Differentiable: differentiable(p)}
	for i, q := range slices.Concat(p.Inputs, p.Targets) {
		kind := "input/"
		if q.Target {
			kind = "target/"
		}
		at := port{Field: ir.GoName(q.Name, true), Key: kind + q.Name, Name: q.Name, Type: p.Name + ir.GoName(q.Name, true), Ints: q.Classes > 0}
		if q.Classes > 0 && len(q.Shape) == 0 {
			at.Type = "int32"
		}
		a.Ports = append(a.Ports, at)
		if i < len(p.Inputs) {
			a.Inputs = append(a.Inputs, at)
		}
	}
	for _, o := range p.Outputs {
		if len(p.Outputs) == 1 {
			a.Outputs = append(a.Outputs, output{Key: "output", Seed: "seed"})
			continue
		}
		a.Outputs = append(a.Outputs, output{"output/" + o.Name, "seed/" + o.Name, "." + ir.GoName(o.Name, true)})
	}
	if a.Updates {
		a.Steps, a.Batches = len(c.ref["losses"].Data), c.ref["input/"+p.Inputs[0].Name].Shape[0]
		clock := c.ref["clock"].Data
		a.AnEpoch, a.Epochs = int(clock[0]), int(clock[1])
	}
	return a
}

// torchMain is the program: its arguments are the folder of the reference files and its own.
const torchMain = `package main

import (
	"encoding/gob"
	"os"

	"torch/double"
	"torch/single"
)

func main() {
	all := map[string]map[string][]float64{}
	double.Run(os.Args[1], os.Args[2], all)
	single.Run(os.Args[1], os.Args[2], all)
	if err := gob.NewEncoder(os.Stdout).Encode(all); err != nil {
		panic(err)
	}
}
`

// torchAdapters is a package of the program beside the generated files. It uses what a user of the generated code has, but
// for the trainer's gradient vector.
var torchAdapters = template.Must(template.New("cases").Parse(`{{define "row"}}{{if .Ints}}labels{{else}}numbers{{end}}(make([]{{.Type}}, rows), part(r.ref["{{.Key}}"].Data, batch, batches)){{end}}
package {{.Package}}

import (
	"path/filepath"

	rt "github.com/nnc-lang/nnc/runtime"
)

type number = {{.Elem}}

// run is a case under way.
type run struct {
	ref map[string]rt.Tensor
	got map[string][]float64
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// part is a batch out of several.
func part(x []float64, batch, batches int) []float64 {
	n := len(x) / batches
	return x[batch*n : (batch+1)*n]
}

// numbers fills rows, whose type is an array of numbers.
func numbers[T any](rows []T, x []float64) []T {
	for i, v := range x {
		rt.Flat[number](rows)[i] = number(v)
	}
	return rows
}

// labels fills rows of labels.
func labels[T any](rows []T, x []float64) []T {
	for i, v := range x {
		rt.Ints(rows)[i] = int32(v)
	}
	return rows
}

func (r *run) put(name string, x ...number) {
	for _, v := range x {
		r.got[name] = append(r.got[name], float64(v))
	}
}

// params adds tensors in PyTorch's layout.
func (r *run) params(prefix string, params []rt.Param[number]) {
	for _, p := range params {
		if _, ok := r.ref[prefix+p.Name]; ok {
			x := make([]number, len(p.Data))
			p.Get(x)
			r.put(prefix+p.Name, x...)
		}
	}
}

// gradients puts parts of the gradient vector in the place of the weights that they are of.
func gradients(params []rt.Param[number], grad []number) []rt.Param[number] {
	var list []rt.Param[number]
	at := 0
	for _, p := range params {
		if p.Trainable {
			p.Data = grad[at : at+len(p.Data)]
			at += len(p.Data)
			list = append(list, p)
		}
	}
	return list
}

// Run runs all cases and adds what they compute.
func Run(ref, dir string, all map[string]map[string][]float64) {
	for _, c := range []struct {
		name string
		run  func(r *run, weights, saved string)
	}{
{{- range .Cases}}
		{"{{.Case}}", run{{.Type}}},
{{- end}}
	} {
		tensors, _, err := rt.ReadTensors(filepath.Join(ref, c.name+".safetensors"))
		must(err)
		r := &run{tensors, map[string][]float64{}}
		own := filepath.Join(dir, "{{.Package}}", c.name)
		c.run(r, own+".weights.safetensors", own+".saved.safetensors")
		all["{{.Package}}/"+c.name] = r.got
	}
}
{{range $c := .Cases}}
func run{{.Type}}(r *run, weights, saved string) {
	const rows, batches = {{.Rows}}, {{or .Batches 1}}
	m, err := Load{{.Type}}(weights)
	must(err)
	batch := 0
{{- range .Inputs}}
	in{{.Field}} := {{template "row" .}}
{{- end}}
	p := m.Predictor(rows - 1) // two goes
	for _, out := range p.Predict(nil, {{range .Inputs}}in{{.Field}}, {{end}}) {
{{- range .Outputs}}
		r.put("{{.Key}}", out{{.Field}}[:]...)
{{- end}}
	}
	must(m.Save(saved)) // predictions change no weight
{{- if .Updates}}
	t := m.Trainer(rt.BatchSize(rows), rt.Epochs({{.Epochs}}), rt.StepsPerEpoch({{.AnEpoch}}))
	for step := range {{.Steps}} {
		batch = step % batches
		r.put("losses", t.Step({{.Type}}Batch{ {{- range .Ports}}{{.Field}}: {{template "row" .}}, {{end -}} }))
		r.params("steps/", m.Params())
	}
{{- else}}
{{- if .Differentiable}}
	dOut := make([]{{.Type}}Output, rows)
	for i := range dOut {
{{- range .Outputs}}
		for j, v := range part(r.ref["{{.Seed}}"].Data, i, rows) {
			dOut[i]{{.Field}}[j] = number(v)
		}
{{- end}}
	}
{{- if eq (len .Inputs) 1}}
{{- with index .Inputs 0}}
	r.put("vjp/{{.Name}}", rt.Flat[number](p.Gradient(nil, in{{.Field}}, dOut))...)
{{- end}}
{{- else}}
	d := p.Gradient({{.Type}}Gradient{}, {{range .Inputs}}in{{.Field}}, {{end}}dOut)
{{- range .Inputs}}
{{- if not .Ints}}
	r.put("vjp/{{.Name}}", rt.Flat[number](d.{{.Field}})...)
{{- end}}
{{- end}}
{{- end}}
{{- end}}
{{- if .Scores}}
	b := {{.Type}}Batch{ {{- range .Ports}}{{.Field}}: {{template "row" .}}, {{end -}} }
	score, err := m.Evaluate(set{{.Type}}{b})
	must(err)
	r.put("loss", number(score.Loss))
{{- if .Trains}}
	t := m.Trainer(rt.BatchSize(rows))
	r.put("loss/forward", t.Forward(b))
	t.Backward()
	r.params("dweight/", gradients(m.Params(), t.grad))
{{- end}}
{{- end}}
{{- end}}
}
{{if .Scores}}
type set{{.Type}} struct{ b {{.Type}}Batch }

func (s set{{.Type}}) Len() int { return {{.Rows}} }

func (s set{{.Type}}) Read(dst {{.Type}}Batch, rows []int) error {
	for i, row := range rows {
{{- range .Ports}}
		dst.{{.Field}}[i] = s.b.{{.Field}}[row]
{{- end}}
	}
	return nil
}
{{end}}
{{- end}}`))

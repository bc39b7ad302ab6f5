// Package compiler turns a .nn file into a plan: Compile is the pipeline on one screen.
//
//	text -> dsl.File -> pass.Program -> ir.Graph -> pass.Draft -> ir.Plan
//
// Package codegen prints the plan.
package compiler

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/pass"
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// Options choose what is compiled.
type Options struct {
	Model   string       // which model of the file; "" is the only one
	Set     []ir.Setting // params given other values, in order
	Float64 bool         // double precision
	Infer   bool         // only what prediction needs
	Grad    bool         // also the gradient of the outputs by the inputs
	Check   bool         // also the gradient of the loss by the inputs, for the gradient check
	Embed   string       // base name of a weight file that go:embed carries
	Data    string       // a data item in place of the file's own, as -data takes it; "" is none
	Test    string       // its test part in place of its own, as -test takes it

	// Dump, where set, is called behind each pass, in the order in which they run, with its name, the workspace that it works
	// on (predict, train, update or gradient) and the graph, draft or plan as text.
	Dump func(pass, of, text string)
}

// Compile compiles one model of the source text in src; name is where it came from, for diagnostics. A *pass.UsageError
// says that an option names what is not there. The plan is nil where there are diagnostics or an error.
func Compile(name string, src []byte, o Options) (*ir.Plan, diag.List, error) {
	program, which, faults, err := front(name, src, o)
	if err != nil || len(faults) > 0 {
		return nil, faults, err
	}
	// Prediction and training are two graphs from the same definitions.
	model, faults := pass.Build(program, which, false)
	if len(faults) > 0 {
		return nil, faults, nil
	}
	if faults = override(model, o); len(faults) > 0 {
		return nil, faults, nil
	}
	c := &compilation{o: o, model: model}
	c.start(filepath.Base(name))
	c.predictor()
	if !o.Infer && model.Loss != nil && model.Optimizer != nil {
		training, faults := pass.Build(program, which, true)
		if len(faults) > 0 {
			return nil, faults, nil
		}
		c.trainer(training)
	}
	if o.Grad {
		again, faults := pass.Build(program, which, false)
		if len(faults) > 0 {
			return nil, faults, nil
		}
		c.gradient(again)
	}
	return c.plan, nil, nil
}

// Check gives all diagnostics of a file, and its models' names.
func Check(name string, src []byte) (models []string, faults diag.List) {
	file, faults := dsl.Parse(name, src)
	if len(faults) > 0 {
		return nil, faults
	}
	program, faults := pass.Resolve(file, nil)
	for _, m := range program.Models() {
		_, list := pass.Build(program, m, true)
		faults = append(faults, list...)
	}
	faults.Sort()
	return program.Models(), faults
}

// front parses and resolves a file and finds the model that o asks for.
func front(name string, src []byte, o Options) (*pass.Program, string, diag.List, error) {
	file, faults := dsl.Parse(name, src)
	if len(faults) > 0 {
		return nil, "", faults, nil
	}
	program, faults := pass.Resolve(file, o.Set)
	if program.Usage != nil {
		return nil, "", nil, program.Usage
	}
	models := program.Models()
	which := o.Model
	if which == "" && len(models) == 1 {
		which = models[0]
	}
	if len(faults) > 0 || !slices.Contains(models, which) {
		for _, m := range models { // all faults of the file at once
			_, list := pass.Build(program, m, true)
			faults = append(faults, list...)
		}
		faults.Sort()
		if len(faults) > 0 {
			return nil, "", faults, nil
		}
	}
	switch {
	case len(models) == 0:
		return nil, "", nil, &pass.UsageError{Message: name + " declares no model: there is nothing to compile"}
	case o.Model == "" && len(models) > 1:
		return nil, "", nil, &pass.UsageError{Message: fmt.Sprintf("%s declares %d models (%s): choose one with -model", name, len(models), strings.Join(models, ", "))}
	case which == "" || !slices.Contains(models, which):
		message := fmt.Sprintf("%s declares no model %s, but %s", name, o.Model, strings.Join(models, ", "))
		if s := diag.Suggest(o.Model, models); s != "" {
			message += fmt.Sprintf("; did you mean %s?", s)
		}
		return nil, "", nil, &pass.UsageError{Message: message}
	}
	return program, which, nil, nil
}

// override puts the data that the command line gives in place of the model's own.
func override(m *pass.Model, o Options) diag.List {
	if o.Data != "" {
		data, faults := pass.ParseData("-data", o.Data, m)
		if len(faults) > 0 {
			return faults
		}
		m.Data = data
	}
	if o.Test != "" {
		test, faults := pass.ParseData("-test", o.Test, m)
		if len(faults) > 0 {
			return faults
		}
		if m.Data != nil {
			test.Standardize = false // the statistics are the training rows'
			m.Data.Test, m.Data.TestSource = 0, test
		}
	}
	return nil
}

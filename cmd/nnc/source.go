package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/compiler"
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/pass"
	"github.com/nnc-lang/nnc/dsl/diag"
	rt "github.com/nnc-lang/nnc/runtime"
	"github.com/nnc-lang/nnc/runtime/data"
)

// mostShown is how many diagnostics are printed.
const mostShown = 10

// modelFlags are the flags of every command that takes a model.
type modelFlags struct {
	model string
	set   list
}

func (m *modelFlags) declare(f *flags) {
	f.StringVar(&m.model, "model", "", "the `NAME` of the model, where the file has several")
	f.Var(&m.set, "set", "give a param another value, `k=v`; may be repeated")
}

// options are the flags as the compiler takes them.
func (m *modelFlags) options() (compiler.Options, error) {
	o := compiler.Options{Model: m.model}
	for _, s := range m.set {
		name, value, found := strings.Cut(s, "=")
		if name, value = strings.TrimSpace(name), strings.TrimSpace(value); !found || name == "" || value == "" {
			return o, usagef("-set wants name=value, got %q", s)
		}
		o.Set = append(o.Set, ir.Setting{Name: name, Value: value})
	}
	return o, nil
}

// read reads the one file that a command takes, and the flags.
func (m *modelFlags) read(args []string) (*source, compiler.Options, error) {
	var none compiler.Options
	file, err := one(args)
	if err != nil {
		return nil, none, err
	}
	s, err := readSource(file)
	if err != nil {
		return nil, none, err
	}
	o, err := m.options()
	return s, o, err
}

// source is a .nn file.
type source struct {
	path string // as the user gave it
	text []byte
}

func readSource(path string) (*source, error) {
	if path == "-" {
		return nil, usagef("a .nn file is wanted: its folder is where its data is")
	}
	if _, err := fileAt(path); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return &source{path, text}, nil
}

// fileAt looks up a file that is to be read.
func fileAt(path string) (fs.FileInfo, error) {
	info, err := lookUp(path)
	if err == nil && info.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New("is a folder, not a file")}
	}
	return info, err
}

// lookUp looks up a file or folder that is to be read: its error speaks of
// opening it, since that is what is wanted of it.
func lookUp(path string) (fs.FileInfo, error) {
	info, err := os.Stat(path)
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = &fs.PathError{Op: "open", Path: path, Err: p.Err}
	}
	return info, err
}

// beside is a file next to the source: its name with another ending.
func (s *source) beside(ending string) string {
	return strings.TrimSuffix(s.path, ".nn") + ending
}

// compile compiles a model of the source. Diagnostics are written, and the error
// is then an exit.
func (s *source) compile(e *env, o compiler.Options) (*ir.Plan, error) {
	plan, faults, err := compiler.Compile(s.path, s.text, o)
	return plan, s.verdict(e, faults, err, o)
}

// verdict turns what the compiler found, told o, into an error: diagnostics are
// written, and the error is then an exit.
func (s *source) verdict(e *env, faults diag.List, err error, o compiler.Options) error {
	if len(faults) > 0 {
		if err := e.diagnose(faults, s, &source{"-data", []byte(o.Data)}, &source{"-test", []byte(o.Test)}); err != nil {
			return err
		}
		return exit(exitProblem)
	}
	if isUsage(err) {
		return faultf("%v", err)
	}
	return err
}

// diagnose writes diagnostics to standard error.
func (e *env) diagnose(faults diag.List, sources ...*source) error {
	return style(e.stderr).Render(e.stderr, faults, func(file string) []byte {
		for _, s := range sources {
			if s.path == file {
				return s.text
			}
		}
		return nil
	}, mostShown)
}

// weights says which weight file a command uses: the one that -weights names, or
// else the one that training writes, where it is there; "" where the model has
// nothing to load.
func (s *source) weights(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	path := s.beside(".safetensors")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return "", nil
}

// trained complains where a model has weights to load and there is no file, or
// where the one that training writes is that of another model of the source.
func (s *source) trained(p *ir.Plan, weights string) error {
	if weights != "" {
		if weights != s.beside(".safetensors") {
			return nil
		}
		model, _, err := recorded(weights)
		if err != nil || model == p.Name || model == "" {
			return err
		}
		if _, _, err := compiler.Compile(s.path, s.text, compiler.Options{Model: model}); isUsage(err) {
			return nil // no other model: the name was changed
		}
		return &rt.WeightsError{Path: weights, Message: fmt.Sprintf("holds the weights of %s, which was trained last, not of %s: train that, or name a file by -weights", model, p.Name)}
	}
	for _, b := range p.Params {
		if w := b.Value.Param; w.Values == nil {
			return faultf("%s has weights to load: train it first (nnc train %s), or name a file by -weights", p.Name, s.path)
		}
	}
	return nil
}

// compileFor compiles a model for a weight file: with the settings that the file
// records, since its weights fit no other network. A -set that contradicts them
// is refused. weights "" is no file.
func (s *source) compileFor(e *env, o compiler.Options, weights string) (*ir.Plan, error) {
	if weights == "" {
		return s.compile(e, o)
	}
	model, settings, err := recorded(weights)
	if err != nil {
		return nil, err
	}
	refuse := func(format string, args ...any) error {
		return &rt.WeightsError{Path: weights, Message: fmt.Sprintf(format, args...)}
	}
	// The command line comes last and wins; whether it may is seen below. A name
	// that several models of the file have wants its model's in front.
	given := o.Set
	o.Set = slices.Concat(settings, given)
	plan, faults, err := compiler.Compile(s.path, s.text, o)
	if isUsage(err) && len(settings) > 0 {
		o.Set = nil
		for _, r := range settings {
			o.Set = append(o.Set, ir.Setting{Name: model + "." + r.Name, Value: r.Value})
		}
		o.Set = append(o.Set, given...)
		var again error
		if plan, faults, again = compiler.Compile(s.path, s.text, o); isUsage(again) {
			o.Set = given
			if _, _, alone := compiler.Compile(s.path, s.text, o); !isUsage(alone) {
				return nil, refuse("was trained with settings that %s does not take (%v)", s.path, err)
			}
		}
		err = again
	}
	if err := s.verdict(e, faults, err, o); err != nil {
		return nil, err
	}
	for _, r := range settings {
		for _, p := range plan.Set {
			if p.Name == r.Name && p.Value != r.Value {
				return nil, refuse("was trained with %s=%s, which -set %s=%s contradicts", r.Name, r.Value, p.Name, p.Value)
			}
		}
	}
	return plan, nil
}

func isUsage(err error) bool {
	_, is := errors.AsType[*pass.UsageError](err)
	return is
}

// recorded reads the name of the model and the -set values that a weight file
// was trained with.
func recorded(weights string) (model string, settings []ir.Setting, err error) {
	if _, err := fileAt(weights); err != nil {
		return "", nil, err
	}
	meta, err := rt.ReadMetadata(weights)
	if err != nil {
		return "", nil, err
	}
	model, set := rt.Recorded(meta)
	for pair := range slices.Chunk(set, 2) {
		settings = append(settings, ir.Setting{Name: pair[0], Value: pair[1]})
	}
	return model, settings, nil
}

// spec is a plan's data item as the runtime opens it, with paths that start at
// the working directory: those of the item are relative to dir, those of the
// test source to testDir.
func spec(d *ir.Data, dir, testDir string) *data.Spec {
	s := &data.Spec{Kind: d.Kind, Length: d.Length, Test: d.Test, Standardize: d.Standardize, Missing: d.Missing}
	from := func(path string) string {
		if path == "" || filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(dir, path)
	}
	s.Path = from(d.Path)
	for _, b := range d.Bind {
		s.Bind = append(s.Bind, data.Binding{Port: b.Port, Columns: b.Columns, File: from(b.File)})
	}
	if d.TestSource != nil {
		s.TestSource = spec(d.TestSource, testDir, testDir)
	}
	return s
}

// dataFlags replace a model's data item.
type dataFlags struct{ data, test string }

// spec is the data of a plan that was compiled with the flags; nil where it has
// none.
func (d *dataFlags) spec(s *source, p *ir.Plan) *data.Spec {
	if p.Data == nil {
		return nil
	}
	dir, testDir := filepath.Dir(s.path), filepath.Dir(s.path)
	if d.data != "" {
		dir, testDir = "", ""
	}
	if d.test != "" {
		testDir = ""
	}
	return spec(p.Data, dir, testDir)
}

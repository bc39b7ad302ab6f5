package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
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

// source is a .nn file.
type source struct {
	path string // as the user gave it
	text []byte
}

func readSource(path string) (*source, error) {
	if path == "-" {
		return nil, usagef("a .nn file is wanted: its folder is where its data is")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return &source{path, text}, nil
}

// beside is a file next to the source: its name with another ending.
func (s *source) beside(ending string) string {
	return strings.TrimSuffix(s.path, ".nn") + ending
}

// compile compiles a model of the source. Diagnostics are written, and the error
// is then an exit.
func (s *source) compile(e *env, o compiler.Options) (*ir.Plan, error) {
	plan, faults, err := compiler.Compile(s.path, s.text, o)
	return plan, s.verdict(e, faults, err)
}

// verdict turns what the compiler found into an error: diagnostics are written,
// and the error is then an exit.
func (s *source) verdict(e *env, faults diag.List, err error) error {
	if len(faults) > 0 {
		if err := e.diagnose(faults, s); err != nil {
			return err
		}
		return exit(exitProblem)
	}
	if usage, ok := errors.AsType[*pass.UsageError](err); ok {
		return usagef("%v", usage)
	}
	return err
}

// diagnose writes diagnostics to standard error.
func (e *env) diagnose(faults diag.List, sources ...*source) error {
	return diag.Render(e.stderr, faults, func(file string) []byte {
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
		if _, err := os.Stat(given); err != nil {
			return "", err
		}
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

// trained complains where a model has weights to load and there is no file.
func (s *source) trained(p *ir.Plan, weights string) error {
	if weights != "" {
		return nil
	}
	for _, b := range p.Params {
		if w := b.Value.Param; w.Values == nil {
			return usagef("%s has weights to load: train it first (nnc train %s), or name a file by -weights", p.Name, s.path)
		}
	}
	return nil
}

// recorded adds the settings that a weight file was trained with to those of the
// command line: the weights fit no other network. A setting that is given with
// another value is refused.
func recorded(o *compiler.Options, weights string) error {
	if weights == "" {
		return nil
	}
	_, meta, err := rt.ReadTensors(weights)
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(meta)) {
		name, is := strings.CutPrefix(key, setPrefix)
		if !is {
			continue
		}
		i := slices.IndexFunc(o.Set, func(s ir.Setting) bool { return s.Name == name })
		if i < 0 {
			o.Set = append(o.Set, ir.Setting{Name: name, Value: meta[key]})
		} else if o.Set[i].Value != meta[key] {
			return &rt.WeightsError{Path: weights, Message: fmt.Sprintf("was trained with %s=%s, which -set %s=%s contradicts", name, meta[key], name, o.Set[i].Value)}
		}
	}
	return nil
}

// setPrefix begins the names of the -set values in a weight file's metadata.
const setPrefix = "set."

// spec is a plan's data item as the runtime opens it, with paths that start at
// the working directory: those of the item are relative to dir, those of the
// test source to testDir.
func spec(d *ir.Data, dir, testDir string) *data.Spec {
	s := &data.Spec{Kind: d.Kind, Test: d.Test, Standardize: d.Standardize, Missing: d.Missing}
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

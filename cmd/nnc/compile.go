package main

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/nnc-lang/nnc/codegen"
	"github.com/nnc-lang/nnc/compiler/ir"
	rt "github.com/nnc-lang/nnc/runtime"
)

var compileCommand = &command{
	name:    "compile",
	usage:   "x.nn… [flags]",
	summary: "write the Go code of a network, x_nn.go beside x.nn",
	about: `The package is that of the Go files in the folder, or is named like the folder.
A file is written only where its bytes change.`,
	example: "nnc compile mnist.nn\nnnc compile mnist.nn -mode infer -embed mnist.safetensors",
	setup: func(f *flags) func(*env, []string) error {
		c := &compilation{}
		c.model.declare(f)
		f.StringVar(&c.out, "o", "", "write to a `FILE`")
		f.StringVar(&c.pkg, "pkg", "", "the `NAME` of the Go package")
		f.StringVar(&c.mode, "mode", "train", "`MODE`: train, or infer: no training, norms folded into weights")
		f.StringVar(&c.dtype, "dtype", "float32", "number `TYPE`: float32 or float64")
		f.BoolVar(&c.grad, "grad", false, "also the gradient of the outputs by the inputs")
		f.StringVar(&c.embed, "embed", "", "carry the weights of a `FILE` beside the output by go:embed")
		f.BoolVar(&c.check, "check", false, "write nothing: print how the file differs, exit 1 if it does")
		f.BoolVar(&c.stdout, "stdout", false, "print instead of writing")
		f.StringVar(&c.dump, "dump", "", "print the IR behind a `PASS`, or behind all, and no code")
		return c.run
	},
}

type compilation struct {
	model               modelFlags
	out, pkg            string
	mode, dtype         string
	grad, check, stdout bool
	embed, dump         string
}

func (c *compilation) run(e *env, files []string) error {
	switch {
	case len(files) == 0:
		return usagef("which file? Give it a .nn file")
	case c.mode != "train" && c.mode != "infer":
		return usagef("-mode is train or infer, not %q", c.mode)
	case c.dtype != "float32" && c.dtype != "float64":
		return usagef("-dtype is float32 or float64, not %q", c.dtype)
	case c.pkg != "" && !token.IsIdentifier(c.pkg):
		return usagef("-pkg %s: that is no name for a Go package", c.pkg)
	case c.stdout && c.out != "":
		return usagef("-stdout prints the code, -o writes it: give one of them")
	case c.stdout && c.check:
		return usagef("-stdout prints the code, -check how the file differs: give one of them")
	case c.dump != "" && (c.stdout || c.check || c.out != ""):
		return usagef("-dump prints the IR and no code: -stdout, -check and -o mean nothing with it")
	case len(files) > 1 && c.out != "":
		return usagef("-o is for one file, got %s", strings.Join(files, " "))
	case len(files) > 1 && c.embed != "":
		return usagef("-embed is for one file, got %s", strings.Join(files, " "))
	}
	// A faulty file does not keep the others from being compiled.
	worst := exitFine
	for _, file := range files {
		if err := c.file(e, file); err != nil {
			worst = max(worst, e.report(err))
		}
	}
	if worst != exitFine {
		return exit(worst)
	}
	return nil
}

func (c *compilation) file(e *env, file string) error {
	s, err := readSource(file)
	if err != nil {
		return err
	}
	o, err := c.model.options()
	if err != nil {
		return err
	}
	out := c.out
	if out == "" {
		out = s.beside("_nn.go")
	}
	if c.embed != "" {
		if err := besides(c.embed, out); err != nil {
			return err
		}
		o.Embed = filepath.Base(c.embed)
	}
	o.Float64, o.Infer, o.Grad = c.dtype == "float64", c.mode == "infer", c.grad
	var dumped []string
	found := false
	if c.dump != "" {
		o.Dump = func(pass, of, text string) {
			if !slices.Contains(dumped, pass) {
				dumped = append(dumped, pass)
			}
			if c.dump == "all" || c.dump == pass {
				found = true
				fmt.Fprintf(e.stdout, "== %s: %s ==\n%s\n", pass, of, strings.TrimRight(text, "\n"))
			}
		}
	}
	plan, err := s.compileFor(e, o, c.embed)
	if err != nil {
		return err
	}
	if c.dump != "" {
		if !found {
			return usagef("-dump: there is no pass %q; there are all, %s", c.dump, strings.Join(dumped, ", "))
		}
		return nil
	}
	if c.grad && plan.VJP == nil {
		return usagef("-grad: the inputs of %s are class labels, which have no gradient", plan.Name)
	}
	if c.embed != "" {
		if err := fits(plan, c.embed); err != nil {
			return err
		}
	}
	pkg := c.pkg
	if pkg == "" {
		if pkg, err = packageName(filepath.Dir(out), filepath.Base(out)); err != nil {
			return err
		}
	}
	code, err := codegen.File(plan, pkg)
	if err != nil {
		return faultf("internal fault, please report it: %v", err)
	}
	switch {
	case c.stdout:
		_, err = e.stdout.Write(code)
	case c.check:
		err = c.compare(e, out, code)
	default:
		_, err = writeChanged(out, code)
	}
	return err
}

// compare prints how the file that is there differs from what it should be.
func (c *compilation) compare(e *env, out string, code []byte) error {
	old, err := os.ReadFile(out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if d := diff.Diff(out, old, out+" (compiled now)", code); d != nil || err != nil {
		e.stdout.Write(d)
		return exit(exitProblem)
	}
	return nil
}

// besides refuses a file to embed that is not in the folder of the output,
// beyond which a go:embed line does not reach.
func besides(file, out string) error {
	info, err := lookUp(file)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return &fs.PathError{Op: "read", Path: file, Err: errors.New("is a folder")}
	}
	folder, err := os.Stat(filepath.Dir(file))
	if err != nil {
		return err
	}
	other, err := os.Stat(filepath.Dir(out))
	if err != nil {
		return err
	}
	if !os.SameFile(folder, other) {
		return usagef("-embed %s: go:embed reaches files beside %s only: copy it there", file, out)
	}
	return nil
}

// fits reads a weight file into nothing, to see that it is one of the model.
func fits(p *ir.Plan, path string) error {
	var params []rt.Param[float64]
	for _, b := range p.Params {
		w := b.Value.Param
		shape := slices.Clone(b.Shape)
		for i, axis := range w.Perm {
			shape[axis] = b.Shape[i]
		}
		q := rt.Param[float64]{Name: w.Name, Shape: shape, Perm: w.Perm, Data: make([]float64, b.Size()), Trainable: b.Store == ir.InTheta, Fixed: w.Values != nil && b.Store == ir.InFixed}
		copy(q.Data, w.Values)
		q.Optional = w.Values != nil
		params = append(params, q)
	}
	_, err := rt.LoadWeights(path, p.Name, params)
	return err
}

// packageName is the package of a folder: of its Go files, those of tests and the
// one named aside, or else named like the folder.
func packageName(dir, aside string) (string, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	for _, f := range files {
		name := f.Name()
		if f.IsDir() || name == aside || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.PackageClauseOnly)
		if err == nil {
			return file.Name.Name, nil
		}
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, filepath.Base(dir))
	if !token.IsIdentifier(name) { // empty, a keyword, or begins with a digit
		name = "nn" + name
	}
	return name, nil
}

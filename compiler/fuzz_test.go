package compiler_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nnc-lang/nnc/codegen"
	"github.com/nnc-lang/nnc/compiler"
	"github.com/nnc-lang/nnc/compiler/pass"
	"github.com/nnc-lang/nnc/dsl"
)

// FuzzCompile takes any text all the way: what Check finds no fault in is compiled to a plan, in each mode, and printed as Go, and
// nothing panics (the passes verify what they make, and package go/format what is printed). A model that is large is left alone:
// that takes time, and fuzzing learns nothing from it.
func FuzzCompile(f *testing.F) {
	for _, pattern := range []string{"../testdata/diag/*.nn", "../examples/*.nn"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			f.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			if len(src) < 3000 {
				f.Add(string(src), uint8(len(src)))
			}
		}
	}
	f.Fuzz(func(t *testing.T, src string, mode uint8) {
		const name = "fuzz.nn"
		if large(name, src) {
			return
		}
		models, faults := compiler.Check(name, []byte(src))
		if len(faults) > 0 {
			return
		}
		for _, model := range models {
			o := compiler.Options{Model: model, Float64: mode&1 != 0, Infer: mode&2 != 0, Grad: mode&4 != 0, Check: mode&8 != 0}
			plan, faults, err := compiler.Compile(name, []byte(src), o)
			if err != nil || len(faults) > 0 {
				t.Fatalf("Check finds no fault, and Compile says %v, %v", faults, err)
			}
			if _, err := codegen.File(plan, "fuzz"); err != nil {
				t.Fatalf("%+v: %v", o, err)
			}
		}
	})
}

// large says whether a text has a model of many layers or weights.
func large(name, src string) bool {
	const most, elements = 30, 1 << 20
	file, faults := dsl.Parse(name, []byte(src))
	if len(faults) > 0 || len(src) > 4000 {
		return true
	}
	program, faults := pass.Resolve(file, nil)
	if len(faults) > 0 {
		return true
	}
	for _, m := range program.Models() {
		built, _ := pass.Build(program, m, false)
		if len(built.Layers) > most {
			return true
		}
		for _, l := range built.Layers {
			size := 1
			for _, n := range l.Out[1:] {
				size *= n
			}
			if l.Params+l.Frozen+size > elements {
				return true
			}
		}
	}
	return false
}

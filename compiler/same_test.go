package compiler_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/codegen"
	"github.com/nnc-lang/nnc/compiler"
)

// TestCompilesTheSame compiles random models again and again, from two folders: what every pass makes, the code and the
// drawings are the same bytes. Go visits a map in another order each time, so a pass that depends on one shows here.
func TestCompilesTheSame(t *testing.T) {
	for seed := range 8 {
		r := rand.New(rand.NewPCG(uint64(seed), 31))
		text := wildModel(r)
		if seed == 0 { // one gradient for several values
			text = "model Sum {\n\tinput x [3]\n\ttarget y [3]\n\tlayers {\n\t\ta = x -> dense(3)\n\t\tb = x -> dense(3)\n\t\tc = x -> dense(3)\n\t\ta + b + c\n\t}\n\tloss mse\n\toptimizer adam(lr: 0.1)\n}\n"
		}
		first := ""
		for k := range 4 {
			var all strings.Builder
			o := compiler.Options{Grad: true, Dump: func(pass, of, text string) { fmt.Fprintf(&all, "%s %s\n%s", pass, of, text) }}
			name := []string{"m.nn", "some/other/folder/m.nn"}[k%2]
			p, faults, err := compiler.Compile(name, []byte(text), o)
			if err != nil || len(faults) > 0 {
				t.Fatal(err, faults)
			}
			code, err := codegen.File(p, "gen")
			if err != nil {
				t.Fatal(err)
			}
			all.Write(code)
			for _, backward := range []bool{false, true} {
				d, faults, err := compiler.Draw(name, []byte(text), compiler.Options{}, backward)
				if err != nil || len(faults) > 0 {
					t.Fatal(err, faults)
				}
				fmt.Fprintf(&all, "%+v\n", *d)
			}
			if first == "" {
				first = all.String()
			}
			a, b := strings.Split(first, "\n"), strings.Split(all.String(), "\n")
			for i := range min(len(a), len(b)) {
				if a[i] != b[i] {
					t.Fatalf("seed %d: line %d is once %s\nand then %s\nin\n%s", seed, i+1, a[i], b[i], text)
				}
			}
			if len(a) != len(b) {
				t.Fatalf("seed %d: once %d lines and then %d", seed, len(a), len(b))
			}
		}
	}
}

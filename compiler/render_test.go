package compiler_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/nnc-lang/nnc/compiler"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var updateRender = flag.Bool("update", false, "rewrite what testdata/render/meaning shows")

// What nnc check writes of whole files whose faults are in what they mean: each golden is the file, and behind the mark all that is
// said of it. (Faults of the text itself are in testdata/render/syntax, which package dsl tests.)
func TestRender(t *testing.T) {
	const mark = "-- stderr --\n"
	files, err := filepath.Glob("../testdata/render/meaning/*.txt")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d goldens, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			golden, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			src, want, ok := strings.Cut(string(golden), mark)
			if !ok {
				t.Fatalf("there is no line %q", mark)
			}
			_, faults := compiler.Check("net.nn", []byte(src))
			var got strings.Builder
			if err := diag.Render(&got, faults, func(string) []byte { return []byte(src) }, 0); err != nil {
				t.Fatal(err)
			}
			if got.String() == want {
				return
			}
			if !*updateRender {
				t.Errorf("\n%s", diff.Diff("want", []byte(want), "got", []byte(got.String())))
				return
			}
			if err := os.WriteFile(name, []byte(src+mark+got.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

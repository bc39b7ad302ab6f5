package pass_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nnc-lang/nnc/compiler/pass"
	"github.com/nnc-lang/nnc/dsl"
)

// FuzzFront holds the front half to its contract on any text that parses: no panic, faults have places within the file,
// and what is built without faults has the graph of a model.
func FuzzFront(f *testing.F) {
	for _, pattern := range []string{"../../testdata/diag/*.nn", "../../examples/*.nn"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file, list := dsl.Parse("fuzz.nn", src)
		if len(list) > 0 {
			return
		}
		p, faults := pass.Resolve(file, nil)
		for _, name := range p.Models() {
			m, more := pass.Build(p, name, true)
			for _, d := range append(faults, more...) {
				if d.Span.File != "fuzz.nn" || !d.Span.IsValid() || d.Span.End.Offset > len(src) || d.Span.Start.Offset > d.Span.End.Offset {
					t.Errorf("a fault without a place: %v", d)
				}
			}
			if len(faults)+len(more) > 0 {
				continue
			}
			pass.Verify(m.Graph)
			if len(m.Outputs) == 0 || len(m.Inputs) == 0 {
				t.Error("a model without inputs or outputs")
			}
		}
	})
}

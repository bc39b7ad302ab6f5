package pass_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/compiler/pass"
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// Where a name is given and used, the file has that name; each place belongs to one name only, and a use is where the name is seen,
// unless that is the fault.
func TestNames(t *testing.T) {
	for _, pattern := range []string{"../../examples/*.nn", "../../testdata/diag/*.nn"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, path := range files {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			file, _ := dsl.Parse(path, src)
			program, faults := pass.Resolve(file, nil)
			names := program.Names()
			taken := map[int]string{}
			for _, n := range names {
				if !slices.IsSortedFunc(n.Uses, func(a, b diag.Span) int { return a.Start.Offset - b.Start.Offset }) {
					t.Errorf("%s: the uses of %s are not in order: %v", path, n.Name, n.Uses)
				}
				for _, at := range append([]diag.Span{n.Span}, n.Uses...) {
					if got := file.Text(at); got != n.Name {
						t.Errorf("%s: %s %s stands at %v, where %q is", path, n.Kind, n.Name, at, got)
					}
					if old, twice := taken[at.Start.Offset]; twice {
						t.Errorf("%s: %s at %v is both %s and %s", path, n.Name, at, old, n.Text)
					}
					taken[at.Start.Offset] = n.Text
				}
				if len(faults) == 0 && n.Kind != pass.ModelName && len(n.Uses) == 0 && !hidden(n, src) {
					t.Errorf("%s: %s %s has no use", path, n.Kind, n.Name)
				}
			}
		}
	}
}

// hidden says whether a name may be used without being written again: a port that flows in or is compared by itself, the last value,
// and a block that nothing uses.
func hidden(n *pass.Name, src []byte) bool {
	switch n.Kind {
	case pass.InputName, pass.TargetName, pass.BlockName, pass.BlockInputName:
		return true
	case pass.ValueName:
		rest := string(src[n.Span.End.Offset:])
		_, rest, _ = strings.Cut(rest, "\n")
		return strings.HasPrefix(strings.TrimSpace(rest), "}")
	}
	return false
}

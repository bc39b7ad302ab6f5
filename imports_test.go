package nnc_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// The import table: which package may import which, in files that are not tests. It keeps data flowing one way, from text
// to Go, and each dependency in one place. The table in docs/design.md is this one in words.

const module = "github.com/nnc-lang/nnc"

// Modules that packages may import.
const (
	participle = "github.com/alecthomas/participle/v2"
	jennifer   = "github.com/dave/jennifer"
	jrpc2      = "github.com/creachadair/jrpc2"
	gonum      = "gonum.org/v1/gonum"
	avo        = "github.com/mmcloughlin/avo"
	anything   = "…" // as an import: no restriction
)

// importTable lists for each package what it may import besides the standard library, packages of this module by their folder. A name that
// ends in /… stands for a folder and all below it. The first row that fits counts.
var importTable = []struct {
	pkg string
	may []string
}{
	{"", nil}, // embed.go
	{"asm", []string{avo}},
	{"runtime/…", []string{"runtime/…"}},
	{"dsl/diag", nil},
	{"dsl", []string{"dsl/diag", participle}},
	{"compiler/ir", []string{"dsl/diag"}},
	{"compiler/ir/…", []string{"compiler/ir", "dsl/diag", "runtime/…"}}, // what only tests import
	{"compiler/op", []string{"compiler/ir", "dsl/diag"}},
	{"compiler/pass", []string{"compiler/ir", "compiler/op", "dsl", "dsl/diag", gonum}},
	{"compiler", []string{"compiler/ir", "compiler/op", "compiler/pass", "dsl", "dsl/diag", gonum}},
	{"codegen", []string{"compiler/ir", "dsl/diag", jennifer}},
	{"lsp", []string{"compiler/ir", "compiler/op", "compiler/pass", "dsl", "dsl/diag", jrpc2}},
	{"cmd/nnc", []string{anything}},
}

// listed is what go list says about a package.
type listed struct {
	ImportPath string
	Standard   bool
	GoFiles    []string
	Imports    []string
}

func TestImportTable(t *testing.T) {
	packages := goList(t, "./...")
	seen := make([]bool, len(importTable))
	for _, p := range packages {
		if len(p.GoFiles) == 0 {
			continue // tests only
		}
		folder := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		row := slices.IndexFunc(importTable, func(r struct {
			pkg string
			may []string
		}) bool {
			return fits(r.pkg, folder)
		})
		if row < 0 {
			t.Errorf("package %s is not in the table", p.ImportPath)
			continue
		}
		seen[row] = true
		for _, path := range p.Imports {
			if !allowed(importTable[row].may, path) {
				t.Errorf("package %s imports %s, which the table does not allow", p.ImportPath, path)
			}
		}
	}
	for i, row := range importTable {
		if !seen[i] {
			t.Errorf("the table's row %q fits no package", row.pkg)
		}
	}
}

func allowed(may []string, path string) bool {
	first, _, _ := strings.Cut(path, "/")
	if !strings.Contains(first, ".") {
		return true // the standard library: its paths begin with no domain
	}
	folder, ours := strings.CutPrefix(path, module+"/")
	return slices.ContainsFunc(may, func(m string) bool {
		switch {
		case m == anything:
			return true
		case ours:
			return fits(m, folder)
		}
		return path == m || strings.HasPrefix(path, m+"/")
	})
}

// fits says whether a folder is a row's, dsl or runtime/….
func fits(row, folder string) bool {
	if above, all := strings.CutSuffix(row, "/…"); all {
		return folder == above || strings.HasPrefix(folder, above+"/")
	}
	return folder == row
}

// What generated programs link against needs nothing but Go's standard library, however far one follows the imports.
func TestRuntimeNeedsOnlyTheStandardLibrary(t *testing.T) {
	for _, p := range goList(t, "-deps", "./runtime/...") {
		if !p.Standard && !strings.HasPrefix(p.ImportPath, module+"/runtime") {
			t.Errorf("the runtime needs %s", p.ImportPath)
		}
	}
}

// The table's own test: a path is judged as the words above say.
func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		may  []string
		path string
		want bool
	}{
		{nil, "net/http", true},
		{nil, "golang.org/x/term", false},
		{[]string{gonum}, gonum + "/graph/topo", true},
		{[]string{gonum}, gonum + "extra", false},
		{[]string{"dsl"}, module + "/dsl", true},
		{[]string{"dsl"}, module + "/dsl/diag", false},
		{[]string{"runtime/…"}, module + "/runtime", true},
		{[]string{"runtime/…"}, module + "/runtime/data/iris", true},
		{[]string{"runtime/…"}, module + "/runtimes", false},
		{[]string{anything}, "golang.org/x/term", true},
	} {
		if got := allowed(c.may, c.path); got != c.want {
			t.Errorf("allowed(%q, %q) is %v", c.may, c.path, got)
		}
	}
}

// goList runs go list and returns what it found.
func goList(t *testing.T, args ...string) []listed {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Standard,GoFiles,Imports"}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		if e, ok := errors.AsType[*exec.ExitError](err); ok {
			t.Fatalf("%v: %s", err, e.Stderr)
		}
		t.Fatal(err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

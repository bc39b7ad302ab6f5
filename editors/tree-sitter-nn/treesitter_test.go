// Package treesitter_test holds the tree-sitter grammar to the compiler's own. It is skipped where the tree-sitter command is not
// installed, or is of another version than made src/parser.c.
package treesitter_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// version is the tree-sitter that src/parser.c was generated with.
const version = "0.25"

// cli runs the tree-sitter command in a copy of the grammar, so that nothing is changed here.
type cli struct {
	t    *testing.T
	dir  string
	home string
}

func newCLI(t *testing.T) *cli {
	t.Helper()
	out, err := exec.Command("tree-sitter", "--version").Output()
	if err != nil {
		t.Skip("there is no tree-sitter; cargo install tree-sitter-cli and npm install tree-sitter-cli have it")
	}
	if !strings.HasPrefix(string(out), "tree-sitter "+version+".") {
		t.Skipf("tree-sitter is %s, and src/parser.c is generated with %s", bytes.TrimSpace(out), version)
	}
	c := &cli{t, filepath.Join(t.TempDir(), "tree-sitter-nn"), t.TempDir()}
	if err := os.CopyFS(c.dir, os.DirFS(".")); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *cli) run(args ...string) (string, error) {
	cmd := exec.Command("tree-sitter", args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), "HOME="+c.home, "XDG_CACHE_HOME="+c.home, "XDG_CONFIG_HOME="+c.home, "NO_COLOR=1")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// The committed parser is the grammar's.
func TestFresh(t *testing.T) {
	c := newCLI(t)
	if out, err := c.run("generate"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"parser.c", "grammar.json", "node-types.json"} {
		was, err := os.ReadFile(filepath.Join("src", name))
		if err != nil {
			t.Fatal(err)
		}
		is, err := os.ReadFile(filepath.Join(c.dir, "src", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(was, is) {
			t.Errorf("src/%s is stale: run tree-sitter generate", name)
		}
	}
}

// The grammar's own tests: trees and colours.
func TestCorpus(t *testing.T) {
	c := newCLI(t)
	if out, err := c.run("test"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// fenced is a .nn file in a document.
var fenced = regexp.MustCompile("(?s)```nn\n(.*?)```")

// What the compiler can parse the grammar can parse, and what it cannot neither can the grammar.
func TestSameLanguage(t *testing.T) {
	c := newCLI(t)
	texts := map[string]string{}
	for _, pattern := range []string{"../../examples/*.nn", "../../testdata/diag/*.nn", "../../testdata/deep/*.nn", "../../docs/*.md"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if filepath.Ext(f) != ".md" {
				texts[filepath.Base(f)] = string(text)
				continue
			}
			for _, m := range fenced.FindAllStringSubmatchIndex(string(text), -1) {
				line := strings.Count(string(text[:m[2]]), "\n") + 1
				texts[fmt.Sprintf("%s:%d", filepath.Base(f), line)] = string(text[m[2]:m[3]])
			}
		}
	}
	good, bad := 0, 0
	dir := t.TempDir()
	for name, text := range texts {
		_, faults := dsl.Parse(name, []byte(text))
		faults = slices.DeleteFunc(faults, func(d *diag.Diagnostic) bool { return d.Code == diag.TooLong || d.Code == diag.TooDeep }) // the grammar has no limits
		file := filepath.Join(dir, "x.nn")
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		out, err := c.run("parse", "--quiet", file)
		switch {
		case len(faults) == 0 && err != nil:
			t.Errorf("%s: the compiler can parse it, the grammar cannot: %s", name, out)
		case len(faults) > 0 && err == nil:
			t.Errorf("%s: the grammar can parse it, the compiler cannot: %v", name, faults)
		case len(faults) == 0:
			good++
		default:
			bad++
		}
	}
	if good < 30 || bad < 2 {
		t.Errorf("only %d texts without syntax errors and %d with were compared", good, bad)
	}
}

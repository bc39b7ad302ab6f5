// Package onnx_test holds the compiler to ONNX's own tests of its operators: each is a graph of one node with inputs and the
// outputs that must come out. What the language can say is written in it, compiled, and its plan is run in float64. They are
// no part of this repository: Debian has them as the package libonnx-testdata. The table in testdata/onnx says of every one
// whether it has run, or why not.
package onnx_test

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/nnc-lang/nnc/compiler/op"
)

var update = flag.Bool("update", false, "rewrite testdata/onnx/README.md")

// folder is where the package puts the tests; NNC_ONNX names another one.
const folder = "/usr/share/libonnx-testdata/data/node"

// table is the list of all tests.
var table = filepath.Join("..", "..", "testdata", "onnx", "README.md")

// ONNX's own tolerances (onnx/backend/test/runner); the relative one is what is asked for here.
const (
	absolute  = 1e-7
	tolerance = 1e-5 // ONNX: 1e-3
)

// broken are tests that are wrong in this version of ONNX, with the reason. They must fail.
var broken = map[string]string{
	"adam_multiple": "what must come out was computed with an epsilon of 0.01, which the node does not have: its default is 1e-6",
}

// outcome is what became of a test.
type outcome struct {
	name, op string
	passed   bool
	same     string // the test whose numbers it has
	broken   string
	why      string // it is inexpressible
	layers   []string
}

func TestNodes(t *testing.T) {
	root := os.Getenv("NNC_ONNX")
	if root == "" {
		root = folder
	}
	folders, err := filepath.Glob(filepath.Join(root, "test_*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) == 0 {
		t.Skipf("no tests of ONNX in %s: install Debian's package libonnx-testdata, or let NNC_ONNX name its folder data/node", root)
	}
	text, err := os.ReadFile(table)
	if err != nil && !*update {
		t.Fatal(err)
	}
	var outcomes []outcome
	for _, dir := range folders {
		outcomes = append(outcomes, outcome{name: testName(dir)})
	}
	if !*update && !strings.Contains(string(text), fingerprint(outcomes)) {
		t.Skipf("the tests in %s are not those of ONNX 1.12.0, which testdata/onnx/README.md is about", root)
	}
	outcomes = nil
	for _, dir := range folders {
		name := testName(dir)
		t.Run(name, func(t *testing.T) { outcomes = append(outcomes, runNode(t, name, dir)) })
	}
	want := report(outcomes)
	switch {
	case t.Failed():
	case *update:
		if err := os.WriteFile(table, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	case string(text) != want:
		t.Errorf("testdata/onnx/README.md is not up to date; go test ./compiler/onnx -update writes it:\n%s", diff.Diff("there", text, "should be", []byte(want)))
	}
}

// testName is a test's name, of its folder.
func testName(dir string) string { return strings.TrimPrefix(filepath.Base(dir), "test_") }

// runNode runs a test.
func runNode(t *testing.T, name, dir string) outcome {
	b, err := os.ReadFile(filepath.Join(dir, "model.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := readModel(b)
	if err != nil {
		t.Fatal(err)
	}
	o := outcome{name: name, op: g.nodes[0].op}
	if short, ok := strings.CutSuffix(name, "_expanded"); ok && sameNumbers(t, dir, strings.TrimSuffix(dir, "_expanded")) {
		o.same = short
		return o
	}
	if len(g.nodes) > 1 {
		o.op, o.why = "several nodes", "no graphs are read, only nodes"
		return o
	}
	c := load(t, g, dir)
	m := &model{}
	err = c.translate(m)
	var no inexpressible
	switch {
	case errors.As(err, &no):
		o.why = no.Error()
		return o
	case err != nil:
		t.Fatal(err)
	}
	got, err := m.run()
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, m.source())
	}
	var faults []string
	if len(got) != len(m.results) {
		t.Fatalf("%d results, want %d, of\n%s", len(got), len(m.results), m.source())
	}
	for i, r := range m.results {
		if r.want == nil {
			continue
		}
		off, at := compare(got[i], r.want, absolute)
		if off > tolerance {
			faults = append(faults, fmt.Sprintf("%s: element %d is %v, want %v", r.name, at, element(got[i], at), element(r.want, at)))
		}
	}
	why := broken[name]
	switch {
	case why != "" && len(faults) == 0:
		t.Errorf("it is said to be wrong, and is not")
	case why == "" && len(faults) > 0:
		t.Errorf("%s\nin\n%s", strings.Join(faults, "\n"), m.source())
	}
	o.broken, o.passed = why, why == ""
	o.layers = layersOf(m.source())
	return o
}

// element is one of a list, where there is one.
func element(x []float64, i int) any {
	if i < len(x) {
		return x[i]
	}
	return "nothing"
}

// sameNumbers says whether two tests have the same inputs and outputs.
func sameNumbers(t *testing.T, a, b string) bool {
	files := func(dir string) []string {
		list, err := filepath.Glob(filepath.Join(dir, "test_data_set_0", "*.pb"))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	as, bs := files(a), files(b)
	if len(as) == 0 || len(as) != len(bs) {
		return false
	}
	for i := range as {
		x, err := os.ReadFile(as[i])
		if err != nil {
			t.Fatal(err)
		}
		y, err := os.ReadFile(bs[i])
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(as[i]) != filepath.Base(bs[i]) || !bytes.Equal(x, y) {
			return false
		}
	}
	return true
}

// load reads the node's inputs and outputs.
func load(t *testing.T, g *graph, dir string) *testCase {
	c := &testCase{node: g.nodes[0], read: map[string]bool{}}
	read := func(kind string, infos []valueInfo, names []string) []*tensor {
		list := make([]*tensor, len(names))
		for i, info := range infos {
			if !info.tensor {
				continue
			}
			b, err := os.ReadFile(filepath.Join(dir, "test_data_set_0", fmt.Sprintf("%s_%d.pb", kind, i)))
			if err != nil {
				t.Fatal(err)
			}
			if list[slices.Index(names, info.name)], err = readTensor(b); err != nil {
				t.Fatal(err)
			}
		}
		return list
	}
	c.in = read("input", g.inputs, c.node.inputs)
	c.out = read("output", g.outputs, c.node.outputs)
	return c
}

// translate writes the node in the language.
func (c *testCase) translate(m *model) error {
	for _, r := range refusals {
		if slices.Contains(strings.Fields(r.ops), c.node.op) {
			return r.why
		}
	}
	f := translations[c.node.op]
	if f == nil {
		return fmt.Errorf("nothing is known of ONNX's operator %s", c.node.op)
	}
	for _, t := range c.in[:min(1, len(c.in))] {
		if t == nil { // of a sequence, or a value that may be missing
			return noFlow
		}
	}
	if err := f(c, m); err != nil {
		return err
	}
	for name := range c.node.attrs {
		if !c.read[name] {
			return fmt.Errorf("nothing heeds the attribute %s of %s", name, c.node.op)
		}
	}
	return nil
}

// layersOf lists what of the language a model is made of.
func layersOf(source string) []string {
	_, source, _ = strings.Cut(source, "layers {")
	source = regexp.MustCompile(`->|-?\b\d[\d.]*(e[-+]\d+)?|\w+: *\w*`).ReplaceAllString(source, " ") // numbers, and arguments with names
	var names []string
	for _, w := range regexp.MustCompile(`[a-z]\w*|[-+*/]`).FindAllString(source, -1) {
		if (op.Lookup(op.Layer, w) != nil || op.Lookup(op.Loss, w) != nil || op.Lookup(op.Optimizer, w) != nil) && !slices.Contains(names, w) {
			names = append(names, w)
		}
	}
	return names
}

// fingerprint tells one version of the tests from another.
func fingerprint(outcomes []outcome) string {
	h := fnv.New64a()
	for _, o := range outcomes {
		fmt.Fprintln(h, o.name)
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// group is a row of the table: tests of one of ONNX's operators that have something in common.
type group struct {
	op, text string
	cases    []string
}

// groups gathers tests by operator and text, in alphabetical order; text gives "" for a test of another table.
func groups(outcomes []outcome, text func(o outcome) string) []group {
	var all []group
	for _, o := range outcomes {
		t := text(o)
		if t == "" {
			continue
		}
		i := slices.IndexFunc(all, func(g group) bool { return g.op == o.op && g.text == t })
		if i < 0 {
			i = len(all)
			all = append(all, group{op: o.op, text: t})
		}
		all[i].cases = append(all[i].cases, o.name)
	}
	slices.SortStableFunc(all, func(a, b group) int { return cmp.Or(cmp.Compare(a.op, b.op), cmp.Compare(a.text, b.text)) })
	return all
}

// rows writes the rows of a table, and gives the number of tests in it.
func rows(b *strings.Builder, all []group) (n int) {
	for _, g := range all {
		fmt.Fprintf(b, "| %s | %s | %s |\n", g.op, g.text, strings.Join(g.cases, ", "))
		n += len(g.cases)
	}
	return n
}

// report is the whole of the table.
func report(outcomes []outcome) string {
	var passed, not, wrong, same strings.Builder
	ran := rows(&passed, groups(outcomes, func(o outcome) string {
		if !o.passed {
			return ""
		}
		return "`" + strings.Join(o.layers, "` `") + "`"
	}))
	refused := rows(&not, groups(outcomes, func(o outcome) string { return o.why }))
	faulty := rows(&wrong, groups(outcomes, func(o outcome) string { return o.broken }))
	twins := 0
	for _, o := range outcomes {
		if o.same != "" {
			twins++
			fmt.Fprintf(&same, "%s\n", o.same)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<!-- Written by go test ./compiler/onnx -update; do not edit. Of the tests %s. -->

# ONNX's node tests

ONNX comes with tests of its operators: each is a graph of one node, with inputs and the outputs that must come out. What
the language can say is written in it by compiler/onnx, compiled, and its plan is run in float64. It must agree to %.0e of
each number and %.0e beside (ONNX asks for 1e-3). Inputs that are weights here, as a convolution's, are loaded as weights.

The tests are those of ONNX 1.12.0 in Debian's package libonnx-testdata 1.12.0-2. Without it, or without the environment
variable NNC_ONNX that names its folder data/node, the test is skipped.

| cases | |
| ---: | --- |
| %d | in all |
| %d | have run and passed |
| %d | are wrong in this version of ONNX |
| %d | have the same inputs and outputs as another one, only that ONNX's own primitive operators are in place of its node |
| %d | cannot be said in the language |

## Passed

| ONNX | written with | cases |
| --- | --- | --- |
%s
## Wrong in this version

| ONNX | why | cases |
| --- | --- | --- |
%s
## Not in the language

| ONNX | why | cases |
| --- | --- | --- |
%s
## The same as another

Each of these has a twin whose name ends in _expanded, which has the same inputs and outputs.

%s`, fingerprint(outcomes), tolerance, absolute, len(outcomes), ran, faulty, twins, refused, passed.String(), wrong.String(), not.String(), wrapped(same.String()))
	return b.String()
}

// wrapped joins words to lines.
func wrapped(text string) string {
	var b strings.Builder
	width := 0
	for i, w := range strings.Fields(text) {
		switch {
		case i == 0:
		case width+2+len(w) > 118:
			b.WriteString(",\n")
			width = 0
		default:
			b.WriteString(", ")
			width += 2
		}
		b.WriteString(w)
		width += len(w)
	}
	return b.String() + "\n"
}

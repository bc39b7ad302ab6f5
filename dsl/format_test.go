package dsl

// This file holds the tests of Format: a case for every rule of the layout, the
// examples as they are, and random layouts of them, which must come out with all
// that they say, and the same the second time.

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nnc-lang/nnc/dsl/diag"
	"github.com/rogpeppe/go-internal/diff"
)

// nothing is the want of a case that leaves nothing.
const nothing = "nothing"

// formatCases has the rules of Format one by one. What is already as it should be
// has no want.
var formatCases = []struct{ name, src, want string }{
	// Lines.
	{"empty", "", ""},
	{"nothing but blanks", "\uFEFF \r\n\t\n\n", nothing},
	{"end of file", "const a = 1", "const a = 1\n"},
	{"carriage returns", "\uFEFFconst a = 1 // x \r\n\r\n\r\nconst b = \"\\r\"\r\n", "const a = 1 // x\n\nconst b = \"\\r\"\n"},
	{"blanks at the end", "const a = 1   \n// x\t \nconst b = 2\t\n\n", "const a = 1\n// x\nconst b = 2\n"},
	{"blank lines", "\n\nconst a = 1\n\n\n\nconst b = 2\n \n", "const a = 1\n\nconst b = 2\n"},
	{"bodies", "block A(w){relu}", "block A(w) {\n\trelu\n}\n"},
	{"bodies in bodies", "model M{input x\nlayers{repeat 3{relu}}\ntrain{batch:3}}", "model M {\n\tinput x\n\tlayers {\n\t\trepeat 3 {\n\t\t\trelu\n\t\t}\n\t}\n\ttrain {\n\t\tbatch: 3\n\t}\n}\n"},
	{"empty body", "block A {\n\n}\nmodel M { train { } }", "block A {}\n\nmodel M {\n\ttrain {}\n}\n"},
	{"blank line behind a brace with a comment", "block A { // a\n\n\t// b\n\n\trelu\n}", "block A { // a\n\t// b\n\n\trelu\n}\n"},
	{"comment in an empty body", "block A { // a\n}\nblock B {\n\n// b\n\n}", "block A { // a\n}\n\nblock B {\n\t// b\n}\n"},
	{"blank lines in a body", "block A {\n\n\trelu\n\n\n\ttanh\n\n}", "block A {\n\trelu\n\n\ttanh\n}\n"},
	{"declarations", "const a = 1\nblock A {}\nblock B {}\nconst b = 1\nconst c = 1\nmodel M {}\n",
		"const a = 1\n\nblock A {}\n\nblock B {}\n\nconst b = 1\nconst c = 1\n\nmodel M {}\n"},
	{"doc comments", "const a = 1 // a\n// A is\n// one.\nblock A {} // end\n// b\nconst b = 1\n// c\n\nmodel M {}\n",
		"const a = 1 // a\n\n// A is\n// one.\nblock A {} // end\n\n// b\nconst b = 1\n// c\n\nmodel M {}\n"},
	{"doc comment at the start", "// A is one.\nblock A {}\n", ""},

	// Breaks that the author made.
	{"before an arrow", "block A {\n\trelu ->\n\ttanh\n\t-> relu -> tanh\n}", "block A {\n\trelu\n\t\t-> tanh\n\t\t-> relu -> tanh\n}\n"},
	{"blank line before an arrow", "block A {\n\trelu\n\n\t-> tanh\n}", "block A {\n\trelu\n\t\t-> tanh\n}\n"},
	{"comment before an arrow", "block A {\n\trelu // r\n\n// t\n\n\t-> tanh // u\n}", "block A {\n\trelu // r\n\t\t// t\n\t\t-> tanh // u\n}\n"},
	{"comment behind an arrow", "block A {\n\trelu -> // r\n\ttanh\n}", "block A {\n\trelu -> // r\n\t\ttanh\n}\n"},
	{"behind an operator", "block A {\n\tx +\n\n\ty * // z\n\tz\n}", "block A {\n\tx +\n\t\ty* // z\n\t\tz\n}\n"},
	{"before an operator", "const a = (1\n+ 2\n* 3)", "const a = (1 +\n\t2*\n\t3)\n"},
	{"elsewhere", "model\nM {\ninput x [\n3\n]\ntrain {\nbatch:\n-\n3 }\n}\nconst\na =\n1", "model M {\n\tinput x [\n\t\t3,\n\t]\n\ttrain {\n\t\tbatch: -3\n\t}\n}\n\nconst a = 1\n"},
	{"arguments", "block A {\n\tf(a, b,\n\n\n\tc: 3, d\n\t)\n}", "block A {\n\tf(a, b,\n\n\t\tc: 3, d)\n}\n"},
	{"arguments below", "block A {\n\tf(\n\n\ta, b,\n\tc)\n\tg(\n\t)\n\th(a,)\n}", "block A {\n\tf(\n\t\ta, b,\n\t\tc,\n\t)\n\tg()\n\th(a)\n}\n"},
	{"brackets in brackets", "const a = [[\n1, 2], [3,\n4], f([\n5])]", "const a = [[\n\t1, 2,\n], [3,\n\t4], f([\n\t\t5,\n\t])]\n"},
	{"value in parentheses", "const a = (\n1 + 2\n) * (3,)", "const a = (\n\t1 + 2\n) * (3)\n"},
	{"tuple", "block A {\n\t(a,\n\tb) -> f\n\t(\n\ta, b) -> f\n}", "block A {\n\t(a,\n\t\tb) -> f\n\t(\n\t\ta, b,\n\t) -> f\n}\n"},
	{"inputs of a block", "block (\na,\nb\n) -> B(\nc\n) {}", "block (\n\ta,\n\tb\n) -> B(\n\tc,\n) {}\n"},
	{"pipeline in a tuple", "block A {\n\t(\n\ta ->\n\tg,\n\tb\n\t-> g)\n\t-> h\n}", "block A {\n\t(\n\t\ta\n\t\t\t-> g,\n\t\tb\n\t\t\t-> g,\n\t)\n\t\t-> h\n}\n"},
	{"comma at the start", "const a = [1 // one\n, 2 // two\n, 3\n// three\n, // four\n]", "const a = [1, // one\n\t2, // two\n\t3,\n\t// three\n\t// four\n]\n"},
	{"comma at the start of a line", "const a = [1\n, 2]", "const a = [1,\n\t2]\n"},
	{"comments among inputs", "block (\n\ta, // a\n\tb\n\n// end\n) -> B {}", "block (\n\ta, // a\n\tb\n\t// end\n) -> B {}\n"},
	{"comment line behind an arrow", "block A {\n\trelu ->\n\t// t\n\ttanh\n}", "block A {\n\trelu ->\n\t\t// t\n\t\ttanh\n}\n"},
	{"comments among arguments", "block A {\n\tf( // f\n\t// a\n\n\ta, // a\n\t// b\n\tb // b\n\t// end\n)\n}", "block A {\n\tf( // f\n\t\t// a\n\n\t\ta, // a\n\t\t// b\n\t\tb, // b\n\t\t// end\n\t)\n}\n"},
	{"comment at the end of arguments", "const a = f(1 // one\n)", "const a = f(1, // one\n)\n"},
	{"comments alone in brackets", "const a = f( // no\n)\nconst b = [\n// none\n]", "const a = f( // no\n)\nconst b = [\n\t// none\n]\n"},
	{"comment behind a key word", "model // m\nM {\nparam // p\na = // a\n1\n}", "model // m\n\tM {\n\tparam // p\n\t\ta = // a\n\t\t1\n}\n"},

	// Spaces.
	{"calls", "block A {\n\tf ( a,b ,init :zeros )->relu\n}", "block A {\n\tf(a, b, init: zeros) -> relu\n}\n"},
	{"words before a parenthesis", "model M {\n\tloss(a,b)->mse\n\tlayers {\n\t\trepeat i in(2 + 1) {}\n\t\trepeat(3) {}\n\t\trepeat in(3) {}\n\t}\n}", "model M {\n\tloss (a, b) -> mse\n\tlayers {\n\t\trepeat i in (2 + 1) {}\n\t\trepeat (3) {}\n\t\trepeat in(3) {}\n\t}\n}\n"},
	{"ports", "model M {\n\tinput x[ 3,4 ]class ( 2 )\n}", "model M {\n\tinput x [3, 4]class(2)\n}\n"},
	{"blocks", "block(x,y)->B(w=1,b){}", "block (x, y) -> B(w = 1, b) {}\n"},
	{"sums", "const a = 1+2-3", "const a = 1 + 2 - 3\n"},
	{"products", "const a = 1*2/3%4", "const a = 1 * 2 / 3 % 4\n"},
	{"sums of products", "const a = 1 * 2+3 / 4", "const a = 1*2 + 3/4\n"},
	{"one argument", "const a = f(2*n) + g(2 * n)", "const a = f(2*n) + g(2*n)\n"},
	{"an only argument", "block A {\n\tf(2*n) -> g(h(a+b))\n}", "block A {\n\tf(2 * n) -> g(h(a + b))\n}\n"},
	{"arguments narrow", "block A {\n\tf(2 * n + 1, g(a + b), c: 3 % 4)\n}", "block A {\n\tf(2*n+1, g(a+b), c: 3%4)\n}\n"},
	{"lists", "block A {\n\tf(1, [2 * k+1, 3+4])\n}", "block A {\n\tf(1, [2*k + 1, 3 + 4])\n}\n"},
	{"parentheses", "const a = b * ( c + d )\nconst e = b * (c+d) + (e+f)*-(g + h) - (i*j)", "const a = b * (c + d)\nconst e = b*(c+d) + (e+f)*-(g+h) - (i * j)\n"},
	{"tuples", "block A {\n\t(a+b, -c) -> f\n}", "block A {\n\t(a + b, -c) -> f\n}\n"},
	{"signs", "const a = - - 1--2+-3*-4\nconst b = f(1 - - 2, 3*- 4, 5+6)", "const a = --1 - -2 + -3*-4\nconst b = f(1 - -2, 3*-4, 5+6)\n"},

	// Columns.
	{"values", "const a=1\nparam bbb=2\n\nconst cccccc=3\n", "const a   = 1\nparam bbb = 2\n\nconst cccccc = 3\n"},
	{"values and comment lines", "const a=1\n// b\nconst bb=2\nconst ccc=3\n", "const a = 1\n// b\nconst bb  = 2\nconst ccc = 3\n"},
	{"ports aligned", "model M {\n\tinput a [1]\n\ttarget bb class(2)\n\tinput ccccc\n\ttarget d [1]\n}", "model M {\n\tinput  a  [1]\n\ttarget bb class(2)\n\tinput  ccccc\n\ttarget d [1]\n}\n"},
	{"items", "model M {\n\tloss mse\n\tloss l2(1)\n\toptimizer sgd(1)\n\tmetric r2\n\n\tloss mae\n\tdata mnist\n}", "model M {\n\tloss      mse\n\tloss      l2(1)\n\toptimizer sgd(1)\n\tmetric    r2\n\n\tloss mae\n\tdata mnist\n}\n"},
	{"shared", "model M {\n\tshared A=relu\n\tshared BB=relu\n\tshared C {\n\t\trelu\n\t}\n}", "model M {\n\tshared A  = relu\n\tshared BB = relu\n\tshared C {\n\t\trelu\n\t}\n}\n"},
	{"names", "block A {\n\ta = relu\n\tbb = a -> relu\n\tbb -> relu\n\tccc = relu\n\tloss = ccc\n}", "block A {\n\ta  = relu\n\tbb = a -> relu\n\tbb -> relu\n\tccc  = relu\n\tloss = ccc\n}\n"},
	{"names broken", "block A {\n\ta = f(\n\t\t1,\n\t)\n\tbb = f(1,\n\t\t2)\n\tc = relu\n\tddd = relu\n}", "block A {\n\ta = f(\n\t\t1,\n\t)\n\tbb = f(1,\n\t\t2)\n\tc   = relu\n\tddd = relu\n}\n"},
	{"settings", "model M {\n\ttrain {\n\t\tbatch : 1\n\t\tlr: 2\n\n\t\tseed: 3\n\t}\n}", "model M {\n\ttrain {\n\t\tbatch: 1\n\t\tlr:    2\n\n\t\tseed: 3\n\t}\n}\n"},
	{"arguments are not aligned", "block A {\n\tf(\n\t\ta: 1,\n\t\tbbb: 2,\n\t)\n}\n", ""},
	{"letters that are no single bytes", "block A {\n\tf(\"ä\") // ä\n\tf(\"a\") // b\n}\n", ""},

	// Comments.
	{"comments aligned", "block A { // a\n\trelu // b\n\tsoftmax // c\n\ttanh\n\trelu // d\n\n\tsoftmax//e\n}", "block A { // a\n\trelu    // b\n\tsoftmax // c\n\ttanh\n\trelu // d\n\n\tsoftmax //e\n}\n"},
	{"comments of columns", "model M {\n\tparam a = 1 // a\n\tparam bb = 22 // b\n\tinput x // x\n}", "model M {\n\tparam a  = 1  // a\n\tparam bb = 22 // b\n\tinput x       // x\n}\n"},
	{"comments before a brace", "block A {\n\trelu // r\n\t// end\n\n}\n// eof\n\n\n// end", "block A {\n\trelu // r\n\t// end\n}\n\n// eof\n\n// end\n"},
	{"comments of one line", "block A { relu // r\n} // A\n", "block A {\n\trelu // r\n} // A\n"},
}

func TestFormat(t *testing.T) {
	for _, tt := range formatCases {
		t.Run(tt.name, func(t *testing.T) {
			out, ds := Format("t.nn", []byte(tt.src))
			if len(ds) > 0 {
				t.Fatal(ds)
			}
			want := tt.want
			switch want {
			case "":
				want = tt.src
			case nothing:
				want = ""
			}
			if d := diff.Diff("got", out, "want", []byte(want)); d != nil {
				t.Errorf("%s", d)
			}
			checkFormatted(t, tt.src, string(out))
		})
	}
}

// checkFormatted holds of a text and what Format made of it: the same tree and doc
// comments, the same comments in order, and a second run changes nothing.
func checkFormatted(t testing.TB, src, out string) {
	t.Helper()
	before, faults := Parse("t.nn", []byte(src))
	after, ds := Parse("t.nn", []byte(out))
	if len(faults) > 0 || len(ds) > 0 {
		t.Fatalf("faults %v became %v:\n%s", faults, ds, out)
	}
	if dump(before) != dump(after) {
		t.Fatalf("another tree:\n%s\n%s", dump(before), dump(after))
	}
	if d := diff.Diff("before", []byte(docsOf(before)), "after", []byte(docsOf(after))); d != nil {
		t.Fatalf("other doc comments in\n%s\n-- from --\n%s\n%s", out, src, d)
	}
	if !slices.Equal(commentsOf(src), commentsOf(out)) {
		t.Fatalf("comments %q became %q", commentsOf(src), commentsOf(out))
	}
	if out != "" && (!strings.HasSuffix(out, "\n") || out[0] == '\n') || strings.HasSuffix(out, "\n\n") || strings.Contains(out, "\n\n\n") {
		t.Fatalf("blank lines in %q", out)
	}
	for line := range strings.Lines(out) {
		if s := strings.TrimSuffix(line, "\n"); s != strings.TrimRight(s, " \t\r") {
			t.Fatalf("blanks at the end of %q", s)
		}
	}
	again, ds := Format("t.nn", []byte(out))
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	if d := diff.Diff("formatted", []byte(out), "formatted again", again); d != nil {
		t.Fatalf("%s\n-- from --\n%s", d, src)
	}
}

// docsOf lists a file's doc comments, each with what it belongs to.
func docsOf(f *File) string {
	var b strings.Builder
	add := func(name, doc string) { fmt.Fprintf(&b, "%s: %q\n", name, doc) }
	for _, d := range f.Decls {
		switch {
		case d.Const != nil:
			add(d.Const.Name, d.Const.Doc)
		case d.Param != nil:
			add(d.Param.Name, d.Param.Doc)
		case d.Block != nil:
			add(d.Block.Name, d.Block.Doc)
		case d.Model != nil:
			add(d.Model.Name, d.Model.Doc)
			for _, i := range d.Model.Items {
				switch {
				case i.Const != nil:
					add(i.Const.Name, i.Const.Doc)
				case i.Param != nil:
					add(i.Param.Name, i.Param.Doc)
				case i.Input != nil:
					add(i.Input.Name, i.Input.Doc)
				case i.Target != nil:
					add(i.Target.Name, i.Target.Doc)
				case i.Shared != nil:
					add(i.Shared.Name, i.Shared.Doc)
				}
			}
		}
	}
	return b.String()
}

// commentsOf lists a text's comments, in order.
func commentsOf(src string) []string {
	s := scan("t.nn", []byte(src))
	var texts []string
	for line := range s.line + 1 {
		if c, ok := s.comments[line]; ok {
			texts = append(texts, c.text)
		}
	}
	return texts
}

// sources returns the .nn files of this repository that parse, by their paths.
func sources(t testing.TB) (paths []string, texts map[string]string) {
	t.Helper()
	texts = map[string]string{}
	for _, pattern := range []string{"../examples/*.nn", "../testdata/*/*.nn"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(found), err)
		}
		for _, path := range found {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, ds := Parse(path, src); len(ds) == 0 {
				paths = append(paths, path)
				texts[path] = string(src)
			}
		}
	}
	return paths, texts
}

// TestFormatExamples holds that the examples, and the models in documents, have the
// canonical layout.
func TestFormatExamples(t *testing.T) {
	check := func(name, src string) {
		out, ds := Format(name, []byte(src))
		if len(ds) > 0 {
			t.Error(ds)
		} else if d := diff.Diff(name, []byte(src), name+" (formatted)", out); d != nil {
			t.Errorf("%s", d)
		}
	}
	paths, texts := sources(t)
	for _, path := range paths {
		if strings.HasPrefix(path, "../examples") {
			check(path, texts[path])
		}
	}
	documents, _ := filepath.Glob("../*.md")
	more, _ := filepath.Glob("../*/*.md")
	found := 0
	for _, name := range append(documents, more...) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, part := range strings.Split("\n"+string(text), "\n```") {
			src, is := strings.CutPrefix(part, "\n")
			if i%2 == 0 || !is || !strings.Contains("\n"+src, "\nmodel ") && !strings.Contains("\n"+src, "\nblock ") {
				continue
			}
			if _, ds := Parse(name, []byte(src)); len(ds) == 0 {
				found++
				check(name, src+"\n")
			}
		}
	}
	if found == 0 {
		t.Error("no models in documents")
	}
}

// A relayout writes a text's tokens and comments with random blanks.
type relayout struct {
	*rand.Rand
	breaks   float64 // how often a line breaks where one can, beyond those of the text
	comments float64 // how often a comment is put in where one can be
}

func (r *relayout) write(src string) string {
	s := scan("t.nn", []byte(src))
	var b strings.Builder
	if r.IntN(4) == 0 {
		b.WriteString("\uFEFF")
	}
	newline := []string{"\n", "\n", "\r\n"}[r.IntN(3)]
	blanks := func() {
		for range r.IntN(3) {
			b.WriteByte(" \t"[r.IntN(2)])
		}
	}
	added := 0
	ws := words(s)
	wild := r.breaks > 0 || r.comments > 0
	var open []word
	last := word{} // the last word that is no comment
	for i, w := range ws {
		afterEnd := w.starts && i > 0 && !last.is("{")
		inBrackets := len(open) > 0 && !open[len(open)-1].is("{")
		// A line may break where the scanner sees no end of a statement in it.
		free := inBrackets || w.is("->") || afterEnd || !last.isOperand() && !last.keyword
		breaks := i > 0 && (ws[i-1].comment || w.newline && (w.comment || !wild) || afterEnd && !w.is("}") && !w.comment)
		blanks()
		switch {
		case i == 0:
			b.WriteString(strings.Repeat(newline, r.IntN(3)))
		case w.comment && !breaks:
			b.WriteByte(' ') // or the operator / would run into it
		case !wild && w.blank:
			b.WriteString(strings.Repeat(newline, 2+r.IntN(3)))
		case !wild && breaks:
			b.WriteString(newline)
		case breaks, free && r.Float64() < r.breaks:
			b.WriteString(strings.Repeat(newline, 1+r.IntN(3)))
		case isWordlike(ws[i-1]) && isWordlike(w):
			b.WriteByte(' ')
		}
		if (free || breaks) && !w.comment && r.Float64() < r.comments {
			added++
			fmt.Fprintf(&b, " // added %d%s", added, newline)
		}
		blanks()
		b.WriteString(w.text)
		if w.comment {
			continue
		}
		if w.opens() {
			open = append(open, w)
		} else if w.closes() {
			open = open[:len(open)-1]
		}
		last = w
	}
	if len(ws) > 0 {
		blanks()
		b.WriteString(strings.Repeat(newline, r.IntN(3)))
	}
	return b.String()
}

// isWordlike reports whether two such words need a blank between them.
func isWordlike(w word) bool { return !w.comment && w.typ != tokOp && w.typ != tokString }

// TestFormatRelayout holds of random layouts: blanks alone make no difference; with
// other breaks, and comments wherever one can stand, nothing of what the text says
// is lost, and a second run changes nothing.
func TestFormatRelayout(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	paths, texts := sources(t)
	for _, tt := range formatCases {
		paths = append(paths, tt.name)
		texts[tt.name] = tt.src
	}
	layouts, broken := 0, 0
	for _, path := range paths {
		src := texts[path]
		want, ds := Format(path, []byte(src))
		if len(ds) > 0 {
			t.Fatal(ds)
		}
		for n := range 12 {
			tame := &relayout{Rand: r}
			other := tame.write(src)
			got, ds := Format(path, []byte(other))
			if len(ds) > 0 {
				t.Fatalf("%s: %v\n%s", path, ds, other)
			}
			if d := diff.Diff(path, want, "with other blanks", got); d != nil {
				t.Fatalf("%s\n%q", d, other)
			}
			wild := &relayout{r, []float64{0.02, 0.3, 1}[n%3], []float64{0, 0.02, 0.3, 1}[n/3%4]}
			other = wild.write(src)
			if got, ds = Format(path, []byte(other)); len(ds) > 0 {
				t.Fatalf("%s: %v\n%s", path, ds, other)
			}
			checkFormatted(t, other, string(got))
			layouts += 2
			if string(got) != string(want) {
				broken++
			}
		}
	}
	if layouts < 4000 || broken < layouts/4 {
		t.Errorf("%d layouts, %d of which differ", layouts, broken)
	}
}

// TestFormatFaults holds that a text with mistakes is left alone, with the
// diagnostics of Parse, and one that would be too long too.
func TestFormatFaults(t *testing.T) {
	long := strings.Repeat("a", 1000)
	tests := []struct{ name, src, want string }{
		{"lexical", "const a = 1 # x\nconst b = ?\n", "bad-character"},
		{"syntax", "model M {\n\tlayers {\n\t\tdense 3\n\t}\n}\n", "syntax"},
		{"bracket", "model M {\n", "unclosed"},
		{"huge", strings.Repeat("\n", maxFileSize+1), "too-long"},
		{"huge when formatted", "block A {" + long + "=x" + strings.Repeat("\na=b", 5000) + "\n}", "too-long"},
		{"too many tokens when formatted", "const a = [\n" + strings.Repeat("1,", (maxStatement-8)/2) + "1\n]", ""},
		{"one comma too many", "const a = [\n" + strings.Repeat("1,", (maxStatement-6)/2) + "1\n]", "too-long"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, ds := Format("t.nn", []byte(tt.src))
			if tt.want == "" {
				if len(ds) > 0 {
					t.Fatal(ds)
				}
				return
			}
			if out != nil || len(ds) == 0 || string(ds[0].Code) != tt.want {
				t.Errorf("%d bytes, %v, want %s", len(out), ds, tt.want)
			}
			if _, parsed := Parse("t.nn", []byte(tt.src)); len(parsed) > 0 && ds.Error() != parsed.Error() {
				t.Errorf("%v, but Parse has %v", ds, parsed)
			}
		})
	}
}

// TestFormatFast holds that the time for long texts grows with their length alone;
// where it grows with the square, each of these takes a minute.
func TestFormatFast(t *testing.T) {
	for name, src := range map[string]string{
		"comments":             strings.Repeat("//\n", 250_000) + "block A {}",
		"comments in brackets": "const a = [" + strings.Repeat("//\n", 100_000) + "1," + strings.Repeat("//\n", 50_000) + "]",
		"comments in a sum":    "const a = (1 - " + strings.Repeat("//\n", 150_000) + "- 1)",
		"columns":              "block A {\n" + strings.Repeat("a = b // c\n", 5_000) + "}",
		"blocks":               strings.Repeat("// A\nblock A {}\n\n", 5_000),
	} {
		start := time.Now()
		if _, ds := Format("t.nn", []byte(src)); len(ds) > 0 {
			t.Errorf("%s: %v", name, ds)
		}
		if spent := time.Since(start); spent > 10*time.Second {
			t.Errorf("%s: %v for %d bytes", name, spent, len(src))
		}
	}
}

// TestFormatCheck holds that the check of Format's result sees what must not
// happen, and lets pass what it may do.
func TestFormatCheck(t *testing.T) {
	const src = "// A\nblock A { // a\n\tf(1, 2) // f\n\t// end\n}\n"
	tests := []struct {
		name, out string
		same      bool
	}{
		{"itself", src, true},
		{"other blanks", "\n\n// A\n\nblock A   { // a\n\n\tf(1,\n2) // f\n\n// end\n}", true},
		{"a comma at the end", strings.Replace(src, "2)", "2,)", 1), true},
		{"a comment lost", strings.Replace(src, "// f", "", 1), false},
		{"a comment changed", strings.Replace(src, "// f", "//  f", 1), false},
		{"a comment moved", "// A\nblock A { // a\n\tf(1, // f\n2)\n\t// end\n}\n", false},
		{"a doc comment that is none", "// A\nblock A {\n// a\n\tf(1, 2) // f\n\t// end\n}\n", false},
		{"a token lost", strings.Replace(src, "2)", ")", 1), false},
		{"a comma lost", strings.Replace(src, "1, 2", "1 2", 1), false},
		{"a token changed", strings.Replace(src, "2)", "3)", 1), false},
		{"a statement cut", strings.Replace(src, "f(", "f\n(", 1), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := scan("t.nn", []byte(src)), scan("t.nn", []byte(tt.out))
			if got := sameWords(words(a), words(b)) && slices.Equal(codeOf(a.toks), codeOf(b.toks)); got != tt.same {
				t.Errorf("%v, want %v", got, tt.same)
			}
		})
	}
}

// FuzzFormat holds of any text: Format returns the diagnostics of Parse, or a text
// that says the same and that a second run does not change; and so of another
// layout of it, which seed gives, so that fuzzing sees texts without mistakes too.
func FuzzFormat(f *testing.F) {
	f.Add(layout, uint64(0))
	for i, tt := range formatCases {
		f.Add(tt.src, uint64(i))
	}
	paths, texts := sources(f)
	for i, path := range paths {
		if strings.HasPrefix(path, "../examples") {
			f.Add(texts[path], uint64(i))
		}
	}
	f.Fuzz(func(t *testing.T, src string, seed uint64) {
		out, ds := Format("f.nn", []byte(src))
		if _, faults := Parse("f.nn", []byte(src)); len(faults) > 0 {
			if out != nil || ds.Error() != faults.Error() {
				t.Fatalf("%d bytes, %v, but Parse has %v", len(out), ds, faults)
			}
			return
		}
		if len(ds) == 1 && ds[0].Code == diag.TooLong {
			return
		}
		if len(ds) > 0 {
			t.Fatal(ds)
		}
		checkFormatted(t, src, string(out))

		r := &relayout{Rand: rand.New(rand.NewPCG(seed, 0))}
		r.breaks, r.comments = r.Float64(), r.Float64()
		other := r.write(src)
		if out, ds = Format("f.nn", []byte(other)); len(ds) > 0 && ds[0].Code != diag.TooLong {
			t.Fatalf("%v\n%s", ds, other)
		}
		if len(ds) == 0 {
			checkFormatted(t, other, string(out))
		}
	})
}

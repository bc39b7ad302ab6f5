package dsl

// This file holds the tests of the grammar, of spans, doc comments and the newline
// rule, and of speed. Errors are in errors_test.go.

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nnc-lang/nnc/dsl/diag"
)

// mustParse parses a text without errors.
func mustParse(t testing.TB, src string) *File {
	t.Helper()
	f, ds := Parse("t.nn", []byte(src))
	if len(ds) > 0 {
		var out strings.Builder
		diag.Render(&out, ds, func(string) []byte { return []byte(src) }, 0)
		t.Fatalf("unexpected errors:\n%s", out.String())
	}
	return f
}

// dump writes a tree with all that it says, in one line: values in parentheses
// behind their operator, so that grouping shows.
func dump(x any) string {
	switch x := x.(type) {
	case *File:
		return dumps(x.Decls, " ")
	case *Decl:
		switch {
		case x.Const != nil:
			return "(const " + dump(x.Const) + ")"
		case x.Param != nil:
			return "(param " + dump(x.Param) + ")"
		case x.Block != nil:
			return "(block " + dump(x.Block) + ")"
		}
		return "(model " + dump(x.Model) + ")"
	case *Binding:
		return x.Name + " " + dump(x.Value)
	case *Block:
		return x.Name + " (" + dumps(x.Inputs, " ") + ") (" + dumps(x.Params, " ") + ") " + dump(x.Body)
	case *Ident:
		return x.Name
	case *BlockParam:
		if x.Default == nil {
			return x.Name
		}
		return x.Name + "=" + dump(x.Default)
	case *Model:
		return x.Name + " " + dumps(x.Items, " ")
	case *Item:
		for _, part := range []any{x.Const, x.Param, x.Input, x.Target, x.Shared, x.Layers, x.Loss, x.Metric, x.Optimizer, x.Data, x.Train} {
			if !reflect.ValueOf(part).IsNil() {
				return "(" + x.Keyword + " " + dump(part) + ")"
			}
		}
		return "(nothing)"
	case *Port:
		s := x.Name
		if x.HasDims {
			s += " [" + dumps(x.Dims, " ") + "]"
		}
		if x.Elem != nil {
			s += " " + dump(x.Elem)
		}
		return s
	case *Shared:
		if x.Pipe != nil {
			return x.Name + " = " + dump(x.Pipe)
		}
		return x.Name + " " + dump(x.Body)
	case *Settings:
		return dumps(x.Items, " ")
	case *Setting:
		return x.Name + ":" + dump(x.Value)
	case *Body:
		return "{" + dumps(x.Stmts, "; ") + "}"
	case *Stmt:
		switch {
		case x.Repeat != nil:
			return dump(x.Repeat)
		case x.Name != "":
			return x.Name + " = " + dump(x.Pipe)
		}
		return dump(x.Pipe)
	case *Repeat:
		return "repeat " + x.Var + ":" + dump(x.Over) + " " + dump(x.Body)
	case *Pipe:
		s := dump(x.Head)
		for _, c := range x.Calls {
			s += " -> " + dump(c)
		}
		return s
	case *Call:
		if !x.Parens {
			return x.Name
		}
		return x.Name + "(" + dumps(x.Args, ", ") + ")"
	case *Arg:
		if x.Name != "" {
			return x.Name + ": " + dump(x.Value)
		}
		return dump(x.Value)
	case *Expr:
		switch x.Kind {
		case NumberExpr:
			if x.IsInt {
				return fmt.Sprintf("%.0f", x.Number)
			}
			return fmt.Sprintf("%gf", x.Number)
		case StringExpr:
			return fmt.Sprintf("%q", x.Str)
		case BoolExpr:
			return fmt.Sprint(x.Bool)
		case CallExpr:
			return dump(x.Call)
		case ListExpr:
			return "[" + dumps(x.Items, " ") + "]"
		case TupleExpr:
			return "<" + dumps(x.Pipes, ", ") + ">"
		case UnaryExpr:
			return "(" + x.Op + " " + dump(x.X) + ")"
		case BinaryExpr:
			return "(" + x.Op + " " + dump(x.X) + " " + dump(x.Y) + ")"
		}
	}
	panic(fmt.Sprintf("%T %v", x, x))
}

func dumps[T any](xs []T, sep string) string {
	var parts []string
	for _, x := range xs {
		parts = append(parts, dump(x))
	}
	return strings.Join(parts, sep)
}

// TestGrammar has a row or more for every production of LANGUAGE.md.
func TestGrammar(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"empty file", "", ""},
		{"blank file", "\n\n// nothing\n\n", ""},
		{"const", "const a = 1", "(const a 1)"},
		{"param", "param a = 1\n", "(param a 1)"},
		{"declarations", "const a = 1\nparam b = 2\nmodel M {}\nblock B {}\n", "(const a 1) (param b 2) (model M ) (block B () () {})"},

		{"block", "block B { relu }", "(block B () () {relu})"},
		{"block with params", "block B(a, b = 2,) { relu }", "(block B () (a b=2) {relu})"},
		{"block with no params", "block B() { relu }", "(block B () () {relu})"},
		{"block with input", "block (x) -> B { x }", "(block B (x) () {x})"},
		{"block with all", "block (x, y) -> B(a = -1, b) { x }", "(block B (x y) (a=(- 1) b) {x})"},

		{"model with all items", `model M {
			const a = 1
			param b = 2
			input x
			target y
			shared E = relu
			layers { relu }
			loss mse
			metric mae
			optimizer sgd(0.1)
			data iris
			train { batch: 1 }
		}`, "(model M (const a 1) (param b 2) (input x) (target y) (shared E = relu) (layers {relu}) (loss mse) (metric mae) (optimizer sgd(0.1f)) (data iris) (train batch:1))"},
		{"model on one line", "model M { input x }", "(model M (input x))"},

		{"ports", "model M {\ninput a\ninput b [2]\ninput c [2, n * 3,]\ntarget d class(10)\ntarget e [4]class(2)\n}",
			"(model M (input a) (input b [2]) (input c [2 (* n 3)]) (target d class(10)) (target e [4] class(2)))"},
		{"shared", "model M {\nshared A = dense(2) -> relu\nshared B { relu }\nshared C {\n}\n}",
			"(model M (shared A = dense(2) -> relu) (shared B {relu}) (shared C {}))"},
		{"loss and metric", "model M {\nloss (a, b -> c) -> mse(weight: 2)\nloss l2(1e-5)\nmetric (a, b) -> mae\n}",
			"(model M (loss <a, b -> c> -> mse(weight: 2)) (loss l2(1e-05f)) (metric <a, b> -> mae))"},
		{"data", "model M {\ndata csv(\"f.csv\", x: [\"a\", \"b\"], test: 0.2)\n}", `(model M (data csv("f.csv", x: ["a" "b"], test: 0.2f)))`},
		{"train", "model M {\ntrain {\nbatch: 2\nshuffle: false\nkeep: best }\ntrain {}\n}", "(model M (train batch:2 shuffle:false keep:best) (train ))"},

		{"statements", "block B {\nrelu\na = relu\nb = a -> relu -> dense(2)\n(a, b)\n}", "(block B () () {relu; a = relu; b = a -> relu -> dense(2); <a, b>})"},
		{"repeat", "block B {\nrepeat 3 { relu }\nrepeat i in n { relu }\nrepeat c in [1, 2] {\nrepeat c { x }\n}\n}",
			"(block B () () {repeat :3 {relu}; repeat i:n {relu}; repeat c:[1 2] {repeat :c {x}}})"},
		{"repeat over in", "block B {\nrepeat in in in { relu }\nrepeat in { relu }\n}", "(block B () () {repeat in:in {relu}; repeat :in {relu}})"},
		{"words are keywords in their place only", "block (in) -> B(loss) {\ninput = in -> data\ntrain = layers(target: shared, metric: loss) + optimizer\n}\n",
			"(block B (in) (loss) {input = in -> data; train = (+ layers(target: shared, metric: loss) optimizer)})"},
		{"items called as keywords", "model M {\ninput input [2]\ntrain { train: 2 }\nloss loss\n}", "(model M (input input [2]) (train train:2) (loss loss))"},

		{"calls", "block B { a -> b -> c() -> d(1) -> e(1, x: 2,) }", "(block B () () {a -> b -> c() -> d(1) -> e(1, x: 2)})"},
		{"precedence", "const a = 1 + 2 * 3 - 4 / 5 % 6", "(const a (- (+ 1 (* 2 3)) (% (/ 4 5) 6)))"},
		{"grouping to the left", "const a = 1 - 2 - 3", "(const a (- (- 1 2) 3))"},
		{"signs", "const a = --1 - -2 * -b", "(const a (- (- (- 1)) (* (- 2) (- b))))"},
		{"parentheses", "const a = (1 + 2) * 3", "(const a (* <(+ 1 2)> 3))"},
		{"pipe in parentheses", "block B { (a -> relu) + b -> relu }", "(block B () () {(+ <a -> relu> b) -> relu})"},
		{"tuples", "block B { (a, (b, c -> d),) -> E }", "(block B () () {<a, <b, c -> d>> -> E})"},
		{"lists", "const a = [[], [1], [1, 2,], [[1, 2], [3, 4]]]", "(const a [[] [1] [1 2] [[1 2] [3 4]]])"},
		{"booleans", "const a = [true, false]", "(const a [true false])"},
		{"strings", `const a = ["", "x", "a\"b\\c\n\x41\u00e9é"]`, "(const a [\"\" \"x\" \"a\\\"b\\\\c\\nAéé\"])"},
		{"integers", "const a = [0, 007, 60_000, 9007199254740992]", "(const a [0 7 60000 9007199254740992])"},
		{"floats", "const a = [1.5, .5, 1., 1e3, 1E-3, 1.5e+2, 1_0.2_5]", "(const a [1.5f 0.5f 1f 1000f 0.001f 150f 10.25f])"},
		{"identifiers", "const _ = [a1, _a, A_b, e1, truely]", "(const _ [a1 _a A_b e1 truely])"},
		{"no spaces", "const a=1+2*-3\nblock(x)->B{x->relu}", "(const a (+ 1 (* 2 (- 3)))) (block B (x) () {x -> relu})"},
		{"a minus before an arrow", "block B { a--b->c }", "(block B () () {(- a (- b)) -> c})"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := dump(mustParse(t, tt.src)); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// TestNewlines holds where a newline ends a statement and where it does not.
func TestNewlines(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"a line a statement", "a\nb", "a; b"},
		{"blank lines and comments", "a // x\n\n\n// y\nb // z\n", "a; b"},
		{"an arrow goes on", "a\n\t-> b\n\t-> c\nd", "a -> b -> c; d"},
		{"an arrow behind a comment", "a // x\n// y\n\n-> b", "a -> b"},
		{"an arrow at the end", "a ->\nb", "a -> b"},
		{"an operator at the end", "a +\n// x\nb", "(+ a b)"},
		{"an operator at the start", "a\n-b", "a; (- b)"},
		{"in parentheses", "f(\n1,\n2,\n)\ng", "f(1, 2); g"},
		{"in brackets", "f([\n1\n,\n2\n])", "f([1 2])"},
		{"behind brackets", "[\n1] + (\na)\nb", "(+ [1] <a>); b"},
		{"a name before =", "a =\nb", "a = b"},
		{"after }", "repeat 2 {\na\n}\nb", "repeat :2 {a}; b"},
		{"one line", "repeat 2 { repeat 3 { a } }", "repeat :2 {repeat :3 {a}}"},
		{"an arrow behind a body's last line", "repeat 2 { a\n-> b }", "repeat :2 {a -> b}"},
		{"true and false", "f(x: true)\n(a) + true\nfalse", "f(x: true); (+ <a> true); false"},
		{"the end of the file", "a", "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for name, src := range map[string]string{
				"LF":   "block B {\n" + tt.src + "\n}\n",
				"CRLF": strings.ReplaceAll("block B {\n"+tt.src+"\n}\n", "\n", "\r\n"),
				"BOM":  "\uFEFFblock B {\n" + tt.src + "\n}",
			} {
				if got, want := dump(mustParse(t, src)), "(block B () () {"+tt.want+"})"; got != want {
					t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
				}
			}
		})
	}
}

// layout is a file with every kind of node and an awkward layout.
const layout = `
// Comment, not doc.

const  a = ( 1 + [ 2 , - 3 ] ) * 4 // trailing
param b="süß"
block ( x , y ) -> Two( p , q = 2 ) {
	h = x -> relu ( ) // c
		// c
		-> dense ( p , init : true )

	repeat i in [ 1 , q ] { h } }
model M {
	const c = 1
	param d = 2
	input x [ 1 , 2 ] // c
	target y class ( 10 )
	shared E = relu -> relu
	shared F { relu }
	layers {
		( x , x -> E ) -> Two
	}
	loss ( x , y ) -> mse
	metric mae
	optimizer sgd ( 0.1 )
	data iris
	train { batch : 1
		epochs : - 2 }
} // end
`

// checkSpans holds of every node of a tree: its span is in the file, agrees with
// itself on offset, line and column, lies within its parent's, and starts and ends
// with a token. A name's span covers the name.
func checkSpans(t testing.TB, f *File) {
	t.Helper()
	src := string(f.Source)
	checkPos := func(what string, p diag.Pos) {
		if p.Offset < 0 || p.Offset > len(src) {
			t.Fatalf("%s: offset %d of %d", what, p.Offset, len(src))
		}
		head := strings.TrimPrefix(src[:p.Offset], "\uFEFF")
		line, column := 1+strings.Count(head, "\n"), len(head)-strings.LastIndexByte(head, '\n')
		if p.Line != line || p.Column != column {
			t.Fatalf("%s: offset %d is %d:%d, not %d:%d", what, p.Offset, line, column, p.Line, p.Column)
		}
	}
	var walk func(v reflect.Value, parent diag.Span)
	walk = func(v reflect.Value, parent diag.Span) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				walk(v.Elem(), parent)
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i), parent)
			}
		case reflect.Struct:
			what := v.Type().Name()
			inner := v.FieldByName("Span").Interface().(diag.Span)
			for _, s := range []string{"Span", "NameSpan", "KeywordSpan", "VarSpan", "OpSpan", "DimsSpan"} {
				field := v.FieldByName(s)
				if !field.IsValid() || s != "Span" && !field.Interface().(diag.Span).IsValid() {
					continue
				}
				span := field.Interface().(diag.Span)
				checkPos(what+"."+s, span.Start)
				checkPos(what+"."+s, span.End)
				text := f.Text(span)
				if what != "File" && (strings.TrimSpace(text) != text || text == "") {
					t.Fatalf("%s.%s is not tight: %q", what, s, text)
				}
				outer := inner
				if s == "Span" {
					outer = parent
				}
				if span.Start.Offset < outer.Start.Offset || span.End.Offset > outer.End.Offset || span.File != outer.File {
					t.Fatalf("%s.%s %q is not inside of its parent %q", what, s, text, f.Text(outer))
				}
				if s != "Span" && s != "DimsSpan" {
					name := v.FieldByName(strings.TrimSuffix(s, "Span")).String()
					if text != name {
						t.Fatalf("%s.%s covers %q, not %q", what, s, text, name)
					}
				}
			}
			for i := range v.NumField() {
				if field := v.Type().Field(i); field.IsExported() && field.Type != reflect.TypeFor[diag.Span]() && field.Type != reflect.TypeFor[[]byte]() {
					walk(v.Field(i), inner)
				}
			}
		}
	}
	walk(reflect.ValueOf(f), f.Span)
}

func TestSpans(t *testing.T) {
	for _, src := range []string{layout, strings.ReplaceAll(layout, "\n", "\r\n"), "\uFEFF" + strings.TrimPrefix(layout, "\n")} {
		checkSpans(t, mustParse(t, src))
	}

	// Spans reach exactly from the first token to the last.
	f := mustParse(t, layout)
	two, m := f.Decls[2].Block, f.Decls[3].Model
	tests := []struct {
		name string
		span diag.Span
		want string
	}{
		{"const", f.Decls[0].Span, "const  a = ( 1 + [ 2 , - 3 ] ) * 4"},
		{"binding", f.Decls[0].Const.Span, "a = ( 1 + [ 2 , - 3 ] ) * 4"},
		{"product", f.Decls[0].Const.Value.Span, "( 1 + [ 2 , - 3 ] ) * 4"},
		{"tuple", f.Decls[0].Const.Value.X.Span, "( 1 + [ 2 , - 3 ] )"},
		{"sum", f.Decls[0].Const.Value.X.Pipes[0].Head.Span, "1 + [ 2 , - 3 ]"},
		{"list", f.Decls[0].Const.Value.X.Pipes[0].Head.Y.Span, "[ 2 , - 3 ]"},
		{"sign", f.Decls[0].Const.Value.X.Pipes[0].Head.Y.Items[1].Span, "- 3"},
		{"string", f.Decls[1].Param.Value.Span, `"süß"`},
		{"input of a block", two.Inputs[1].Span, "y"},
		{"parameter", two.Params[1].Span, "q = 2"},
		{"statement over lines", two.Body.Stmts[0].Span, "h = x -> relu ( ) // c\n\t\t// c\n\t\t-> dense ( p , init : true )"},
		{"call", two.Body.Stmts[0].Pipe.Calls[0].Span, "relu ( )"},
		{"argument", two.Body.Stmts[0].Pipe.Calls[1].Args[1].Span, "init : true"},
		{"repeat", two.Body.Stmts[1].Span, "repeat i in [ 1 , q ] { h }"},
		{"body", two.Body.Stmts[1].Repeat.Body.Span, "{ h }"},
		{"item", m.Items[2].Span, "input x [ 1 , 2 ]"},
		{"port", m.Items[2].Input.Span, "x [ 1 , 2 ]"},
		{"dims", m.Items[2].Input.DimsSpan, "[ 1 , 2 ]"},
		{"element", m.Items[3].Target.Elem.Span, "class ( 10 )"},
		{"shared", m.Items[4].Shared.Span, "E = relu -> relu"},
		{"shared body", m.Items[5].Shared.Body.Span, "{ relu }"},
		{"loss", m.Items[7].Loss.Span, "( x , y ) -> mse"},
		{"settings", m.Items[11].Train.Span, "{ batch : 1\n\t\tepochs : - 2 }"},
		{"setting", m.Items[11].Train.Items[1].Span, "epochs : - 2"},
		{"file", f.Span, layout},
	}
	for _, tt := range tests {
		if got := f.Text(tt.span); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}

	// Columns count bytes, from 1.
	g := mustParse(t, "const a = [\"süß\", b]\n")
	if got, want := g.Decls[0].Const.Value.Items[1].Span.String(), "t.nn:1:21"; got != want {
		t.Errorf("behind umlauts: %s, want %s", got, want)
	}
	g = mustParse(t, "\uFEFFconst a = 1")
	if got := g.Decls[0].Span; got.Start != (diag.Pos{Offset: 3, Line: 1, Column: 1}) || got.End != (diag.Pos{Offset: 14, Line: 1, Column: 12}) {
		t.Errorf("behind a byte order mark: %v", got)
	}
}

func TestDocs(t *testing.T) {
	f := mustParse(t, `// Not a doc comment.

// A is one.
//
//	indented
// Last line.
const a = 1 // trailing
// B is two.
param b = 2

//nospace
block (x) -> C {
	// not of c
	x
}
// M is a model.
model M {
	// d
	const d = 1 // after d
	param e = 1
	// x, first
	// x, second
	input x
	input y // after y
	// E

	shared E = relu
	// F
	shared F { relu }
	layers { relu } // G
	target z
}
// The end.
`)
	m := f.Decls[3].Model
	tests := []struct{ name, got, want string }{
		{"const", f.Decls[0].Const.Doc, "A is one.\n\n\tindented\nLast line."},
		{"param", f.Decls[1].Param.Doc, "B is two."},
		{"block", f.Decls[2].Block.Doc, "nospace"},
		{"model", m.Doc, "M is a model."},
		{"const in a model", m.Items[0].Const.Doc, "d"},
		{"behind a trailing comment", m.Items[1].Param.Doc, ""},
		{"input", m.Items[2].Input.Doc, "x, first\nx, second"},
		{"input without", m.Items[3].Input.Doc, ""},
		{"behind a blank line", m.Items[4].Shared.Doc, ""},
		{"shared", m.Items[5].Shared.Doc, "F"},
		{"target", m.Items[7].Target.Doc, ""},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, tt.got, tt.want)
		}
	}
	one := mustParse(t, "// M\nmodel M { input x }")
	if got := one.Decls[0].Model.Items[0].Input.Doc; got != "" {
		t.Errorf("an item on its model's line has the model's doc comment %q", got)
	}
}

func TestLine(t *testing.T) {
	for _, newline := range []string{"\n", "\r\n"} {
		f, _ := Parse("t.nn", []byte("\uFEFFconst a = 1"+newline+newline+"\tconst b = 2 // x"+newline))
		for n, want := range []string{"", "const a = 1", "", "\tconst b = 2 // x", "", ""} {
			if got := f.Line(n); got != want {
				t.Errorf("with %q line %d is %q, want %q", newline, n, got, want)
			}
		}
	}
	f, ds := Parse("t.nn", []byte("const a = \nconst b"))
	if len(ds) == 0 || f.Line(2) != "const b" {
		t.Errorf("of a file with errors line 2 is %q (%v)", f.Line(2), ds)
	}
}

// TestString holds that what String writes is read as the same expression.
func TestString(t *testing.T) {
	tests := []struct{ src, want string }{
		{"a", "a"}, {"f( )", "f()"}, {"f(1,x:-2,)", "f(1, x: -2)"}, {"[1 ,[ ],1_000, .5]", "[1, [], 1_000, .5]"},
		{"(a->b( ), c)", "(a -> b(), c)"}, {"-(1+2)*--3%\"é\\n\"", "-(1 + 2) * --3 % \"é\\n\""}, {"true-false", "true - false"},
	}
	for _, tt := range tests {
		x := mustParse(t, "const a = "+tt.src).Decls[0].Const.Value
		if got := x.String(); got != tt.want {
			t.Errorf("%s is written %s, want %s", tt.src, got, tt.want)
		}
		if again := mustParse(t, "const a = "+x.String()).Decls[0].Const.Value; dump(again) != dump(x) {
			t.Errorf("%s is read again as %s", dump(x), dump(again))
		}
	}
	x := mustParse(t, "const a = [b, c()]").Decls[0].Const.Value
	if x.Ident() != "" || x.Items[0].Ident() != "b" || x.Items[1].Ident() != "" {
		t.Error("Ident takes something else for a name")
	}
}

// tenThousandLines is a file of at least 10,000 lines.
func tenThousandLines() string {
	var b strings.Builder
	for i := range 500 {
		fmt.Fprintf(&b, "%s", strings.NewReplacer("Two", fmt.Sprint("Two", i), "model M", fmt.Sprint("model M", i)).Replace(layout))
	}
	return b.String()
}

// TestSpeed holds that time grows with the size of the file and no faster: a
// quadratic step would take minutes here.
func TestSpeed(t *testing.T) {
	src := tenThousandLines()
	if n := strings.Count(src, "\n"); n < 10_000 {
		t.Fatalf("%d lines only", n)
	}
	at := strings.Index(src, "model M490")
	broken := src[:at] + strings.Replace(src[at:], "metric mae", "metric mae 3", 10)
	for name, src := range map[string]string{"right": src, "with ten errors": broken} {
		start := time.Now()
		Parse("t.nn", []byte(src))
		took := time.Since(start)
		t.Logf("10,000 lines %s: %v", name, took)
		if took > 5*time.Second {
			t.Errorf("10,000 lines %s took %v", name, took)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	src := []byte(tenThousandLines())
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, ds := Parse("t.nn", src); len(ds) > 0 {
			b.Fatal(ds.Err())
		}
	}
}

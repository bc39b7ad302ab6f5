package op_test

// The definitions as documentation: names are unique, nothing is empty, every example is one.

import (
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/dsl"
)

func TestDefinitions(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range op.All {
		name := string(d.Kind) + " " + d.Name
		if seen[name] {
			t.Errorf("%s is defined twice", name)
		}
		seen[name] = true
		if op.Lookup(d.Kind, d.Name) != d {
			t.Errorf("%s is not what Lookup finds", name)
		}
		for field, text := range map[string]string{"Doc": d.Doc, "Formula": d.Formula, "Source": d.Source, "Example": d.Example} {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s has no %s", name, field)
			}
		}
		if !strings.HasSuffix(d.Doc, ".") && !strings.HasSuffix(d.Doc, ")") {
			t.Errorf("%s: Doc has no end", name)
		}
		args := map[string]bool{}
		for _, a := range d.Args {
			if a.Doc == "" || args[a.Name] || a.Required && a.Default != nil || a.Type == op.Word && len(a.Words) == 0 {
				t.Errorf("%s: argument %s has no doc, is declared twice, is required with a default, or a word without words", name, a.Name)
			}
			args[a.Name] = true
			if a.Vector != (a.Name == "bias_init") {
				t.Errorf("%s: argument %s sets a vector, and so it should: %v", name, a.Name, !a.Vector)
			}
		}
		built := map[op.Kind]bool{
			op.Layer: d.Layer != nil, op.Loss: d.Loss != nil, op.Penalty: d.Penalty != nil, op.Optimizer: d.Optimizer != nil,
			op.Schedule: d.Schedule != nil, op.Initialiser: d.Init != nil, op.MetricKind: d.Metric != nil,
		}
		for kind, has := range built {
			if has != (kind == d.Kind) {
				t.Errorf("%s: its %s function is %v", name, kind, has)
			}
		}
		switch d.Kind {
		case op.Layer, op.Loss:
			if len(d.Shapes) == 0 {
				t.Errorf("%s has no shapes", name)
			}
			fallthrough
		case op.Penalty, op.Optimizer, op.Schedule:
			if len(d.Cases) == 0 {
				t.Errorf("%s has no test cases", name)
			}
		case op.MetricKind:
			if len(d.Shapes) == 0 {
				t.Errorf("%s has no shapes", name)
			}
		}
		for _, c := range d.Cases {
			if called, _, _ := strings.Cut(c.Call, "("); called != d.Name {
				t.Errorf("%s has a case of %s", name, called)
			}
		}
	}
}

// TestExamples parses the example of every definition and binds every call of an operator in it; the operator itself is
// one of them.
func TestExamples(t *testing.T) {
	items := map[op.Kind]string{op.Loss: "loss ", op.Penalty: "loss ", op.Optimizer: "optimizer ", op.Schedule: "optimizer ", op.MetricKind: "metric "}
	for _, d := range op.All {
		lines := "\tlayers {\n\t\t" + d.Example + "\n\t}\n"
		if prefix, item := items[d.Kind]; item {
			if !strings.HasPrefix(d.Example, prefix) {
				t.Errorf("%s %s: the example does not start with %s", d.Kind, d.Name, prefix)
			}
			lines = "\t" + d.Example + "\n"
		}
		file, list := dsl.Parse("example.nn", []byte("model M {\n"+lines+"}\n"))
		if len(list) > 0 {
			t.Errorf("%s %s: %v", d.Kind, d.Name, list)
			continue
		}
		e := &example{t: t, want: d}
		item := file.Decls[0].Model.Items[0]
		switch {
		case item.Layers != nil:
			e.pipe(item.Layers.Stmts[0].Pipe, op.Layer)
		case item.Loss != nil:
			e.pipe(item.Loss, d.Kind)
		case item.Metric != nil:
			e.pipe(item.Metric, d.Kind)
		case item.Optimizer != nil:
			e.call(item.Optimizer, op.Optimizer)
		}
		if !e.found {
			t.Errorf("%s %s does not stand in its example %q", d.Kind, d.Name, d.Example)
		}
	}
}

// example walks the syntax tree of an example.
type example struct {
	t     *testing.T
	want  *op.Def
	found bool
}

func (e *example) pipe(p *dsl.Pipe, kind op.Kind) {
	e.expr(p.Head, kind)
	for _, c := range p.Calls {
		e.call(c, kind)
	}
}

func (e *example) expr(x *dsl.Expr, kind op.Kind) {
	switch x.Kind {
	case dsl.CallExpr:
		e.call(x.Call, kind)
	case dsl.TupleExpr:
		for _, p := range x.Pipes {
			e.pipe(p, kind)
		}
	case dsl.BinaryExpr:
		e.found = e.found || x.Op == e.want.Name
		e.expr(x.X, kind)
		e.expr(x.Y, kind)
	}
}

func (e *example) call(c *dsl.Call, kind op.Kind) {
	d := op.Lookup(kind, c.Name)
	if d == nil { // a value's name
		return
	}
	if _, list := op.Bind(d, c.Span, raw(e.t, c).Args); len(list) > 0 {
		e.t.Errorf("%s %s: %v", e.want.Kind, e.want.Name, list)
	}
	e.found = e.found || d == e.want
	for _, a := range c.Args { // schedules and initialisers
		if name := a.Value.Call; name != nil {
			e.found = e.found || name.Name == e.want.Name
		}
	}
}

func TestText(t *testing.T) {
	got := op.Text(op.Lookup(op.Optimizer, "adam"))
	for _, want := range []string{
		"optimizer adam(lr: 0.001, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0, amsgrad: false, clip_norm:, clip_value:)\n",
		"\n  clip_norm: a number above 0; none unless given\n",
		"\nFormula\n  g += weight_decay·θ\n",
		"\nExample\n  optimizer adam(lr: 0.001)\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the text of adam lacks %q:\n%s", want, got)
		}
	}
	for _, d := range op.All {
		text := op.Text(d)
		for line := range strings.SplitSeq(text, "\n") {
			long := len([]rune(line)) > 80 && strings.Contains(strings.TrimSpace(line), " ")
			if long && !strings.HasPrefix(text, line) || strings.TrimRight(line, " ") != line {
				t.Errorf("%s: a line is too long or ends in a space: %q", d.Name, line)
			}
		}
	}
}

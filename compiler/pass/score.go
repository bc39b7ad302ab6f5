package pass

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// losses builds the loss lines and adds them up. Penalties come last, when all weights are there: a layer on a loss line may
// have some.
func (b *builder) losses() {
	var data, penalties []*scored
	faults := false
	for _, it := range b.m.losses {
		switch s := b.scoreLine(it, it.Loss); {
		case s == nil:
			faults = true
		case s.args.Def.Kind == op.Penalty:
			penalties = append(penalties, s)
		default:
			data = append(data, s)
		}
	}
	var terms []*ir.Value
	for _, s := range slices.Concat(data, penalties) {
		term, err := b.term(s)
		if err != nil {
			b.failed(err, s.args, s.values())
			faults = true
			continue
		}
		if term.Name == "" && term.Def != nil {
			term.Name = s.src.Name
		}
		terms = append(terms, term)
		b.labels(s)
	}
	if len(terms) == 0 || faults {
		return
	}
	b.out.Loss = terms[0]
	if len(terms) > 1 {
		text := fmt.Sprintf("the sum of %d losses", len(terms))
		at := b.m.losses[0].Span
		b.ops.Src = &ir.Src{Span: at, Text: text, Name: "loss", Line: &ir.Line{Span: at, Text: text}}
		b.out.Loss = b.ops.Sum(terms...)
		b.ops.Src = nil
	}
	b.out.Loss.Name = "loss"
}

// term builds one loss line as a scalar.
func (b *builder) term(s *scored) (*ir.Value, error) {
	b.ops.Src, b.ops.Name = s.src, s.src.Name
	defer func() { b.ops.Src = nil }()
	if s.args.Def.Kind == op.Penalty {
		return op.BuildPenalty(b.ops, s.args)
	}
	return op.BuildLoss(b.ops, s.y, s.target, s.args)
}

// labels notes that an output is compared with a class target: it then has classes, whose names the target has.
func (b *builder) labels(s *scored) {
	if s.target == nil || s.target.Port == nil || s.target.Port.Classes == 0 {
		return
	}
	for _, o := range b.out.Outputs {
		n := o.Value.Shape[len(o.Value.Shape)-1]
		if o.Value == s.y && o.Classes == 0 && (n == s.target.Port.Classes || n == 1 && s.target.Port.Classes == 2) {
			o.Classes, o.Target = s.target.Port.Classes, s.target.Port
		}
	}
}

// metrics builds the metric lines.
func (b *builder) metrics() {
	for _, it := range b.m.metrics {
		s := b.scoreLine(it, it.Metric)
		if s == nil {
			continue
		}
		m, err := op.BuildMetric(s.y, s.target, s.args)
		if err != nil {
			b.failed(err, s.args, s.values())
			continue
		}
		m.Output, m.Target, m.Src = s.y, s.target, s.src
		if !b.isOutput(s.y) {
			b.add(diag.BadLoss, it.Span, "compare an output of the model", "a metric measures an output of the model, and this is none")
			continue
		}
		if s.target.Port == nil || !s.target.Port.Target {
			b.add(diag.BadLoss, it.Span, "declare a target", "a metric compares with a target, and this is none")
			continue
		}
		if len(b.out.Outputs) > 1 {
			for _, old := range b.out.Metrics {
				if old.Name == m.Name {
					m.Name = s.y.Name + "." + m.Name
					break
				}
			}
		}
		for _, old := range b.out.Metrics {
			if old.Name == m.Name {
				b.add(diag.DuplicateItem, it.Span, "delete one of them", "the metric %s stands twice", m.Name).note(old.Src.Line.Span, "the first is here")
			}
		}
		b.out.Metrics = append(b.out.Metrics, m)
	}
}

func (b *builder) isOutput(v *ir.Value) bool {
	for _, o := range b.out.Outputs {
		if o.Value == v {
			return true
		}
	}
	return false
}

// scored is a loss or metric line ready to be built.
type scored struct {
	y, target *ir.Value // nil of a penalty
	args      *op.Args
	src       *ir.Src
}

func (s *scored) values() []*ir.Value {
	if s.y == nil {
		return nil
	}
	return []*ir.Value{s.y, s.target}
}

// scoreLine finds what a loss or metric line compares; nil where there is a fault.
func (b *builder) scoreLine(it *dsl.Item, p *dsl.Pipe) *scored {
	text := it.Keyword + " " + p.String()
	b.line, b.made = &ir.Line{Span: it.Span, Text: text}, len(b.ops.Nodes)
	defer func() { b.line = nil }()
	last := p.Head.Call
	if n := len(p.Calls); n > 0 {
		last = p.Calls[n-1]
	}
	def := b.p.calls[last].def
	if def == nil || def.Kind == op.Layer {
		return nil
	}
	s := &scored{args: b.bind(def, last, last.Args)}
	name := b.layerName(def.Name, nil, last.Span)
	s.src = &ir.Src{Span: last.Span, Text: text, Name: name, Line: b.line, Formula: op.Equation(def), Gradient: op.Derivative(def)}
	if def.Kind == op.Penalty {
		if s.args == nil {
			return nil
		}
		return s
	}

	var f flow
	var only flow // what a line that starts with a layer, or with the loss, starts from
	if len(b.out.Outputs) == 1 {
		only.vals = []*ir.Value{b.out.Outputs[0].Value}
	}
	faulty := len(b.out.Outputs) == 0 || len(b.out.Targets) < len(b.m.targets)
	if len(p.Calls) == 0 {
		f = only
	} else {
		if p.Head.Kind == dsl.CallExpr && b.p.refs[p.Head.Call] == nil && !b.p.wrong[p.Head.Call] && len(b.out.Outputs) > 1 {
			b.add(diag.NeedsStart, p.Head.Span, b.pairHelp(last), "the model has %d outputs: say which flows into %s", len(b.out.Outputs), p.Head.Call.Name)
			return nil
		}
		f = b.head(p.Head, only)
		for _, c := range p.Calls[:len(p.Calls)-1] {
			f = b.layer(c, f)
		}
	}
	switch {
	case f.unknown || faulty && len(f.vals) < 2:
		return nil
	case len(f.vals) == 2:
		s.y, s.target = f.vals[0], f.vals[1]
	case len(f.vals) == 1 && len(b.m.targets) == 1:
		s.y, s.target = f.vals[0], b.out.Targets[0]
	case len(f.vals) > 2:
		b.add(diag.BadLoss, p.Span, b.pairHelp(last), "%s compares two values, an output and a target, not %d", last.Name, len(f.vals))
		return nil
	case len(b.m.targets) == 0:
		b.add(diag.NeedsStart, last.Span, "declare a target, or give a pair: "+b.pairHelp(last), "the model has no target that %s could compare with", last.Name)
		return nil
	default:
		b.add(diag.NeedsStart, last.Span, b.pairHelp(last), "the model has %s and %s: say which %s compares", plural(len(b.out.Outputs), "output"), plural(len(b.m.targets), "target"), last.Name)
		return nil
	}
	b.flows(last.Span, flow{vals: s.values()}, flow{})
	if s.args == nil {
		return nil
	}
	b.line.In = flow{vals: s.values()}.text()
	return s
}

// pairHelp shows how a pair is written.
func (b *builder) pairHelp(c *dsl.Call) string {
	y, t := "output", "target"
	if len(b.out.Outputs) > 0 && b.out.Outputs[0].Name != "" {
		y = b.out.Outputs[0].Name
	}
	if len(b.m.targets) > 0 {
		t = b.m.targets[0].port.Name
	}
	return fmt.Sprintf("write (%s, %s) -> %s", y, t, c.Name)
}

// cutHelp parts a reason into what is wrong and what to do about it.
func cutHelp(reason string) (what, help string) {
	what, help, _ = strings.Cut(reason, "; ")
	return what, help
}

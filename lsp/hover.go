package lsp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/compiler/pass"
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// hover says what stands at a place: the shapes that flow there, then what it is.
func (s *server) hover(p placeParams) (*hover, error) {
	snap, off, err := s.place(p)
	if err != nil {
		return nil, err
	}
	text, at := snap.explain(off)
	if text == "" {
		return nil, nil
	}
	s.mu.Lock()
	formats := s.client.TextDocument.Hover.ContentFormat
	s.mu.Unlock()
	where := snap.span(at)
	return &hover{*markup(formats, text, plain(text)), &where}, nil
}

// explain gives the text for a place, as Markdown, and what it is about; "" where there is nothing to say.
func (s *snapshot) explain(off int) (string, diag.Span) {
	around := findSpot(s.parsed().best, off)
	if n, at := s.nameAt(off); n != nil {
		flows := n.Span
		if c := around.call(); n.Kind.Called() && c != nil && c.NameSpan == at {
			flows = c.Span
		}
		return joined(s.shapes(flows), nameText(n)), at
	}
	if c := around.call(); c != nil && touches(c.NameSpan, off) {
		return s.explainCall(around, c)
	}
	if a := around.arg; a != nil && touches(a.NameSpan, off) {
		if def := s.definitionOf(around.calls, len(around.calls)-1); def != nil {
			if d := argOf(def, around.call(), a); d != nil {
				return argumentText(d), a.NameSpan
			}
			if a.Name == nameArgument {
				return nameArgumentDoc, a.NameSpan
			}
		}
	}
	if x := around.sign; x != nil {
		return s.shapes(x.OpSpan), x.OpSpan
	}
	if t := around.setting; t != nil && touches(t.NameSpan, off) {
		for _, d := range pass.Settings() {
			if d.Name == t.Name {
				return settingText(&d), t.NameSpan
			}
		}
	}
	if it := around.item; it != nil && touches(it.KeywordSpan, off) {
		for _, k := range items {
			if k.word == it.Keyword {
				return fmt.Sprintf("`%s`: %s", k.word, k.doc), it.KeywordSpan
			}
		}
	}
	return "", diag.Span{}
}

// explainCall explains what is called, or the word that an argument is.
func (s *snapshot) explainCall(around spot, c *dsl.Call) (string, diag.Span) {
	if it := around.item; it != nil && it.Data != nil {
		if d := findSource(c.Name); d != nil {
			return sourceText(d), c.NameSpan
		}
		return "", diag.Span{}
	}
	if def := s.definitionOf(around.calls, len(around.calls)-1); def != nil {
		return joined(s.shapes(c.Span), operatorText(def)), c.NameSpan
	}
	if c.Name == classType.word && around.item != nil && (around.item.Input != nil || around.item.Target != nil) {
		return fmt.Sprintf("`%s`: %s", c, classType.doc), c.NameSpan
	}
	return "", diag.Span{}
}

// definitionOf gives the operator that call i of some, each in an argument of the one before, calls; nil where it is none.
func (s *snapshot) definitionOf(calls []*dsl.Call, i int) *op.Def {
	c := calls[i]
	if def := s.names().program.Operator(c); def != nil {
		return def
	}
	if i == 0 {
		return nil
	}
	outer := s.definitionOf(calls, i-1)
	if outer == nil {
		return nil
	}
	k := slices.IndexFunc(calls[i-1].Args, func(a *dsl.Arg) bool { return a.Value.Kind == dsl.CallExpr && a.Value.Call == c })
	if k < 0 {
		return nil
	}
	switch a := argOf(outer, calls[i-1], calls[i-1].Args[k]); {
	case a == nil:
	case a.Type == op.Init:
		return op.Lookup(op.Initialiser, c.Name)
	case a.Type == op.Rate:
		return op.Lookup(op.Schedule, c.Name)
	}
	return nil
}

// argOf gives the definition of an argument; nil where there is none.
func argOf(def *op.Def, c *dsl.Call, a *dsl.Arg) *op.Arg {
	i := slices.Index(c.Args, a)
	if a.Name != "" {
		i = slices.IndexFunc(def.Args, func(d op.Arg) bool { return d.Name == a.Name })
	}
	if i < 0 || i >= len(def.Args) {
		return nil
	}
	return &def.Args[i]
}

// maxShapes is how many different shapes are shown of a place that is expanded several times.
const maxShapes = 5

// shapes writes what flows at a place; "" where that is not known.
func (s *snapshot) shapes(at diag.Span) string {
	type row struct{ shapes, path string }
	var rows []row
	more := 0
	for _, f := range s.built().flows {
		if f.Span != at {
			continue
		}
		r := row{flowText(f), f.Path}
		if i := slices.IndexFunc(rows, func(old row) bool { return old.shapes == r.shapes }); i >= 0 {
			continue
		}
		if len(rows) == maxShapes {
			more++
			continue
		}
		rows = append(rows, r)
	}
	var lines []string
	for _, r := range rows {
		line := "`" + r.shapes + "`"
		if len(rows) > 1 && r.path != "" {
			line += " in " + r.path
		}
		lines = append(lines, line)
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "  \n") // two blanks break a line of Markdown
}

func flowText(f pass.Flow) string {
	switch {
	case len(f.In) == 0:
		return valuesText(f.Out)
	case len(f.Out) == 0:
		return valuesText(f.In)
	}
	return valuesText(f.In) + " -> " + valuesText(f.Out)
}

func valuesText(values []*ir.Value) string {
	var texts []string
	for _, v := range values {
		if v == nil {
			texts = append(texts, "?")
			continue
		}
		text := ir.ShapeText(v.Shape)
		if v.Port != nil && v.Port.Classes > 0 {
			text += fmt.Sprintf("class(%d)", v.Port.Classes)
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}

// joined puts paragraphs together, without the empty ones.
func joined(paragraphs ...string) string {
	return strings.Join(slices.DeleteFunc(paragraphs, func(p string) bool { return p == "" }), "\n\n")
}

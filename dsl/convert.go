package dsl

import (
	"strings"

	"github.com/alecthomas/participle/v2/lexer"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// A converter makes the public tree from participle's.
type converter struct {
	src *scanner
}

// span returns where tokens stand, from the first to the end of the last.
func span(toks []lexer.Token) diag.Span {
	if last := len(toks) - 1; toks[last].Type == tokEnd {
		toks = toks[:last]
	}
	return tokenSpan(toks[0]).To(tokenSpan(toks[len(toks)-1]))
}

// tokenSpan returns where a token stands. The end of a statement and of the file
// take no room.
func tokenSpan(t lexer.Token) diag.Span {
	start := diag.Pos{Offset: t.Pos.Offset, Line: t.Pos.Line, Column: t.Pos.Column}
	end := start
	if t.Type != tokEnd && t.Type != tokEOF {
		end.Offset += len(t.Value)
		end.Column += len(t.Value)
	}
	return diag.Span{File: t.Pos.Filename, Start: start, End: end}
}

// doc returns the comment lines directly above the line that tok starts, without
// their slashes, or "" where tok does not start its line.
func (c *converter) doc(tok lexer.Token) string {
	lineStart := tok.Pos.Offset - tok.Pos.Column + 1
	if strings.TrimLeft(c.src.src[lineStart:tok.Pos.Offset], " \t") != "" {
		return ""
	}
	first := tok.Pos.Line
	for c.src.comments[first-1].alone {
		first--
	}
	var lines []string
	for line := first; line < tok.Pos.Line; line++ {
		lines = append(lines, strings.TrimPrefix(c.src.comments[line].text, " "))
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

func (c *converter) decl(r *rawDecl) *Decl {
	doc := c.doc(r.Tokens[0])
	d := &Decl{Span: span(r.Tokens)}
	switch {
	case r.Const != nil:
		d.Const = c.binding(r.Const, doc)
	case r.Param != nil:
		d.Param = c.binding(r.Param, doc)
	case r.Block != nil:
		d.Block = c.block(r.Block, doc)
	case r.Model != nil:
		d.Model = c.model(r.Model, doc)
	}
	return d
}

func (c *converter) binding(r *rawBinding, doc string) *Binding {
	return &Binding{Span: span(r.Tokens), Doc: doc, Name: r.Name.Value, NameSpan: tokenSpan(r.Name), Value: r.Value.node}
}

func (c *converter) block(r *rawBlock, doc string) *Block {
	b := &Block{Span: span(r.Tokens), Doc: doc, Name: r.Name.Value, NameSpan: tokenSpan(r.Name), Body: r.Body.node}
	for _, in := range r.Inputs {
		b.Inputs = append(b.Inputs, &Ident{Span: tokenSpan(in.Name), Name: in.Name.Value})
	}
	for _, p := range r.Params {
		param := &BlockParam{Span: span(p.Tokens), Name: p.Name.Value, NameSpan: tokenSpan(p.Name)}
		if p.Default != nil {
			param.Default = p.Default.node
		}
		b.Params = append(b.Params, param)
	}
	return b
}

func (c *converter) model(r *rawModel, doc string) *Model {
	m := &Model{Span: span(r.Tokens), Doc: doc, Name: r.Name.Value, NameSpan: tokenSpan(r.Name)}
	for _, item := range r.Items {
		m.Items = append(m.Items, c.item(item))
	}
	return m
}

func (c *converter) item(r *rawItem) *Item {
	doc := c.doc(r.Tokens[0])
	item := &Item{Span: span(r.Tokens), Keyword: r.Tokens[0].Value, KeywordSpan: tokenSpan(r.Tokens[0])}
	switch {
	case r.Const != nil:
		item.Const = c.binding(r.Const, doc)
	case r.Param != nil:
		item.Param = c.binding(r.Param, doc)
	case r.Input != nil:
		item.Input = c.port(r.Input, doc)
	case r.Target != nil:
		item.Target = c.port(r.Target, doc)
	case r.Shared != nil:
		item.Shared = c.shared(r.Shared, doc)
	case r.Layers != nil:
		item.Layers = r.Layers.node
	case r.Loss != nil:
		item.Loss = r.Loss.node
	case r.Metric != nil:
		item.Metric = r.Metric.node
	case r.Optimizer != nil:
		item.Optimizer = r.Optimizer.node
	case r.Data != nil:
		item.Data = r.Data.node
	case r.Train != nil:
		item.Train = r.Train.node
	}
	return item
}

func (c *converter) port(r *rawPort, doc string) *Port {
	p := &Port{Span: span(r.Tokens), Doc: doc, Name: r.Name.Value, NameSpan: tokenSpan(r.Name)}
	if r.Dims != nil {
		p.HasDims, p.DimsSpan = true, span(r.Dims.Tokens)
		for _, d := range r.Dims.Items {
			p.Dims = append(p.Dims, d.node)
		}
	}
	if r.Elem != nil {
		p.Elem = r.Elem.node
	}
	return p
}

func (c *converter) shared(r *rawShared, doc string) *Shared {
	s := &Shared{Span: span(r.Tokens), Doc: doc, Name: r.Name.Value, NameSpan: tokenSpan(r.Name)}
	if r.Pipe != nil {
		s.Pipe = r.Pipe.node
	} else {
		s.Body = r.Body.node
	}
	return s
}

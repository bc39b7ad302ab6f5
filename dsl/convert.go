package dsl

import (
	"fmt"
	"strconv"
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
	return &Binding{Span: span(r.Tokens), Doc: doc, Name: r.Name.Value, NameSpan: tokenSpan(r.Name), Value: c.expr(r.Value)}
}

func (c *converter) block(r *rawBlock, doc string) *Block {
	b := &Block{Span: span(r.Tokens), Doc: doc, Name: r.Name.Value, NameSpan: tokenSpan(r.Name), Body: c.body(r.Body)}
	for _, in := range r.Inputs {
		b.Inputs = append(b.Inputs, &Ident{Span: tokenSpan(in.Name), Name: in.Name.Value})
	}
	for _, p := range r.Params {
		param := &BlockParam{Span: span(p.Tokens), Name: p.Name.Value, NameSpan: tokenSpan(p.Name)}
		if p.Default != nil {
			param.Default = c.expr(p.Default)
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
		item.Layers = c.body(r.Layers)
	case r.Loss != nil:
		item.Loss = c.pipe(r.Loss)
	case r.Metric != nil:
		item.Metric = c.pipe(r.Metric)
	case r.Optimizer != nil:
		item.Optimizer = c.call(r.Optimizer)
	case r.Data != nil:
		item.Data = c.call(r.Data)
	case r.Train != nil:
		item.Train = c.settings(r.Train)
	}
	return item
}

func (c *converter) port(r *rawPort, doc string) *Port {
	p := &Port{Span: span(r.Tokens), Doc: doc, Name: r.Name.Value, NameSpan: tokenSpan(r.Name)}
	if r.Dims != nil {
		p.HasDims, p.DimsSpan = true, span(r.Dims.Tokens)
		p.Dims = c.exprs(r.Dims.Items)
	}
	if r.Elem != nil {
		p.Elem = c.call(r.Elem)
	}
	return p
}

func (c *converter) shared(r *rawShared, doc string) *Shared {
	s := &Shared{Span: span(r.Tokens), Doc: doc, Name: r.Name.Value, NameSpan: tokenSpan(r.Name)}
	if r.Pipe != nil {
		s.Pipe = c.pipe(r.Pipe)
	} else {
		s.Body = c.body(r.Body)
	}
	return s
}

func (c *converter) settings(r *rawSettings) *Settings {
	s := &Settings{Span: span(r.Tokens)}
	for _, i := range r.Items {
		s.Items = append(s.Items, &Setting{Span: span(i.Tokens), Name: i.Name.Value, NameSpan: tokenSpan(i.Name), Value: c.expr(i.Value)})
	}
	return s
}

func (c *converter) body(r *rawBody) *Body {
	b := &Body{Span: span(r.Tokens)}
	for _, s := range r.Stmts {
		b.Stmts = append(b.Stmts, c.stmt(s))
	}
	return b
}

func (c *converter) stmt(r *rawStmt) *Stmt {
	s := &Stmt{Span: span(r.Tokens)}
	if r.Repeat != nil {
		s.Repeat = c.repeat(r.Repeat)
		return s
	}
	if r.Name != nil {
		s.Name, s.NameSpan = r.Name.Value, tokenSpan(*r.Name)
	}
	s.Pipe = c.pipe(r.Pipe)
	return s
}

func (c *converter) repeat(r *rawRepeat) *Repeat {
	rep := &Repeat{Span: span(r.Tokens), Over: c.expr(r.Over), Body: c.body(r.Body)}
	if r.Var != nil {
		rep.Var, rep.VarSpan = r.Var.Value, tokenSpan(*r.Var)
	}
	return rep
}

func (c *converter) pipe(r *rawPipe) *Pipe {
	p := &Pipe{Span: span(r.Tokens), Head: c.expr(r.Head)}
	for _, call := range r.Calls {
		p.Calls = append(p.Calls, c.call(call))
	}
	return p
}

func (c *converter) call(r *rawCall) *Call {
	call := &Call{Span: span(r.Tokens), Name: r.Name.Value, NameSpan: tokenSpan(r.Name), Parens: r.Parens}
	for _, a := range r.Args {
		arg := &Arg{Span: span(a.Tokens), Value: c.expr(a.Value)}
		if a.Name != nil {
			arg.Name, arg.NameSpan = a.Name.Value, tokenSpan(*a.Name)
		}
		call.Args = append(call.Args, arg)
	}
	return call
}

func (c *converter) exprs(rs []*rawExpr) []*Expr {
	var xs []*Expr
	for _, r := range rs {
		xs = append(xs, c.expr(r))
	}
	return xs
}

// expr and product turn the ladder of precedence into binary nodes that group to
// the left.
func (c *converter) expr(r *rawExpr) *Expr {
	x := c.product(r.Left)
	for _, rest := range r.Rest {
		x = binary(x, rest.Op, c.product(rest.Right))
	}
	return x
}

func (c *converter) product(r *rawMul) *Expr {
	x := c.unary(r.Left)
	for _, rest := range r.Rest {
		x = binary(x, rest.Op, c.unary(rest.Right))
	}
	return x
}

func binary(x *Expr, op lexer.Token, y *Expr) *Expr {
	return &Expr{Span: x.Span.To(y.Span), Kind: BinaryExpr, Op: op.Value, OpSpan: tokenSpan(op), X: x, Y: y}
}

func (c *converter) unary(r *rawUnary) *Expr {
	if r.Op == nil {
		return c.primary(r.Primary)
	}
	x := c.unary(r.Operand)
	op := tokenSpan(*r.Op)
	return &Expr{Span: op.To(x.Span), Kind: UnaryExpr, Op: r.Op.Value, OpSpan: op, X: x}
}

func (c *converter) primary(r *rawPrimary) *Expr {
	x := &Expr{Span: span(r.Tokens)}
	switch {
	case r.Int != nil, r.Float != nil:
		x.Kind, x.IsInt, x.Text = NumberExpr, r.Int != nil, r.Tokens[0].Value
		n, err := strconv.ParseFloat(strings.ReplaceAll(x.Text, "_", ""), 64)
		if err != nil {
			panic(fmt.Sprintf("dsl: the lexer let the number %q pass: %v", x.Text, err))
		}
		x.Number = n
	case r.Str != nil:
		x.Kind, x.Text = StringExpr, r.Tokens[0].Value
		s, err := strconv.Unquote(x.Text)
		if err != nil {
			panic(fmt.Sprintf("dsl: the lexer let the string %s pass: %v", x.Text, err))
		}
		x.Str = s
	case r.Bool != nil:
		x.Kind, x.Bool = BoolExpr, *r.Bool == "true"
	case r.Call != nil:
		x.Kind, x.Call = CallExpr, c.call(r.Call)
	case r.List != nil:
		x.Kind, x.Items = ListExpr, c.exprs(r.List.Items)
	default:
		x.Kind = TupleExpr
		for _, p := range r.Tuple {
			x.Pipes = append(x.Pipes, c.pipe(p))
		}
	}
	return x
}

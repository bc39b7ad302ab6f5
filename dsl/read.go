package dsl

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// What participle meets in the grammar as one of these, it has read by hand: straight
// into the public tree.
type (
	rawBody     struct{ node *Body }
	rawSettings struct{ node *Settings }
	rawPipe     struct{ node *Pipe }
	rawCall     struct{ node *Call }
	rawExpr     struct{ node *Expr }
)

// Parse implements participle.Parseable, as the methods below do.
func (r *rawBody) Parse(lex *lexer.PeekingLexer) (err error) {
	if !isOp(*lex.Peek(), "{") {
		return participle.NextMatch
	}
	r.node, err = (&reader{lex: lex}).body()
	return err
}

func (r *rawSettings) Parse(lex *lexer.PeekingLexer) (err error) {
	if !isOp(*lex.Peek(), "{") {
		return participle.NextMatch
	}
	r.node, err = (&reader{lex: lex}).settings()
	return err
}

func (r *rawPipe) Parse(lex *lexer.PeekingLexer) (err error) {
	if !startsOperand(*lex.Peek()) {
		return participle.NextMatch
	}
	r.node, err = (&reader{lex: lex}).pipe()
	return err
}

func (r *rawCall) Parse(lex *lexer.PeekingLexer) (err error) {
	if lex.Peek().Type != tokIdent {
		return participle.NextMatch
	}
	r.node, err = (&reader{lex: lex}).call()
	return err
}

func (r *rawExpr) Parse(lex *lexer.PeekingLexer) (err error) {
	if !startsOperand(*lex.Peek()) {
		return participle.NextMatch
	}
	r.node, err = (&reader{lex: lex}).expr()
	return err
}

// A reader reads by recursive descent, a method a production. The grammar is LL(1)
// but for three decisions that need a second token: a named statement (name =), a
// repeat variable (name in) and a named argument (name :). How deep it goes is
// bounded by the lexer's limits on brackets and signs. An error is the token that the
// grammar does not allow.
type reader struct {
	lex  *lexer.PeekingLexer
	last diag.Span // of the token that was read last, the ends of statements left out
}

// next reads a token.
func (r *reader) next() lexer.Token {
	t := *r.lex.Next()
	if t.Type != tokEnd {
		r.last = tokenSpan(t)
	}
	return t
}

// at says whether a bracket, sign or arrow comes next.
func (r *reader) at(op string) bool {
	t := r.lex.Peek()
	return t.Type == tokOp && t.Value == op
}

// take reads a bracket, sign or arrow if it comes next.
func (r *reader) take(op string) bool {
	if !r.at(op) {
		return false
	}
	r.next()
	return true
}

// want reads a bracket, sign or arrow that must come next.
func (r *reader) want(op string) error {
	if !r.take(op) {
		return r.unexpected()
	}
	return nil
}

func (r *reader) unexpected() error {
	return &participle.UnexpectedTokenError{Unexpected: *r.lex.Peek()}
}

// end reads the end of a statement.
func (r *reader) end() error {
	if r.lex.Peek().Type != tokEnd {
		return r.unexpected()
	}
	r.next()
	return nil
}

// named reads a name if one comes next with a certain word or sign behind it.
func (r *reader) named(behind string) (name lexer.Token, ok bool) {
	if r.lex.Peek().Type != tokIdent {
		return name, false
	}
	before := r.lex.MakeCheckpoint()
	name = *r.lex.Next()
	if t := r.lex.Peek(); t.Value != behind || t.Type != tokOp && t.Type != tokIdent {
		r.lex.LoadCheckpoint(before)
		return name, false
	}
	r.next()
	return name, true
}

// start is where the next token stands.
func (r *reader) start() diag.Span { return tokenSpan(*r.lex.Peek()) }

// Body = "{" { Stmt end } "}" .
func (r *reader) body() (*Body, error) {
	from := r.start()
	if err := r.want("{"); err != nil {
		return nil, err
	}
	b := &Body{}
	for !r.take("}") {
		s, err := r.stmt()
		if err != nil {
			return nil, err
		}
		b.Stmts = append(b.Stmts, s)
	}
	b.Span = from.To(r.last)
	return b, nil
}

// Stmt = Repeat | [ ident "=" ] Pipe .
func (r *reader) stmt() (s *Stmt, err error) {
	from := r.start()
	s = &Stmt{}
	if t := r.lex.Peek(); t.Type == tokKeyword && t.Value == "repeat" {
		if s.Repeat, err = r.repeat(); err != nil {
			return nil, err
		}
	} else {
		if name, ok := r.named("="); ok {
			s.Name, s.NameSpan = name.Value, tokenSpan(name)
		}
		if s.Pipe, err = r.pipe(); err != nil {
			return nil, err
		}
	}
	s.Span = from.To(r.last)
	return s, r.end()
}

// Repeat = "repeat" [ ident "in" ] Expr Body .
func (r *reader) repeat() (s *Repeat, err error) {
	from := r.start()
	r.next()
	s = &Repeat{}
	if name, ok := r.named("in"); ok {
		s.Var, s.VarSpan = name.Value, tokenSpan(name)
	}
	if s.Over, err = r.expr(); err != nil {
		return nil, err
	}
	if s.Body, err = r.body(); err != nil {
		return nil, err
	}
	s.Span = from.To(r.last)
	return s, nil
}

// Settings = "{" { ident ":" Expr end } "}" .
func (r *reader) settings() (*Settings, error) {
	from := r.start()
	if err := r.want("{"); err != nil {
		return nil, err
	}
	s := &Settings{}
	for !r.take("}") {
		it, err := r.setting()
		if err != nil {
			return nil, err
		}
		s.Items = append(s.Items, it)
	}
	s.Span = from.To(r.last)
	return s, nil
}

func (r *reader) setting() (*Setting, error) {
	if r.lex.Peek().Type != tokIdent {
		return nil, r.unexpected()
	}
	name := r.next()
	s := &Setting{Name: name.Value, NameSpan: r.last}
	if err := r.want(":"); err != nil {
		return nil, err
	}
	value, err := r.expr()
	if err != nil {
		return nil, err
	}
	s.Value, s.Span = value, s.NameSpan.To(r.last)
	return s, r.end()
}

// Pipe = Expr { "->" Call } .
func (r *reader) pipe() (p *Pipe, err error) {
	from := r.start()
	p = &Pipe{}
	if p.Head, err = r.expr(); err != nil {
		return nil, err
	}
	for r.take("->") {
		c, err := r.call()
		if err != nil {
			return nil, err
		}
		p.Calls = append(p.Calls, c)
	}
	p.Span = from.To(r.last)
	return p, nil
}

// Call = ident [ "(" [ Args ] ")" ] .
func (r *reader) call() (*Call, error) {
	if r.lex.Peek().Type != tokIdent {
		return nil, r.unexpected()
	}
	name := r.next()
	c := &Call{Name: name.Value, NameSpan: r.last}
	if r.take("(") {
		c.Parens = true
		err := r.list(")", true, func() error {
			a, err := r.arg()
			c.Args = append(c.Args, a)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	c.Span = c.NameSpan.To(r.last)
	return c, nil
}

// list reads what stands between commas up to a closing bracket, of which the opening
// one is read. The last may have a comma behind it.
func (r *reader) list(closing string, mayBeEmpty bool, read func() error) error {
	if mayBeEmpty && r.take(closing) {
		return nil
	}
	for {
		if err := read(); err != nil {
			return err
		}
		if comma := r.take(","); r.take(closing) {
			return nil
		} else if !comma {
			return r.unexpected()
		}
	}
}

// Arg = [ ident ":" ] Expr .
func (r *reader) arg() (a *Arg, err error) {
	from := r.start()
	a = &Arg{}
	if name, ok := r.named(":"); ok {
		a.Name, a.NameSpan = name.Value, tokenSpan(name)
	}
	if a.Value, err = r.expr(); err != nil {
		return nil, err
	}
	a.Span = from.To(r.last)
	return a, nil
}

// Expr = Mul { ( "+" | "-" ) Mul } .
func (r *reader) expr() (*Expr, error) {
	return r.leftToRight(r.product, "+", "-")
}

// Mul = Unary { ( "*" | "/" | "%" ) Unary } .
func (r *reader) product() (*Expr, error) {
	return r.leftToRight(r.unary, "*", "/", "%")
}

// leftToRight reads operands between signs, which group to the left.
func (r *reader) leftToRight(operand func() (*Expr, error), signs ...string) (*Expr, error) {
	x, err := operand()
	if err != nil {
		return nil, err
	}
	for {
		t := r.lex.Peek()
		if t.Type != tokOp || !slices.Contains(signs, t.Value) {
			return x, nil
		}
		sign := r.next()
		at := r.last
		y, err := operand()
		if err != nil {
			return nil, err
		}
		x = &Expr{Span: x.Span.To(y.Span), Kind: BinaryExpr, Op: sign.Value, OpSpan: at, X: x, Y: y}
	}
}

// Unary = "-" Unary | Primary .
func (r *reader) unary() (*Expr, error) {
	if !r.take("-") {
		return r.primary()
	}
	at := r.last
	x, err := r.unary()
	if err != nil {
		return nil, err
	}
	return &Expr{Span: at.To(x.Span), Kind: UnaryExpr, Op: "-", OpSpan: at, X: x}, nil
}

// Primary = int | float | string | "true" | "false" | Call | List | "(" Pipe { "," Pipe } [ "," ] ")" .
func (r *reader) primary() (*Expr, error) {
	from := r.start()
	x := &Expr{Span: from}
	switch t := *r.lex.Peek(); {
	case t.Type == tokInt, t.Type == tokFloat:
		r.next()
		n, err := strconv.ParseFloat(strings.ReplaceAll(t.Value, "_", ""), 64)
		if err != nil {
			panic(fmt.Sprintf("dsl: the lexer let the number %q pass: %v", t.Value, err))
		}
		x.Kind, x.IsInt, x.Text, x.Number = NumberExpr, t.Type == tokInt, t.Value, n
	case t.Type == tokString:
		r.next()
		s, err := strconv.Unquote(t.Value)
		if err != nil {
			panic(fmt.Sprintf("dsl: the lexer let the string %s pass: %v", t.Value, err))
		}
		x.Kind, x.Text, x.Str = StringExpr, t.Value, s
	case t.Type == tokKeyword && (t.Value == "true" || t.Value == "false"):
		r.next()
		x.Kind, x.Bool = BoolExpr, t.Value == "true"
	case t.Type == tokIdent:
		c, err := r.call()
		if err != nil {
			return nil, err
		}
		x.Kind, x.Call = CallExpr, c
	case r.take("["):
		x.Kind = ListExpr
		err := r.list("]", true, func() error {
			y, err := r.expr()
			x.Items = append(x.Items, y)
			return err
		})
		if err != nil {
			return nil, err
		}
	case r.take("("):
		x.Kind = TupleExpr
		err := r.list(")", false, func() error {
			p, err := r.pipe()
			x.Pipes = append(x.Pipes, p)
			return err
		})
		if err != nil {
			return nil, err
		}
	default:
		return nil, r.unexpected()
	}
	x.Span = from.To(r.last)
	return x, nil
}

package dsl

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nnc-lang/nnc/dsl/diag"
)

// A File is a parsed .nn file. Every node below it has a Span that reaches from
// its first token to the end of its last.
type File struct {
	Name   string // as given to Parse
	Source []byte // the text, as given to Parse
	Span   diag.Span
	Decls  []*Decl

	lines []int // offset of each line's first byte
}

// A Decl is a declaration of the file; exactly one of its pointers is set.
type Decl struct {
	Span  diag.Span // with the keyword
	Const *Binding
	Param *Binding
	Block *Block
	Model *Model
}

// A Binding is what follows const or param: name = value.
type Binding struct {
	Span     diag.Span // without the keyword
	Doc      string
	Name     string
	NameSpan diag.Span
	Value    *Expr
}

// A Block declares a block of layers: (inputs) -> Name(params) { body }.
type Block struct {
	Span     diag.Span // without the keyword
	Doc      string
	Inputs   []*Ident // nil where the block takes the flow
	Name     string
	NameSpan diag.Span
	Params   []*BlockParam
	Body     *Body
}

// An Ident is a name that stands by itself.
type Ident struct {
	Span diag.Span
	Name string
}

// A BlockParam is a parameter of a block.
type BlockParam struct {
	Span     diag.Span
	Name     string
	NameSpan diag.Span
	Default  *Expr // nil where the parameter must be given
}

// A Model declares a model: Name { items }.
type Model struct {
	Span     diag.Span // without the keyword
	Doc      string
	Name     string
	NameSpan diag.Span
	Items    []*Item
}

// An Item is one item of a model; exactly one of its pointers is set.
type Item struct {
	Span        diag.Span // with the keyword
	Keyword     string    // "const", "param", "input" … "train"
	KeywordSpan diag.Span

	Const, Param    *Binding
	Input, Target   *Port
	Shared          *Shared
	Layers          *Body
	Loss, Metric    *Pipe
	Optimizer, Data *Call
	Train           *Settings
}

// A Port is an input or a target: name [dims] elem.
type Port struct {
	Span     diag.Span // without the keyword
	Doc      string
	Name     string
	NameSpan diag.Span
	HasDims  bool // whether there are brackets
	Dims     []*Expr
	DimsSpan diag.Span // the brackets, where HasDims
	Elem     *Call     // class(n), or nil
}

// A Shared declares a net with one set of weights, either as Name = pipe or as
// Name { body }; one of Pipe and Body is set.
type Shared struct {
	Span     diag.Span // without the keyword
	Doc      string
	Name     string
	NameSpan diag.Span
	Pipe     *Pipe
	Body     *Body
}

// Settings is the body of train.
type Settings struct {
	Span  diag.Span // the braces
	Items []*Setting
}

// A Setting is one line of Settings, name: value.
type Setting struct {
	Span     diag.Span
	Name     string
	NameSpan diag.Span
	Value    *Expr
}

// A Body is statements in braces.
type Body struct {
	Span  diag.Span // the braces
	Stmts []*Stmt
}

// A Stmt is one line of a body: either Repeat is set, or Pipe, which may have a
// name.
type Stmt struct {
	Span     diag.Span
	Repeat   *Repeat
	Name     string // "" where the line has none
	NameSpan diag.Span
	Pipe     *Pipe
}

// A Repeat is repeat n { … } or repeat i in list { … }.
type Repeat struct {
	Span    diag.Span
	Var     string // "" where there is none
	VarSpan diag.Span
	Over    *Expr
	Body    *Body
}

// A Pipe is head -> call -> call. A lone pipe in parentheses is grouping, several
// are a tuple; see Expr.
type Pipe struct {
	Span  diag.Span
	Head  *Expr
	Calls []*Call
}

// A Call is name or name(args): a layer, a loss, an optimizer, or a plain name.
type Call struct {
	Span     diag.Span
	Name     string
	NameSpan diag.Span
	Parens   bool // whether there are parentheses, maybe empty ones
	Args     []*Arg
}

// An Arg is an argument of a call, value or name: value.
type Arg struct {
	Span     diag.Span
	Name     string // "" where it is positional
	NameSpan diag.Span
	Value    *Expr
}

// An ExprKind says which fields of an Expr are set.
type ExprKind int

// The kinds of expression.
const (
	NumberExpr ExprKind = iota + 1 // Number, Text, IsInt
	StringExpr                     // Str, Text
	BoolExpr                       // Bool
	CallExpr                       // Call; a plain name is a Call without parentheses
	ListExpr                       // Items
	TupleExpr                      // Pipes; one pipe is grouping in parentheses
	UnaryExpr                      // Op ("-"), X
	BinaryExpr                     // Op ("+", "-", "*", "/", "%"), X, Y
)

// An Expr is an expression. Operators of equal precedence group to the left.
type Expr struct {
	Span diag.Span
	Kind ExprKind

	Number float64
	IsInt  bool   // whether the number was written as an integer
	Text   string // a number or string as it was written
	Str    string // the string's value
	Bool   bool
	Call   *Call
	Items  []*Expr
	Pipes  []*Pipe
	Op     string
	OpSpan diag.Span
	X, Y   *Expr
}

// Ident returns the name that the expression is, or "" if it is something else.
func (x *Expr) Ident() string {
	if x.Kind == CallExpr && !x.Call.Parens {
		return x.Call.Name
	}
	return ""
}

// String returns the expression in canonical form, on one line. Parentheses stand
// where the source has them.
func (x *Expr) String() string {
	switch x.Kind {
	case NumberExpr, StringExpr:
		return x.Text
	case BoolExpr:
		return strconv.FormatBool(x.Bool)
	case CallExpr:
		return x.Call.String()
	case ListExpr:
		return "[" + join(x.Items) + "]"
	case TupleExpr:
		return "(" + join(x.Pipes) + ")"
	case UnaryExpr:
		return x.Op + x.X.String()
	case BinaryExpr:
		return x.X.String() + " " + x.Op + " " + x.Y.String()
	}
	panic(fmt.Sprintf("dsl: expression of kind %d", x.Kind))
}

// String returns the pipe in canonical form, on one line.
func (p *Pipe) String() string {
	s := p.Head.String()
	for _, c := range p.Calls {
		s += " -> " + c.String()
	}
	return s
}

// String returns the call in canonical form, on one line.
func (c *Call) String() string {
	if !c.Parens {
		return c.Name
	}
	return c.Name + "(" + join(c.Args) + ")"
}

// String returns the argument in canonical form, on one line.
func (a *Arg) String() string {
	if a.Name == "" {
		return a.Value.String()
	}
	return a.Name + ": " + a.Value.String()
}

func join[T fmt.Stringer](items []T) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = item.String()
	}
	return strings.Join(texts, ", ")
}

package dsl

import (
	"sync"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// The types below are the grammar, production by production, in participle's tags;
// convert.go makes the public tree of them. Every one that takes part in the tree
// holds its Tokens, which participle fills, for its span.
//
// The grammar is LL(1) but for three decisions that need a second token: a named
// statement (name =), a repeat variable (name in) and a named argument (name :).
// Each is an explicit lookahead group; the lookahead option stays at 0, because
// with more participle backs out of a repetition that failed inside and reports
// the error too early.

type rawFile struct {
	Decls []*rawDecl `parser:"@@*"`
}

type rawDecl struct {
	Tokens []lexer.Token
	Const  *rawBinding `parser:"( 'const' @@"`
	Param  *rawBinding `parser:"| 'param' @@"`
	Block  *rawBlock   `parser:"| 'block' @@"`
	Model  *rawModel   `parser:"| 'model' @@ ) End"`
}

type rawBinding struct {
	Tokens []lexer.Token
	Name   lexer.Token `parser:"@Ident '='"`
	Value  *rawExpr    `parser:"@@"`
}

type rawBlock struct {
	Tokens []lexer.Token
	Inputs []*rawIdent      `parser:"( '(' @@ ( ',' @@ )* ')' '->' )?"`
	Name   lexer.Token      `parser:"@Ident"`
	Params []*rawBlockParam `parser:"( '(' ( @@ ( (?! ',' ')') ',' @@ )* ','? )? ')' )?"`
	Body   *rawBody         `parser:"@@"`
}

type rawIdent struct {
	Name lexer.Token `parser:"@Ident"`
}

type rawBlockParam struct {
	Tokens  []lexer.Token
	Name    lexer.Token `parser:"@Ident"`
	Default *rawExpr    `parser:"( '=' @@ )?"`
}

type rawModel struct {
	Tokens []lexer.Token
	Name   lexer.Token `parser:"@Ident '{'"`
	Items  []*rawItem  `parser:"@@* '}'"`
}

type rawItem struct {
	Tokens    []lexer.Token
	Const     *rawBinding  `parser:"( 'const' @@"`
	Param     *rawBinding  `parser:"| 'param' @@"`
	Input     *rawPort     `parser:"| 'input' @@"`
	Target    *rawPort     `parser:"| 'target' @@"`
	Shared    *rawShared   `parser:"| 'shared' @@"`
	Layers    *rawBody     `parser:"| 'layers' @@"`
	Loss      *rawPipe     `parser:"| 'loss' @@"`
	Metric    *rawPipe     `parser:"| 'metric' @@"`
	Optimizer *rawCall     `parser:"| 'optimizer' @@"`
	Data      *rawCall     `parser:"| 'data' @@"`
	Train     *rawSettings `parser:"| 'train' @@ ) End"`
}

type rawPort struct {
	Tokens []lexer.Token
	Name   lexer.Token `parser:"@Ident"`
	Dims   *rawDims    `parser:"@@?"`
	Elem   *rawCall    `parser:"@@?"`
}

type rawDims struct {
	Tokens []lexer.Token
	Items  []*rawExpr `parser:"'[' @@ ( (?! ',' ']') ',' @@ )* ','? ']'"`
}

type rawShared struct {
	Tokens []lexer.Token
	Name   lexer.Token `parser:"@Ident"`
	Pipe   *rawPipe    `parser:"( '=' @@"`
	Body   *rawBody    `parser:"| @@ )"`
}

type rawSettings struct {
	Tokens []lexer.Token
	Items  []*rawSetting `parser:"'{' @@* '}'"`
}

type rawSetting struct {
	Tokens []lexer.Token
	Name   lexer.Token `parser:"@Ident ':'"`
	Value  *rawExpr    `parser:"@@ End"`
}

type rawBody struct {
	Tokens []lexer.Token
	Stmts  []*rawStmt `parser:"'{' @@* '}'"`
}

type rawStmt struct {
	Tokens []lexer.Token
	Repeat *rawRepeat   `parser:"( @@"`
	Name   *lexer.Token `parser:"| ( (?= Ident '=') @Ident '=' )?"`
	Pipe   *rawPipe     `parser:"  @@ ) End"`
}

type rawRepeat struct {
	Tokens []lexer.Token
	Var    *lexer.Token `parser:"'repeat' ( (?= Ident 'in') @Ident 'in' )?"`
	Over   *rawExpr     `parser:"@@"`
	Body   *rawBody     `parser:"@@"`
}

type rawPipe struct {
	Tokens []lexer.Token
	Head   *rawExpr   `parser:"@@"`
	Calls  []*rawCall `parser:"( '->' @@ )*"`
}

type rawCall struct {
	Tokens []lexer.Token
	Name   lexer.Token `parser:"@Ident"`
	Parens bool        `parser:"( @'('"`
	Args   []*rawArg   `parser:"  ( @@ ( (?! ',' ')') ',' @@ )* ','? )? ')' )?"`
}

type rawArg struct {
	Tokens []lexer.Token
	Name   *lexer.Token `parser:"( (?= Ident ':') @Ident ':' )?"`
	Value  *rawExpr     `parser:"@@"`
}

type rawExpr struct {
	Left *rawMul   `parser:"@@"`
	Rest []*rawSum `parser:"@@*"`
}

type rawSum struct {
	Op    lexer.Token `parser:"@( '+' | '-' )"`
	Right *rawMul     `parser:"@@"`
}

type rawMul struct {
	Left *rawUnary     `parser:"@@"`
	Rest []*rawProduct `parser:"@@*"`
}

type rawProduct struct {
	Op    lexer.Token `parser:"@( '*' | '/' | '%' )"`
	Right *rawUnary   `parser:"@@"`
}

type rawUnary struct {
	Op      *lexer.Token `parser:"(  @'-'"`
	Operand *rawUnary    `parser:"   @@"`
	Primary *rawPrimary  `parser:"| @@ )"`
}

type rawPrimary struct {
	Tokens []lexer.Token
	Int    *string    `parser:"  @Int"`
	Float  *string    `parser:"| @Float"`
	Str    *string    `parser:"| @String"`
	Bool   *string    `parser:"| @( 'true' | 'false' )"`
	Call   *rawCall   `parser:"| @@"`
	List   *rawList   `parser:"| @@"`
	Tuple  []*rawPipe `parser:"| '(' @@ ( (?! ',' ')') ',' @@ )* ','? ')'"`
}

type rawList struct {
	Items []*rawExpr `parser:"'[' ( @@ ( (?! ',' ']') ',' @@ )* ','? )? ']'"`
}

// parser is built once, on first use: reflecting over the grammar takes
// milliseconds that a command without a .nn file need not spend.
var parser = sync.OnceValue(func() *participle.Parser[rawFile] {
	return participle.MustBuild[rawFile](
		participle.Lexer(definition{}),
		participle.UseLookahead(0),
	)
})

package dsl

import (
	"sync"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// The types below are the grammar of declarations and items, production by
// production, in participle's tags; convert.go makes the public tree of them. Every
// one that takes part in the tree holds its Tokens, which participle fills, for its
// span. Bodies, settings, pipelines, calls and expressions, of which a file may have hundreds
// of thousands, are read by hand, in read.go: participle takes 6 µs a token.
//
// The lookahead option stays at 0: with more participle backs out of a repetition
// that failed inside and reports the error too early.

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

// parser is built once, on first use: reflecting over the grammar takes
// milliseconds that a command without a .nn file need not spend.
var parser = sync.OnceValue(func() *participle.Parser[rawFile] {
	return participle.MustBuild[rawFile](
		participle.Lexer(definition{}),
		participle.UseLookahead(0),
	)
})

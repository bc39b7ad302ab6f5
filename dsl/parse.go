// Package dsl reads .nn files: it cuts the text into tokens, parses them by the
// grammar of the language and returns the syntax tree, or diagnostics that say
// what is wrong, where, and what to do.
//
// The grammar knows no layer: name(args) is all that it sees. What names mean is
// for the passes that follow.
package dsl

import (
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/participle/v2/lexer"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// maxSyntaxErrors is how many syntax errors Parse looks for.
const maxSyntaxErrors = 10

// Parse parses the text of a .nn file. The name is used for positions only.
//
// It returns all lexical errors, or, where there are none, an error for each
// statement that the grammar does not allow, up to ten; sorted by position. The
// file is never nil. With errors it lacks the statements that have them and must
// not be compiled; its Name, Source and lines can be used in any case.
func Parse(name string, src []byte) (*File, diag.List) {
	scanned := scan(name, src)
	file := &File{Name: name, Source: src, lines: scanned.lines}
	file.Span = diag.Span{
		File:  name,
		Start: diag.Pos{Offset: scanned.lines[0], Line: 1, Column: 1},
		End:   diag.Pos{Offset: scanned.off, Line: scanned.line, Column: scanned.off - scanned.bol + 1},
	}
	if len(scanned.errs) > 0 {
		scanned.errs.Sort()
		return file, scanned.errs
	}
	if d := unbalanced(scanned.toks); d != nil {
		return file, diag.List{d}
	}

	// Parse declaration by declaration, so that an error costs no more than its
	// declaration's second reading.
	var errs diag.List
	c := &converter{src: scanned}
	toks := scanned.toks
	for start := 0; toks[start].Type != tokEOF && len(errs) < maxSyntaxErrors; {
		end := statementEnd(toks, start, start)
		eof := lexer.Token{Type: tokEOF, Pos: toks[end].Pos}
		raw, faults := parseRecovering(append(slices.Clone(toks[start:end]), eof), maxSyntaxErrors-len(errs))
		for _, d := range raw.Decls {
			file.Decls = append(file.Decls, c.decl(d))
		}
		errs = append(errs, faults...)
		start = end
	}
	errs.Sort()
	return file, errs
}

// parseRecovering parses declarations, the last token is EOF. participle stops at the first error; so the
// statement that it stands in is deleted and the rest parsed again, for up to limit
// errors. It returns what has none.
func parseRecovering(toks []lexer.Token, limit int) (*rawFile, diag.List) {
	var errs diag.List
	for {
		raw, err := parseTokens(toks)
		if err == nil {
			return raw, errs
		}
		at := failedAt(err, toks)
		errs = append(errs, explain(toks, at))
		rest := withoutStatement(toks, at)
		if len(errs) == limit || len(rest) == len(toks) {
			return &rawFile{}, errs
		}
		toks = rest
	}
}

func parseTokens(toks []lexer.Token) (*rawFile, error) {
	peeker, err := lexer.Upgrade(&replay{toks})
	if err != nil {
		panic(err) // replay returns none
	}
	return parser().ParseFromLexer(peeker)
}

// A replay gives tokens that are already scanned to participle. The last is EOF.
type replay struct{ toks []lexer.Token }

func (r *replay) Next() (lexer.Token, error) {
	t := r.toks[0]
	if len(r.toks) > 1 {
		r.toks = r.toks[1:]
	}
	return t, nil
}

// A definition gives the grammar the names of the token types.
type definition struct{}

func (definition) Symbols() map[string]lexer.TokenType { return symbols }

// Lex scans all of r.
func (definition) Lex(name string, r io.Reader) (lexer.Lexer, error) {
	src, err := io.ReadAll(io.LimitReader(r, maxFileSize+1))
	if err != nil {
		return nil, err
	}
	s := scan(name, src)
	return &replay{s.toks}, s.errs.Err()
}

// Text returns the source text of a span of the file.
func (f *File) Text(span diag.Span) string {
	return string(f.Source[span.Start.Offset:span.End.Offset])
}

// Line returns the file's line n, counted from 1, without its end; "" where the
// file has no such line.
func (f *File) Line(n int) string {
	if n < 1 || n > len(f.lines) {
		return ""
	}
	rest := f.Source[f.lines[n-1]:]
	if n < len(f.lines) {
		rest = f.Source[f.lines[n-1]:f.lines[n]]
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(rest), "\n"), "\r")
}

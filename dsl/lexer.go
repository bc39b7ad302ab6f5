package dsl

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2/lexer"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// The limits guard against hostile or broken input. Those on nesting must be
// kept by the lexer: participle recurses once a level without a limit of its own,
// and a Go stack that overflows cannot be recovered.
const (
	maxFileSize  = 1 << 20 // bytes in a file
	maxDepth     = 64      // brackets open at once
	maxUnary     = 16      // unary operators in a row
	maxTokenSize = 1 << 10 // bytes in a name, number or string
	maxStatement = 10_000  // tokens in a statement
	maxInteger   = 1 << 53 // the largest integer literal: all below are exact in a float64
	maxLexErrors = 1000    // lexical errors reported of one file
)

// The types of token.
const (
	tokEOF   = lexer.EOF
	tokIdent = lexer.TokenType(iota + 1)
	tokKeyword
	tokInt
	tokFloat
	tokString
	tokOp
	tokEnd // the end of a statement: a newline, or none before "}" and at the end of the file
)

// symbols names the types of token for the grammar.
var symbols = map[string]lexer.TokenType{
	"EOF": tokEOF, "Ident": tokIdent, "Keyword": tokKeyword, "Int": tokInt, "Float": tokFloat,
	"String": tokString, "Op": tokOp, "End": tokEnd,
}

// isReserved reports whether a word can never be a name. All other keywords are
// keywords in their place only.
func isReserved(word string) bool {
	switch word {
	case "repeat", "model", "block", "const", "param", "true", "false":
		return true
	}
	return false
}

// A comment is a // comment, without its slashes.
type comment struct {
	text  string
	alone bool // nothing else stands on its line
}

// A scanner cuts a source text into tokens. It goes on after an error, so that
// all lexical errors of a file are found in one run.
type scanner struct {
	name string
	src  string

	off   int // of the next byte
	line  int // of off
	bol   int // offset of the line's first byte, behind a byte order mark
	lines []int

	toks     []lexer.Token
	comments map[int]comment // by line
	errs     diag.List

	open       []byte // brackets that are open
	unary      int    // signs in a row
	statement  int    // tokens in the current statement
	newline    bool   // whether a newline stands before the next token
	stopped    bool   // whether scanning on makes no sense
	lastOffset int    // end of the last token
	lastLine   int
	lastColumn int
}

// scan cuts src into tokens, the last of which is an EOF token.
func scan(name string, src []byte) *scanner {
	s := &scanner{name: name, src: string(src), line: 1, lines: []int{0}, comments: map[int]comment{}, lastLine: 1, lastColumn: 1}
	if len(src) > maxFileSize {
		s.src = ""
		s.errorf(diag.TooLong, 0, 0, "split the file", "the file has %d bytes; %d are allowed", len(src), maxFileSize)
	}
	if strings.HasPrefix(s.src, "\uFEFF") {
		s.off, s.bol, s.lines[0], s.lastOffset = 3, 3, 3, 3
	}
	for s.off < len(s.src) && !s.stopped {
		s.next()
	}
	if s.endsStatement() {
		s.supplyEnd()
	}
	s.toks = append(s.toks, lexer.EOFToken(s.lastEnd()))
	return s
}

func (s *scanner) next() {
	start := s.off
	switch c := s.src[s.off]; {
	case c == '\n':
		s.newline = true
		s.off++
		s.line++
		s.bol = s.off
		s.lines = append(s.lines, s.off)
	case c == ' ' || c == '\t' || c == '\r' && strings.HasPrefix(s.src[s.off:], "\r\n"):
		s.off++
	case strings.HasPrefix(s.src[s.off:], "//"):
		s.comment(2)
	case isLetter(c):
		s.word()
	case isDigit(c) || c == '.' && s.off+1 < len(s.src) && isDigit(s.src[s.off+1]):
		s.number()
	case c == '"':
		s.str()
	case strings.HasPrefix(s.src[s.off:], "->"):
		s.off += 2
		s.emit(tokOp, start)
	case strings.HasPrefix(s.src[s.off:], "/*"):
		s.blockComment()
	case strings.IndexByte("(){}[]=:,+-*/%", c) >= 0:
		s.off++
		s.emit(tokOp, start)
	default:
		s.badCharacter()
	}
}

func isLetter(c byte) bool { return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }

// pos returns the position of an offset on the current line.
func (s *scanner) pos(off int) diag.Pos {
	return diag.Pos{Offset: off, Line: s.line, Column: off - s.bol + 1}
}

// lastEnd returns where the last token ended, in participle's form.
func (s *scanner) lastEnd() lexer.Position {
	return lexer.Position{Filename: s.name, Offset: s.lastOffset, Line: s.lastLine, Column: s.lastColumn}
}

// errorf reports an error in [from, to), offsets on the current line.
func (s *scanner) errorf(code diag.Code, from, to int, help, format string, args ...any) {
	s.errs = append(s.errs, &diag.Diagnostic{
		Code:    code,
		Span:    diag.Span{File: s.name, Start: s.pos(from), End: s.pos(to)},
		Message: fmt.Sprintf(format, args...),
		Help:    help,
	})
	if len(s.errs) >= maxLexErrors {
		s.stopped = true
	}
}

// emit adds the token [start, s.off).
func (s *scanner) emit(typ lexer.TokenType, start int) {
	text := s.src[start:s.off]
	arrow := text == "->" && typ == tokOp
	closing := text == "}" && typ == tokOp
	inBrackets := len(s.open) > 0 && s.open[len(s.open)-1] != '{'
	if s.endsStatement() && (closing || s.newline && !arrow && !inBrackets) {
		s.supplyEnd()
	}
	s.newline = false

	if len(text) > maxTokenSize {
		s.errorf(diag.TooLong, start, s.off, "", "this token has %d bytes; %d are allowed", len(text), maxTokenSize)
	}
	at := s.pos(start)
	s.toks = append(s.toks, lexer.Token{
		Type:  typ,
		Value: text,
		Pos:   lexer.Position{Filename: s.name, Offset: at.Offset, Line: at.Line, Column: at.Column},
	})
	s.lastOffset, s.lastLine, s.lastColumn = s.off, s.line, at.Column+len(text)

	if s.statement++; s.statement == maxStatement+1 {
		s.errorf(diag.TooLong, start, s.off, "give names to its parts", "this statement has more than %d tokens", maxStatement)
	}
	if typ != tokOp {
		s.unary = 0
		return
	}
	s.operator(text, start)
}

// operator keeps count of brackets and signs.
func (s *scanner) operator(text string, start int) {
	before := lexer.Token{}
	if n := len(s.toks); n > 1 {
		before = s.toks[n-2]
	}
	if text != "-" || endsOperand(before) {
		s.unary = 0
	} else {
		s.unary++
	}
	switch text {
	case "-":
		if s.unary == maxUnary+1 {
			s.errorf(diag.TooDeep, start, s.off, "", "more than %d signs in a row", maxUnary)
		}
	case "{", "(", "[":
		if text == "{" {
			s.statement = 0
		}
		s.open = append(s.open, text[0])
		if len(s.open) > maxDepth {
			s.errorf(diag.TooDeep, start, s.off, "give names to the inner parts", "brackets are nested more than %d deep", maxDepth)
			s.stopped = true
		}
	case "}", ")", "]":
		if text == "}" {
			s.statement = 0
		}
		if len(s.open) > 0 {
			s.open = s.open[:len(s.open)-1]
		}
	}
}

// endsStatement reports whether the last token can end a statement: by Go's rule a
// name, a literal or a closing bracket.
func (s *scanner) endsStatement() bool {
	return len(s.toks) > 0 && endsOperand(s.toks[len(s.toks)-1])
}

// supplyEnd adds the end of a statement, right behind its last token.
func (s *scanner) supplyEnd() {
	s.toks = append(s.toks, lexer.Token{Type: tokEnd, Value: "\n", Pos: s.lastEnd()})
	s.statement = 0
}

// comment reads a comment whose mark has n bytes.
func (s *scanner) comment(n int) {
	start := s.off
	end := len(s.src)
	if i := strings.IndexByte(s.src[start:], '\n'); i >= 0 {
		end = start + i
	}
	for i := start; i < end; {
		r, size := utf8.DecodeRuneInString(s.src[i:end])
		if r == 0 || r == utf8.RuneError && size == 1 {
			s.off = i
			s.badCharacter()
			i = s.off
			continue
		}
		i += size
	}
	text := strings.TrimRight(s.src[start+n:end], " \t\r")
	s.comments[s.line] = comment{text: text, alone: strings.TrimLeft(s.src[s.bol:start], " \t") == ""}
	s.off = end
}

// blockComment skips a comment of C's form, which .nn does not have.
func (s *scanner) blockComment() {
	s.errorf(diag.BadCharacter, s.off, s.off+2, "write // before each line", "/* does not start a comment")
	end := strings.Index(s.src[s.off+2:], "*/")
	if end < 0 {
		s.stopped = true
		return
	}
	for stop := s.off + 2 + end + 2; s.off < stop; s.off++ {
		if s.src[s.off] == '\n' {
			s.newline = true
			s.line++
			s.bol = s.off + 1
			s.lines = append(s.lines, s.bol)
		}
	}
}

// word reads a name or a keyword.
func (s *scanner) word() {
	start := s.off
	s.letters()
	typ := tokIdent
	if isReserved(s.src[start:s.off]) {
		typ = tokKeyword
	}
	s.emit(typ, start)
}

// letters skips letters and digits. It reports letters that are not ASCII, once a
// word, and skips them too.
func (s *scanner) letters() {
	reported := false
	for s.off < len(s.src) {
		if c := s.src[s.off]; isLetter(c) || isDigit(c) {
			s.off++
			continue
		}
		r, size := utf8.DecodeRuneInString(s.src[s.off:])
		if r < utf8.RuneSelf || r == utf8.RuneError || !unicode.In(r, unicode.Letter, unicode.Mark, unicode.Digit) {
			return
		}
		if !reported {
			s.errorf(diag.BadCharacter, s.off, s.off+size, "a name has the letters a to z and A to Z, digits and _", "\"%c\" cannot stand in a name", r)
			reported = true
		}
		s.off += size
	}
}

// number reads an int or a float.
func (s *scanner) number() {
	start := s.off
	typ := tokInt
	s.digits()
	if s.peek(0) == '.' {
		typ = tokFloat
		s.off++
		s.digits()
	}
	if s.peek(0)|0x20 == 'e' {
		sign := 0
		if c := s.peek(1); c == '+' || c == '-' {
			sign = 1
		}
		if isDigit(s.peek(1 + sign)) {
			typ = tokFloat
			s.off += 1 + sign
			s.digits()
		}
	}
	if s.peek(0) == '.' || s.atLetter() {
		s.notANumber(start)
		return
	}
	text := strings.ReplaceAll(s.src[start:s.off], "_", "")
	if s.off-start <= maxTokenSize {
		if typ == tokInt {
			if n, err := strconv.ParseUint(text, 10, 64); err != nil || n > maxInteger {
				s.errorf(diag.BadNumber, start, s.off, "", "this integer is larger than %d", uint64(maxInteger))
			}
		} else if _, err := strconv.ParseFloat(text, 64); err != nil {
			s.errorf(diag.BadNumber, start, s.off, "", "this number is too large")
		}
	}
	s.emit(typ, start)
}

// notANumber reports a number that runs into letters or a second point.
func (s *scanner) notANumber(start int) {
	for {
		c := s.peek(0)
		sign := (c == '+' || c == '-') && s.src[s.off-1]|0x20 == 'e' && isDigit(s.peek(1))
		if !isDigit(c) && c != '.' && !sign && !s.atLetter() {
			break
		}
		_, size := utf8.DecodeRuneInString(s.src[s.off:])
		s.off += size
	}
	text := s.src[start:s.off]
	help := "a name does not start with a digit"
	switch {
	case text[0] == '0' && strings.IndexByte("xXbBoO", text[1]) >= 0:
		help = "write numbers to base ten"
	case strings.Count(text, ".") > 1:
		help = "a number has one point"
	case text[len(text)-1]|0x20 == 'e':
		help = "write digits after the e"
	}
	s.errorf(diag.BadNumber, start, s.off, help, "%s is not a number", clip(text))
	s.emit(tokFloat, start)
}

// atLetter reports whether a letter of any alphabet comes next.
func (s *scanner) atLetter() bool {
	r, size := utf8.DecodeRuneInString(s.src[s.off:])
	return size > 0 && (r == '_' || unicode.IsLetter(r))
}

func (s *scanner) digits() {
	if !isDigit(s.peek(0)) {
		return
	}
	for isDigit(s.peek(0)) || s.peek(0) == '_' {
		s.off++
	}
}

// peek returns the byte n ahead, or 0 at the end.
func (s *scanner) peek(n int) byte {
	if s.off+n < len(s.src) {
		return s.src[s.off+n]
	}
	return 0
}

// str reads a string, which ends on its line.
func (s *scanner) str() {
	start := s.off
	s.off++
	for {
		switch c := s.peek(0); {
		case s.off >= len(s.src) || c == '\n' || c == '\r':
			s.errorf(diag.BadString, start, s.off, `write " at its end`, "this string does not end on its line")
			s.emit(tokString, start)
			return
		case c == '"':
			s.off++
			s.emit(tokString, start)
			return
		case c == '\\':
			s.escape()
		default:
			r, size := utf8.DecodeRuneInString(s.src[s.off:])
			if r == 0 || r == utf8.RuneError && size == 1 {
				s.badCharacter()
				continue
			}
			s.off += size
		}
	}
}

// escape reads an escape of Go's: \n, \t, \", \\, \x41, \u00e9 …
func (s *scanner) escape() {
	rest := s.src[s.off:]
	if _, _, tail, err := strconv.UnquoteChar(rest, '"'); err == nil {
		s.off += len(rest) - len(tail)
		return
	}
	n := 1
	if r, size := utf8.DecodeRuneInString(rest[1:]); unicode.IsPrint(r) && r != utf8.RuneError {
		n += size
	}
	s.errorf(diag.BadString, s.off, s.off+n, `write \\ for a backslash`, "%s is not an escape", rest[:n])
	s.off += n
}

// badCharacter reports the character at s.off and skips it, and with it what
// follows of its kind.
func (s *scanner) badCharacter() {
	start := s.off
	r, size := utf8.DecodeRuneInString(s.src[start:])
	s.off += size
	switch {
	case r == utf8.RuneError && size == 1:
		for s.off < len(s.src) {
			if r, size := utf8.DecodeRuneInString(s.src[s.off:]); r != utf8.RuneError || size != 1 {
				break
			}
			s.off++
		}
		s.errorf(diag.NotUTF8, start, s.off, "save the file as UTF-8", "this is not UTF-8 text")
	case r == 0:
		for s.peek(0) == 0 && s.off < len(s.src) {
			s.off++
		}
		s.errorf(diag.BadCharacter, start, s.off, "is this a .nn file?", "a NUL byte stands here")
	case r == '#':
		s.errorf(diag.BadCharacter, start, s.off, "write // instead", "a comment starts with //, not with #")
		s.off = start
		s.comment(1)
	case r == '\r':
		s.errorf(diag.BadCharacter, start, s.off, `end lines with \n or \r\n`, "a carriage return stands alone")
		s.newline = true
	case unicode.IsLetter(r):
		s.off = start
		s.letters()
		s.emit(tokIdent, start)
	default:
		message, help := fmt.Sprintf("\"%c\" means nothing here", r), ""
		if !unicode.IsPrint(r) {
			message = fmt.Sprintf("the invisible character %U stands here", r)
			help = "delete it"
		}
		for _, m := range mistakenCharacters {
			if strings.ContainsRune(m.runes, r) {
				message, help = fmt.Sprintf("\"%c\" means nothing here", r), m.help
			}
		}
		if unicode.Is(unicode.Zs, r) {
			message, help = fmt.Sprintf("%U is a special space", r), "write a plain space"
		}
		for s.off < len(s.src) && strings.HasPrefix(s.src[s.off:], string(r)) {
			s.off += size // as in && or ;;
		}
		if strings.ContainsRune(quotes, r) {
			line, _, _ := strings.Cut(s.src[s.off:], "\n")
			if i := strings.IndexAny(line, quotes); i >= 0 {
				_, size := utf8.DecodeRuneInString(line[i:])
				s.off += i + size
			}
			message = fmt.Sprintf("a string does not start with %c", r)
		}
		s.errorf(diag.BadCharacter, start, s.off, help, "%s", message)
		if r == ';' {
			s.newline = true // as was meant
		}
	}
}

// quotes start and end a string elsewhere.
const quotes = "“”„«»‘’'`"

// mistakenCharacters says what to write instead of characters that other languages,
// editors and word processors put there.
var mistakenCharacters = []struct{ runes, help string }{
	{"→⇒⟶", "write ->"},
	{"\u2010\u2011\u2012\u2013\u2014\u2212", "write -"},
	{"×·⋅∗", "write *"},
	{"÷∕", "write /"},
	{quotes, `write " around a string`},
	{";", "end the line instead"},
	{"|", "write -> between layers"},
	{">", "write ->"},
	{"<!&?", "there are no comparisons and no conditions"},
	{"^", "write square, or a product"},
	{".", "a name has no parts; a block's parameters are its arguments"},
	{"\\", "a line goes on where the next starts with ->, or inside ( ) and [ ]"},
	{"@$~", "delete it"},
}

// clip shortens a text for a message.
func clip(text string) string {
	if len(text) <= 40 {
		return text
	}
	end := 37
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

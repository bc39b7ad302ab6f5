package dsl

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2/lexer"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// Format returns the text of a .nn file in the canonical layout. The name is used
// for positions only. A text that does not parse is not formatted: the result is
// then nil, with what Parse reports. So is a text that would grow beyond the limits
// on files and statements.
//
// Like gofmt it has no options, and Format(Format(x)) is Format(x). It lays out the
// tokens, not the tree, and before it returns it scans its result: but for commas in
// front of a closing bracket, all tokens and comments must be there in their order.
// If they were not, that would be a fault of Format's, and it panics.
//
// # Lines
//
// A statement has a line of its own, and braces hold one statement a line; a body
// without any is {}. Of several blank lines one is kept; none stands at the start or
// end of a file or a body, nor inside a pipeline or an expression. A block or model
// has a blank line below, and one above it or its doc comment.
//
// Elsewhere a line breaks where its author broke it, in four places:
//
//   - before an arrow (a break behind an arrow moves in front of it);
//   - behind an operator (a break in front of it moves behind);
//   - behind a comma in parentheses or brackets (likewise);
//   - behind an opening parenthesis or bracket. The closing one then has a line of
//     its own, and a comma in front of it; otherwise it has neither. The inputs of a
//     block and a single value in parentheses take no such comma.
//
// All other breaks are taken out, but that a comment always ends its line. An item
// that begins a line is indented by one tab more than the line on which its brackets
// open; what goes on from a statement or an item, by one more than the line on which
// that begins:
//
//	data csv("wine.csv",
//		cultivar: "class",
//		test: 0.2)
//
//	conv(32, kernel: 3) -> relu
//		-> conv(64, kernel: 3) -> relu
//
// # Spaces
//
// One space stands between tokens, but none inside parentheses and brackets, in
// front of a comma, a colon or the parentheses of a call, between [T] and class(n),
// and behind a sign.
//
// Binary operators follow gofmt: spaces show what binds less. Next to + or - in the
// same expression, * / and % have none: a*b + c. In a call with several arguments no
// operator has any: dense(2*n, init: ones), but dense(2 * n); so too in a call that
// is an operand, x * scale(a+b). A value in parentheses has none next to an operator
// that has none: a*(b+c) + d. Items of lists and tuples start anew: [2*k + 1, 3]. In
// front of a sign, + and - keep theirs: f(a - -b, c).
//
// # Columns
//
// Lines of a kind that follow each other are aligned by spaces, unless a blank line,
// a comment line or any other line stands between them:
//
//   - const and param: the names and the equals signs;
//   - input and target: the names and the shapes;
//   - loss, metric and optimizer: what comes behind the word;
//   - shared with an equals sign: the equals signs;
//   - named lines of a body: the equals signs;
//   - settings of train: the values.
//
// # Comments
//
// A comment that is alone on its line stays alone and is indented as what follows
// it; in front of a closing bracket, as what stands before. Other comments end their
// line, one space behind the text, and are aligned with those of the lines above and
// below that are indented alike. What is written in a comment is not changed, but
// for blanks at its end.
//
// Lines end in \n, the last one too; a byte order mark and carriage returns are
// taken out.
func Format(name string, src []byte) ([]byte, diag.List) {
	if _, faults := Parse(name, src); len(faults) > 0 {
		return nil, faults
	}
	scanned := scan(name, src)
	f := &formatter{words: words(scanned)}
	f.placeCommas()
	f.findNeighbours()
	f.breakLines()
	f.separateDecls()
	f.tighten(0, len(f.words), false)
	out := write(align(f.lines()))

	again := scan(name, out)
	if d := outgrown(name, again.errs); d != nil {
		return nil, diag.List{d}
	}
	if len(again.errs) > 0 || !sameWords(words(scanned), words(again)) || !slices.Equal(codeOf(scanned.toks), codeOf(again.toks)) {
		panic(fmt.Sprintf("dsl: Format changes more than the layout of %s: %v\n%s\n-- formatted --\n%s", name, again.errs.Err(), src, out))
	}
	return out, nil
}

// outgrown returns what is to be said where all that is wrong with a formatted text
// is its size: spaces and commas that Format adds count too.
func outgrown(name string, faults diag.List) *diag.Diagnostic {
	for _, d := range faults {
		if d.Code != diag.TooLong {
			return nil
		}
	}
	if len(faults) == 0 {
		return nil
	}
	start := diag.Pos{Line: 1, Column: 1}
	return &diag.Diagnostic{
		Code:    diag.TooLong,
		Span:    diag.Span{File: name, Start: start, End: start},
		Message: fmt.Sprintf("formatted, this text is too long: %s", faults[0].Message),
		Help:    faults[0].Help,
	}
}

// codeOf returns a text's tokens, ends of statements included, without commas that
// stand before a closing bracket.
func codeOf(toks []lexer.Token) []string {
	var code []string
	for i, t := range toks {
		if t.Value == "," && t.Type == tokOp && isCloser(toks[i+1].Type, toks[i+1].Value) {
			continue
		}
		code = append(code, t.Value)
	}
	return code
}

// sameWords reports whether two texts have the same tokens and comments in the
// same order, but for commas, and the same comments as candidates for doc comments.
func sameWords(a, b []word) bool {
	isComma := func(w word) bool { return w.is(",") }
	a, b = slices.DeleteFunc(a, isComma), slices.DeleteFunc(b, isComma)
	return slices.EqualFunc(a, b, func(v, w word) bool {
		return v.text == w.text && v.starts == w.starts && (!v.comment || !v.starts || v.newline == w.newline)
	})
}

// A scope is what a pair of braces holds.
type scope int

const (
	fileScope     scope = iota // declarations; the file is its own pair
	modelScope                 // items
	bodyScope                  // statements
	settingsScope              // settings
)

// A word is a token, or a comment, with how it is to stand.
type word struct {
	typ     lexer.TokenType
	text    string
	comment bool

	scope   scope // of the braces around it; those around a pair of braces for these
	starts  bool  // no statement is open in front of it
	keyword bool  // it is a word of the language in its place, though no reserved one

	newline bool // it begins a line: in the source at first, then in the result
	blank   bool // a blank line stands above it: likewise

	// The closest words that are no comments, as indexes: -1 and the number of words
	// where there is none.
	before, behind int

	// Of an operator.
	binary bool
	tight  bool // no spaces around it

	// Of an opening bracket.
	match  int  // its partner
	commas int  // in it, between items
	call   bool // it holds the arguments of a call or the parameters of a block
	broken bool // its first item begins a line
}

// is reports whether w is the operator, bracket or mark text.
func (w *word) is(text string) bool { return w.typ == tokOp && w.text == text }

// opens reports whether w is an opening bracket.
func (w *word) opens() bool { return w.is("(") || w.is("[") || w.is("{") }

// closes reports whether w is a closing bracket.
func (w *word) closes() bool { return isCloser(w.typ, w.text) }

func isCloser(typ lexer.TokenType, text string) bool {
	return typ == tokOp && (text == ")" || text == "]" || text == "}")
}

// isSign reports whether w is a minus with one operand.
func (w *word) isSign() bool { return w.is("-") && !w.binary }

// isSum reports whether w adds or subtracts.
func (w *word) isSum() bool { return w.binary && (w.text == "+" || w.text == "-") }

// isOperand reports whether w is an operand or ends one.
func (w *word) isOperand() bool {
	return !w.comment && !w.keyword && endsOperand(lexer.Token{Type: w.typ, Value: w.text})
}

// words merges a text's tokens with its comments, and notes what each stands in.
// Ends of statements are not among them: what follows one starts.
func words(s *scanner) []word {
	var ws []word
	line := 0 // of the last word
	add := func(w word, at int) {
		w.newline, w.blank = at > line, at > line+1
		line = at
		ws = append(ws, w)
	}
	scopes := []scope{fileScope}
	starts := true
	var first, last lexer.Token // of the statement
	count := 0                  // its tokens so far
	next := 1                   // the line whose comment comes next, where it has one
	for _, t := range s.toks {
		until := t.Pos.Line
		if t.Type == tokEOF {
			until = s.line + 1
		}
		for ; next < until; next++ {
			if c, ok := s.comments[next]; ok {
				add(word{comment: true, text: "//" + c.text, scope: scopes[len(scopes)-1], starts: starts}, next)
			}
		}
		if t.Type == tokEOF {
			break
		}
		if t.Type == tokEnd {
			starts = true
			continue
		}
		if starts {
			first, count = t, 0
		}
		w := word{typ: t.Type, text: t.Value, starts: starts}
		if w.is("}") {
			scopes = scopes[:len(scopes)-1]
		}
		w.scope = scopes[len(scopes)-1]
		switch {
		case t.Type != tokIdent:
		case count == 0:
			w.keyword = w.scope == modelScope
		case count == 2:
			w.keyword = t.Value == "in" && first.Value == "repeat" && last.Type == tokIdent
		}
		add(w, t.Pos.Line)
		last, starts = t, false
		count++
		if w.is("{") {
			inner := bodyScope
			switch {
			case w.scope == fileScope && first.Value == "model":
				inner = modelScope
			case w.scope == modelScope && first.Value == "train":
				inner = settingsScope
			}
			scopes = append(scopes, inner)
			starts = true
		}
	}
	return ws
}

// A formatter holds the words of a text on their way into lines. Its methods run
// in the order in which Format calls them.
type formatter struct{ words []word }

// placeCommas finds the pairs of brackets, moves commas in front of comments, and
// takes out or puts in those before a closing bracket.
func (f *formatter) placeCommas() {
	var out []word
	var open []int // brackets, as indexes into out
	last := -1     // the last word of out that is no comment
	moved := false // whether a comma that was moved began a line
	for i, w := range f.words {
		if w.comment {
			out = append(out, w)
			moved = false
			continue
		}
		if w.is(",") {
			next := i + 1
			for f.words[next].comment {
				next++
			}
			if f.words[next].closes() {
				continue
			}
			out = slices.Insert(out, last+1, word{typ: tokOp, text: ",", scope: w.scope})
			last++
			out[open[len(open)-1]].commas++
			moved = w.newline
			continue
		}
		w.newline = w.newline || moved
		moved = false
		if w.closes() {
			at := open[len(open)-1]
			open = open[:len(open)-1]
			w.newline = out[at].broken || out[len(out)-1].comment
			if w.newline && last > at && takesComma(out, at) {
				last++
				out = slices.Insert(out, last, word{typ: tokOp, text: ",", scope: w.scope})
			}
			out[at].match = len(out)
		} else if last >= 0 && out[last].opens() {
			out[last].broken = w.newline
		}
		if w.opens() {
			w.call = w.is("(") && last >= 0 && out[last].typ == tokIdent && !out[last].keyword
			open = append(open, len(out))
		}
		last = len(out)
		out = append(out, w)
	}
	f.words = out
}

// takesComma reports whether a comma can stand behind the last item of the
// brackets that open at i.
func takesComma(ws []word, i int) bool {
	switch w := ws[i]; {
	case w.is("{"):
		return false
	case w.is("["), w.call:
		return true
	default: // a tuple, a value in parentheses, or the inputs of a block
		for i--; ws[i].comment; i-- {
		}
		return w.commas > 0 && !(ws[i].typ == tokKeyword && ws[i].text == "block")
	}
}

// findNeighbours finds the tokens around each word, and with them the operators
// that have two operands.
func (f *formatter) findNeighbours() {
	before := -1
	for i := range f.words {
		w := &f.words[i]
		w.before = before
		if w.comment {
			continue
		}
		w.binary = w.typ == tokOp && strings.Contains("+-*/%", w.text) && !w.starts && before >= 0 && f.words[before].isOperand()
		before = i
	}
	behind := len(f.words)
	for i := behind - 1; i >= 0; i-- {
		f.words[i].behind = behind
		if !f.words[i].comment {
			behind = i
		}
	}
}

// breakLines decides which words begin a line and have a blank line above them.
func (f *formatter) breakLines() {
	moved := false   // whether a break goes behind the operator in front of the word
	last := word{}   // the last word that is no comment
	before := word{} // the last word
	for i := range f.words {
		w := &f.words[i]
		broken := w.newline
		carried := moved
		moved = false
		switch {
		case i == 0 || before.comment:
			w.newline = true
		case w.comment:
		case w.starts:
			w.newline = !(before.is("{") && w.is("}"))
		case w.closes(): // as placeCommas decided
		case w.is("->"):
			next := i + 1
			w.newline = broken || f.words[next].newline && !f.words[next].comment
		case w.binary:
			w.newline, moved = false, broken
		case before.binary:
			w.newline = broken || carried
		case before.is(",") || before.opens():
		default:
			w.newline = false
		}

		// Blank lines stand between statements and between items.
		behindOpener := last.opens() && (!before.comment || !before.newline)
		atItem := w.starts || last.is(",") || last.opens()
		w.blank = w.blank && w.newline && atItem && i > 0 && !behindOpener && !w.closes()
		before = *w
		if !w.comment {
			last = *w
		}
	}
}

// separateDecls puts blank lines around blocks and models.
func (f *formatter) separateDecls() {
	ws := f.words
	for i := 1; i < len(ws); i++ {
		if ws[i].scope != fileScope || !ws[i].starts || !ws[i].newline || ws[i].is("}") {
			continue
		}
		if last := ws[i].before; last >= 0 && ws[last].is("}") && (last == i-1 || !ws[i-1].newline) {
			ws[i].blank = true
		}
		if ws[i].typ == tokKeyword && (ws[i].text == "block" || ws[i].text == "model") {
			doc := i
			for doc > 0 && !ws[doc].blank && ws[doc-1].comment && ws[doc-1].newline {
				doc--
			}
			ws[doc].blank = doc > 0
		}
	}
}

// tighten decides which operators in the words [from, to) have no spaces around
// them; narrow says that these words stand in a call with several arguments.
func (f *formatter) tighten(from, to int, narrow bool) {
	start := from
	for i := from; i < to; i++ {
		w := &f.words[i]
		switch {
		case w.is("{"):
			f.tightenExpr(start, i, narrow)
			f.tighten(i+1, w.match, false)
			i = w.match
			start = i + 1
		case w.opens():
			i = w.match
		case w.is(",") || w.is(":") || w.is("=") || w.is("->") || w.keyword:
			f.tightenExpr(start, i, narrow)
			start = i + 1
		case w.starts && !w.comment:
			f.tightenExpr(start, i, narrow)
			start = i
		}
	}
	f.tightenExpr(start, to, narrow)
}

// tightenExpr does the work of tighten for one expression.
func (f *formatter) tightenExpr(from, to int, narrow bool) {
	var operators, brackets []int
	var hasSum, hasSign bool
	for i := from; i < to; i++ {
		w := &f.words[i]
		switch {
		case w.opens():
			brackets = append(brackets, i)
			i = w.match
		case w.binary:
			operators = append(operators, i)
			hasSum = hasSum || w.isSum()
		case w.isSign():
			hasSign = hasSign || w.before >= from && f.words[w.before].isSum()
		}
	}
	for _, i := range operators {
		if w := &f.words[i]; w.isSum() {
			w.tight = narrow && !hasSign
		} else {
			w.tight = narrow || hasSum
		}
	}
	for _, i := range brackets {
		inside := false
		switch w := &f.words[i]; {
		case w.call:
			inside = w.commas > 0 || narrow || len(operators) > 0
		case w.is("(") && w.commas == 0:
			inside = f.besideTight(i, from, to)
		}
		f.tighten(i+1, f.words[i].match, inside)
	}
}

// besideTight reports whether the value in parentheses that opens at i is an
// operand, within [from, to), of an operator without spaces.
func (f *formatter) besideTight(i, from, to int) bool {
	left := f.words[i].before
	for left >= from && f.words[left].isSign() {
		left = f.words[left].before
	}
	right := f.words[f.words[i].match].behind
	return left >= from && f.words[left].tight || right < to && f.words[right].tight
}

// A line is a line of the result.
type line struct {
	blank   bool // a blank line stands above it
	indent  int
	columns columns
	cells   []string
	comment string // behind the cells, or alone

	// Of align.
	widths    []int // of the cells but the last
	commentAt int   // where the comment begins, behind the indentation
}

// columns are the kinds of line that are aligned.
type columns int

const (
	noColumns      columns = iota
	valueColumns           // param name = value
	portColumns            // input name shape
	lossColumns            // loss call
	sharedColumns          // shared name = pipe
	namedColumns           // name = pipe
	settingColumns         // name: value
)

// lines cuts the words into lines.
func (f *formatter) lines() []line {
	// A frame is a pair of brackets that is open; the file is the first.
	type frame struct {
		indent int  // of the line that it opens on, or of the statement for braces
		item   int  // indentation of the line on which the current item, or statement, begins
		fresh  bool // no word of the current item has come yet
	}
	frames := []frame{{indent: -1, fresh: true}}
	var lines []line
	for start := 0; start < len(f.words); {
		end := start + 1
		for end < len(f.words) && !f.words[end].newline {
			end++
		}
		ws := f.words[start:end]

		var l line
		l.blank = ws[0].blank
		top := frames[len(frames)-1]
		switch {
		case ws[0].closes():
			l.indent = top.indent
		case ws[0].starts || top.fresh || f.trails(start):
			l.indent = top.indent + 1
		default:
			l.indent = top.item + 1
		}
		for _, w := range ws {
			if w.comment {
				l.comment = w.text
				continue
			}
			if w.closes() {
				frames = frames[:len(frames)-1]
				continue
			}
			top := &frames[len(frames)-1]
			if w.starts || top.fresh {
				top.item, top.fresh = l.indent, false
			}
			switch {
			case w.is("{"):
				frames = append(frames, frame{indent: top.item, fresh: true})
			case w.opens():
				frames = append(frames, frame{indent: l.indent, fresh: true})
			case w.is(","):
				top.fresh = true
			}
		}
		if l.comment != "" {
			ws = ws[:len(ws)-1]
		}
		l.columns, l.cells = cells(ws)
		lines = append(lines, l)
		start = end
	}
	return lines
}

// trails reports whether the word at i is a comment behind the last item of a pair
// of brackets.
func (f *formatter) trails(i int) bool {
	w := f.words[i]
	return w.comment && w.behind < len(f.words) && f.words[w.behind].closes()
}

// cells cuts the tokens of a line into its cells: all but the last are padded to a
// common width with the lines around.
func cells(ws []word) (columns, []string) {
	if len(ws) == 0 {
		return noColumns, nil
	}
	kind := noColumns
	var cuts []int // the tokens that begin a cell
	first := ws[0]
	if first.starts {
		has := func(i int, text string) bool { return i < len(ws)-1 && ws[i].is(text) }
		switch {
		case (first.text == "const" || first.text == "param") && has(2, "="):
			kind, cuts = valueColumns, []int{1, 2}
		case first.keyword && (first.text == "input" || first.text == "target") && len(ws) > 1:
			kind, cuts = portColumns, []int{1, 2}
		case first.keyword && (first.text == "loss" || first.text == "metric" || first.text == "optimizer") && len(ws) > 1:
			kind, cuts = lossColumns, []int{1}
		case first.keyword && first.text == "shared" && has(2, "="):
			kind, cuts = sharedColumns, []int{2}
		case first.scope == bodyScope && has(1, "="):
			kind, cuts = namedColumns, []int{1}
		case first.scope == settingsScope && has(1, ":"):
			kind, cuts = settingColumns, []int{2}
		}
	}
	var texts []string
	start := 0
	for _, cut := range append(cuts, len(ws)) {
		if cut > start {
			texts = append(texts, spell(ws[start:cut]))
			start = cut
		}
	}
	return kind, texts
}

// spell writes tokens that stand in a row.
func spell(ws []word) string {
	var b strings.Builder
	for i := range ws {
		if i > 0 && spaced(&ws[i-1], &ws[i]) {
			b.WriteByte(' ')
		}
		b.WriteString(ws[i].text)
	}
	return b.String()
}

// spaced reports whether a space stands between two tokens.
func spaced(v, w *word) bool {
	switch {
	case w.is(",") || w.is(":") || w.closes() || w.call:
		return false
	case v.is("(") || v.is("[") || v.isSign():
		return false
	case v.binary:
		return !v.tight
	case w.binary:
		return !w.tight
	}
	return !(v.is("]") && w.typ == tokIdent)
}

// align sets the widths of cells and the places of comments.
func align(lines []line) []line {
	for i := range lines {
		for range max(0, len(lines[i].cells)-1) {
			lines[i].widths = append(lines[i].widths, 0)
		}
	}
	// A column is as wide as the widest cell of the lines in a row that have it.
	for column := range 2 {
		runs(lines, func(a, b *line) bool {
			return a.columns == b.columns && len(a.widths) > column && len(b.widths) > column
		}, func(run []line) {
			width := 0
			for _, l := range run {
				if len(l.widths) > column {
					width = max(width, utf8.RuneCountInString(l.cells[column]))
				}
			}
			for _, l := range run {
				if len(l.widths) > column {
					l.widths[column] = width
				}
			}
		})
	}
	runs(lines, func(a, b *line) bool {
		return a.comment != "" && b.comment != "" && len(a.cells) > 0 && len(b.cells) > 0
	}, func(run []line) {
		at := 0
		for _, l := range run {
			if n := len(l.cells); n > 0 {
				width := utf8.RuneCountInString(l.cells[n-1])
				for _, w := range l.widths {
					width += w + 1
				}
				at = max(at, width+1)
			}
		}
		for i := range run {
			run[i].commentAt = at
		}
	})
	return lines
}

// runs calls do for the longest stretches of lines without blank lines, of one
// indentation, of which each two that follow each other belong together.
func runs(lines []line, together func(a, b *line) bool, do func([]line)) {
	for start := 0; start < len(lines); {
		end := start + 1
		for end < len(lines) && !lines[end].blank && lines[end].indent == lines[start].indent && together(&lines[end-1], &lines[end]) {
			end++
		}
		do(lines[start:end])
		start = end
	}
}

// write writes the lines. It stops soon beyond the limit on files, which columns
// of many lines can exceed a thousand times.
func write(lines []line) []byte {
	var b bytes.Buffer
	pad := func(c byte, n int) {
		for range n {
			b.WriteByte(c)
		}
	}
	for _, l := range lines {
		if b.Len() > maxFileSize {
			break
		}
		if l.blank {
			b.WriteByte('\n')
		}
		pad('\t', l.indent)
		at := 0
		for i, cell := range l.cells {
			b.WriteString(cell)
			at += utf8.RuneCountInString(cell)
			if i < len(l.widths) {
				n := 1 + l.widths[i] - utf8.RuneCountInString(cell)
				pad(' ', n)
				at += n
			}
		}
		if l.comment != "" {
			pad(' ', l.commentAt-at)
			b.WriteString(l.comment)
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

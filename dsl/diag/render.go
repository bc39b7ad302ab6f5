package diag

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxExcerpt is the width of the source line that Render shows, in columns of the
// terminal. Of a longer line it shows the part around the span.
const maxExcerpt = 100

// Render writes the diagnostics as text: a line that says place, code and mistake,
// the source line with carets under the span's part of it, notes, help.
//
//	mlp.nn:5:12: error[bad-rank]: dense wants [D] or [T, D], got [1, 28, 28]
//	    5 |   hidden = dense(128)
//	      |            ^^^^^^^^^^
//	mlp.nn:3:2: note: input image is declared here
//	help: insert flatten before this layer
//
// A tab of the source line is shown as one space, so that a caret stands as far to
// the right as the column says. source returns the text of a file; without it, or
// where it returns nil, there is no excerpt. After max diagnostics a line says how
// many more there are; max 0 shows all.
//
// Render returns the first error of w.
func Render(w io.Writer, ds List, source func(file string) []byte, max int) error {
	return Style{}.Render(w, ds, source, max)
}

// A Style says how a terminal is to show the parts of a diagnostic: what to write
// in front of each, "\x1b[1m" for bold. The zero Style writes nothing.
type Style struct {
	Place  string // file:line:col
	Error  string // error[code]
	Carets string
	Note   string // note and its message
	Help   string // help and its message
}

// Coloured is the style for a terminal with colours (ECMA-48, 1991, section
// 8.3.117, Select Graphic Rendition).
func Coloured() Style {
	const bold, red, boldRed, cyan = "\x1b[1m", "\x1b[31m", "\x1b[1;31m", "\x1b[36m"
	return Style{Place: bold, Error: boldRed, Carets: red, Note: cyan, Help: cyan}
}

// paint puts text, which is of one line, between a part's style and the return to
// plain.
func paint(style, text string) string {
	if style == "" || text == "" {
		return text
	}
	return style + text + "\x1b[0m"
}

// Render is the function Render in this style. Without its escape sequences the
// text is that of the plain one.
func (s Style) Render(w io.Writer, ds List, source func(file string) []byte, max int) error {
	var out bytes.Buffer
	shown := ds
	if max > 0 && len(ds) > max {
		shown = ds[:max]
	}
	for _, d := range shown {
		fmt.Fprintln(&out, s.headline(d))
		if source != nil && d.Span.IsValid() {
			if text := source(d.Span.File); text != nil {
				s.excerpt(&out, d.Span, text)
			}
		}
		for _, n := range d.Notes {
			fmt.Fprintf(&out, "%s%s\n", s.place(n.Span), paint(s.Note, "note: "+n.Message))
		}
		if d.Help != "" {
			fmt.Fprintln(&out, paint(s.Help, "help: "+d.Help))
		}
	}
	if more := len(ds) - len(shown); more > 0 {
		fmt.Fprintf(&out, "and %d more\n", more)
	}
	_, err := w.Write(out.Bytes())
	return err
}

// headline is a diagnostic's first line, file:line:col: error[code]: message.
func (s Style) headline(d *Diagnostic) string {
	return s.place(d.Span) + paint(s.Error, fmt.Sprintf("error[%s]", d.Code)) + ": " + d.Message
}

// place is the prefix of a line that speaks of a span: "file:line:col: ", or
// nothing where neither file nor line is known.
func (s Style) place(at Span) string {
	if p := at.String(); p != "" {
		return paint(s.Place, p+":") + " "
	}
	return ""
}

// excerpt writes the line that a span starts in and carets under the span.
func (s Style) excerpt(w io.Writer, at Span, src []byte) {
	from := at.Start.Offset
	first := from - (at.Start.Column - 1)
	if first < 0 || from > len(src) {
		return // not the text that the span speaks of
	}
	last := len(src)
	if i := bytes.IndexByte(src[from:], '\n'); i >= 0 {
		last = from + i
	}
	if last > from && src[last-1] == '\r' {
		last--
	}
	to := min(max(at.End.Offset, from), last)

	before, under, after := cells(src[first:from]), cells(src[from:to]), cells(src[to:last])
	if width(before)+width(under)+width(after) > maxExcerpt {
		before, under, after = cut(before, under, after)
	}
	line := fmt.Sprintf("%5d | %s", at.Start.Line, text(before)+text(under)+text(after))
	fmt.Fprintln(w, strings.TrimRight(line, " "))
	carets := strings.Repeat("^", max(1, width(under)))
	fmt.Fprintf(w, "      | %s%s\n", strings.Repeat(" ", width(before)), paint(s.Carets, carets))
}

// cut shortens the parts of a line to maxExcerpt columns: it keeps the start of
// what is under the carets, and as much as there is room for on both sides.
func cut(before, under, after []cell) (b, u, a []cell) {
	dots := cell{'…', 1}
	if room := maxExcerpt * 3 / 4; width(under) > room {
		under, after = append(fit(under, room-1), dots), nil
	}
	side := (maxExcerpt - width(under)) / 2
	if w := width(after); w < side {
		side = maxExcerpt - width(under) - w
	}
	if width(before) > side {
		before = append([]cell{dots}, fitEnd(before, side-1)...)
	}
	if room := maxExcerpt - width(before) - width(under); width(after) > room {
		after = append(fit(after, room-1), dots)
	}
	return before, under, after
}

// A cell is a character as the terminal shows it.
type cell struct {
	r     rune
	width int // columns
}

// cells returns what a terminal shows of a text. What could move the cursor, turn
// the writing direction or is no text at all becomes U+FFFD.
func cells(src []byte) []cell {
	var out []cell
	for len(src) > 0 {
		r, size := utf8.DecodeRune(src)
		src = src[size:]
		switch {
		case r == '\t':
			out = append(out, cell{' ', 1})
		case r != ' ' && !unicode.IsPrint(r):
			out = append(out, cell{utf8.RuneError, 1})
		case unicode.In(r, unicode.Mn, unicode.Me):
			out = append(out, cell{r, 0})
		case unicode.Is(wide, r):
			out = append(out, cell{r, 2})
		default:
			out = append(out, cell{r, 1})
		}
	}
	return out
}

// wide holds the characters that fill two columns: the blocks that Unicode
// Standard Annex #11 (East Asian Width) calls wide and fullwidth, coarsely.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{{0x1100, 0x115F, 1}, {0x2E80, 0x303E, 1}, {0x3041, 0xA4CF, 1}, {0xAC00, 0xD7A3, 1}, {0xF900, 0xFAFF, 1}, {0xFE30, 0xFE6F, 1}, {0xFF01, 0xFF60, 1}, {0xFFE0, 0xFFE6, 1}},
	R32: []unicode.Range32{{0x1F300, 0x1F64F, 1}, {0x1F680, 0x1F6FF, 1}, {0x1F900, 0x1FAFF, 1}, {0x20000, 0x3FFFD, 1}},
}

func width(cells []cell) int {
	n := 0
	for _, c := range cells {
		n += c.width
	}
	return n
}

func text(cells []cell) string {
	var b strings.Builder
	for _, c := range cells {
		b.WriteRune(c.r)
	}
	return b.String()
}

// fit returns as many cells from the start as fit into columns, fitEnd from the
// end. Both leave the array of their argument as it is.
func fit(cells []cell, columns int) []cell {
	n, w := 0, 0
	for n < len(cells) && w+cells[n].width <= columns {
		w += cells[n].width
		n++
	}
	return cells[:n:n]
}

func fitEnd(cells []cell, columns int) []cell {
	n, w := len(cells), 0
	for n > 0 && w+cells[n-1].width <= columns {
		n--
		w += cells[n].width
	}
	return cells[n:]
}

// JSON returns the diagnostics as a JSON list, one object each:
//
//	{"file","line","column","end_line","end_column","severity","code","message","help","notes":[{"file","line","column","message"}]}
//
// All fields are always there; lines and columns are 0 where no place is known.
func JSON(ds List) ([]byte, error) {
	type note struct {
		File    string `json:"file"`
		Line    int    `json:"line"`
		Column  int    `json:"column"`
		Message string `json:"message"`
	}
	type diagnostic struct {
		File      string `json:"file"`
		Line      int    `json:"line"`
		Column    int    `json:"column"`
		EndLine   int    `json:"end_line"`
		EndColumn int    `json:"end_column"`
		Severity  string `json:"severity"`
		Code      Code   `json:"code"`
		Message   string `json:"message"`
		Help      string `json:"help"`
		Notes     []note `json:"notes"`
	}
	list := make([]diagnostic, len(ds))
	for i, d := range ds {
		notes := make([]note, len(d.Notes))
		for j, n := range d.Notes {
			notes[j] = note{n.Span.File, n.Span.Start.Line, n.Span.Start.Column, n.Message}
		}
		list[i] = diagnostic{
			File: d.Span.File,
			Line: d.Span.Start.Line, Column: d.Span.Start.Column,
			EndLine: d.Span.End.Line, EndColumn: d.Span.End.Column,
			Severity: "error", Code: d.Code, Message: d.Message, Help: d.Help, Notes: notes,
		}
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(list); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

package lsp

import (
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/nnc-lang/nnc/dsl/diag"
)

// text is a document's content with its lines. Offsets count bytes; positions count lines, which end in \n, \r\n or \r, and units
// of UTF-16 in them, as the protocol has it.
type text struct {
	src   string
	lines []int // offset of each line's first byte
}

func newText(src string) *text {
	t := &text{src: src, lines: []int{0}}
	for i := 0; i < len(src); i++ {
		if src[i] == '\n' || src[i] == '\r' && !strings.HasPrefix(src[i:], "\r\n") {
			t.lines = append(t.lines, i+1)
		}
	}
	return t
}

// line gives a line without its end.
func (t *text) line(n int) string {
	end := len(t.src)
	if n+1 < len(t.lines) {
		end = t.lines[n+1]
	}
	return strings.TrimRight(t.src[t.lines[n]:end], "\r\n")
}

// offset finds the place of a position. What lies behind the end of a line is its end, what lies behind the last line the end of
// the text, and the middle of a character is its start.
func (t *text) offset(p position) int {
	switch {
	case p.Line < 0:
		return 0
	case p.Line >= len(t.lines):
		return len(t.src)
	}
	off, units := t.lines[p.Line], 0
	for _, r := range t.line(p.Line) {
		if units += utf16Units(r); units > p.Character {
			return off
		}
		off += runeBytes(t.src[off:])
	}
	return off
}

// position is the position of a place. Within the end of a line that is where the line ends, within a character where it starts.
func (t *text) position(off int) position {
	off = min(max(off, 0), len(t.src))
	n := sort.SearchInts(t.lines, off+1) - 1
	at, units := t.lines[n], 0
	for _, r := range t.line(n) {
		if at += runeBytes(t.src[at:]); at > off {
			break
		}
		units += utf16Units(r)
	}
	return position{n, units}
}

// utf16Units is the length of a character in UTF-16; a byte that is no UTF-8 reads as U+FFFD, which is one.
func utf16Units(r rune) int {
	if r >= 0x10000 {
		return 2
	}
	return 1
}

func runeBytes(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// span is the range of a span.
func (t *text) span(s diag.Span) textRange {
	return textRange{t.position(s.Start.Offset), t.position(s.End.Offset)}
}

// apply puts the text of a change in its place.
func (t *text) apply(c contentChange) *text {
	if c.Range == nil {
		return newText(c.Text)
	}
	from, to := t.offset(c.Range.Start), t.offset(c.Range.End)
	to = max(from, to)
	return newText(t.src[:from] + c.Text + t.src[to:])
}

package dsl

// A Cursor is a place in a text that is being written, and need not be a .nn file
// yet.
type Cursor struct {
	Word   string  // the name or keyword that ends here, as far as it stands there; "" where there is none
	Start  int     // offset of Word; of the cursor where there is none
	Frames []Frame // the brackets around it, outermost first; the first is the file
}

// A Frame is a bracket that is open, or the file.
type Frame struct {
	Place Place
	// Tokens is what stands in it before the next frame's bracket, or before the
	// cursor and its word: of the statement at hand where it holds statements, else
	// all that follows the bracket.
	Tokens []Token
}

// A Token is a piece of the text that the grammar does not divide.
type Token struct {
	Text   string
	Offset int
	Name   bool // a name or keyword, and no number, string, bracket or sign
}

// CursorAt returns what stands around an offset of the text. ok is false in a
// comment, a string or a number, where no name can be written.
func CursorAt(src []byte, offset int) (c Cursor, ok bool) {
	s := scan("", src[:offset])
	if _, commented := s.comments[s.line]; commented {
		return Cursor{}, false // it reaches to the end of its line
	}
	toks := s.toks[:len(s.toks)-1] // without EOF
	inBrackets := len(s.open) > 0 && s.open[len(s.open)-1] != '{'
	if n := len(toks); n > 0 && toks[n-1].Type == tokEnd && (!s.newline || inBrackets) {
		toks = toks[:n-1] // supplied since the text ends here: the statement may go on
	}
	c.Start = offset
	if n := len(toks); n > 0 && toks[n-1].Pos.Offset+len(toks[n-1].Value) == offset {
		switch t := toks[n-1]; t.Type {
		case tokIdent, tokKeyword:
			c.Word, c.Start = t.Value, t.Pos.Offset
			toks = toks[:n-1]
		case tokInt, tokFloat, tokString:
			return Cursor{}, false
		}
	}
	open := frames(s.toks, len(toks))
	for i, f := range open {
		end := len(toks)
		if i+1 < len(open) {
			end = open[i+1].bracket
		}
		frame := Frame{Place: f.place}
		for _, t := range toks[f.start:end] {
			frame.Tokens = append(frame.Tokens, Token{
				Text: t.Value, Offset: t.Pos.Offset, Name: t.Type == tokIdent || t.Type == tokKeyword,
			})
		}
		c.Frames = append(c.Frames, frame)
	}
	return c, true
}

// IsName reports whether a word can be a name: letters of ASCII, digits and _, not a
// digit in front, and none that the language keeps for itself.
func IsName(word string) bool {
	if word == "" || isDigit(word[0]) || isReserved(word) || len(word) > maxTokenSize {
		return false
	}
	for i := range len(word) {
		if !isLetter(word[i]) && !isDigit(word[i]) {
			return false
		}
	}
	return true
}

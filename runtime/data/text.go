package data

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

// A text is read as rows of characters, which are Unicode code points, with the
// characters that follow them as targets. Its alphabet is its distinct
// characters in the order of their code points: class i is the i-th, and the
// labels of both ports are the characters themselves.

// windows says which characters are the rows of a text: length of them each,
// side by side, so that an epoch sees every character once. Where the last row
// would be cut short it starts earlier instead, and its targets leave out (-1)
// what the row before it has: every character of the text counts just once.
type windows struct {
	places int  // that rows cover: the characters that have a row's place, at least length
	length int  // of a row
	target bool // the rows are those of the targets, a character further on
}

// rows is the number of rows.
func (w *windows) rows() int { return (w.places + w.length - 1) / w.length }

// read copies row i of the text.
func (w *windows) read(dst, text []int32, i int) {
	at := min(i*w.length, w.places-w.length)
	if !w.target {
		copy(dst, text[at:at+w.length])
		return
	}
	copy(dst, text[at+1:at+1+w.length])
	for k := range i*w.length - at {
		dst[k] = -1
	}
}

// loadText reads a text for the one input, and the same text a character later
// for the one target. A second source (like is the training set) is read in the
// training text's alphabet, and either in that of a weight file.
func (o *opener) loadText(s *Spec, like *Set) (*Set, error) {
	x, y, err := o.roles("text")
	if err != nil {
		return nil, err
	}
	in := o.ports[x]
	length := in.Size()
	vocabulary := in.Labels
	for _, p := range o.ports {
		switch {
		case len(p.Shape) != 1 || p.Classes == 0:
			return nil, fault("", "data text", "fills %s with characters: write it as [LENGTH]class(N)", p.describe())
		case s.Length != 0 && p.Size() != s.Length:
			return nil, fault("", "data text", "has rows of length %d, but %s has %d", s.Length, p.describe(), p.Size())
		case p.Size() != length || p.Classes != in.Classes:
			return nil, fault("", "data text", "gives %s and %s the same characters, a place apart: they must have one length and one number of classes", in.describe(), p.describe())
		case !slices.Equal(p.Labels, in.Labels):
			return nil, fault("", "data text", "gives %s and %s the same characters, but the model has other vocabularies for them", in.describe(), p.describe())
		}
	}
	if like != nil && vocabulary == nil {
		if vocabulary = like.cols[x].labels; vocabulary == nil {
			vocabulary = digitNames(in.Classes) // which are no characters, and refused as such
		}
	}
	path := o.path(s.Path)
	f, _, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := gunzip(f, path)
	if err != nil {
		return nil, err
	}
	text, labels, err := readText(b, path, in, vocabulary)
	if err != nil {
		return nil, err
	}
	if len(text) <= length {
		return nil, fault(path, "", "has %s, but a row of %s takes %d and the target one more", count(len(text), "character"), in.describe(), length)
	}
	cols := make([]column, len(o.ports))
	for i := range o.ports {
		cols[i] = textColumn(text, labels, length, path)
		cols[i].text.places-- // the last character has none that follows it
		cols[i].text.target = i == y
	}
	return newSet(o.ports, cols, cols[x].text.rows()), nil
}

// textColumn is a text whose rows cover all of it.
func textColumn(text []int32, labels []string, length int, file string) column {
	return column{width: length, class: text, labels: labels, origin: origin{file: file},
		text: &windows{places: len(text), length: length}}
}

// readText reads all characters of a text (UTF-8) as classes of a port, and the
// classes. names. vocabulary has the names where they are known, and every
// character of the text must then be one of them; nil takes the alphabet from
// the text, which must have as many characters as the port has classes.
func readText(b *bufio.Reader, file string, p Port, vocabulary []string) (text []int32, labels []string, err error) {
	codes, err := newAlphabet(p, vocabulary)
	if err != nil {
		return nil, nil, err
	}
	e := &Error{File: file, Line: 1, Column: 1}
	offset := 0
	if mark, _ := b.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
		offset = len(byteOrderMark)
	}
	if err := skipBOM(b, file); err != nil {
		return nil, nil, err
	}
	for {
		r, size, err := b.ReadRune()
		switch {
		case err == io.EOF:
			labels, err := codes.sort(p, text, file)
			return text, labels, err
		case err != nil:
			return nil, nil, contentError(file, err)
		case r == utf8.RuneError && size == 1:
			e.Message = fmt.Sprintf("is not UTF-8 at byte %d of the file, counted from 0; save it as UTF-8", offset)
			return nil, nil, e
		}
		code, known := codes.code(r)
		if !known {
			e.Message = fmt.Sprintf("%q is none of the %s that the model knows: %s", r, count(len(vocabulary), "character"), quoted(vocabulary))
			return nil, nil, e
		}
		text = append(text, code)
		offset += size
		e.Column += size
		if r == '\n' {
			e.Line, e.Column = e.Line+1, 1
		}
	}
}

// byteOrderMark is what some editors begin a UTF-8 file with.
const byteOrderMark = "\xef\xbb\xbf"

// An alphabet gives each character a code: its class where the alphabet is known,
// else its number in the order of appearance, until sort.
type alphabet struct {
	known bool
	ascii [utf8.RuneSelf]int32 // the code and one, so that 0 is none: most characters need no map
	codes map[rune]int32       // of all other characters
	runes []rune               // by code
	names []string             // where known
}

func newAlphabet(p Port, names []string) (*alphabet, error) {
	a := &alphabet{known: names != nil, codes: map[rune]int32{}, names: names}
	for _, name := range names {
		r, size := utf8.DecodeRuneInString(name)
		if size == 0 || size != len(name) {
			return nil, fault("", "data text", "gives %s characters, but its classes are called %s", p.describe(), list(names))
		}
		a.add(r)
	}
	return a, nil
}

// add is the code of a new character.
func (a *alphabet) add(r rune) int32 {
	code := int32(len(a.runes))
	a.runes = append(a.runes, r)
	if r < utf8.RuneSelf {
		a.ascii[r] = code + 1
	} else {
		a.codes[r] = code
	}
	return code
}

// code is the code of a character; a known alphabet may lack it.
func (a *alphabet) code(r rune) (code int32, ok bool) {
	if r < utf8.RuneSelf {
		code = a.ascii[r] - 1
		ok = code >= 0
	} else {
		code, ok = a.codes[r]
	}
	if !ok && !a.known {
		return a.add(r), true
	}
	return code, ok
}

// sort turns the codes of a text into classes, and gives the classes' names.
func (a *alphabet) sort(p Port, text []int32, file string) (names []string, err error) {
	switch {
	case len(text) == 0:
		return nil, fault(file, "", "is empty: a text is wanted")
	case a.known:
		return a.names, nil
	}
	sorted := slices.Sorted(slices.Values(a.runes))
	class := make([]int32, len(sorted)) // by code
	names = make([]string, len(sorted))
	for i, r := range sorted {
		code, _ := a.code(r)
		class[code], names[i] = int32(i), string(r)
	}
	if len(names) != p.Classes {
		return nil, fault(file, "", "has an alphabet of %s (%s), but %s has %d; %s",
			count(len(names), "character"), quoted(names), p.describe(), p.Classes, classes(len(names)))
	}
	for i, code := range text {
		text[i] = class[code]
	}
	return names, nil
}

// quoted names characters side by side: "\n !,.abc". More than a line's worth are
// cut.
func quoted(names []string) string {
	const most = 100
	if len(names) <= most {
		return fmt.Sprintf("%q", strings.Join(names, ""))
	}
	return fmt.Sprintf("%q and %d more", strings.Join(names[:most], ""), len(names)-most)
}

// ReadInputText is [ReadInput] for a port that was trained on a text: what is
// neither npy nor idx is text, in rows as [Open] makes them but for the target,
// and "-" is a text on standard input. The port's Labels are the vocabulary; a
// character beside it is an [*Error] with its place.
func ReadInputText(path string, port Port) (*Set, error) {
	if path == "-" {
		return readInputText(os.Stdin, 0, "standard input", port)
	}
	f, size, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readInputText(f, size, path, port)
}

func readInputText(r io.Reader, size int64, file string, port Port) (*Set, error) {
	packed := bufio.NewReader(r)
	if magic, _ := packed.Peek(len(npyMagic)); string(magic) == npyMagic {
		return readInput(packed, size, file, port, nil)
	}
	b, err := gunzip(packed, file)
	if err != nil {
		return nil, err
	}
	if magic, _ := b.Peek(2); bytes.Equal(magic, []byte{0, 0}) {
		return readInput(b, size, file, port, nil)
	}
	if port.Labels == nil {
		return nil, fault(file, "", "is a text, but the model has no vocabulary: it comes with weights that were trained on a text")
	}
	text, labels, err := readText(b, file, port, port.Labels)
	if err != nil {
		return nil, err
	}
	if length := port.Size(); len(text) < length {
		return nil, fault(file, "", "has %s, but a row of %s takes %d", count(len(text), "character"), port.describe(), length)
	}
	c := textColumn(text, labels, port.Size(), file)
	return newSet([]Port{port}, []column{c}, c.text.rows()), nil
}

package rt

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The classes of a text are its characters, Unicode code points: the name of each
// is the character itself.

// Vocabulary is the characters of a port's classes in order, "" where they are
// not known.
func (l Labels) Vocabulary(port string) string { return strings.Join(l[port], "") }

// Encode gives the classes of the characters of a text. One that is not in the
// port's vocabulary gives a [*DataError] that names it.
func (l Labels) Encode(port, text string) ([]int32, error) {
	names := l[port]
	if len(names) == 0 {
		return nil, &DataError{Port: port, Row: -1, Message: "no vocabulary is known: it comes with training or with trained weights"}
	}
	class := make(map[string]int32, len(names))
	for i, name := range names {
		class[name] = int32(i)
	}
	classes := make([]int32, 0, len(text))
	for i := 0; i < len(text); {
		_, size := utf8.DecodeRuneInString(text[i:])
		c, known := class[text[i:i+size]]
		if !known {
			return nil, &DataError{Port: port, Row: -1, Value: strconv.Quote(text[i : i+size]),
				Message: fmt.Sprintf("byte %d is not in the vocabulary, which is %q", i, l.Vocabulary(port))}
		}
		classes = append(classes, c)
		i += size
	}
	return classes, nil
}

// Decode is the text of classes. One that the vocabulary does not have is U+FFFD.
func (l Labels) Decode(port string, classes []int32) string {
	names := l[port]
	var s strings.Builder
	for _, c := range classes {
		if c < 0 || int(c) >= len(names) {
			s.WriteRune(utf8.RuneError)
			continue
		}
		s.WriteString(names[c])
	}
	return s.String()
}

// IsVocabulary tells whether names of classes are characters, no two the same.
func IsVocabulary(names []string) bool {
	for i, name := range names {
		if r, size := utf8.DecodeRuneInString(name); size == 0 || size != len(name) || r == utf8.RuneError && size == 1 || slices.Contains(names[:i], name) {
			return false
		}
	}
	return len(names) > 0
}

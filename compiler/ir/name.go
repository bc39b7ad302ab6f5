package ir

import (
	"go/token"
	"strings"
)

// GoName makes a Go identifier of a name of the language or of a weight file: image_size and dense1.weight become
// ImageSize and Dense1Weight where exported, imageSize and dense1Weight where not. Underscores and dots separate words;
// an underscore between two digits stays (conv1d_1 is Conv1d1, conv1_1 is Conv1_1). What would be a keyword or hide
// something predeclared that generated code needs gets an underscore behind it: type_, len_.
//
// It is not one-to-one: a_b and aB meet. Whoever declares names checks for that.
func GoName(s string, exported bool) string {
	var b strings.Builder
	upper := exported
	for i := range len(s) {
		c := s[i]
		if c == '_' || c == '.' {
			digits := i > 0 && i+1 < len(s) && isDigit(s[i-1]) && isDigit(s[i+1])
			if digits {
				b.WriteByte('_')
			}
			upper = b.Len() > 0 || exported
			continue
		}
		switch first := b.Len() == 0; {
		case upper && 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		case first && !exported && 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		case first && isDigit(c) && exported:
			b.WriteByte('X')
		case first && isDigit(c):
			b.WriteByte('x')
		}
		upper = false
		b.WriteByte(c)
	}
	name := b.String()
	if name == "" {
		name = "x"
		if exported {
			name = "X"
		}
	}
	if token.IsKeyword(name) || predeclared[name] {
		name += "_"
	}
	return name
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// predeclared lists what a variable must not be called, since generated code may need what it would hide.
var predeclared = map[string]bool{
	"any": true, "bool": true, "byte": true, "error": true, "float32": true, "float64": true, "int": true, "int32": true, "int64": true,
	"string": true, "uint32": true, "uint64": true, "true": true, "false": true, "nil": true, "iota": true,
	"append": true, "cap": true, "clear": true, "copy": true, "len": true, "make": true, "max": true, "min": true, "new": true, "panic": true,
}

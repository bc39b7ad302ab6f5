package dsl

import (
	"fmt"
	"strings"
	"testing"
)

// A cursor is written as | in the texts; what is wanted is the word before it, and the brackets with what stands in them.
func TestCursorAt(t *testing.T) {
	places := [...]string{"file", "model", "settings", "body", "inputs", "params", "args", "tuple", "dims", "list"}
	for _, c := range []struct{ text, want string }{
		{"|", `"" file()`},
		{"mod|", `"mod" file()`},
		{"const a = 3 |", `"" file(const a = 3)`},
		{"const a = 3\n|", `"" file()`},
		{"model M {\n\tin|", `"in" file(model M) model()`},
		{"model M {\n\tinput x [4, |", `"" file(model M) model(input x) dims(4 ,)`},
		{"model M { loss mse -> |\n", `"" file(model M) model(loss mse ->)`},
		{"model M {\n\tlayers {\n\t\tdense(4) -> re|lu\n", `"re" file(model M) model(layers) body(dense ( 4 ) ->)`},
		{"model M {\n\tlayers {\n\t\tdense(4)\n\t\t-> re|", `"re" file(model M) model(layers) body(dense ( 4 ) ->)`},
		{"model M {\n\tlayers {\n\t\tdense(4)\n\t\tre|", `"re" file(model M) model(layers) body()`},
		{"model M {\n\tlayers {\n\t\tdense(4,\n\t\tin|", `"in" file(model M) model(layers) body(dense) args(4 ,)`},
		{"model M {\n\tlayers {\n\t\tdense(4\n|", `"" file(model M) model(layers) body(dense) args(4)`},
		{"model M {\n\toptimizer sgd(lr: cosine(0.1, |", `"" file(model M) model(optimizer sgd) args(lr : cosine) args(0.1 ,)`},
		{"model M {\n\tlayers {\n\t\tdense(4\n\t}\n\tlo|", `"lo" file(model M) model()`}, // the parenthesis stands open
		{"model M {\n\ttrain {\n\t\tbatch: 3\n\t\tkeep: |", `"" file(model M) model(train) settings(keep :)`},
		{"block (a, b) -> Two(n, k = |", `"" file(block ( a , b ) -> Two) params(n , k =)`},
		{"block B(n) {\n\trepeat i in [1, |", `"" file(block B ( n )) body(repeat i in) list(1 ,)`},
		{"model M {\n\tlayers {\n\t\th = (x -> |", `"" file(model M) model(layers) body(h =) tuple(x ->)`},
		{"const a = 3 // |", "none"},
		{"const a = \"|\"", "none"},
		{"const a = \"b\"|", "none"},
		{"const a = 12|", "none"},
		{"const a = 12 |", `"" file(const a = 12)`},
		{") ] }|", `"" file(})`},
	} {
		offset := strings.IndexByte(c.text, '|')
		text := c.text[:offset] + c.text[offset+1:]
		cursor, ok := CursorAt([]byte(text), offset)
		got := "none"
		if ok {
			got = fmt.Sprintf("%q", cursor.Word)
			for _, f := range cursor.Frames {
				var words []string
				for _, tok := range f.Tokens {
					words = append(words, tok.Text)
				}
				got += fmt.Sprintf(" %s(%s)", places[f.Place], strings.Join(words, " "))
			}
			if cursor.Start != offset-len(cursor.Word) {
				t.Errorf("%q: the word starts at %d", c.text, cursor.Start)
			}
		}
		if got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestIsName(t *testing.T) {
	for word, want := range map[string]bool{
		"x": true, "_x1": true, "Block": true, "input": true, "": false, "1x": false, "a-b": false, "é": false, "repeat": false, "true": false,
		strings.Repeat("x", maxTokenSize): true, strings.Repeat("x", maxTokenSize+1): false,
	} {
		if got := IsName(word); got != want {
			t.Errorf("IsName(%.20q) is %v", word, got)
		}
	}
}

package rt

import (
	"slices"
	"strings"
	"testing"
)

func TestVocabulary(t *testing.T) {
	l := Labels{"text": {"\n", "a", "é", "世", "�"}}
	if got := l.Vocabulary("text"); got != "\naé世�" || l.Vocabulary("none") != "" {
		t.Errorf("vocabulary %q", got)
	}
	for _, text := range []string{"", "a", "世é\na", "�a"} {
		classes, err := l.Encode("text", text)
		if err != nil || l.Decode("text", classes) != text {
			t.Errorf("%q becomes %v, %v, and %q again", text, classes, err, l.Decode("text", classes))
		}
	}
	if got, _ := l.Encode("text", "é\n"); !slices.Equal(got, []int32{2, 0}) {
		t.Errorf("classes %v", got)
	}
	for _, c := range []struct{ port, text, want string }{
		{"text", "aéb", `text: "b": byte 3 is not in the vocabulary`},
		{"text", "a\xff", `text: "\xff": byte 1 is not in the vocabulary`},
		{"none", "a", "none: no vocabulary is known"},
	} {
		if _, err := l.Encode(c.port, c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.text, err)
		}
	}
	if got := l.Decode("text", []int32{-1, 1, 5}); got != "�a�" {
		t.Errorf("classes that are not there give %q", got)
	}
}

func TestIsVocabulary(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  bool
	}{
		{nil, false}, {[]string{"a"}, true}, {[]string{"世", "\n"}, true}, {[]string{"ab"}, false},
		{[]string{"a", ""}, false}, {[]string{"\xff"}, false}, {[]string{"�"}, true}, {[]string{"a", "b", "a"}, false},
	} {
		if got := IsVocabulary(c.names); got != c.want {
			t.Errorf("%q: %v", c.names, got)
		}
	}
}

package codegen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"
)

// Paths of what generated code imports.
const (
	runtimePath = "github.com/nnc-lang/nnc/runtime"
	dataPath    = runtimePath + "/data"
	programPath = runtimePath + "/program"
)

// stmt is a statement, or any other piece of Go, as text.
func stmt(format string, a ...any) jen.Code { return jen.Id(fmt.Sprintf(format, a...)) }

// comment is a line comment.
func comment(format string, a ...any) jen.Code {
	return jen.Comment(strings.TrimRight("// "+fmt.Sprintf(format, a...), " "))
}

// doc prints a doc comment, wrapped, behind an empty line.
func doc(f *jen.File, text string) {
	f.Line()
	docText(f, text)
}

// docText prints a paragraph of a doc comment.
func docText(f *jen.File, text string) {
	for _, l := range wrap(text, 110) {
		f.Add(comment("%s", l))
	}
}

// wrap breaks a line between words so that no part is longer than width, as far as words allow.
func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// fn adds a function: receiver (may be ""), signature behind the name, and body.
//
//	func (m *MNIST) Save(path string) error { … }
func fn(f *jen.File, receiver, name, signature string, body ...jen.Code) {
	s := f.Func()
	if receiver != "" {
		s = s.Params(jen.Id(receiver))
	}
	s.Id(name + signature).Block(body...)
}

// count is a number with commas: 101,770.
func count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// times is a product in which a factor of one is left out: n*128, n, 128.
func times(s string, k int) string {
	switch {
	case k == 0 || s == "0":
		return "0"
	case k == 1:
		return s
	case s == "" || s == "1":
		return strconv.Itoa(k)
	}
	return fmt.Sprintf("%s*%d", s, k)
}

// plus is a sum in which zeros are left out.
func plus(terms ...string) string {
	var s strings.Builder
	for _, t := range terms {
		if t == "" || t == "0" {
			continue
		}
		if s.Len() > 0 && !strings.HasPrefix(t, "-") {
			s.WriteByte('+')
		}
		s.WriteString(t)
	}
	if s.Len() == 0 {
		return "0"
	}
	return s.String()
}

// intList is []int{1, 28, 28}.
func intList(x []int) string {
	s := make([]string, len(x))
	for i, v := range x {
		s[i] = strconv.Itoa(v)
	}
	return "[]int{" + strings.Join(s, ", ") + "}"
}

// quoteList is []string{"a", "b"}.
func quoteList(x []string) string {
	s := make([]string, len(x))
	for i, v := range x {
		s[i] = strconv.Quote(v)
	}
	return "[]string{" + strings.Join(s, ", ") + "}"
}

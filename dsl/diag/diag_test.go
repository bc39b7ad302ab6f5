package diag

// This file holds the tests of positions, lists, suggestions, the code table and
// JSON. Renderings are in render_test.go.

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// at returns a diagnostic at an offset of the first line of a.nn.
func at(offset int, code Code, message string) *Diagnostic {
	p := Pos{offset, 1, offset + 1}
	return &Diagnostic{Code: code, Span: Span{"a.nn", p, p}, Message: message}
}

func TestError(t *testing.T) {
	tests := []struct {
		d    Diagnostic
		want string
	}{
		{Diagnostic{Code: BadRank, Span: Span{File: "a.nn", Start: Pos{9, 3, 4}}, Message: "m"}, "a.nn:3:4: error[bad-rank]: m"},
		{Diagnostic{Code: BadRank, Span: Span{Start: Pos{9, 3, 4}}, Message: "m"}, "3:4: error[bad-rank]: m"},
		{Diagnostic{Code: BadRank, Span: Span{File: "a.nn"}, Message: "m"}, "a.nn: error[bad-rank]: m"},
		{Diagnostic{Code: BadRank, Message: "m"}, "error[bad-rank]: m"},
	}
	for _, tt := range tests {
		if got := tt.d.Error(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestSort(t *testing.T) {
	noted := at(1, Syntax, "b")
	noted.Notes = []Note{{Message: "n"}}
	other := at(0, Syntax, "z")
	other.Span.File = "b.nn"
	l := List{other, at(7, BadRank, "m"), noted, at(1, Syntax, "b"), at(1, BadRank, "z"), at(1, Syntax, "a"), at(1, Syntax, "b"), at(7, BadRank, "m")}
	l.Sort()
	var got []string
	for _, d := range l {
		got = append(got, d.Error())
	}
	want := []string{
		"a.nn:1:2: error[bad-rank]: z",
		"a.nn:1:2: error[syntax]: a",
		"a.nn:1:2: error[syntax]: b",
		"a.nn:1:2: error[syntax]: b", // with a note, so another one
		"a.nn:1:8: error[bad-rank]: m",
		"b.nn:1:1: error[syntax]: z",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestListErr(t *testing.T) {
	if err := (List{}).Err(); err != nil {
		t.Errorf("an empty list is the error %v", err)
	}
	one := List{at(0, Syntax, "a")}.Err()
	if got, want := one.Error(), "a.nn:1:1: error[syntax]: a"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	two := List{at(0, Syntax, "a"), at(1, Syntax, "b")}.Err()
	if got, want := two.Error(), "a.nn:1:1: error[syntax]: a (and 1 more)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var d *Diagnostic
	if !errors.As(two, &d) || d.Message != "a" {
		t.Errorf("errors.As found %v", d)
	}
}

func TestSuggest(t *testing.T) {
	layers := []string{"relu", "dense", "dropout", "softmax", "log_softmax", "sum", "max_pool", "conv", "conv1d"}
	tests := []struct{ word, want string }{
		{"rellu", "relu"},
		{"reul", "relu"},        // a swap is one edit
		{"desne", "dense"},      //
		{"Dense", "dense"},      // case does not count
		{"droput", "dropout"},   //
		{"sotfmaxx", "softmax"}, // two edits of eight letters
		{"dns", ""},             // two edits of three letters
		{"sm", ""},              // too short
		{"cnv", "conv"},         //
		{"maxpool", "max_pool"}, //
		{"zzzzzzzz", ""},        //
		{"relu", ""},            // already right
		{"logsoftmax", "log_softmax"},
		{"conv2d", "conv"},             // as other libraries call it
		{"MaxPool2d", "max_pool"},      //
		{"convolution", "conv"},        // begins with it
		{"spatial_dropout", "dropout"}, // ends with it
		{"zsumz", ""},
	}
	for _, tt := range tests {
		if got := Suggest(tt.word, layers); got != tt.want {
			t.Errorf("Suggest(%q) = %q, want %q", tt.word, got, tt.want)
		}
	}
	if got := Suggest("abx", []string{"abz", "aby"}); got != "aby" {
		t.Errorf("of two equally near got %q, want the first in order", got)
	}
	unsorted := []string{"b", "a"}
	Suggest("abc", unsorted)
	if !slices.Equal(unsorted, []string{"b", "a"}) {
		t.Error("Suggest sorted its caller's slice")
	}
}

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"ca", "abc", 3}, // optimal string alignment, not Damerau: no edit between swapped letters
		{"kitten", "sitting", 3},
	}
	for _, tt := range tests {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if got := distance(tt.b, tt.a); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.b, tt.a, got, tt.want)
		}
	}
}

// TestCodes holds the table against the constants of codes.go.
func TestCodes(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := map[Code]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			declared[Code(value)] = true
		}
		return true
	})
	if len(declared) < 30 {
		t.Fatalf("found %d codes only", len(declared))
	}
	codes := Codes()
	for _, e := range codes {
		if !declared[e.Code] {
			t.Errorf("%s is explained twice, or has no constant", e.Code)
		}
		delete(declared, e.Code)
		if e.Title == "" || strings.ContainsRune(e.Title, '\n') || strings.HasSuffix(e.Title, ".") {
			t.Errorf("%s: title %q", e.Code, e.Title)
		}
		if !strings.HasSuffix(e.Text, ".") && !strings.HasSuffix(e.Text, ")") || strings.HasPrefix(e.Text, "\n") {
			t.Errorf("%s: text %q", e.Code, e.Text)
		}
		for _, line := range strings.Split(e.Text, "\n") {
			if utf8.RuneCountInString(line) > 84 {
				t.Errorf("%s: a line of the text has more than 84 characters: %q", e.Code, line)
			}
		}
		if !strings.HasSuffix(e.Example, "\n") || strings.HasPrefix(e.Example, "\n") {
			t.Errorf("%s: example %q", e.Code, e.Example)
		}
		if got, ok := Explain(e.Code); !ok || got != e {
			t.Errorf("Explain(%q) = %v, %v", e.Code, got, ok)
		}
	}
	for c := range declared {
		t.Errorf("%s is not explained", c)
	}
	if !slices.IsSortedFunc(codes, func(a, b Explanation) int { return strings.Compare(string(a.Code), string(b.Code)) }) {
		t.Error("Codes is not sorted")
	}
	if _, ok := Explain("nonsense"); ok {
		t.Error("nonsense is explained")
	}
}

func TestJSON(t *testing.T) {
	d := &Diagnostic{
		Code:    BadRank,
		Span:    Span{"a.nn", Pos{10, 2, 3}, Pos{15, 2, 8}},
		Message: `wants [D], got <b>"x"`,
		Notes:   []Note{{Span{"a.nn", Pos{0, 1, 1}, Pos{1, 1, 2}}, "here"}},
		Help:    "do",
	}
	got, err := JSON(List{d, {Code: Syntax, Message: "m"}})
	if err != nil {
		t.Fatal(err)
	}
	want := `[
  {
    "file": "a.nn",
    "line": 2,
    "column": 3,
    "end_line": 2,
    "end_column": 8,
    "severity": "error",
    "code": "bad-rank",
    "message": "wants [D], got <b>\"x\"",
    "help": "do",
    "notes": [
      {
        "file": "a.nn",
        "line": 1,
        "column": 1,
        "message": "here"
      }
    ]
  },
  {
    "file": "",
    "line": 0,
    "column": 0,
    "end_line": 0,
    "end_column": 0,
    "severity": "error",
    "code": "syntax",
    "message": "m",
    "help": "",
    "notes": []
  }
]
`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, err := JSON(nil); err != nil || string(got) != "[]\n" {
		t.Errorf("of nothing got %q, %v", got, err)
	}
}

package diag

// This file holds the tests of the text form: where the carets stand under tabs,
// wide characters, long lines and characters that would confuse a terminal.

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

// span returns the span of the part of src between ‹ and ›, and src without them.
func span(t *testing.T, src string) (string, Span) {
	t.Helper()
	before, rest, ok := strings.Cut(src, "‹")
	inside, after, ok2 := strings.Cut(rest, "›")
	if !ok || !ok2 {
		t.Fatalf("no ‹ › in %q", src)
	}
	src = before + inside + after
	pos := func(offset int) Pos {
		head := src[:offset]
		return Pos{offset, 1 + strings.Count(head, "\n"), offset - (strings.LastIndexByte(head, '\n') + 1) + 1}
	}
	return src, Span{"mlp.nn", pos(len(before)), pos(len(before) + len(inside))}
}

func TestExcerpt(t *testing.T) {
	tests := []struct {
		name, src, want string
	}{
		{"first line", "‹dense›(10)", `
    1 | dense(10)
      | ^^^^^`},
		{"tabs", "a\n\t\th = ‹dense(128)›\n", `
    2 |   h = dense(128)
      |       ^^^^^^^^^^`},
		{"tabs under the span", "a ‹b\tc›", `
    1 | a b c
      |   ^^^`},
		{"the end of a line", "x ->‹›\ny\n", `
    1 | x ->
      |     ^`},
		{"the end of the file", "x ->\n‹›", `
    2 |
      | ^`},
		{"several lines", "a ‹b {\n\tc\n}› d", `
    1 | a b {
      |   ^^^`},
		{"CRLF", "a ‹b›\r\nc\r\n", `
    1 | a b
      |   ^`},
		{"CRLF under the span", "a ‹b {\r\nc }›\r\n", `
    1 | a b {
      |   ^^^`},
		{"UTF-8", "\"süß\" ‹x›", `
    1 | "süß" x
      |       ^`},
		{"combining", "\"u\u0308\" ‹x›", `
    1 | "` + "u\u0308" + `" x
      |     ^`},
		{"wide", "\"猫\" ‹犬›", `
    1 | "猫" 犬
      |      ^^`},
		{"control characters", "\"\x1b[31m\u202e\" ‹x›", `
    1 | "` + "\uFFFD[31m\uFFFD" + `" x
      |          ^`},
		{"not UTF-8", "\xff\xfe ‹\xff›", `
    1 | ` + "\uFFFD\uFFFD \uFFFD" + `
      |    ^`},
		{"a wide line number", strings.Repeat("\n", 123455) + "‹a›", `
123456 | a
      | ^`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src, s := span(t, tt.src)
			var out strings.Builder
			if err := Render(&out, List{{Code: Syntax, Span: s, Message: "m"}}, func(string) []byte { return []byte(src) }, 0); err != nil {
				t.Fatal(err)
			}
			_, got, _ := strings.Cut(out.String(), "\n")
			if want := tt.want[1:] + "\n"; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestExcerptLong holds that of a long line the part around the span is shown, and
// that the carets stay under the span's characters.
func TestExcerptLong(t *testing.T) {
	filler := strings.Repeat("x", 1000)
	tests := []struct{ name, src, under string }{
		{"start", "‹start›" + filler, "start"},
		{"middle", filler + "‹middle›" + filler, "middle"},
		{"end", filler + "‹end›", "end"},
		{"long span", filler + "‹long" + filler + "›", "long" + strings.Repeat("x", 70)},
		{"long span of wide characters", filler + "‹" + strings.Repeat("猫", 500) + "›" + filler, strings.Repeat("猫", 37)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src, s := span(t, tt.src)
			var out strings.Builder
			if err := Render(&out, List{{Code: Syntax, Span: s}}, func(string) []byte { return []byte(src) }, 0); err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(out.String(), "\n")
			shown, carets := cells([]byte(lines[1])), lines[2]
			if w := width(shown); w > maxExcerpt+8 {
				t.Errorf("%d columns are shown:\n%s", w, out.String())
			}
			from, to := strings.IndexByte(carets, '^'), len(carets)
			var under string
			column := 0
			for _, c := range shown {
				if column >= from && column < to {
					under += string(c.r)
				}
				column += c.width
			}
			if under != tt.under && under != tt.under+"…" {
				t.Errorf("the carets stand under %q, want %q:\n%s", under, tt.under, out.String())
			}
			if strings.HasPrefix(lines[1], "    1 | x") || tt.name != "end" && !strings.Contains(lines[1], "long") && !strings.HasSuffix(lines[1], "…") {
				t.Errorf("no dots where the line is cut:\n%s", out.String())
			}
		})
	}
}

func TestRender(t *testing.T) {
	src := "model M {\n\tinput image [1, 28, 28]\n\n\tlayers {\n\t\th = dense(128)\n\t}\n}\n"
	source := func(file string) []byte {
		if file == "mlp.nn" {
			return []byte(src)
		}
		return nil
	}
	_, dense := span(t, strings.Replace(src, "dense(128)", "‹dense(128)›", 1))
	_, input := span(t, strings.Replace(src, "input", "‹input›", 1))
	ranked := &Diagnostic{
		Code: BadRank, Span: dense, Message: "dense wants [D] or [T, D], got [1, 28, 28]",
		Notes: []Note{{input, "input image is declared here"}}, Help: "insert flatten before this layer",
	}
	elsewhere := &Diagnostic{Code: BadData, Span: Span{"other.nn", Pos{3, 1, 4}, Pos{5, 1, 6}}, Message: "no text"}
	unread := &Diagnostic{Code: BadData, Span: Span{"other.nn", Pos{0, 1, 1}, Pos{0, 1, 1}}, Message: "no text from its start"}
	nowhere := &Diagnostic{Code: MissingItem, Message: "no place", Notes: []Note{{Message: "nor here"}}}

	want := `mlp.nn:5:7: error[bad-rank]: dense wants [D] or [T, D], got [1, 28, 28]
    5 |   h = dense(128)
      |       ^^^^^^^^^^
mlp.nn:2:2: note: input image is declared here
help: insert flatten before this layer
other.nn:1:4: error[bad-data]: no text
other.nn:1:1: error[bad-data]: no text from its start
error[missing-item]: no place
note: nor here
`
	list := List{ranked, elsewhere, unread, nowhere}
	tests := []struct {
		name string
		max  int
		want string
	}{
		{"all", 0, want},
		{"as many as there are", 4, want},
		{"some", 1, want[:strings.Index(want, "other.nn")] + "and 3 more\n"},
	}
	for _, tt := range tests {
		var out strings.Builder
		if err := Render(&out, list, source, tt.max); err != nil {
			t.Fatal(err)
		}
		if out.String() != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, out.String(), tt.want)
		}
	}

	var out strings.Builder
	if err := Render(&out, List{ranked}, nil, 0); err != nil || strings.Contains(out.String(), "|") {
		t.Errorf("without a source got %v\n%s", err, out.String())
	}
	if err := Render(failing{}, list, source, 0); !errors.Is(err, errFull) {
		t.Errorf("the writer's error is lost: %v", err)
	}
}

// TestRenderStyle holds which parts have a style, that nothing has one without, and
// that a style adds escape sequences and changes nothing else.
func TestRenderStyle(t *testing.T) {
	src, at := span(t, "a\n\t‹b›\n")
	list := List{
		{Code: Syntax, Span: at, Message: "m", Notes: []Note{{at, "n"}, {Message: "nowhere"}}, Help: "h"},
		{Code: BadData, Message: "no place"},
	}
	render := func(s Style) string {
		var out strings.Builder
		if err := s.Render(&out, list, func(string) []byte { return []byte(src) }, 0); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	const want = `<p>mlp.nn:2:2:</> <e>error[syntax]</>: m
    2 |  b
      |  <c>^</>
<p>mlp.nn:2:2:</> <n>note: n</>
<n>note: nowhere</>
<h>help: h</>
<e>error[bad-data]</>: no place
`
	got := strings.ReplaceAll(render(Style{"<p>", "<e>", "<c>", "<n>", "<h>"}), "\x1b[0m", "</>")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}

	var plain strings.Builder
	if err := Render(&plain, list, func(string) []byte { return []byte(src) }, 0); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(plain.String(), "\x1b") {
		t.Errorf("the plain text has escape sequences: %q", plain.String())
	}
	coloured := render(Coloured())
	for _, want := range []string{"\x1b[1mmlp.nn:2:2:\x1b[0m \x1b[1;31merror[syntax]\x1b[0m: m\n", " \x1b[31m^\x1b[0m\n", "\x1b[36mhelp: h\x1b[0m\n"} {
		if !strings.Contains(coloured, want) {
			t.Errorf("%q is not in %q", want, coloured)
		}
	}
	if stripped := regexp.MustCompile(`\x1b\[[0-9;]*m`).ReplaceAllString(coloured, ""); stripped != plain.String() {
		t.Errorf("without escape sequences got\n%s\nwant\n%s", stripped, plain.String())
	}
}

// TestRenderOtherText holds that a span that does not belong to the text does no
// harm: a file may change between parsing and rendering.
func TestRenderOtherText(t *testing.T) {
	for _, s := range []Span{
		{"a.nn", Pos{100, 9, 3}, Pos{101, 9, 4}},
		{"a.nn", Pos{1, 1, 9}, Pos{2, 1, 10}},
		{"a.nn", Pos{2, 1, 3}, Pos{100, 1, 101}},
		{"a.nn", Pos{2, 1, 3}, Pos{1, 1, 2}},
	} {
		var out strings.Builder
		if err := Render(&out, List{{Code: Syntax, Span: s}}, func(string) []byte { return []byte("abc\n") }, 0); err != nil {
			t.Error(err)
		}
	}
}

var errFull = errors.New("full")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

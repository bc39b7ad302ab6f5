package docs_test

// docs/reference.md says what the definitions of package op and the table of package diag say, each operator and each
// error code once. -update writes it anew, and language.md's diagnostics too.

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var update = flag.Bool("update", false, "rewrite reference.md, and the diagnostics in language.md")

func TestReference(t *testing.T) {
	got := reference()
	golden(t, "reference.md", got)

	// Every link of the contents has its place, and none has two.
	places := map[string]int{}
	for _, m := range regexp.MustCompile(`<a id="([^"]*)">`).FindAllStringSubmatch(got, -1) {
		places[m[1]]++
	}
	links := map[string]int{}
	for _, m := range regexp.MustCompile(`\]\(#([^)]*)\)`).FindAllStringSubmatch(got, -1) {
		links[m[1]]++
	}
	if want := len(op.All) + len(diag.Codes()) + len(kinds) + 1; len(links) != want {
		t.Errorf("%d links lead to operators, codes and their groups, of which there are %d", len(links), want)
	}
	for link := range links {
		if places[link] != 1 {
			t.Errorf("the link #%s has %d places", link, places[link])
		}
	}
}

// golden compares a file of this folder with what it should be, or writes it.
func golden(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != want {
		t.Errorf("%s is not up to date; go test ./docs -update writes it:\n%s", file, diff.Diff("there", text, "should be", []byte(want)))
	}
}

// kinds are the kinds of operators in the order of the reference.
var kinds = []struct {
	kind        op.Kind
	title, text string
}{
	{op.Layer, "Layers", "Layers stand in `layers`, in blocks and in shared nets. The batch is left out of shapes: `[C, H, W]` is an image, `[T, D]`\n" +
		"a sequence. An operator without arguments is written without parentheses."},
	{op.Loss, "Losses", "A loss compares an output with a target, on a `loss` line. Several lines add."},
	{op.Penalty, "Penalties", "A penalty stands alone on a `loss` line. It is over the weights, and adds to the losses."},
	{op.Optimizer, "Optimizers", "One optimizer stands on the `optimizer` line, and moves the parameters θ against their gradient g."},
	{op.Schedule, "Schedules", "A schedule stands in place of an optimizer's learning rate: `adam(lr: cosine(0.001))`."},
	{op.Initialiser, "Initialisers", "An initialiser draws a layer's weights before training, as its `init` or `bias_init`."},
	{op.MetricKind, "Metrics", "A metric measures an output against a target, on a `metric` line. Nothing is trained by it."},
}

// reference is the whole of reference.md.
func reference() string {
	var b strings.Builder
	b.WriteString("<!-- Written by go test ./docs -update from the definitions in compiler/op and dsl/diag; do not edit. -->\n\n" +
		"# Reference\n\n" +
		"All operators of the language and all error codes. [language.md](language.md) tells how they are put together;\n" +
		"`nnc explain NAME` shows an entry on the terminal.\n\n")
	for _, k := range kinds {
		var links []string
		for _, d := range op.All {
			if d.Kind == k.kind {
				links = append(links, fmt.Sprintf("[%s](#%s)", escape(d.Name), place(d)))
			}
		}
		fmt.Fprintf(&b, "- **[%s](#%s)**:\n%s", k.title, strings.ToLower(k.title), fold(links))
	}
	var links []string
	for _, c := range diag.Codes() {
		links = append(links, fmt.Sprintf("[%s](#%s)", c.Code, c.Code))
	}
	fmt.Fprintf(&b, "- **[Error codes](#error-codes)**:\n%s", fold(links))

	for _, k := range kinds {
		fmt.Fprintf(&b, "\n## <a id=\"%s\"></a>%s\n\n%s\n", strings.ToLower(k.title), k.title, k.text)
		for _, d := range op.All {
			if d.Kind == k.kind {
				operator(&b, d)
			}
		}
	}
	b.WriteString("\n## <a id=\"error-codes\"></a>Error codes\n\nEach stands in brackets in the first line of an error message, with a file that has this error and no other.\n")
	for _, c := range diag.Codes() {
		code(&b, c)
	}
	return b.String()
}

// fold sets links in lines of about as many characters as a screen shows, below the item of a list.
func fold(links []string) string {
	var b strings.Builder
	used := 0
	for i, l := range links {
		if i < len(links)-1 {
			l += ","
		}
		if used > 0 && used+1+len(l) > 118 {
			b.WriteByte('\n')
			used = 0
		}
		if used == 0 {
			b.WriteByte(' ')
			used = 1
		}
		b.WriteString(" " + l)
		used += 1 + len(l)
	}
	return b.String() + "\n"
}

// place is an operator's anchor: layer-dense; the arithmetic ones, whose names are signs, are called by a word.
func place(d *op.Def) string {
	name := d.Name
	if word, ok := map[string]string{"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}[name]; ok {
		name = word
	}
	return fmt.Sprintf("%s-%s", d.Kind, name)
}

// operator writes an operator's entry.
func operator(b *strings.Builder, d *op.Def) {
	fmt.Fprintf(b, "\n### <a id=\"%s\"></a>%s\n\n", place(d), escape(d.Name))
	if call := op.Signature(d); call != d.Name {
		fmt.Fprintf(b, "%s\n", fenced(call))
	}
	fmt.Fprintf(b, "%s\n", escape(d.Doc))
	if len(d.Args) > 0 || d.Weights {
		b.WriteString("\n| argument | takes | default | |\n| --- | --- | --- | --- |\n")
		for _, a := range d.Args {
			byDefault := "—"
			switch {
			case a.Required:
				byDefault = "required"
			case a.Default != nil:
				byDefault = "`" + a.DefaultText() + "`"
			}
			row(b, "`"+a.Name+"`", escape(a.Takes()), byDefault, escape(a.Doc))
		}
		if d.Weights {
			row(b, "`name`", "a word", "`"+d.Name+"` and a number", "what the layer is called in weight files and messages")
		}
	}
	b.WriteString("\n| | |\n| --- | --- |\n")
	if len(d.Shapes) > 0 {
		title := "Shapes"
		if d.Kind == op.Loss || d.Kind == op.MetricKind {
			title = "Output, target"
		}
		row(b, title, spans(d.Shapes))
	}
	row(b, "Formula", spans(strings.Split(d.Formula, "\n")))
	if d.Gradient != "" {
		row(b, "Gradient", spans(strings.Split(d.Gradient, "\n")))
	}
	row(b, "Example", spans([]string{d.Example}))
	row(b, "Source", link.ReplaceAllString(strings.ReplaceAll(escape(d.Source), "; ", "<br>"), "<$0>"))
}

var link = regexp.MustCompile(`https://[^\s,<]+`)

func row(b *strings.Builder, cells ...string) { fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | ")) }

// spans are lines of code in a cell of a table.
func spans(lines []string) string {
	var out []string
	for _, l := range lines {
		out = append(out, "`"+strings.ReplaceAll(l, "|", `\|`)+"`")
	}
	return strings.Join(out, "<br>")
}

// code writes an error code's entry.
func code(b *strings.Builder, c diag.Explanation) {
	fmt.Fprintf(b, "\n### <a id=\"%s\"></a>%s\n\n**%s.** %s\n\n", c.Code, c.Code, escape(capital(c.Title)), escape(c.Text))
	text, remarks := printable(c.Example)
	b.WriteString(fenced(text))
	for _, r := range remarks {
		fmt.Fprintf(b, "\n%s\n", r)
	}
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// longest is the length above which a line of an example is cut.
const longest = 100

// printable is an example as Markdown can show it, and remarks on what it cannot.
func printable(example string) (text string, remarks []string) {
	if !utf8.ValidString(example) {
		remarks = append(remarks, "Here � stands for a byte that is not UTF-8.")
		example = strings.ToValidUTF8(example, "�")
	}
	lines := strings.Split(strings.TrimRight(example, "\n"), "\n")
	for i, l := range lines {
		if n := utf8.RuneCountInString(l); n > longest {
			lines[i] = string([]rune(l)[:longest/2]) + "…"
			remarks = append(remarks, fmt.Sprintf("Line %d is cut short here; it has %d characters.", i+1, n))
		}
	}
	return strings.Join(lines, "\n"), remarks
}

// fenced is a text as a block of code.
func fenced(text string) string { return "```\n" + strings.TrimRight(text, "\n") + "\n```\n" }

// escape is a plain text as Markdown.
func escape(text string) string { return special.Replace(text) }

var special = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "<", `\<`, "|", `\|`, "[", `\[`, "]", `\]`, "#", `\#`)

package lsp

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/creachadair/jrpc2"
	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the answers of the sessions in testdata/lsp")

// TestSessions replays the sessions of testdata/lsp: an archive has files, and in "session" what an editor asks, each line behind
// "> ", followed by what the server answers. Places are named by the text in front of them, in quotes.
//
//	open FILE             open a file, and show its diagnostics
//	change "OLD" "NEW"    put NEW in place of the first OLD, and show the diagnostics
//	hover "TEXT"          what is said of the place behind TEXT
//	complete "TEXT"       what fits the word that ends there
//	definition "TEXT"     where the name is given
//	references "TEXT"     where else it stands
//	rename "TEXT" NAME    the edits of another name, which are made, or why not
//	actions "TEXT"        the fixes that are offered there
//	format                the edits of the canonical layout, which are made
//	symbols               what the file declares
func TestSessions(t *testing.T) {
	files, err := filepath.Glob("../testdata/lsp/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no sessions: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			e := &editor{client: connect(t, everything), files: map[string]string{}}
			for i, f := range archive.Files {
				if f.Name != "session" {
					e.files[f.Name] = string(f.Data)
					continue
				}
				var out strings.Builder
				for line := range strings.Lines(string(f.Data)) {
					if command, ok := strings.CutPrefix(line, "> "); ok {
						fmt.Fprintf(&out, "> %s", command)
						out.WriteString(e.run(strings.TrimSpace(command)))
					} else if strings.HasPrefix(line, "#") {
						if out.Len() > 0 {
							out.WriteByte('\n')
						}
						out.WriteString(line)
					}
				}
				got := strings.TrimRight(out.String(), "\n") + "\n"
				if *update {
					archive.Files[i].Data = []byte(got)
				} else if got != string(f.Data) {
					t.Errorf("%s", diff.Diff("recorded", f.Data, "now", []byte(got)))
				}
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(archive), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// editor is a client with a document that is open.
type editor struct {
	*client
	files   map[string]string
	uri     string
	src     string
	version int
}

// run obeys a command and gives the answer, a line or more.
func (e *editor) run(command string) string {
	e.t.Helper()
	word, rest, _ := strings.Cut(command, " ")
	switch word {
	case "open":
		e.uri, e.src, e.version = "file:///"+rest, e.files[rest], 1
		return e.said(e.open(e.uri, e.src))
	case "change":
		old, rest := e.quoted(rest)
		text, _ := e.quoted(rest)
		return e.said(e.replace(old, text))
	case "hover":
		h := call[*hover](e.client, "textDocument/hover", at(e.uri, e.behind(rest)))
		if h == nil {
			return "nothing\n"
		}
		return e.text(h.Range) + ":\n" + indented(h.Contents.Value)
	case "complete":
		return e.complete(rest)
	case "definition":
		l := call[*location](e.client, "textDocument/definition", at(e.uri, e.behind(rest)))
		if l == nil {
			return "nothing\n"
		}
		return e.place(l.Range)
	case "references":
		var out strings.Builder
		for _, l := range call[[]location](e.client, "textDocument/references", at(e.uri, e.behind(rest))) {
			out.WriteString(e.place(l.Range))
		}
		return out.String()
	case "rename":
		text, to := e.quoted(rest)
		return e.rename(text, strings.TrimSpace(to))
	case "actions":
		p := e.behind(rest)
		var out strings.Builder
		for _, a := range call[[]codeAction](e.client, "textDocument/codeAction", codeActionParams{TextDocument: documentID{e.uri}, Range: textRange{p, p}}) {
			fmt.Fprintf(&out, "%s\n%s", a.Title, indented(e.difference(applied(e.src, a.Edit.Changes[e.uri]))))
		}
		return out.String()
	case "format":
		return e.apply(call[[]textEdit](e.client, "textDocument/formatting", documentParams{documentID{e.uri}}))
	case "symbols":
		return tree("", call[[]documentSymbol](e.client, "textDocument/documentSymbol", documentParams{documentID{e.uri}}))
	}
	e.t.Fatalf("there is no command %s", word)
	return ""
}

// quoted takes a text in quotes off a command.
func (e *editor) quoted(s string) (text, rest string) {
	e.t.Helper()
	s = strings.TrimSpace(s)
	q, err := strconv.QuotedPrefix(s)
	if err != nil {
		e.t.Fatalf("%s does not begin with a text in quotes", s)
	}
	text, err = strconv.Unquote(q)
	if err != nil {
		e.t.Fatal(err)
	}
	return text, s[len(q):]
}

// behind is the place behind the first of a text in quotes.
func (e *editor) behind(s string) position {
	e.t.Helper()
	text, _ := e.quoted(s)
	i := strings.Index(e.src, text)
	if i < 0 {
		e.t.Errorf("%q is not in the file", text)
		i = 0
	}
	return newText(e.src).position(i + len(text))
}

// replace puts a text in place of the first of another, as one types, and gives the diagnostics.
func (e *editor) replace(old, text string) []diagnostic {
	e.t.Helper()
	i := strings.Index(e.src, old)
	if i < 0 {
		e.t.Errorf("%q is not in the file", old)
		return nil
	}
	doc := newText(e.src)
	e.src = e.src[:i] + text + e.src[i+len(old):]
	e.version++
	return e.change(e.uri, e.version, contentChange{&textRange{doc.position(i), doc.position(i + len(old))}, text})
}

// said writes diagnostics, a line each with where they stand.
func (e *editor) said(all []diagnostic) string {
	if len(all) == 0 {
		return "no diagnostics\n"
	}
	var out strings.Builder
	for _, d := range all {
		fmt.Fprintf(&out, "%s %s: %s\n", e.span(d.Range), d.Code, strings.ReplaceAll(d.Message, "\n", "; "))
		for _, r := range d.Related {
			fmt.Fprintf(&out, "    %s %s\n", e.span(r.Location.Range), r.Message)
		}
	}
	return out.String()
}

// span writes a range as compilers do, from 1.
func (e *editor) span(r textRange) string {
	return fmt.Sprintf("%d:%d-%d:%d", r.Start.Line+1, r.Start.Character+1, r.End.Line+1, r.End.Character+1)
}

func (e *editor) text(r *textRange) string {
	doc := newText(e.src)
	return doc.src[doc.offset(r.Start):doc.offset(r.End)]
}

// place writes a range with the line that it stands in.
func (e *editor) place(r textRange) string {
	return fmt.Sprintf("%d:%d %s\n", r.Start.Line+1, r.Start.Character+1, strings.TrimSpace(newText(e.src).line(r.Start.Line)))
}

// complete writes what fits the word in front of the place, as a client filters it, without the documentation.
func (e *editor) complete(rest string) string {
	p := e.behind(rest)
	var out strings.Builder
	n := 0
	for _, it := range call[[]completionItem](e.client, "textDocument/completion", at(e.uri, p)) {
		doc := newText(e.src)
		typed := e.src[doc.offset(it.TextEdit.Range.Start):doc.offset(p)]
		if !strings.HasPrefix(it.Label, typed) {
			continue
		}
		if n++; n > 12 {
			continue
		}
		line := it.Label + "  " + it.Detail
		if it.TextEdit.NewText != it.Label {
			line += fmt.Sprintf("  %q", it.TextEdit.NewText)
		}
		out.WriteString(strings.TrimSpace(line) + "\n")
	}
	if n > 12 {
		fmt.Fprintf(&out, "and %d more\n", n-12)
	}
	if n == 0 {
		return "nothing\n"
	}
	return out.String()
}

func (e *editor) rename(text, to string) string {
	e.t.Helper()
	p := e.behind(strconv.Quote(text))
	var edit workspaceEdit
	err := e.CallResult(e.t.Context(), "textDocument/rename", renameParams{documentID{e.uri}, p, to}, &edit)
	if failed := (*jrpc2.Error)(nil); errors.As(err, &failed) {
		return "error: " + failed.Message + "\n"
	} else if err != nil {
		e.t.Fatal(err)
	}
	if call[*prepareRenameResult](e.client, "textDocument/prepareRename", at(e.uri, p)) == nil {
		e.t.Error("there is nothing to rename, and it is renamed")
	}
	return e.apply(edit.Changes[e.uri])
}

// apply makes edits in the document and writes what has changed.
func (e *editor) apply(edits []textEdit) string {
	changed := applied(e.src, edits)
	if changed == e.src {
		return "no change\n"
	}
	out := e.difference(changed)
	e.src = changed
	e.version++
	e.change(e.uri, e.version, contentChange{Text: changed})
	return out
}

// difference writes the lines that another text has not, and those that only it has.
func (e *editor) difference(changed string) string {
	var out strings.Builder
	for i, line := range strings.Split(string(diff.Diff("a", []byte(e.src), "b", []byte(changed))), "\n") {
		if i > 2 && (strings.HasPrefix(line, "-") || strings.HasPrefix(line, "+")) {
			out.WriteString(strings.ReplaceAll(line, "\t", "    ") + "\n")
		}
	}
	return out.String()
}

func indented(s string) string {
	var out strings.Builder
	for line := range strings.Lines(strings.TrimRight(s, "\n") + "\n") {
		out.WriteString(strings.TrimRight("    "+line, " \n") + "\n") // no blanks at the ends of recorded lines
	}
	return out.String()
}

func tree(indent string, all []documentSymbol) string {
	var out strings.Builder
	for _, y := range all {
		fmt.Fprintf(&out, "%s\n%s", strings.TrimRight(indent+y.Name+"  "+y.Detail, " "), tree(indent+"    ", y.Children))
	}
	return out.String()
}

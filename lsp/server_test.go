package lsp

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/creachadair/jrpc2"

	"github.com/nnc-lang/nnc/compiler"
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

const uri = "file:///models/mnist.nn"

const mnist = `// MNIST is a perceptron.
model MNIST {
	param hidden = 128

	input  image [1, 28, 28]
	target digit class(10)

	layers {
		flatten
		h = dense(hidden, init: he_normal) -> relu
		h -> dense(10) -> softmax
	}

	loss      cross_entropy
	optimizer adam(lr: cosine(0.001, min: 0.0001))
	metric    accuracy

	data mnist

	train {
		batch: 100
	}
}
`

// A session begins with initialize and ends with shutdown and exit; anything else is said to be wrong.
func TestLifecycle(t *testing.T) {
	code := func(want jrpc2.Code, e *jrpc2.Error) {
		t.Helper()
		if e.Code != want {
			t.Errorf("the error is %v, want code %d", e, want)
		}
	}
	c := dial(t)
	code(notInitialized, c.fails("textDocument/hover", at(uri, position{})))
	got := call[initializeResult](c, "initialize", map[string]any{"processId": nil, "capabilities": map[string]any{}})
	if got.ServerInfo != (serverInfo{"nnc", "test"}) || got.Capabilities.TextDocumentSync.Change != incremental {
		t.Errorf("initialize gives %+v", got)
	}
	if got.Capabilities.CodeActionProvider != nil {
		t.Error("code actions are offered to a client that does not know them as literals")
	}
	code(jrpc2.InvalidRequest, c.fails("initialize", map[string]any{"capabilities": map[string]any{}}))
	code(jrpc2.MethodNotFound, c.fails("textDocument/foldingRange", at(uri, position{})))
	code(jrpc2.InvalidParams, c.fails("textDocument/hover", at(uri, position{}))) // no such document
	code(jrpc2.InvalidParams, c.fails("textDocument/hover", map[string]any{"position": "here"}))
	c.notify("$/setTrace", map[string]any{"value": "off"})
	c.notify("$/somethingNew", map[string]any{})
	if _, err := c.Call(t.Context(), "shutdown", nil); err != nil {
		t.Fatal(err)
	}
	code(jrpc2.InvalidRequest, c.fails("textDocument/hover", at(uri, position{})))
	c.notify("exit", nil)
	if err := <-c.ended; err != nil {
		t.Errorf("the session ends with %v", err)
	}
}

// A client that goes away without a word is an error of the session.
func TestNoShutdown(t *testing.T) {
	for name, leave := range map[string]func(*client){
		"exit":  func(c *client) { c.notify("exit", nil) },
		"close": func(c *client) { c.close() },
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t, everything)
			leave(c)
			if err := <-c.ended; !errors.Is(err, ErrNoShutdown) {
				t.Errorf("the session ends with %v", err)
			}
		})
	}
}

// Diagnostics follow the text as it changes, by ranges and as a whole, and go with it.
func TestChanges(t *testing.T) {
	c := connect(t, everything)
	faulty := strings.Replace(mnist, "relu", "reluu", 1)
	got := c.open(uri, faulty)
	if len(got) != 1 || got[0].Code != "unknown-layer" || got[0].Message != "there is no layer reluu\nhelp: did you mean relu?" ||
		got[0].Range != (textRange{position{9, 40}, position{9, 45}}) || got[0].Source != "nnc" || got[0].Severity != severityError {
		t.Fatalf("a misspelt layer gives %+v", got)
	}
	if got := c.change(uri, 2, contentChange{Range: &textRange{position{9, 44}, position{9, 45}}}); len(got) != 0 {
		t.Errorf("the mended file gives %+v", got)
	}
	// Two changes in one message: the second is one of the text that the first leaves.
	got = c.change(uri, 3, contentChange{&textRange{position{2, 7}, position{2, 13}}, "units"}, contentChange{&textRange{position{9, 12}, position{9, 18}}, "unit"})
	if len(got) != 2 || got[0].Code != "unused-name" || got[1].Code != "unknown-name" {
		t.Errorf("a const that is called otherwise gives %+v", got)
	}
	if got := c.change(uri, 4, contentChange{Text: mnist}); len(got) != 0 {
		t.Errorf("the whole text gives %+v", got)
	}
	c.notify("textDocument/didClose", documentParams{documentID{uri}})
	if p := <-c.published; p.URI != uri || p.Diagnostics == nil || len(p.Diagnostics) != 0 {
		t.Errorf("a closed file leaves %+v", p)
	}
	c.fails("textDocument/formatting", documentParams{documentID{uri}})
}

// What is related to a fault is a place of its own.
func TestRelated(t *testing.T) {
	c := connect(t, everything)
	got := c.open(uri, "block B(n) {\n\tdense(n)\n}\n\nblock B(n) {\n\tdense(n)\n}\n")
	if len(got) != 1 || len(got[0].Related) != 1 || got[0].Related[0] != (relatedInfo{location{uri, textRange{position{0, 6}, position{0, 7}}}, "B is declared here"}) {
		t.Errorf("a second block gives %+v", got)
	}
}

// texts are all .nn files of the project that are there to be read.
func texts(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"../examples/*.nn", "../testdata/diag/*.nn", "../testdata/deep/*.nn"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, f := range files {
			src, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all[f] = string(src)
		}
	}
	for _, e := range diag.Codes() {
		all[string(e.Code)] = e.Example
	}
	return all
}

// The server says what nnc check says.
func TestFaultsAreThoseOfCheck(t *testing.T) {
	for name, src := range texts(t) {
		_, want := compiler.Check(uri, []byte(src))
		got := newSnapshot(uri, 1, newText(src)).faults()
		if !slices.EqualFunc(got, want, func(a, b *diag.Diagnostic) bool { return a.Error() == b.Error() && a.Help == b.Help }) {
			t.Errorf("%s: got\n%v\nwant\n%v", name, got, want)
		}
	}
}

// Every fix that is offered does away with its fault.
func TestFixes(t *testing.T) {
	offered := 0
	for name, src := range texts(t) {
		s := newSnapshot(uri, 1, newText(src))
		for _, d := range s.faults() {
			_, edits := s.fix(d)
			if edits == nil {
				if strings.HasPrefix(d.Help, "did you mean ") {
					t.Errorf("%s: no fix is offered for %v: %s", name, d, d.Help)
				}
				continue
			}
			offered++
			mended := newSnapshot(uri, 2, newText(applied(src, edits)))
			for _, left := range mended.faults() {
				if left.Error() == d.Error() {
					t.Errorf("%s: the fix of %v leaves it there", name, d)
				}
			}
		}
	}
	if offered < 20 {
		t.Errorf("only %d fixes were offered", offered)
	}
}

func TestCodeActions(t *testing.T) {
	c := connect(t, everything)
	src := strings.Replace(mnist, "relu", "reluu", 1)
	c.open(uri, src)
	ask := func(p codeActionParams) []codeAction { return call[[]codeAction](c, "textDocument/codeAction", p) }
	p := codeActionParams{TextDocument: documentID{uri}, Range: textRange{position{9, 42}, position{9, 42}}}
	got := ask(p)
	if len(got) != 1 || got[0].Title != "Replace by relu" || got[0].Kind != quickFix || !got[0].IsPreferred || len(got[0].Diagnostics) != 1 {
		t.Fatalf("the actions are %+v", got)
	}
	if fixed := applied(src, got[0].Edit.Changes[uri]); fixed != mnist {
		t.Errorf("the fix gives\n%s", fixed)
	}
	p.Context.Only = []string{"refactor"}
	if got := ask(p); len(got) != 0 {
		t.Errorf("of another kind there are %+v", got)
	}
	if got := ask(codeActionParams{TextDocument: documentID{uri}, Range: textRange{position{1, 0}, position{2, 0}}}); len(got) != 0 {
		t.Errorf("elsewhere there are %+v", got)
	}

	// A block is called otherwise wherever it stands.
	const small = "block double(n) {\n\tdense(n)\n}\n\nmodel M {\n\tinput x [4]\n\n\tlayers {\n\t\tdouble(2) -> double(3)\n\t}\n}\n"
	c.open("file:///small.nn", small)
	got = ask(codeActionParams{TextDocument: documentID{"file:///small.nn"}, Range: textRange{position{0, 6}, position{0, 12}}})
	if len(got) != 1 || got[0].Title != "Rename to Double" {
		t.Fatalf("the actions are %+v", got)
	}
	if fixed, want := applied(small, got[0].Edit.Changes["file:///small.nn"]), strings.ReplaceAll(small, "double", "Double"); fixed != want {
		t.Errorf("the fix gives\n%s", fixed)
	}
}

// A document is laid out as nnc fmt does it.
func TestFormatting(t *testing.T) {
	c := connect(t, everything)
	for i, src := range []string{
		strings.ReplaceAll(mnist, "\t", "  "), strings.ReplaceAll(mnist, "\n\n", "\n\n\n"), strings.Replace(mnist, "dense(hidden,", "dense( hidden ,", 1),
		strings.ReplaceAll(mnist, "\n", "\r\n"), "// 🙂\r\nconst   a=1", "const a = 1", "\uFEFFconst a = 1\n", "",
	} {
		want, faults := dsl.Format("x.nn", []byte(src))
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		c.open(uri, src)
		got := applied(src, call[[]textEdit](c, "textDocument/formatting", documentParams{documentID{uri}}))
		if got != string(want) {
			t.Errorf("text %d becomes\n%q, want\n%q", i, got, want)
		}
		c.open(uri, got)
		if again := call[[]textEdit](c, "textDocument/formatting", documentParams{documentID{uri}}); len(again) > 0 {
			t.Errorf("text %d is laid out and still has the edits %+v", i, again)
		}
	}
	// One word out of place is one short edit.
	c.open(uri, strings.Replace(mnist, "batch: 100", "batch:100", 1))
	if got := call[[]textEdit](c, "textDocument/formatting", documentParams{documentID{uri}}); len(got) != 1 || got[0].NewText != "\t\tbatch: 100\n" {
		t.Errorf("the edits are %+v", got)
	}
	c.open(uri, mnist+"}")
	if got := call[[]textEdit](c, "textDocument/formatting", documentParams{documentID{uri}}); len(got) != 0 {
		t.Errorf("a text with mistakes has the edits %+v", got)
	}
}

// Positions are units of UTF-16, lines end as the protocol says, and what lies outside is the nearest place inside.
func TestPositions(t *testing.T) {
	doc := newText("aé🙂b\r\nc\rd\n\n🙂")
	for _, c := range []struct {
		p   position
		off int
	}{
		{position{0, 0}, 0}, {position{0, 1}, 1}, {position{0, 2}, 3}, {position{0, 4}, 7}, {position{0, 5}, 8},
		{position{1, 0}, 10}, {position{1, 1}, 11}, {position{2, 0}, 12}, {position{2, 1}, 13}, {position{3, 0}, 14}, {position{4, 0}, 15}, {position{4, 2}, 19},
	} {
		if got := doc.offset(c.p); got != c.off {
			t.Errorf("%v is at %d, want %d", c.p, got, c.off)
		}
		if got := doc.position(c.off); got != c.p {
			t.Errorf("%d is at %v, want %v", c.off, got, c.p)
		}
	}
	if got, want := doc.position(9), (position{0, 5}); got != want {
		t.Errorf("between \\r and \\n is %v, want %v", got, want)
	}
	for _, c := range []struct {
		p   position
		off int
	}{
		{position{0, 3}, 3}, {position{0, 99}, 8}, {position{1, 2}, 11}, {position{4, 1}, 15}, {position{4, 3}, 19}, {position{9, 0}, 19}, {position{-1, 3}, 0}, {position{0, -1}, 0},
	} {
		if got := doc.offset(c.p); got != c.off {
			t.Errorf("%v is at %d, want %d", c.p, got, c.off)
		}
	}
}

// A long file is followed as fast as one types: of the versions that nobody waits for not all are checked, and requests are about
// the last one.
func TestLongFile(t *testing.T) {
	c := connect(t, everything)
	var b strings.Builder
	b.WriteString("model Deep {\n\tinput x [4]\n\n\tlayers {\n")
	for range 5000 {
		b.WriteString("\t\tdense(4)\n")
	}
	b.WriteString("\t}\n}\n")
	c.open(uri, b.String())
	end := position{5004, 0}
	for i, typed := range "\t\tdense(7)\n" {
		c.notify("textDocument/didChange", didChangeParams{
			TextDocument:   versionedID{uri, i + 2},
			ContentChanges: []contentChange{{&textRange{end, end}, string(typed)}},
		})
		if end.Character++; typed == '\n' {
			end = position{end.Line + 1, 0}
		}
	}
	h := call[*hover](c, "textDocument/hover", at(uri, position{5004, 3}))
	if h == nil || !strings.Contains(h.Contents.Value, "`[B, 4] -> [B, 7]`") {
		t.Errorf("the new layer is %+v", h)
	}
	if got := c.diagnostics(uri, 12); len(got) != 0 {
		t.Errorf("the file has %+v", got)
	}
	if symbols := call[[]documentSymbol](c, "textDocument/documentSymbol", documentParams{documentID{uri}}); len(symbols) != 1 {
		t.Errorf("the file declares %+v", symbols)
	}
	// Half of it is gone again.
	if got := c.change(uri, 13, contentChange{&textRange{position{10, 0}, position{5005, 0}}, ""}); len(got) != 0 {
		t.Errorf("the rest has %+v", got)
	}
}

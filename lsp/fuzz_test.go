package lsp

import (
	"errors"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/creachadair/jrpc2"

	"github.com/nnc-lang/nnc/dsl"
)

// pieces are what edits insert: what is typed, one piece at a time, in any place.
var pieces = []string{
	"", "\n", "\r\n", "\r", "\t", " ", "(", ")", "[", "]", "{", "}", "->", "=", ":", ",", "+", "\"", "//", "é", "🙂", "\x00", "\xff", "\uFEFF",
	"model M {\n", "input x [4]\n", "target y\n", "layers {\n", "loss mse\n", "metric ", "optimizer adam(", "data csv(\"f\", ", "train {\n", "shared S = ", "block (a, b) -> B(n = 2) {\n",
	"const c = 3\n", "param p = c * ", "repeat i in [1, 2] {\n", "dense(", "init: ", "relu", "h = ", "x", "B(3)", "c", "1e9", "class(3)", "softmax",
}

// FuzzDocument edits a document at random and asks for everything after each edit. It holds: nothing panics; what the client
// keeps by the same edits is what the server has; every range lies in the document and starts where a character does; formatting
// gives what nnc fmt gives; and a name that is called otherwise leaves no new fault.
func FuzzDocument(f *testing.F) {
	seeds := texts(f)
	names := make([]string, 0, len(seeds))
	for name := range seeds {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		if len(seeds[name]) < 4000 {
			f.Add(seeds[name], []byte{byte(i), 3, 60, 1, byte(2 * i), 0, 200, 9})
		}
	}
	f.Add("", []byte{0, 0, 24, 0, 40, 0, 25, 0, 255, 0, 27, 0, 255, 0, 38})
	f.Fuzz(func(t *testing.T, src string, edits []byte) {
		if len(src) > 1<<14 {
			return
		}
		// What comes through JSON is UTF-8; the text of an edit may still be cut anywhere.
		doc := newText(src)
		version := 1
		s := &server{documents: map[string]*document{uri: {latest: newSnapshot(uri, version, doc)}}, state: serving}
		s.client.TextDocument.Completion.CompletionItem.SnippetSupport = true
		s.client.TextDocument.Hover.ContentFormat = []string{markdown}
		askEverything(t, s, len(src)/2)
		for n := 0; len(edits) >= 4 && n < 8; n++ {
			at, length, piece := int(edits[0])<<8|int(edits[1]), int(edits[2])%24, pieces[int(edits[3])%len(pieces)]
			edits = edits[4:]
			at %= len(doc.src) + 1
			change := contentChange{&textRange{doc.position(at), doc.position(at + length)}, piece}
			from := doc.offset(change.Range.Start)
			to := max(from, doc.offset(change.Range.End))
			want := doc.src[:from] + piece + doc.src[to:]
			version++
			doc = doc.apply(change)
			if doc.src != want {
				t.Fatalf("the edit %+v gives %q, want %q", change, doc.src, want)
			}
			s.documents[uri] = &document{latest: newSnapshot(uri, version, doc)}
			askEverything(t, s, from+len(piece))
		}
	})
}

// askEverything makes every request at a place of the one document that is open.
func askEverything(t *testing.T, s *server, off int) {
	t.Helper()
	snap := s.documents[uri].latest
	within := func(what string, r textRange) {
		t.Helper()
		from, to := snap.offset(r.Start), snap.offset(r.End)
		if from > to || snap.position(from) != r.Start || snap.position(to) != r.End {
			t.Fatalf("%s: the range %+v is none of\n%q", what, r, snap.src)
		}
	}
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	for _, d := range snap.diagnostics() {
		within(d.Message, d.Range)
		for _, r := range d.Related {
			within(r.Message, r.Location.Range)
		}
	}
	place := at(uri, snap.position(off))
	whole := textRange{snap.position(0), snap.position(len(snap.src))}

	completions, err := s.completion(place)
	must("completion", err)
	for _, it := range completions {
		within(it.Label, it.TextEdit.Range)
		if it.TextEdit.Range.End != place.Position || it.Label == "" {
			t.Fatalf("the completion %+v does not end at %+v", it, place.Position)
		}
	}
	h, err := s.hover(place)
	must("hover", err)
	if h != nil {
		within("hover", *h.Range)
		if h.Contents.Value == "" || !utf8.ValidString(h.Contents.Value) {
			t.Fatalf("hover says %q", h.Contents.Value)
		}
	}
	l, err := s.definition(place)
	must("definition", err)
	if l != nil {
		within("definition", l.Range)
	}
	references, err := s.references(referenceParams{TextDocument: place.TextDocument, Position: place.Position})
	must("references", err)
	for _, r := range references {
		within("reference", r.Range)
	}
	highlights, err := s.highlights(place)
	must("highlights", err)
	for _, r := range highlights {
		within("highlight", r.Range)
	}
	_, err = s.symbols(documentParams{documentID{uri}})
	must("symbols", err)
	for _, d := range snap.parsed().best.Decls {
		checkSymbol(t, within, snap.declSymbol(d))
	}
	actions, err := s.codeActions(codeActionParams{TextDocument: documentID{uri}, Range: whole})
	must("code actions", err)
	for _, a := range actions {
		for _, e := range a.Edit.Changes[uri] {
			within(a.Title, e.Range)
		}
	}
	edits, err := s.formatting(documentParams{documentID{uri}})
	must("formatting", err)
	if want, faults := dsl.Format(uri, []byte(snap.src)); len(faults) == 0 {
		if got := applied(snap.src, edits); got != string(want) {
			t.Fatalf("formatting gives\n%q, want\n%q", got, want)
		}
	} else if len(edits) > 0 {
		t.Fatalf("a faulty text is laid out: %+v", edits)
	}
	renamed, err := s.rename(renameParams{place.TextDocument, place.Position, "renamed"})
	if refused := (*jrpc2.Error)(nil); errors.As(err, &refused) {
		return
	}
	must("rename", err)
	after := newSnapshot(uri, snap.version, newText(applied(snap.src, renamed.Changes[uri])))
	if len(after.faults()) > len(snap.faults()) {
		t.Fatalf("with another name the text has more faults: %v", after.faults())
	}
}

func checkSymbol(t *testing.T, within func(string, textRange), y documentSymbol) {
	t.Helper()
	within(y.Name, y.Range)
	within(y.Name, y.SelectionRange)
	if y.Name == "" {
		t.Fatalf("a symbol without a name: %+v", y)
	}
	for _, c := range y.Children {
		checkSymbol(t, within, c)
	}
}

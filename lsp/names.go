package lsp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/creachadair/jrpc2"

	"github.com/nnc-lang/nnc/compiler/pass"
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

func (s *server) definition(p placeParams) (*location, error) {
	snap, off, err := s.place(p)
	if err != nil {
		return nil, err
	}
	n, _ := snap.nameAt(off)
	if n == nil {
		return nil, nil
	}
	return &location{snap.uri, snap.span(n.Span)}, nil
}

func (s *server) references(p referenceParams) ([]location, error) {
	snap, off, err := s.place(placeParams{p.TextDocument, p.Position})
	if err != nil {
		return nil, err
	}
	n, _ := snap.nameAt(off)
	if n == nil {
		return nil, nil
	}
	all := []location{}
	if p.Context.IncludeDeclaration {
		all = append(all, location{snap.uri, snap.span(n.Span)})
	}
	for _, u := range n.Uses {
		all = append(all, location{snap.uri, snap.span(u)})
	}
	return all, nil
}

func (s *server) highlights(p placeParams) ([]documentHighlight, error) {
	snap, off, err := s.place(p)
	if err != nil {
		return nil, err
	}
	n, _ := snap.nameAt(off)
	if n == nil {
		return nil, nil
	}
	all := []documentHighlight{{snap.span(n.Span), highlightWrite}}
	for _, u := range n.Uses {
		all = append(all, documentHighlight{snap.span(u), highlightRead})
	}
	return all, nil
}

func (s *server) prepareRename(p placeParams) (*prepareRenameResult, error) {
	snap, off, err := s.place(p)
	if err != nil {
		return nil, err
	}
	n, at := snap.nameAt(off)
	if n == nil {
		return nil, nil // the client says that there is nothing to rename
	}
	return &prepareRenameResult{snap.span(at), n.Name}, nil
}

// rename gives a name of the file another name, wherever it stands. It refuses a new name that cannot be one, or with which the file
// would have faults that it does not have, or mean something else.
func (s *server) rename(p renameParams) (*workspaceEdit, error) {
	snap, off, err := s.place(placeParams{p.TextDocument, p.Position})
	if err != nil {
		return nil, err
	}
	n, _ := snap.nameAt(off)
	if n == nil {
		return nil, jrpc2.Errorf(requestFailed, "there is no name of this file here")
	}
	if n.Name == p.NewName {
		return &workspaceEdit{map[string][]textEdit{}}, nil
	}
	if why := snap.refuses(n, p.NewName); why != "" {
		return nil, jrpc2.Errorf(requestFailed, "%s cannot be called %s: %s", n.Name, p.NewName, why)
	}
	return &workspaceEdit{map[string][]textEdit{snap.uri: snap.edits(n, p.NewName)}}, nil
}

// edits puts another name wherever a name stands.
func (s *snapshot) edits(n *pass.Name, to string) []textEdit {
	var edits []textEdit
	for _, at := range places(n) {
		edits = append(edits, textEdit{s.span(at), to})
	}
	return edits
}

// places lists where a name stands, in the order of the file.
func places(n *pass.Name) []diag.Span {
	all := append([]diag.Span{n.Span}, n.Uses...)
	slices.SortFunc(all, func(a, b diag.Span) int { return a.Start.Offset - b.Start.Offset })
	return all
}

// refuses says why a name cannot be given another name; "" where it can.
func (s *snapshot) refuses(n *pass.Name, to string) string {
	if !dsl.IsName(to) {
		if strings.Trim(to, "abcdefghijklmnopqrstuvwxyz") == "" && to != "" {
			return "the language keeps that word for itself"
		}
		return "a name has the letters a to z and A to Z, digits and _, and does not start with a digit"
	}
	if len(s.parsed().faults) > 0 {
		return "the file has syntax errors, so that not all places where the name stands are known; mend them first"
	}
	at := places(n)
	var b strings.Builder
	done := 0
	for _, p := range at {
		b.WriteString(s.src[done:p.Start.Offset] + to)
		done = p.End.Offset
	}
	b.WriteString(s.src[done:])
	renamed := newSnapshot(s.uri, s.version, newText(b.String()))
	if d := moreFaults(s.faults(), renamed.faults()); d != nil {
		why := d.Message
		for _, note := range d.Notes {
			why += fmt.Sprintf(" (line %d: %s)", note.Span.Start.Line, note.Message)
		}
		return why
	}
	move := func(off int) int {
		before := 0
		for _, p := range at {
			if p.Start.Offset < off {
				before++
			}
		}
		return off + before*(len(to)-len(n.Name))
	}
	if !sameMeaning(s.names().names, renamed.names().names, move) {
		return "other places of the file would mean something else then"
	}
	return ""
}

// moreFaults finds a fault of a code that stands more often among new faults than among old ones; nil where there is none.
func moreFaults(old, new diag.List) *diag.Diagnostic {
	count := map[diag.Code]int{}
	for _, d := range old {
		count[d.Code]++
	}
	for _, d := range new {
		if count[d.Code]--; count[d.Code] < 0 {
			return d
		}
	}
	return nil
}

// sameMeaning says whether the same places mean the same names, once offsets have moved.
func sameMeaning(old, new []*pass.Name, move func(int) int) bool {
	return slices.EqualFunc(old, new, func(a, b *pass.Name) bool {
		return a.Kind == b.Kind && slices.EqualFunc(places(a), places(b), func(x, y diag.Span) bool {
			return move(x.Start.Offset) == y.Start.Offset
		})
	})
}

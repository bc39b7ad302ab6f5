package lsp

import (
	"regexp"
	"slices"

	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// diagnostics lists the faults of a version as the protocol has them: with the fix behind the message, and notes as related places.
func (s *snapshot) diagnostics() []diagnostic {
	all := []diagnostic{}
	for _, d := range s.faults() {
		all = append(all, s.diagnostic(d))
	}
	return all
}

func (s *snapshot) diagnostic(d *diag.Diagnostic) diagnostic {
	out := diagnostic{Range: s.span(d.Span), Severity: severityError, Code: string(d.Code), Source: "nnc", Message: d.Message}
	if d.Help != "" {
		out.Message += "\nhelp: " + d.Help
	}
	for _, n := range d.Notes {
		out.Related = append(out.Related, relatedInfo{location{s.uri, s.span(n.Span)}, n.Message})
	}
	return out
}

// The fixes that name what to write.
var (
	didYouMean = regexp.MustCompile(`^did you mean (\w+)\?$`)
	callIt     = regexp.MustCompile(`^call it (\w+)$`)
)

// codeActions offers a replacement for each fault in the range whose fix is one: the name that was probably meant, or, for a name
// that the file gives, another one wherever it stands.
func (s *server) codeActions(p codeActionParams) ([]codeAction, error) {
	snap, err := s.document(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	actions := []codeAction{}
	if len(p.Context.Only) > 0 && !slices.Contains(p.Context.Only, quickFix) {
		return actions, nil
	}
	from, to := snap.offset(p.Range.Start), snap.offset(p.Range.End)
	for _, d := range snap.faults() {
		if d.Span.End.Offset < from || to < d.Span.Start.Offset {
			continue
		}
		title, edits := snap.fix(d)
		if edits == nil {
			continue
		}
		actions = append(actions, codeAction{
			Title: title, Kind: quickFix, IsPreferred: true, Diagnostics: []diagnostic{snap.diagnostic(d)},
			Edit: workspaceEdit{map[string][]textEdit{snap.uri: edits}},
		})
	}
	return actions, nil
}

// fix gives what mends a fault; no edits where its fix is none that can be written by itself.
func (s *snapshot) fix(d *diag.Diagnostic) (title string, edits []textEdit) {
	if m := didYouMean.FindStringSubmatch(d.Help); m != nil {
		if !dsl.IsName(s.src[d.Span.Start.Offset:d.Span.End.Offset]) {
			return "", nil
		}
		return "Replace by " + m[1], []textEdit{{s.span(d.Span), m[1]}}
	}
	if m := callIt.FindStringSubmatch(d.Help); m != nil {
		if n, at := s.nameAt(d.Span.Start.Offset); n != nil && at == d.Span {
			return "Rename to " + m[1], s.edits(n, m[1])
		}
	}
	return "", nil
}

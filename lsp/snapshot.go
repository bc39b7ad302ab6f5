package lsp

import (
	"slices"
	"strings"
	"sync"

	"github.com/nnc-lang/nnc/compiler/pass"
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// snapshot is a document at one version. What is known of it is worked out when it is first asked for, and kept.
type snapshot struct {
	*text
	uri     string
	version int

	parsed func() parsed
	names  func() named
	built  func() built
}

// parsed is what the parser says of the text.
type parsed struct {
	file   *dsl.File
	faults diag.List
	best   *dsl.File // file, or what is left of it without the lines that keep it from being parsed
}

// named is what the names of the text mean.
type named struct {
	program *pass.Program
	names   []*pass.Name
	faults  diag.List
}

// built is what flows through the models of the text.
type built struct {
	flows  []pass.Flow
	faults diag.List
}

func newSnapshot(uri string, version int, t *text) *snapshot {
	s := &snapshot{text: t, uri: uri, version: version}
	s.parsed = sync.OnceValue(s.parse)
	s.names = sync.OnceValue(s.resolve)
	s.built = sync.OnceValue(s.build)
	return s
}

func (s *snapshot) parse() parsed {
	file, faults := dsl.Parse(s.uri, []byte(s.src))
	p := parsed{file, faults, file}
	if len(faults) > 0 && len(file.Decls) == 0 {
		p.best = salvage(s.uri, s.src, faults)
	}
	return p
}

// salvage parses a text without the lines that have faults which keep all of it from being parsed: a bracket or a string that
// stands open while it is being written. Blanks take their place, so that positions stay what they are.
func salvage(uri, src string, faults diag.List) *dsl.File {
	const tries = 4
	left := []byte(src)
	file := &dsl.File{Name: uri, Source: left}
	for range tries {
		blanked := false
		for _, f := range faults {
			at := f.Span
			switch {
			case f.Code == diag.Syntax || f.Code == diag.ReservedName:
				continue // the parser leaves out the statement
			case f.Code == diag.Unclosed && len(f.Notes) > 0:
				at = f.Notes[0].Span // the bracket that stands open, and not the one that shows it
			}
			from := strings.LastIndexByte(src[:at.Start.Offset], '\n') + 1
			to := len(src)
			if i := strings.IndexByte(src[at.End.Offset:], '\n'); i >= 0 {
				to = at.End.Offset + i
			}
			for i := from; i < to; i++ {
				if left[i] != ' ' && left[i] != '\n' {
					left[i], blanked = ' ', true
				}
			}
		}
		if !blanked {
			break
		}
		file, faults = dsl.Parse(uri, slices.Clone(left))
		if len(faults) == 0 || len(file.Decls) > 0 {
			break
		}
	}
	return file
}

func (s *snapshot) resolve() named {
	program, faults := pass.Resolve(s.parsed().best, nil)
	return named{program, program.Names(), faults}
}

func (s *snapshot) build() built {
	var b built
	program := s.names().program
	for _, name := range program.Models() {
		m, faults := pass.Build(program, name, true)
		b.flows = append(b.flows, m.Flows...)
		b.faults = append(b.faults, faults...)
	}
	return b
}

// faults lists all that compiler.Check says of the text.
func (s *snapshot) faults() diag.List {
	p := s.parsed()
	if len(p.faults) > 0 {
		return p.faults
	}
	all := slices.Concat(s.names().faults, s.built().faults)
	all.Sort()
	return all
}

// nameAt finds the name that stands at a place, and where it stands there; nil where none does. Right behind a name counts where
// nothing else is.
func (s *snapshot) nameAt(off int) (*pass.Name, diag.Span) {
	var behind *pass.Name
	var at diag.Span
	for _, n := range s.names().names {
		for i := -1; i < len(n.Uses); i++ {
			span := n.Span
			if i >= 0 {
				span = n.Uses[i]
			}
			switch {
			case contains(span, off):
				return n, span
			case span.End.Offset == off:
				behind, at = n, span
			}
		}
	}
	return behind, at
}

// contains says whether the character behind a place belongs to a span.
func contains(s diag.Span, off int) bool {
	return s.IsValid() && s.Start.Offset <= off && off < s.End.Offset
}

// touches says whether a place is in a span or right behind it.
func touches(s diag.Span, off int) bool {
	return s.IsValid() && s.Start.Offset <= off && off <= s.End.Offset
}

// seen lists the names that may be used at a place. score says that it is in a loss or metric line.
func (s *snapshot) seen(off int, score bool, wanted func(pass.NameKind) bool) []*pass.Name {
	var seen []*pass.Name
	for _, n := range s.names().names {
		if !wanted(n.Kind) {
			continue
		}
		here := func(span diag.Span) bool { return touches(span, off) }
		if slices.ContainsFunc(n.Seen, here) || score && n.Score && here(n.In) {
			seen = append(seen, n)
		}
	}
	return seen
}

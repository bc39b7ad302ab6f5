package lsp

import (
	"strings"

	"github.com/nnc-lang/nnc/dsl"
)

// formatting lays a document out as nnc fmt does: one edit, from the first line that differs to the last. A text with syntax errors
// is left alone; its diagnostics say why.
func (s *server) formatting(p documentParams) ([]textEdit, error) {
	snap, err := s.document(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	out, faults := dsl.Format(snap.uri, []byte(snap.src))
	if len(faults) > 0 || string(out) == snap.src {
		return nil, nil
	}
	from, to, middle := difference(snap.src, string(out))
	return []textEdit{{textRange{snap.position(from), snap.position(to)}, middle}}, nil
}

// difference finds the lines in which two texts differ: old[from:to] and what stands there instead.
func difference(old, new string) (from, to int, middle string) {
	for {
		i := strings.IndexByte(old[from:], '\n') + 1
		if i == 0 || !strings.HasPrefix(new[from:], old[from:from+i]) {
			break
		}
		from += i
	}
	to, end := len(old), len(new)
	for to > from && end > from {
		i := strings.LastIndexByte(old[from:to-1], '\n') + 1 // the last line's start
		line := old[from+i : to]
		if !strings.HasSuffix(new[from:end], line) || end-len(line) > from && new[end-len(line)-1] != '\n' {
			break
		}
		to -= len(line)
		end -= len(line)
	}
	return from, to, new[from:end]
}

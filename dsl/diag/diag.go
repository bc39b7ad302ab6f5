// Package diag holds what the compiler says to its user: positions and spans in
// a source file, diagnostics with a stable code, notes and a proposed fix, their
// rendering with carets, as text or as JSON, and suggestions for misspelt names.
//
// A diagnostic is a mistake of the user. A mistake of the compiler is a panic.
// There are no warnings: a thing is an error or it is fine.
package diag

import (
	"cmp"
	"fmt"
	"slices"
)

// A Pos is a place in a source file. The zero Pos means that no place is known.
type Pos struct {
	Offset int // in bytes from the start of the file, from 0
	Line   int // from 1
	Column int // in bytes from the start of the line, from 1
}

// IsValid reports whether p is a place.
func (p Pos) IsValid() bool { return p.Line > 0 }

// A Span is a stretch of a source file, from Start up to but excluding End.
type Span struct {
	File       string
	Start, End Pos
}

// IsValid reports whether s has a place.
func (s Span) IsValid() bool { return s.Start.IsValid() }

// To returns the span from the start of s to the end of t, which is in the same
// file and does not end before s starts.
func (s Span) To(t Span) Span { return Span{s.File, s.Start, t.End} }

// String returns file:line:column of the span's start, as much of it as is known.
func (s Span) String() string {
	switch {
	case !s.IsValid():
		return s.File
	case s.File == "":
		return fmt.Sprintf("%d:%d", s.Start.Line, s.Start.Column)
	}
	return fmt.Sprintf("%s:%d:%d", s.File, s.Start.Line, s.Start.Column)
}

// A Note points to a further place that has to do with a diagnostic.
type Note struct {
	Span    Span
	Message string
}

// A Diagnostic is one mistake in a source file.
//
// Message says what is wrong in one line, without a full stop. Help says what to
// do about it, as an imperative; it is empty where nothing is known.
type Diagnostic struct {
	Code    Code
	Span    Span
	Message string
	Notes   []Note
	Help    string
}

// Error returns the diagnostic's first line, file:line:col: error[code]: message.
func (d *Diagnostic) Error() string { return Style{}.headline(d) }

// A List holds the diagnostics of one run.
type List []*Diagnostic

// Sort orders the list by file, position, code and message, and drops exact
// duplicates.
func (l *List) Sort() {
	slices.SortStableFunc(*l, compare)
	*l = slices.CompactFunc(*l, equal)
}

func compare(a, b *Diagnostic) int {
	return cmp.Or(
		cmp.Compare(a.Span.File, b.Span.File),
		cmp.Compare(a.Span.Start.Offset, b.Span.Start.Offset),
		cmp.Compare(a.Code, b.Code),
		cmp.Compare(a.Message, b.Message),
		cmp.Compare(a.Span.End.Offset, b.Span.End.Offset),
		cmp.Compare(a.Help, b.Help),
		slices.CompareFunc(a.Notes, b.Notes, compareNotes),
	)
}

func compareNotes(a, b Note) int {
	return cmp.Or(
		cmp.Compare(a.Span.File, b.Span.File),
		cmp.Compare(a.Span.Start.Offset, b.Span.Start.Offset),
		cmp.Compare(a.Span.End.Offset, b.Span.End.Offset),
		cmp.Compare(a.Message, b.Message),
	)
}

func equal(a, b *Diagnostic) bool {
	return a.Code == b.Code && a.Span == b.Span && a.Message == b.Message && a.Help == b.Help && slices.Equal(a.Notes, b.Notes)
}

// Err returns the list as an error, or nil if it is empty.
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	return l
}

// Error returns the first diagnostic's line and how many more there are.
func (l List) Error() string {
	switch len(l) {
	case 0:
		return "no errors"
	case 1:
		return l[0].Error()
	}
	return fmt.Sprintf("%s (and %d more)", l[0].Error(), len(l)-1)
}

// Unwrap returns the diagnostics, so that errors.As finds the first of them.
func (l List) Unwrap() []error {
	errs := make([]error, len(l))
	for i, d := range l {
		errs[i] = d
	}
	return errs
}

package data

import (
	"fmt"
	"strings"
)

// An Error says what is wrong with the content of a data file, or how it fails
// to fit the model, and where. A file that cannot be opened is not an Error but
// the file system's own (*fs.PathError).
type Error struct {
	File    string // as it was opened; empty where no file is at fault
	Line    int    // text files: the line, from 1; 0 where it says nothing
	Column  int    // text files: the byte in that line, from 1; 0 where it says nothing
	Row     int    // array files (Line is 0): the row, from 0 as NumPy counts; -1 where it says nothing
	Name    string // the column or port, where one is at fault
	Message string // what is wrong, and what to do
}

// Error gives the place first, as the compiler does: "flowers.csv:17:9: column
// petal_length: …", "x.npy: row 4: port x: …".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	switch {
	case e.Line > 0:
		fmt.Fprintf(&b, ":%d", e.Line)
		if e.Column > 0 {
			fmt.Fprintf(&b, ":%d", e.Column)
		}
	case e.Row >= 0:
		if e.File != "" {
			b.WriteString(": ")
		}
		fmt.Fprintf(&b, "row %d", e.Row)
	}
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	if e.Name != "" {
		b.WriteString(e.Name)
		b.WriteString(": ")
	}
	b.WriteString(e.Message)
	return b.String()
}

// fault is an Error about a file or a port as a whole.
func fault(file, name, format string, args ...any) *Error {
	return &Error{File: file, Row: -1, Name: name, Message: fmt.Sprintf(format, args...)}
}

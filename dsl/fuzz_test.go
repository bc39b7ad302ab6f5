package dsl

// This file holds the fuzz test of Parse.

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/nnc-lang/nnc/dsl/diag"
)

// FuzzParse holds of any text: Parse does not panic; it returns a tree or errors;
// the errors stand in the file, sorted, and can be rendered; spans are right; and an
// expression that is written out reads the same again.
func FuzzParse(f *testing.F) {
	f.Add(layout)
	f.Add(strings.ReplaceAll(layout, "\n", "\r\n"))
	for _, e := range diag.Codes() {
		f.Add(e.Example)
	}
	goldens, err := filepath.Glob("../testdata/render/syntax/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range goldens {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		src, _, _ := strings.Cut(string(text), "-- stderr --")
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		file, ds := Parse("f.nn", []byte(src))
		for i, d := range ds {
			start, end := d.Span.Start, d.Span.End
			if start.Offset < 0 || start.Offset > end.Offset || end.Offset > len(src) || start.Line < 1 || start.Column < 1 {
				t.Fatalf("%v: span %v in a file of %d bytes", d, d.Span, len(src))
			}
			if d.Message == "" || !utf8.ValidString(d.Message+d.Help) {
				t.Fatalf("message %q, help %q", d.Message, d.Help)
			}
			if _, ok := diag.Explain(d.Code); !ok {
				t.Fatalf("code %q", d.Code)
			}
			if i > 0 && start.Offset < ds[i-1].Span.Start.Offset {
				t.Fatalf("%v stands behind %v", d, ds[i-1])
			}
		}
		var out strings.Builder
		if err := diag.Render(&out, ds, func(string) []byte { return file.Source }, 0); err != nil {
			t.Fatal(err)
		}
		if len(ds) > 0 {
			return
		}
		checkSpans(t, file)
		for _, d := range file.Decls {
			if d.Const == nil {
				continue
			}
			x := d.Const.Value
			again, ds := Parse("f.nn", []byte("const a = "+x.String()))
			if len(ds) > 0 {
				t.Fatalf("%s cannot be read again: %v", x, ds)
			}
			if got, want := dump(again.Decls[0].Const.Value), dump(x); got != want {
				t.Fatalf("%s is read again as %s", want, got)
			}
		}
	})
}

package pass

import (
	"fmt"
	"strings"

	"github.com/nnc-lang/nnc/dsl/diag"
)

// reporter collects diagnostics. What is said once of a place is not said again: a block's faults are found wherever it
// is used.
type reporter struct {
	list diag.List
	seen map[reportKey]bool
}

// maxFaults bounds what is said of one file: who has a thousand faults is not helped by more.
const maxFaults = 1000

type reportKey struct {
	code diag.Code
	span diag.Span
	text string
}

// report is a diagnostic to which notes can be added.
type report struct{ *diag.Diagnostic }

func (r *reporter) add(code diag.Code, at diag.Span, help, format string, a ...any) report {
	return r.put(&diag.Diagnostic{Code: code, Span: at, Help: help, Message: fmt.Sprintf(format, a...)})
}

func (r *reporter) put(d *diag.Diagnostic) report {
	key := reportKey{d.Code, d.Span, d.Message}
	if !r.seen[key] && len(r.list) < maxFaults {
		if r.seen == nil {
			r.seen = map[reportKey]bool{}
		}
		r.seen[key] = true
		r.list = append(r.list, d)
	}
	return report{d}
}

// note adds a further place.
func (d report) note(at diag.Span, format string, a ...any) report {
	if at.IsValid() {
		d.Notes = append(d.Notes, diag.Note{Span: at, Message: fmt.Sprintf(format, a...)})
	}
	return d
}

// guess is the help for an unknown name: the nearest known one, or nothing.
func guess(name string, known ...[]string) string {
	var all []string
	for _, k := range known {
		all = append(all, k...)
	}
	if s := diag.Suggest(name, all); s != "" {
		return "did you mean " + s + "?"
	}
	return ""
}

// article puts a or an before a noun.
func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// listing joins words as a sentence does: a, b and c.
func listing(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	n := len(words) - 1
	return strings.Join(words[:n], ", ") + " " + last + " " + words[n]
}

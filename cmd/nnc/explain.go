package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var explainCommand = &command{
	name:    "explain",
	usage:   "[NAME]",
	summary: "explain an operator or an error code",
	about:   "Without a name it lists them.",
	example: "nnc explain dense\nnnc explain bad-rank",
	setup: func(*flags) func(*env, []string) error {
		return func(e *env, args []string) error {
			switch len(args) {
			case 0:
				return listExplained(e)
			case 1:
				return explain(e, args[0])
			}
			return usagef("one name at a time, got %s", strings.Join(args, " "))
		}
	},
}

// kinds are the kinds of operators, in the order in which they are listed.
var kinds = []op.Kind{op.Layer, op.Loss, op.Penalty, op.Optimizer, op.Schedule, op.Initialiser, op.MetricKind}

func listExplained(e *env) error {
	for _, k := range kinds {
		names := op.Names(k)
		slices.Sort(names)
		fmt.Fprintf(e.stdout, "%s\n%s\n", k, fold(names))
	}
	var codes []string
	for _, c := range diag.Codes() {
		codes = append(codes, string(c.Code))
	}
	fmt.Fprintf(e.stdout, "error code\n%s", fold(codes))
	return nil
}

// fold sets words in lines of at most 78 characters.
func fold(words []string) string {
	var b strings.Builder
	width := 0
	for _, w := range words {
		if width > 0 && width+1+len(w) > 78 {
			b.WriteByte('\n')
			width = 0
		}
		if width == 0 {
			b.WriteString(" ")
			width = 1
		}
		b.WriteString(" " + w)
		width += 1 + len(w)
	}
	return b.String() + "\n"
}

// explain writes all that has the name: mse is a loss and a metric.
func explain(e *env, name string) error {
	var texts, known []string
	for _, k := range kinds {
		if d := op.Lookup(k, name); d != nil {
			texts = append(texts, op.Text(d))
		}
		known = append(known, op.Names(k)...)
	}
	if x, ok := diag.Explain(diag.Code(name)); ok {
		texts = append(texts, fmt.Sprintf("error %s: %s\n\n%s\n\nA file with it:\n\n%s", x.Code, x.Title, strings.TrimSpace(x.Text), indent(x.Example)))
	}
	for _, c := range diag.Codes() {
		known = append(known, string(c.Code))
	}
	if len(texts) > 0 {
		_, err := fmt.Fprint(e.stdout, strings.Join(texts, "\n"))
		return err
	}
	if s := diag.Suggest(name, known); s != "" {
		return usagef("there is no operator or error code %s: did you mean %s?", name, s)
	}
	return usagef("there is no operator or error code %s; nnc explain lists them", name)
}

// indent moves lines to the right.
func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		if line != "\n" {
			b.WriteString("    ")
		}
		b.WriteString(line)
	}
	return b.String()
}

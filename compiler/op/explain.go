package op

import (
	"fmt"
	"slices"
	"strings"
)

// explainWidth is how wide Text sets its lines.
const explainWidth = 80

// Text renders a definition for a terminal: how it is called, what it does, shapes, arguments, formula, source, an example.
func Text(d *Def) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", d.Kind, Signature(d))
	for paragraph := range strings.SplitSeq(d.Doc, "\n\n") {
		b.WriteString("\n")
		b.WriteString(wrap(paragraph, "", explainWidth))
	}
	section := func(title string) { fmt.Fprintf(&b, "\n%s\n", title) }
	if len(d.Shapes) > 0 {
		title := "Shapes"
		if d.Kind == Loss || d.Kind == MetricKind {
			title = "Shapes, output and target"
		}
		section(title)
		for _, s := range d.Shapes {
			fmt.Fprintf(&b, "  %s\n", s)
		}
	}
	if len(d.Args) > 0 || d.Weights {
		section("Arguments")
		for _, a := range d.Args {
			fmt.Fprintf(&b, "  %s: %s\n", a.Name, strings.Join(a.facts(), "; "))
			b.WriteString(wrap(a.Doc, "      ", explainWidth))
		}
		if d.Weights {
			fmt.Fprintf(&b, "  name: a word; default %s and a number\n", d.Name)
			b.WriteString(wrap("what the layer is called in weight files and messages", "      ", explainWidth))
		}
	}
	section("Formula")
	for line := range strings.SplitSeq(d.Formula, "\n") {
		b.WriteString(wrap(line, "  ", explainWidth))
	}
	if d.Gradient != "" {
		section("Gradient")
		for line := range strings.SplitSeq(d.Gradient, "\n") {
			b.WriteString(wrap(line, "  ", explainWidth))
		}
	}
	section("Source")
	for source := range strings.SplitSeq(d.Source, "; ") {
		b.WriteString(wrap(source, "  ", explainWidth))
	}
	section("Example")
	fmt.Fprintf(&b, "  %s\n", d.Example)
	return b.String()
}

// Signature is how an operator is called, as the language reference writes it: what is required without, what is not with
// its default.
func Signature(d *Def) string {
	switch {
	case d.Kind == Layer && d.Name < "A":
		return "a " + d.Name + " b"
	case len(d.Args) == 0:
		return d.Name
	}
	var args []string
	for _, a := range d.Args {
		switch {
		case a.Required:
			args = append(args, a.Name)
		case a.Default == nil:
			args = append(args, a.Name+":")
		default:
			args = append(args, a.Name+": "+a.DefaultText())
		}
	}
	return d.Name + "(" + strings.Join(args, ", ") + ")"
}

// facts are what an argument takes, and whether it must be given.
func (d *Arg) facts() []string {
	switch {
	case d.Required:
		return []string{d.Takes(), "required"}
	case d.Default == nil:
		return []string{d.Takes(), "none unless given"}
	}
	return []string{d.Takes(), "default " + d.DefaultText()}
}

// Takes says in words which values an argument takes: a number above 0.
func (d *Arg) Takes() string {
	switch d.Type {
	case Bool:
		return "true or false"
	case Word:
		return listing(d.Words, "or")
	case Numbers:
		return d.numberText() + ", or a list"
	case Wholes:
		return "a list of whole numbers"
	case Matrix:
		return "a list of lists of numbers"
	case Init:
		return "an initialiser"
	case Rate:
		return d.numberText() + ", or a schedule"
	case BoolOrList:
		return "true, false or a list of numbers"
	}
	return listing(append(slices.Clone(d.Words), d.numberText()), "or")
}

// DefaultText writes a default as the language does; "" where there is none.
func (d *Arg) DefaultText() string {
	switch x := d.Default.(type) {
	case nil:
		return ""
	case float64:
		return show(x)
	case []float64:
		var s []string
		for _, v := range x {
			s = append(s, show(v))
		}
		return "[" + strings.Join(s, ", ") + "]"
	}
	return fmt.Sprint(d.Default)
}

// wrap sets words in lines of at most width, each behind indent. A word longer than that has a line of its own.
func wrap(text, indent string, width int) string {
	var b strings.Builder
	used := 0
	for _, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case used == 0:
			b.WriteString(indent)
			used = len(indent)
		case used+1+n > width:
			b.WriteString("\n" + indent)
			used = len(indent)
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	b.WriteByte('\n')
	return b.String()
}

// Equation is a definition's formula under its name, for the generated code: softmax: yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ).
func Equation(def *Def) string { return named(def, def.Formula) }

// Derivative is likewise its gradient: relu: dx = dy where y > 0, else 0.
func Derivative(def *Def) string { return named(def, def.Gradient) }

func named(def *Def, text string) string {
	switch {
	case text == "":
		return ""
	case strings.Contains(text, "\n"):
		return def.Name + ":\n  " + strings.ReplaceAll(text, "\n", "\n  ")
	}
	return def.Name + ": " + text
}

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// flags are a command's flags. They may stand before, between and after the
// other arguments, with one dash or two; "--" ends them.
type flags struct {
	*flag.FlagSet
	command *command
}

func newFlags(c *command) *flags {
	f := &flags{flag.NewFlagSet(c.name, flag.ContinueOnError), c}
	f.SetOutput(io.Discard)
	return f
}

// parse sets the flags and returns the other arguments. A command line that
// cannot be obeyed is a *usageError, one that asks for help flag.ErrHelp.
func (f *flags) parse(args []string) (rest []string, err error) {
	var after []string
	if i := slices.Index(args, "--"); i >= 0 {
		args, after = args[:i], args[i+1:]
	}
	for {
		if err := f.Parse(args); err != nil {
			return nil, f.explain(err)
		}
		if f.NArg() == 0 {
			return append(rest, after...), nil
		}
		rest = append(rest, f.Arg(0))
		args = f.Args()[1:]
	}
}

// explain turns an error of package flag into one that helps.
func (f *flags) explain(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	message := err.Error()
	if name, found := strings.CutPrefix(message, "flag provided but not defined: -"); found {
		var names []string
		f.VisitAll(func(g *flag.Flag) {
			if !isLater(g) {
				names = append(names, g.Name)
			}
		})
		if s := diag.Suggest(name, names); s != "" {
			return usagef("there is no flag -%s: did you mean -%s?", name, s)
		}
		return usagef("there is no flag -%s", name)
	}
	if strings.HasSuffix(message, errLater) {
		return usagef("%s", message[strings.LastIndex(message, ": ")+2:])
	}
	return usagef("%s", message)
}

// help writes what the command does, its flags and an example.
func (f *flags) help(w io.Writer) {
	c := f.command
	fmt.Fprintf(w, "Usage: nnc %s\n\n%s%s.\n", strings.TrimSpace(c.name+" "+c.usage), strings.ToUpper(c.summary[:1]), c.summary[1:])
	if c.about != "" {
		fmt.Fprintf(w, "\n%s\n", c.about)
	}
	var rows [][]string
	f.VisitAll(func(g *flag.Flag) {
		if isLater(g) {
			return
		}
		value, usage := flag.UnquoteUsage(g)
		if b, ok := g.Value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
			value = ""
		}
		rows = append(rows, []string{"  " + strings.TrimSpace("-"+g.Name+" "+value), usage})
	})
	if len(rows) > 0 {
		fmt.Fprintln(w)
		grid(w, rows, 2)
	}
	title := "Example"
	if strings.Contains(c.example, "\n") {
		title = "Examples"
	}
	fmt.Fprintf(w, "\n%s:\n\n", title)
	for line := range strings.Lines(c.example) {
		fmt.Fprintf(w, "  %s", line)
	}
	fmt.Fprintln(w)
}

// laterFlag is a flag of a version to come: whoever gives it is told so.
type laterFlag struct {
	name       string
	takesValue bool
}

// errLater ends the message about such a flag.
const errLater = " is not in this version yet"

func (laterFlag) String() string     { return "" }
func (l laterFlag) IsBoolFlag() bool { return !l.takesValue }
func (l laterFlag) Set(string) error { return errors.New("-" + l.name + errLater) }

func isLater(g *flag.Flag) bool {
	_, yes := g.Value.(laterFlag)
	return yes
}

// later declares flags of a version to come.
func (f *flags) later(takesValue bool, names ...string) {
	for _, n := range names {
		f.Var(laterFlag{n, takesValue}, n, "")
	}
}

// list is a flag that may be given several times.
type list []string

func (l *list) String() string { return strings.Join(*l, " ") }
func (l *list) Set(s string) error {
	*l = append(*l, s)
	return nil
}

// optional is a whole number that may be given, at most op.MaxSize as in a file.
type optional struct {
	value *int
	least int
}

func (o *optional) String() string {
	if o == nil || o.value == nil {
		return ""
	}
	return fmt.Sprint(*o.value)
}

func (o *optional) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < o.least || n > op.MaxSize {
		return fmt.Errorf("a whole number from %d to %d is wanted", o.least, op.MaxSize)
	}
	o.value = &n
	return nil
}

// optionalSeed is a seed that may be given.
type optionalSeed struct{ value *uint64 }

func (o *optionalSeed) String() string {
	if o == nil || o.value == nil {
		return ""
	}
	return fmt.Sprint(*o.value)
}

func (o *optionalSeed) Set(s string) error {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return errors.New("a whole number from 0 on is wanted")
	}
	o.value = &n
	return nil
}

// one is the single file that a command takes.
func one(args []string) (string, error) {
	switch len(args) {
	case 0:
		return "", usagef("which file? Give it a .nn file")
	case 1:
		return args[0], nil
	}
	return "", usagef("one file at a time, got %s", strings.Join(args, " "))
}

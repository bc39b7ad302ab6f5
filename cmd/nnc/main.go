// Command nnc compiles .nn files, which declare neural networks, to readable Go,
// and trains, measures and uses such networks without a line of Go written.
//
// Exit codes: 0 fine; 1 the input has problems (diagnostics, a stale file, bad
// content of a data or weight file, a gradient that disagrees); 2 wrong usage, a
// file that cannot be opened, an internal fault; 130 interrupted.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"strings"

	"github.com/nnc-lang/nnc/dsl/diag"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// The exit codes.
const (
	exitFine        = 0
	exitProblem     = 1
	exitFault       = 2
	exitInterrupted = 130
)

// command is a subcommand.
type command struct {
	name    string
	usage   string // its arguments: "x.nn… [flags]"
	summary string // one line
	about   string // further lines for its own help; may be empty
	example string // lines
	// setup declares the flags and returns what runs once they are parsed.
	setup func(f *flags) func(e *env, args []string) error
}

// commands in the order of the help.
func commands() []*command {
	return []*command{
		trainCommand, evalCommand, predictCommand, sampleCommand,
		compileCommand, checkCommand, fmtCommand, summaryCommand, graphCommand, gradcheckCommand,
		explainCommand, dataCommand, lspCommand, versionCommand,
	}
}

// later are commands that are to come.
var later = []string{"bench", "new"}

// env is what a command talks to.
type env struct {
	name   string // of the command
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// run executes a command line and returns its exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	out := &checkedWriter{w: stdout}
	e := &env{stdin: stdin, stdout: out, stderr: stderr}
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(stderr, "nnc: internal fault: %v\nThis is a mistake in nnc, not in your file: please report it with the lines below.\n\n%s", r, debug.Stack())
			code = exitFault
		}
	}()
	code = e.report(e.dispatch(args))
	if out.err == nil {
		return code
	}
	if code == exitFine { // else the command has said it
		fmt.Fprintf(stderr, "nnc %s: %v\n", e.name, out.err)
	}
	return exitFault
}

// checkedWriter remembers the first error of writing to standard output, so that a
// command that could not say all it had to does not end as if it had.
type checkedWriter struct {
	w   io.Writer
	err error
}

func (o *checkedWriter) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if err != nil && o.err == nil {
		o.err = err
	}
	return n, err
}

// dispatch finds the command and runs it.
func (e *env) dispatch(args []string) error {
	all := commands()
	if len(args) == 0 {
		overview(e.stderr, all)
		return exit(exitFault)
	}
	name, args := args[0], args[1:]
	if strings.TrimLeft(name, "-") == "help" || name == "-h" {
		if len(args) == 0 {
			overview(e.stdout, all)
			return nil
		}
		name, args = args[0], []string{"-h"}
	}
	if name == "-version" || name == "--version" {
		name = "version"
	}
	var names []string
	for _, c := range all {
		names = append(names, c.name)
		if c.name == name {
			e.name = name
			f := newFlags(c)
			body := c.setup(f)
			rest, err := f.parse(args)
			if errors.Is(err, flag.ErrHelp) {
				f.help(e.stdout)
				return nil
			}
			if err != nil {
				return err
			}
			return body(e, rest)
		}
	}
	for _, l := range later {
		if l == name {
			return usagef("%s is not in this version yet", name)
		}
	}
	if s := diag.Suggest(name, append(names, "help")); s != "" {
		return usagef("there is no command %s: did you mean %s?", name, s)
	}
	return usagef("there is no command %s: nnc help lists them", name)
}

// overview lists the commands.
func overview(w io.Writer, all []*command) {
	fmt.Fprint(w, "nnc compiles neural networks to Go, and trains them.\n\nUsage: nnc COMMAND [arguments]\n\n")
	for _, c := range all {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\nnnc COMMAND -h says more about one of them.\n")
}

// usageError is a command line that cannot be obeyed.
type usageError struct{ message string }

func (u *usageError) Error() string { return u.message }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// faultError is what exits with 2 and is not about how the command is written:
// something is not there, or nnc or the machine is at fault.
type faultError struct{ message string }

func (f *faultError) Error() string { return f.message }

func faultf(format string, args ...any) error { return &faultError{fmt.Sprintf(format, args...)} }

// exit is an error whose message has been written.
type exit int

func (x exit) Error() string { return fmt.Sprintf("exit code %d", int(x)) }

// report writes an error and returns the exit code for it.
func (e *env) report(err error) int {
	var (
		code  exit
		job   *failed
		usage *usageError
		fault *faultError
		path  *fs.PathError
		link  *os.LinkError
	)
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &code):
		return int(code)
	}
	prefix := "nnc: "
	if e.name != "" {
		prefix = "nnc " + e.name + ": "
	}
	fmt.Fprintf(e.stderr, "%s%v\n", prefix, err)
	switch {
	case errors.As(err, &job):
		return job.Code
	case errors.As(err, &usage):
		if e.name != "" {
			fmt.Fprintf(e.stderr, "nnc %s -h says how it is used\n", e.name)
		}
		return exitFault
	case errors.As(err, &fault), errors.As(err, &path), errors.As(err, &link), errors.Is(err, fs.ErrNotExist):
		return exitFault
	}
	return exitProblem
}

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/nnc-lang/nnc/dsl"
)

var fmtCommand = &command{
	name:    "fmt",
	usage:   "[path…] [flags]",
	summary: "lay out .nn files in the one canonical way",
	about: `A folder is searched for .nn files, with the folders in it; without a path, or
for -, standard input is formatted. The result is printed, unless a flag says
otherwise; flags may be combined. A file with syntax errors is left alone. The
exit code is 1 where there is one, or where -l or -d has something to show.`,
	example: "nnc fmt -w .\nnnc fmt -l examples",
	setup: func(f *flags) func(*env, []string) error {
		var o formatting
		f.BoolVar(&o.write, "w", false, "write the result to the file, where it differs")
		f.BoolVar(&o.diff, "d", false, "print diffs instead of the result")
		f.BoolVar(&o.list, "l", false, "list the files whose layout differs")
		return o.run
	},
}

// standardInput is what standard input is called in diagnostics.
const standardInput = "<standard input>"

// formatting is what nnc fmt is to do.
type formatting struct{ write, diff, list bool }

// run formats files and folders. It goes on after a faulty file, and after one that
// cannot be read or written.
func (o *formatting) run(e *env, paths []string) error {
	if len(paths) == 0 {
		paths = []string{"-"}
	}
	if o.write && slices.Contains(paths, "-") {
		return usagef("-w wants files: there is nowhere to write standard input back to")
	}
	worst := exitFine
	report := func(err error) {
		if err != nil {
			worst = max(worst, e.report(err))
		}
	}
	for _, path := range paths {
		if path == "-" {
			report(o.input(e))
			continue
		}
		files, err := sourceFilesIn(path)
		report(err)
		for _, file := range files {
			report(o.file(e, file))
		}
	}
	if worst != exitFine {
		return exit(worst)
	}
	return nil
}

// input formats standard input.
func (o *formatting) input(e *env) error {
	text, err := io.ReadAll(e.stdin)
	if err != nil {
		return faultf("%s: %v", standardInput, err)
	}
	_, err = o.format(e, &source{standardInput, text})
	return err
}

// file formats a file, and writes it where that is asked for.
func (o *formatting) file(e *env, path string) error {
	s, err := readSource(path)
	if err != nil {
		return err
	}
	out, err := o.format(e, s)
	if out == nil || !o.write || bytes.Equal(out, s.text) {
		return err
	}
	if failed := rewrite(path, out); failed != nil {
		return failed
	}
	return err
}

// format formats a text and prints what is asked for. The result is nil where the
// text has mistakes; else, with -l or -d, the error is an exit where it differs.
func (o *formatting) format(e *env, s *source) ([]byte, error) {
	out, faults := dsl.Format(s.path, s.text)
	if len(faults) > 0 {
		if err := e.diagnose(faults, s); err != nil {
			return nil, err
		}
		return nil, exit(exitProblem)
	}
	if !o.write && !o.diff && !o.list {
		_, err := e.stdout.Write(out)
		return out, err
	}
	if bytes.Equal(out, s.text) || !o.diff && !o.list {
		return out, nil
	}
	if o.list {
		if _, err := fmt.Fprintln(e.stdout, s.path); err != nil {
			return nil, err
		}
	}
	if o.diff {
		if _, err := e.stdout.Write(diff.Diff(s.path+".orig", s.text, s.path, out)); err != nil {
			return nil, err
		}
	}
	return out, exit(exitProblem)
}

// rewrite replaces the content of a file that is there. One that may not be
// written to stays, though its folder would let it be replaced.
func rewrite(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	_, err = writeChanged(path, content)
	return err
}

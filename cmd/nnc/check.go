package main

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/nnc-lang/nnc/compiler"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var checkCommand = &command{
	name:    "check",
	usage:   "[path…] [flags]",
	summary: "report the mistakes in .nn files",
	about: `A folder is searched for .nn files, with the folders in it; without a path, the
current one is. No data is opened.`,
	example: "nnc check .",
	setup: func(f *flags) func(*env, []string) error {
		json := f.Bool("json", false, "print the diagnostics as a JSON list, all of them")
		return func(e *env, paths []string) error { return check(e, paths, *json) }
	},
}

// check checks files and folders. It goes on after a faulty file, and after one
// that cannot be read.
func check(e *env, paths []string, json bool) error {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	worst := exitFine
	var faults diag.List
	var sources []*source
	for _, path := range paths {
		files, err := sourceFilesIn(path)
		if err != nil {
			worst = max(worst, e.report(err))
		}
		for _, file := range files {
			s, err := readSource(file)
			if err != nil {
				worst = max(worst, e.report(err))
				continue
			}
			_, list := compiler.Check(s.path, s.text)
			faults = append(faults, list...)
			sources = append(sources, s)
		}
	}
	if len(faults) > 0 {
		worst = max(worst, exitProblem)
	}
	if json {
		list, err := diag.JSON(faults)
		if err != nil {
			return err
		}
		if _, err := e.stdout.Write(append(list, '\n')); err != nil {
			return err
		}
	} else if err := e.diagnose(faults, sources...); err != nil {
		return err
	}
	if worst != exitFine {
		return exit(worst)
	}
	return nil
}

// sourceFilesIn is the file, or the .nn files of the folder and those in it, in
// the order of their names. Folders whose names begin with a dot are left out, and
// so are those that cannot be read, which the error names.
func sourceFilesIn(path string) ([]string, error) {
	info, err := lookUp(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var files []string
	var unread []error
	filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			unread = append(unread, err)
		case d.IsDir() && name != path && d.Name()[0] == '.':
			return filepath.SkipDir
		case !d.IsDir() && filepath.Ext(name) == ".nn":
			files = append(files, name)
		}
		return nil
	})
	return files, errors.Join(unread...)
}

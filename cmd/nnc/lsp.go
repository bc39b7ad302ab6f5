package main

import (
	"io"

	"github.com/nnc-lang/nnc/lsp"
)

var lspCommand = &command{
	name:    "lsp",
	summary: "serve an editor: diagnostics, completion, shapes, formatting, rename",
	about: `It speaks the Language Server Protocol over standard input and output, and is
started by an editor; docs/editors.md says how to set up VS Code, Neovim and
Helix. It opens no file, and writes none.`,
	example: "nnc lsp",
	setup: func(f *flags) func(*env, []string) error {
		stdio := f.Bool("stdio", true, "talk over standard input and output: there is no other way")
		return func(e *env, args []string) error {
			if len(args) > 0 {
				return usagef("takes no arguments")
			}
			if !*stdio {
				return usagef("there is no other way than standard input and output")
			}
			return lsp.Serve(e.stdin, writeCloser{e.stdout}, e.stderr, version())
		}
	},
}

// writeCloser is a writer whose end is the process's.
type writeCloser struct{ io.Writer }

func (writeCloser) Close() error { return nil }

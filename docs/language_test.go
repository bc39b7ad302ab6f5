package docs_test

// What language.md shows as .nn files are such files: laid out as nnc fmt lays them out, and without a mistake, unless the
// block behind them shows the diagnostics that nnc check has for them.

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/nnc-lang/nnc/compiler"
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// shown is a block of .nn and, where there is one, the block of text directly behind it.
var shown = regexp.MustCompile("(?s)```nn\n(.*?)```\n(?:\n```text\n(.*?)```\n)?")

func TestLanguage(t *testing.T) {
	const file = "language.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	blocks := 0
	got := shown.ReplaceAllStringFunc(string(text), func(block string) string {
		blocks++
		parts := shown.FindStringSubmatch(block)
		src, faulty := []byte(parts[1]), strings.Contains(block, "\n```text\n")
		formatted, list := dsl.Format("example.nn", src)
		if len(list) == 0 && !bytes.Equal(formatted, src) {
			t.Errorf("%s has a file that nnc fmt lays out otherwise:\n%s", file, diff.Diff("there", src, "should be", formatted))
		}
		_, faults := compiler.Check("example.nn", src)
		var said strings.Builder
		if err := diag.Render(&said, faults, func(string) []byte { return src }, 0); err != nil {
			t.Fatal(err)
		}
		switch {
		case !faulty && len(faults) > 0:
			t.Errorf("%s has a file with mistakes:\n%s\n%s", file, src, said.String())
		case faulty && len(faults) == 0:
			t.Errorf("%s has a file without the mistakes that it shows:\n%s", file, src)
		case faulty:
			return "```nn\n" + parts[1] + "```\n\n```text\n" + said.String() + "```\n"
		}
		return block
	})
	if all := strings.Count(string(text), "```nn"); blocks != all || blocks < 5 {
		t.Errorf("%s has %d files, of which %d were checked", file, all, blocks)
	}
	golden(t, file, got)
}

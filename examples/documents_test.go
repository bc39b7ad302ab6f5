package examples_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/nnc-lang/nnc/codegen"
	"github.com/nnc-lang/nnc/compiler"
)

// What README.md and CONTRIBUTING.md show of source, generated code and results is what there is. A comment before a fenced block
// says what the block shows:
//
//	<!-- examples/digits.nn -->                  a file
//	<!-- mnist.nn: forwardRows 1-2, update 1 --> paragraphs of functions of the code generated from an example
//	<!-- apples.nn: graph -->                    what nnc graph -backward draws of an example
//
// and below <!-- results --> stands the table of examples/results/README.md. -update rewrites them, and all of examples/results that is
// made from its logs.

var update = flag.Bool("update", false, "rewrite what the documents show")

func TestDocuments(t *testing.T) {
	if *update {
		for _, r := range table {
			publish(t, r)
		}
		write(t, "README.md", overview(t))
	}
	for _, file := range []string{"../README.md", "../CONTRIBUTING.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := refresh(t, string(text))
		if want == string(text) {
			continue
		}
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		t.Errorf("%s shows what is not so; -update rewrites it:\n%s", file, diff.Diff("there", text, "should be", []byte(want)))
	}
}

var (
	shown   = regexp.MustCompile("(?ms)^<!-- (\\S+\\.nn|\\S+\\.go)(: [^\n]+)? -->\n(```\\w*\n).*?^```$")
	results = regexp.MustCompile(`(?m)^<!-- results -->\n(\|.*\n)*`)
)

// refresh puts what is into a document.
func refresh(t *testing.T, text string) string {
	text = shown.ReplaceAllStringFunc(text, func(block string) string {
		m := shown.FindStringSubmatch(block)
		file, parts, fence := m[1], strings.TrimPrefix(m[2], ": "), m[3]
		head, _, _ := strings.Cut(block, "\n")
		body := ""
		switch parts {
		case "":
			content, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(file)))
			if err != nil {
				t.Fatal(err)
			}
			body = string(content)
		case "graph":
			body = string(build(t).run(t, "graph", "-backward", "-format", "mermaid", file))
		default:
			body = excerpts(t, file, parts)
		}
		return head + "\n" + fence + strings.TrimRight(body, "\n") + "\n```"
	})
	return results.ReplaceAllStringFunc(text, func(string) string {
		out := "<!-- results -->\n"
		for line := range strings.Lines(string(overview(t))) {
			if strings.HasPrefix(line, "|") {
				out += strings.ReplaceAll(line, "](", "](examples/results/")
			}
		}
		return out
	})
}

// The program that README.md shows trains a network and recognises a picture with it.
func TestReadmeProgram(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	program := regexp.MustCompile("(?s)```go\n(package main\n.*?)```").FindSubmatch(text)
	if program == nil {
		t.Fatal("README.md shows no program")
	}
	out := runProgram(t, "digits.nn", compiler.Options{}, string(program[1]))
	if !regexp.MustCompile(`^\d (0\.\d+|1)\n$`).Match(out) {
		t.Errorf("it prints %q, not a digit and how probable it is", out)
	}
}

// excerpts gives paragraphs of functions of the code that an example compiles to, each with the function's head.
func excerpts(t *testing.T, file, parts string) string {
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	plan, faults, err := compiler.Compile(file, source, compiler.Options{})
	if len(faults) > 0 || err != nil {
		t.Fatal(faults, err)
	}
	code, err := codegen.File(plan, "examples")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for part := range strings.SplitSeq(parts, ", ") {
		name, span, _ := strings.Cut(part, " ")
		first, last, _ := strings.Cut(span, "-")
		from, err1 := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		head := regexp.MustCompile(fmt.Sprintf(`(?ms)^(?://[^\n]*\n)*func \([^)]*\) %s\(.*?^}$`, name)).FindString(string(code))
		paragraphs := strings.Split(head, "\n\n")
		if err1 != nil || err2 != nil || from < 1 || from > to || to > len(paragraphs) {
			t.Fatalf("%s: there are no such paragraphs; %s has %d", part, name, len(paragraphs))
		}
		var kept []string
		if from > 1 {
			// The doc comment and the first line stand by themselves.
			signature := slices.IndexFunc(strings.Split(head, "\n"), func(l string) bool { return strings.HasPrefix(l, "func ") })
			kept = append(kept, strings.Join(strings.Split(head, "\n")[:signature+1], "\n")+"\n\t// …")
		}
		kept = append(kept, paragraphs[from-1:to]...)
		if to < len(paragraphs) {
			kept = append(kept, "\t// …\n}")
		}
		out = append(out, strings.Join(kept, "\n\n"))
	}
	return strings.Join(out, "\n\n")
}

package main

// What all commands have in common: help that fits a terminal, and flags
// anywhere on the line. And the pieces of commands that scripts cannot reach.

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nnc-lang/nnc/runtime/program"
)

func TestHelp(t *testing.T) {
	for _, c := range commands() {
		t.Run(c.name, func(t *testing.T) {
			var out, bad bytes.Buffer
			if code := run([]string{c.name, "-h"}, nil, &out, &bad); code != exitFine || bad.Len() > 0 {
				t.Fatalf("exit code %d: %s", code, bad.String())
			}
			f := newFlags(c)
			c.setup(f)
			f.VisitAll(func(g *flag.Flag) {
				if isLater(g) == strings.Contains(out.String(), "  -"+g.Name+" ") {
					t.Errorf("-%s", g.Name)
				}
			})
			if !strings.Contains(out.String(), "\n  nnc "+c.name) {
				t.Error("no example")
			}
			for line := range strings.Lines(out.String()) {
				if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
					t.Errorf("%d characters: %s", n, line)
				}
			}
		})
	}
}

func TestFlagsAnywhere(t *testing.T) {
	for _, line := range []string{"-a 1 -b x y", "x -a 1 y -b", "x y --b --a=1", "-b x -a=1 y", "-b -a 1 -- x y"} {
		f := newFlags(&command{name: "test"})
		a, b := f.Int("a", 0, ""), f.Bool("b", false, "")
		rest, err := f.parse(strings.Fields(line))
		if err != nil || *a != 1 || !*b || !slices.Equal(rest, []string{"x", "y"}) {
			t.Errorf("%s: %v, a %d, b %v, %v", line, rest, *a, *b, err)
		}
	}
	f := newFlags(&command{name: "test"})
	if rest, err := f.parse([]string{"--", "-a"}); err != nil || !slices.Equal(rest, []string{"-a"}) {
		t.Errorf("behind --: %v, %v", rest, err)
	}
}

func TestAssign(t *testing.T) {
	for _, c := range []struct {
		given, names string
		want         string // pairs, or a part of the error
	}{
		{"f.csv", "x", "[[x f.csv]]"},
		{"x=f.csv", "x", "[[x f.csv]]"},
		{"a=b.csv", "x", "there is no input a; there is x"},
		{"./a=b.csv", "x", "[[x ./a=b.csv]]"}, // a file may be called that
		{"x=f.csv y=g.csv", "x y", "[[x f.csv] [y g.csv]]"},
		{"f.csv", "x y", "say which input it is, as x=f.csv"},
		{"priec=f.csv", "price count", "did you mean price?"},
		{"q=f.csv", "x y", "there are x, y"},
		{"x=f x=g", "x y", "x has a file already"},
		{"x=", "x", "a file is missing"},
	} {
		pairs, err := assign("input", strings.Fields(c.given), strings.Fields(c.names))
		got := fmt.Sprint(pairs)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", c.given, got, c.want)
		}
	}
}

func TestPredictionTable(t *testing.T) {
	p := program.Number(0.75)
	row := &program.Row{Row: 3, Outputs: []program.Answer{
		{Name: "kind", Values: []program.Number{0.25, 0.75}, Class: "virginica", Probability: &p},
		{Name: "size", Values: []program.Number{1.5, 2, 3, 4}},
	}}
	for width, want := range map[int]string{
		0:  "row      class  p(class)  kind[0]  kind[1]  size[0]  size[1]  size[2]  size[3]\n  3  virginica    0.7500   0.2500   0.7500    1.500        2        3        4\n",
		80: "row      class  p(class)  kind[0]  kind[1]  size[0]  size[1]   \n  3  virginica    0.7500   0.2500   0.7500    1.500        2  …\n",
		40: "row      class  p(class)  size[0]   \n  3  virginica    0.7500    1.500  …\n",
	} {
		var out bytes.Buffer
		table := newPredictionTable(&out)
		table.width = width
		table.add(row)
		table.flush()
		got, want := strings.ReplaceAll(out.String(), " \n", "\n"), strings.ReplaceAll(want, " \n", "\n")
		for strings.Contains(want, " \n") {
			want = strings.ReplaceAll(want, " \n", "\n")
		}
		if got != want {
			t.Errorf("at %d:\n%swant\n%s", width, got, want)
		}
	}
}

// A set is taken from a folder or a mirror; what the network lacks can be had
// otherwise, which the message says.
func TestFetch(t *testing.T) {
	t.Setenv("NNC_DATA", t.TempDir())
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	for from, want := range map[string]struct {
		code int
		says string
	}{
		server.URL:             {exitFault, "404 Not Found; without a network, nnc data mnist -from DIR"},
		t.TempDir():            {exitFault, "has no train-images-idx3-ubyte"},
		"../../testdata/mnist": {exitProblem, "is not the published file"},
	} {
		var out, bad bytes.Buffer
		if code := run([]string{"data", "mnist", "-from", from}, nil, &out, &bad); code != want.code || !strings.Contains(bad.String(), want.says) {
			t.Errorf("-from %s: exit code %d\n%s", from, code, bad.String())
		}
	}
}

// Elsewhere than on a terminal, a line says which file comes.
func TestFetchView(t *testing.T) {
	var says bytes.Buffer
	v := &fetchView{e: &env{stderr: &says}}
	v.at("here", 9, 9)
	v.at("a", 3, 9)
	v.at("a", 9, 9)
	v.at("b", 1, 0)
	v.clear()
	if want := "fetching a\nfetching b\n"; says.String() != want {
		t.Errorf("got %q, want %q", says.String(), want)
	}
}

func TestPrune(t *testing.T) {
	c := &cache{dir: t.TempDir()}
	module := filepath.Join(c.dir, "runtime-now")
	old := time.Now().Add(-2 * unused)
	for _, name := range []string{"bin/old", "bin/new", "runtime-old/go.mod", "runtime-now/run/old/main.go", "runtime-now/run/new/main.go"} {
		path := filepath.Join(c.dir, filepath.FromSlash(name))
		os.MkdirAll(filepath.Dir(path), 0o755)
		os.WriteFile(path, nil, 0o644)
	}
	for _, name := range []string{"bin/old", "runtime-old", "runtime-now/run/old", "runtime-now"} {
		os.Chtimes(filepath.Join(c.dir, filepath.FromSlash(name)), old, old)
	}
	c.prune(module)
	for name, want := range map[string]bool{"bin/old": false, "bin/new": true, "runtime-old": false, "runtime-now": true, "runtime-now/run/old": false, "runtime-now/run/new": true} {
		if _, err := os.Stat(filepath.Join(c.dir, filepath.FromSlash(name))); (err == nil) != want {
			t.Errorf("%s: there is %v, want %v", name, err == nil, want)
		}
	}
}

// A folder that cannot be read does not hide the others.
func TestSourceFilesIn(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"a/x.nn", "b/x.nn", "c/x.nn", "c/y.txt", ".git/x.nn"} {
		path := filepath.Join(root, filepath.FromSlash(name))
		os.MkdirAll(filepath.Dir(path), 0o755)
		os.WriteFile(path, nil, 0o644)
	}
	closed := filepath.Join(root, "b")
	os.Chmod(closed, 0)
	defer os.Chmod(closed, 0o755)
	want := []string{filepath.Join(root, "a", "x.nn"), filepath.Join(closed, "x.nn"), filepath.Join(root, "c", "x.nn")}
	if _, err := os.ReadDir(closed); err != nil { // not so for a superuser
		want = slices.Delete(want, 1, 2)
	}
	files, err := sourceFilesIn(root)
	if !slices.Equal(files, want) || (err == nil) != (len(want) == 3) {
		t.Errorf("%v, want %v (%v)", files, want, err)
	}
}

func TestPackageName(t *testing.T) {
	root := t.TempDir()
	for _, c := range []struct {
		dir, file, text, want string
	}{
		{"plain", "", "", "plain"},
		{"With-Dash_2", "", "", "withdash2"},
		{"func", "", "", "nnfunc"},
		{"é", "", "", "nn"},
		{"a", "x.go", "package other\n", "other"},
		{"b", "x_test.go", "package other_test\n", "b"},
		{"c", "x_nn.go", "package stale\n", "c"},
		{"d", "broken.go", "pack", "d"},
	} {
		dir := filepath.Join(root, c.dir)
		os.MkdirAll(dir, 0o755)
		if c.file != "" {
			os.WriteFile(filepath.Join(dir, c.file), []byte(c.text), 0o644)
		}
		if got, err := packageName(dir, "x_nn.go"); err != nil || got != c.want {
			t.Errorf("%s: %s, %v, want %s", c.dir, got, err, c.want)
		}
	}
}

// A command whose standard output takes nothing more says so and does not end
// as if all had been said.
func TestOutputThatCannotBeWritten(t *testing.T) {
	var bad bytes.Buffer
	code := run([]string{"explain", "relu"}, nil, refusingWriter{}, &bad)
	if code != exitFault || !strings.Contains(bad.String(), "nnc explain: no space") {
		t.Errorf("exit %d, %q", code, bad.String())
	}
	bad.Reset()
	code = run([]string{"data"}, nil, refusingWriter{}, &bad)
	if code != exitFault || !strings.Contains(bad.String(), "nnc data: no space") {
		t.Errorf("exit %d, %q", code, bad.String())
	}
}

type refusingWriter struct{}

func (refusingWriter) Write([]byte) (int, error) { return 0, errors.New("no space") }

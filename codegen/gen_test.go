package codegen

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/nnc-lang/nnc"
	"github.com/nnc-lang/nnc/compiler"
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/runtime/data"
)

// The tests of this file compile the models of testdata/gen/*.txtar, compare the Go with what stands there, and run it: each
// archive holds a model, tests of the generated package, and the golden, or only the first two. Its comment may end in lines such as
//
//	flags: -grad -dtype float64 -mode infer -set n=4 -embed weights.safetensors
//	file: ../torch/weights.safetensors
//	golden: none

var update = flag.Bool("update", false, "rewrite the goldens")

// options reads an archive's flags and further files.
func options(t *testing.T, comment string) (o compiler.Options, files []string) {
	t.Helper()
	for line := range strings.SplitSeq(comment, "\n") {
		if f, ok := strings.CutPrefix(line, "file: "); ok {
			files = append(files, f)
		}
		f, ok := strings.CutPrefix(line, "flags: ")
		if !ok {
			continue
		}
		for words := strings.Fields(f); len(words) > 0; {
			word := words[0]
			words = words[1:]
			value := func() string {
				v := words[0]
				words = words[1:]
				return v
			}
			switch word {
			case "-grad":
				o.Grad = true
			case "-dtype":
				o.Float64 = value() == "float64"
			case "-mode":
				o.Infer = value() == "infer"
			case "-embed":
				o.Embed = value()
			case "-set":
				name, v, _ := strings.Cut(value(), "=")
				o.Set = append(o.Set, ir.Setting{Name: name, Value: v})
			default:
				t.Fatalf("unknown flag %s", word)
			}
		}
	}
	return o, files
}

// plan compiles a model; a fault of the model is one of the test.
func plan(t *testing.T, name string, src []byte, o compiler.Options) *ir.Plan {
	t.Helper()
	p, faults, err := compiler.Compile(name, src, o)
	if err != nil || len(faults) > 0 {
		t.Fatalf("%s: %v %v", name, err, faults)
	}
	return p
}

func TestGenerated(t *testing.T) {
	archives, err := filepath.Glob("../testdata/gen/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no archives", err)
	}
	module := t.TempDir()
	writeRuntime(t, module)
	for _, path := range archives {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		t.Run(name, func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			o, files := options(t, string(a.Comment))
			dir := filepath.Join(module, "gen", name)
			source, golden := -1, -1
			for i, f := range a.Files {
				switch {
				case strings.HasSuffix(f.Name, ".nn"):
					source = i
				case strings.HasSuffix(f.Name, "_nn.go"):
					golden = i
				default:
					write(t, filepath.Join(dir, f.Name), f.Data)
				}
			}
			if source < 0 {
				t.Fatal("no model")
			}
			for _, f := range files {
				content, err := os.ReadFile(filepath.Join(filepath.Dir(path), f))
				if err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(dir, filepath.Base(f)), content)
				write(t, filepath.Join(module, "program", name, filepath.Base(f)), content)
			}
			nn := a.Files[source]
			p := plan(t, nn.Name, nn.Data, o)
			got, err := File(p, "gen")
			if err != nil {
				t.Fatal(err)
			}
			// The same bytes from another run, and from another folder.
			again, err := File(plan(t, "elsewhere/"+nn.Name, nn.Data, o), "gen")
			if err != nil || !bytes.Equal(got, again) {
				t.Errorf("compiling again gives other bytes: %v", err)
			}
			goName := strings.TrimSuffix(nn.Name, ".nn") + "_nn.go"
			write(t, filepath.Join(dir, goName), got)
			if strings.Contains(string(a.Comment), "\ngolden: none\n") {
				golden = -2
			}
			if golden != -2 && (golden < 0 || !bytes.Equal(a.Files[golden].Data, got)) {
				if *update {
					a.Files = slices.DeleteFunc(a.Files, func(f txtar.File) bool { return strings.HasSuffix(f.Name, "_nn.go") })
					a.Files = append(a.Files, txtar.File{Name: goName, Data: got})
					write(t, path, txtar.Format(a))
				} else if golden < 0 {
					t.Errorf("no golden: run go test ./codegen -update and read it")
				} else {
					t.Errorf("differs (go test ./codegen -update rewrites it):\n%s", diff.Diff(path, a.Files[golden].Data, "now", got))
				}
			}
			// The program around it.
			model, err := File(p, "main")
			if err != nil {
				t.Fatal(err)
			}
			main, err := Main(p)
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(module, "program", name, "model.go"), model)
			write(t, filepath.Join(module, "program", name, "main.go"), main)
		})
	}
	goTool(t, module, "vet", "./gen/...", "./program/...")
	goTool(t, module, "test", "./gen/...")
}

// TestEmbedded holds the list of embedded data sets to the data package's.
func TestEmbedded(t *testing.T) {
	var want []string
	for _, s := range data.Builtin() {
		if s.Embedded {
			want = append(want, s.Name)
		}
	}
	if !slices.Equal(embedded, want) {
		t.Errorf("got %v, want %v", embedded, want)
	}
}

// writeRuntime makes dir the module that the runtime belongs to, as nnc's own programs have it.
func writeRuntime(t *testing.T, dir string) {
	t.Helper()
	write(t, filepath.Join(dir, "go.mod"), []byte("module github.com/nnc-lang/nnc\n\ngo 1.26\n"))
	err := fs.WalkDir(nnc.Runtime, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(path, "_test.go") {
			return nil
		}
		content, err := nnc.Runtime.ReadFile(path)
		if err != nil {
			return err
		}
		write(t, filepath.Join(dir, path), content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644)); err != nil {
		t.Fatal(err)
	}
}

// goTool runs the go command in a module, without a network.
func goTool(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOPROXY=off", "GOTOOLCHAIN=local")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	} else if testing.Verbose() {
		fmt.Printf("%s", out)
	}
}

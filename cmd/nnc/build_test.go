package main

// The build cache: programs are built offline from the embedded runtime, once,
// and run without go from then on, whoever else builds at the same time.

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// hello is a program that uses the runtime.
func hello(word string) sourceFiles {
	return sourceFiles{"main.go": []byte(`package main

import (
	"fmt"

	rt "github.com/nnc-lang/nnc/runtime"
)

func main() { fmt.Println("` + word + `", rt.Generated1) }
`)}
}

func output(t *testing.T, binary string) string {
	t.Helper()
	out, err := exec.Command(binary).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestBuildOnce(t *testing.T) {
	c := &cache{dir: filepath.Join(t.TempDir(), "nnc")}
	first, err := c.binary(hello("one"))
	if err != nil {
		t.Fatal(err)
	}
	if got := output(t, first); got != "one true" {
		t.Errorf("got %q", got)
	}

	t.Setenv("PATH", t.TempDir())
	again, err := c.binary(hello("one"))
	if err != nil || again != first {
		t.Errorf("the second run needs go: %v", err)
	}
	_, err = c.binary(hello("two"))
	var fault *faultError
	if !errors.As(err, &fault) || !strings.Contains(err.Error(), "install Go") {
		t.Errorf("without go: %v", err)
	}
}

func TestBuildTogether(t *testing.T) {
	c := &cache{dir: filepath.Join(t.TempDir(), "nnc")}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			binary, err := c.binary(hello("together"))
			if err != nil {
				t.Error(err)
			} else if got := output(t, binary); got != "together true" {
				t.Errorf("got %q", got)
			}
		})
	}
	wait.Wait()
	// Nothing half-made is left.
	filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if name := d.Name(); strings.HasPrefix(name, ".writing-") || strings.HasPrefix(name, "building-") {
			t.Errorf("left behind: %s", path)
		}
		return err
	})
}

// A cache from which somebody took or changed files builds all the same, in a
// folder whose name means something to patterns.
func TestDamagedCache(t *testing.T) {
	c := &cache{dir: filepath.Join(t.TempDir(), "[nnc]*")}
	first, err := c.binary(hello("damaged"))
	if err != nil {
		t.Fatal(err)
	}
	modules, err := fs.Glob(os.DirFS(c.dir), "runtime-*")
	if err != nil || len(modules) != 1 {
		t.Fatalf("%v, %v", modules, err)
	}
	module := filepath.Join(c.dir, modules[0])
	for what, damage := range map[string]func() error{
		"a file of the runtime is gone":     func() error { return os.Remove(filepath.Join(module, "runtime", "pool.go")) },
		"a package of the runtime is gone":  func() error { return os.RemoveAll(filepath.Join(module, "runtime", "data")) },
		"a file of the runtime is cut":      func() error { return os.Truncate(filepath.Join(module, "runtime", "kernels.go"), 10) },
		"the runtime is gone":               func() error { return os.RemoveAll(module) },
		"the program's source is gone":      func() error { return os.RemoveAll(filepath.Join(module, "run")) },
		"nothing but the binary is missing": func() error { return nil },
	} {
		if err := errors.Join(damage(), os.Remove(first)); err != nil {
			t.Fatal(err)
		}
		again, err := c.binary(hello("damaged"))
		if err != nil || again != first {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if got := output(t, again); got != "damaged true" {
			t.Errorf("%s: got %q", what, got)
		}
	}
}

// A cache folder that cannot be written to is an error that names it.
func TestCacheNotWritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := (&cache{dir: file}).binary(hello("x"))
	if _, is := errors.AsType[*fs.PathError](err); !is || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
}

func TestCacheWithoutHome(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a user's folders are found in another way")
	}
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "GOCACHE"} {
		t.Setenv(name, "")
	}
	t.Setenv("TMPDIR", t.TempDir())
	c, err := openCache()
	if err != nil || c.gocache == "" || filepath.Dir(c.dir) != os.Getenv("TMPDIR") {
		t.Fatalf("%+v, %v", c, err)
	}
	if _, err := openCache(); err != nil {
		t.Errorf("again: %v", err)
	}
	if err := os.Chmod(c.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var fault *faultError
	if _, err := openCache(); !errors.As(err, &fault) {
		t.Errorf("a folder that others see: %v", err)
	}
}

func TestBuildError(t *testing.T) {
	c := &cache{dir: filepath.Join(t.TempDir(), "nnc")}
	_, err := c.binary(sourceFiles{"main.go": []byte("package main\n\nfunc main() { undefined() }\n")})
	var fault *faultError
	if !errors.As(err, &fault) || !strings.Contains(err.Error(), "undefined: undefined") {
		t.Errorf("got %v", err)
	}
}

func TestRuntimeTree(t *testing.T) {
	tree, err := runtimeTree()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"go.mod", "runtime/doc.go", "runtime/program/main.go", "runtime/data/data.go"} {
		if tree.files[want] == nil {
			t.Errorf("%s is missing", want)
		}
	}
	for name := range tree.files {
		if strings.HasSuffix(name, "_test.go") || strings.Contains(name, "testdata/") {
			t.Errorf("%s does not belong there", name)
		}
	}
}

func TestHashesTellFilesApart(t *testing.T) {
	a := sourceFiles{"a": []byte("b"), "c": []byte("")}
	b := sourceFiles{"a": []byte(""), "c": []byte("b")}
	if a.hash() == b.hash() || a.hash() != (sourceFiles{"c": nil, "a": []byte("b")}).hash() {
		t.Error("the hash is not of names and contents")
	}
}

func TestWriteChanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	for _, c := range []struct {
		text string
		want bool
	}{{"one", true}, {"one", false}, {"two", true}} {
		changed, err := writeChanged(path, []byte(c.text))
		if err != nil || changed != c.want {
			t.Errorf("%s: changed %v, %v", c.text, changed, err)
		}
		if got, _ := os.ReadFile(path); string(got) != c.text {
			t.Errorf("got %q, want %q", got, c.text)
		}
	}
	if _, err := writeChanged(filepath.Join(path, "below"), nil); err == nil {
		t.Error("no error below a file")
	}
	_, err := writeChanged(filepath.Join(t.TempDir(), "none", "x"), nil)
	if !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), ".nnc-") {
		t.Errorf("got %v", err)
	}
}

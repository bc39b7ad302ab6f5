package compiler_test

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// Tests that run generated code write it into a module of their own, beside a main that drives it.

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// runModule builds the program in dir as a module of the given name, runs it with args, and gives what it computed: it
// writes tensors by group and name, as gob.
func runModule(t *testing.T, dir, module string, args ...string) map[string]map[string][]float64 {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go .*$`).Find(mod)
	writeFile(t, filepath.Join(dir, "go.mod"), fmt.Sprintf("module %s\n\n%s\n\nrequire github.com/nnc-lang/nnc v0.0.0\n\nreplace github.com/nnc-lang/nnc => %q\n", module, version, root))
	binary := filepath.Join(dir, "program.exe")
	build := exec.Command("go", "build", "-trimpath", "-o", binary, ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOPROXY=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := exec.Command(binary, args...)
	var out, complaint bytes.Buffer
	run.Stdout, run.Stderr = &out, &complaint
	if err := run.Run(); err != nil {
		t.Fatalf("%v\n%s", err, &complaint)
	}
	var results map[string]map[string][]float64
	if err := gob.NewDecoder(&out).Decode(&results); err != nil {
		t.Fatal(err)
	}
	return results
}

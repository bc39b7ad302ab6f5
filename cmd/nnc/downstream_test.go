package main

// A module that is not ours uses nnc as its users do: it gets the command as a
// tool, generates, builds, trains and predicts. The module proxy is a folder
// that the test makes from this work tree; all that nnc itself needs comes from
// the go command's cache of downloads, so that no network is asked.

import (
	"archive/zip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/module"
)

// downstreamVersion is what the proxy serves this work tree as.
const downstreamVersion = "v0.1.0-test"

func TestDownstream(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a module that depends on this one")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		t.Fatalf("go env: %v", err)
	}
	caches := strings.Fields(string(out))
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join(root, "testdata", "downstream"),
		Setup: func(e *testscript.Env) error {
			proxy := filepath.Join(e.WorkDir, ".proxy")
			if err := makeProxy(root, proxy); err != nil {
				return err
			}
			e.Setenv("GOCACHE", caches[0])
			e.Setenv("GOMODCACHE", filepath.Join(e.WorkDir, ".modcache"))
			e.Setenv("GOPROXY", fmt.Sprintf("file://%s,file://%s", filepath.ToSlash(proxy), filepath.ToSlash(filepath.Join(caches[1], "cache", "download"))))
			e.Setenv("GOSUMDB", "off")
			e.Setenv("GOFLAGS", "-modcacherw -trimpath") // removable, and built once for all work folders
			e.Setenv("VERSION", downstreamVersion)
			e.Setenv("MNIST", filepath.Join(root, "testdata", "mnist"))
			return nil
		},
	})
}

// makeProxy writes the work tree at root as the only version of its module, in
// the layout of a module proxy (go.dev/ref/mod#goproxy-protocol).
func makeProxy(root, proxy string) error {
	const path = "github.com/nnc-lang/nnc"
	dir := filepath.Join(proxy, filepath.FromSlash(path), "@v")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	for name, content := range map[string]string{
		"list":                      downstreamVersion + "\n",
		downstreamVersion + ".info": fmt.Sprintf("{\"Version\":%q}", downstreamVersion),
		downstreamVersion + ".mod":  string(mod),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			return err
		}
	}
	f, err := os.Create(filepath.Join(dir, downstreamVersion+".zip"))
	if err != nil {
		return err
	}
	defer f.Close()
	z := zip.NewWriter(f)
	prefix := path + "@" + downstreamVersion + "/"
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, p)
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if rel != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || rel == "examples" || rel == "editors") {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(rel, "_test.go") || module.CheckFilePath(rel) != nil {
			return nil
		}
		w, err := z.Create(prefix + rel)
		if err != nil {
			return err
		}
		src, err := os.Open(p)
		if err != nil {
			return err
		}
		defer src.Close()
		_, err = io.Copy(w, src)
		return err
	})
	if err != nil {
		return err
	}
	return z.Close()
}

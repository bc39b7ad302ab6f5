package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nnc-lang/nnc"
	"github.com/nnc-lang/nnc/runtime/atomicfile"
)

// A generated program is built offline: the runtime's source is inside nnc, and
// is written to a cache folder as the module that it belongs to, with no
// requirement and so nothing to download. The program is a package in it.
//
//	nnc/                        in the user's cache folder
//	├── runtime-HASH/           the runtime's tree, under its hash
//	│   ├── go.mod
//	│   ├── runtime/…
//	│   └── run/HASH/           a program, under the hash of its source
//	└── bin/HASH                its binary, under the hash of all that it depends on
//
// Everything is written aside and renamed into place, so that whatever is there
// is complete, whoever else builds at the same time.

// A cache builds programs in a folder.
type cache struct {
	dir string
	// gocache is where the go command caches, where it cannot find out by itself.
	gocache string
	// building is called before the go command is; it may be nil.
	building func()
}

// openCache finds the cache folder: nnc in the user's, or a folder of the user's
// own among the temporary files where HOME is not set.
func openCache() (*cache, error) {
	if dir, err := os.UserCacheDir(); err == nil {
		return &cache{dir: filepath.Join(dir, "nnc")}, nil
	}
	c := &cache{dir: filepath.Join(os.TempDir(), fmt.Sprintf("nnc-%d", os.Getuid()))}
	if os.Getenv("GOCACHE") == "" {
		c.gocache = filepath.Join(c.dir, "go-build")
	}
	if err := os.Mkdir(c.dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	// Anybody may make a folder of that name; what is run from it must be ours.
	// Only its owner can use a folder that is closed to all others.
	if info, err := os.Lstat(c.dir); err != nil {
		return nil, err
	} else if !info.IsDir() || info.Mode().Perm() != 0o700 && runtime.GOOS != "windows" { // there, temporary files are the user's
		return nil, faultf("%s is open to other users: remove it, or set HOME", c.dir)
	}
	return c, nil
}

// sourceFiles is the source of a program: its files by name.
type sourceFiles map[string][]byte

// binary returns the path of the program's binary, which it builds where it is
// not there yet. The Go version that counts is that of this command: to ask the go
// command for its own would take longer than most programs run.
func (c *cache) binary(p sourceFiles) (string, error) {
	tree, err := runtimeTree()
	if err != nil {
		return "", err
	}
	source := p.hash()
	amd64 := ""
	if runtime.GOARCH == "amd64" {
		amd64 = os.Getenv("GOAMD64")
	}
	name := hash(source, tree.hash, runtime.Version(), runtime.GOOS, runtime.GOARCH, amd64)
	binary := filepath.Join(c.dir, "bin", name)
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	if _, err := os.Stat(binary); err == nil {
		// Its time says when it was used last; where that cannot be told, it is
		// built again one day.
		now := time.Now()
		os.Chtimes(binary, now, now)
		return binary, nil
	}
	tool, err := exec.LookPath("go")
	if err != nil {
		return "", faultf("this builds a program with the go command, which is not in PATH: install Go 1.26 or later from https://go.dev/dl")
	}
	module := filepath.Join(c.dir, "runtime-"+tree.hash)
	c.prune(module)
	if err := place(module, tree.files); err != nil {
		return "", err
	}
	if err := place(filepath.Join(module, "run", source), p); err != nil {
		return "", err
	}
	if c.building != nil {
		c.building()
	}
	return binary, c.build(tool, module, "./run/"+source, binary)
}

// build runs go build.
func (c *cache) build(tool, module, pkg, binary string) error {
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		return err
	}
	aside, err := os.MkdirTemp(filepath.Dir(binary), "building-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(aside)
	built := filepath.Join(aside, filepath.Base(binary))
	cmd := exec.Command(tool, "build", "-trimpath", "-buildvcs=false", "-o", built, pkg)
	cmd.Dir = module
	cmd.Env = append(os.Environ(),
		"GOENV=off", "GOFLAGS=", "GOWORK=off", "GOPROXY=off", "GOTOOLCHAIN=local", "GO111MODULE=on",
		"CGO_ENABLED=0", "GOEXPERIMENT=", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
	if c.gocache != "" {
		cmd.Env = append(cmd.Env, "GOCACHE="+c.gocache)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return faultf("the generated program does not build (%v):\n%s", err, strings.TrimSpace(string(out)))
	}
	// Synced, so that a machine that stops leaves no empty file under the name;
	// where that does not work, a program that cannot be started is built again.
	if f, err := os.Open(built); err == nil {
		f.Sync()
		f.Close()
	}
	if err := os.Rename(built, binary); err != nil {
		// Somebody else was first, and runs it: Windows then keeps it in its place.
		if _, stat := os.Stat(binary); stat == nil {
			return nil
		}
		return err
	}
	return nil
}

// unused is how long a program is kept that nobody runs.
const unused = 30 * 24 * time.Hour

// prune removes the programs, and the runtimes of other versions, that were not
// used for a while. What cannot be removed stays: it is a cache.
func (c *cache) prune(module string) {
	for _, pattern := range []string{"bin/*", ".writing-*", "runtime-*", "runtime-*/run/*"} {
		names, _ := fs.Glob(os.DirFS(c.dir), pattern)
		for _, name := range names {
			path := filepath.Join(c.dir, filepath.FromSlash(name))
			if info, err := os.Stat(path); err == nil && path != module && time.Since(info.ModTime()) > unused {
				os.RemoveAll(path)
			}
		}
	}
}

// place writes files to a folder. Where the folder is there, so are they, unless
// somebody cleared old files away or changed them: those are written again.
func place(dir string, files map[string][]byte) error {
	if _, err := os.Stat(dir); err == nil {
		for _, name := range sortedNames(files) {
			file := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				return err
			}
			if _, err := writeChanged(file, files[name]); err != nil {
				return err
			}
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	// Names that begin with a dot are no packages to go build.
	aside, err := os.MkdirTemp(filepath.Dir(dir), ".writing-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(aside)
	for _, name := range sortedNames(files) {
		file := filepath.Join(aside, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, files[name], 0o644); err != nil {
			return err
		}
	}
	if err := os.Chmod(aside, 0o755); err != nil {
		return err
	}
	if err := os.Rename(aside, dir); err != nil {
		// Somebody else was there first, with the same bytes.
		if info, stat := os.Stat(dir); stat == nil && info.IsDir() {
			return nil
		}
		return err
	}
	return nil
}

// tree is the runtime as a module: its files, and their hash.
type tree struct {
	files map[string][]byte
	hash  string
}

// runtimeTree is the embedded runtime without its tests.
var runtimeTree = sync.OnceValues(func() (*tree, error) {
	files := map[string][]byte{"go.mod": []byte("module github.com/nnc-lang/nnc\n\ngo 1.26\n")}
	err := fs.WalkDir(nnc.Runtime, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "testdata":
			return fs.SkipDir
		case d.IsDir() || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		files[path.Clean(name)], err = nnc.Runtime.ReadFile(name)
		return err
	})
	return &tree{files, sourceFiles(files).hash()}, err
})

// hash is the hash of names and contents.
func (p sourceFiles) hash() string {
	var parts []string
	for _, name := range sortedNames(p) {
		parts = append(parts, name, string(p[name]))
	}
	return hash(parts...)
}

// hash is 16 bytes of the SHA-256 of strings, in hex.
func hash(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func sortedNames(files map[string][]byte) []string {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// writeChanged writes a file where its bytes change, whole or not at all, and
// says whether it did.
func writeChanged(path string, content []byte) (bool, error) {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
		return false, nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return true, atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

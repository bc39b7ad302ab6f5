package atomicfile

// Held here: a file appears whole or not at all, keeps its mode, is found through
// a link; devices and pipes stay what they are; nothing is left aside; errors name
// the path that was asked for.

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s holds %q, want %q (%v)", filepath.Base(path), got, want, err)
	}
}

// nothingAside demands that a folder has just these files.
func nothingAside(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(names) {
		t.Errorf("there are %v, want %v (%v)", entries, names, err)
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	for _, s := range []string{"first", "second, longer", ""} {
		if err := Check(path); err != nil {
			t.Fatal(err)
		}
		if err := Write(path, text(s)); err != nil {
			t.Fatal(err)
		}
		holds(t, path, s)
	}
	nothingAside(t, dir, "f")
}

func TestFailureKeepsTheOld(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	full := errors.New("the disk is full")
	half := func(w io.Writer) error {
		io.WriteString(w, "half")
		return full
	}
	if err := Write(path, half); err != full {
		t.Errorf("got %v", err)
	}
	nothingAside(t, dir)
	if err := Write(path, text("old")); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, half); err != full {
		t.Errorf("got %v", err)
	}
	holds(t, path, "old")
	func() {
		defer func() {
			if e := recover(); e != "a fault" {
				t.Errorf("the panic that came through is %v", e)
			}
		}()
		Write(path, func(io.Writer) error { panic("a fault") })
	}()
	holds(t, path, "old")
	nothingAside(t, dir, "f")
}

func TestModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes are another thing")
	}
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	usual, err := os.Stat(plain)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "f")
	for _, want := range []fs.FileMode{usual.Mode(), 0o600, 0o755} {
		if want != usual.Mode() {
			if err := os.Chmod(path, want); err != nil {
				t.Fatal(err)
			}
		}
		if err := Write(path, text("x")); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("mode %v, want %v (%v)", info.Mode(), want, err)
		}
	}
}

func TestLinksAreFollowed(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	file, link := filepath.Join(other, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Skip(err)
	}
	if err := Write(link, text("new")); err != nil {
		t.Fatal(err)
	}
	holds(t, file, "new")
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is %v (%v)", info.Mode(), err)
	}
	nothingAside(t, dir, "link")
	nothingAside(t, other, "file")
}

// A pipe under the name that the system gives to an open file.
func TestPipesAreWrittenTo(t *testing.T) {
	if _, err := os.Stat("/dev/fd"); err != nil {
		t.Skip("there are no names for open files")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	path := filepath.Join("/dev/fd", strconv.Itoa(int(w.Fd())))
	if err := Check(path); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, text("through")); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if got, err := io.ReadAll(r); err != nil || string(got) != "through" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestErrorsNameThePath(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "none", "f")} {
		for what, err := range map[string]error{"Write": Write(path, text("x")), "Check": Check(path)} {
			var p *fs.PathError
			if !errors.As(err, &p) || p.Path != path {
				t.Errorf("%s %s: %v", what, path, err)
			}
		}
	}
	nothingAside(t, dir)
}

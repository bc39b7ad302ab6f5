package data

// Held here: the table of built-in sets; that fetched files are believed by
// their checksum alone, raw or packed; that a missing file's error says what to
// do; and that installing is all or nothing.

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestBuiltin(t *testing.T) {
	for _, b := range Builtin() {
		if b.Title == "" || b.Licence == "" || b.Origin == "" || b.Rows == 0 || len(b.Labels) < 2 || len(b.Shape) == 0 {
			t.Errorf("%s is not described: %+v", b.Name, b)
		}
		if b.Embedded != (len(b.Files) == 0) || b.Embedded != (b.Test == 0) || b.Embedded != (b.URL == "") {
			t.Errorf("%s: files, test rows and address belong to sets that are fetched", b.Name)
		}
		for i, f := range b.Files {
			n, header, row := int64([]int{b.Rows, b.Test}[i/2]), int64(16), int64(28*28)
			if i%2 == 1 {
				header, row = 8, 1
			}
			if f.Size != header+n*row || len(f.SHA256) != 64 {
				t.Errorf("%s: %s has %d bytes for %d rows", b.Name, f.Name, f.Size, n)
			}
		}
	}
	Builtin()[0].Name = "" // a caller's copy
	if builtins[0].Name != "digits" {
		t.Error("the table can be changed from outside")
	}
}

// tiny is a set of IDX files of 2×2 images, of which it writes the raw ones
// named in raw and the packed ones named in gz to dir/tiny.
func tiny(t *testing.T, dir string, raw, gz []int) Info {
	t.Helper()
	contents := [][]byte{
		idx(8, []int{3, 2, 2}, "\x00\xff\x00\x00\x00\x00\xff\x00\x00\x00\x00\xff"), idx(8, []int{3}, "\x00\x01\x02"),
		idx(8, []int{2, 2, 2}, "\xff\xff\x00\x00\x00\x00\xff\xff"), idx(8, []int{2}, "\x02\x00"),
	}
	info := Info{Name: "tiny", Shape: []int{2, 2}, Labels: []string{"a", "b", "c"}, Rows: 3, Test: 2}
	for i, name := range []string{"train-images", "train-labels", "test-images", "test-labels"} {
		sum := sha256.Sum256(contents[i])
		info.Files = append(info.Files, File{Name: name, Size: int64(len(contents[i])), SHA256: hex.EncodeToString(sum[:])})
	}
	dir = filepath.Join(dir, "tiny")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, i := range raw {
		write(t, dir, info.Files[i].Name, string(contents[i]))
	}
	for _, i := range gz {
		write(t, dir, info.Files[i].Name+".gz", string(packed(contents[i])))
	}
	return info
}

var tinyPorts = []Port{{Name: "image", Shape: []int{1, 2, 2}}, {Name: "digit", Classes: 3, Target: true}}

func TestLoadFetched(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("NNC_DATA", dir)
	info := tiny(t, dir, []int{0, 3}, []int{1, 2})
	o := &opener{ports: tinyPorts}
	train, test, err := o.loadFetched(info, part{train: true, test: true})
	if err != nil {
		t.Fatal(err)
	}
	if x, y := floats(t, train, 0), labels(t, train, 1); x[1] != 1 || !slices.Equal(y, []int32{0, 1, 2}) {
		t.Errorf("training rows are %v, %v", x, y)
	}
	if x, y := floats(t, test, 0), labels(t, test, 1); x[7] != 1 || !slices.Equal(y, []int32{2, 0}) {
		t.Errorf("test rows are %v, %v", x, y)
	}
	if !slices.Equal(test.Labels("digit"), info.Labels) {
		t.Errorf("labels are %q", test.Labels("digit"))
	}
	// A part that is not asked for, and labels that no port takes, are not
	// looked for.
	for _, name := range []string{"train-images", "train-labels.gz", "test-labels"} {
		if err := os.Remove(filepath.Join(dir, "tiny", name)); err != nil {
			t.Fatal(err)
		}
	}
	o.ports = tinyPorts[:1]
	if train, test, err := o.loadFetched(info, part{test: true}); err != nil || train != nil || test.Len() != 2 {
		t.Errorf("got %v, %v, %v", train, test, err)
	}
}

func TestLoadFetchedRefuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		content func(good []byte) []byte
		want    string
	}{
		{"another pixel", func(b []byte) []byte { b[17] ^= 1; return b }, "is not the published file: its raw content must be 28 bytes with the SHA-256 "},
		{"another shape", func(b []byte) []byte { b[7] = 1; return b }, "longer than its header says"},
		{"cut", func(b []byte) []byte { return b[:20] }, "is cut"},
		{"longer", func(b []byte) []byte { return append(b, 0) }, "longer"},
		{"empty", func(b []byte) []byte { return nil }, "is not the published file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("NNC_DATA", dir)
			info := tiny(t, dir, []int{0, 1, 2, 3}, nil)
			path := filepath.Join(dir, "tiny", "train-images")
			good, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			write(t, dir, "tiny/train-images", string(c.content(good)))
			_, _, err = (&opener{ports: tinyPorts}).loadFetched(info, part{train: true})
			wantError(t, err, path, c.want)
			wantError(t, info.Files[0].Check(filepath.Dir(path)), path, "is not the published file")
		})
	}
}

func TestMissingSet(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("NNC_DATA", dir)
	want := filepath.Join(dir, "mnist", "train-images-idx3-ubyte") +
		" is missing; to fetch it run nnc data mnist, or nnc data mnist -from DIR where DIR has the files; or let NNC_DATA name the folder in which there is " +
		filepath.Join("mnist", "train-images-idx3-ubyte")
	_, _, err := Open(Spec{Kind: "mnist"}, "", []Port{{Name: "x", Shape: []int{784}}})
	if _, ok := errors.AsType[*MissingError](err); !ok || err.Error() != want || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, err := Locate("mnist"); err == nil || err.Error() != want {
		t.Errorf("Locate: %v", err)
	}
	if _, err := Locate("digits"); err == nil || !strings.Contains(err.Error(), "nothing to fetch") {
		t.Errorf("Locate: %v", err)
	}
	if _, err := Locate("mnits"); err == nil || !strings.Contains(err.Error(), "did you mean mnist?") {
		t.Errorf("Locate: %v", err)
	}
}

func TestDir(t *testing.T) {
	t.Setenv("NNC_DATA", "")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if dir, err := Dir(); err != nil || dir != filepath.Join(cache, "nnc", "data") {
		t.Errorf("got %q, %v", dir, err)
	}
	t.Setenv("NNC_DATA", "here")
	if dir, err := Dir(); err != nil || dir != "here" {
		t.Errorf("got %q, %v", dir, err)
	}
}

func TestInstall(t *testing.T) {
	dir := t.TempDir()
	info := tiny(t, dir, []int{0}, nil)
	f, dir := info.Files[0], filepath.Join(dir, "tiny")
	good, err := os.ReadFile(filepath.Join(dir, f.Name))
	if err != nil {
		t.Fatal(err)
	}
	other := bytes.Repeat([]byte{7}, len(good))
	for _, c := range []struct {
		name string
		src  io.Reader
		want string // of an *Error; else the reader's own
		err  error
	}{
		{"altered", bytes.NewReader(other), "net: is not the published file", nil},
		{"short", bytes.NewReader(good[:9]), "is not the published file", nil},
		{"endless", io.MultiReader(bytes.NewReader(good), neverEnding{}), "is not the published file", nil},
		{"packed bomb", bytes.NewReader(packed(make([]byte, 10<<20))), "is not the published file", nil},
		{"packed and cut", bytes.NewReader(packed(good)[:25]), "is cut or altered", nil},
		{"broken off", iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(good))), "", iotest.ErrTimeout},
		{"canceled", iotest.ErrReader(context.Canceled), "", context.Canceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			write(t, dir, f.Name, "what was there before")
			err := f.Install(dir, c.src, "net")
			if c.err != nil {
				if !errors.Is(err, c.err) {
					t.Errorf("got %v, want %v", err, c.err)
				}
			} else {
				wantError(t, err, "net", c.want)
			}
			onlyFile(t, dir, f.Name, "what was there before")
		})
	}
	for _, src := range [][]byte{good, packed(good)} {
		if err := f.Install(dir, bytes.NewReader(src), "net"); err != nil {
			t.Fatal(err)
		}
		onlyFile(t, dir, f.Name, string(good))
		if err := f.Check(dir); err != nil {
			t.Error(err)
		}
	}
}

type neverEnding struct{}

func (neverEnding) Read(p []byte) (int, error) { return len(p), nil }

// onlyFile demands that a folder holds one file, with that content.
func onlyFile(t *testing.T, dir, name, content string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil || len(entries) != 1 || string(got) != content {
		t.Errorf("folder %v, file %q (%v); want %s alone with %q", entries, got, err, name, content)
	}
}

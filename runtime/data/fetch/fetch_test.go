package fetch

// Held here: sets come whole from a folder, a mirror or the network, or not at
// all; a download that broke off goes on; what is there stays; nothing but the
// published content is taken.

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nnc-lang/nnc/runtime/data"
)

// contents are the files of a small set; the bytes do not pack well, so that a
// packed file has parts to lose.
var contents = map[string][]byte{"a": noise(5000, 1), "b": noise(300, 2)}

func noise(n int, seed byte) []byte {
	b := make([]byte, 0, n)
	sum := sha256.Sum256([]byte{seed})
	for len(b) < n {
		sum = sha256.Sum256(sum[:])
		b = append(b, sum[:]...)
	}
	return b[:n]
}

func small() data.Info {
	info := data.Info{Name: "small"}
	for _, name := range []string{"a", "b"} {
		sum := sha256.Sum256(contents[name])
		info.Files = append(info.Files, data.File{Name: name, Size: int64(len(contents[name])), SHA256: hex.EncodeToString(sum[:])})
	}
	return info
}

func pack(content []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(content)
	z.Close()
	return b.Bytes()
}

// server has the packed files; alter may answer in its place (true).
func server(t *testing.T, alter func(w http.ResponseWriter, r *http.Request) bool) (url string, requests *[]string) {
	requests = new([]string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*requests = append(*requests, strings.TrimSpace(r.URL.Path+" "+r.Header.Get("Range")))
		if alter != nil && alter(w, r) {
			return
		}
		content, ok := contents[strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/set/"), ".gz")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(pack(content)))
	}))
	t.Cleanup(s.Close)
	return s.URL + "/set", requests
}

// holds demands that dir has just these files, with their published content.
func holds(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if want, ok := contents[e.Name()]; err != nil || ok && !bytes.Equal(content, want) {
			t.Errorf("%s is not the published file (%v)", e.Name(), err)
		}
	}
	if !slices.Equal(got, names) {
		t.Errorf("the folder has %q, want %q", got, names)
	}
}

func quiet(string, int64, int64) {}

func TestDownload(t *testing.T) {
	url, requests := server(t, nil)
	info, dir := small(), filepath.Join(t.TempDir(), "new", "small")
	var last []string
	err := set(t.Context(), info, url, dir, func(file string, done, total int64) {
		if done == total {
			last = append(last, fmt.Sprint(file, " ", done))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	holds(t, dir, "a", "b")
	want := []string{fmt.Sprint("a ", len(pack(contents["a"]))), fmt.Sprint("b ", len(pack(contents["b"])))}
	if got := slices.Compact(last); !slices.Equal(got, want) {
		t.Errorf("progress ended with %q, want %q", got, want)
	}
	// What is there is not asked for again, unless it was altered.
	*requests = nil
	if err := os.WriteFile(filepath.Join(dir, "b"), []byte("altered"), 0o644); err != nil {
		t.Fatal(err)
	}
	info.URL = url + "/"
	if err := set(t.Context(), info, "", dir, quiet); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, "a", "b")
	if !slices.Equal(*requests, []string{"/set/b.gz"}) {
		t.Errorf("asked for %q", *requests)
	}
}

func TestDownloadGoesOn(t *testing.T) {
	whole := pack(contents["a"])
	for _, c := range []struct {
		name  string
		part  []byte
		alter func(w http.ResponseWriter, r *http.Request) bool
		asked []string // for a
	}{
		{"half", whole[:2000], nil, []string{"/set/a.gz bytes=2000-"}},
		{"all of it", whole, nil, []string{fmt.Sprintf("/set/a.gz bytes=%d-", len(whole))}},
		{"of another file", noise(2000, 3), nil, []string{"/set/a.gz bytes=2000-", "/set/a.gz"}},
		{"longer than all", noise(9000, 3), nil, []string{"/set/a.gz bytes=9000-", "/set/a.gz"}},
		{"server starts anew", whole[:2000], func(w http.ResponseWriter, r *http.Request) bool {
			r.Header.Del("Range")
			return false
		}, []string{"/set/a.gz bytes=2000-"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, requests := server(t, c.alter)
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "a.gz.part"), c.part, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := set(t.Context(), small(), url, dir, quiet); err != nil {
				t.Fatal(err)
			}
			holds(t, dir, "a", "b")
			if want := append(c.asked, "/set/b.gz"); !slices.Equal(*requests, want) {
				t.Errorf("asked for %q, want %q", *requests, want)
			}
		})
	}
}

func TestDownloadBreaksOff(t *testing.T) {
	whole := pack(contents["a"])
	broken := true
	url, _ := server(t, func(w http.ResponseWriter, r *http.Request) bool {
		if !broken {
			return false
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(whole)))
		w.Write(whole[:3000])
		return true // the connection closes before all has come
	})
	dir := t.TempDir()
	err := set(t.Context(), small(), url, dir, quiet)
	if _, network := errors.AsType[*NetworkError](err); !network || !strings.Contains(err.Error(), "run it again") {
		t.Fatalf("got %v", err)
	}
	holds(t, dir, "a.gz.part")
	broken = false
	if err := set(t.Context(), small(), url, dir, quiet); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, "a", "b")
}

func TestDownloadRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(w http.ResponseWriter)
		want   string
	}{
		{"another file", func(w http.ResponseWriter) { w.Write(pack(noise(5000, 9))) }, "a.gz: is not the published file: its raw content must be 5000 bytes"},
		{"a page", func(w http.ResponseWriter) { w.Write([]byte("<html>Please log in</html>")) }, "is not the published file"},
		{"endless", func(w http.ResponseWriter) { w.Write(make([]byte, 1<<20)) }, "is not the published file"},
		{"gone", func(w http.ResponseWriter) { w.WriteHeader(http.StatusGone) }, "a.gz: 410 Gone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, _ := server(t, func(w http.ResponseWriter, r *http.Request) bool { c.answer(w); return true })
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "a"), []byte("old"), 0o644); err != nil {
				t.Fatal(err)
			}
			err := set(t.Context(), small(), url, dir, quiet)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if old, err := os.ReadFile(filepath.Join(dir, "a")); err != nil || string(old) != "old" {
				t.Errorf("the old file is %q, %v", old, err)
			}
		})
	}
}

// A server that is not there is named once.
func TestNoServer(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	url := s.URL
	s.Close()
	err := set(t.Context(), small(), url, t.TempDir(), quiet)
	if _, network := errors.AsType[*NetworkError](err); !network || strings.Count(err.Error(), url) != 1 {
		t.Errorf("got %v", err)
	}
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url, _ := server(t, func(w http.ResponseWriter, r *http.Request) bool {
		w.Write(pack(contents["a"])[:1000])
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
		return true
	})
	dir := t.TempDir()
	if err := set(ctx, small(), url, dir, quiet); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	holds(t, dir, "a.gz.part")
	if err := set(ctx, small(), t.TempDir(), dir, quiet); !errors.Is(err, context.Canceled) {
		t.Errorf("from a folder: %v", err)
	}
}

func TestFromFolder(t *testing.T) {
	from, dir := t.TempDir(), t.TempDir()
	put := func(name string, content []byte) {
		t.Helper()
		path := filepath.Join(from, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, content, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	put("a", contents["a"])
	err := set(t.Context(), small(), from, dir, quiet)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "has no b and no b.gz, nor has its folder small") {
		t.Errorf("got %v", err)
	}
	holds(t, dir, "a")
	put("small/b.gz", pack(noise(300, 7)))
	if err := set(t.Context(), small(), from, dir, quiet); err == nil || !strings.Contains(err.Error(), "is not the published file") {
		t.Errorf("got %v", err)
	}
	holds(t, dir, "a")
	put("small/b.gz", pack(contents["b"]))
	if err := set(t.Context(), small(), from, dir, quiet); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, "a", "b")
}

func TestSet(t *testing.T) {
	t.Setenv("NNC_DATA", t.TempDir())
	if _, err := Set(t.Context(), "iris", "", nil); err == nil || !strings.Contains(err.Error(), "nothing to fetch") {
		t.Errorf("iris: %v", err)
	}
	if _, err := Set(t.Context(), "minst", "", nil); err == nil || !strings.Contains(err.Error(), "did you mean mnist?") {
		t.Errorf("minst: %v", err)
	}
	if _, err := Set(t.Context(), "mnist", t.TempDir(), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("mnist from an empty folder: %v", err)
	}
	// The repository's part of MNIST is not MNIST.
	if _, err := Set(t.Context(), "mnist", filepath.FromSlash("../../../testdata/mnist"), nil); err == nil || !strings.Contains(err.Error(), "is not the published file") {
		t.Errorf("mnist from a part of it: %v", err)
	}
}

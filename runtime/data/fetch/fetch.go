// Package fetch brings the built-in data sets that are too large to be carried
// along. It stands apart from package data so that a program which only reads
// data does not link an HTTP client.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	neturl "net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nnc-lang/nnc/runtime/data"
)

// Set fetches the files of a built-in set into its folder below [data.Dir] and
// returns that folder. Files that are there and have their checksum stay. from
// is where they come from: "" is the set's own address, a URL a mirror of it,
// anything else a folder that has the files, raw or packed, itself or in a
// folder of the set's name. Whatever the source, only files with the pinned
// checksum are taken, each of which appears whole or not at all.
//
// A download that broke off is taken up again where it ended; one that nothing
// comes of for half a minute is given up. What the network fails at is a
// [*NetworkError]. progress, which may be nil, is told the bytes done of a
// file, as they come (packed, from the network); total is 0 where it is not
// known.
func Set(ctx context.Context, name, from string, progress func(file string, done, total int64)) (dir string, err error) {
	info, err := find(name)
	if err != nil {
		return "", err
	}
	root, err := data.Dir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(root, name)
	if progress == nil {
		progress = func(string, int64, int64) {}
	}
	return dir, set(ctx, info, from, dir, progress)
}

// A NetworkError says why a file could not be had from the network. What has
// come of it is kept for the next time.
type NetworkError struct {
	URL string
	Err error
}

// Error gives the address first.
func (e *NetworkError) Error() string { return fmt.Sprintf("%s: %v", e.URL, e.Err) }

// Unwrap is what went wrong.
func (e *NetworkError) Unwrap() error { return e.Err }

// silence is how long a server may send nothing.
const silence = 30 * time.Second

func find(name string) (data.Info, error) {
	for _, info := range data.Builtin() {
		if info.Name == name {
			if info.Embedded {
				return info, fmt.Errorf("%s is part of nnc: there is nothing to fetch", name)
			}
			return info, nil
		}
	}
	return data.Info{}, data.UnknownSet(name)
}

// set brings the files that dir lacks.
func set(ctx context.Context, info data.Info, from, dir string, progress func(string, int64, int64)) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, f := range info.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if f.Check(dir) == nil {
			progress(f.Name, f.Size, f.Size)
			continue
		}
		url := strings.HasPrefix(from, "http://") || strings.HasPrefix(from, "https://")
		var err error
		switch {
		case from == "":
			err = download(ctx, info.URL, f, dir, progress)
		case url:
			err = download(ctx, strings.TrimSuffix(from, "/")+"/", f, dir, progress)
		default:
			err = copyFrom(ctx, from, info.Name, f, dir, progress)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// copyFrom takes a file from a folder.
func copyFrom(ctx context.Context, from, name string, f data.File, dir string, progress func(string, int64, int64)) error {
	var src *os.File
	for _, path := range []string{f.Name, f.Name + ".gz", filepath.Join(name, f.Name), filepath.Join(name, f.Name+".gz")} {
		var err error
		if src, err = os.Open(filepath.Join(from, path)); err == nil {
			break
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if src == nil {
		return fmt.Errorf("%s has no %s and no %s.gz, nor has its folder %s: %w", from, f.Name, f.Name, name, fs.ErrNotExist)
	}
	defer src.Close()
	stat, err := src.Stat()
	if err != nil {
		return err
	}
	return f.Install(dir, &meter{ctx: ctx, r: src, tell: func(done int64) { progress(f.Name, done, stat.Size()) }}, src.Name())
}

// download takes a file from the network. What has come stands in NAME.gz.part
// until it is whole.
func download(ctx context.Context, base string, f data.File, dir string, progress func(string, int64, int64)) error {
	part, err := os.OpenFile(filepath.Join(dir, f.Name+".gz.part"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer part.Close()
	url := base + f.Name + ".gz"
	for {
		resumed, err := get(ctx, url, f, part, progress)
		if err != nil {
			return err
		}
		if _, err := part.Seek(0, io.SeekStart); err != nil {
			return err
		}
		err = f.Install(dir, &meter{ctx: ctx, r: part, tell: func(int64) {}}, url)
		wrong, altered := errors.AsType[*data.Error](err)
		if err != nil && !altered {
			return err
		}
		if altered && resumed {
			// The beginning may stem from another file: once more from the start.
			if err := part.Truncate(0); err != nil {
				return err
			}
			continue
		}
		part.Close()
		if err := os.Remove(part.Name()); err != nil {
			return err
		}
		if altered {
			return wrong
		}
		return nil
	}
}

// get appends to part what it lacks of the file at url. resumed tells that part
// was not empty.
func get(ctx context.Context, url string, f data.File, part *os.File, progress func(string, int64, int64)) (resumed bool, err error) {
	have, err := part.Seek(0, io.SeekEnd)
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(silence, func() { cancel(fmt.Errorf("the server was silent for %v", silence)) })
	defer watch.Stop()
	failed := func(err error) error {
		if wrong, ok := errors.AsType[*neturl.Error](err); ok {
			err = wrong.Err // without the address, which is named already
		}
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return &NetworkError{url, err}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false, failed(err)
	}
	request.Header.Set("Accept-Encoding", "identity") // the packed file as it is
	if have > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, failed(err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusPartialContent:
		if !strings.HasPrefix(response.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have)) {
			return false, failed(fmt.Errorf("asked from byte %d, got %q", have, response.Header.Get("Content-Range")))
		}
	case http.StatusRequestedRangeNotSatisfiable:
		return have > 0, nil // all of it has come before; the checksum decides
	case http.StatusOK:
		if have > 0 { // the server does not continue
			have = 0
			if err := part.Truncate(0); err != nil {
				return false, err
			}
			if _, err := part.Seek(0, io.SeekStart); err != nil {
				return false, err
			}
		}
	default:
		return false, failed(errors.New(response.Status))
	}
	total := int64(0)
	if response.ContentLength >= 0 {
		total = have + response.ContentLength
	}
	most := f.Size + f.Size/100 + 1024 // packing makes no file longer than that
	body := &meter{ctx: ctx, r: io.LimitReader(response.Body, most-have), tell: func(done int64) {
		watch.Reset(silence)
		progress(f.Name, have+done, total)
	}}
	if _, err := io.Copy(part, body); err != nil {
		if _, disk := errors.AsType[*fs.PathError](err); disk {
			return false, err
		}
		return false, failed(fmt.Errorf("%w (what has come is kept: run it again to go on)", err))
	}
	return have > 0, nil
}

// A meter tells how far reading has come, and ends with its context.
type meter struct {
	ctx  context.Context
	r    io.Reader
	done int64
	tell func(done int64)
}

func (m *meter) Read(p []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.r.Read(p)
	m.done += int64(n)
	m.tell(m.done)
	return n, err
}

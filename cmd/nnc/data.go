package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/nnc-lang/nnc/runtime/data"
)

var dataCommand = &command{
	name:    "data",
	usage:   "[NAME] [flags]",
	summary: "list the built-in data sets; fetch one",
	about: `Sets that are not part of nnc are fetched once, to the folder that NNC_DATA
names or else to the user's cache folder. What is fetched must have the
published checksum. Without a network, -from takes the files, raw or .gz, from a
folder.`,
	example: "nnc data mnist\nnnc data mnist -from ~/Downloads",
	setup: func(f *flags) func(*env, []string) error {
		from := f.String("from", "", "take the files from a `DIR` instead of the network")
		return func(e *env, args []string) error {
			switch {
			case len(args) > 1:
				return usagef("one set at a time, got %s", strings.Join(args, " "))
			case len(args) == 1:
				return fetch(e, args[0], *from)
			case *from != "":
				return usagef("-from %s: the files of which set? Name it", *from)
			}
			return listData(e)
		}
	},
}

// listData writes what there is.
func listData(e *env) error {
	var table [][]string
	for _, info := range data.Builtin() {
		rows := grouped(info.Rows)
		if info.Test > 0 {
			rows += " + " + grouped(info.Test)
		}
		where, err := whereIs(info)
		if err != nil {
			return err
		}
		table = append(table, []string{info.Name, info.Title}, []string{"", rows + " rows; " + info.Licence + "; " + where})
	}
	grid(e.stdout, table, 2)
	return nil
}

// whereIs says where a set is.
func whereIs(info data.Info) (string, error) {
	if info.Embedded {
		return "part of nnc", nil
	}
	dir, err := data.Locate(info.Name)
	var missing *data.MissingError
	var altered *data.Error
	switch {
	case errors.As(err, &missing):
		return "to be fetched", nil
	case errors.As(err, &altered):
		return "altered: " + altered.File, nil
	}
	return dir, err
}

// fetch brings a set here, and says where it is, whose and under what licence.
func fetch(e *env, name, from string) error {
	all := data.Builtin()
	i := slices.IndexFunc(all, func(info data.Info) bool { return info.Name == name })
	if i < 0 {
		return faultf("%v", data.UnknownSet(name))
	}
	info := all[i]
	if info.Embedded && from != "" {
		return usagef("%s is part of nnc: there is nothing to take from %s", name, from)
	}
	if !info.Embedded {
		if err := bring(e, info, from); err != nil {
			return err
		}
	}
	where, err := whereIs(info)
	if err != nil {
		return err
	}
	rows := grouped(info.Rows)
	if info.Test > 0 {
		rows += ", and " + grouped(info.Test) + " to test"
	}
	grid(e.stdout, [][]string{
		{"name", info.Name}, {"what", info.Title}, {"rows", rows}, {"shape", strings.ReplaceAll(fmt.Sprint(info.Shape), " ", ", ")},
		{"classes", strings.Join(info.Labels, ", ")}, {"licence", info.Licence}, {"origin", info.Origin}, {"where", where},
	}, 2)
	return nil
}

// bring installs the files that are not here yet.
func bring(e *env, info data.Info, from string) error {
	root, err := data.Dir()
	if err != nil {
		return err
	}
	dir := filepath.Join(root, info.Name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	for _, file := range info.Files {
		if file.Check(dir) == nil {
			continue
		}
		var err error
		if from != "" {
			err = fromFolder(file, dir, from)
		} else {
			err = fromNetwork(ctx, e, file, dir, info.URL)
		}
		if ctx.Err() != nil {
			return exit(exitInterrupted)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fromFolder installs a file that a folder has, raw or packed.
func fromFolder(file data.File, dir, from string) error {
	path := filepath.Join(from, file.Name)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		var packed error
		if f, packed = os.Open(path + ".gz"); packed == nil {
			path, err = path+".gz", nil
		}
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return file.Install(dir, f, path)
}

// stalled is how long a server may be silent.
const stalled = 30 * time.Second

// fromNetwork installs a file that a server has.
func fromNetwork(ctx context.Context, e *env, file data.File, dir, base string) error {
	url := base + file.Name + ".gz"
	offline := func(err error) error {
		return faultf("%s: %v; without a network, nnc data %s -from DIR takes the files from a folder", url, err, filepath.Base(dir))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watch := time.AfterFunc(stalled, cancel)
	defer watch.Stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return offline(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return offline(errors.New(response.Status))
	}
	var body io.Reader = &reader{response.Body, func(int) { watch.Reset(stalled) }}
	if _, on := terminal(e.stderr); on {
		bar := progressbar.NewOptions64(response.ContentLength,
			progressbar.OptionSetWriter(e.stderr),
			progressbar.OptionUseANSICodes(true),
			progressbar.OptionFullWidth(),
			progressbar.OptionSetDescription(file.Name),
			progressbar.OptionShowBytes(true),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionSetTheme(barTheme))
		defer fmt.Fprint(e.stderr, "\r\033[K")
		body = &reader{body, func(n int) { bar.Add(n) }}
	} else {
		fmt.Fprintf(e.stderr, "fetching %s\n", url)
	}
	err = file.Install(dir, body, url)
	var content *data.Error
	if err != nil && !errors.As(err, &content) {
		return offline(err)
	}
	return err
}

// reader tells how many bytes were read.
type reader struct {
	io.Reader
	read func(n int)
}

func (r *reader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.read(n)
	return n, err
}

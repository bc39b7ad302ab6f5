package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/schollz/progressbar/v3"

	"github.com/nnc-lang/nnc/runtime/data"
	"github.com/nnc-lang/nnc/runtime/data/fetch"
)

var dataCommand = &command{
	name:    "data",
	usage:   "[NAME] [flags]",
	summary: "list the built-in data sets; fetch one",
	about: `Sets that are not part of nnc are fetched once, to the folder that NNC_DATA
names or else to the user's cache folder. What is fetched must have the
published checksum. Without a network, -from takes the files, raw or .gz, from a
folder; it may also name the URL of a mirror.`,
	example: "nnc data mnist\nnnc data mnist -from ~/Downloads",
	setup: func(f *flags) func(*env, []string) error {
		from := f.String("from", "", "take the files from a `DIR` instead of the network")
		return func(e *env, args []string) error {
			switch {
			case len(args) > 1:
				return usagef("one set at a time, got %s", strings.Join(args, " "))
			case len(args) == 1:
				return showSet(e, args[0], *from)
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

// showSet brings a set here where it is not, and says where it is, whose and under what licence.
func showSet(e *env, name, from string) error {
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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	view := &fetchView{e: e}
	_, err := fetch.Set(ctx, info.Name, from, view.at)
	view.clear()
	if ctx.Err() != nil {
		return exit(exitInterrupted)
	}
	if network, ok := errors.AsType[*fetch.NetworkError](err); ok {
		return faultf("%v; without a network, nnc data %s -from DIR takes the files from a folder", network, info.Name)
	}
	return err
}

// A fetchView shows how much of which file has come: by a bar on a terminal, by a
// line a file elsewhere.
type fetchView struct {
	e    *env
	file string
	bar  *progressbar.ProgressBar // nil where standard error is no terminal
}

// at is told that done of total bytes of a file have come; total is 0 where it is
// not known.
func (v *fetchView) at(file string, done, total int64) {
	if file != v.file {
		v.clear()
		v.file, v.bar = file, nil
		if done == total {
			return // it has been here
		}
		if _, on := terminal(v.e.stderr); !on {
			fmt.Fprintf(v.e.stderr, "fetching %s\n", file)
			return
		}
		if total == 0 {
			total = -1
		}
		v.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(v.e.stderr),
			progressbar.OptionUseANSICodes(true),
			progressbar.OptionFullWidth(),
			progressbar.OptionSetDescription(file),
			progressbar.OptionShowBytes(true),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionSetTheme(barTheme))
	}
	if v.bar != nil {
		v.bar.Set64(done)
	}
}

// clear takes the bar off the screen.
func (v *fetchView) clear() {
	if v.bar != nil {
		fmt.Fprint(v.e.stderr, "\r\033[K")
	}
}

package main

// The command as its users meet it: the scripts of testdata/script, each with
// the files it needs, run in a folder of its own. Programs that scripts build
// share one cache, so that a runtime is compiled once a test run.

import (
	"errors"
	"flag"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the files that scripts compare with")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"nnc": main})
}

func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	gocache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Skipf("the scripts build programs with the go command: %v", err)
	}
	cache := t.TempDir()
	testscript.Run(t, testscript.Params{
		Dir:                filepath.Join(root, "testdata", "script"),
		RequireUniqueNames: true,
		UpdateScripts:      *update,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CACHE_HOME", cache)
			e.Setenv("GOCACHE", strings.TrimSpace(string(gocache)))
			e.Setenv("NOGO", filepath.SplitList(e.Getenv("PATH"))[0]) // a PATH with nnc alone
			e.Setenv("EXAMPLES", filepath.Join(root, "examples"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"await": await, "exits": exits, "paint": paint},
	})
}

// await waits until a file has content: await FILE.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await FILE")
	}
	path := ts.MkAbs(args[0])
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			return
		}
	}
	ts.Fatalf("%s stays empty", args[0])
}

// paint writes a gray image of one pixel a column, a PNG or JPEG by its name, into
// a folder that is made for it: paint FILE VALUE….
func paint(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: paint FILE VALUE...")
	}
	img := image.NewGray(image.Rect(0, 0, len(args)-1, 1))
	for i, arg := range args[1:] {
		v, err := strconv.ParseUint(arg, 10, 8)
		ts.Check(err)
		img.Pix[i] = byte(v)
	}
	path := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
	f, err := os.Create(path)
	ts.Check(err)
	if filepath.Ext(path) == ".jpg" {
		ts.Check(jpeg.Encode(f, img, nil))
	} else {
		ts.Check(png.Encode(f, img))
	}
	ts.Check(f.Close())
}

// exits runs a command that is to end with a code: exits CODE COMMAND. What it
// writes must not look like a panic.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [arguments]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		status, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = status.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	if text := ts.ReadFile("stderr"); strings.Contains(text, "goroutine ") || strings.Contains(text, "internal fault") {
		ts.Fatalf("a fault of nnc")
	}
}

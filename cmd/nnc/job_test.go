package main

// Running a built program: its events, and what its ends mean. The programs are
// shell scripts.

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/runtime/program"
)

func TestExecute(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh")
	}
	const start, score = `echo '{"start":{"model":"M"}}'; `, `echo '{"score":{"loss":"NaN","metrics":{},"rows":3}}'; `
	for _, c := range []struct {
		name, script string
		events       int
		code         int
		says         string
	}{
		{"fine", start + score, 2, exitFine, ""},
		{"a failure", start + `echo '{"failure":{"message":"f.csv:3: wrong","code":1}}'; exit 1`, 1, exitProblem, "nnc test: f.csv:3: wrong\n"},
		{"a file that is not there", `echo '{"failure":{"message":"open f: no such file","code":2}}'; exit 2`, 0, exitFault, "nnc test: open f: no such file\n"},
		{"a verdict", score + "exit 1", 1, exitProblem, ""},
		{"interrupted", start + "exit 130", 1, exitInterrupted, ""},
		{"a panic", start + "echo 'panic: index out of range' >&2; exit 2", 1, exitFault, "please report it with the lines below\n\npanic: index out of range"},
		{"nonsense", "echo hello; exit 1", 0, exitFault, "the generated program's report cannot be read"},
		{"nonsense, and well", score + "echo hello", 1, exitFault, "the generated program's report cannot be read"},
		{"a panic in a line", "printf '{\"sco'; echo 'panic: out of range' >&2; exit 2", 0, exitFault, "please report it with the lines below\n\npanic: out of range"},
		{"reads its input", "cat >/dev/null; " + score, 1, exitFine, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			binary := filepath.Join(t.TempDir(), "program")
			if err := os.WriteFile(binary, []byte("#!/bin/sh\n"+c.script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			var out, bad bytes.Buffer
			e := &env{name: "test", stdin: strings.NewReader(""), stdout: &out, stderr: &bad}
			events := 0
			err := e.execute(binary, program.Job{Do: "test"}, func(program.Event) error { events++; return nil })
			if code := e.report(err); code != c.code || events != c.events || !strings.Contains(bad.String(), c.says) || (c.says == "") != (bad.Len() == 0) {
				t.Errorf("exit code %d, %d events, %q", code, events, bad.String())
			}
		})
	}
}

func TestExecuteKeepsTheFirstErrorOfItsReader(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh")
	}
	binary := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(binary, []byte("#!/bin/sh\necho '{}{}{}'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	full := errors.New("the disk is full")
	calls := 0
	err := (&env{}).execute(binary, program.Job{}, func(program.Event) error { calls++; return full })
	if err != full || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
}

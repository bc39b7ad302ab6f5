package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"github.com/nnc-lang/nnc/codegen"
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/runtime/program"
)

// do builds the program of a plan, gives it a job, and calls see with each of its
// events but a failure, which becomes the error.
func (e *env) do(p *ir.Plan, job program.Job, see func(program.Event) error) error {
	model, err := codegen.File(p, "main")
	if err != nil {
		return faultf("internal fault, please report it: %v", err)
	}
	main, err := codegen.Main(p)
	if err != nil {
		return faultf("internal fault, please report it: %v", err)
	}
	source := sourceFiles{"model.go": model, "main.go": main}
	if p.Embed != "" {
		panic("nnc: a program carries no weights: it loads them")
	}
	c, err := openCache()
	if err != nil {
		return err
	}
	if _, on := terminal(e.stderr); on {
		c.building = func() { fmt.Fprint(e.stderr, "building the program…") }
	}
	for again := false; ; again = true {
		binary, err := c.binary(source)
		if c.building != nil {
			fmt.Fprint(e.stderr, "\r\033[K")
		}
		if err != nil {
			return err
		}
		err = e.execute(binary, job, see)
		// A program that was built but cannot be started is damaged, or has been
		// removed a moment ago: it is built anew, once.
		if _, broken := errors.AsType[*startError](err); !broken || again {
			return err
		}
		os.Remove(binary)
	}
}

// startError says why a program cannot be started.
type startError struct{ error }

func (s *startError) Unwrap() error { return s.error }

// execute runs a program. An interrupt ends the program, not this process, which
// waits for what the program still has to save.
func (e *env) execute(binary string, job program.Job, see func(program.Event) error) error {
	text, err := json.Marshal(job)
	if err != nil {
		return err
	}
	cmd := exec.Command(binary, string(text))
	// The file itself, where it is one: a program that reads none of it must not
	// be waited for until it ends.
	if f, ok := e.stdin.(*os.File); ok {
		cmd.Stdin = f
	}
	trace := &head{}
	cmd.Stderr = trace
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return &startError{err}
	}
	done := make(chan struct{})
	defer close(done)
	go func() {
		for {
			select {
			case s := <-signals:
				cmd.Process.Signal(s) // a terminal has sent it already; twice does no harm
			case <-done:
				return
			}
		}
	}()

	var failure *program.Failure
	var seeing, garbled error
	for d := json.NewDecoder(out); ; {
		var event program.Event
		if err := d.Decode(&event); err != nil {
			if !errors.Is(err, io.EOF) {
				garbled = err
				io.Copy(io.Discard, out) // so that the program can end
			}
			break
		}
		if event.Failure != nil {
			failure = event.Failure
		} else if seeing == nil {
			seeing = see(event)
		}
	}
	err = cmd.Wait()
	var status *exec.ExitError
	switch {
	case failure != nil:
		return &failed{*failure}
	case errors.As(err, &status) && status.ExitCode() == exitInterrupted:
		return exit(exitInterrupted)
	case errors.As(err, &status) && status.ExitCode() == exitProblem && trace.empty() && garbled == nil:
		return exit(exitProblem)
	case garbled != nil && (err == nil || trace.empty()):
		return faultf("internal fault: the generated program's report cannot be read (%v); please report it", garbled)
	case err != nil:
		return faultf("internal fault: the generated program ended with %v; please report it with the lines below\n\n%s", err, trace)
	}
	return seeing
}

// failed is a failure of a program, in the program's words.
type failed struct{ program.Failure }

func (f *failed) Error() string { return f.Message }

// head keeps the beginning of what is written: a panic's reason comes first.
type head struct{ bytes.Buffer }

// headLimit is how much of a program's standard error is kept.
const headLimit = 64 << 10

func (t *head) Write(b []byte) (int, error) {
	if room := headLimit - t.Len(); room > 0 {
		t.Buffer.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}

func (t *head) empty() bool    { return t.Len() == 0 }
func (t *head) String() string { return strings.TrimSpace(t.Buffer.String()) }

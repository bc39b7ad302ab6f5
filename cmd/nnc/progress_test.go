package main

// How a training is shown, from made-up events: lines where there is no
// terminal, lines and a bar where there is one.

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nnc-lang/nnc/runtime/program"
)

// clock is a time that a test moves.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

// epochs shows a training of n epochs that take a time each.
func epochs(v *trainingView, c *clock, n int, each time.Duration) {
	v.see(program.Event{Start: &program.Start{Model: "M", TrainRows: 2000, TestRows: 500, Epochs: n, Batch: 10, Seed: 1}})
	for i := 1; i <= n; i++ {
		c.Time = c.Add(each)
		v.see(program.Event{Progress: &program.Progress{Epoch: i, Epochs: n, Step: 100, Steps: 200, Loss: 0.5, Rate: 1000}})
		loss := program.Number(0.25)
		v.see(program.Event{Epoch: &program.Epoch{Epoch: i, Step: i * 200, Loss: 0.5, TestLoss: &loss,
			Metrics: program.Metrics{{Name: "confusion", Matrix: [][]int{{1}}}, {Name: "accuracy", Value: 0.975}}, Seconds: 0.4, Best: i == 1}})
	}
	v.see(program.Event{Done: &program.Done{Done: true, Epochs: n}})
}

func TestPlainLines(t *testing.T) {
	for _, c := range []struct {
		name  string
		n     int
		each  time.Duration
		lines []int // the epochs that have one
	}{
		{"each of a few", 3, time.Second, []int{1, 2, 3}},
		{"some of many", 100, time.Millisecond, []int{1, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100}},
		{"each that is slow", 41, 11 * time.Second, nil},
		{"none", 0, 0, []int{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			k := &clock{time.Unix(0, 0)}
			v := newTrainingView(&out)
			v.now = k.now
			epochs(v, k, c.n, c.each)
			if c.lines == nil {
				for i := range c.n {
					c.lines = append(c.lines, i+1)
				}
			}
			var got []int
			for line := range strings.Lines(out.String()) {
				var i int
				if n, _ := fmt.Sscanf(line, "epoch %d/", &i); n == 1 {
					got = append(got, i)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(c.lines) {
				t.Errorf("epochs %v have lines, want %v", got, c.lines)
			}
			if strings.ContainsAny(out.String(), "\r\033") {
				t.Errorf("control characters: %q", out.String())
			}
		})
	}
}

func TestPlainText(t *testing.T) {
	var out bytes.Buffer
	k := &clock{time.Unix(0, 0)}
	v := newTrainingView(&out)
	v.now = k.now
	epochs(v, k, 10, time.Second)
	want := "M: 2,000 rows, 500 held out\n10 epochs of batches of 10, seed 1\nepoch  1/10  loss 0.5000  test_loss 0.2500  accuracy 0.9750  0.40 s\n"
	if got := out.String(); !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestBar(t *testing.T) {
	codes := regexp.MustCompile(`\033\[[0-9]*K`)
	for _, width := range []int{40, 64, 80, 120} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			var out bytes.Buffer
			k := &clock{time.Unix(0, 0)}
			v := newTrainingView(&out)
			v.width, v.now = width, k.now
			epochs(v, k, 3, time.Second)
			screen := codes.ReplaceAllString(out.String(), "")
			drawn := false
			for line := range strings.SplitSeq(screen, "\r") {
				if !strings.Contains(line, "░") {
					continue
				}
				drawn = true
				if want := "loss 0.5000"; !strings.Contains(line, want) {
					t.Errorf("no %s in %q", want, line)
				}
				if wide := width >= narrow; strings.Contains(line, "accuracy 0.9750") != wide && strings.HasPrefix(line, "2/3") {
					t.Errorf("accuracy shown: %v in %q", !wide, line)
				}
			}
			if !drawn {
				t.Errorf("no bar in %q", out.String())
			}
			if n := strings.Count(screen, "epoch "); n != 3 {
				t.Errorf("%d lines of epochs", n)
			}
		})
	}
}

// TestLine holds that a line of an epoch fits into the terminal.
func TestLine(t *testing.T) {
	tested := program.Number(0.09)
	e := &program.Epoch{Epoch: 100, Loss: 0.0006684, TestLoss: &tested, Seconds: 0.4, Metrics: []program.Metric{
		{Name: "accuracy", Value: 0.9805}, {Name: "confusion", Matrix: [][]int{{1}}}, {Name: "f1", Value: 0.9804}, {Name: "top_k", Value: 1}}}
	for width, want := range map[int]string{
		0:   "epoch  100/2000  loss 0.0006684  test_loss 0.09000  accuracy 0.9805  f1 0.9804  top_k 1  0.40 s",
		120: "epoch  100/2000  loss 0.0006684  test_loss 0.09000  accuracy 0.9805  f1 0.9804  top_k 1  0.40 s",
		89:  "epoch  100/2000  loss 0.0006684  test_loss 0.09000  accuracy 0.9805  f1 0.9804  top_k 1",
		80:  "epoch  100/2000  loss 0.0006684  accuracy 0.9805  f1 0.9804  top_k 1",
		64:  "epoch  100/2000  loss 0.0006684  accuracy 0.9805  f1 0.9804",
		50:  "epoch  100/2000 loss 0.0006684 accuracy 0.9805",
		40:  "epoch  100/2000 loss 0.0006684",
		10:  "epoch  100/2000 loss 0.0006684",
	} {
		v := &trainingView{width: width, start: &program.Start{Epochs: 2000}}
		if got := v.line(e); got != want {
			t.Errorf("%d columns: %q, want %q", width, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for x, want := range map[program.Number]string{0: "0", 1: "1", 220: "220", 0.97512: "0.9751", 0.5: "0.5000", 2859.6963: "2859.7", 21.894831: "21.89", 123456: "123456", 1e-5: "1e-05", -0.25: "-0.2500", 0.00123: "0.001230"} {
		if got := number(x); got != want {
			t.Errorf("%v: %s, want %s", float64(x), got, want)
		}
	}
	for n, want := range map[int]string{0: "0", 1: "1", 220: "220", 999: "999", 1000: "1,000", 101770: "101,770", 1234567: "1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int]string{12: "12 B", 999: "999 B", 1000: "1.0 kB", 99949: "99.9 kB", 99999: "100 kB", 999_999: "1.0 MB", 1_900_000: "1.9 MB"} {
		if got := size(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/nnc-lang/nnc/runtime/program"
)

// A trainingView shows a training: on a terminal a bar with epoch, loss, metric,
// samples a second and time left, and above it a line an epoch; elsewhere the
// lines alone. Of many epochs it shows some, about twenty, and one at least
// every ten seconds.
type trainingView struct {
	w     io.Writer
	width int // of the terminal; 0 where w is none
	now   func() time.Time

	start   *program.Start
	bar     *progressbar.ProgressBar
	last    *program.Epoch // the last epoch that is over
	best    *program.Epoch
	shown   int // the last epoch that has a line
	shownAt time.Time
}

func newTrainingView(w io.Writer) *trainingView {
	width, _ := terminal(w)
	return &trainingView{w: w, width: width, now: time.Now}
}

const (
	linesShown = 20
	lineEvery  = 10 * time.Second
	// narrow is the width below which the bar leaves out what fits no more.
	narrow = 64
)

// see takes an event.
func (v *trainingView) see(e program.Event) {
	switch {
	case e.Start != nil:
		v.begin(e.Start)
	case e.Progress != nil:
		v.progress(e.Progress)
	case e.Epoch != nil:
		v.epoch(e.Epoch)
	case e.Done != nil:
		v.clear()
		if v.last != nil && v.shown != v.last.Epoch {
			fmt.Fprintln(v.w, v.line(v.last))
		}
	}
}

func (v *trainingView) begin(s *program.Start) {
	v.start, v.shownAt = s, v.now()
	if s.Epochs == 0 {
		return
	}
	rows := count(s.TrainRows, "row")
	if s.TestRows > 0 {
		rows += ", " + grouped(s.TestRows) + " held out"
	}
	fmt.Fprintf(v.w, "%s: %s\n%s of batches of %d, seed %d\n", s.Model, rows, count(s.Epochs, "epoch"), s.Batch, s.Seed)
	if v.width == 0 {
		return
	}
	v.bar = progressbar.NewOptions64(int64(s.Epochs)*int64(s.TrainRows),
		progressbar.OptionSetWriter(v.w),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionFullWidth(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetItsString("samples"),
		progressbar.OptionThrottle(50*time.Millisecond),
		progressbar.OptionSetTheme(barTheme),
		progressbar.OptionClearOnFinish(),
		func(p *progressbar.ProgressBar) {
			if v.width >= narrow {
				progressbar.OptionShowIts()(p)
			}
		})
}

// progress moves the bar.
func (v *trainingView) progress(p *program.Progress) {
	if v.bar == nil {
		return
	}
	rows := int64(p.Epoch-1)*int64(v.start.TrainRows) + int64(p.Step)*int64(v.start.TrainRows)/int64(max(1, p.Steps))
	v.bar.Describe(v.describe(p))
	// The last row is not reached: a bar that is full takes its leave.
	v.bar.Set64(min(rows, v.bar.GetMax64()-1))
}

// describe is what stands before the bar: "3/10 loss 0.3312 accuracy 0.9134".
func (v *trainingView) describe(p *program.Progress) string {
	s := fmt.Sprintf("%d/%d loss %s", p.Epoch, p.Epochs, number(p.Loss))
	if v.width >= narrow && v.last != nil {
		for _, m := range v.last.Metrics {
			if m.Matrix == nil {
				return s + " " + m.Name + " " + number(m.Value)
			}
		}
	}
	return s
}

// epoch takes an epoch that is over.
func (v *trainingView) epoch(e *program.Epoch) {
	v.last = e
	if e.Best {
		v.best = e
	}
	every := (v.start.Epochs + linesShown - 1) / linesShown
	if e.Epoch != 1 && e.Epoch%every != 0 && e.Epoch != v.start.Epochs && v.now().Sub(v.shownAt) < lineEvery {
		return
	}
	v.clear()
	fmt.Fprintln(v.w, v.line(e))
	v.shown, v.shownAt = e.Epoch, v.now()
}

// line is an epoch's line, "epoch  3/10  loss 0.3312  test_loss 0.2911  accuracy 0.9134  0.41 s",
// or what a terminal has room for of it: the time goes first, then the test loss,
// then metrics, the last before the others.
func (v *trainingView) line(e *program.Epoch) string {
	total := fmt.Sprint(v.start.Epochs)
	s := []string{fmt.Sprintf("epoch %*d/%s", len(total), e.Epoch, total), "loss " + number(e.Loss)}
	always := len(s)
	if e.TestLoss != nil {
		s = append(s, "test_loss "+number(*e.TestLoss))
	}
	for _, m := range e.Metrics {
		if m.Matrix == nil {
			s = append(s, m.Name+" "+number(m.Value))
		}
	}
	s = append(s, seconds(e.Seconds))
	between := "  "
	if v.width > 0 && v.width < narrow {
		between = " "
	}
	timed, tested := true, e.TestLoss != nil
	for {
		line := strings.Join(s, between)
		switch {
		case v.width == 0 || len(line) < v.width || len(s) == always:
			return line
		case !timed && tested:
			s, tested = slices.Delete(s, always, always+1), false
		default:
			s, timed = s[:len(s)-1], false
		}
	}
}

// clear takes the bar off the screen, until it moves again.
func (v *trainingView) clear() {
	if v.bar != nil {
		fmt.Fprint(v.w, "\r\033[K")
	}
}

// seconds writes a time: 0.41 s, 12.3 s, 3m5s.
func seconds(n program.Number) string {
	switch {
	case n < 0.01:
		return fmt.Sprintf("%.1f ms", float64(n)*1000)
	case n < 10:
		return fmt.Sprintf("%.2f s", float64(n))
	case n < 100:
		return fmt.Sprintf("%.1f s", float64(n))
	}
	return (time.Duration(n) * time.Second).String()
}

// barTheme is what bars are made of.
var barTheme = progressbar.Theme{Saucer: "█", SaucerPadding: "░"}

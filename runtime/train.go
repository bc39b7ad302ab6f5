package rt

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Clock is where training is: what a learning rate schedule reads. In a
// hand-written loop the generated Step counts the steps, and the options give
// the rest; in [Train] the clock is Train's.
type Clock struct {
	Step          int // steps done
	StepsPerEpoch int // steps an epoch
	Epochs        int // epochs that will have been trained in the end
}

// Run is a training run as the generated code hands it to [Train].
type Run struct {
	Rows      int // rows of training data, numbered from 0
	LeastRows int // that a step needs: a layer that measures the batch asks for two; 0: one will do
	// Clock is where the trainer is. Train sets StepsPerEpoch and Epochs, and
	// after each step Step, to one more than before it (which a Step that counts
	// for itself has done already). nil: nothing reads it.
	Clock *Clock
	// Step trains on the rows with these indices and returns their mean loss. An
	// error means that nothing was trained.
	Step func(rows []int) (loss float64, err error)
	LR   func() float64 // the rate of the last step; nil: reported as 0
	// Evaluate measures the weights, on held-out rows or, where there are none,
	// on the training rows. nil: nothing is measured, and what an epoch is judged
	// by is its own training loss.
	Evaluate     func() (Score, error)
	EvaluateName string   // whose rows Evaluate reads: "test" or "train"
	Metrics      []string // names of the metrics that Evaluate measures, in order
	// Snapshot stores all weights aside, over those stored before, and Restore
	// puts them back. Both must be given.
	Snapshot, Restore func()
	Finite            func() bool // whether all weights are finite; nil: not asked
}

// Score is what an evaluation measured.
type Score struct {
	Loss    float64
	Metrics []MetricValue
	Rows    int
}

// Progress is where an epoch is after a step.
type Progress struct {
	Epoch, Epochs int     // this epoch, from 1, of how many
	Step, Steps   int     // this step, from 1, of how many in the epoch
	Rows          int     // rows done in the epoch
	Loss          float64 // mean over the epoch's rows so far
	Seconds       float64 // since the epoch began
}

// EpochReport is what happened in an epoch.
type EpochReport struct {
	Epoch    int           // from 1
	Step     int           // steps done since Train began
	Loss     float64       // training loss, the mean over the epoch's rows
	LR       float64       // learning rate of the epoch's last step
	TestLoss float64       // loss that Evaluate measured
	Watched  string        // the rows that TestLoss and Metrics are of: "test" or "train"; "" where nothing was evaluated
	Metrics  []MetricValue // what Evaluate measured
	Seconds  float64       // of the epoch and its evaluation
	Best     bool          // better than every epoch before it
}

// Report is what happened in a training run.
type Report struct {
	Epochs  []EpochReport // the epochs that were finished
	Best    int           // number of the best one; 0 where there is none
	Steps   int           // steps done, of an unfinished epoch too
	Seconds float64
	Stopped Stop // why training ended
}

// Stop is why training ended.
type Stop string

// The ends of training.
const (
	Finished Stop = ""         // all epochs were trained
	Canceled Stop = "canceled" // the context was canceled or timed out
	Diverged Stop = "diverged" // a loss or a weight was not finite
	Failed   Stop = "failed"   // Step or Evaluate returned an error
)

// Train trains for cfg.Epochs epochs of ⌈Rows/Batch⌉ steps (⌊Rows/Batch⌋ with
// DropLast); the last step of an epoch has the rows that are left. With Shuffle
// an epoch's order is a function of seed and epoch alone, else it is the data's.
//
// After every epoch Evaluate judges the weights by cfg.Monitor: by default the
// first metric that is a number, else the loss. With Keep "best" the weights of
// the best epoch are put back at the end, however training ends.
//
// Between steps Train looks at ctx, and returns its error where it is done. A
// loss that is not finite, or a weight that is not at the end of an epoch, ends
// training with a [*DivergedError]; the weights are then those that the epoch
// began with, or with Keep "best" those of the best epoch so far. An error of
// Step or Evaluate is returned as it is. The report always says what was done.
//
// A setting that makes no sense is an error before the first step. A trainer
// that has trained before goes on: the shuffle and the schedule count the epochs
// that its clock has behind it.
func Train(ctx context.Context, run Run, cfg Config) (Report, error) {
	if err := cfg.check(run); err != nil {
		return Report{Stopped: Failed}, err
	}
	if cfg.Epochs == 0 {
		return Report{}, nil
	}
	t := training{Run: run, cfg: cfg, steps: stepsPerEpoch(run.Rows, cfg), order: make([]int, run.Rows)}
	if t.Clock == nil {
		t.Clock = &Clock{}
	}
	t.before = t.Clock.Step / t.steps
	t.Clock.StepsPerEpoch, t.Clock.Epochs = t.steps, t.before+cfg.Epochs

	began := time.Now()
	stop, err := t.epochs(ctx)
	if cfg.Keep == keepBest && t.report.Best > 0 || stop == Diverged {
		t.Restore()
	}
	t.report.Stopped, t.report.Seconds = stop, time.Since(began).Seconds()
	return t.report, err
}

// training is a run under way.
type training struct {
	Run
	cfg    Config
	steps  int   // an epoch
	before int   // epochs that the trainer had behind it
	order  []int // of the rows in this epoch
	best   float64
	report Report
}

// epochs trains all epochs and says why it stopped.
func (t *training) epochs(ctx context.Context) (Stop, error) {
	for epoch := 1; epoch <= t.cfg.Epochs; epoch++ {
		// What to go back to: with "best" the best weights, until there are any the first.
		if epoch == 1 || t.cfg.Keep != keepBest {
			t.Snapshot()
		}
		began := time.Now()
		loss, stop, err := t.epoch(ctx, epoch)
		if err != nil {
			return stop, err
		}
		if t.Finite != nil && !t.Finite() {
			return Diverged, &DivergedError{Step: t.report.Steps, Epoch: epoch, Loss: loss}
		}
		r := EpochReport{Epoch: epoch, Step: t.report.Steps, Loss: loss}
		if t.LR != nil {
			r.LR = t.LR()
		}
		if t.Evaluate != nil {
			score, err := t.Evaluate()
			if err != nil {
				return Failed, err
			}
			r.TestLoss, r.Metrics, r.Watched = score.Loss, score.Metrics, t.EvaluateName
		}
		value, more, err := t.judge(r)
		if err != nil {
			return Failed, err
		}
		if !math.IsNaN(value) && (t.report.Best == 0 || more && value > t.best || !more && value < t.best) {
			t.best, t.report.Best, r.Best = value, epoch, true
			if t.cfg.Keep == keepBest {
				t.Snapshot()
			}
		}
		r.Seconds = time.Since(began).Seconds()
		t.report.Epochs = append(t.report.Epochs, r)
		if t.cfg.OnEpoch != nil {
			t.cfg.OnEpoch(r)
		}
	}
	return Finished, nil
}

// epoch trains one epoch and returns the mean loss of its rows. It allocates
// nothing.
func (t *training) epoch(ctx context.Context, epoch int) (loss float64, stop Stop, err error) {
	if t.cfg.Shuffle {
		Permutation(t.order, t.cfg.Seed, uint64(t.before+epoch))
	} else {
		for i := range t.order {
			t.order[i] = i
		}
	}
	began := time.Now()
	sum, rows := 0.0, 0
	for s := range t.steps {
		if err := ctx.Err(); err != nil {
			return 0, Canceled, err
		}
		batch := t.order[rows:min(rows+t.cfg.Batch, len(t.order))]
		step := t.Clock.Step
		loss, err := t.Step(batch)
		if err != nil {
			return 0, Failed, err
		}
		t.Clock.Step = step + 1
		t.report.Steps++
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return 0, Diverged, &DivergedError{Step: t.report.Steps, Epoch: epoch, Loss: loss}
		}
		rows += len(batch)
		sum += float64(loss * float64(len(batch)))
		if t.cfg.OnStep != nil {
			t.cfg.OnStep(Progress{Epoch: epoch, Epochs: t.cfg.Epochs, Step: s + 1, Steps: t.steps,
				Rows: rows, Loss: sum / float64(rows), Seconds: time.Since(began).Seconds()})
		}
	}
	return sum / float64(rows), Finished, nil
}

// judge returns the value that an epoch is judged by, and whether more is better.
func (t *training) judge(r EpochReport) (value float64, more bool, err error) {
	monitor := t.cfg.Monitor
	if monitor != monitorLoss {
		for _, m := range r.Metrics {
			if m.Name == monitor && m.Matrix != nil {
				return 0, false, fmt.Errorf("monitor: %s is a table, not a number", monitor)
			}
			if m.Name == monitor || monitor == "" && m.Matrix == nil {
				return m.Value, m.MoreIsBetter, nil
			}
		}
		if monitor != "" {
			return 0, false, fmt.Errorf("monitor: no metric %s was measured", monitor)
		}
	}
	if t.Evaluate == nil {
		return r.Loss, false, nil
	}
	return r.TestLoss, false, nil
}

const (
	keepLast    = "last"
	keepBest    = "best"
	monitorLoss = "loss"
)

// check says what is wrong with a configuration.
func (c Config) check(run Run) error {
	switch {
	case c.Epochs < 0:
		return fmt.Errorf("epochs: %d is negative", c.Epochs)
	case c.Batch < 1:
		return fmt.Errorf("batch: %d: a step needs at least one row", c.Batch)
	case c.Threads < 0:
		return fmt.Errorf("threads: %d is negative", c.Threads)
	case c.Keep != keepLast && c.Keep != keepBest:
		return fmt.Errorf("keep: %q is neither %q nor %q", c.Keep, keepLast, keepBest)
	case c.Monitor != "" && c.Monitor != monitorLoss && !slices.Contains(run.Metrics, c.Monitor):
		return fmt.Errorf("monitor: %q is not measured: there is %s", c.Monitor, strings.Join(append([]string{monitorLoss}, run.Metrics...), ", "))
	case c.Epochs == 0:
		return nil
	case run.Rows < 1:
		return &DataError{Row: -1, Message: "there are no rows to train on"}
	case stepsPerEpoch(run.Rows, c) == 0:
		return fmt.Errorf("drop_last: %d rows are no full batch of %d, so nothing would be trained", run.Rows, c.Batch)
	case run.Rows < run.LeastRows:
		return fmt.Errorf("%s: training measures each batch and takes at least %d at a time", rowsText(run.Rows), run.LeastRows)
	case c.Batch < run.LeastRows:
		return fmt.Errorf("batch: %s: training measures each batch and takes at least %d at a time", rowsText(c.Batch), run.LeastRows)
	}
	if last := run.Rows % c.Batch; last > 0 && last < run.LeastRows && !c.DropLast {
		return fmt.Errorf("drop_last: %d rows in batches of %d leave %s over, and training, which measures each batch, takes at least %d at a time: set drop_last: true",
			run.Rows, c.Batch, rowsText(last), run.LeastRows)
	}
	return nil
}

func rowsText(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprint(n, " rows")
}

// stepsPerEpoch returns how many batches an epoch has.
func stepsPerEpoch(rows int, c Config) int {
	if c.DropLast {
		return rows / c.Batch
	}
	return (rows + c.Batch - 1) / c.Batch
}

package rt

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// The training loop, on a fake model whose one weight counts its steps: batches,
// order, reports, what is kept, and every way to stop.

// fake is a model: its weight is the number of steps trained.
type fake struct {
	weight, stored float64
	seen           [][]int           // the batches
	loss           func(int) float64 // of the n-th step, from 1; nil: the sum of the rows' indices over their number
	scores         []float64         // what Evaluate measures, epoch by epoch, as "accuracy"
	evaluated      int
	weightBad      bool
	clock          Clock
}

func (f *fake) run(rows int) Run {
	r := Run{
		Rows: rows, Clock: &f.clock,
		Step: func(rows []int) (float64, error) {
			f.seen = append(f.seen, slices.Clone(rows))
			f.weight++
			if f.loss != nil {
				return f.loss(int(f.weight)), nil
			}
			sum := 0.0
			for _, r := range rows {
				sum += float64(r)
			}
			return sum / float64(len(rows)), nil
		},
		LR:       func() float64 { return 1 / float64(f.clock.Step) },
		Snapshot: func() { f.stored = f.weight },
		Restore:  func() { f.weight = f.stored },
		Finite:   func() bool { return !f.weightBad },
	}
	if f.scores != nil {
		r.EvaluateName, r.Metrics = "test", []string{"confusion", "accuracy"}
		r.Evaluate = func() (Score, error) {
			v := f.scores[f.evaluated]
			f.evaluated++
			return Score{Loss: 10 * v, Rows: 4, Metrics: []MetricValue{
				{Name: "confusion", Matrix: [][]int{{1}}}, {Name: "accuracy", Value: v, MoreIsBetter: true}}}, nil
		}
	}
	return r
}

var defaults = Config{Epochs: 3, Batch: 4, Seed: 1, Shuffle: true, Keep: "last"}

func TestTrainBatches(t *testing.T) {
	for _, c := range []struct {
		rows    int
		options []Option
		sizes   []int // of an epoch's batches
	}{
		{8, nil, []int{4, 4}},
		{10, nil, []int{4, 4, 2}},
		{10, []Option{DropLast(true)}, []int{4, 4}},
		{3, nil, []int{3}},
		{5, []Option{BatchSize(1)}, []int{1, 1, 1, 1, 1}},
	} {
		f := &fake{}
		report, err := Train(t.Context(), f.run(c.rows), defaults.With(c.options...))
		if err != nil {
			t.Fatal(err)
		}
		var want []int
		for range 3 {
			want = append(want, c.sizes...)
		}
		var got []int
		for i := range len(f.seen) / len(c.sizes) {
			rows := map[int]bool{}
			for _, b := range f.seen[i*len(c.sizes):][:len(c.sizes)] {
				got = append(got, len(b))
				for _, r := range b {
					if r < 0 || r >= c.rows || rows[r] {
						t.Errorf("%d rows: row %d again or out of range", c.rows, r)
					}
					rows[r] = true
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d rows: batches of %v, want %v", c.rows, got, want)
		}
		if report.Steps != len(want) || len(report.Epochs) != 3 || f.clock != (Clock{Step: len(want), StepsPerEpoch: len(c.sizes), Epochs: 3}) {
			t.Errorf("%d rows: report %+v, clock %+v", c.rows, report, f.clock)
		}
	}
}

func TestTrainOrder(t *testing.T) {
	order := func(o ...Option) string {
		f := &fake{}
		if _, err := Train(t.Context(), f.run(9), defaults.With(o...)); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(f.seen)
	}
	if got := order(Shuffle(false), Epochs(1)); got != "[[0 1 2 3] [4 5 6 7] [8]]" {
		t.Errorf("not shuffled: %s", got)
	}
	if first, again := order(), order(); first != again {
		t.Error("the same seed gave two orders")
	}
	if order() == order(Seed(2)) {
		t.Error("two seeds gave one order")
	}
	f := &fake{}
	if _, err := Train(t.Context(), f.run(9), defaults); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(f.seen[:3]) == fmt.Sprint(f.seen[3:6]) {
		t.Error("two epochs in one order")
	}
	// Two epochs, and then one by a second call, are three epochs.
	g := &fake{}
	for _, n := range []int{2, 1} {
		if _, err := Train(t.Context(), g.run(9), defaults.With(Epochs(n))); err != nil {
			t.Fatal(err)
		}
	}
	if fmt.Sprint(g.seen) != fmt.Sprint(f.seen) || g.clock != f.clock {
		t.Errorf("a second call trained on %v, the clock is %+v", g.seen[6:], g.clock)
	}
}

// An epoch's loss weighs every row alike, whatever the size of its batch.
func TestTrainReports(t *testing.T) {
	f := &fake{scores: []float64{0.5, 0.7, 0.6}}
	var epochs []EpochReport
	var steps []Progress
	report, err := Train(t.Context(), f.run(9), defaults.With(
		OnEpoch(func(r EpochReport) { epochs = append(epochs, r) }),
		OnStep(func(p Progress) { steps = append(steps, p) })))
	if err != nil {
		t.Fatal(err)
	}
	if report.Best != 2 || report.Stopped != Finished || report.Steps != 9 || report.Seconds <= 0 || f.weight != 9 {
		t.Errorf("report %+v, weight %v", report, f.weight)
	}
	for i, e := range epochs {
		if math.Abs(e.Loss-4) > 1e-12 {
			t.Errorf("epoch %d: the mean of 0 to 8 is reported as %v", e.Epoch, e.Loss)
		}
		if e.Epoch != i+1 || e.Step != 3*e.Epoch || e.LR != 1/float64(e.Step) || e.Watched != "test" || e.TestLoss != 10*f.scores[i] ||
			e.Metrics[1].Value != f.scores[i] || e.Best != (i < 2) || e.Seconds <= 0 {
			t.Errorf("epoch %d: %+v", i+1, e)
		}
	}
	if len(epochs) != 3 || len(steps) != 9 {
		t.Fatalf("%d epochs and %d steps were reported", len(epochs), len(steps))
	}
	if p := steps[5]; p.Epoch != 2 || p.Epochs != 3 || p.Step != 3 || p.Steps != 3 || p.Rows != 9 || math.Abs(p.Loss-4) > 1e-12 {
		t.Errorf("the sixth step: %+v", p)
	}
}

func TestTrainKeeps(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name    string
		scores  []float64
		loss    func(int) float64
		options []Option
		best    int
		weight  float64 // steps behind the weights that are kept: two an epoch
	}{
		{"last", []float64{0.5, 0.9, 0.7}, nil, nil, 2, 6},
		{"best metric", []float64{0.5, 0.9, 0.7}, nil, []Option{KeepBest()}, 2, 4},
		{"best is last", []float64{0.5, 0.6, 0.7}, nil, []Option{KeepBest()}, 3, 6},
		{"the first of equals", []float64{0.5, 0.9, 0.9}, nil, []Option{KeepBest()}, 2, 4},
		{"less loss is better", []float64{0.5, 0.9, 0.4}, nil, []Option{Keep("best"), Monitor("loss")}, 3, 6},
		{"named metric", []float64{0.9, 0.5, 0.4}, nil, []Option{KeepBest(), Monitor("accuracy")}, 1, 2},
		{"training loss", nil, func(n int) float64 { return math.Abs(float64(n) - 3.5) }, []Option{KeepBest()}, 2, 4},
		{"NaN is never best", []float64{nan, 0.2, nan}, nil, []Option{KeepBest()}, 2, 4},
		{"nothing is best", []float64{nan, nan, nan}, nil, []Option{KeepBest()}, 0, 6},
	} {
		f := &fake{scores: c.scores, loss: c.loss}
		report, err := Train(t.Context(), f.run(8), defaults.With(c.options...))
		if err != nil || report.Best != c.best || f.weight != c.weight {
			t.Errorf("%s: best epoch %d, weights of step %v, %v; want %d and %v", c.name, report.Best, f.weight, err, c.best, c.weight)
		}
	}
}

func TestTrainCanceled(t *testing.T) {
	for _, c := range []struct {
		keep   string
		weight float64
	}{{"last", 5}, {"best", 2}} {
		f := &fake{scores: []float64{0.9, 0.5, 0.4}}
		ctx, cancel := context.WithCancel(t.Context())
		report, err := Train(ctx, f.run(8), defaults.With(Keep(c.keep), OnStep(func(p Progress) {
			if p.Epoch == 3 {
				cancel()
			}
		})))
		if !errors.Is(err, context.Canceled) || report.Stopped != Canceled || report.Steps != 5 || len(report.Epochs) != 2 || report.Best != 1 {
			t.Errorf("keep %s: %v, %+v", c.keep, err, report)
		}
		if f.weight != c.weight {
			t.Errorf("keep %s: weights of step %v, want %v", c.keep, f.weight, c.weight)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := &fake{}
	if _, err := Train(ctx, f.run(8), defaults); !errors.Is(err, context.Canceled) || f.weight != 0 {
		t.Errorf("canceled before it began: %v after %v steps", err, f.weight)
	}
}

func TestTrainDiverges(t *testing.T) {
	bad := func(step int, with float64) func(int) float64 {
		return func(n int) float64 {
			if n == step {
				return with
			}
			return 1 / float64(n)
		}
	}
	for _, c := range []struct {
		name   string
		loss   func(int) float64
		scores []float64
		keep   string
		want   DivergedError
		weight float64
	}{
		{"NaN in the second epoch", bad(4, math.NaN()), nil, "last", DivergedError{Step: 4, Epoch: 2}, 2},
		{"infinity in the first step", bad(1, math.Inf(1)), nil, "last", DivergedError{Step: 1, Epoch: 1}, 0},
		{"after the best epoch", bad(6, math.NaN()), []float64{0.9, 0.5, 0}, "best", DivergedError{Step: 6, Epoch: 3}, 2},
		{"before any best epoch", bad(2, math.Inf(-1)), nil, "best", DivergedError{Step: 2, Epoch: 1}, 0},
	} {
		f := &fake{loss: c.loss, scores: c.scores}
		report, err := Train(t.Context(), f.run(8), defaults.With(Keep(c.keep)))
		var d *DivergedError
		if !errors.As(err, &d) || d.Step != c.want.Step || d.Epoch != c.want.Epoch || !math.IsNaN(d.Loss-d.Loss) || report.Stopped != Diverged {
			t.Errorf("%s: %v, %+v", c.name, err, report)
		}
		if f.weight != c.weight {
			t.Errorf("%s: the weights are those of step %v, want %v", c.name, f.weight, c.weight)
		}
	}
	f := &fake{weightBad: true}
	_, err := Train(t.Context(), f.run(8), defaults)
	if err == nil || !strings.Contains(err.Error(), "step 2 (epoch 1): the update made a weight infinite or NaN") || f.weight != 0 {
		t.Errorf("a weight that is not finite: %v, weights of step %v", err, f.weight)
	}
}

func TestTrainFails(t *testing.T) {
	broken := errors.New("broken")
	f := &fake{}
	run := f.run(8)
	run.Step = func([]int) (float64, error) { return 0, broken }
	if report, err := Train(t.Context(), run, defaults); err != broken || report.Stopped != Failed {
		t.Errorf("Step's error: %v, %+v", err, report)
	}
	run = f.run(8)
	run.Evaluate = func() (Score, error) { return Score{}, broken }
	if report, err := Train(t.Context(), run, defaults); err != broken || report.Steps != 2 {
		t.Errorf("Evaluate's error: %v, %+v", err, report)
	}
	for _, c := range []struct {
		rows   int
		option Option
		says   string
	}{
		{8, Epochs(-1), "epochs: -1 is negative"},
		{8, BatchSize(0), "batch: 0: a step needs"},
		{8, Threads(-1), "threads: -1"},
		{8, Keep("first"), `keep: "first" is neither "last" nor "best"`},
		{8, Monitor("recall"), `monitor: "recall" is not measured: there is loss, confusion, accuracy`},
		{8, Monitor("confusion"), "confusion is a table"},
		{0, DropLast(false), "there are no rows to train on"},
		{3, DropLast(true), "drop_last: 3 rows are no full batch of 4"},
	} {
		f := &fake{scores: []float64{1, 1, 1}}
		if _, err := Train(t.Context(), f.run(c.rows), defaults.With(c.option)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("got %v, want %q", err, c.says)
		}
	}
	// A step that needs two rows never gets one.
	for _, c := range []struct {
		rows   int
		option Option
		says   string
	}{
		{9, BatchSize(4), "drop_last: 9 rows in batches of 4 leave 1 row over, and training, which measures each batch, takes at least 2 at a time: set drop_last: true"},
		{1, BatchSize(4), "1 row: training measures each batch and takes at least 2 at a time"},
		{8, BatchSize(1), "batch: 1 row: training measures each batch"},
		{9, DropLast(true), ""},
		{8, BatchSize(4), ""},
		{10, BatchSize(4), ""},
	} {
		f := &fake{scores: []float64{1, 1, 1}}
		run := f.run(c.rows)
		run.LeastRows = 2
		report, err := Train(t.Context(), run, defaults.With(Epochs(1), c.option))
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says) || report.Steps != 0) {
			t.Errorf("%d rows: %v, want %q", c.rows, err, c.says)
		}
	}
	f = &fake{}
	if report, err := Train(t.Context(), f.run(0), defaults.With(Epochs(0))); err != nil || report.Steps != 0 {
		t.Errorf("no epochs: %v", err)
	}
}

func TestTrainStepsAllocateNothing(t *testing.T) {
	f := &fake{}
	run := f.run(1000)
	run.Step = func(rows []int) (float64, error) { return 1, nil }
	tr := training{Run: run, cfg: defaults.With(OnStep(func(Progress) {})), steps: 250, order: make([]int, 1000)}
	ctx := t.Context()
	if n := testing.AllocsPerRun(5, func() { tr.epoch(ctx, 1) }); n != 0 {
		t.Errorf("an epoch of 250 steps allocates %v times", n)
	}
}

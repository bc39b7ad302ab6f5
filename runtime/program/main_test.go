package program

// The jobs, run in process on a fake model and real files: the events that they
// write, the files, and the exit codes.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	rt "github.com/nnc-lang/nnc/runtime"
	"github.com/nnc-lang/nnc/runtime/data"
)

// linear predicts (1-s, s) with s the sum of a row of x, or s as it is for the
// output "sum".
type linear struct {
	labels []string
	bias   float64
	train  func(context.Context, rt.Config) (rt.Report, error)
	full   bool          // there is no room to save
	block  chan struct{} // Evaluate waits for it; nil: it does not
}

func (m *linear) Load(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if string(b) != "bias" {
		return &rt.WeightsError{Path: path, Message: "is not a weight file"}
	}
	m.bias, m.labels = 1, []string{"low", "high"}
	return nil
}
func (m *linear) Save(path string) error {
	if m.full {
		return &fs.PathError{Op: "write", Path: path, Err: errors.New("no space left")}
	}
	return os.WriteFile(path, []byte("bias"), 0o644)
}
func (m *linear) Labels(port string) []string { return m.labels }
func (m *linear) Predict(out, floats [][]float64, labels [][]int32, rows int) error {
	for r := range rows {
		s := m.bias
		for _, v := range floats[0][2*r : 2*r+2] {
			s += v
		}
		out[0][2*r], out[0][2*r+1], out[1][r] = 1-s, s, s
	}
	return nil
}
func (m *linear) Train(ctx context.Context, train, test *data.Set, o ...rt.Option) (rt.Report, error) {
	return m.train(ctx, rt.Config{}.With(o...))
}
func (m *linear) Evaluate(d *data.Set) (rt.Score, error) {
	if m.block != nil {
		<-m.block
	}
	return rt.Score{Loss: 0.5, Rows: d.Len(), Metrics: []rt.MetricValue{{Name: "accuracy", Value: 0.75}, {Name: "confusion", Matrix: [][]int{{1, 0}, {2, 1}}}}}, nil
}

func net(m *linear) Net[float64] {
	return Net[float64]{
		Name:    "Linear",
		Inputs:  []data.Port{{Name: "x", Shape: []int{2}}},
		Targets: []data.Port{{Name: "y", Classes: 2, Target: true}},
		Outputs: []Output{{Name: "p", Shape: []int{2}, Classes: 2, Target: "y"}, {Name: "sum", Shape: []int{1}}},
		Batch:   32, Epochs: 10, Seed: 1,
		New: func(uint64) Model[float64] { return m },
	}
}

// do runs a job and returns the exit code and the lines.
func do(t *testing.T, ctx context.Context, m *linear, job Job) (int, []string) {
	t.Helper()
	b, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	code := run(ctx, net(m), []string{string(b)}, &out)
	return code, strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestPredict(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "x.csv", "a,b\n0.25,0.5\n0,-1\n1,0.5\n")
	write(t, "w", "bias")
	in := []InputFile{{Port: "x", Path: "x.csv"}}
	three := 2 // rows at a time: the last batch is partial

	code, lines := do(t, t.Context(), &linear{}, Job{Do: "predict", Inputs: in, Batch: &three})
	expect(t, lines,
		`{"row":{"row":0,"outputs":[{"name":"p","values":[0.25,0.75],"class":"1","probability":0.75},{"name":"sum","values":[0.75]}]}}`,
		`{"row":{"row":1,"outputs":[{"name":"p","values":[2,-1],"class":"0","probability":2},{"name":"sum","values":[-1]}]}}`,
		`{"row":{"row":2,"outputs":[{"name":"p","values":[-0.5,1.5],"class":"1","probability":1.5},{"name":"sum","values":[1.5]}]}}`)
	if code != 0 {
		t.Errorf("exit code %d", code)
	}

	code, lines = do(t, t.Context(), &linear{}, Job{Do: "predict", Inputs: in, Weights: "w",
		Outputs: []OutputFile{{"p", "p.csv"}, {"p", "p.json"}, {"sum", "s.npy"}, {"sum", "s.csv"}}})
	expect(t, lines, `{"written":{"path":"p.csv","rows":3}}`, `{"written":{"path":"p.json","rows":3}}`, `{"written":{"path":"s.npy","rows":3}}`, `{"written":{"path":"s.csv","rows":3}}`)
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	for path, want := range map[string]string{
		"p.csv":  "class,low,high\nhigh,-0.75,1.75\nlow,1,0\nhigh,-1.5,2.5\n",
		"p.json": "[\n {\"class\":\"high\",\"probability\":1.75,\"output\":[-0.75,1.75]},\n {\"class\":\"low\",\"probability\":1,\"output\":[1,0]},\n {\"class\":\"high\",\"probability\":2.5,\"output\":[-1.5,2.5]}\n]\n",
		"s.csv":  "sum\n1.75\n0\n2.5\n",
	} {
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Errorf("%s: %v\n%s", path, err, got)
		}
	}
	if set, err := data.ReadInput("s.npy", data.Port{Name: "s", Shape: []int{1}}); err != nil || set.Len() != 3 {
		t.Errorf("s.npy: %v", err)
	}
	if left, _ := filepath.Glob(".nnc-*"); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

func TestFailures(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "x.csv", "a,b\n0.25,0.5\n")
	write(t, "text.csv", "a,b\n0.25,five\n")
	write(t, "other", "something else")
	in := []InputFile{{Port: "x", Path: "x.csv"}}
	for _, c := range []struct {
		name string
		job  Job
		code int
		say  string
	}{
		{"no such file", Job{Do: "predict", Inputs: []InputFile{{Port: "x", Path: "none.csv"}}}, 2, "none.csv"},
		{"text for a number", Job{Do: "predict", Inputs: []InputFile{{Port: "x", Path: "text.csv"}}}, 1, "text.csv:2"},
		{"no such weights", Job{Do: "predict", Inputs: in, Weights: "none"}, 2, "none"},
		{"other weights", Job{Do: "predict", Inputs: in, Weights: "other"}, 1, "other: is not a weight file"},
		{"an unknown ending", Job{Do: "predict", Inputs: in, Outputs: []OutputFile{{"p", "p.txt"}}}, 1, ".npy, .csv or .json"},
		{"no such folder", Job{Do: "predict", Inputs: in, Outputs: []OutputFile{{"p", "none/p.npy"}}}, 2, "none/p.npy"},
		{"nowhere to save", Job{Do: "train", Out: "none/w"}, 2, "none/w"},
		{"a folder to save to", Job{Do: "train", Out: "."}, 2, "is a folder"},
		{"no data", Job{Do: "eval", Data: &data.Spec{Kind: "csv", Path: "none.csv"}}, 2, "none.csv"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, lines := do(t, t.Context(), &linear{}, c.job)
			var e Event
			if err := json.Unmarshal([]byte(lines[len(lines)-1]), &e); err != nil || e.Failure == nil {
				t.Fatalf("no failure: %s", lines)
			}
			if code != c.code || e.Failure.Code != c.code || !strings.Contains(e.Failure.Message, c.say) {
				t.Errorf("exit code %d: %s", code, e.Failure.Message)
			}
		})
	}
}

func TestTrain(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "d.csv", "a,b,y\n0,0,no\n1,1,yes\n0,1,no\n1,0,yes\n")
	spec := &data.Spec{Kind: "csv", Path: "d.csv", Test: 0.5, Bind: []data.Binding{{Port: "x", Columns: []string{"a", "b"}}, {Port: "y", Columns: []string{"y"}}}}
	seven := 7
	epoch := rt.EpochReport{Epoch: 1, Step: 2, Loss: 0.5, LR: 0.1, TestLoss: math.Inf(1), Watched: "test", Metrics: []rt.MetricValue{{Name: "accuracy", Value: 0.5}}, Seconds: 0.25, Best: true}

	m := &linear{train: func(_ context.Context, c rt.Config) (rt.Report, error) {
		if c.Epochs != 7 || c.Batch != 2 { // no room for more rows than there are
			t.Errorf("%d epochs, batches of %d", c.Epochs, c.Batch)
		}
		// The second step comes too soon after the first for an event of its own.
		c.OnStep(rt.Progress{Epoch: 1, Epochs: 7, Step: 1, Steps: 2, Rows: 1, Loss: 0.75, Seconds: 0.5})
		c.OnStep(rt.Progress{Epoch: 1, Epochs: 7, Step: 2, Steps: 2, Rows: 2, Loss: 0.5, Seconds: 0.75})
		c.OnEpoch(epoch)
		return rt.Report{Epochs: []rt.EpochReport{epoch}, Best: 1, Steps: 2, Seconds: 1}, nil
	}}
	code, lines := do(t, t.Context(), m, Job{Do: "train", Data: spec, Out: "w", Epochs: &seven})
	expect(t, lines,
		`{"start":{"model":"Linear","train_rows":2,"test_rows":2,"epochs":7,"batch":32,"seed":1}}`,
		`{"progress":{"epoch":1,"epochs":7,"step":1,"steps":2,"loss":0.75,"rate":2}}`,
		`{"epoch":{"epoch":1,"step":2,"loss":0.5,"lr":0.1,"test_loss":"+Inf","metrics":{"accuracy":0.5},"seconds":0.25,"best":true}}`,
		`{"done":{"done":true,"epochs":1,"steps":2,"best":1,"weights":"w","seconds":1}}`)
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	code, lines = do(t, t.Context(), m, Job{Do: "eval", Data: spec, Weights: "w"})
	if code != 1 || !strings.Contains(lines[0], "low, high") {
		t.Errorf("exit code %d: %s", code, lines)
	}
	m.labels = nil
	code, lines = do(t, t.Context(), m, Job{Do: "eval", Data: spec})
	expect(t, lines, `{"score":{"loss":0.5,"metrics":{"accuracy":0.75,"confusion":[[1,0],[2,1]]},"rows":2}}`)
	if code != 0 {
		t.Errorf("exit code %d", code)
	}

	// However training ends, the weights are saved.
	var ctx context.Context
	var cancel context.CancelFunc
	for _, c := range []struct {
		name  string
		train func(ctx context.Context, c rt.Config) (rt.Report, error)
		code  int
		last  string
	}{
		{"interrupted", func(ctx context.Context, c rt.Config) (rt.Report, error) {
			cancel()
			<-ctx.Done()
			return rt.Report{Stopped: "canceled", Steps: 3}, ctx.Err()
		}, 130, `{"done":{"done":true,"stopped":"canceled","epochs":0,"steps":3,"weights":"w","seconds":0}}`},
		{"diverged", func(ctx context.Context, c rt.Config) (rt.Report, error) {
			return rt.Report{Stopped: "diverged", Steps: 4}, &rt.DivergedError{Step: 4, Epoch: 1, Loss: math.NaN()}
		}, 1, `{"failure":{"message":"` + (&rt.DivergedError{Step: 4, Epoch: 1, Loss: math.NaN()}).Error() + `","code":1}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			os.Remove("w")
			ctx, cancel = context.WithCancel(t.Context())
			defer cancel()
			code, lines := do(t, ctx, &linear{train: c.train}, Job{Do: "train", Data: spec, Out: "w"})
			if code != c.code || lines[len(lines)-1] != c.last {
				t.Errorf("exit code %d: %s", code, lines)
			}
			if _, err := os.Stat("w"); err != nil {
				t.Error(err)
			}
		})
	}
}

// onXY is a data set of two rows for the ports of net.
func onXY(t *testing.T) *data.Spec {
	return &data.Spec{Kind: "csv", Path: write(t, "d.csv", "a,b,y\n0,0,no\n1,1,yes\n"),
		Bind: []data.Binding{{Port: "x", Columns: []string{"a", "b"}}, {Port: "y", Columns: []string{"y"}}}}
}

// A training that ends before its first step leaves a file of trained weights as
// it is; one whose weights cannot be saved says so, interrupted or not.
func TestTrainLosesNothingSilently(t *testing.T) {
	t.Chdir(t.TempDir())
	spec := onXY(t)
	constant := &rt.DataError{Port: "x", Row: -1, Message: "is constant"}
	for _, c := range []struct {
		name   string
		report rt.Report
		err    error
		full   bool
		code   int
		saved  bool
		last   string
	}{
		{"interrupted before the first step", rt.Report{Stopped: rt.Canceled}, context.Canceled, false, 130, false,
			`{"done":{"done":true,"stopped":"canceled","epochs":0,"steps":0,"weights":"","seconds":0}}`},
		{"refused before the first step", rt.Report{}, constant, false, 1, false,
			`{"failure":{"message":"x: is constant","code":1}}`},
		{"failed later", rt.Report{Stopped: rt.Failed, Steps: 1}, constant, false, 1, true,
			`{"failure":{"message":"x: is constant","code":1}}`},
		{"no epochs", rt.Report{}, nil, false, 0, true,
			`{"done":{"done":true,"epochs":0,"steps":0,"weights":"w","seconds":0}}`},
		{"interrupted, no room", rt.Report{Stopped: rt.Canceled, Steps: 1}, context.Canceled, true, 2, false,
			`{"failure":{"message":"the weights are lost: write w: no space left","code":2}}`},
		{"failed, no room", rt.Report{Stopped: rt.Failed, Steps: 1}, constant, true, 2, false,
			`{"failure":{"message":"x: is constant\nthe weights are lost: write w: no space left","code":2}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			write(t, "w", "trained before")
			m := &linear{full: c.full, train: func(context.Context, rt.Config) (rt.Report, error) { return c.report, c.err }}
			code, lines := do(t, t.Context(), m, Job{Do: "train", Data: spec, Out: "w"})
			if code != c.code || lines[len(lines)-1] != c.last {
				t.Errorf("exit code %d: %s", code, lines)
			}
			if w, err := os.ReadFile("w"); err != nil || (string(w) == "bias") != c.saved {
				t.Errorf("w holds %q (%v)", w, err)
			}
		})
	}
}

// What takes long and saves nothing is not waited for.
func TestInterruptsAreObeyed(t *testing.T) {
	t.Chdir(t.TempDir())
	m := &linear{block: make(chan struct{})}
	defer close(m.block)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	if code, lines := do(t, ctx, m, Job{Do: "eval", Data: onXY(t)}); code != exitInterrupted {
		t.Errorf("exit code %d: %s", code, lines)
	}
}

// checked is a model whose gradient is off by a factor.
type checked struct {
	linear
	factor float64
}

func (m *checked) Check(rows int) Checker {
	right := each(2*rows, math.Tanh, func(x float64) float64 { y := math.Tanh(x); return 1 - y*y })
	g := right.g
	right.g = func(t []CheckTensor) {
		g(t)
		for i := range t[0].Grads {
			t[0].Grads[i] *= m.factor
		}
	}
	return right
}

func TestGradcheck(t *testing.T) {
	for factor, want := range map[float64]int{1: exitFine, 1.01: exitProblem} {
		n := net(&linear{})
		n.New = func(uint64) Model[float64] { return &checked{factor: factor} }
		var out bytes.Buffer
		code := run(t.Context(), n, []string{`{"do":"gradcheck"}`}, &out)
		var last Event
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last.Verdict == nil {
			t.Fatalf("no verdict: %s", out.String())
		}
		if code != want || last.Verdict.OK != (want == exitFine) || strings.Count(out.String(), `{"checked":`) != 2 {
			t.Errorf("factor %v: exit code %d\n%s", factor, code, out.String())
		}
	}
	code, lines := do(t, t.Context(), &linear{}, Job{Do: "gradcheck"})
	if code != exitFault || !strings.Contains(lines[0], "built without the gradient check") {
		t.Errorf("exit code %d: %s", code, lines)
	}
}

// broken is a reader that has gone away.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestTrainWithoutReader(t *testing.T) {
	t.Chdir(t.TempDir())
	m := &linear{train: func(ctx context.Context, c rt.Config) (rt.Report, error) {
		c.OnStep(rt.Progress{Seconds: 1})
		<-ctx.Done()
		return rt.Report{Stopped: "canceled", Steps: 1}, ctx.Err()
	}}
	job, _ := json.Marshal(Job{Do: "train", Out: "w", Data: onXY(t)})
	if code := run(t.Context(), net(m), []string{string(job)}, broken{}); code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
	if _, err := os.Stat("w"); err != nil {
		t.Error(err)
	}
}

func TestNumbersAndMetricsSurviveJSON(t *testing.T) {
	loss := Number(math.Inf(-1))
	in := Epoch{Loss: 0.1, TestLoss: &loss, Metrics: Metrics{{Name: "f1", Value: 0.25}, {Name: "accuracy", Value: Number(math.Inf(1))}, {Name: "confusion", Matrix: [][]int{{1, 2}, {3, 4}}}}}
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out Epoch
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	if again, _ := json.Marshal(out); !bytes.Equal(again, b) {
		t.Errorf("%s\nbecame\n%s", b, again)
	}
}

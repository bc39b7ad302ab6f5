package examples_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/nnc-lang/nnc/runtime/data"
)

// A long row is trained three times. What it reached is written to results/: NAME.jsonl with the logs as nnc wrote them,
// and made from that NAME.md to read, NAME.svg, the losses, and README.md, the table of all.

// A result is the last line of NAME.jsonl.
type result struct {
	Name     string    `json:"name"`
	Metric   string    `json:"metric"`
	Values   []float64 `json:"values"` // a seed each: 1, 2, 3
	Median   float64   `json:"median"`
	Required string    `json:"required"`
	Note     string    `json:"note,omitempty"`
	Reached  bool      `json:"reached"`
	Seconds  []float64 `json:"seconds"` // a seed each, of nnc train as a whole
	Commands []string  `json:"commands"`
	Machine  string    `json:"machine"`
}

func record(t *testing.T, n *nnc, r row) {
	if err := r.there(); err != nil {
		t.Skip(err)
	}
	res := result{Name: r.name, Metric: r.metric, Required: r.required(), Note: r.note, Machine: machine()}
	var logs bytes.Buffer
	dir := t.TempDir()
	for seed := 1; seed <= 3; seed++ {
		r.timeFor(t, seed, res.Seconds)
		weights, log := filepath.Join(dir, "w.safetensors"), filepath.Join(dir, "log.jsonl")
		shown := append([]string{"train", r.source(), "-seed", strconv.Itoa(seed)}, slices.Concat(r.flags(), strings.Fields(r.train))...)
		start := time.Now()
		n.run(t, shown, "-quiet", "-o", weights, "-log", log)
		seconds := time.Since(start).Seconds()
		v := n.eval(t, r, weights)
		t.Logf("%s, seed %d: %s %.4f in %.0f s", r.name, seed, r.metric, v, seconds)
		fmt.Printf("%s, seed %d: %s %.4f in %.0f s\n", r.name, seed, r.metric, v, seconds) // an hour of silence would be long

		res.Values = append(res.Values, v)
		res.Seconds = append(res.Seconds, float64(int(seconds*10))/10)
		command := "nnc " + strings.Join(shown, " ")
		res.Commands = append(res.Commands, command)
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		json.NewEncoder(&logs).Encode(map[string]string{"run": command})
		for line := range strings.Lines(string(text)) {
			if !strings.Contains(line, `"done":true`) { // it has nothing new but where the weights were
				logs.WriteString(line)
			}
		}
	}
	res.Median = median(res.Values)
	wrong := r.judge(res.Median)
	res.Reached = wrong == nil
	json.NewEncoder(&logs).Encode(map[string]result{"result": res})

	write(t, r.name+".jsonl", logs.Bytes())
	publish(t, r)
	write(t, "README.md", overview(t))
	if wrong != nil {
		t.Error(wrong)
	}
}

// publish makes a row's page and drawing from its log, where there is one.
func publish(t *testing.T, r row) {
	t.Helper()
	res, runs, there := readLog(t, r)
	if there {
		write(t, r.name+".md", res.page(r))
		drawLosses(t, r, runs)
	}
}

// An epoch is a line of nnc's log.
type epoch struct {
	Epoch    int
	Loss     float64
	TestLoss float64 `json:"test_loss"`
}

// readLog reads a row's NAME.jsonl: its result, and the epochs of each run.
func readLog(t *testing.T, r row) (res result, runs [][]epoch, there bool) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("results", r.name+".jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		return res, nil, false // not run yet
	} else if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var l struct {
			Run    string
			Result *result
			epoch
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("results/%s.jsonl: %v", r.name, err)
		}
		switch {
		case l.Run != "":
			runs = append(runs, nil)
		case l.Result != nil:
			res = *l.Result
		default:
			runs[len(runs)-1] = append(runs[len(runs)-1], l.epoch)
		}
	}
	return res, runs, true
}

// drawLosses draws the losses of training and of the test set, epoch by epoch, all runs in one picture.
func drawLosses(t *testing.T, r row, runs [][]epoch) {
	t.Helper()
	p := plot.New()
	p.Title.Text = r.name
	p.X.Label.Text, p.Y.Label.Text = "epoch", "loss"
	p.Y.Min = 0
	p.Legend.Top = true
	for i, run := range runs {
		training, test := make(plotter.XYs, len(run)), make(plotter.XYs, len(run))
		for k, e := range run {
			training[k] = plotter.XY{X: float64(e.Epoch), Y: e.Loss}
			test[k] = plotter.XY{X: float64(e.Epoch), Y: e.TestLoss}
		}
		names := []string{"training", "test"}
		if i > 0 {
			names = []string{"", ""} // one entry for all runs
		}
		draw(t, p, names[0], training, shades[0], vg.Points(1.25))
		if r.ngram == 0 { // a text has no test rows
			draw(t, p, names[1], test, shades[3], vg.Points(1.25))
		}
	}
	if err := p.Save(6*vg.Inch, 3.5*vg.Inch, filepath.Join("results", r.name+".svg")); err != nil {
		t.Error(err)
	}
}

// timeFor fails where go test's time limit would end the run that comes.
func (r row) timeFor(t *testing.T, seed int, before []float64) {
	t.Helper()
	expect := time.Minute
	if len(before) > 0 {
		expect = time.Duration(slices.Max(before) * 1.2 * float64(time.Second))
	}
	if end, limited := t.Deadline(); limited && time.Until(end) < expect {
		t.Fatalf("%s, seed %d would not end before go test's time limit, and nothing is written: add -timeout 0", r.name, seed)
	}
}

// there says what is missing of the data that a row needs.
func (r row) there() error {
	if !strings.Contains(r.needs, "/") {
		_, err := data.Locate(r.needs)
		return err
	}
	if _, err := os.Stat(r.needs); err != nil {
		return fmt.Errorf("%w: README.md says where it comes from", err)
	}
	return nil
}

func (r row) required() string {
	switch {
	case r.least > 0:
		return "≥ " + show(r.metric, r.least)
	case r.most > 0:
		return "≤ " + show(r.metric, r.most)
	}
	return "—"
}

// show is a figure as people say it: an accuracy in percent.
func show(metric string, v float64) string {
	if metric == "accuracy" {
		return fmt.Sprintf("%.2f %%", 100*v)
	}
	return fmt.Sprintf("%.6g", v)
}

// machine names the processor and the Go version.
func machine() string {
	cpu := runtime.GOARCH
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			if name, value, _ := strings.Cut(s.Text(), ":"); strings.TrimSpace(name) == "model name" {
				cpu = strings.TrimSpace(value)
				break
			}
		}
	}
	threads := "threads"
	if runtime.NumCPU() == 1 {
		threads = "thread"
	}
	return fmt.Sprintf("%s, %d %s, %s, %s/%s", cpu, runtime.NumCPU(), threads, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// page is NAME.md.
func (res result) page(r row) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n\n[%s](../%s)", res.Name, r.source(), r.source())
	if res.Note != "" {
		fmt.Fprintf(&b, ": %s", res.Note)
	}
	fmt.Fprintf(&b, ". Median %s of three seeds **%s**; required: %s. Log: [%s.jsonl](%s.jsonl).\n\n![loss by epoch](%s.svg)\n\n",
		res.Metric, show(res.Metric, res.Median), res.Required, res.Name, res.Name, res.Name)
	whole := "with reading the data and a measurement of the test set after each epoch"
	if r.ngram > 0 {
		whole = "and the loss is measured afterwards, on the text that was learned, as that of counting is"
	}
	fmt.Fprintf(&b, "Machine: %s. The seconds are those of the whole command, %s.\n\n", res.Machine, whole)
	fmt.Fprintf(&b, "| command | %s | seconds |\n| --- | --- | --- |\n", res.Metric)
	for i, c := range res.Commands {
		fmt.Fprintf(&b, "| `%s` | %s | %.1f |\n", c, show(res.Metric, res.Values[i]), res.Seconds[i])
	}
	fmt.Fprintf(&b, "\nMade by `go test ./examples -run Models -full -timeout 0 -row %s`.\n", res.Name)
	return b.Bytes()
}

// overview is README.md: the results of all rows, in the table's order, from the files that are there.
func overview(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("# What the long examples reached\n\nThree seeds each, on the test set that comes with the data; texts on the text itself. " +
		"Written by `go test ./examples -run Models -full -timeout 0`; each page has the machine. " +
		"The seconds say how long to wait and are no benchmark: the machine may have had other work.\n\n" +
		"| example | metric | seeds 1, 2, 3 | median | required | seconds |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, r := range table {
		res, _, there := readLog(t, r)
		if !there {
			continue
		}
		var values []string
		var seconds float64
		for i, v := range res.Values {
			values = append(values, show(res.Metric, v))
			seconds += res.Seconds[i]
		}
		name := r.name
		if res.Note != "" {
			name += "](" + r.name + ".md) (" + res.Note + ")"
		} else {
			name += "](" + r.name + ".md)"
		}
		median := show(res.Metric, res.Median)
		if !res.Reached {
			median += " (missed)"
		}
		fmt.Fprintf(&b, "| [%s | %s | %s | **%s** | %s | %.0f |\n", name, res.Metric, strings.Join(values, ", "), median, res.Required, seconds)
	}
	var waiting []string
	for _, r := range table {
		if _, _, there := readLog(t, r); r.needs != "" && !there {
			waiting = append(waiting, fmt.Sprintf("[%s](../%s)", r.name, r.source()))
		}
	}
	if len(waiting) > 0 {
		fmt.Fprintf(&b, "\nNot run yet, as they take long: %s. Tests see that they start to learn.\n", strings.Join(waiting, ", "))
	}
	b.WriteString("\nTarget and fits of the curve examples: [curve_sigmoid.svg](curve_sigmoid.svg), [curve_relu.svg](curve_relu.svg), [curve_deep.svg](curve_deep.svg).\n")
	return b.Bytes()
}

func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll("results", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("results", name), content, 0o644); err != nil {
		t.Fatal(err)
	}
}

package program

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/runtime/data"
)

// reader is a model of text that keeps the rows it was asked about.
type reader struct {
	vocabulary []string
	rows       [][]int32
	next       func(context []int32) []float64 // the probabilities behind the characters up to a place
}

func (r *reader) Load(string) error      { return nil }
func (r *reader) Save(string) error      { return nil }
func (r *reader) Labels(string) []string { return r.vocabulary }
func (r *reader) Predict(out, _ [][]float64, labels [][]int32, rows int) error {
	row := labels[0]
	r.rows = append(r.rows, slices.Clone(row))
	n := len(out[0]) / len(row)
	for t := range row {
		copy(out[0][t*n:], r.next(row[:t+1]))
	}
	return nil
}

// write samples, and gives the events one behind the other, the failure too.
func (r *reader) write(t *testing.T, job Job) (text string, code int) {
	t.Helper()
	job.Do, job.Weights = "sample", "w"
	b, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	n := len(r.vocabulary)
	net := Net[float64]{
		Inputs:  []data.Port{{Name: "text", Shape: []int{4}, Classes: n}},
		Outputs: []Output{{Shape: []int{4, n}, Classes: n}},
		New:     func(uint64) Model[float64] { return r },
	}
	var out bytes.Buffer
	code = run(t.Context(), net, []string{string(b)}, &out)
	for d := json.NewDecoder(&out); d.More(); {
		var e Event
		if err := d.Decode(&e); err != nil {
			t.Fatal(err)
		}
		if text += e.Text; e.Failure != nil {
			text += "!" + e.Failure.Message
		}
	}
	return text, code
}

// counting follows each character by the one behind it in the vocabulary.
func counting(n int) func([]int32) []float64 {
	return func(context []int32) []float64 {
		p := make([]float64, n)
		p[(int(context[len(context)-1])+1)%n] = 1
		return p
	}
}

func TestSample(t *testing.T) {
	abc := []string{"\n", "a", "b", "c", "é"}
	for _, c := range []struct {
		name string
		job  Job
		want string
		rows [][]int32 // the first and the last that the model was asked about
	}{
		{"as if a line began", Job{Chars: 3, Temperature: 1}, "abc", [][]int32{{0, 0, 0, 0}, {0, 1, 2, 0}}},
		{"a prompt", Job{Chars: 2, Temperature: 1, Prompt: "b"}, "bcé", [][]int32{{2, 0, 0, 0}, {2, 3, 0, 0}}},
		{"a long prompt", Job{Chars: 2, Temperature: 1, Prompt: "éabcaa"}, "éabcaabc", [][]int32{{2, 3, 1, 1}, {3, 1, 1, 2}}},
		{"more than a row", Job{Chars: 6, Temperature: 0, Prompt: "a"}, "abcé\nab", [][]int32{{1, 0, 0, 0}, {3, 4, 0, 1}}},
	} {
		r := &reader{vocabulary: abc, next: counting(5)}
		got, code := r.write(t, c.job)
		if got != c.want || code != exitFine {
			t.Errorf("%s: %q (%d), want %q", c.name, got, code, c.want)
		}
		if len(r.rows) != c.job.Chars || !slices.Equal(r.rows[0], c.rows[0]) || !slices.Equal(r.rows[len(r.rows)-1], c.rows[1]) {
			t.Errorf("%s: asked about %v", c.name, r.rows)
		}
	}
	r := &reader{vocabulary: []string{"x", "y"}, next: counting(2)} // no line break
	if got, _ := r.write(t, Job{Chars: 3, Temperature: 1}); got != "yxy" {
		t.Errorf("without a line break: %q", got)
	}
}

// The seed decides what is drawn, and how often each character comes agrees with
// its probability.
func TestSampleDraws(t *testing.T) {
	p := []float64{0.5, 0, 0.3, 0.2}
	r := &reader{vocabulary: []string{"a", "b", "c", "d"}, next: func([]int32) []float64 { return p }}
	const n = 20000
	seed := func(s uint64) *uint64 { return &s }
	first, _ := r.write(t, Job{Chars: n, Temperature: 1})
	again, _ := r.write(t, Job{Chars: n, Temperature: 1, Seed: seed(1)})
	other, _ := r.write(t, Job{Chars: n, Temperature: 1, Seed: seed(2)})
	if first != again || first == other {
		t.Error("the same seed gives another text, or another seed the same")
	}
	for i, c := range r.vocabulary {
		got := float64(strings.Count(first, c)) / n
		if bound := 4 * math.Sqrt(p[i]*(1-p[i])/n); math.Abs(got-p[i]) > bound {
			t.Errorf("%s: share %.4f, want %v to within %.4f", c, got, p[i], bound)
		}
	}
}

func TestDraw(t *testing.T) {
	p := []float32{0.1, 0.6, 0, 0.3}
	for _, c := range []struct {
		temperature, u float64
		want           int
	}{
		{1, 0, 0}, {1, 0.099, 0}, {1, 0.101, 1}, {1, 0.699, 1}, {1, 0.701, 3}, {1, 1 - 1e-12, 3},
		{0, 0, 1}, {0, 0.999, 1},
		// Squares: 0.01, 0.36 and 0.09 of 0.46.
		{0.5, 0.0217, 0}, {0.5, 0.0218, 1}, {0.5, 0.804, 1}, {0.5, 0.805, 3},
		// Roots: 0.3162, 0.7746 and 0.5477 of 1.6385.
		{2, 0.1929, 0}, {2, 0.1931, 1}, {2, 0.6656, 1}, {2, 0.6659, 3},
		{1e-9, 0.5, 1}, {1e9, 0.34, 1}, {1e9, 0.67, 3},
	} {
		if got := draw(p, c.temperature, c.u); got != c.want {
			t.Errorf("temperature %v, u %v: %d, want %d", c.temperature, c.u, got, c.want)
		}
	}
	if got := draw([]float64{0.5, 0.5 - 1e-4, 0}, 1, 1-1e-17); got != 1 {
		t.Errorf("a class of probability 0 was drawn: %d", got)
	}
}

func TestSampleRefuses(t *testing.T) {
	for _, c := range []struct {
		name       string
		vocabulary []string
		next       func([]int32) []float64
		prompt     string
		want       string
	}{
		{"an unknown character", []string{"a", "b"}, counting(2), "abé", `!the prompt: "é": byte 2 is not in the vocabulary, which is "ab"`},
		{"no vocabulary", []string{"no", "yes"}, counting(2), "", "!w has no vocabulary: the model was not trained on a text"},
		{"logits", []string{"a", "b"}, func([]int32) []float64 { return []float64{3, -1} }, "", "a model that writes text ends in softmax"},
		{"no sum", []string{"a", "b"}, func([]int32) []float64 { return []float64{0.9, 0.9} }, "", "ends in softmax"},
		{"not a number", []string{"a", "b"}, func([]int32) []float64 { return []float64{math.NaN(), 1} }, "", "ends in softmax"},
	} {
		r := &reader{vocabulary: c.vocabulary, next: c.next}
		if got, code := r.write(t, Job{Chars: 1, Temperature: 1, Prompt: c.prompt}); code != exitProblem || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q (%d), want %q", c.name, got, code, c.want)
		}
	}
}

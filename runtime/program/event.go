package program

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	rt "github.com/nnc-lang/nnc/runtime"
)

// Event is a line of a program's output; one of its fields is set.
//
// A training gives Start, then Progress and Epoch, then Done; an evaluation
// Score; a prediction Row for each row, or Written for each file; a sample Text
// for the prompt and for each character; a gradient check Checked for each tensor, then Verdict. Each may end in Failure instead;
// a training that stopped early gives Done and then, where something failed,
// Failure.
type Event struct {
	Start    *Start    `json:"start,omitempty"`
	Progress *Progress `json:"progress,omitempty"`
	Epoch    *Epoch    `json:"epoch,omitempty"`
	Done     *Done     `json:"done,omitempty"`
	Score    *Score    `json:"score,omitempty"`
	Row      *Row      `json:"row,omitempty"`
	Written  *Written  `json:"written,omitempty"`
	Text     string    `json:"text,omitempty"`
	Checked  *Checked  `json:"checked,omitempty"`
	Verdict  *Verdict  `json:"verdict,omitempty"`
	Failure  *Failure  `json:"failure,omitempty"`
}

// Start says what is about to be trained.
type Start struct {
	Model     string `json:"model"`
	TrainRows int    `json:"train_rows"`
	TestRows  int    `json:"test_rows"` // 0 where nothing is held out
	Epochs    int    `json:"epochs"`
	Batch     int    `json:"batch"`
	Seed      uint64 `json:"seed"`
}

// Progress is where training is, at most twenty times a second.
type Progress struct {
	Epoch  int    `json:"epoch"` // from 1
	Epochs int    `json:"epochs"`
	Step   int    `json:"step"` // of the epoch, from 1
	Steps  int    `json:"steps"`
	Loss   Number `json:"loss"` // mean over the epoch's rows so far
	Rate   Number `json:"rate"` // rows a second
}

// Epoch is what an epoch gave: a line of the log.
type Epoch struct {
	Epoch    int     `json:"epoch"` // from 1
	Step     int     `json:"step"`  // steps done since training began
	Loss     Number  `json:"loss"`  // on the training rows, while they were trained on
	LR       Number  `json:"lr"`
	TestLoss *Number `json:"test_loss,omitempty"` // on the held-out rows
	Metrics  Metrics `json:"metrics,omitempty"`   // on the held-out rows, or on the training rows where there are none
	Seconds  Number  `json:"seconds"`
	Best     bool    `json:"best,omitempty"` // so far
}

// Done ends a training, and its log.
type Done struct {
	Done    bool   `json:"done"`              // true
	Stopped string `json:"stopped,omitempty"` // why training ended early: canceled, diverged or failed
	Epochs  int    `json:"epochs"`            // finished
	Steps   int    `json:"steps"`
	Best    int    `json:"best,omitempty"` // the number of the best epoch
	Weights string `json:"weights"`        // where they are; "" where nothing was trained, and none were written
	Seconds Number `json:"seconds"`
}

// Score is what an evaluation measured.
type Score struct {
	Loss    Number  `json:"loss"`
	Metrics Metrics `json:"metrics"`
	Rows    int     `json:"rows"`
}

// Row is a predicted row.
type Row struct {
	Row     int      `json:"row"` // from 0
	Outputs []Answer `json:"outputs"`
}

// Answer is an output of a row.
type Answer struct {
	Name   string   `json:"name,omitempty"`
	Values []Number `json:"values"`
	// Class and Probability are set where the output gives probabilities of
	// classes: the likeliest, by name where it has one.
	Class       string  `json:"class,omitempty"`
	Probability *Number `json:"probability,omitempty"`
	// Classes is set in place of both where there is a class a step.
	Classes []string `json:"classes,omitempty"`
}

// Written says that a file of predictions is complete.
type Written struct {
	Path string `json:"path"`
	Rows int    `json:"rows"`
}

// Checked is a tensor's part of a gradient check.
type Checked struct {
	Name       string `json:"name"`
	Size       int    `json:"size"`
	Elements   int    `json:"elements"`   // checked one by one
	Directions int    `json:"directions"` // random directions checked beside
	Redrawn    int    `json:"redrawn"`    // of these, how many crossed a kink and were drawn again
	Unchecked  int    `json:"unchecked"`  // of these, how many crossed one at every point drawn
	Error      Number `json:"error"`      // the largest relative error
	Worst      int    `json:"worst"`      // the element it is at; -1: a direction
	Gradient   Number `json:"gradient"`   // there, by the backward pass
	Difference Number `json:"difference"` // there, by differences of the objective
}

// Verdict ends a gradient check.
type Verdict struct {
	OK     bool   `json:"ok"`
	Error  Number `json:"error"` // the largest relative error
	Bound  Number `json:"bound"` // what it may be
	Points int    `json:"points"`
}

// Failure says why a job was not done.
type Failure struct {
	Message string `json:"message"`
	Code    int    `json:"code"` // the program's exit code
}

// Number is a number that JSON can always carry: what is not finite is one of
// the strings "NaN", "+Inf" and "-Inf".
type Number float64

// MarshalJSON writes a number or one of the three strings.
func (n Number) MarshalJSON() ([]byte, error) {
	f := float64(n)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte(strconv.Quote(strconv.FormatFloat(f, 'g', -1, 64))), nil
	}
	return json.Marshal(f)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (n *Number) UnmarshalJSON(b []byte) error {
	f, err := strconv.ParseFloat(string(bytes.Trim(b, `"`)), 64)
	*n = Number(f)
	return err
}

// Metrics are measured values in the order of the file; in JSON an object, in
// that order.
type Metrics []Metric

// Metric is a measured value.
type Metric struct {
	Name   string
	Value  Number
	Matrix [][]int // a confusion's counts, [label][prediction], in place of a value
}

// MarshalJSON writes {"accuracy":0.93,"confusion":[[1,0],[0,1]]}.
func (m Metrics) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, x := range m {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(x.Name)
		if err != nil {
			return nil, err
		}
		var v any = x.Value
		if x.Matrix != nil {
			v = x.Matrix
		}
		value, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads what MarshalJSON writes, in its order.
func (m *Metrics) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if _, err := d.Token(); err != nil { // the opening brace
		return err
	}
	*m = nil
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		x := Metric{Name: fmt.Sprint(name)}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		var into any = &x.Value
		if value[0] == '[' {
			into = &x.Matrix
		}
		if err := json.Unmarshal(value, into); err != nil {
			return err
		}
		*m = append(*m, x)
	}
	return nil
}

// metrics converts what the runtime measured.
func metrics(values []rt.MetricValue) Metrics {
	m := make(Metrics, len(values))
	for i, v := range values {
		m[i] = Metric{Name: v.Name, Value: Number(v.Value), Matrix: v.Matrix}
	}
	return m
}

// sink writes events. It keeps the first error of its writer: the reader has
// gone, and there is nobody left to tell.
type sink struct {
	enc  *json.Encoder
	err  error
	last time.Time // of the last Progress
}

func newSink(w io.Writer) *sink { return &sink{enc: json.NewEncoder(w)} }

func (s *sink) send(e Event) {
	if s.err == nil {
		s.err = s.enc.Encode(e)
	}
}

// progressEvery is the least time between two Progress events.
const progressEvery = 50 * time.Millisecond

// step sends a Progress, unless one was sent a moment ago.
func (s *sink) step(p rt.Progress) {
	now := time.Now()
	if now.Sub(s.last) < progressEvery {
		return
	}
	s.last = now
	var rate float64
	if p.Seconds > 0 {
		rate = float64(p.Rows) / p.Seconds
	}
	s.send(Event{Progress: &Progress{Epoch: p.Epoch, Epochs: p.Epochs, Step: p.Step, Steps: p.Steps, Loss: Number(p.Loss), Rate: Number(rate)}})
}

// epoch sends an Epoch.
func (s *sink) epoch(r rt.EpochReport) {
	e := &Epoch{Epoch: r.Epoch, Step: r.Step, Loss: Number(r.Loss), LR: Number(r.LR), Metrics: metrics(r.Metrics), Seconds: Number(r.Seconds), Best: r.Best}
	if r.Watched == "test" {
		loss := Number(r.TestLoss)
		e.TestLoss = &loss
	}
	s.send(Event{Epoch: e})
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/runtime/data"
	"github.com/nnc-lang/nnc/runtime/data/digits"
	"github.com/nnc-lang/nnc/runtime/data/iris"
)

var summaryCommand = &command{
	name:    "summary",
	usage:   "x.nn [flags]",
	summary: "list layers, shapes, parameters and costs",
	about: `A layer's cost is that of one row: multiply-adds, and the bytes read and
written, forward and backward.`,
	example: "nnc summary mnist.nn",
	setup: func(f *flags) func(*env, []string) error {
		c := &summarising{}
		c.model.declare(f)
		f.BoolVar(&c.json, "json", false, "print one JSON object")
		return c.run
	},
}

type summarising struct {
	model modelFlags
	json  bool
}

// summary is what summary -json prints.
type summary struct {
	Model           string         `json:"model"`
	Layers          []summaryLayer `json:"layers"`
	Params          int            `json:"params"` // trained
	Frozen          int            `json:"frozen"`
	Theta           int            `json:"theta"` // the length of the parameter vector
	Forward         summaryCost    `json:"forward"`
	Backward        summaryCost    `json:"backward"`
	Batch           int            `json:"batch,omitempty"`
	TrainRows       int            `json:"train_rows,omitempty"`
	UpdatesPerEpoch int            `json:"updates_per_epoch,omitempty"` // 0 where the rows are not known
	NoRows          string         `json:"no_rows,omitempty"`           // why they are not
	PredictBytes    int            `json:"predict_bytes"`               // planned memory of a prediction of one row, with the weights
	TrainBytes      int            `json:"train_bytes,omitempty"`       // of training at the file's batch size
}

type summaryLayer struct {
	Name     string      `json:"name"`
	Text     string      `json:"text"`
	Out      []int       `json:"out"`
	Params   int         `json:"params"`
	Frozen   int         `json:"frozen,omitempty"`
	Forward  summaryCost `json:"forward"`
	Backward summaryCost `json:"backward"`
}

type summaryCost struct {
	MACs  int `json:"macs"`
	Bytes int `json:"bytes"`
}

func (c *summaryCost) add(d ir.Cost) {
	c.MACs += d.MACs
	c.Bytes += d.Bytes
}

func (c *summarising) run(e *env, args []string) error {
	s, o, err := c.model.read(args)
	if err != nil {
		return err
	}
	plan, err := s.compile(e, o)
	if err != nil {
		return err
	}
	sum := summarise(s, plan)
	if c.json {
		return json.NewEncoder(e.stdout).Encode(sum)
	}
	sum.show(e, plan.Train != nil)
	return nil
}

func summarise(s *source, p *ir.Plan) *summary {
	sum := &summary{Model: p.Name, Theta: p.Theta, Layers: []summaryLayer{}}
	for _, l := range p.Layers {
		row := summaryLayer{Name: l.Name, Text: l.Text, Out: slices.Concat([]int{}, l.Out), Params: l.Params, Frozen: l.Frozen,
			Forward: summaryCost(l.Forward), Backward: summaryCost(l.Backward)}
		sum.Layers = append(sum.Layers, row)
		sum.Params += l.Params
		sum.Frozen += l.Frozen
		sum.Forward.add(l.Forward)
		sum.Backward.add(l.Backward)
	}
	const number = 4 // bytes of a float32 and of an int32
	weights := number * (p.Theta + p.Fixed)
	space := func(s *ir.Space, batch int) int {
		n := (s.Row+s.Ints)*batch + s.Whole + s.State
		if s.Grad {
			n += p.Theta
		}
		return weights + number*n
	}
	sum.PredictBytes = space(p.Predict, 1)
	if p.Train == nil {
		return sum
	}
	sum.Batch = p.Settings.Batch
	sum.TrainBytes = space(p.Train, sum.Batch)
	rows, err := trainRows(s, p)
	switch {
	case err != nil:
		sum.NoRows = err.Error()
	case p.Settings.DropLast:
		sum.TrainRows, sum.UpdatesPerEpoch = rows, rows/sum.Batch
	default:
		sum.TrainRows, sum.UpdatesPerEpoch = rows, (rows+sum.Batch-1)/sum.Batch
	}
	return sum
}

// trainRows counts the rows to train on. A set that is fetched need not be here:
// its rows are known.
func trainRows(s *source, p *ir.Plan) (int, error) {
	if p.Data == nil {
		return 0, errors.New("there is no data item")
	}
	d := (&dataFlags{}).spec(s, p)
	for _, info := range data.Builtin() {
		if info.Name == d.Kind && !info.Embedded {
			return info.Rows, nil
		}
	}
	var ports []data.Port
	for _, port := range slices.Concat(p.Inputs, p.Targets) {
		ports = append(ports, data.Port{Name: port.Name, Shape: port.Shape, Classes: port.Classes, Target: port.Target})
	}
	train, _, err := data.Open(*d, "", ports, digits.Set, iris.Set)
	if err != nil {
		return 0, err
	}
	return train.Len(), nil
}

func (s *summary) show(e *env, trains bool) {
	head := []string{"layer", "output", "params", "macs", "bytes"}
	if trains {
		head = append(head, "macs back", "bytes")
	}
	table := [][]string{head}
	row := func(name, out, params string, f, b summaryCost) {
		line := []string{name, out, params, grouped(f.MACs), grouped(f.Bytes)}
		if trains {
			line = append(line, grouped(b.MACs), grouped(b.Bytes))
		}
		table = append(table, line)
	}
	for _, l := range s.Layers {
		params := grouped(l.Params)
		if l.Frozen > 0 {
			params += " + " + grouped(l.Frozen) + " frozen"
		}
		row(l.Name, ir.ShapeText(l.Out), params, l.Forward, l.Backward)
	}
	params := grouped(s.Params)
	if s.Frozen > 0 {
		params += " + " + grouped(s.Frozen) + " frozen"
	}
	row("total", "", params, s.Forward, s.Backward)
	w := e.stdout
	fmt.Fprintf(w, "%s\n\n", s.Model)
	width, is := terminal(w)
	for is && len(table[0]) > 3 && gridWidth(table) > width { // the rightmost columns matter least
		for i := range table {
			table[i] = table[i][:len(table[i])-1]
		}
	}
	grid(w, table, 2)
	fmt.Fprintln(w)

	facts := [][]string{{"length of θ", grouped(s.Theta)}}
	if trains {
		updates := grouped(s.UpdatesPerEpoch) + fmt.Sprintf(" (%s in batches of %d)", count(s.TrainRows, "row"), s.Batch)
		if s.NoRows != "" {
			updates = "not known: " + s.NoRows
		}
		facts = append(facts, []string{"updates an epoch", updates}, []string{"planned memory, training", size(s.TrainBytes)})
	}
	facts = append(facts, []string{"planned memory, predicting a row", size(s.PredictBytes)})
	grid(w, facts, 2)
}

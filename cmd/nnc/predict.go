package main

import (
	"cmp"
	"fmt"
	"go/token"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
	"github.com/nnc-lang/nnc/runtime/data"
	"github.com/nnc-lang/nnc/runtime/program"
)

var predictCommand = &command{
	name:    "predict",
	usage:   "x.nn -input FILE [flags]",
	summary: "use a trained network on new rows",
	about: `An input is an npy, csv, idx, PNG or JPEG file, or "-", csv on standard input. A
csv has the columns that the data item names, in any order and beside others.
Where the data item is text, what is no npy or idx is a text. The outputs are
shown as a table, or written by -output: npy holds them as they are, csv and
json the class too. The weights are those of x.safetensors beside x.nn.`,
	example: "nnc predict iris.nn -input flowers.csv\nnnc predict iris.nn -input flowers.csv -output classes.csv",
	setup: func(f *flags) func(*env, []string) error {
		p := &prediction{batch: optional{least: 1}}
		p.model.declare(f)
		f.Var(&p.inputs, "input", "the rows of an input: `[port=]FILE`")
		f.Var(&p.outputs, "output", "write an output to `[name=]FILE`, .npy, .csv or .json")
		f.StringVar(&p.weights, "weights", "", "the `FILE` of the weights")
		f.Var(&p.batch, "batch", "`N` rows at a time")
		return p.run
	},
}

type prediction struct {
	model           modelFlags
	inputs, outputs list
	weights         string
	batch           optional
}

func (p *prediction) run(e *env, args []string) error {
	s, o, err := p.model.read(args)
	if err != nil {
		return err
	}
	weights, err := s.weights(p.weights)
	if err != nil {
		return err
	}
	o.Infer = true
	plan, err := s.compileFor(e, o, weights)
	if err != nil {
		return err
	}
	job := program.Job{Do: "predict", Batch: p.batch.value}
	if job.Inputs, err = p.inputFiles(s, plan); err != nil {
		return err
	}
	if job.Outputs, err = p.outputFiles(plan); err != nil {
		return err
	}
	if err := s.trained(plan, weights); err != nil {
		return err
	}
	if len(plan.Params) > 0 {
		job.Weights = weights
	}
	table := newPredictionTable(e.stdout)
	err = e.do(plan, job, func(event program.Event) error {
		switch {
		case event.Row != nil:
			table.add(event.Row)
		case event.Written != nil:
			fmt.Fprintf(e.stdout, "%s: %s\n", event.Written.Path, count(event.Written.Rows, "row"))
		}
		return nil
	})
	table.flush()
	return err
}

// inputFiles gives each input its file.
func (p *prediction) inputFiles(s *source, plan *ir.Plan) ([]program.InputFile, error) {
	var names []string
	for _, in := range plan.Inputs {
		names = append(names, in.Name)
	}
	named, err := assign("input", p.inputs, names)
	if err != nil {
		return nil, err
	}
	// The columns of a csv have the names that the data item has for them.
	var bind []data.Binding
	if plan.Data != nil && plan.Data.Kind == "csv" {
		bind = spec(plan.Data, "", "").Bind
	}
	var files []program.InputFile
	for _, name := range names {
		i := slices.IndexFunc(named, func(n [2]string) bool { return n[0] == name })
		if i < 0 {
			return nil, usagef("input %s has no rows: nnc predict %s%s", name, s.path, inputsWanted(plan))
		}
		text := plan.Data != nil && plan.Data.Kind == "text"
		files = append(files, program.InputFile{Port: name, Path: named[i][1], Bind: bind, Text: text})
	}
	for i, f := range files {
		for _, g := range files[:i] {
			if f.Path == "-" && g.Path == "-" {
				return nil, usagef("standard input can give one input only, not %s and %s", g.Port, f.Port)
			}
		}
	}
	return files, nil
}

// outputFiles gives the files their outputs.
func (p *prediction) outputFiles(plan *ir.Plan) ([]program.OutputFile, error) {
	var names []string
	for _, out := range plan.Outputs {
		names = append(names, cmp.Or(out.Name, anOutput))
	}
	named, err := assign("output", p.outputs, names)
	if err != nil {
		return nil, err
	}
	var files []program.OutputFile
	for _, n := range named {
		if ext := filepath.Ext(n[1]); ext != ".npy" && ext != ".csv" && ext != ".json" {
			return nil, usagef("-output %s: predictions are written as .npy, .csv or .json", n[1])
		}
		i := slices.Index(names, n[0])
		files = append(files, program.OutputFile{Name: plan.Outputs[i].Name, Path: n[1]})
	}
	return files, nil
}

// anOutput is what the only output is called that has no name.
const anOutput = "output"

// assign splits [name=]FILE; without a name, FILE belongs to the only one. What
// stands before = is a name where it looks like one: ./a=b.csv is a file.
func assign(what string, given, names []string) ([][2]string, error) {
	var pairs [][2]string
	for _, g := range given {
		name, file, found := strings.Cut(g, "=")
		switch {
		case found && slices.Contains(names, name):
		case len(names) == 1 && !(found && token.IsIdentifier(name)):
			name, file = names[0], g
		case found:
			if s := diag.Suggest(name, names); s != "" {
				return nil, usagef("-%s %s: there is no %s %s: did you mean %s?", what, g, what, name, s)
			}
			are := "there are"
			if len(names) == 1 {
				are = "there is"
			}
			return nil, usagef("-%s %s: there is no %s %s; %s %s", what, g, what, name, are, strings.Join(names, ", "))
		default:
			return nil, usagef("-%s %s: say which %s it is, as %s=%s; there are %s", what, g, what, names[0], g, strings.Join(names, ", "))
		}
		if file == "" {
			return nil, usagef("-%s %s: a file is missing", what, g)
		}
		if what == "input" && slices.ContainsFunc(pairs, func(p [2]string) bool { return p[0] == name }) {
			return nil, usagef("-%s %s: %s has a file already", what, g, name)
		}
		pairs = append(pairs, [2]string{name, file})
	}
	return pairs, nil
}

// A predictionTable shows predicted rows. It lays out a number of rows at a time,
// so that the first are seen before the last are there.
type predictionTable struct {
	w     io.Writer
	width int // 0: as wide as it takes
	rows  [][]string
	head  bool
}

// tableBlock is how many rows are laid out at a time.
const tableBlock = 200

func newPredictionTable(w io.Writer) *predictionTable {
	width, _ := terminal(w)
	return &predictionTable{w: w, width: width}
}

func (t *predictionTable) add(r *program.Row) {
	if !t.head {
		t.head = true
		t.rows = append(t.rows, t.header(r))
	}
	line := []string{strconv.Itoa(r.Row)}
	for _, a := range r.Outputs {
		if a.Class != "" {
			line = append(line, a.Class, number(*a.Probability))
		}
		if len(a.Classes) > 0 {
			line = append(line, sequence(a.Classes))
		}
		values, more := t.values(r, a)
		for _, v := range values {
			line = append(line, number(v))
		}
		if more {
			line = append(line, "…")
		}
	}
	if t.rows = append(t.rows, line); len(t.rows) >= tableBlock {
		t.flush()
	}
}

// header names the columns of a row.
func (t *predictionTable) header(r *program.Row) []string {
	line := []string{"row"}
	for _, a := range r.Outputs {
		name := cmp.Or(a.Name, anOutput)
		if a.Class != "" {
			line = append(line, "class", "p(class)")
		}
		if len(a.Classes) > 0 {
			line = append(line, "classes")
		}
		values, more := t.values(r, a)
		for i := range values {
			if len(a.Values) == 1 {
				line = append(line, name)
			} else {
				line = append(line, fmt.Sprintf("%s[%d]", name, i))
			}
		}
		if more {
			line = append(line, "")
		}
	}
	return line
}

// values are as many of an output's values as the terminal has room for beside
// the others.
func (t *predictionTable) values(r *program.Row, a program.Answer) (v []program.Number, more bool) {
	if t.width == 0 {
		return a.Values, false
	}
	const row, class, value = 6, 24, 11
	room := t.width - row
	for _, o := range r.Outputs {
		if o.Class != "" {
			room -= class
		}
		if len(o.Classes) > 0 {
			room -= len(sequence(o.Classes)) + 2
		}
	}
	n := max(0, room/(value*len(r.Outputs)))
	if a.Class == "" && len(a.Classes) == 0 {
		n = max(1, n)
	}
	if n >= len(a.Values) {
		return a.Values, false
	}
	return a.Values[:n], n > 0
}

// sequence writes classes side by side, in quotes those that are no words: a
// text's line break must not end a line of the table.
func sequence(classes []string) string {
	shown := make([]string, len(classes))
	for i, c := range classes {
		shown[i] = c
		if strings.ContainsFunc(c, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
			shown[i] = strconv.Quote(c)
		}
	}
	return strings.Join(shown, " ")
}

func (t *predictionTable) flush() {
	grid(t.w, t.rows, 0)
	t.rows = nil
}

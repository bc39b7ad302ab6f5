package program

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"

	rt "github.com/nnc-lang/nnc/runtime"
	"github.com/nnc-lang/nnc/runtime/atomicfile"
	"github.com/nnc-lang/nnc/runtime/data"
)

// predictBatch is how many rows are predicted at a time where nothing is said.
const predictBatch = 256

// predict reads a file an input, and gives the outputs as files or as events.
func (p *program[F]) predict(ctx context.Context) error {
	m, err := p.model()
	if err != nil {
		return err
	}
	// Standard input may be a terminal, at which nobody types.
	sets, err := until(ctx, func() ([]*data.Set, error) { return p.inputs(m) })
	if err != nil {
		return err
	}
	rows := sets[0].Len()
	out := make([][]F, len(p.net.Outputs))
	for i, o := range p.net.Outputs {
		out[i] = make([]F, rows*o.size())
	}
	if err := p.batches(ctx, m, sets, out); err != nil {
		return err
	}

	tables := make([]*table[F], len(out))
	for i, o := range p.net.Outputs {
		tables[i] = &table[F]{Output: o, values: out[i], rows: rows}
		if o.Target != "" {
			tables[i].labels = m.Labels(o.Target)
		}
	}
	if len(p.job.Outputs) == 0 {
		for r := range rows {
			row := &Row{Row: r}
			for _, t := range tables {
				row.Outputs = append(row.Outputs, t.answer(r))
			}
			p.out.send(Event{Row: row})
		}
		return p.out.err
	}
	for _, file := range p.job.Outputs {
		for _, t := range tables {
			if t.Name != file.Name {
				continue
			}
			if err := t.write(file.Path); err != nil {
				return err
			}
			p.out.send(Event{Written: &Written{Path: file.Path, Rows: rows}})
		}
	}
	return nil
}

// inputs reads the job's files, a set for each input port, all of one length.
func (p *program[F]) inputs(m Model[F]) ([]*data.Set, error) {
	sets := make([]*data.Set, len(p.net.Inputs))
	var first InputFile
	for i, port := range p.ports(m, p.net.Inputs) {
		for _, file := range p.job.Inputs {
			if file.Port != port.Name {
				continue
			}
			read := func() (*data.Set, error) { return data.ReadInput(file.Path, port, file.Bind...) }
			if file.Text {
				read = func() (*data.Set, error) { return data.ReadInputText(file.Path, port) }
			}
			set, err := read()
			if err != nil {
				return nil, err
			}
			sets[i] = set
			if i == 0 {
				first = file
			} else if set.Len() != sets[0].Len() {
				return nil, fmt.Errorf("%s has %d rows for input %s, but %s has %d for input %s",
					file.Path, set.Len(), port.Name, first.Path, sets[0].Len(), first.Port)
			}
		}
		if sets[i] == nil {
			return nil, internal("no file for input " + port.Name)
		}
	}
	return sets, nil
}

// batches predicts all rows of the sets into out.
func (p *program[F]) batches(ctx context.Context, m Model[F], sets []*data.Set, out [][]F) error {
	rows, batch := sets[0].Len(), predictBatch
	if p.job.Batch != nil {
		batch = *p.job.Batch
	}
	batch = min(batch, max(1, rows))
	floats, labels := make([][]F, len(sets)), make([][]int32, len(sets))
	for i, port := range p.net.Inputs {
		if port.Classes > 0 {
			labels[i] = make([]int32, batch*port.Size())
		} else {
			floats[i] = make([]F, batch*port.Size())
		}
	}
	index := make([]int, batch)
	part := make([][]F, len(out))
	x, y := make([][]F, len(sets)), make([][]int32, len(sets))
	for lo := 0; lo < rows; lo += batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(batch, rows-lo)
		for i := range n {
			index[i] = lo + i
		}
		for i, set := range sets {
			size := p.net.Inputs[i].Size()
			var err error
			if labels[i] != nil {
				y[i] = labels[i][:n*size]
				err = data.ReadLabels(set, 0, y[i], index[:n])
			} else {
				x[i] = floats[i][:n*size]
				err = data.Read(set, 0, x[i], index[:n])
			}
			if err != nil {
				return err
			}
		}
		for i, o := range p.net.Outputs {
			part[i] = out[i][lo*o.size() : (lo+n)*o.size()]
		}
		if err := m.Predict(part, x, y, n); err != nil {
			return err
		}
	}
	return nil
}

// table is an output's predictions.
type table[F rt.Float] struct {
	Output
	values []F // (rows, size)
	labels []string
	rows   int
}

// row is the values of a row.
func (t *table[F]) row(r int) []F { return t.values[r*t.size() : (r+1)*t.size()] }

// classes is how many classes a row names: one, or one a step of a sequence; 0
// where the values are no probabilities of classes. A class is read from a value
// for each of them, or from one that says how likely class 1 of two is.
func (t *table[F]) classes() int {
	if t.Classes == 0 || len(t.Shape) == 0 {
		return 0
	}
	switch last := t.Shape[len(t.Shape)-1]; {
	case last == t.Classes, last == 1 && t.Classes == 2:
		return t.size() / last
	}
	return 0
}

// class is the likeliest class of step k of a row, and its probability.
func (t *table[F]) class(r, k int) (name string, probability F) {
	size := t.size() / t.classes()
	class, p := rt.Class(t.row(r)[k*size : (k+1)*size])
	return t.label(class), p
}

// label is the name of a class, or its number.
func (t *table[F]) label(class int) string {
	if class < len(t.labels) {
		return t.labels[class]
	}
	return strconv.Itoa(class)
}

// answer is a row as an event.
func (t *table[F]) answer(r int) Answer {
	a := Answer{Name: t.Name, Values: []Number{}}
	for _, v := range t.row(r) {
		a.Values = append(a.Values, Number(v))
	}
	switch n := t.classes(); n {
	case 0:
	case 1:
		class, p := t.class(r, 0)
		probability := Number(p)
		a.Class, a.Probability = class, &probability
	default:
		for k := range n {
			class, _ := t.class(r, k)
			a.Classes = append(a.Classes, class)
		}
	}
	return a
}

// write writes the table to a file, whole or not at all.
func (t *table[F]) write(path string) error {
	var format func(w io.Writer) error
	switch ext := filepath.Ext(path); ext {
	case ".npy":
		format = func(w io.Writer) error { return data.WriteNPY(w, append([]int{t.rows}, t.Shape...), t.values) }
	case ".csv":
		format = t.csv
	case ".json":
		format = t.json
	default:
		return fmt.Errorf("%s: predictions are written as .npy, .csv or .json, not %q", path, ext)
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		b := bufio.NewWriter(w)
		if err := format(b); err != nil {
			return err
		}
		return b.Flush()
	})
}

// csv writes a header, then a line a row: the class where there is one, or one a
// step, and the values, each column named by its class, or by the output and its
// place.
func (t *table[F]) csv(w io.Writer) error {
	c := csv.NewWriter(w)
	name := t.Name
	if name == "" {
		name = "output"
	}
	var line []string
	classes := t.classes()
	for k := range classes {
		if classes == 1 {
			line = append(line, "class")
		} else {
			line = append(line, fmt.Sprintf("class_%d", k))
		}
	}
	for i := range t.size() {
		switch {
		case t.size() == 1:
			line = append(line, name)
		case classes == 1:
			line = append(line, t.label(i))
		default:
			line = append(line, fmt.Sprintf("%s_%d", name, i))
		}
	}
	if err := c.Write(line); err != nil {
		return err
	}
	for r := range t.rows {
		line = line[:0]
		for k := range classes {
			class, _ := t.class(r, k)
			line = append(line, class)
		}
		for _, v := range t.row(r) {
			line = append(line, format(v))
		}
		if err := c.Write(line); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// format writes a number with the digits that tell it from its neighbours.
func format[F rt.Float](v F) string {
	bits := 64
	if _, single := any(v).(float32); single {
		bits = 32
	}
	return strconv.FormatFloat(float64(v), 'g', -1, bits)
}

// json writes a list of objects, one a line: the class and its probability where
// there is one, lists of them where there is one a step, and the values, nested
// as their shape is.
func (t *table[F]) json(w io.Writer) error {
	for r := range t.rows {
		object := struct {
			Class         string          `json:"class,omitempty"`
			Probability   json.RawMessage `json:"probability,omitempty"`
			Classes       []string        `json:"classes,omitempty"`
			Probabilities json.RawMessage `json:"probabilities,omitempty"`
			Output        json.RawMessage `json:"output"`
		}{Output: nest(t.row(r), t.Shape)}
		n := t.classes()
		classes, probabilities := make([]string, n), make([]F, n)
		for k := range n {
			classes[k], probabilities[k] = t.class(r, k)
		}
		switch n {
		case 0:
		case 1:
			object.Class, object.Probability = classes[0], nest(probabilities, nil)
		default:
			object.Classes, object.Probabilities = classes, nest(probabilities, []int{n})
		}
		line, err := json.Marshal(object)
		if err != nil {
			return err
		}
		lead := ",\n "
		if r == 0 {
			lead = "[\n "
		}
		if _, err := fmt.Fprintf(w, "%s%s", lead, line); err != nil {
			return err
		}
	}
	end := "\n]\n"
	if t.rows == 0 {
		end = "[]\n"
	}
	_, err := io.WriteString(w, end)
	return err
}

// nest writes values of a shape as nested lists; null is a number that is not
// finite, which JSON does not have.
func nest[F rt.Float](v []F, shape []int) []byte {
	if len(shape) == 0 {
		if !finite(float64(v[0])) {
			return []byte("null")
		}
		return []byte(format(v[0]))
	}
	b := []byte{'['}
	part := len(v) / shape[0]
	for i := range shape[0] {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, nest(v[i*part:(i+1)*part], shape[1:])...)
	}
	return append(b, ']')
}

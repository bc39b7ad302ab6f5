package data

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// loadCSV reads a csv file, which may be packed by gzip.
func (o *opener) loadCSV(s *Spec, like *Set) (*Set, error) {
	path := o.path(s.Path)
	f, _, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readCSV(f, path, s, o.ports, like)
}

// readCSV reads comma-separated values (RFC 4180) below a header row. Of the
// file's columns only those are looked at that a port is bound to; the one
// input without a binding gets all others. A gap (nothing, NA, NaN or ?) is an
// error, drops its row, or is left as NaN for fillGaps, as s.Missing says.
//
// Labels are the sorted words of a class port's columns: by value where all are
// numbers, else by bytes. Where a target's columns have one number more than it
// has classes and the least is -1, that one marks what is to be ignored. The
// training set's labels (like) and those that a weight file fixed (Port.Labels)
// go before.
func readCSV(r io.Reader, file string, s *Spec, ports []Port, like *Set) (*Set, error) {
	b, err := gunzip(r, file)
	if err != nil {
		return nil, err
	}
	if err := skipBOM(b, file); err != nil {
		return nil, err
	}
	in := csv.NewReader(b)
	in.ReuseRecord = true
	in.FieldsPerRecord = -1 // a ragged row is told by us, with the header's count
	record, err := in.Read()
	if err == io.EOF {
		return nil, fault(file, "", "is empty: a header row and rows are wanted")
	} else if err != nil {
		return nil, csvError(file, err)
	}
	header, err := readHeader(record, file)
	if err != nil {
		return nil, err
	}
	bound, err := bindColumns(header, file, s, ports, like)
	if err != nil {
		return nil, err
	}

	cols := make([]column, len(ports))
	codes := make([]coder, len(ports))
	for i, p := range ports {
		names := make([]string, len(bound[i]))
		for k, c := range bound[i] {
			names[k] = header[c]
		}
		cols[i] = column{width: len(names), origin: origin{file: file, names: names}}
		if p.Classes > 0 {
			codes[i] = newCoder(p, like, i)
		}
	}
	all := slices.Concat(bound...)
	var lines []int
	for {
		record, err := in.Read()
		if err == io.EOF {
			break
		} else if err != nil {
			return nil, csvError(file, err)
		}
		line, _ := in.FieldPos(0)
		if len(record) != len(header) {
			return nil, &Error{File: file, Line: line, Message: fmt.Sprintf("has %s, but the header has %d", count(len(record), "field"), len(header))}
		}
		if s.Missing == "drop" && slices.ContainsFunc(all, func(c int) bool { return gap(record[c]) }) {
			continue
		}
		lines = append(lines, line)
		for i, p := range ports {
			for _, c := range bound[i] {
				if err := cols[i].addField(record[c], p, &codes[i], s.Missing); err != nil {
					line, at := in.FieldPos(c)
					return nil, &Error{File: file, Line: line, Column: at, Name: "column " + header[c], Message: err.Error()}
				}
			}
		}
	}
	if len(lines) == 0 {
		if s.Missing == "drop" {
			return nil, fault(file, "", "has no row without a gap")
		}
		return nil, fault(file, "", "has no rows below its header")
	}
	for i, p := range ports {
		cols[i].origin.lines = lines
		if p.Classes > 0 {
			if err := codes[i].number(p, &cols[i]); err != nil {
				return nil, err
			}
		}
	}
	return newSet(ports, cols, len(lines)), nil
}

// addField appends the value of a field: a number, NaN for a gap that is to be
// filled, or the code of a label.
func (c *column) addField(field string, p Port, codes *coder, missing string) error {
	text := strings.TrimSpace(field)
	if gap(text) {
		switch {
		case missing != "mean":
			return fmt.Errorf("a gap (%q); missing: mean or missing: drop says what to do about it", text)
		case p.Target || p.Classes > 0:
			return fmt.Errorf("a gap (%q); missing: mean fills numbers of an input only, missing: drop leaves such rows out", text)
		}
		c.f64 = append(c.f64, math.NaN())
		return nil
	}
	if p.Classes > 0 {
		if !utf8.ValidString(text) {
			return fmt.Errorf("%.60q is not UTF-8", text)
		}
		code, err := codes.add(text)
		c.class = append(c.class, code)
		return err
	}
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return fmt.Errorf("%.60s is too large for a float64", text)
	case err != nil:
		return fmt.Errorf("%.60q is not a number", text)
	case math.IsInf(v, 0):
		return fmt.Errorf("%.60s is not a finite number", text)
	}
	c.f64 = append(c.f64, v)
	return nil
}

// gap tells whether a field says that its value is not known.
func gap(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "", "na", "nan", "?":
		return true
	}
	return false
}

// skipBOM reads over the byte order mark that some editors write, and refuses
// UTF-16.
func skipBOM(b *bufio.Reader, file string) error {
	if mark, _ := b.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
		b.Discard(len(byteOrderMark))
	}
	if mark, _ := b.Peek(2); string(mark) == "\xff\xfe" || string(mark) == "\xfe\xff" {
		return fault(file, "", "is UTF-16; save it as UTF-8")
	}
	return nil
}

// csvError is encoding/csv's error with its place.
func csvError(file string, err error) error {
	if p, ok := errors.AsType[*csv.ParseError](err); ok {
		return &Error{File: file, Line: p.Line, Column: p.Column, Message: p.Err.Error()}
	}
	return contentError(file, err)
}

// readHeader copies the column names out of the first row.
func readHeader(record []string, file string) ([]string, error) {
	header := make([]string, len(record))
	seen := make(map[string]bool, len(record))
	numbers := 0
	for i, name := range record {
		header[i] = strings.TrimSpace(strings.Clone(name))
		if _, err := strconv.ParseFloat(header[i], 64); err == nil {
			numbers++
		}
		if name := header[i]; name != "" && seen[name] {
			return nil, &Error{File: file, Line: 1, Message: fmt.Sprintf("two columns are called %s", name)}
		}
		seen[header[i]] = true
		switch {
		case strings.ContainsFunc(header[i], func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }):
			return nil, &Error{File: file, Line: 1, Message: fmt.Sprintf("%.20q is no name of a column: is this a csv? Arrays are npy or idx files, images PNG or JPEG", header[i])}
		case !utf8.ValidString(header[i]):
			return nil, &Error{File: file, Line: 1, Message: fmt.Sprintf("the column name %.60q is not UTF-8", header[i])}
		}
	}
	switch {
	case numbers == len(header):
		return nil, &Error{File: file, Line: 1, Message: "looks like values: the first row has to name the columns"}
	case len(header) == 1 && strings.ContainsAny(header[0], ";\t"):
		return nil, &Error{File: file, Line: 1, Message: fmt.Sprintf("is one column, %.40q: fields are separated by commas", header[0])}
	}
	return header, nil
}

// bindColumns finds the columns of every port. Where a second source does not
// name them, they are those of the training set, by name. Columns that are
// bound to none of the ports but to another, such as the target in a file to
// predict for, belong to none.
func bindColumns(header []string, file string, s *Spec, ports []Port, like *Set) ([][]int, error) {
	bound := make([][]int, len(ports))
	used := make([]bool, len(header))
	for _, b := range s.Bind {
		for _, name := range b.Columns {
			if c := slices.Index(header, name); c >= 0 {
				used[c] = true
			}
		}
	}
	rest := -1
	for i, p := range ports {
		var names []string
		if k := slices.IndexFunc(s.Bind, func(b Binding) bool { return b.Port == p.Name }); k >= 0 {
			names = s.Bind[k].Columns
		} else if like != nil && like.cols[i].origin.lines != nil {
			names = like.cols[i].origin.names
		} else if p.Target {
			return nil, fault(file, "", "which column is %s? Add %s: \"COLUMN\"; there are %s", p.describe(), p.Name, list(header))
		} else if rest >= 0 {
			return nil, fault(file, "", "%s and %s have no columns: name those of one of them at least", ports[rest].describe(), p.describe())
		} else {
			rest = i
			continue
		}
		for _, name := range names {
			c := slices.Index(header, name)
			if c < 0 {
				return nil, fault(file, "port "+p.Name, "no column is called %q%s; there are %s", name, suggest(name, header), list(header))
			}
			bound[i] = append(bound[i], c)
			used[c] = true // by the training set's name, where s does not bind it
		}
	}
	if rest >= 0 {
		for c, taken := range used {
			if !taken {
				if header[c] == "" {
					return nil, &Error{File: file, Line: 1, Message: fmt.Sprintf("column %d has no name: say by %s: [...] which columns are read", c+1, ports[rest].Name)}
				}
				bound[rest] = append(bound[rest], c)
			}
		}
	}
	for i, p := range ports {
		if len(bound[i]) == p.Size() {
			continue
		}
		names := make([]string, len(bound[i]))
		for k, c := range bound[i] {
			names[k] = header[c]
		}
		from := count(len(names), "column")
		if i == rest {
			from = "all other columns, " + from
		}
		if len(names) > 0 {
			from += " (" + list(names) + ")"
		}
		return nil, fault(file, "", "%s takes %s a row, but gets %s", p.describe(), count(p.Size(), "value"), from)
	}
	return bound, nil
}

// A coder gives each word of a class port a code in the order of appearance;
// number then sorts them into labels.
type coder struct {
	fixed  []string         // labels that are given, where not nil
	ignore bool             // -1 may stand for no label
	codes  map[string]int32 // of the words seen
	words  []string         // by code
}

func newCoder(p Port, like *Set, port int) coder {
	c := coder{codes: map[string]int32{}, fixed: p.Labels, ignore: p.Target}
	if like != nil && c.fixed == nil {
		if c.fixed = like.cols[port].labels; c.fixed == nil {
			c.fixed = digitNames(p.Classes) // the training set has numbers for labels
		}
	}
	return c
}

// digitNames are "0" to "n-1".
func digitNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}

// add is the code of a word: the label itself where labels are given.
func (c *coder) add(word string) (int32, error) {
	code, ok := c.codes[word]
	switch {
	case ok:
		return code, nil
	case c.fixed == nil:
		code = int32(len(c.words))
		word = strings.Clone(word) // the record's memory is larger
		c.words = append(c.words, word)
	default:
		code = int32(slices.IndexFunc(c.fixed, func(l string) bool { return sameLabel(l, word) }))
		if code < 0 && !(c.ignore && sameLabel(word, "-1")) {
			return 0, fmt.Errorf("%.60q is not one of the model's %d classes: %s%s", word, len(c.fixed), list(c.fixed), suggest(word, c.fixed))
		}
		word = strings.Clone(word)
	}
	c.codes[word] = code
	return code, nil
}

// sameLabel compares words, or values where both are numbers: "1.0" is the
// label "1".
func sameLabel(a, b string) bool {
	x, okX := finite(a)
	y, okY := finite(b)
	return a == b || okX && okY && x == y
}

func finite(word string) (float64, bool) {
	v, err := strconv.ParseFloat(word, 64)
	return v, err == nil && !math.IsInf(v, 0) && !math.IsNaN(v)
}

// number turns the codes in the column into labels.
func (c *coder) number(p Port, col *column) error {
	if c.fixed != nil {
		col.labels = c.fixed
		return nil
	}
	label := make([]int32, len(c.words)) // by code
	values := make([]float64, len(c.words))
	numeric := true
	for i, w := range c.words {
		v, ok := finite(w)
		values[i], numeric = v, numeric && ok
	}
	var names []string
	if numeric {
		distinct := slices.Clone(values)
		slices.Sort(distinct)
		distinct = slices.Compact(distinct)
		if c.ignore && len(distinct) == p.Classes+1 && distinct[0] == -1 {
			distinct = distinct[1:]
		}
		for _, v := range distinct {
			names = append(names, strconv.FormatFloat(v, 'g', -1, 64))
		}
		for i, v := range values {
			k, found := slices.BinarySearch(distinct, v)
			if !found {
				k = -1
			}
			label[i] = int32(k)
		}
	} else {
		names = slices.Sorted(slices.Values(c.words))
		for i, w := range c.words {
			k, _ := slices.BinarySearch(names, w)
			label[i] = int32(k)
		}
	}
	if len(names) != p.Classes {
		return fault(col.origin.file, "column "+strings.Join(col.origin.names, ", "), "has %s (%s), but %s has %d; %s",
			count(len(names), "class"), list(names), p.describe(), p.Classes, classes(len(names)))
	}
	for i, code := range col.class {
		col.class[i] = label[code]
	}
	col.labels = names
	return nil
}

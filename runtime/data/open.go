package data

import (
	"fmt"
	"io/fs"
	"math"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Open reads the data that spec describes for the given ports. Relative paths
// start at dir. sources are the embedded sets that the program carries. test is
// nil where spec holds nothing out.
//
//   - `test: share` holds out the rows that [Split] chooses; a second source is
//     held out as a whole, with the training source's classes and, where it is
//     a csv that does not name them, its columns.
//   - mnist and fashion_mnist have test rows of their own; digits and iris hold
//     out a fifth unless spec says otherwise. As a second source, a built-in
//     set gives just these rows.
//   - images reads a folder of PNG and JPEG files, a class a folder; text cuts a
//     file into rows of characters. Either is read as a whole, at once.
//   - `missing: mean` fills a gap by its column's mean over the training rows,
//     in the held-out rows too.
//
// An error is an [*Error] where the content is at fault, a [*MissingError]
// where a built-in set has to be fetched first, and the file system's own where
// a file cannot be opened.
func Open(spec Spec, dir string, ports []Port, sources ...Source) (train, test *Set, err error) {
	if err := spec.check(ports); err != nil {
		return nil, nil, err
	}
	o := &opener{dir: dir, ports: ports, sources: sources}
	whole, own, err := o.load(&spec, part{train: true, test: spec.TestSource == nil}, nil)
	if err != nil {
		return nil, nil, err
	}
	train, test = whole, own
	switch share := spec.share(); {
	case spec.TestSource != nil:
		rows, held, err := o.load(spec.TestSource, part{test: true}, whole)
		if err != nil {
			return nil, nil, err
		}
		if test = held; test == nil {
			test = rows
			if share := spec.TestSource.share(); share > 0 {
				_, held := Split(rows.Len(), share)
				test = rows.subset(held)
			}
		}
	case share > 0:
		if whole.Len() < 2 {
			return nil, nil, fault(whole.cols[0].origin.file, "", "has one row: nothing can be held out for test")
		}
		rows, held := Split(whole.Len(), share)
		train, test = whole.subset(rows), whole.subset(held)
	}
	if err := fillGaps(train, test); err != nil {
		return nil, nil, err
	}
	return train, test, nil
}

// Split chooses which of n rows (at least 2) are held out: the nearest whole
// number to n·share of them, but neither none nor all. The choice depends on n
// and share alone, never on a training seed, so that whoever measures a model
// later sees the same held-out rows. Both lists ascend.
func Split(n int, share float64) (train, held []int) {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	// Fisher and Yates' shuffle as Durstenfeld (CACM 7, 1964, Algorithm 235)
	// has it, driven by SplitMix64 (Steele, Lea and Flood, "Fast splittable
	// pseudorandom number generators", 2014): ours, so that no Go release
	// changes the choice.
	state := uint64(n) ^ math.Float64bits(share)
	for i := n - 1; i > 0; i-- {
		state += 0x9e3779b97f4a7c15
		z := state
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		j, _ := bits.Mul64(z^z>>31, uint64(i+1)) // uniform in [0, i] to within 2⁻³²
		rows[i], rows[j] = rows[j], rows[i]
	}
	k := max(1, min(n-1, int(math.Round(float64(n)*share))))
	held, train = rows[:k:k], rows[k:]
	slices.Sort(held)
	slices.Sort(train)
	return train, held
}

// share is the part of a source's own rows that is held out; 0 is none.
func (s *Spec) share() float64 {
	if info, ok := builtin(s.Kind); ok && info.Embedded && s.Test == 0 && s.TestSource == nil {
		return 0.2
	}
	return s.Test
}

// check refuses a spec whose options contradict each other, its kind or the ports.
func (s *Spec) check(ports []Port) error {
	wrong := func(format string, args ...any) error {
		return fault("", "data "+s.Kind, format, args...)
	}
	info, set := builtin(s.Kind)
	csv, arrays := s.Kind == "csv", s.Kind == "npy" || s.Kind == "idx"
	images, text := s.Kind == "images", s.Kind == "text"
	switch {
	case !set && !csv && !arrays && !images && !text:
		known := []string{"csv", "npy", "idx", "images", "text"}
		for _, b := range builtins {
			known = append(known, b.Name)
		}
		return wrong("no such kind of data%s; there are %s", suggest(s.Kind, known), strings.Join(known, ", "))
	case len(ports) == 0:
		return wrong("the model has no port to read data for")
	case csv && s.Path == "":
		return wrong(`needs a file: csv("f.csv", y: "column")`)
	case images && s.Path == "":
		return wrong(`needs a folder, which holds a folder of images for each class: images("folder")`)
	case text && s.Path == "":
		return wrong(`needs a file: text("file.txt", length: 64)`)
	case (set || arrays) && s.Path != "":
		return wrong("takes no file of its own, got %q", s.Path)
	case !csv && s.Missing != "":
		return wrong("takes no option missing: only a csv has gaps")
	case s.Missing != "" && s.Missing != "mean" && s.Missing != "drop":
		return wrong("missing is mean or drop, got %q", s.Missing)
	case !text && s.Length != 0:
		return wrong("takes no option length: only a text is cut into rows")
	case s.Length < 0:
		return wrong("length is a number of characters, got %d", s.Length)
	case text && len(s.Bind) > 0:
		return wrong("takes no argument %s: its characters go to the one input, and those that follow to the one target", s.Bind[0].Port)
	case (set || images) && len(s.Bind) > 0:
		return wrong("takes no argument %s: its rows go to the one input and its labels to the one target", s.Bind[0].Port)
	case s.Test != 0 && s.TestSource != nil:
		return wrong("test is a share or a second source, not both")
	case s.Test != 0 && !(s.Test > 0 && s.Test < 1): // NaN too
		return wrong("test is a share between 0 and 1, got %v", s.Test)
	case s.Test != 0 && set && !info.Embedded:
		return wrong("has %d test rows of its own: leave test out", info.Test)
	}
	for i, b := range s.Bind {
		if !slices.ContainsFunc(ports, func(p Port) bool { return p.Name == b.Port }) {
			names := make([]string, len(ports))
			for i, p := range ports {
				names[i] = p.Name
			}
			return wrong("the model has no port %s%s", b.Port, suggest(b.Port, names))
		}
		switch {
		case slices.ContainsFunc(s.Bind[:i], func(o Binding) bool { return o.Port == b.Port }):
			return wrong("%s is given twice", b.Port)
		case csv && (len(b.Columns) == 0 || b.File != ""):
			return wrong("%s names the columns of the file", b.Port)
		case arrays && (b.File == "" || len(b.Columns) > 0):
			return wrong("%s names one file", b.Port)
		}
	}
	if t := s.TestSource; t != nil {
		switch {
		case t.Test != 0 || t.TestSource != nil:
			return wrong("the test source holds nothing out of its own: leave its test out")
		case t.Standardize:
			return wrong("standardize belongs to the training source, whose statistics the test source uses")
		}
		return t.check(ports)
	}
	return nil
}

// An opener loads sources for the ports of a model.
type opener struct {
	dir     string
	ports   []Port
	sources []Source
}

// A part says which of a built-in set's own parts is wanted; other sources have
// one.
type part struct{ train, test bool }

// load reads one source. own is a built-in set's own test part. like is the
// training set, whose classes and columns a second source takes over; nil for
// the training set itself.
func (o *opener) load(s *Spec, p part, like *Set) (rows, own *Set, err error) {
	switch s.Kind {
	case "csv":
		rows, err = o.loadCSV(s, like)
	case "npy", "idx":
		rows, err = o.loadArrays(s)
	case "images":
		rows, err = o.loadImages(s, like)
	case "text":
		rows, err = o.loadText(s, like)
	default:
		info, _ := builtin(s.Kind)
		if info.Embedded {
			rows, err = o.loadTable(info)
		} else {
			rows, own, err = o.loadFetched(info, p)
		}
	}
	return rows, own, err
}

// path is where a spec's file is.
func (o *opener) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(o.dir, name)
}

// open opens a file; a folder is refused here, where its name is at hand.
func open(path string) (*os.File, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	stat, err := f.Stat()
	if err == nil && stat.IsDir() {
		err = &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("is a folder, not a file")}
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, stat.Size(), nil
}

// newSet is the set of all n rows.
func newSet(ports []Port, cols []column, n int) *Set {
	s := &Set{ports: ports, cols: cols, rows: make([]int, n)}
	for i := range s.rows {
		s.rows[i] = i
	}
	return s
}

// loadArrays reads one npy or idx file a port.
func (o *opener) loadArrays(s *Spec) (*Set, error) {
	cols := make([]column, len(o.ports))
	n, first := 0, ""
	for i, p := range o.ports {
		k := slices.IndexFunc(s.Bind, func(b Binding) bool { return b.Port == p.Name })
		if k < 0 {
			return nil, fault("", "data "+s.Kind, "no file for %s: add %s: \"FILE\"", p.describe(), p.Name)
		}
		path := o.path(s.Bind[k].File)
		f, size, err := open(path)
		if err != nil {
			return nil, err
		}
		var a *array
		if s.Kind == "npy" {
			a, err = readNPY(f, size, path)
		} else {
			a, err = readIDXFile(f, size, path)
		}
		f.Close()
		if err == nil {
			cols[i], err = a.column(p, path)
		}
		if err != nil {
			return nil, err
		}
		if i == 0 {
			n, first = a.shape[0], path
		} else if a.shape[0] != n {
			return nil, fault(path, "port "+p.Name, "has %d rows, but %s has %d", a.shape[0], first, n)
		}
	}
	return newSet(o.ports, cols, n), nil
}

// loadTable reads a set that the program carries.
func (o *opener) loadTable(info Info) (*Set, error) {
	k := slices.IndexFunc(o.sources, func(s Source) bool { return s.Name == info.Name })
	if k < 0 {
		return nil, fmt.Errorf("data: the program does not carry %s: hand data.Open the Set of package runtime/data/%s", info.Name, info.Name)
	}
	t, err := o.sources[k].Open()
	if err != nil {
		return nil, err
	}
	x, y, err := o.roles(info.Name)
	if err != nil {
		return nil, err
	}
	cols := make([]column, len(o.ports))
	a := &array{shape: append([]int{len(t.Y)}, t.Shape...), f64: t.X}
	if cols[x], err = a.column(o.ports[x], info.Name); err != nil {
		return nil, err
	}
	cols[x].origin.names = t.Names
	if y >= 0 {
		if cols[y], err = labelColumn(o.ports[y], info.Name, t.Y, t.Labels); err != nil {
			return nil, err
		}
	}
	return newSet(o.ports, cols, len(t.Y)), nil
}

// roles finds the one input and the one target (-1 where the model has none)
// that the rows and labels of a built-in set, of images or of a text go to.
func (o *opener) roles(set string) (x, y int, err error) {
	x, y = -1, -1
	for i, p := range o.ports {
		switch {
		case !p.Target && x < 0:
			x = i
		case p.Target && y < 0:
			y = i
		default:
			other := x
			if p.Target {
				other = y
			}
			return 0, 0, fault("", "data "+set, "fills one input and one target, but the model has %s and %s; bind a file to each by npy, or columns by csv",
				o.ports[other].describe(), p.describe())
		}
	}
	if x < 0 {
		return 0, 0, fault("", "data "+set, "the model has no input for the rows")
	}
	return x, y, nil
}

// labelColumn is a built-in set's labels for a port, with their names.
func labelColumn(p Port, file string, y []int32, labels []string) (column, error) {
	switch {
	case p.Classes == 0:
		return column{}, fault(file, "", "has labels of %d classes, but %s is numbers; write target %s class(%d)", len(labels), p.describe(), p.Name, len(labels))
	case p.Size() != 1:
		return column{}, fault(file, "", "has one label a row, but %s has %d", p.describe(), p.Size())
	case p.Classes != len(labels):
		return column{}, fault(file, "", "has %d classes, but %s is class(%d)", len(labels), p.describe(), p.Classes)
	case p.Labels != nil && !slices.Equal(p.Labels, labels):
		return column{}, fault(file, "", "has the classes %s, but the model knows %s", list(labels), list(p.Labels))
	}
	return column{width: 1, class: y, labels: labels, origin: origin{file: file}}, nil
}

// describe is the port as a message names it: "input image [1, 28, 28]",
// "target digit class(10)".
func (p Port) describe() string {
	var b strings.Builder
	b.WriteString("input ")
	if p.Target {
		b.Reset()
		b.WriteString("target ")
	}
	b.WriteString(p.Name)
	if len(p.Shape) > 0 || p.Classes > 0 {
		b.WriteString(" ")
	}
	if len(p.Shape) > 0 {
		b.WriteString(shapeString(p.Shape))
	}
	if p.Classes > 0 {
		fmt.Fprintf(&b, "class(%d)", p.Classes)
	}
	return b.String()
}

// classes says what to write where the data has n classes; a port has at least 2.
func classes(n int) string {
	if n < 2 {
		return "at least 2 are wanted"
	}
	return fmt.Sprintf("write class(%d)", n)
}

// shapeString writes a shape as the language does: [1, 28, 28].
func shapeString(shape []int) string {
	return strings.ReplaceAll(fmt.Sprint(shape), " ", ", ")
}

// list names up to eight things.
func list(names []string) string {
	const most = 8
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
}

// fillGaps puts its column's mean over the training rows in the place of every
// gap, which csv marks by NaN.
func fillGaps(train, test *Set) error {
	sets := []*Set{train}
	if test != nil {
		sets = append(sets, test)
	}
	for p := range train.cols {
		var means []float64 // measured at the first gap, before any is filled
		for _, s := range sets {
			c := &s.cols[p]
			if c.f64 == nil {
				continue
			}
			for _, i := range s.rows {
				for j := range c.width {
					v := &c.f64[i*c.width+j]
					if !math.IsNaN(*v) {
						continue
					}
					if means == nil {
						means = train.means(p)
					}
					if *v = means[j]; math.IsNaN(*v) {
						e := c.at(i, j, train.ports[p].Name)
						e.Message = "a gap, and no training row has a value to take the mean of"
						return e
					}
				}
			}
		}
	}
	return nil
}

// means are the means of a number port's columns over the values that are
// there; NaN where there is none.
func (s *Set) means(port int) []float64 {
	c := &s.cols[port]
	means := make([]float64, c.width)
	table := table[float64](c.scale)
	for j := range means {
		n := 0
		for _, i := range s.rows {
			var v float64
			switch k := i*c.width + j; {
			case c.u8 != nil:
				v = table[c.u8[k]]
			case c.u16 != nil:
				v = float64(c.u16[k]) / math.MaxUint16
			case c.f32 != nil:
				v = float64(c.f32[k])
			default:
				v = c.f64[k]
			}
			if !math.IsNaN(v) {
				n++
				means[j] += v/float64(n) - means[j]/float64(n) // neither a sum nor a difference can overflow
			}
		}
		if n == 0 {
			means[j] = math.NaN()
		}
	}
	return means
}

// suggest is " (did you mean x?)" for the known name that is nearest to a
// misspelt one, or nothing.
func suggest(name string, known []string) string {
	best, least := "", (len(name)+1)/3+1
	if len(name) > 100 { // no slip of the finger, and long to compare
		return ""
	}
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", best)
}

// distance is Levenshtein's: the least number of bytes inserted, deleted or
// replaced to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}

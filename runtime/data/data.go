// Package data opens the data sets that a model trains on, is measured by and
// predicts for.
//
// A [Spec] says what a `data` item of a .nn file says: a kind (csv, npy, idx,
// images, text or a built-in set), the files, which column feeds which port, and
// which part is held out. [Open] reads it into one or two [Set]s and checks everything once:
// that every row fits the ports' shapes, that every number is finite and every
// label in range. What is wrong is an [*Error] that names the file, the row and
// the column. After that a batch is a copy: [Read] and [ReadLabels] allocate
// nothing.
//
// Values keep the type that their file has as far as it is exact (images stay
// bytes and become 0…1 while they are read), so that MNIST takes 55 MB and not
// 220. A text is held once, however its rows overlap.
package data

// A Port is what a model wants filled for each row: an input or a target.
type Port struct {
	Name    string   // as in the .nn file
	Shape   []int    // of one row, without the batch: [1, 28, 28]; empty is one value
	Classes int      // 0: numbers; n: labels in [0, n), in a target also -1, which loss and metric ignore
	Target  bool     // a target rather than an input
	Labels  []string // what the classes are called, in order, where a weight file has fixed it; nil: the data says
}

// Size is the number of values in a row of the port: the product of its shape.
func (p Port) Size() int {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

// A Spec is a `data` item. Its zero fields are options that were not written.
type Spec struct {
	Kind        string    `json:"kind"`                  // csv, npy, idx, images, text, or the name of a built-in set
	Path        string    `json:"path,omitempty"`        // csv, text: the file; images: the folder
	Length      int       `json:"length,omitempty"`      // text: the characters of a row; 0: as many as the ports have
	Bind        []Binding `json:"bind,omitempty"`        // the arguments named like a port
	Test        float64   `json:"test,omitempty"`        // the share of the rows to hold out, in (0, 1)
	TestSource  *Spec     `json:"test_source,omitempty"` // or a second source that is held out as a whole
	Standardize bool      `json:"standardize,omitempty"` // for the model, which measures and normalises; sets hold raw values
	Missing     string    `json:"missing,omitempty"`     // csv: what to do about a gap: "" (an error), "mean" or "drop"
}

// A Binding says where a port's values stand.
type Binding struct {
	Port    string   `json:"port"`
	Columns []string `json:"columns,omitempty"` // csv: the columns, in the order of the port's elements
	File    string   `json:"file,omitempty"`    // npy, idx: the port's file
}

// A Source is a data set that a Go package carries inside it, as
// runtime/data/digits and runtime/data/iris do. A program hands [Open] the
// sources that it imports, so that it holds no data it does not use.
type Source struct {
	Name string // as a Spec's Kind names it
	Open func() (*Table, error)
}

// A Table is the content of a [Source]: n rows of numbers and a label for each.
type Table struct {
	Shape  []int     // of one row: [8, 8], [4]
	Names  []string  // the features' names, one for each number of a row; nil where they have none
	Labels []string  // the classes' names
	X      []float64 // (n, product of Shape), row-major
	Y      []int32   // (n), each in [0, len(Labels))
}

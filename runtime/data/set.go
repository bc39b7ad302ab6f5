package data

import (
	"fmt"
	"math"
)

// A Set is a number of rows, each with a value for every port. It is read-only:
// any number of goroutines may read it at once.
type Set struct {
	ports []Port
	cols  []column // one a port
	rows  []int    // the columns' rows that belong to the set, ascending unless a subset ordered them otherwise
}

// A column holds one port's values for every row of the source: class labels in
// class, numbers in one of u8, u16, f32, f64.
type column struct {
	width  int
	u8     []byte   // (n, width)
	scale  scale    // what a byte stands for
	u16    []uint16 // 0 … 1: the number over 65535
	f32    []float32
	f64    []float64
	class  []int32
	text   *windows // class columns of a text: where its rows lie in class, which holds the text once
	labels []string // class columns: the classes' names, nil where the file has none
	origin origin
}

// An origin finds a value's place in its file again.
type origin struct {
	file  string
	names []string // of the values of a row; nil where they have none
	lines []int    // text files: the line of each row
}

// at is the place of element j of row i.
func (c *column) at(i, j int, port string) *Error {
	o := &c.origin
	e := &Error{File: o.file, Row: i}
	if o.lines != nil {
		e.Line = o.lines[i]
	}
	switch {
	case o.names != nil:
		e.Name = "column " + o.names[j]
	case c.width > 1:
		e.Name = fmt.Sprintf("port %s, element %d", port, j)
	default:
		e.Name = "port " + port
	}
	return e
}

// Len is the number of rows.
func (s *Set) Len() int { return len(s.rows) }

// Labels are the names of a class port's classes, in the order of the labels;
// nil where the data has none.
func (s *Set) Labels(port string) []string {
	if i := s.find(port); i >= 0 {
		return s.cols[i].labels
	}
	return nil
}

// Names are what the data calls the values of a port's row (the header's
// words), in order; nil where it has no names.
func (s *Set) Names(port string) []string {
	if i := s.find(port); i >= 0 {
		return s.cols[i].origin.names
	}
	return nil
}

func (s *Set) find(port string) int {
	for i, p := range s.ports {
		if p.Name == port {
			return i
		}
	}
	return -1
}

// subset is the set of the given rows of s, in the given order. It shares the
// values with s.
func (s *Set) subset(rows []int) *Set {
	sub := &Set{ports: s.ports, cols: s.cols, rows: make([]int, len(rows))}
	for i, r := range rows {
		sub.rows[i] = s.rows[r]
	}
	return sub
}

// Float is the type that numbers are read as.
type Float interface{ float32 | float64 }

// Read copies the given rows of a number port, dst being (len(rows), size of
// the port). port is the index into the ports that the set was opened with;
// rows count from 0 to s.Len()-1. The values are finite: one that dst's type
// cannot hold is an [*Error]. It allocates nothing but that error.
func Read[F Float](s *Set, port int, dst []F, rows []int) error {
	c := &s.cols[port]
	if err := s.check(port, len(dst), rows); err != nil {
		return err
	}
	if c.class != nil {
		return fault("", "port "+s.ports[port].Name, "holds class labels, which ReadLabels reads")
	}
	w, table := c.width, table[F](c.scale)
	for k, r := range rows {
		i := s.rows[r]
		d := dst[k*w : (k+1)*w]
		switch {
		case c.u8 != nil:
			for j, v := range c.u8[i*w : (i+1)*w] {
				d[j] = table[v]
			}
		case c.u16 != nil:
			for j, v := range c.u16[i*w : (i+1)*w] {
				d[j] = F(v) / math.MaxUint16
			}
		case c.f32 != nil:
			for j, v := range c.f32[i*w : (i+1)*w] {
				d[j] = F(v)
			}
		default:
			for j, v := range c.f64[i*w : (i+1)*w] {
				f := F(v)
				if math.IsInf(float64(f), 0) {
					e := c.at(i, j, s.ports[port].Name)
					e.Message = fmt.Sprintf("%v is too large for float32", v)
					return e
				}
				d[j] = f
			}
		}
	}
	return nil
}

// ReadLabels copies the labels of the given rows of a class port, dst being
// (len(rows), size of the port). Each is in [0, n), or -1 where the row has
// none. The rest is as in [Read].
func ReadLabels(s *Set, port int, dst []int32, rows []int) error {
	c := &s.cols[port]
	if err := s.check(port, len(dst), rows); err != nil {
		return err
	}
	if c.class == nil {
		return fault("", "port "+s.ports[port].Name, "holds numbers, which Read reads")
	}
	w := c.width
	for k, r := range rows {
		i := s.rows[r]
		if d := dst[k*w : (k+1)*w]; c.text != nil {
			c.text.read(d, c.class, i)
		} else {
			copy(d, c.class[i*w:(i+1)*w])
		}
	}
	return nil
}

// check refuses a destination that is too short and rows that the set does not
// have.
func (s *Set) check(port, dst int, rows []int) error {
	if want := len(rows) * s.cols[port].width; dst < want {
		return fault("", "port "+s.ports[port].Name, "%d rows need room for %d values, got %d", len(rows), want, dst)
	}
	for _, r := range rows {
		if uint(r) >= uint(len(s.rows)) {
			return fault("", "port "+s.ports[port].Name, "row %d of a set of %d rows", r, len(s.rows))
		}
	}
	return nil
}

// A scale says what number a byte stands for.
type scale uint8

const (
	asIs scale = iota // 0 … 255
	unit              // 0 … 1: the byte over 255
)

// Bytes become numbers by table: one load, and correctly rounded where a
// product by 1/255 is not.
var (
	asIs32, asIs64 = byteTable[float32](1), byteTable[float64](1)
	unit32, unit64 = byteTable[float32](255), byteTable[float64](255)
)

func byteTable[F Float](over F) (t [256]F) {
	for i := range t {
		t[i] = F(i) / over
	}
	return t
}

func table[F Float](s scale) *[256]F {
	var t any = &asIs64
	switch _, single := any(F(0)).(float32); {
	case single && s == unit:
		t = &unit32
	case single:
		t = &asIs32
	case s == unit:
		t = &unit64
	}
	return t.(*[256]F)
}

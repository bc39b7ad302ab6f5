package data

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
)

// An array is what an npy or idx file holds: shape[0] rows, row-major, the
// values in one of u8, f32, f64.
type array struct {
	shape []int // each axis at least 1
	u8    []byte
	scale scale // of u8 in a number port; labels are always as they are
	f32   []float32
	f64   []float64
}

// An elem is how a file writes a number.
type elem struct {
	kind byte // 'f' float, 'i' integer, 'u' unsigned, 'b' bool
	size int  // bytes
	big  bool // most significant byte first
}

// bytes is the number of bytes that values of e in a shape take, where there
// can be so many.
func (e elem) bytes(shape []int, file string) (int64, error) {
	if len(shape) == 0 {
		return 0, fault(file, "", "holds a single value; the first axis of an array is its rows")
	}
	if slices.Contains(shape, 0) {
		return 0, fault(file, "", "has no rows, or rows without values: its shape is %s", shapeString(shape))
	}
	n := int64(e.size)
	for _, d := range shape {
		if n > math.MaxInt/int64(d) {
			return 0, fault(file, "", "is cut or altered: no file has as many values as its shape %s says", shapeString(shape))
		}
		n *= int64(d)
	}
	return n, nil
}

// readBody reads want bytes and refuses a file that has fewer or more. It takes
// memory as the bytes arrive, from the size that the file has on disk, so that
// a header which lies about its size costs nothing.
func readBody(r io.Reader, want, disk int64, file string) ([]byte, error) {
	raw := make([]byte, 0, min(want, max(disk, 4096)))
	for int64(len(raw)) < want {
		raw = slices.Grow(raw, int(min(want-int64(len(raw)), max(int64(len(raw)), 1))))
		n, err := io.ReadFull(r, raw[len(raw):min(int64(cap(raw)), want)])
		raw = raw[:len(raw)+n]
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			return nil, fault(file, "", "is cut: its header promises %d bytes of values, it has %d", want, len(raw))
		default:
			return nil, contentError(file, err)
		}
	}
	var more [1]byte
	if n, err := io.ReadFull(r, more[:]); n > 0 {
		return nil, fault(file, "", "is longer than its header says (%d bytes of values)", want)
	} else if err != io.EOF {
		return nil, contentError(file, err)
	}
	return raw, nil
}

// decode turns the bytes of a file into numbers; integers of up to 16 bits fit
// a float32, the rest a float64.
func decode(shape []int, raw []byte, e elem) *array {
	a := &array{shape: shape}
	var order binary.ByteOrder = binary.LittleEndian
	if e.big {
		order = binary.BigEndian
	}
	n := len(raw) / e.size
	switch {
	case e.size == 1 && e.kind != 'i':
		a.u8 = raw
		if e.kind == 'b' {
			for i, v := range raw {
				raw[i] = min(v, 1)
			}
		}
	case e.size == 8 || e.size == 4 && e.kind != 'f':
		a.f64 = make([]float64, n)
		for i := range a.f64 {
			switch {
			case e.kind == 'f':
				a.f64[i] = math.Float64frombits(order.Uint64(raw[8*i:]))
			case e.size == 4 && e.kind == 'i':
				a.f64[i] = float64(int32(order.Uint32(raw[4*i:])))
			case e.size == 4:
				a.f64[i] = float64(order.Uint32(raw[4*i:]))
			case e.kind == 'i':
				a.f64[i] = float64(int64(order.Uint64(raw[8*i:])))
			default:
				a.f64[i] = float64(order.Uint64(raw[8*i:]))
			}
		}
	default:
		a.f32 = make([]float32, n)
		for i := range a.f32 {
			switch {
			case e.size == 4:
				a.f32[i] = math.Float32frombits(order.Uint32(raw[4*i:]))
			case e.size == 1:
				a.f32[i] = float32(int8(raw[i]))
			case e.kind == 'f':
				a.f32[i] = half(order.Uint16(raw[2*i:]))
			case e.kind == 'i':
				a.f32[i] = float32(int16(order.Uint16(raw[2*i:])))
			default:
				a.f32[i] = float32(order.Uint16(raw[2*i:]))
			}
		}
	}
	return a
}

// half is the value of an IEEE 754 binary16 number, exactly.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch {
	case exp == 31:
		return math.Float32frombits(sign | 0xff<<23 | frac<<13)
	case exp > 0:
		return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
	}
	v := float32(frac) * 0x1p-24 // subnormal
	return math.Float32frombits(math.Float32bits(v) | sign)
}

// value is element k of the array, unscaled.
func (a *array) value(k int) float64 {
	switch {
	case a.u8 != nil:
		return float64(a.u8[k])
	case a.f32 != nil:
		return float64(a.f32[k])
	}
	return a.f64[k]
}

// column checks the array against a port and makes it the port's column.
func (a *array) column(p Port, file string) (column, error) {
	width := 1
	for _, d := range a.shape[1:] {
		width *= d // fits: the values are in memory
	}
	c := column{width: width, origin: origin{file: file}}
	switch {
	case width != p.Size():
		return column{}, fault(file, "", "has rows of %s, but %s is %s a row", rowShape(a.shape[1:], width), p.describe(), count(p.Size(), "value"))
	case !sameAxes(a.shape[1:], p.Shape):
		return column{}, fault(file, "", "has rows of %s, but %s has other axes: bring them into that order, or make each row a plain one of %s", shapeString(a.shape[1:]), p.describe(), count(width, "value"))
	}
	if p.Classes == 0 {
		for i := range a.shape[0] * width {
			if a.u8 != nil {
				break // a byte is always finite
			}
			if v := a.value(i); math.IsNaN(v) || math.IsInf(v, 0) {
				e := c.at(i/width, i%width, p.Name)
				e.Message = fmt.Sprintf("%v is not a finite number", v)
				return column{}, e
			}
		}
		c.u8, c.scale, c.f32, c.f64 = a.u8, a.scale, a.f32, a.f64
		return c, nil
	}
	least := 0.0
	if p.Target {
		least = -1
	}
	c.class, c.labels = make([]int32, a.shape[0]*width), p.Labels
	for i := range c.class {
		v := a.value(i)
		if !(v == math.Trunc(v) && v >= least && v < float64(p.Classes)) { // NaN too
			e := c.at(i/width, i%width, p.Name)
			e.Message = fmt.Sprintf("%v is not a label of class(%d), which are 0 to %d", v, p.Classes, p.Classes-1)
			if p.Target {
				e.Message += ", or -1 to be ignored"
			}
			return column{}, e
		}
		c.class[i] = int32(v)
	}
	return c, nil
}

// sameAxes says whether rows of shape a can be read as shape b, which has as many
// values. One of them may be a plain row of all, and axes of size 1 do not count;
// but an image whose channels are last is not one whose channels are first.
func sameAxes(a, b []int) bool {
	long := func(shape []int) []int {
		return slices.DeleteFunc(slices.Clone(shape), func(n int) bool { return n == 1 })
	}
	a, b = long(a), long(b)
	return len(a) < 2 || len(b) < 2 || slices.Equal(a, b)
}

// rowShape is "[28, 28] (784 values)" or, for a vector or a single number, just
// the count.
func rowShape(shape []int, width int) string {
	if len(shape) < 2 {
		return count(width, "value")
	}
	return fmt.Sprintf("%s (%s)", shapeString(shape), count(width, "value"))
}

// count is "1 value", "2 values", "3 classes".
func count(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case what[len(what)-1] == 's':
		what += "e"
	}
	return fmt.Sprintf("%d %ss", n, what)
}

package data

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// NumPy's file format: "\x93NUMPY", major and minor version, the header's
// length (2 bytes in version 1, 4 in 2 and 3, little-endian), the header (a
// Python dict of descr, fortran_order and shape, padded by spaces and a
// newline), the values.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

const npyMagic = "\x93NUMPY"

// readNPY reads a file of size bytes with an array of at least one axis; file
// is its name in errors.
func readNPY(r io.Reader, size int64, file string) (*array, error) {
	var head [12]byte
	n := 10
	if _, err := io.ReadFull(r, head[:n]); err != nil || string(head[:6]) != npyMagic {
		return nil, fault(file, "", "is not an npy file: it does not start with \\x93NUMPY")
	}
	length := int64(binary.LittleEndian.Uint16(head[8:]))
	switch head[6] {
	case 1:
	case 2, 3:
		n = 12
		if _, err := io.ReadFull(r, head[10:]); err != nil {
			return nil, fault(file, "", "is cut in its header")
		}
		length = int64(binary.LittleEndian.Uint32(head[8:]))
	default:
		return nil, fault(file, "", "is of npy version %d.%d; versions 1 to 3 are read", head[6], head[7])
	}
	const most = 1 << 16 // NumPy itself refuses headers over 10,000 bytes
	if length > most || int64(n)+length > size {
		return nil, fault(file, "", "promises a header of %d bytes, more than a file of %d bytes can have", length, size)
	}
	header := make([]byte, length)
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, contentError(file, err)
	}
	e, fortran, shape, err := npyHeader(string(header))
	if err != nil {
		return nil, fault(file, "", "%v", err)
	}
	want, err := e.bytes(shape, file)
	if err != nil {
		return nil, err
	}
	raw, err := readBody(r, want, size, file)
	if err != nil {
		return nil, err
	}
	if fortran && len(shape) > 1 {
		raw = rowMajor(raw, shape, e.size)
	}
	return decode(shape, raw, e), nil
}

// rowMajor reorders values that are stored with the first axis running fastest.
func rowMajor(raw []byte, shape []int, size int) []byte {
	out := make([]byte, len(raw))
	// index counts through the array in row-major order; from is the same
	// element's place in raw.
	index, stride := make([]int, len(shape)), make([]int, len(shape))
	step := size
	for k, d := range shape {
		stride[k] = step
		step *= d
	}
	from := 0
	for to := 0; to < len(out); to += size {
		copy(out[to:to+size], raw[from:])
		for k := len(shape) - 1; k >= 0; k-- {
			index[k]++
			from += stride[k]
			if index[k] < shape[k] {
				break
			}
			from -= index[k] * stride[k]
			index[k] = 0
		}
	}
	return out
}

// npyHeader parses the header's dict: exactly the keys descr, fortran_order and
// shape, in any order.
func npyHeader(s string) (e elem, fortran bool, shape []int, err error) {
	p := &npyParser{s: s}
	seen := map[string]bool{}
	p.expect("{")
	for p.err == nil && !p.accept("}") {
		key := p.quoted()
		p.expect(":")
		if seen[key] {
			p.fail("key %q stands twice", key)
		}
		seen[key] = true
		switch {
		case p.err != nil:
		case key == "descr":
			e = p.descr()
		case key == "fortran_order":
			fortran = p.boolean()
		case key == "shape":
			shape = p.tuple()
		default:
			p.fail("unknown key %q", key)
		}
		if !p.accept(",") {
			p.expect("}")
			break
		}
	}
	if p.err == nil && strings.TrimSpace(p.s) != "" {
		p.fail("%.20q follows the dict", p.s)
	}
	if p.err == nil && len(seen) != 3 {
		p.fail("descr, fortran_order and shape are wanted")
	}
	return e, fortran, shape, p.err
}

// An npyParser reads the little of Python that a header is written in. After
// the first error it reads nothing more.
type npyParser struct {
	s   string
	err error
}

func (p *npyParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("has a faulty npy header: "+format, args...)
	}
}

func (p *npyParser) accept(token string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(p.s, " \t\n"), token)
	if ok && p.err == nil {
		p.s = rest
	}
	return ok && p.err == nil
}

func (p *npyParser) expect(token string) {
	if !p.accept(token) {
		p.fail("%s is wanted before %.20q", token, p.s)
	}
}

func (p *npyParser) quoted() string {
	for _, quote := range []string{"'", `"`} {
		if p.accept(quote) {
			word, rest, ok := strings.Cut(p.s, quote)
			if !ok {
				break
			}
			p.s = rest
			return word
		}
	}
	p.fail("a string is wanted before %.20q", p.s)
	return ""
}

func (p *npyParser) boolean() bool {
	if p.accept("True") {
		return true
	}
	p.expect("False")
	return false
}

func (p *npyParser) tuple() []int {
	shape := []int{}
	p.expect("(")
	for p.err == nil && !p.accept(")") {
		p.s = strings.TrimLeft(p.s, " \t\n")
		digits := len(p.s) - len(strings.TrimLeft(p.s, "0123456789"))
		d, err := strconv.Atoi(p.s[:digits])
		if err != nil {
			p.fail("a size is wanted before %.20q", p.s)
		}
		p.s = p.s[digits:]
		if shape = append(shape, d); len(shape) > 32 {
			p.fail("more than 32 axes") // NumPy's own limit (64 from version 2)
		}
		if !p.accept(",") {
			if len(shape) == 1 {
				p.fail("(%d) is no tuple", d)
			}
			p.expect(")")
			break
		}
	}
	return shape
}

func (p *npyParser) descr() elem {
	if p.err == nil && strings.HasPrefix(strings.TrimLeft(p.s, " "), "[") {
		p.fail("records are not read; save each field as an array of its own")
	}
	word := p.quoted()
	var order, kind byte // "<f4": byte order, kind, size
	var size string
	if len(word) > 2 {
		order, kind, size = word[0], word[1], word[2:]
	}
	e := elem{kind: kind, big: order == '>'}
	e.size, _ = strconv.Atoi(size)
	known := false
	switch e.kind {
	case 'f':
		known = e.size == 2 || e.size == 4 || e.size == 8
	case 'i', 'u':
		known = e.size == 1 || e.size == 2 || e.size == 4 || e.size == 8
	case 'b':
		known = e.size == 1
	}
	ordered := order == '<' || order == '>' || order == '|' && e.size == 1
	if !known || !ordered || size != strconv.Itoa(e.size) {
		p.fail("type %q is not read; floats of 2, 4 and 8 bytes, integers and bool are", word)
	}
	return e
}

// WriteNPY writes an array to be read by NumPy (and by a `data npy` item):
// version 1.0, row-major, little-endian. data has the product of shape
// elements.
func WriteNPY[E float32 | float64 | int32](w io.Writer, shape []int, data []E) error {
	n := 1
	for _, d := range shape {
		n *= d
	}
	if n != len(data) {
		return fmt.Errorf("data: shape %s has %d values, got %d", shapeString(shape), n, len(data))
	}
	var b bytes.Buffer
	b.WriteString(npyMagic + "\x01\x00\x00\x00")
	descr := "<f4"
	switch any(data).(type) {
	case []float64:
		descr = "<f8"
	case []int32:
		descr = "<i4"
	}
	fmt.Fprintf(&b, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr)
	for i, d := range shape {
		if i > 0 {
			b.WriteString(" ")
		}
		fmt.Fprintf(&b, "%d,", d)
	}
	if len(shape) > 1 {
		b.Truncate(b.Len() - 1) // only a tuple of one keeps its comma
	}
	b.WriteString("), }")
	for b.Len()%64 != 63 {
		b.WriteByte(' ')
	}
	b.WriteByte('\n') // the values start at a multiple of 64 bytes
	binary.LittleEndian.PutUint16(b.Bytes()[8:], uint16(b.Len()-10))
	if _, err := w.Write(b.Bytes()); err != nil {
		return err
	}
	const chunk = 16 << 10 // elements: keeps the encoded copy small
	for len(data) > 0 {
		k := min(chunk, len(data))
		raw, err := binary.Append(b.Bytes()[:0], binary.LittleEndian, data[:k])
		if err != nil {
			return err
		}
		if _, err := w.Write(raw); err != nil {
			return err
		}
		data = data[k:]
	}
	return nil
}

package onnx_test

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// The parts of onnx.proto (https://github.com/onnx/onnx/blob/v1.12.0/onnx/onnx.proto) that the tests need, by its field
// numbers.

// graph is a GraphProto.
type graph struct {
	nodes           []node
	inputs, outputs []valueInfo
}

// valueInfo is a ValueInfoProto: a name, and whether a tensor stands behind it, not a sequence or an optional value.
type valueInfo struct {
	name   string
	tensor bool
}

// node is a NodeProto.
type node struct {
	op, domain      string
	inputs, outputs []string // "" is one that is left out
	attrs           map[string]attribute
}

// attribute is an AttributeProto.
type attribute struct {
	f      float64
	i      int
	s      string
	t      *tensor
	floats []float64
	ints   []int
}

// dtype is a TensorProto.DataType.
type dtype int

const (
	float32Type  dtype = 1
	int32Type    dtype = 6
	int64Type    dtype = 7
	stringType   dtype = 8
	boolType     dtype = 9
	float16Type  dtype = 10
	float64Type  dtype = 11
	bfloat16Type dtype = 16
)

// whole says whether a type is one of integers.
func (t dtype) whole() bool { return 2 <= t && t <= int64Type || t == 12 || t == 13 }

// tensor is a TensorProto. Its elements are in data, but for types that nothing here reads: strings, complex numbers, the
// short floats.
type tensor struct {
	dims  []int
	dtype dtype
	data  []float64
}

func (t *tensor) size() int { return product(t.dims) }

func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// field is a field of a message: its number, and its value as a number or as bytes.
type field struct {
	number int
	bits   uint64
	bytes  []byte
}

// fields reads a message.
func fields(b []byte) ([]field, error) {
	var all []field
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		b = b[n:]
		f := field{number: int(num)}
		switch typ {
		case protowire.VarintType:
			f.bits, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			f.bits = uint64(v)
		case protowire.Fixed64Type:
			f.bits, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(b)
		default:
			return nil, fmt.Errorf("field %d has the wire type %d", num, typ)
		}
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		b = b[n:]
		all = append(all, f)
	}
	return all, nil
}

// each calls read for the fields of a message.
func each(b []byte, read func(f field) error) error {
	all, err := fields(b)
	for _, f := range all {
		if err == nil {
			err = read(f)
		}
	}
	return err
}

// varints gives the integers of a repeated field, packed or one by one.
func (f field) varints() ([]uint64, error) {
	if f.bytes == nil {
		return []uint64{f.bits}, nil
	}
	var all []uint64
	for b := f.bytes; len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		all, b = append(all, v), b[n:]
	}
	return all, nil
}

// words gives the fixed-size elements of a repeated field, packed or one by one.
func (f field) words(size int) []uint64 {
	if f.bytes == nil {
		return []uint64{f.bits}
	}
	return words(f.bytes, size)
}

// words cuts bytes into little-endian integers of so many bytes.
func words(b []byte, size int) []uint64 {
	all := make([]uint64, len(b)/size)
	var word [8]byte
	for i := range all {
		copy(word[:size], b[i*size:])
		all[i] = binary.LittleEndian.Uint64(word[:])
	}
	return all
}

func readModel(b []byte) (*graph, error) {
	g := &graph{}
	err := each(b, func(f field) error {
		if f.number == 7 {
			return g.read(f.bytes)
		}
		return nil
	})
	return g, err
}

func (g *graph) read(b []byte) error {
	return each(b, func(f field) error {
		switch f.number {
		case 1:
			n, err := readNode(f.bytes)
			g.nodes = append(g.nodes, n)
			return err
		case 11:
			return readValueInfo(f.bytes, &g.inputs)
		case 12:
			return readValueInfo(f.bytes, &g.outputs)
		}
		return nil
	})
}

func readValueInfo(b []byte, to *[]valueInfo) error {
	var v valueInfo
	err := each(b, func(f field) error {
		switch f.number {
		case 1:
			v.name = string(f.bytes)
		case 2: // TypeProto, a tensor's in field 1
			return each(f.bytes, func(f field) error {
				v.tensor = v.tensor || f.number == 1
				return nil
			})
		}
		return nil
	})
	*to = append(*to, v)
	return err
}

func readNode(b []byte) (node, error) {
	n := node{attrs: map[string]attribute{}}
	err := each(b, func(f field) error {
		switch f.number {
		case 1:
			n.inputs = append(n.inputs, string(f.bytes))
		case 2:
			n.outputs = append(n.outputs, string(f.bytes))
		case 4:
			n.op = string(f.bytes)
		case 5:
			name, a, err := readAttribute(f.bytes)
			n.attrs[name] = a
			return err
		case 7:
			n.domain = string(f.bytes)
		}
		return nil
	})
	return n, err
}

func readAttribute(b []byte) (name string, a attribute, err error) {
	err = each(b, func(f field) error {
		switch f.number {
		case 1:
			name = string(f.bytes)
		case 2:
			a.f = float64(math.Float32frombits(uint32(f.bits)))
		case 3:
			a.i = int(f.bits)
		case 4:
			a.s = string(f.bytes)
		case 5:
			var err error
			a.t, err = readTensor(f.bytes)
			return err
		case 7:
			for _, w := range f.words(4) {
				a.floats = append(a.floats, float64(math.Float32frombits(uint32(w))))
			}
		case 8:
			v, err := f.varints()
			for _, i := range v {
				a.ints = append(a.ints, int(i))
			}
			return err
		}
		return nil
	})
	return name, a, err
}

func readTensor(b []byte) (*tensor, error) {
	t := &tensor{dims: []int{}}
	var raw []byte
	err := each(b, func(f field) error {
		switch f.number {
		case 1:
			v, err := f.varints()
			for _, d := range v {
				t.dims = append(t.dims, int(d))
			}
			return err
		case 2:
			t.dtype = dtype(f.bits)
		case 4:
			for _, w := range f.words(4) {
				t.data = append(t.data, float64(math.Float32frombits(uint32(w))))
			}
		case 5, 7: // int32_data, which holds the smaller types too, and int64_data
			v, err := f.varints()
			for _, i := range v {
				t.data = append(t.data, float64(int64(i)))
			}
			return err
		case 9:
			raw = f.bytes
		case 10:
			for _, w := range f.words(8) {
				t.data = append(t.data, math.Float64frombits(w))
			}
		}
		return nil
	})
	if err != nil || raw == nil {
		return t, err
	}
	return t, t.unpack(raw)
}

// unpack reads raw_data.
func (t *tensor) unpack(raw []byte) error {
	var read func(uint64) float64
	var size int
	switch t.dtype {
	case float32Type:
		read, size = func(w uint64) float64 { return float64(math.Float32frombits(uint32(w))) }, 4
	case float64Type:
		read, size = math.Float64frombits, 8
	case int32Type:
		read, size = func(w uint64) float64 { return float64(int32(w)) }, 4
	case int64Type:
		read, size = func(w uint64) float64 { return float64(int64(w)) }, 8
	case boolType, 2: // uint8
		read, size = func(w uint64) float64 { return float64(w) }, 1
	default:
		return nil
	}
	for _, w := range words(raw, size) {
		t.data = append(t.data, read(w))
	}
	if len(t.data) != t.size() {
		return fmt.Errorf("a tensor of %v has %d elements", t.dims, len(t.data))
	}
	return nil
}

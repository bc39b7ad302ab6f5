package rt

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/bits"
	"os"
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/runtime/atomicfile"
)

// Weight files are safetensors (https://github.com/huggingface/safetensors,
// "Format"): eight bytes with the length of a header, the header, a JSON object
// from names to {"dtype", "shape", "data_offsets"}, and the numbers of all
// tensors, little-endian and row-major, side by side. "__metadata__" in the
// header maps strings to strings.
//
// A file is somebody else's input, so the reader believes nothing: it checks
// every length against the file's own size before it reserves memory for it, and
// accepts neither gaps nor overlaps nor a key that stands twice.

// maxHeader is the largest header that is read, the limit of the format's own
// implementation.
const maxHeader = 100_000_000

// Tensor is a tensor of a weight file, converted to float64. (A large I64
// loses its last digits.)
type Tensor struct {
	Shape []int     // [] is a single number
	Data  []float64 // row-major
	DType string    // as in the file: F64, F32, F16, BF16, or an integer type
}

// SaveWeights writes the tensors, in the order given and in PyTorch's layout, and
// the metadata as a safetensors file: the same bytes for the same content. The
// file appears whole or not at all: see [atomicfile.Write]. The error is the
// operating system's.
func SaveWeights[F Float](path string, params []Param[F], meta map[string]string) error {
	return atomicfile.Write(path, func(w io.Writer) error { return writeWeights(w, params, meta) })
}

// writeWeights writes header and numbers.
func writeWeights[F Float](w io.Writer, params []Param[F], meta map[string]string) error {
	dtype, size := "F32", 4
	if isDouble[F]() {
		dtype, size = "F64", 8
	}
	var header bytes.Buffer
	sep := "{"
	if len(meta) > 0 {
		text, err := json.Marshal(meta) // sorted by key
		if err != nil {
			return err
		}
		fmt.Fprintf(&header, `{"__metadata__":%s`, text)
		sep = ","
	}
	offset, largest := 0, 0
	for _, p := range params {
		name, err := json.Marshal(p.Name)
		if err != nil {
			return err
		}
		shape, err := json.Marshal(append([]int{}, p.Shape...))
		if err != nil {
			return err
		}
		end := offset + size*len(p.Data)
		fmt.Fprintf(&header, `%s%s:{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}`, sep, name, dtype, shape, offset, end)
		offset, sep, largest = end, ",", max(largest, len(p.Data))
	}
	if sep == "{" {
		header.WriteByte('{')
	}
	header.WriteByte('}')
	for header.Len()%8 != 0 { // so that the numbers are aligned
		header.WriteByte(' ')
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(header.Len()))); err != nil {
		return err
	}
	if _, err := w.Write(header.Bytes()); err != nil {
		return err
	}
	values, raw := make([]F, largest), make([]byte, 0, size*largest)
	for _, p := range params {
		values := values[:len(p.Data)]
		p.Get(values)
		raw = raw[:0]
		for _, v := range values {
			if size == 8 {
				raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(float64(v)))
			} else {
				raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(v)))
			}
		}
		if _, err := w.Write(raw); err != nil {
			return err
		}
	}
	return nil
}

// isDouble says whether F is float64.
func isDouble[F Float]() bool {
	_, ok := any(F(0)).(float64)
	return ok
}

// LoadWeights reads a safetensors file into params and returns its metadata.
// F64, F32, F16 and BF16 are converted; PyTorch's num_batches_tracked counters
// are skipped. The file must hold every tensor that is not fixed or optional, in
// PyTorch's shape, and none that params does not name; a fixed one must have the
// model's values. Otherwise nothing is changed, and the error is a
// [*WeightsError] that says how the file and the model differ; a file that cannot
// be read gives the operating system's error. model is the model's name for that
// message.
func LoadWeights[F Float](path, model string, params []Param[F]) (meta map[string]string, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return ReadWeights(data, path, model, params)
}

// ReadWeights is [LoadWeights] for the content of a file that is in memory, where
// a go:embed line puts it; path is its name for messages.
func ReadWeights[F Float](data []byte, path, model string, params []Param[F]) (meta map[string]string, err error) {
	file, err := parseTensors(data)
	if err == nil {
		err = file.load(model, paramsOf(params))
	}
	if err != nil {
		return nil, &WeightsError{Path: path, Message: err.Error()}
	}
	// The file fits. Convert all tensors before the first is set, since a number
	// may not fit its type.
	staged := make([][]F, len(params))
	for i, p := range params {
		t, ok := file.byName[p.Name]
		if !ok {
			continue
		}
		staged[i] = make([]F, len(p.Data))
		for j := range staged[i] {
			v := t.at(j)
			staged[i][j] = F(v)
			if math.IsInf(float64(staged[i][j]), 0) && !math.IsInf(v, 0) {
				return nil, &WeightsError{Path: path, Message: fmt.Sprintf("%s: %v is too large for the model's float32", p.Name, v)}
			}
		}
		if p.Fixed {
			if err := p.checkFixed(staged[i]); err != nil {
				return nil, &WeightsError{Path: path, Message: err.Error()}
			}
		}
	}
	for i, p := range params {
		if staged[i] == nil || p.Fixed {
			continue
		}
		if err := p.Set(staged[i]); err != nil {
			panic("rt: " + err.Error()) // the shapes have been compared
		}
	}
	return file.meta, nil
}

// ReadTensors reads every tensor of a safetensors file, whatever model it is of.
// Besides the types of [LoadWeights] it reads I64, I32, I16, I8, U8 and BOOL. A
// file that is no whole safetensors file gives a [*WeightsError].
func ReadTensors(path string) (tensors map[string]Tensor, meta map[string]string, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	file, err := parseTensors(data)
	if err != nil {
		return nil, nil, &WeightsError{Path: path, Message: err.Error()}
	}
	tensors = make(map[string]Tensor, len(file.tensors))
	for _, t := range file.tensors {
		values := make([]float64, t.count)
		for i := range values {
			values[i] = t.at(i)
		}
		tensors[t.name] = Tensor{Shape: t.shape, Data: values, DType: t.dtype}
	}
	return tensors, file.meta, nil
}

// ReadMetadata reads what a safetensors file says beside its tensors, from its
// header: the file is checked as far as that can be done without its numbers. A
// file that is no whole safetensors file gives a [*WeightsError]. See [Recorded].
func ReadMetadata(path string) (meta map[string]string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	refuse := func(err error) error { return &WeightsError{Path: path, Message: err.Error()} }
	beginning := make([]byte, 8)
	n, err := io.ReadFull(file, beginning)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	length, err := headerLength(beginning[:n], info.Size())
	if err != nil {
		return nil, refuse(err)
	}
	header := make([]byte, length)
	if _, err := io.ReadFull(file, header); err != nil {
		return nil, err
	}
	f, err := parseHeader(header, int(info.Size())-8-length)
	if err != nil {
		return nil, refuse(err)
	}
	return f.meta, nil
}

// wanted is what load needs to know of a Param, whatever its type.
type wanted struct {
	name        string
	shape       []int
	mayBeAbsent bool
}

func paramsOf[F Float](params []Param[F]) []wanted {
	ws := make([]wanted, len(params))
	for i, p := range params {
		ws[i] = wanted{p.Name, p.Shape, p.Fixed || p.Optional}
	}
	return ws
}

// load compares the file's tensors with those that a model wants and says how
// they differ.
func (f *tensorFile) load(model string, want []wanted) error {
	var missing, surplus, differing, all []string
	names := map[string]bool{}
	found := 0
	for _, w := range want {
		names[w.name] = true
		all = append(all, w.name+" "+shapeString(w.shape))
		t, ok := f.byName[w.name]
		switch {
		case !ok && !w.mayBeAbsent:
			missing = append(missing, w.name+" "+shapeString(w.shape))
		case !ok:
		case !slices.Equal(t.shape, w.shape):
			differing = append(differing, fmt.Sprintf("%s is %s in the file and %s in %s", w.name, shapeString(t.shape), shapeString(w.shape), model))
		case !t.float:
			return fmt.Errorf("%s has the type %s; weights are F64, F32, F16 or BF16", t.name, t.dtype)
		default:
			found++
		}
	}
	var here []string
	for _, t := range f.tensors {
		if t.name == "num_batches_tracked" || strings.HasSuffix(t.name, ".num_batches_tracked") {
			continue
		}
		here = append(here, t.name+" "+shapeString(t.shape))
		if !names[t.name] {
			surplus = append(surplus, t.name+" "+shapeString(t.shape))
		}
	}
	if len(missing)+len(surplus)+len(differing) == 0 {
		return nil
	}
	if found == 0 && len(differing) == 0 {
		return fmt.Errorf("this file holds another model's weights: it has %s; %s has %s", list(here), model, list(all))
	}
	var parts []string
	if len(differing) > 0 {
		parts = append(parts, list(differing))
	}
	if len(missing) > 0 {
		parts = append(parts, "the file lacks "+list(missing))
	}
	if len(surplus) > 0 {
		parts = append(parts, model+" has no "+list(surplus))
	}
	return fmt.Errorf("this file holds another model's weights: %s", strings.Join(parts, "; "))
}

// list joins the first few items.
func list(items []string) string {
	const shown = 4
	if len(items) == 0 {
		return "no tensors"
	}
	if len(items) > shown {
		return strings.Join(items[:shown], ", ") + fmt.Sprintf(" and %d more", len(items)-shown)
	}
	return strings.Join(items, ", ")
}

// tensorFile is a safetensors file whose header has been checked.
type tensorFile struct {
	tensors []rawTensor // in the order of their numbers
	byName  map[string]rawTensor
	meta    map[string]string // never nil
}

// rawTensor is a tensor as its bytes.
type rawTensor struct {
	name, dtype string
	shape       []int
	begin, end  int                 // bytes of the file's numbers
	count       int                 // numbers
	float       bool                // a type that weights may have
	at          func(i int) float64 // number i; nil where only the header was read
}

// tensorTypes are the element types that are read.
var tensorTypes = map[string]struct {
	size  int
	float bool
	read  func(b []byte) float64
}{
	"F64": {8, true, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }},
	"F32": {4, true, func(b []byte) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }},
	"F16": {2, true, func(b []byte) float64 { return float16(binary.LittleEndian.Uint16(b)) }},
	"BF16": {2, true, func(b []byte) float64 {
		return float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16))
	}},
	"I64":  {8, false, func(b []byte) float64 { return float64(int64(binary.LittleEndian.Uint64(b))) }},
	"I32":  {4, false, func(b []byte) float64 { return float64(int32(binary.LittleEndian.Uint32(b))) }},
	"I16":  {2, false, func(b []byte) float64 { return float64(int16(binary.LittleEndian.Uint16(b))) }},
	"I8":   {1, false, func(b []byte) float64 { return float64(int8(b[0])) }},
	"U8":   {1, false, func(b []byte) float64 { return float64(b[0]) }},
	"BOOL": {1, false, func(b []byte) float64 { return float64(b[0]) }},
}

// float16 converts an IEEE 754 binary16: a sign, 5 bits of exponent, 10 of
// fraction.
func float16(h uint16) float64 {
	exponent, fraction := int(h>>10&31), float64(h&1023)
	var v float64
	switch exponent {
	case 0:
		v = math.Ldexp(fraction, -24)
	case 31:
		if v = math.Inf(1); fraction != 0 {
			return math.NaN()
		}
	default:
		v = math.Ldexp(1024+fraction, exponent-25)
	}
	if h>>15 != 0 {
		return -v
	}
	return v
}

// parseTensors checks a whole file. Its errors say what is wrong with it and
// name the tensor.
func parseTensors(data []byte) (*tensorFile, error) {
	length, err := headerLength(data, int64(len(data)))
	if err != nil {
		return nil, err
	}
	header, numbers := data[8:8+length], data[8+length:]
	f, err := parseHeader(header, len(numbers))
	if err != nil {
		return nil, err
	}
	for i := range f.tensors {
		t := &f.tensors[i]
		raw, kind := numbers[t.begin:t.end], tensorTypes[t.dtype]
		t.at = func(i int) float64 { return kind.read(raw[i*kind.size:]) }
		f.byName[t.name] = *t
	}
	return f, nil
}

// headerLength reads the length of the header from the beginning of a file of size
// bytes, and checks that so many can follow.
func headerLength(beginning []byte, size int64) (int, error) {
	if len(beginning) < 8 {
		return 0, fmt.Errorf("not a safetensors file: %d bytes, where a header's length takes 8", len(beginning))
	}
	length := binary.LittleEndian.Uint64(beginning)
	if length > maxHeader {
		return 0, fmt.Errorf("not a safetensors file: its header would have %d bytes", length)
	}
	if left := size - 8; int64(length) > left {
		return 0, fmt.Errorf("the file is cut: the header has %d bytes, and only %d follow", length, left)
	}
	return int(length), nil
}

// parseHeader checks a header, and that numbers bytes follow it just as it says.
func parseHeader(header []byte, numbers int) (*tensorFile, error) {
	if len(header) == 0 || header[0] != '{' {
		return nil, fmt.Errorf("not a safetensors file: the header does not begin with {")
	}
	f := &tensorFile{byName: map[string]rawTensor{}, meta: map[string]string{}}
	err := eachMember(header, func(name string, value json.RawMessage) error {
		if name == "__metadata__" {
			return eachMember(value, func(key string, text json.RawMessage) error {
				s, ok := jsonString(text)
				if !ok {
					return fmt.Errorf("metadata %q is not a string", key)
				}
				f.meta[key] = s
				return nil
			})
		}
		t, err := parseEntry(name, value)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		f.tensors = append(f.tensors, t)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	// In the order of their bytes, tensors must follow each other exactly.
	slices.SortStableFunc(f.tensors, func(a, b rawTensor) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	at := 0
	for _, t := range f.tensors {
		switch {
		case t.begin < at:
			return nil, fmt.Errorf("tensor %q overlaps the one before it", t.name)
		case t.begin > at:
			return nil, fmt.Errorf("bytes %d to %d, before tensor %q, belong to no tensor", at, t.begin, t.name)
		case t.end > numbers:
			return nil, fmt.Errorf("the file is cut: tensor %q ends at byte %d of the numbers, and there are %d", t.name, t.end, numbers)
		}
		at = t.end
	}
	if at != numbers {
		return nil, fmt.Errorf("%d bytes after the last tensor belong to none", numbers-at)
	}
	return f, nil
}

// parseEntry reads a tensor's entry of the header. Its span of bytes is not
// negative and exactly as long as type and shape say.
func parseEntry(name string, value json.RawMessage) (t rawTensor, err error) {
	t.name = name
	var shape, offsets json.RawMessage
	err = eachMember(value, func(key string, v json.RawMessage) error {
		switch key {
		case "dtype":
			s, ok := jsonString(v)
			if !ok {
				return fmt.Errorf("dtype is not a string")
			}
			t.dtype = s
		case "shape":
			shape = v
		case "data_offsets":
			offsets = v
		default:
			return fmt.Errorf("unknown key %q", key)
		}
		return nil
	})
	if err != nil {
		return t, err
	}
	kind, ok := tensorTypes[t.dtype]
	if !ok {
		return t, fmt.Errorf("dtype %q is not one that is read here", t.dtype)
	}
	t.float = kind.float
	if t.shape, err = jsonSizes(shape); err != nil {
		return t, fmt.Errorf("shape: %w", err)
	}
	span, err := jsonSizes(offsets)
	if err != nil || len(span) != 2 || span[0] > span[1] {
		return t, fmt.Errorf("data_offsets is not [begin, end]")
	}
	bytes := uint64(kind.size)
	for _, n := range t.shape {
		var over uint64
		if over, bytes = bits.Mul64(bytes, uint64(n)); over != 0 || bytes > math.MaxInt64 {
			// A later 0 would make it small again, but no tensor is written so.
			return t, fmt.Errorf("shape %s is too large", shapeString(t.shape))
		}
	}
	if bytes != uint64(span[1]-span[0]) {
		return t, fmt.Errorf("%s of shape %s takes %d bytes, data_offsets give it %d", t.dtype, shapeString(t.shape), bytes, span[1]-span[0])
	}
	t.count = int(bytes) / kind.size
	t.begin, t.end = span[0], span[1]
	return t, nil
}

// eachMember calls f for every member of a JSON object in order, and refuses a
// key that stands twice: which of the two counts is a matter of taste.
func eachMember(object []byte, f func(key string, value json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(object))
	open, err := d.Token()
	if err != nil || open != json.Delim('{') {
		return fmt.Errorf("not a JSON object")
	}
	seen := map[string]bool{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return fmt.Errorf("not JSON: %w", err)
		}
		name, ok := key.(string)
		if !ok {
			return fmt.Errorf("not JSON: a key is not a string")
		}
		if seen[name] {
			return fmt.Errorf("%q stands twice", name)
		}
		seen[name] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return fmt.Errorf("not JSON: %w", err)
		}
		if err := f(name, value); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("not JSON: something follows the object")
	}
	return nil
}

// jsonString reads a JSON string; null is none.
func jsonString(text json.RawMessage) (string, bool) {
	var s *string
	if json.Unmarshal(text, &s) != nil || s == nil {
		return "", false
	}
	return *s, true
}

// jsonSizes reads a list of whole numbers from 0 upwards, written as digits.
func jsonSizes(text json.RawMessage) ([]int, error) {
	var list []*int
	if text == nil || json.Unmarshal(text, &list) != nil || list == nil {
		return nil, fmt.Errorf("not a list of whole numbers")
	}
	sizes := make([]int, len(list))
	for i, n := range list {
		if n == nil || *n < 0 {
			return nil, fmt.Errorf("not a list of whole numbers from 0 upwards")
		}
		sizes[i] = *n
	}
	return sizes, nil
}

package rt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Weight files: the exact bytes of a small one, round trips in both types, every
// kind of damage and of misfit refused with what differs and nothing loaded, and
// a fuzz test of the reader.

// file puts a safetensors file together from a header and its numbers.
func file(header string, numbers ...byte) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), numbers...)
}

func writeFile(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// smallModel is a dense layer of two inputs and one unit, and a gate fixed by hand.
func smallModel[F Float]() []Param[F] {
	return []Param[F]{
		{Name: "dense1.weight", Shape: []int{1, 2}, Perm: []int{1, 0}, Data: []F{1, 2}, Trainable: true},
		{Name: "dense1.bias", Shape: []int{1}, Data: []F{-3}, Trainable: true},
		{Name: "gate.weight", Shape: []int{}, Data: []F{0.1}, Fixed: true},
		{Name: "x.mean", Shape: []int{1}, Data: []F{7}, Optional: true},
	}
}

func TestSaveWeightsBytes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	params := smallModel[float32]()[:2]
	if err := SaveWeights(path, params, map[string]string{"bb": "2", "a": "ä\""}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := file(`{"__metadata__":{"a":"ä\"","bb":"2"},"dense1.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},`+
		`"dense1.bias":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}       `,
		0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x40, 0xc0)
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	if binary.LittleEndian.Uint64(got)%8 != 0 {
		t.Error("the numbers are not aligned to 8 bytes")
	}
}

func TestWeightsRoundTrip(t *testing.T) {
	testTypes(t, testRoundTrip[float32], testRoundTrip[float64])
}

func testRoundTrip[F Float](t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	meta := map[string]string{"labels": `["a","b"]`, "set.lr": "0.1"}
	if err := SaveWeights(path, smallModel[F](), meta); err != nil {
		t.Fatal(err)
	}
	into := smallModel[F]()
	for _, p := range into {
		if !p.Fixed {
			clear(p.Data)
		}
	}
	got, err := LoadWeights(path, "Small", into)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, meta) {
		t.Errorf("metadata %v, want %v", got, meta)
	}
	if got, err := ReadMetadata(path); err != nil || !reflect.DeepEqual(got, meta) {
		t.Errorf("ReadMetadata: %v, want %v (%v)", got, meta, err)
	}
	if !reflect.DeepEqual(into, smallModel[F]()) {
		t.Errorf("loaded %v", into)
	}
	// Once more over the old file, and no other file is left in the folder.
	if err := SaveWeights(path, into[:3], nil); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
	tensors, meta, err := ReadTensors(path)
	if err != nil || len(tensors) != 3 || len(meta) != 0 {
		t.Fatalf("ReadTensors: %v, %v, %v", tensors, meta, err)
	}
	if w := tensors["dense1.weight"]; !slices.Equal(w.Shape, []int{1, 2}) || !slices.Equal(w.Data, []float64{1, 2}) {
		t.Errorf("dense1.weight is %+v", w)
	}
	// Either type reads the other's file; optional and fixed tensors may be missing.
	other := smallModel[float32]()
	other[0].Data[0] = 9
	if err := SaveWeights(path, other[:2], nil); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadWeights(path, "Small", into); err != nil || into[0].Data[0] != 9 || into[3].Data[0] != 7 {
		t.Errorf("float32's file: %v, %v", into, err)
	}
}

func TestSaveWeightsFails(t *testing.T) {
	dir := t.TempDir()
	if err := SaveWeights(filepath.Join(dir, "no", "w.safetensors"), smallModel[float32](), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("into a folder that is not there: %v", err)
	}
	// The name is taken by a folder that is not empty: nothing half-written remains.
	path := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(path, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := SaveWeights(path, smallModel[float32](), nil); err == nil {
		t.Error("a folder was replaced")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

// Ordinary numbers, a subnormal, infinities and the largest, in every type.
func TestReadTensorTypes(t *testing.T) {
	for _, c := range []struct {
		dtype string
		bytes []byte
		want  []float64
	}{
		{"F16", []byte{0x00, 0x3e, 0x01, 0x00, 0x00, 0xfc, 0x00, 0x80, 0xff, 0x7b}, []float64{1.5, 0x1p-24, math.Inf(-1), 0, 65504}},
		{"BF16", []byte{0xc0, 0x3f, 0x80, 0xff}, []float64{1.5, math.Inf(-1)}},
		{"F32", []byte{0, 0, 0xc0, 0x3f}, []float64{1.5}},
		{"F64", []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f}, []float64{1.5}},
		{"I64", []byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, []float64{-2}},
		{"I32", []byte{0xfe, 0xff, 0xff, 0xff, 3, 0, 0, 0}, []float64{-2, 3}},
		{"I16", []byte{0xfe, 0xff}, []float64{-2}},
		{"I8", []byte{0xfe}, []float64{-2}},
		{"U8", []byte{0xfe}, []float64{254}},
		{"BOOL", []byte{1, 0}, []float64{1, 0}},
	} {
		header := `{"t":{"dtype":"` + c.dtype + `","shape":[` + strconv.Itoa(len(c.want)) + `],"data_offsets":[0,` + strconv.Itoa(len(c.bytes)) + `]}}`
		tensors, _, err := ReadTensors(writeFile(t, file(header, c.bytes...)))
		if err != nil || !slices.Equal(tensors["t"].Data, c.want) || tensors["t"].DType != c.dtype {
			t.Errorf("%s: %+v, %v", c.dtype, tensors, err)
		}
	}
	tensors, _, err := ReadTensors(writeFile(t, file(`{"t":{"dtype":"F16","shape":[],"data_offsets":[0,2]}}`, 1, 0x7e)))
	if err != nil || !math.IsNaN(tensors["t"].Data[0]) {
		t.Errorf("F16's NaN: %v, %v", tensors, err)
	}
}

func TestReadTensorsRefuses(t *testing.T) {
	four := make([]byte, 4)
	const f32 = `{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`
	for _, c := range []struct {
		name, says string
		data       []byte
	}{
		{"empty", "0 bytes", nil},
		{"short", "7 bytes", make([]byte, 7)},
		{"no header", "does not begin with {", make([]byte, 8)},
		{"huge header", "would have 18446744073709551615 bytes", bytes.Repeat([]byte{0xff}, 16)},
		{"header past the end", "the file is cut: the header has 90 bytes, and only 2 follow", append([]byte{90, 0, 0, 0, 0, 0, 0, 0}, "{}"...)},
		{"a picture", "not a safetensors file", []byte("\x89PNG\r\n\x1a\n0000000000000000")},
		{"a list", "does not begin with {", file(`[]`)},
		{"cut JSON", "not JSON", file(`{"a":`)},
		{"text after the header", "something follows", file(`{"a":`+f32+`} {}`, four...)},
		{"a name twice", `"a" stands twice`, file(`{"a":`+f32+`,"a":`+f32+`}`, four...)},
		{"a key twice", `"dtype" stands twice`, file(`{"a":{"dtype":"F32","dtype":"F64","shape":[1],"data_offsets":[0,4]}}`, four...)},
		{"metadata is a list", "not a JSON object", file(`{"__metadata__":[]}`)},
		{"metadata is a number", `metadata "x" is not a string`, file(`{"__metadata__":{"x":1}}`)},
		{"metadata is null", `metadata "x" is not a string`, file(`{"__metadata__":{"x":null}}`)},
		{"an entry is a number", "not a JSON object", file(`{"a":1}`)},
		{"unknown type", `dtype "F8" is not one`, file(`{"a":{"dtype":"F8","shape":[1],"data_offsets":[0,1]}}`, 0)},
		{"no type", `dtype "" is not one`, file(`{"a":{"shape":[1],"data_offsets":[0,4]}}`, four...)},
		{"unknown key", `unknown key "stride"`, file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"stride":1}}`, four...)},
		{"no shape", "shape: not a list", file(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, four...)},
		{"null shape", "shape: not a list", file(`{"a":{"dtype":"F32","shape":null,"data_offsets":[0,4]}}`, four...)},
		{"negative size", "from 0 upwards", file(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, four...)},
		{"fraction", "not a list of whole", file(`{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}`, four...)},
		{"overflow", "too large", file(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}`, four...)},
		{"overflow of a size", "not a list of whole", file(`{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}`, four...)},
		{"claims much", "the file is cut", file(`{"a":{"dtype":"F32","shape":[1073741824],"data_offsets":[0,4294967296]}}`, four...)},
		{"backwards", "data_offsets is not", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, four...)},
		{"three offsets", "data_offsets is not", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,2,4]}}`, four...)},
		{"wrong size", "takes 8 bytes, data_offsets give it 4", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, four...)},
		{"cut numbers", "the file is cut", file(`{"a":`+f32+`}`, 1, 2)},
		{"more numbers", "1 bytes after the last tensor", file(`{"a":`+f32+`}`, 1, 2, 3, 4, 5)},
		{"gap", "belong to no tensor", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, make([]byte, 8)...)},
		{"overlap", "overlaps", file(`{"a":`+f32+`,"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}`, make([]byte, 6)...)},
		{"the same bytes", "overlaps", file(`{"a":`+f32+`,"b":`+f32+`}`, four...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := writeFile(t, c.data)
			_, _, err := ReadTensors(path)
			var refused *WeightsError
			if !errors.As(err, &refused) || refused.Path != path || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
			if _, meta := ReadMetadata(path); meta == nil || meta.Error() != err.Error() {
				t.Errorf("ReadMetadata: %v, want %v", meta, err)
			}
		})
	}
	if _, err := ReadMetadata(filepath.Join(t.TempDir(), "no")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, _, err := ReadTensors(filepath.Join(t.TempDir(), "no")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// Every prefix of a good file, and every file with one byte more, is refused.
func TestCutFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := SaveWeights(path, smallModel[float32](), map[string]string{"a": "b"}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, err := parseTensors(whole[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes were accepted", n, len(whole))
		}
	}
	if _, err := parseTensors(append(whole, 0)); err == nil {
		t.Error("a byte too many was accepted")
	}
}

func TestLoadWeightsRefuses(t *testing.T) {
	type tensor = Param[float64]
	weight := tensor{Name: "dense1.weight", Shape: []int{1, 2}, Data: []float64{5, 6}}
	bias := tensor{Name: "dense1.bias", Shape: []int{1}, Data: []float64{8}}
	for _, c := range []struct {
		name    string
		tensors []tensor
		says    string // "" where the file fits
	}{
		{"fits", []tensor{bias, weight}, ""},
		{"counter of batch_norm", []tensor{weight, bias, {Name: "bn.num_batches_tracked", Shape: []int{}, Data: []float64{3}}}, ""},
		{"fixed as the model's float32", []tensor{weight, bias, {Name: "gate.weight", Shape: []int{}, Data: []float64{0.1}}}, ""},
		{"missing", []tensor{weight}, "this file holds another model's weights: the file lacks dense1.bias (1)"},
		{"unknown", []tensor{weight, bias, {Name: "dense2.bias", Shape: []int{1}, Data: []float64{1}}},
			"this file holds another model's weights: Small has no dense2.bias (1)"},
		{"transposed", []tensor{{Name: "dense1.weight", Shape: []int{2, 1}, Data: []float64{5, 6}}, bias},
			"dense1.weight is (2, 1) in the file and (1, 2) in Small"},
		{"another model", []tensor{{Name: "conv1.weight", Shape: []int{1}, Data: []float64{5}}},
			"this file holds another model's weights: it has conv1.weight (1); Small has dense1.weight (1, 2), dense1.bias (1), gate.weight (), x.mean (1)"},
		{"another large model", []tensor{{Name: "a", Shape: []int{}, Data: []float64{5}}, {Name: "b", Shape: []int{}, Data: []float64{5}}, {Name: "c", Shape: []int{}, Data: []float64{5}},
			{Name: "d", Shape: []int{}, Data: []float64{5}}, {Name: "e", Shape: []int{}, Data: []float64{5}}}, "it has a (), b (), c (), d () and 1 more; Small has"},
		{"nothing", nil, "it has no tensors"},
		{"fixed to something else", []tensor{weight, bias, {Name: "gate.weight", Shape: []int{}, Data: []float64{0.2}}},
			"gate.weight is fixed in the model: its number 0 is 0.1, not 0.2"},
		{"too large", []tensor{weight, {Name: "dense1.bias", Shape: []int{1}, Data: []float64{1e300}}}, "dense1.bias: 1e+300 is too large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "w.safetensors")
			if err := SaveWeights(path, c.tensors, nil); err != nil {
				t.Fatal(err)
			}
			params := smallModel[float32]()
			_, err := LoadWeights(path, "Small", params)
			if c.says == "" {
				if err != nil || params[0].Data[1] != 6 || params[1].Data[0] != 8 {
					t.Errorf("%v, %v", err, params)
				}
				return
			}
			var refused *WeightsError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
			if !reflect.DeepEqual(params, smallModel[float32]()) {
				t.Errorf("a refused file changed the model: %v", params)
			}
		})
	}
	path := writeFile(t, file(`{"dense1.bias":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}}`, 1, 0, 0, 0))
	if _, err := LoadWeights(path, "Small", smallModel[float32]()); err == nil || !strings.Contains(err.Error(), "dense1.bias has the type I32") {
		t.Errorf("integers as weights: %v", err)
	}
}

// The reader never panics, and reserves no more than the file is long.
func FuzzReadTensors(f *testing.F) {
	f.Add(file(`{}`))
	f.Add(file(`{"__metadata__":{"a":"b"},"t":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"u":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}`, make([]byte, 8)...))
	f.Add(file(`{"t":{"dtype":"F32","shape":[1073741824],"data_offsets":[0,4294967296]}}`, 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		parsed, err := parseTensors(data)
		if err != nil {
			return
		}
		bytes := 0
		for _, tensor := range parsed.tensors {
			bytes += tensor.end - tensor.begin
			for i := range tensor.count {
				tensor.at(i)
			}
		}
		if header := binary.LittleEndian.Uint64(data); 8+int(header)+bytes != len(data) {
			t.Errorf("tensors of %d bytes after a header of %d in a file of %d", bytes, header, len(data))
		}
	})
}

package data

// Held here: idx files of every type, plain and packed, are read to their
// values, bytes scaled to 0…1 for a number port and as they are for labels;
// what is cut, altered or lies is refused.

import (
	"bytes"
	"compress/gzip"
	"slices"
	"testing"
)

func packed(content []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(content)
	z.Close()
	return b.Bytes()
}

// idx makes a file of one- or more-byte values that stand in body as they are.
func idx(kind byte, shape []int, body string) []byte {
	b := []byte{0, 0, kind, byte(len(shape))}
	for _, d := range shape {
		b = append(b, byte(d>>24), byte(d>>16), byte(d>>8), byte(d))
	}
	return append(b, body...)
}

func TestReadIDX(t *testing.T) {
	for _, c := range []struct {
		name    string
		content []byte
		shape   []int
		want    []float64 // in a number port
	}{
		{"u8", idx(8, []int{2, 1, 2}, "\x00\x33\x66\xff"), []int{2, 1, 2}, []float64{0, 0.2, 0.4, 1}},
		{"packed", packed(idx(8, []int{2}, "\x00\xff")), []int{2}, []float64{0, 1}},
		{"i8", idx(9, []int{3}, "\x01\xff\x80"), []int{3}, []float64{1, -1, -128}},
		{"i16", idx(11, []int{2}, "\x01\x02\xff\xfe"), []int{2}, []float64{258, -2}},
		{"i32", idx(12, []int{2}, "\x00\x01\x00\x02\xff\xff\xff\xfd"), []int{2}, []float64{65538, -3}},
		{"f32", idx(13, []int{2}, "\x3f\x80\x00\x00\xc0\x20\x00\x00"), []int{2}, []float64{1, -2.5}},
		{"f64", idx(14, []int{1}, "\x3f\xb9\x99\x99\x99\x99\x99\x9a"), []int{1}, []float64{0.1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := readIDXFile(bytes.NewReader(c.content), int64(len(c.content)), "x.idx")
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(a.shape, c.shape) {
				t.Fatalf("shape %v, want %v", a.shape, c.shape)
			}
			s, err := a.set(Port{Name: "x", Shape: c.shape[1:]}, "x.idx")
			if err != nil {
				t.Fatal(err)
			}
			got, rows := make([]float64, len(c.want)), make([]int, s.Len())
			for i := range rows {
				rows[i] = i
			}
			if err := Read(s, 0, got, rows); err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %v, %v; want %v", got, err, c.want)
			}
		})
	}
}

func TestReadIDXLabels(t *testing.T) {
	c := idx(8, []int{4}, "\x02\x00\x01\x02")
	a, err := readIDX(bytes.NewReader(c), int64(len(c)), "y.idx")
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.set(Port{Name: "y", Classes: 3, Target: true}, "y.idx")
	if err != nil {
		t.Fatal(err)
	}
	got := make([]int32, 3)
	if err := ReadLabels(s, 0, got, []int{3, 0, 1}); err != nil || !slices.Equal(got, []int32{2, 2, 0}) {
		t.Errorf("got %v, %v", got, err)
	}
	_, err = a.set(Port{Name: "y", Classes: 2, Target: true}, "y.idx")
	wantError(t, err, "y.idx", "y.idx: row 0: port y: 2 is not a label of class(2), which are 0 to 1, or -1 to be ignored")
}

func TestReadIDXRefuses(t *testing.T) {
	whole := packed(idx(8, []int{2, 2}, "abcd"))
	altered := slices.Clone(whole)
	altered[len(altered)-6] ^= 1 // in the checksum
	for _, c := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"empty", nil, "too short"},
		{"text", []byte("a,b\n1,2\n"), "not an idx file: it starts with 61 2c 62 0a"},
		{"type", idx(10, []int{1}, "a"), "not an idx file"},
		{"scalar", idx(8, nil, "a"), "single value"},
		{"cut sizes", []byte{0, 0, 8, 3, 0, 0}, "cut in its header"},
		{"cut", idx(8, []int{2, 2}, "abc"), "promises 4 bytes of values, it has 3"},
		{"long", idx(8, []int{2, 2}, "abcde"), "longer than its header says (4 bytes"},
		{"negative", []byte{0, 0, 8, 1, 0x80, 0, 0, 0}, "axis 0 is too long"},
		{"too large", append([]byte{0, 0, 8, 4}, bytes.Repeat([]byte{0x7f}, 16)...), "no file has as many values"},
		{"packed cut", whole[:len(whole)-9], "is cut or altered"},
		{"packed altered", altered, "is cut or altered"},
		{"packed header", []byte("\x1f\x8b\x00\x00\x00\x00\x00\x00\x00\x00\x00"), "is cut or altered"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readIDXFile(bytes.NewReader(c.content), int64(len(c.content)), "x.idx")
			wantError(t, err, "x.idx", c.want)
		})
	}
}

func FuzzIDX(f *testing.F) {
	f.Add(idx(8, []int{2, 2}, "abcd"))
	f.Add(packed(idx(8, []int{2, 2}, "abcd")))
	f.Add(idx(13, []int{1}, "\x3f\x80\x00\x00"))
	f.Add(idx(12, []int{1, 1, 1}, "\x00\x00\x00\x01"))
	f.Add(idx(8, []int{1 << 30, 0}, "")) // many rows of nothing
	f.Fuzz(func(t *testing.T, content []byte) {
		a, err := readIDXFile(bytes.NewReader(content), int64(len(content)), "x.idx")
		checkRead(t, a, err, "x.idx")
	})
}

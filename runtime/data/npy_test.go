package data

// Held here: npy files of every type, order and version that NumPy writes are
// read to its values; what is cut, lies or is of another type is refused at its
// size's cost; WriteNPY writes NumPy's own bytes.

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestReadNPY(t *testing.T) {
	shapes := map[string][]int{"vector": {5}, "column": {5, 1}, "fortran_4d": {2, 3, 4, 5}}
	files, err := filepath.Glob("testdata/npy/*.npy")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	refused := map[string]string{
		"complex": `type "<c8" is not read`,
		"string":  `type "<U1" is not read`,
		"object":  `type "|O" is not read`,
		"record":  "records are not read",
		"scalar":  "single value",
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".npy")
		t.Run(name, func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			a, err := readNPY(bytes.NewReader(content), int64(len(content)), file)
			if want, bad := refused[name]; bad {
				wantError(t, err, file, want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			shape := []int{2, 3}
			if s := shapes[name]; s != nil {
				shape = s
			}
			if !slices.Equal(a.shape, shape) {
				t.Fatalf("shape %v, want %v", a.shape, shape)
			}
			kind := map[bool]byte{true: name[0], false: 'f'}[len(name) > 1 && '0' <= name[1] && name[1] <= '9']
			if name == "fortran_4d" {
				kind = 'i'
			}
			n := 1
			for _, d := range shape {
				n *= d
			}
			if got := len(a.u8) + len(a.f32) + len(a.f64); got != n {
				t.Fatalf("%d values, want %d", got, n)
			}
			for k := range n {
				want := map[byte]float64{'f': float64(k-2) / 4, 'i': float64(k - 2), 'u': float64(k), 'b': float64(k % 2)}[kind]
				if got := a.value(k); got != want {
					t.Errorf("element %d is %v, want %v", k, got, want)
				}
			}
		})
	}
}

// npy makes a file of version 1 by hand.
func npy(header string, body int) []byte {
	b := []byte(npyMagic + "\x01\x00\x00\x00" + header)
	binary.LittleEndian.PutUint16(b[8:], uint16(len(header)))
	return append(b, make([]byte, body)...)
}

func TestReadNPYRefuses(t *testing.T) {
	good := "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
	for _, c := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"empty", nil, "not an npy file"},
		{"text", []byte("1,2,3,4,5,6\n"), "not an npy file"},
		{"version", []byte(npyMagic + "\x04\x00\x00\x00"), "version 4.0"},
		{"cut in version 2", []byte(npyMagic + "\x02\x00\x00\x00"), "cut in its header"},
		{"cut values", npy(good, 23), "is cut"},
		{"long", npy(good, 25), "longer than its header says (24 bytes"},
		{"long header", []byte(npyMagic + "\x02\x00\xff\xff\xff\xff"), "promises a header of 4294967295 bytes"},
		{"cut header", []byte(npyMagic + "\x01\x00\x40\x00{"), "promises a header of 64 bytes"},
		{"hostile shape", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4294967296), }", 8), "no file has as many values"},
		{"hostile length", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999,), }", 8), "is cut"},
		{"size", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), }", 8), "a size is wanted"},
		{"negative", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }", 8), "a size is wanted"},
		{"no tuple", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1), }", 8), "is no tuple"},
		{"unknown key", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'x': 1}", 8), `unknown key "x"`},
		{"twice", npy("{'descr': '<f8', 'descr': '<f8', 'shape': (1,)}", 8), "stands twice"},
		{"missing key", npy("{'descr': '<f8', 'shape': (1,)}", 8), "are wanted"},
		{"order", npy("{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}", 8), "False is wanted"},
		{"long double", npy("{'descr': '<f16', 'fortran_order': False, 'shape': (1,)}", 16), `type "<f16"`},
		{"type", npy("{'descr': '<f04', 'fortran_order': False, 'shape': (1,)}", 4), `type "<f04"`},
		{"native order", npy("{'descr': '=f4', 'fortran_order': False, 'shape': (1,)}", 4), `type "=f4"`},
		{"after", npy(good+" import os", 24), "follows the dict"},
		{"code", npy("__import__('os')", 24), "{ is wanted"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readNPY(bytes.NewReader(c.content), int64(len(c.content)), "x.npy")
			wantError(t, err, "x.npy", c.want)
		})
	}
}

// wantError demands an *Error about file that says want.
func wantError(t *testing.T, err error, file, want string) {
	t.Helper()
	e, ok := err.(*Error)
	if !ok {
		t.Fatalf("got %T (%v), want an *Error that says %q", err, err, want)
	}
	if e.File != file || !strings.Contains(e.Error(), want) {
		t.Errorf("got  %v\nwant one about %q that says %q", e, file, want)
	}
}

func TestWriteNPY(t *testing.T) {
	// NumPy's own files: the same array gives the same bytes.
	for _, c := range []struct {
		file  string
		write func(b *bytes.Buffer) error
	}{
		{"f4", func(b *bytes.Buffer) error { return WriteNPY(b, []int{2, 3}, []float32{-.5, -.25, 0, .25, .5, .75}) }},
		{"f8", func(b *bytes.Buffer) error { return WriteNPY(b, []int{2, 3}, []float64{-.5, -.25, 0, .25, .5, .75}) }},
		{"i4", func(b *bytes.Buffer) error { return WriteNPY(b, []int{2, 3}, []int32{-2, -1, 0, 1, 2, 3}) }},
		{"vector", func(b *bytes.Buffer) error { return WriteNPY(b, []int{5}, []float64{-.5, -.25, 0, .25, .5}) }},
	} {
		var b bytes.Buffer
		if err := c.write(&b); err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile("testdata/npy/" + c.file + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), want) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.file, b.Bytes(), want)
		}
	}
	if err := WriteNPY(&bytes.Buffer{}, []int{2}, []int32{1}); err == nil {
		t.Error("a shape with more values than there are was written")
	}
	var b bytes.Buffer
	long := make([]float32, 40000) // more than one chunk
	for i := range long {
		long[i] = float32(i)
	}
	if err := WriteNPY(&b, []int{400, 100}, long); err != nil {
		t.Fatal(err)
	}
	a, err := readNPY(&b, int64(b.Len()), "")
	if err != nil || !slices.Equal(a.f32, long) {
		t.Errorf("40,000 values came back otherwise (%v)", err)
	}
}

// allocated is the memory that f takes, in bytes.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestHostileHeadersTakeNoMemory(t *testing.T) {
	const most = 1 << 20
	for name, read := range map[string]func() error{
		"npy": func() error {
			c := npy("{'descr': '<f8', 'fortran_order': True, 'shape': (1000000000,), }", 100)
			_, err := readNPY(bytes.NewReader(c), int64(len(c)), "x")
			return err
		},
		"idx": func() error {
			c := append([]byte{0, 0, 8, 3, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 28, 0, 0, 0, 28}, make([]byte, 100)...)
			_, err := readIDX(bytes.NewReader(c), int64(len(c)), "x")
			return err
		},
		"png": func() error {
			c := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\xff\xff\xff\x00\xff\xff\xff\x08\x00\x00\x00\x00\x00\x00\x00\x00"
			_, err := readInput(strings.NewReader(c), int64(len(c)), "x", Port{Name: "x", Shape: []int{1, 28, 28}}, nil)
			return err
		},
	} {
		var err error
		got := allocated(func() { err = read() })
		if err == nil || got > most {
			t.Errorf("%s: took %d bytes (error %v)", name, got, err)
		}
	}
}

func FuzzNPY(f *testing.F) {
	files, _ := filepath.Glob("testdata/npy/*.npy")
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		a, err := readNPY(bytes.NewReader(content), int64(len(content)), "x.npy")
		checkRead(t, a, err, "x.npy")
	})
}

// checkRead demands an array that a column can be made of, or an *Error.
func checkRead(t *testing.T, a *array, err error, file string) {
	if err != nil {
		wantError(t, err, file, "")
		return
	}
	size := 1
	for _, d := range a.shape[1:] {
		size *= d
	}
	if got := len(a.u8) + len(a.f32) + len(a.f64); size < 1 || a.shape[0] < 1 || size*a.shape[0] != got {
		t.Fatalf("shape %v, but %d values", a.shape, got)
	}
	for _, p := range []Port{{Name: "x", Shape: []int{size}}, {Name: "y", Shape: []int{size}, Classes: 3, Target: true}} {
		c, err := a.column(p, file)
		if err != nil {
			wantError(t, err, file, "")
			continue
		}
		s := newSet([]Port{p}, []column{c}, a.shape[0])
		rows := []int{0, s.Len() - 1}
		if p.Classes > 0 {
			if err := ReadLabels(s, 0, make([]int32, 2*size), rows); err != nil {
				t.Error(err)
			}
		} else if err := Read(s, 0, make([]float64, 2*size), rows); err != nil {
			t.Error(err)
		}
	}
}

func ExampleWriteNPY() {
	var b bytes.Buffer
	if err := WriteNPY(&b, []int{2, 1}, []float32{0.25, 0.75}); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%q\n", b.Bytes()[10:69])
	// Output: "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }"
}

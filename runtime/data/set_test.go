package data

// Held here: reading rows copies the right values, refuses what does not fit,
// and allocates nothing.

import (
	"math"
	"slices"
	"testing"
)

func small() *Set {
	ports := []Port{{Name: "b", Shape: []int{2}}, {Name: "f"}, {Name: "d"}, {Name: "c", Classes: 3, Target: true}}
	cols := []column{
		{width: 2, u8: []byte{0, 255, 51, 102, 1, 2}, scale: unit},
		{width: 1, f32: []float32{0.1, 0.2, 0.3}},
		{width: 1, f64: []float64{0.1, 1e300, -2}, origin: origin{file: "d.npy"}},
		{width: 1, class: []int32{2, -1, 0}},
	}
	return newSet(ports, cols, 3)
}

func TestRead(t *testing.T) {
	s := small()
	b := make([]float64, 4)
	if err := Read(s, 0, b, []int{1, 0}); err != nil || !slices.Equal(b, []float64{0.2, 0.4, 0, 1}) {
		t.Errorf("got %v, %v", b, err)
	}
	f := make([]float32, 3)
	if err := Read(s, 1, f, []int{2, 0}); err != nil || !slices.Equal(f, []float32{0.3, 0.1, 0}) {
		t.Errorf("got %v, %v", f, err)
	}
	sub := s.subset([]int{2, 0}).subset([]int{1})
	if err := Read(sub, 0, b[:2], []int{0}); err != nil || sub.Len() != 1 || !slices.Equal(b[:2], []float64{0, 1}) {
		t.Errorf("row 0 of a subset's subset: %v, %v", b[:2], err)
	}
	var d [1]float64
	if err := Read(s, 2, d[:], []int{1}); err != nil || d[0] != 1e300 {
		t.Errorf("got %v, %v", d, err)
	}
}

func TestReadRefuses(t *testing.T) {
	s := small()
	var d [4]float32
	wantError(t, Read(s, 2, d[:], []int{0, 1}), "d.npy", "d.npy: row 1: port d: 1e+300 is too large for float32")
	wantError(t, Read(s, 0, d[:3], []int{0, 1}), "", "port b: 2 rows need room for 4 values, got 3")
	wantError(t, Read(s, 0, d[:], []int{0, 3}), "", "port b: row 3 of a set of 3 rows")
	wantError(t, Read(s, 0, d[:], []int{-1}), "", "port b: row -1 of a set of 3 rows")
	wantError(t, Read(s, 3, d[:], []int{0}), "", "port c: holds class labels")
	wantError(t, ReadLabels(s, 0, make([]int32, 2), []int{0}), "", "port b: holds numbers")
	wantError(t, ReadLabels(s, 3, nil, []int{0}), "", "room for 1 values, got 0")
}

func TestBytesAreCorrectlyRounded(t *testing.T) {
	for i := range 256 {
		if want := float32(float64(i) / 255); unit32[i] != want || unit64[i] != float64(i)/255 {
			t.Errorf("byte %d is %v, %v", i, unit32[i], unit64[i])
		}
		if asIs32[i] != float32(i) || asIs64[i] != float64(i) {
			t.Errorf("byte %d is %v, %v as it is", i, asIs32[i], asIs64[i])
		}
	}
}

func TestHalf(t *testing.T) {
	for h, want := range map[uint16]float32{
		0x0000: 0, 0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x0001: 0x1p-24, 0x83ff: -0x3ffp-24, 0x0400: 0x1p-14, 0x3555: 0.333251953125,
	} {
		if got := half(h); got != want {
			t.Errorf("half(%#04x) is %v, want %v", h, got, want)
		}
	}
	if !math.IsInf(float64(half(0xfc00)), -1) || !math.IsNaN(float64(half(0x7e00))) || !math.Signbit(float64(half(0x8000))) {
		t.Error("infinity, NaN or -0 is lost")
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	s := small()
	rows := []int{2, 0, 2}
	single, double, class := make([]float32, 6), make([]float64, 6), make([]int32, 3)
	for name, read := range map[string]func() error{
		"bytes as float32":   func() error { return Read(s, 0, single, rows) },
		"bytes as float64":   func() error { return Read(s, 0, double, rows) },
		"float32 as float32": func() error { return Read(s, 1, single, rows) },
		"float64 as float32": func() error { return Read(s, 2, single, rows) },
		"labels":             func() error { return ReadLabels(s, 3, class, rows) },
	} {
		var err error
		if n := testing.AllocsPerRun(100, func() { err = read() }); n != 0 || err != nil {
			t.Errorf("%s: %v allocations, %v", name, n, err)
		}
	}
}

func BenchmarkReadImages(b *testing.B) {
	s := newSet([]Port{{Name: "x", Shape: []int{784}}}, []column{{width: 784, u8: make([]byte, 784*1000), scale: unit}}, 1000)
	dst, rows := make([]float32, 784*128), make([]int, 128)
	for i := range rows {
		rows[i] = i * 7 % 1000
	}
	b.SetBytes(784 * 128)
	for b.Loop() {
		if err := Read(s, 0, dst, rows); err != nil {
			b.Fatal(err)
		}
	}
}

package rt

import (
	"fmt"
	"math"
	"testing"
)

// Initial weights: their range and moments by the formulas of the papers, their
// independence, the same values in either type, and golden bits.

func TestInitMoments(t *testing.T) {
	const n, fanIn, fanOut = 60_000, 300, 100
	key := Key(5, 0, 1)
	for _, c := range []struct {
		name  string
		fill  func([]float64)
		mean  float64
		std   float64
		bound float64 // 0: none
	}{
		{"uniform", func(d []float64) { UniformInit(d, -1, 3, key) }, 1, 4 / math.Sqrt(12), 3},
		{"normal", func(d []float64) { NormalInit(d, 0.02, key) }, 0, 0.02, 0},
		{"xavier_uniform", func(d []float64) { XavierUniform(d, fanIn, fanOut, key) }, 0, math.Sqrt(2. / 400), math.Sqrt(6. / 400)},
		{"xavier_normal", func(d []float64) { XavierNormal(d, fanIn, fanOut, key) }, 0, math.Sqrt(2. / 400), 0},
		{"he_uniform", func(d []float64) { HeUniform(d, fanIn, key) }, 0, math.Sqrt(2. / 300), math.Sqrt(6. / 300)},
		{"he_normal", func(d []float64) { HeNormal(d, fanIn, key) }, 0, math.Sqrt(2. / 300), 0},
		{"lecun_normal", func(d []float64) { LecunNormal(d, fanIn, key) }, 0, math.Sqrt(1. / 300), 0},
		{"zeros", func(d []float64) { d[0] = 1; Zeros(d) }, 0, 0, 0},
		{"ones", func(d []float64) { Ones(d) }, 1, 0, 0},
		{"constant", func(d []float64) { Constant(d, -2.5) }, -2.5, 0, 0},
	} {
		d := make([]float64, n)
		c.fill(d)
		var mean, square, largest float64
		for _, v := range d {
			mean += v / n
			largest = max(largest, math.Abs(v))
		}
		for _, v := range d {
			square += (v - mean) * (v - mean) / n
		}
		// Five deviations of the mean, and of a normal's standard deviation; and rounding.
		if math.Abs(mean-c.mean) > 5*c.std/math.Sqrt(n)+1e-11 || math.Abs(math.Sqrt(square)-c.std) > 5*c.std/math.Sqrt(2*n)+1e-11 {
			t.Errorf("%s: mean %v and deviation %v, want %v and %v", c.name, mean, math.Sqrt(square), c.mean, c.std)
		}
		if c.bound > 0 && (largest > c.bound || largest < 0.99*c.bound) {
			t.Errorf("%s: the largest is %v, the bound %v", c.name, largest, c.bound)
		}
	}
}

func TestInitIsPure(t *testing.T) {
	a, b, other := make([]float32, 50), make([]float64, 100), make([]float32, 50)
	HeNormal(a, 10, Key(1, 0, 0))
	HeNormal(b, 10, Key(1, 0, 0))
	HeNormal(other, 10, Key(1, 0, 1))
	for i := range a {
		if a[i] != float32(b[i]) {
			t.Fatalf("element %d is %v in float32 and %v in float64", i, a[i], b[i])
		}
		if a[i] == other[i] {
			t.Errorf("element %d is the same in two streams", i)
		}
	}
	XavierUniform(a, 784, 128, Key(1, 0, 0))
	got := fmt.Sprintf("%#x %#x", math.Float32bits(a[0]), math.Float32bits(a[49]))
	const want = "0x3a033445 0x3d8ebee2"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestSinusoids compares with sines and cosines written out.
func TestSinusoids(t *testing.T) {
	got := make([]float64, 3*4)
	Sinusoids(got, 4)
	for row := range 3 {
		x := float64(row)
		want := []float64{math.Sin(x), math.Cos(x), math.Sin(x / 100), math.Cos(x / 100)}
		for i, w := range want {
			if g := got[row*4+i]; math.Abs(g-w) > 1e-15 {
				t.Errorf("element %d of row %d is %v, want %v", i, row, g, w)
			}
		}
	}
}

// TestOrthogonal: the smaller side's vectors are orthonormal but for the gain, in the layouts that weights have, and are the
// Q of the normal numbers that the key gives, with a positive diagonal of R.
func TestOrthogonal(t *testing.T) {
	for _, c := range []struct {
		units, inputs, stride int
		gain                  float64
	}{
		{5, 5, 1, 1}, {5, 5, 5, 1}, // (inputs, units) and (units, inputs)
		{3, 7, 1, 2}, {3, 7, 7, 2}, {7, 3, 1, -0.5}, {7, 3, 3, -0.5},
		{4, 6, 3, 1}, // (2, units, 3)
		{1, 9, 1, 1}, {9, 1, 1, 3}, {1, 1, 1, 1},
		{64, 200, 200, 1}, {120, 120, 1, 1},
	} {
		key := Key(3, 0, 7)
		dst := make([]float64, c.units*c.inputs)
		Orthogonal(dst, c.gain, c.units, c.stride, key)
		// w[u][i] as the layout has it.
		w := make([][]float64, c.units)
		for i, v := range dst {
			w[i/c.stride%c.units] = append(w[i/c.stride%c.units], v/c.gain)
		}
		vectors, n := w, c.inputs
		if c.units > c.inputs {
			n = c.units
			vectors = make([][]float64, c.inputs)
			for i := range vectors {
				for u := range c.units {
					vectors[i] = append(vectors[i], w[u][i])
				}
			}
		}
		for i, a := range vectors {
			for j, b := range vectors[:i+1] {
				want := 0.0
				if i == j {
					want = 1
				}
				if got := dot(a, b); math.Abs(got-want) > 1e-14 {
					t.Errorf("%+v: vectors %d and %d have the product %v, want %v", c, i, j, got, want)
				}
			}
			// R = QᵀA is upper triangular: column i of A lies in the span of the first i+1 vectors.
			column, square := make([]float64, n), 0.0
			for k := range column {
				column[k] = Normal[float64](key, i*n+k)
			}
			for j, b := range vectors[:i+1] {
				r := dot(b, column)
				square += r * r
				if i == j && r <= 0 {
					t.Errorf("%+v: R[%d][%d] is %v", c, i, i, r)
				}
			}
			if norm := dot(column, column); math.Abs(square-norm) > 1e-10*norm {
				t.Errorf("%+v: column %d of A has a square of %v in the span, of %v", c, i, square, norm)
			}
		}
	}
	a, b := make([]float32, 12), make([]float64, 12)
	Orthogonal(a, 1, 4, 1, Key(1, 0, 0))
	Orthogonal(b, 1, 4, 1, Key(1, 0, 0))
	for i := range a {
		if a[i] != float32(b[i]) {
			t.Errorf("element %d is %v in float32 and %v in float64", i, a[i], b[i])
		}
	}
	got := fmt.Sprintf("%#x %#x", math.Float64bits(b[0]), math.Float64bits(b[11]))
	const want = "0x3f78c24d1b074d3e 0xbfb352f41d22c73b"
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func dot(a, b []float64) (s float64) {
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

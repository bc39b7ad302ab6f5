package rt

import (
	"math"
	"testing"
)

// The vector functions: their errors in units of the last place, their special
// cases, the same bits at every level and in every place.

var functions = []struct {
	name   string
	f      function
	scalar func(float64) float64
	bound  float64 // of its errors, in units of the last place
}{
	{"exp", exp, math.Exp, 1.1},
	{"sigmoid", sigmoid, Sigmoid[float64], 2.5},
	{"tanh", tanh, math.Tanh, 1.5},
	{"log", log, math.Log, 1.1},
}

// unitsOff returns how far got is from want, in units of the last place of
// float32 at want, and 0 where both are NaN.
func unitsOff(got float32, want float64) float64 {
	rounded := float32(want)
	switch {
	case want != want || got != got:
		if want != want && got != got {
			return 0
		}
		return math.Inf(1)
	case got == rounded:
		return 0
	case math.IsInf(float64(got), 0) || math.IsInf(float64(rounded), 0):
		return math.Inf(1)
	}
	_, e := math.Frexp(want)
	return math.Abs(float64(got)-want) / math.Ldexp(1, max(e-24, -149))
}

// Every stride-th float32, with both signs; with stride 1 this takes minutes and
// was run when the kernels were made.
func TestFunctionErrors(t *testing.T) {
	const stride = 4099
	x := make([]float32, 0, 1<<16)
	got := make([]float32, 1<<16)
	for _, c := range functions {
		worst, at := 0.0, float32(0)
		check := func() {
			var first []float32
			for _, on := range vectorLevels(t) {
				each(on, c.f, got[:len(x)], x)
				if first == nil {
					first = append(first, got[:len(x)]...)
				} else if d := difference(got[:len(x)], first, len(x)); d != "" {
					t.Fatalf("%s: %v is not avx2: %s", c.name, on, d)
				}
			}
			for i, v := range x {
				if off := unitsOff(first[i], c.scalar(float64(v))); off > worst {
					worst, at = off, v
				}
			}
			x = x[:0]
		}
		for bits := uint64(0); bits < 1<<32; bits += stride {
			if x = append(x, math.Float32frombits(uint32(bits))); len(x) == cap(x) {
				check()
			}
		}
		check()
		if worst > c.bound {
			t.Errorf("%s(%v) is %.2f units in the last place off", c.name, at, worst)
		}
		t.Logf("%s: at most %.2f units in the last place off, at %v", c.name, worst, at)
	}
}

func TestFunctionSpecials(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	zero := float32(math.Copysign(0, -1))
	const least = math.SmallestNonzeroFloat32
	x := []float32{nan, -nan, inf, -inf, 0, zero, least, -least, math.MaxFloat32, -math.MaxFloat32, 88.72283, 88.72284, -87.4, -103.9, -103.98, 1, -1, 0.625, 0x1p-126}
	for _, c := range functions {
		for _, on := range vectorLevels(t) {
			got := make([]float32, len(x))
			each(on, c.f, got, x)
			for i, v := range x {
				want := float32(c.scalar(float64(v)))
				if off := unitsOff(got[i], c.scalar(float64(v))); off > c.bound {
					t.Errorf("%v: %s(%v) = %v, want %v", on, c.name, v, got[i], want)
				}
				if want == 0 && math.Signbit(float64(got[i])) != math.Signbit(float64(want)) {
					t.Errorf("%v: %s(%v) = %v has the wrong sign", on, c.name, v, got[i])
				}
			}
		}
	}
}

// An element's result does not depend on its place or on how many there are, and
// nothing outside dst is written; dst may be src.
func TestFunctionsInAnyPlace(t *testing.T) {
	all := wild[float32](70, 3)
	for _, c := range functions {
		for _, on := range vectorLevels(t) {
			want := make([]float32, len(all))
			each(on, c.f, want, all)
			for lo := range 20 {
				for n := range len(all) - lo + 1 {
					dst, check := guarded(t, n, float32(0))
					each(on, c.f, dst, all[lo:lo+n])
					check()
					if d := difference(dst, want[lo:], max(n, 1)); n > 0 && d != "" {
						t.Fatalf("%v %s of %d from %d: %s", on, c.name, n, lo, d)
					}
				}
			}
			same := append([]float32(nil), all...)
			each(on, c.f, same, same)
			if d := difference(same, want, len(want)); d != "" {
				t.Errorf("%v %s in place: %s", on, c.name, d)
			}
		}
	}
}

func BenchmarkFunctions(b *testing.B) {
	x, dst := noise[float32](4096, 1), make([]float32, 4096)
	for _, c := range functions {
		for _, on := range levels() {
			b.Run(c.name+"/"+on.String(), func(b *testing.B) {
				for b.Loop() {
					each(on, c.f, dst, x)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(x)), "ns/element")
			})
		}
	}
}

package rt

import (
	"math"
	"testing"
)

// Scalar functions: against math, and where a plain formula would overflow,
// cancel or lose a NaN.

func TestMathFunctions(t *testing.T) { testTypes(t, testMath[float32], testMath[float64]) }

func testMath[F Float](t *testing.T) {
	eps := 1.2e-7
	if isDouble[F]() {
		eps = 4.5e-16
	}
	inf := math.Inf(1)
	for _, c := range []struct {
		name string
		got  func(F) F
		want func(float64) float64
	}{
		{"Exp", Exp[F], math.Exp},
		{"Log", Log[F], math.Log},
		{"Sqrt", Sqrt[F], math.Sqrt},
		{"Tanh", Tanh[F], math.Tanh},
		{"Sigmoid", Sigmoid[F], func(x float64) float64 {
			if x < 0 {
				return math.Exp(x) / (1 + math.Exp(x))
			}
			return 1 / (1 + math.Exp(-x))
		}},
		{"Softplus", Softplus[F], func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }},
		{"Erf", Erf[F], math.Erf},
		{"Abs", Abs[F], math.Abs},
		{"Floor", Floor[F], math.Floor},
		{"Cos", Cos[F], math.Cos},
		{"Sin", Sin[F], math.Sin},
		{"Pow", func(x F) F { return Pow(x, 1.5) }, func(x float64) float64 { return math.Pow(x, 1.5) }},
	} {
		var xs []F
		for x := F(-110); x <= 110; x += 0.37 {
			xs = append(xs, x)
		}
		for x := F(1e-30); x < 1e30; x *= 7.3 {
			xs = append(xs, x, -x)
		}
		xs = append(xs, 0, F(inf), F(-inf), F(math.NaN()), F(math.Copysign(0, -1)))
		for _, x := range xs {
			got, want := float64(c.got(x)), float64(F(c.want(float64(x))))
			if got != want && !(math.Abs(got-want) <= eps*math.Abs(want)) && !(math.IsNaN(got) && math.IsNaN(want)) {
				t.Errorf("%s(%v) = %v, want %v", c.name, x, got, want)
			}
		}
	}
}

func TestStableFunctions(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"sigmoid of a large number", Sigmoid(1000.0), 1},
		{"sigmoid of a very negative one", Sigmoid(-1000.0), 0},
		{"sigmoid keeps small results", Sigmoid(-700.0), math.Exp(-700)},
		{"softplus of a large number", Softplus(1000.0), 1000},
		{"softplus keeps small results", Softplus(-700.0), math.Exp(-700)},
		{"in float32", float64(Softplus[float32](-80)), float64(float32(math.Exp(-80)))},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	nan := math.NaN()
	if !math.IsNaN(Max(1, nan)) || !math.IsNaN(Max(nan, 1)) || !math.IsNaN(Min(1, nan)) || !math.IsNaN(Min(nan, 1)) {
		t.Error("Max or Min loses a NaN")
	}
	if Max(1.0, 2) != 2 || Min(1.0, 2) != 1 {
		t.Error("Max or Min")
	}
}

func BenchmarkMath(b *testing.B) {
	for _, c := range []struct {
		name string
		f    func(float32) float32
	}{{"Exp", Exp[float32]}, {"Log", Log[float32]}, {"Tanh", Tanh[float32]}, {"Sigmoid", Sigmoid[float32]}, {"Softplus", Softplus[float32]}} {
		b.Run(c.name, func(b *testing.B) {
			x, sum := float32(-2), float32(0)
			for range b.N {
				sum += c.f(x)
				x += 1e-6
			}
			sink = float64(sum)
		})
	}
}

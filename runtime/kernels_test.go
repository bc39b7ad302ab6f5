package rt

import (
	"fmt"
	"math"
	"testing"
)

// The matrix kernels, in both types: against sums in float64 over odd and zero
// sizes, in the middle of guard bands, over a destination full of NaN; a row's
// bits whatever rows stand beside it; no allocation; their speed.

// guarded returns n numbers filled with fill, with guard numbers before and
// after, and a check that the guards are untouched.
func guarded[F Float](t *testing.T, n int, fill F) (s []F, check func()) {
	const guard = 7
	all := make([]F, n+2*guard)
	for i := range all {
		all[i] = 12345
	}
	s = all[guard : guard+n : guard+n]
	for i := range s {
		s[i] = fill
	}
	return s, func() {
		t.Helper()
		for i := range guard {
			if all[i] != 12345 || all[guard+n+i] != 12345 {
				t.Error("a kernel wrote outside its destination")
			}
		}
	}
}

// noise returns n numbers in [-1, 1), the same for the same stream.
func noise[F Float](n int, stream uint32) []F {
	s := make([]F, n)
	UniformInit(s, -1, 1, Key(1, 0, stream))
	return s
}

// testTypes runs f as a subtest for either element type.
func testTypes(t *testing.T, f32, f64 func(*testing.T)) {
	t.Run("float32", f32)
	t.Run("float64", f64)
}

var matmulSizes = []struct{ m, k, n int }{
	{0, 3, 4}, {3, 0, 4}, {3, 4, 0}, {1, 1, 1}, {1, 1, 5}, {5, 1, 1}, {1, 5, 1}, {2, 4, 4}, {3, 5, 7}, {4, 8, 2},
	{7, 1, 9}, {6, 3, 1}, {1, 17, 33}, {2, 784, 10}, {13, 31, 12}, {100, 10, 37},
}

func TestMatMul(t *testing.T) { testTypes(t, testMatMul[float32], testMatMul[float64]) }

func testMatMul[F Float](t *testing.T) {
	eps := 1.2e-7
	if _, double := any(F(0)).(float64); double {
		eps = 2.3e-16
	}
	for _, s := range matmulSizes {
		a, b, bias, mask := noise[F](s.m*s.k, 1), noise[F](s.k*s.n, 2), noise[F](s.n, 3), noise[F](s.m*s.n, 4)
		if len(mask) > 0 {
			mask[0] = 0 // not above zero: cut
		}
		const lda = 3 // numbers of a's rows in memory that are not in the product
		at := make([]F, s.k*(s.m+lda))
		bt := make([]F, s.n*s.k)
		for p := range s.k {
			for i := range s.m + lda {
				at[p*(s.m+lda)+i] = F(math.NaN())
			}
			for i := range s.m {
				at[p*(s.m+lda)+i] = a[i*s.k+p]
			}
			for j := range s.n {
				bt[j*s.k+p] = b[p*s.n+j]
			}
		}
		type kernel struct {
			name string
			run  func(dst []F, e Epilogue[F])
			all  bool // takes an epilogue
		}
		for _, kr := range []kernel{
			{"MatMul", func(dst []F, e Epilogue[F]) { MatMul(dst, a, b, s.m, s.k, s.n, e) }, true},
			{"MatMulNT", func(dst []F, e Epilogue[F]) { MatMulNT(dst, a, bt, s.m, s.k, s.n, e) }, true},
			{"MatMulTN", func(dst []F, e Epilogue[F]) { MatMulTN(dst, at, b, s.m, s.k, s.n, s.m+lda) }, false},
		} {
			for _, e := range []Epilogue[F]{{}, {Bias: bias}, {Bias: bias, Act: ActReLU}, {Act: ActSigmoid}, {Bias: bias, Act: ActTanh}, {Mask: mask}} {
				if !kr.all && (e.Bias != nil || e.Act != ActNone || e.Mask != nil) {
					continue
				}
				t.Run(fmt.Sprintf("%s/%dx%dx%d/act=%d,bias=%t,mask=%t", kr.name, s.m, s.k, s.n, e.Act, e.Bias != nil, e.Mask != nil), func(t *testing.T) {
					dst, check := guarded(t, s.m*s.n, F(math.NaN()))
					kr.run(dst, e)
					check()
					for i := range s.m {
						for j := range s.n {
							var want, scale float64
							for p := range s.k {
								v := float64(a[i*s.k+p]) * float64(b[p*s.n+j])
								want += v
								scale += math.Abs(v)
							}
							if e.Bias != nil {
								want += float64(bias[j])
								scale += math.Abs(float64(bias[j]))
							}
							switch e.Act {
							case ActReLU:
								want = max(want, 0)
							case ActSigmoid:
								want, scale = 1/(1+math.Exp(-want)), scale+1
							case ActTanh:
								want, scale = math.Tanh(want), scale+1
							}
							if e.Mask != nil && mask[i*s.n+j] <= 0 {
								want = 0
							}
							// The bound of DESIGN.md, 4Kε·Σ|a||b|, with room for the epilogue.
							got := float64(dst[i*s.n+j])
							if !(math.Abs(got-want) <= 4*float64(s.k+2)*eps*scale) {
								t.Fatalf("[%d,%d] = %v, want %v", i, j, got, want)
							}
						}
					}
				})
			}
		}
	}
}

// A row's bits do not depend on the rows that are computed with it, nor an
// output's on how the columns of a transposed product are cut.
func TestMatMulRowsAlone(t *testing.T) {
	testTypes(t, testRowsAlone[float32], testRowsAlone[float64])
}

func testRowsAlone[F Float](t *testing.T) {
	const m, k, n = 7, 29, 11
	a, b, at := noise[F](m*k, 1), noise[F](k*n, 2), noise[F](k*m, 3)
	whole, nt, tn := make([]F, m*n), make([]F, m*n), make([]F, m*n)
	MatMul(whole, a, b, m, k, n, Epilogue[F]{})
	MatMulNT(nt, a, b, m, k, n, Epilogue[F]{})
	MatMulTN(tn, at, b, m, k, n, m)
	for lo := range m {
		for hi := lo + 1; hi <= m; hi++ {
			rows := hi - lo
			part := make([]F, rows*n)
			MatMul(part, a[lo*k:], b, rows, k, n, Epilogue[F]{})
			sameBits(t, "MatMul", part, whole[lo*n:hi*n])
			MatMulNT(part, a[lo*k:], b, rows, k, n, Epilogue[F]{})
			sameBits(t, "MatMulNT", part, nt[lo*n:hi*n])
			MatMulTN(part, at[lo:], b, rows, k, n, m)
			sameBits(t, "MatMulTN", part, tn[lo*n:hi*n])
		}
	}
}

func sameBits[F Float](t *testing.T, what string, got, want []F) {
	t.Helper()
	for i := range want {
		if math.Float64bits(float64(got[i])) != math.Float64bits(float64(want[i])) {
			t.Fatalf("%s: element %d is %v in one split and %v in another", what, i, got[i], want[i])
		}
	}
}

func TestSumRows(t *testing.T) {
	for _, s := range []struct{ rows, n, lda int }{{0, 3, 3}, {1, 1, 1}, {5, 3, 3}, {4, 3, 8}, {100, 10, 10}} {
		a := noise[float32](s.rows*s.lda, 5)
		dst, check := guarded(t, s.n, float32(math.NaN()))
		SumRows(dst, a, s.rows, s.n, s.lda)
		check()
		for j := range s.n {
			var want float64
			for r := range s.rows {
				want += float64(a[r*s.lda+j])
			}
			if math.Abs(float64(dst[j])-want) > 1e-5 {
				t.Errorf("%+v: [%d] = %v, want %v", s, j, dst[j], want)
			}
		}
	}
}

// NaN and infinity pass through sums, and a mask cuts even them.
func TestEpilogueSpecials(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	a, one := []float64{nan, inf, -inf, -2, 3}, []float64{1}
	dst := make([]float64, 5)
	MatMul(dst, a, one, 5, 1, 1, Epilogue[float64]{Act: ActReLU})
	if !math.IsNaN(dst[0]) || dst[1] != inf || dst[2] != 0 || dst[3] != 0 || dst[4] != 3 {
		t.Errorf("relu: %v", dst)
	}
	MatMul(dst, a, one, 5, 1, 1, Epilogue[float64]{Mask: []float64{0, -1, 1, 1, 0}})
	if dst[0] != 0 || dst[1] != 0 || dst[2] != -inf || dst[3] != -2 || dst[4] != 0 {
		t.Errorf("mask: %v", dst)
	}
}

func TestKernelsPanic(t *testing.T) {
	long := make([]float32, 6)
	short := long[:5] // the length counts, not the capacity
	for name, f := range map[string]func(){
		"dst":     func() { MatMul(short, long, long, 2, 2, 3, Epilogue[float32]{}) },
		"a":       func() { MatMul(long, short, long, 2, 3, 2, Epilogue[float32]{}) },
		"b":       func() { MatMulNT(long, long, short, 2, 3, 2, Epilogue[float32]{}) },
		"aT":      func() { MatMulTN(long, short, long, 2, 3, 2, 2) },
		"bias":    func() { MatMul(long, long, long, 1, 1, 6, Epilogue[float32]{Bias: short}) },
		"mask":    func() { MatMul(long, long, long, 1, 1, 6, Epilogue[float32]{Mask: short}) },
		"unknown": func() { MatMul(long, long, long, 1, 1, 6, Epilogue[float32]{Act: 99}) },
		"sum":     func() { SumRows(long, short, 2, 3, 3) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("a short operand was accepted")
				}
			}()
			f()
		})
	}
}

func TestKernelsAllocateNothing(t *testing.T) {
	a, b, dst := noise[float32](8*9, 1), noise[float32](9*10, 2), make([]float32, 80)
	bias := noise[float32](10, 3)
	if n := testing.AllocsPerRun(20, func() {
		MatMul(dst, a, b, 8, 9, 10, Epilogue[float32]{Bias: bias, Act: ActTanh, Mask: dst})
		MatMulNT(dst, a, b, 8, 9, 10, Epilogue[float32]{Bias: bias, Act: ActSigmoid})
		MatMulTN(dst, a, b, 8, 9, 10, 8)
		SumRows(dst, a, 8, 9, 9)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkMatMul(b *testing.B) {
	for _, s := range []struct{ m, k, n int }{{100, 784, 128}, {1, 784, 128}, {100, 128, 10}, {100, 10, 128}, {100, 100, 100}, {4, 2, 4}} {
		x, y, dst := noise[float32](s.m*s.k, 1), noise[float32](s.k*s.n, 2), make([]float32, s.m*s.n)
		for name, f := range map[string]func(){
			"NN": func() { MatMul(dst, x, y, s.m, s.k, s.n, Epilogue[float32]{}) },
			"NT": func() { MatMulNT(dst, x, y, s.m, s.k, s.n, Epilogue[float32]{}) },
			"TN": func() { MatMulTN(dst, x, y, s.m, s.k, s.n, s.m) },
		} {
			b.Run(fmt.Sprintf("%s/%dx%dx%d", name, s.m, s.k, s.n), func(b *testing.B) {
				for b.Loop() {
					f()
				}
				b.ReportMetric(2*float64(s.m*s.k*s.n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
			})
		}
	}
}

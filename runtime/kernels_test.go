package rt

import (
	"fmt"
	"math"
	"testing"
)

// The matrix kernels, in both types and at every level that this processor has:
// against sums in float64 over odd and zero sizes, in the middle of guard bands,
// over a destination full of NaN; a row's bits whatever rows stand beside it; no
// allocation; their speed. What vector kernels promise beyond that is tested in
// vector_amd64_test.go.

// levels returns the levels of kernels that this processor can run.
func levels() []level {
	var all []level
	for l := plain; l <= bestLevel(); l++ {
		all = append(all, l)
	}
	return all
}

// testLevels runs f as a subtest for either element type and every level.
func testLevels(t *testing.T, f32, f64 func(*testing.T, level)) {
	for _, on := range levels() {
		t.Run("float32/"+on.String(), func(t *testing.T) { f32(t, on) })
		t.Run("float64/"+on.String(), func(t *testing.T) { f64(t, on) })
	}
}

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

func TestMatMul(t *testing.T) { testLevels(t, testMatMul[float32], testMatMul[float64]) }

func testMatMul[F Float](t *testing.T, on level) {
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
			{"MatMul", func(dst []F, e Epilogue[F]) { matMul(on, dst, a, b, s.m, s.k, s.n, &e) }, true},
			{"MatMulNT", func(dst []F, e Epilogue[F]) { matMulNT(on, dst, a, bt, s.m, s.k, s.n, &e) }, true},
			{"MatMulTN", func(dst []F, e Epilogue[F]) { matMulTN(on, dst, at, b, s.m, s.k, s.n, s.m+lda) }, false},
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
	testLevels(t, testRowsAlone[float32], testRowsAlone[float64])
}

func testRowsAlone[F Float](t *testing.T, on level) {
	const m, k, n = 19, 29, 37
	a, b, at := noise[F](m*k, 1), noise[F](k*n, 2), noise[F](k*m, 3)
	whole, nt, tn := make([]F, m*n), make([]F, m*n), make([]F, m*n)
	matMul(on, whole, a, b, m, k, n, &Epilogue[F]{})
	matMulNT(on, nt, a, b, m, k, n, &Epilogue[F]{})
	matMulTN(on, tn, at, b, m, k, n, m)
	for lo := range m {
		for hi := lo + 1; hi <= m; hi++ {
			rows := hi - lo
			part := make([]F, rows*n)
			matMul(on, part, a[lo*k:], b, rows, k, n, &Epilogue[F]{})
			sameBits(t, "MatMul", part, whole[lo*n:hi*n])
			matMulNT(on, part, a[lo*k:], b, rows, k, n, &Epilogue[F]{})
			sameBits(t, "MatMulNT", part, nt[lo*n:hi*n])
			matMulTN(on, part, at[lo:], b, rows, k, n, m)
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
	testLevels(t, testSumRows[float32], testSumRows[float64])
}

// A sum of rows has the same bits at every level: there is nothing to fuse.
func testSumRows[F Float](t *testing.T, on level) {
	for _, s := range []struct{ rows, n, lda int }{{0, 3, 3}, {1, 1, 1}, {5, 3, 3}, {4, 3, 8}, {100, 10, 10}, {33, 133, 140}} {
		a := noise[F](s.rows*s.lda, 5)
		dst, check := guarded(t, s.n, F(math.NaN()))
		sumRows(on, dst, a, s.rows, s.n, s.lda)
		check()
		for j := range s.n {
			var want F
			for r := range s.rows {
				want += a[r*s.lda+j]
			}
			if dst[j] != want {
				t.Errorf("%+v: [%d] = %v, want %v", s, j, dst[j], want)
			}
		}
	}
}

// NaN and infinity pass through sums, and a mask cuts even them.
func TestEpilogueSpecials(t *testing.T) {
	testLevels(t, testEpilogueSpecials[float32], testEpilogueSpecials[float64])
}

func testEpilogueSpecials[F Float](t *testing.T, on level) {
	nan, inf := F(math.NaN()), F(math.Inf(1))
	a := []F{nan, inf, -inf, -2, 3, F(math.Copysign(0, -1))}
	for _, c := range []struct {
		name string
		e    Epilogue[F]
		want []F
	}{
		{"relu", Epilogue[F]{Act: ActReLU}, []F{nan, inf, 0, 0, 3, 0}},
		{"mask", Epilogue[F]{Mask: []F{0, -1, 1, 1, 0, 1}}, []F{0, 0, -inf, -2, 0, 0}},
		{"mask of NaN", Epilogue[F]{Mask: []F{nan, nan, -inf, inf, nan, 0}}, []F{nan, inf, 0, -2, 3, 0}},
		{"both", Epilogue[F]{Act: ActReLU, Mask: []F{1, 1, 1, 1, 0, 1}}, []F{nan, inf, 0, 0, 0, 0}},
		{"sigmoid", Epilogue[F]{Act: ActSigmoid}, []F{nan, 1, 0, Sigmoid[F](-2), Sigmoid[F](3), 0.5}},
		{"tanh and mask", Epilogue[F]{Act: ActTanh, Mask: []F{1, 1, 1, 0, 0, 1}}, []F{nan, 1, -1, 0, 0, 0}},
	} {
		for name, dst := range map[string][]F{"a column": make([]F, 6), "a row": make([]F, 6)} {
			if name == "a column" {
				matMul(on, dst, a, []F{1}, 6, 1, 1, &c.e)
			} else {
				matMul(on, dst, []F{1}, a, 1, 1, 6, &c.e)
			}
			for i, want := range c.want {
				got := dst[i]
				if d := math.Abs(float64(got - want)); got != want && !(d < 3e-7) && !(got != got && want != want) || c.name == "relu" && got == 0 && math.Signbit(float64(got)) {
					t.Errorf("%s of %s: %v, want %v", c.name, name, dst, c.want)
					break
				}
			}
		}
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
	testLevels(t, testNoAllocation[float32], testNoAllocation[float64])
}

func testNoAllocation[F Float](t *testing.T, on level) {
	a, b, dst := noise[F](8*9, 1), noise[F](9*10, 2), make([]F, 80)
	bias, mask := noise[F](10, 3), noise[F](80, 4)
	if n := testing.AllocsPerRun(20, func() {
		matMul(on, dst, a, b, 8, 9, 10, &Epilogue[F]{Bias: bias, Act: ActTanh, Mask: mask})
		matMulNT(on, dst, a, b, 8, 9, 10, &Epilogue[F]{Bias: bias, Act: ActSigmoid})
		matMulTN(on, dst, a, b, 8, 9, 10, 8)
		sumRows(on, dst, a, 8, 9, 9)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Products as networks have them: squares, forward passes, and the gradients of
// inputs (NT) and weights (TN).
var benchShapes = []struct {
	kind    string
	m, k, n int
}{
	{"NN", 128, 128, 128}, {"NN", 512, 512, 512}, {"NN", 1024, 1024, 1024},
	{"NN", 100, 784, 128}, {"NN", 32, 1000, 1000}, {"NN", 100, 100, 100}, {"NN", 100, 128, 10},
	{"NN", 1, 784, 128}, {"NN", 1, 128, 10}, {"NN", 4, 2, 4},
	{"NT", 100, 128, 784}, {"NT", 100, 100, 100}, {"NT", 100, 10, 128}, {"NT", 1, 128, 784}, {"NT", 512, 512, 512}, {"NT", 1024, 1024, 1024},
	{"TN", 784, 100, 128}, {"TN", 100, 100, 100}, {"TN", 128, 100, 10}, {"TN", 1024, 1024, 1024},
}

func BenchmarkProducts(b *testing.B) {
	b.Run("float32", benchProducts[float32])
	b.Run("float64", benchProducts[float64])
}

func benchProducts[F Float](b *testing.B) {
	for _, s := range benchShapes {
		x, y, dst := noise[F](s.m*s.k, 1), noise[F](s.k*s.n, 2), make([]F, s.m*s.n)
		bias := noise[F](s.n, 3)
		for _, on := range levels() {
			b.Run(fmt.Sprintf("%s/%dx%dx%d/%v", s.kind, s.m, s.k, s.n, on), func(b *testing.B) {
				for b.Loop() {
					switch s.kind {
					case "NN":
						matMul(on, dst, x, y, s.m, s.k, s.n, &Epilogue[F]{Bias: bias, Act: ActReLU})
					case "NT":
						matMulNT(on, dst, x, y, s.m, s.k, s.n, &Epilogue[F]{})
					case "TN":
						matMulTN(on, dst, x, y, s.m, s.k, s.n, s.m)
					}
				}
				b.ReportMetric(2*float64(s.m*s.k*s.n)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
			})
		}
	}
}

func BenchmarkSumRows(b *testing.B) {
	a, dst := noise[float32](100*128, 1), make([]float32, 128)
	for _, on := range levels() {
		b.Run(on.String(), func(b *testing.B) {
			for b.Loop() {
				sumRows(on, dst, a, 100, 128, 128)
			}
		})
	}
}

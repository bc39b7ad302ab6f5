package rt

import (
	"fmt"
	"math"
	"testing"
)

// The vector kernels to the bit: an output is a chain of fused multiply-adds,
// whatever the level, the tile, the place in it and the way the product was
// blocked. A chain computed one step after the other is the reference for all.

// fma returns x·y + z rounded once.
func fma[F Float](x, y, z F) F {
	if isDouble[F]() {
		return F(math.FMA(float64(x), float64(y), float64(z)))
	}
	// The product is exact in float64. The sum is rounded to odd, so that rounding
	// it to float32 is like rounding the exact sum (Boldo and Melquiond, "Emulation
	// of FMA and Correctly Rounded Sums", IEEE TC 57, 2008).
	p, c := float64(x)*float64(y), float64(z)
	s := p + c
	v := s - p
	rest := (p - (s - v)) + (c - v)
	if bits := math.Float64bits(s); rest != 0 && !math.IsInf(s, 0) && !math.IsNaN(rest) && bits&1 == 0 {
		if (rest > 0) == (s > 0) {
			bits++
		} else {
			bits--
		}
		s = math.Float64frombits(bits)
	}
	return F(s)
}

// chains computes a (m, k) · b (k, n) as chains.
func chains[F Float](a, b []F, m, k, n int) []F {
	dst := make([]F, m*n)
	for i := range m {
		for p := range k {
			x := a[i*k+p]
			for j := range n {
				dst[i*n+j] = fma(x, b[p*n+j], dst[i*n+j])
			}
		}
	}
	return dst
}

// transposed returns s (m, n) as (n, m), with extra numbers behind each row that
// must not matter.
func transposed[F Float](s []F, m, n, extra int) []F {
	t := make([]F, n*(m+extra))
	for i := range t {
		t[i] = F(math.NaN())
	}
	for i := range m {
		for j := range n {
			t[j*(m+extra)+i] = s[i*n+j]
		}
	}
	return t
}

// difference returns the first place where got and want are not the same bits,
// all NaN being the same, or "".
func difference[F Float](got, want []F, n int) string {
	for i, g := range got {
		w := want[i]
		if w != w && g != g {
			continue
		}
		if g != w || math.Signbit(float64(g)) != math.Signbit(float64(w)) {
			return fmt.Sprintf("[%d,%d] = %v, want %v", i/n, i%n, g, w)
		}
	}
	return ""
}

// wild is noise with now and then an infinity, a NaN, a zero, a huge number or a
// denormal one.
func wild[F Float](n int, stream uint32) []F {
	s := noise[F](n, stream)
	tiny, huge := F(1e-40), F(3e38)
	if isDouble[F]() {
		t, h := 1e-310, 1e308
		tiny, huge = F(t), F(h)
	}
	odd := []F{F(math.Inf(1)), F(math.NaN()), 0, F(math.Copysign(0, -1)), tiny, -tiny, huge, -huge}
	for i := range s {
		if r := uint32(i)*2654435761 + stream*40503; r>>16%29 == 0 {
			s[i] = odd[r>>8%uint32(len(odd))]
		} else if r>>16%3 == 0 {
			s[i] *= 1e-25 // products of which are denormal
		}
	}
	return s
}

// products holds the three products and all epilogues to the chains, in memory
// as place gives it.
func products[F Float](on level, a, b []F, m, k, n, extra int, place func([]F) []F) error {
	want := chains(a, b, m, k, n)
	bias, mask := place(noise[F](n, 7)), place(noise[F](m*n, 8))
	nn, nt, tn := place(a), place(transposed(b, k, n, 0)), place(transposed(a, m, k, extra)[:max(0, k*(m+extra)-extra)])
	b = place(b)
	run := func(name string, want []F, f func(dst []F)) error {
		dst := place(make([]F, m*n))
		for i := range dst {
			dst[i] = F(math.NaN())
		}
		f(dst)
		if d := difference(dst, want, n); d != "" {
			return fmt.Errorf("%v %s %dx%dx%d: %s", on, name, m, k, n, d)
		}
		return nil
	}
	if err := run("TN", want, func(dst []F) { matMulTN(on, dst, tn, b, m, k, n, m+extra) }); err != nil {
		return err
	}
	for _, e := range []Epilogue[F]{{}, {Bias: bias}, {Bias: bias, Act: ActReLU}, {Mask: mask}, {Bias: bias, Act: ActReLU, Mask: mask}} {
		after := make([]F, m*n)
		copy(after, want)
		e.apply(plain, after, n)
		what := fmt.Sprintf("bias=%t act=%d mask=%t", e.Bias != nil, e.Act, e.Mask != nil)
		if err := run("NN "+what, after, func(dst []F) { matMul(on, dst, nn, b, m, k, n, &e) }); err != nil {
			return err
		}
		if err := run("NT "+what, after, func(dst []F) { matMulNT(on, dst, nn, nt, m, k, n, &e) }); err != nil {
			return err
		}
	}
	return nil
}

// inPlace is memory as it comes.
func inPlace[F Float](s []F) []F { return s }

// vectorLevels are the levels of this processor that have vector kernels.
func vectorLevels(t testing.TB) []level {
	if bestLevel() == plain {
		t.Skip("this processor has no vector kernels")
	}
	return levels()[1:]
}

// Sizes on both sides of every edge of a tile.
func TestProductsAreChains(t *testing.T) {
	testTypes(t, testProductsAreChains[float32], testProductsAreChains[float64])
}

func testProductsAreChains[F Float](t *testing.T) {
	ms := []int{1, 2, 3, 4, 6, 7, 9, 10, 12, 13, 14, 15, 29}
	ns := []int{1, 2, 3, 4, 5, 8, 9, 15, 16, 17, 31, 32, 33, 48, 50, 64, 65, 97, 128, 129, 150}
	ks := []int{0, 1, 2, 3, 5, 16, 33}
	for i, m := range ms {
		for j, n := range ns {
			k := ks[(i*len(ns)+j)%len(ks)]
			a, b := noise[F](m*k, 1), noise[F](k*n, 2)
			for _, on := range vectorLevels(t) {
				if err := products(on, a, b, m, k, n, 3, inPlace); err != nil {
					t.Error(err)
				}
			}
		}
	}
	for _, s := range []struct{ m, k, n int }{{5, 255, 7}, {3, 256, 40}, {2, 257, 33}, {15, 520, 65}, {3, 1030, 20}, // pieces of k
		{40, 20, 10}, {33, 17, 100}, {70, 16, 5}, {64, 33, 19}, {32, 16, 3}, {16, 8, 2}, // columns put aside
	} {
		a, b := noise[F](s.m*s.k, 1), noise[F](s.k*s.n, 2)
		for _, on := range vectorLevels(t) {
			if err := products(on, a, b, s.m, s.k, s.n, 0, inPlace); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestProductsOfWildNumbers(t *testing.T) {
	testTypes(t, testProductsOfWildNumbers[float32], testProductsOfWildNumbers[float64])
}

func testProductsOfWildNumbers[F Float](t *testing.T) {
	for i, s := range []struct{ m, k, n int }{{1, 9, 70}, {5, 4, 33}, {14, 6, 32}, {20, 3, 17}, {7, 2, 129}, {3, 1, 5}} {
		a, b := wild[F](s.m*s.k, uint32(2*i)), wild[F](s.k*s.n, uint32(2*i+1))
		for _, on := range vectorLevels(t) {
			if err := products(on, a, b, s.m, s.k, s.n, 1, inPlace); err != nil {
				t.Error(err)
			}
		}
	}
}

// Products blocked for the caches have the bits of those that are not, also
// where blocks end.
func TestBlockedProducts(t *testing.T) {
	testTypes(t, testBlockedProducts[float32], testBlockedProducts[float64])
}

func testBlockedProducts[F Float](t *testing.T) {
	for _, s := range []struct{ m, k, n int }{{200, 300, 1100}, {169, 257, 1030}, {1, 600, 40}, {30, 10, 5}, {335, 256, 33}} {
		a, b := noise[F](s.m*s.k, 1), noise[F](s.k*s.n, 2)
		at, bt := transposed(a, s.m, s.k, 5), transposed(b, s.k, s.n, 0)
		bias, mask := noise[F](s.n, 3), noise[F](s.m*s.n, 4)
		want := make([]F, s.m*s.n)
		e := Epilogue[F]{Bias: bias, Act: ActReLU, Mask: mask}
		for i, on := range vectorLevels(t) {
			if i == 0 {
				matMul(on, want, a, b, s.m, s.k, s.n, &e)
			}
			for name, p := range map[string]product{
				"NN": newProduct(on, want, a, b, s.m, s.k, s.n, strides{s.k, 1, s.n, false}),
				"NT": newProduct(on, want, a, bt, s.m, s.k, s.n, strides{s.k, 1, s.k, true}),
				"TN": newProduct(on, want, at, b, s.m, s.k, s.n, strides{1, s.m + 5, s.n, false}),
			} {
				dst, check := guarded(t, s.m*s.n, F(math.NaN()))
				p.dst, p.bias, p.mask, p.do = pointer(dst), pointer(bias), pointer(mask), doBias|doReLU|doMask
				p.blocked()
				check()
				if d := difference(dst, want, s.n); d != "" {
					t.Errorf("%v %s %dx%dx%d: %s", on, name, s.m, s.k, s.n, d)
				}
			}
		}
	}
}

// FuzzProducts looks for sizes at which a kernel leaves the chains.
func FuzzProducts(f *testing.F) {
	f.Add(uint8(3), uint8(4), uint8(5), uint8(0), uint32(1), false)
	f.Add(uint8(14), uint8(2), uint8(33), uint8(7), uint32(2), true)
	f.Fuzz(func(t *testing.T, m, k, n, extra uint8, seed uint32, special bool) {
		fuzzProducts[float32](t, int(m), int(k), int(n), int(extra), seed, special)
		fuzzProducts[float64](t, int(m), int(k), int(n), int(extra), seed, special)
	})
}

func fuzzProducts[F Float](t *testing.T, m, k, n, extra int, seed uint32, special bool) {
	numbers := noise[F]
	if special {
		numbers = wild[F]
	}
	a, b := numbers(m*k, seed), numbers(k*n, seed+1)
	for _, on := range vectorLevels(t) {
		if err := products(on, a, b, m, k, n, extra, inPlace); err != nil {
			t.Error(err)
		}
	}
}

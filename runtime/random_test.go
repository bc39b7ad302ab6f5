package rt

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"testing"
)

// Random numbers: golden values, so that a seed means the same for ever and
// everywhere; uniformity, moments and independence over seeds, steps, streams and
// places; the normal quantile against known values; shuffles.

func TestRandomGolden(t *testing.T) {
	got := fmt.Sprintf("%#x %#x %v %v %#x %#x %v", Key(0, 0, 0), Key(1, 2, 3),
		Uniform[float32](Key(1, 2, 3), 4), Uniform[float64](Key(1, 2, 3), 5),
		math.Float64bits(Normal[float64](Key(1, 0, 0), 0)), math.Float32bits(Normal[float32](Key(1, 0, 0), 1000)), permutation(10, 1, 1))
	// The same from a second implementation, in Python with its statistics.NormalDist.
	const want = "0x238275bc38fcbe91 0x6ae515c1c0ac7e37 0.94258386 0.851571798324585 0x3f7fad92262c090d 0xbd4752c1 [2 1 8 4 9 0 6 3 5 7]"
	if got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
}

func permutation(n int, seed, epoch uint64) []int {
	p := make([]int, n)
	Permutation(p, seed, epoch)
	return p
}

func TestUniform(t *testing.T) {
	key := Key(7, 0, 0)
	for i := range 1000 {
		u := Uniform[float64](key, i)
		if u < 0 || u >= 1 || u*(1<<24) != math.Floor(u*(1<<24)) || float64(Uniform[float32](key, i)) != u {
			t.Fatalf("place %d: %v", i, u)
		}
	}
}

// sequences are ways through the inputs along which numbers must look random:
// also those in which only one bit of an input changes at a time.
var sequences = map[string]func(i int) uint64{
	"place":            func(i int) uint64 { return word(Key(1, 1, 0), i) },
	"place, by 784":    func(i int) uint64 { return word(Key(1, 1, 0), 784*i) },
	"step":             func(i int) uint64 { return word(Key(1, uint64(i), 0), 0) },
	"stream":           func(i int) uint64 { return word(Key(1, 1, uint32(i)), 0) },
	"seed":             func(i int) uint64 { return word(Key(uint64(i), 1, 0), 0) },
	"seed, high bits":  func(i int) uint64 { return word(Key(uint64(i)<<40, 1, 0), 0) },
	"seed = step":      func(i int) uint64 { return word(Key(uint64(i), uint64(i), 0), 0) },
	"seed = -step":     func(i int) uint64 { return word(Key(uint64(i), -uint64(i), 0), 0) },
	"step + place = 0": func(i int) uint64 { return word(Key(1, uint64(i), 0), -i) },
	"step = stream":    func(i int) uint64 { return word(Key(1, uint64(i), uint32(i)), i) },
}

func TestRandomStatistics(t *testing.T) {
	const n = 1 << 16
	for name, at := range sequences {
		t.Run(name, func(t *testing.T) {
			// 256 cells: χ² has 255 degrees of freedom, mean 255 and deviation 22.6.
			var cells, low [256]int
			var ones [64]int
			var sum, product float64
			seen := make(map[uint64]bool, n)
			last := 0.5
			for i := range n {
				w := at(i)
				if seen[w] {
					t.Fatalf("number %d stands twice", i)
				}
				seen[w] = true
				cells[w>>56]++
				low[w>>40&255]++
				for b := range ones {
					ones[b] += int(w >> b & 1)
				}
				u := float64(w>>40) / (1 << 24)
				sum += u
				product += (u - 0.5) * (last - 0.5)
				last = u
			}
			for _, c := range [][256]int{cells, low} {
				chi := 0.0
				for _, k := range c {
					d := float64(k) - n/256
					chi += d * d / (n / 256)
				}
				if chi < 155 || chi > 370 {
					t.Errorf("χ² of 256 cells is %.0f", chi)
				}
			}
			for b, k := range ones { // deviation 128
				if k < n/2-600 || k > n/2+600 {
					t.Errorf("bit %d is set %d times in %d", b, k, n)
				}
			}
			if mean := sum / n; math.Abs(mean-0.5) > 0.0056 { // deviation 0.0011
				t.Errorf("mean %v", mean)
			}
			if r := 12 * product / n; math.Abs(r) > 0.02 { // deviation 0.0039
				t.Errorf("neighbours have the correlation %v", r)
			}
		})
	}
}

// A change of any one input bit changes half of the output bits.
func TestRandomAvalanche(t *testing.T) {
	type input struct {
		seed, step uint64
		stream     uint32
		place      int
	}
	of := func(in input) uint64 { return word(Key(in.seed, in.step, in.stream), in.place) }
	const trials = 200
	for name, flip := range map[string]func(in *input, b int){
		"seed":   func(in *input, b int) { in.seed ^= 1 << b },
		"step":   func(in *input, b int) { in.step ^= 1 << b },
		"stream": func(in *input, b int) { in.stream ^= 1 << (b % 32) },
		"place":  func(in *input, b int) { in.place ^= 1 << (b % 62) },
	} {
		for b := range 64 {
			changed := 0
			for i := range trials {
				in := input{uint64(i), uint64(i * 3), uint32(i * 7), i * 31}
				before := of(in)
				flip(&in, b)
				changed += bits.OnesCount64(before ^ of(in))
			}
			if mean := float64(changed) / trials; math.Abs(mean-32) > 1.7 { // deviation 0.28
				t.Errorf("%s, bit %d: %.1f of 64 bits change", name, b, mean)
			}
		}
	}
}

func TestNormalQuantile(t *testing.T) {
	// Values of Wichura's paper and of statistics.NormalDist in Python.
	for _, c := range []struct{ p, want float64 }{
		{0.5, 0}, {0.25, -0.6744897501960817}, {0.001, -3.090232306167813}, {1e-20, -9.262340089798405},
		{0.975, 1.959963984540054}, {0.925, 1.4395314709384563}, {0.0749, -1.4402382675279632},
	} {
		if got := normalQuantile(c.p); math.Abs(got-c.want) > 1e-14*max(1, math.Abs(c.want)) {
			t.Errorf("p %v: %v, want %v", c.p, got, c.want)
		}
	}
	// Everywhere: the probability below the quantile is p again.
	for i := 1; i < 2000; i++ {
		p := float64(i) / 2000
		if back := math.Erfc(-normalQuantile(p)/math.Sqrt2) / 2; math.Abs(back-p) > 1e-14 {
			t.Errorf("p %v: its quantile has the probability %v", p, back)
		}
	}
}

func TestExactLog(t *testing.T) {
	for x := 1e-300; x < 1e300; x *= 1.37 {
		if got, want := exactLog(x), math.Log(x); math.Abs(got-want) > 4e-16*max(1, math.Abs(want)) {
			t.Errorf("log %v = %v, want %v", x, got, want)
		}
	}
}

func TestNormalMoments(t *testing.T) {
	const n = 100_000
	var m [5]float64
	for i := range n {
		x := Normal[float64](Key(3, 0, 0), i)
		for k, p := 1, x; k <= 4; k, p = k+1, p*x {
			m[k] += p / n
		}
	}
	// Five deviations: of the mean 0.0032, the variance 0.0045, the third moment 0.012, the fourth 0.031.
	if math.Abs(m[1]) > 0.016 || math.Abs(m[2]-1) > 0.023 || math.Abs(m[3]) > 0.062 || math.Abs(m[4]-3) > 0.155 {
		t.Errorf("moments %v, want 0 1 0 3", m[1:])
	}
}

func TestPermutation(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1000} {
		p := permutation(n, 1, 1)
		slices.Sort(p)
		for i, v := range p {
			if i != v {
				t.Fatalf("%d: not a permutation", n)
			}
		}
	}
	if slices.Equal(permutation(100, 1, 1), permutation(100, 1, 2)) || slices.Equal(permutation(100, 1, 1), permutation(100, 2, 1)) {
		t.Error("two epochs, or two seeds, have one order")
	}
	// Every element comes to every place equally often: 6000/6 times, deviation 29.
	var at [6][6]int
	for epoch := range uint64(6000) {
		for i, v := range permutation(6, 9, epoch) {
			at[v][i]++
		}
	}
	for v := range at {
		for i, k := range at[v] {
			if k < 850 || k > 1150 {
				t.Errorf("%d comes to place %d %d times in 6000", v, i, k)
			}
		}
	}
}

func BenchmarkRandom(b *testing.B) {
	b.Run("Uniform", func(b *testing.B) {
		key, sum := Key(1, 2, 3), float32(0)
		for i := range b.N {
			sum += Uniform[float32](key, i)
		}
		sink = float64(sum)
	})
	b.Run("Normal", func(b *testing.B) {
		key, sum := Key(1, 2, 3), float32(0)
		for i := range b.N {
			sum += Normal[float32](key, i)
		}
		sink = float64(sum)
	})
}

// sink keeps the compiler from dropping what a benchmark computes.
var sink float64

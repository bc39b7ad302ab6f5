package rt

import (
	"math"
	"math/bits"
)

// Random numbers are counter-based (Salmon, Moraes, Dror and Shaw, "Parallel
// random numbers: as easy as 1, 2, 3", 2011): no state is kept, the number at a
// place is a hash of the place. So a dropout mask is made anew in the backward
// pass, and threads need not agree on an order.
//
// The hash is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast
// splittable pseudorandom number generators", 2014, with the constants of
// Stafford's variant 13), applied once for each word that goes in.

// golden is 2**64 divided by the golden ratio, odd: the increment of SplitMix64.
const golden = 0x9E3779B97F4A7C15

// mix is a bijection of 64 bits in which every input bit flips about half of
// the output bits.
func mix(z uint64) uint64 {
	z ^= z >> 30
	z *= 0xBF58476D1CE4E5B9
	z ^= z >> 27
	z *= 0x94D049BB133111EB
	return z ^ z>>31
}

// Key is where the numbers of one stream begin: one for each seed, training step
// and use of randomness in a model. Compute it once a step, outside the loop.
func Key(seed, step uint64, stream uint32) uint64 {
	k := mix(seed + golden)
	k = mix(k + step + golden)
	return mix(k + uint64(stream) + golden)
}

// word returns the 64 random bits at a place. The key enters twice, around the
// first mix: two keys then give unrelated sequences, not one sequence shifted.
func word(key uint64, place int) uint64 {
	return mix(mix(uint64(place)*golden+key) ^ bits.RotateLeft64(key, 32))
}

// Uniform returns the number of a key at a place, in [0, 1) and a multiple of
// 2**-24: the same value for either type.
func Uniform[F Float](key uint64, place int) F {
	return F(word(key, place)>>40) / (1 << 24)
}

// Normal returns the standard normal number of a key at a place, rounded from
// float64. It is computed with + - * / and square root alone, in an order that
// no compiler may change, so that initial weights are the same bits on every
// architecture; math.Log and math.Exp are not.
func Normal[F Float](key uint64, place int) F {
	// The middle of one of 2**53 cells of (0, 1): never 0, never 1.
	u := (float64(word(key, place)>>11) + 0.5) / (1 << 53)
	return F(normalQuantile(u))
}

// Permutation fills dst with a permutation of 0 … len(dst)-1, a pure function of
// its length, seed and epoch: the shuffle of Fisher and Yates in the form of
// Durstenfeld ("Algorithm 235", 1964), the index by multiplication (Lemire,
// "Fast random integer generation in an interval", 2019, without its rejection:
// the bias is below len(dst)·2**-64).
func Permutation(dst []int, seed, epoch uint64) {
	for i := range dst {
		dst[i] = i
	}
	key := Key(seed, epoch, shuffleStream)
	for i := len(dst) - 1; i > 0; i-- {
		j, _ := bits.Mul64(word(key, i), uint64(i+1))
		dst[i], dst[j] = dst[j], dst[i]
	}
}

// shuffleStream is the stream of the shuffle. The compiler counts a model's own
// streams from 0 upwards.
const shuffleStream = math.MaxUint32

// normalQuantile returns the x below which a standard normal number falls with
// probability p, 0 < p < 1, to about 1e-15 relative: M. J. Wichura, "Algorithm
// AS 241: the percentage points of the normal distribution", Applied Statistics
// 37 (1988), 477-484, PPND16.
func normalQuantile(p float64) float64 {
	q := p - 0.5
	if q >= -0.425 && q <= 0.425 {
		r := 0.180625 - float64(q*q)
		return float64(q*horner(r, &as241.a)) / horner(r, &as241.b)
	}
	r := p
	if q > 0 {
		r = 1 - p
	}
	r = math.Sqrt(-exactLog(r))
	var x float64
	if r <= 5 {
		x = horner(r-1.6, &as241.c) / horner(r-1.6, &as241.d)
	} else {
		x = horner(r-5, &as241.e) / horner(r-5, &as241.f)
	}
	if q < 0 {
		return -x
	}
	return x
}

// horner evaluates c[0] + c[1]·r + … + c[7]·r**7.
func horner(r float64, c *[8]float64) float64 {
	s := c[7]
	for i := 6; i >= 0; i-- {
		s = float64(s*r) + c[i]
	}
	return s
}

// as241 holds Wichura's coefficients, by his names, from the constant upwards.
var as241 = struct{ a, b, c, d, e, f [8]float64 }{
	a: [8]float64{3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4,
		4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3},
	b: [8]float64{1, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
		2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4, 5.2264952788528545610e+3},
	c: [8]float64{1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
		1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4},
	d: [8]float64{1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
		1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9},
	e: [8]float64{6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
		2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7},
	f: [8]float64{1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
		7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15},
}

// exactLog returns the natural logarithm of a positive normal x to about 1e-16,
// the same bits everywhere: with x = m·2**e and m within √½ … √2,
// log m = 2·artanh s = 2·(s + s³/3 + s⁵/5 + …), s = (m-1)/(m+1), |s| < 0.172.
func exactLog(x float64) float64 {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, e = 2*m, e-1
	}
	s := (m - 1) / (m + 1)
	z := float64(s * s)
	var sum float64
	for n := 23; n >= 1; n -= 2 {
		sum = float64(sum*z) + 1/float64(n)
	}
	return float64(float64(e)*math.Ln2) + float64(2*float64(s*sum))
}

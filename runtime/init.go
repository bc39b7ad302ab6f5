package rt

import "math"

// Initial weights. Every value is a pure function of the key (Key(seed, 0,
// stream), one stream a tensor) and its place in dst, computed in float64 and
// rounded once, by [Uniform]'s and [Normal]'s exact arithmetic: the same start on
// every machine. fanIn and fanOut are the numbers of inputs and outputs of one
// unit; a convolution's count its kernel's area.

// Zeros sets every element to 0.
func Zeros[F Float](dst []F) { clear(dst) }

// Ones sets every element to 1.
func Ones[F Float](dst []F) { Constant(dst, 1) }

// Constant sets every element to c.
func Constant[F Float](dst []F, c float64) {
	for i := range dst {
		dst[i] = F(c)
	}
}

// UniformInit draws from the uniform distribution over [a, b).
func UniformInit[F Float](dst []F, a, b float64, key uint64) {
	for i := range dst {
		dst[i] = F(a + float64((b-a)*Uniform[float64](key, i)))
	}
}

// NormalInit draws from the normal distribution with mean 0 and standard
// deviation std.
func NormalInit[F Float](dst []F, std float64, key uint64) {
	for i := range dst {
		dst[i] = F(std * Normal[float64](key, i))
	}
}

// XavierUniform draws from ±√(6/(fanIn+fanOut)): Glorot and Bengio,
// "Understanding the difficulty of training deep feedforward neural networks",
// 2010, equation 16; torch.nn.init.xavier_uniform_.
func XavierUniform[F Float](dst []F, fanIn, fanOut int, key uint64) {
	bound := math.Sqrt(6 / float64(fanIn+fanOut))
	UniformInit(dst, -bound, bound, key)
}

// XavierNormal draws with standard deviation √(2/(fanIn+fanOut)): Glorot and
// Bengio 2010; torch.nn.init.xavier_normal_.
func XavierNormal[F Float](dst []F, fanIn, fanOut int, key uint64) {
	NormalInit(dst, math.Sqrt(2/float64(fanIn+fanOut)), key)
}

// HeUniform draws from ±√(6/fanIn): He, Zhang, Ren and Sun, "Delving deep into
// rectifiers", 2015; torch.nn.init.kaiming_uniform_ with nonlinearity='relu'.
func HeUniform[F Float](dst []F, fanIn int, key uint64) {
	bound := math.Sqrt(6 / float64(fanIn))
	UniformInit(dst, -bound, bound, key)
}

// HeNormal draws with standard deviation √(2/fanIn): He et al. 2015, equation
// 10; torch.nn.init.kaiming_normal_ with nonlinearity='relu'.
func HeNormal[F Float](dst []F, fanIn int, key uint64) {
	NormalInit(dst, math.Sqrt(2/float64(fanIn)), key)
}

// LecunNormal draws with standard deviation √(1/fanIn): LeCun, Bottou, Orr and
// Müller, "Efficient BackProp", 1998, equation 16. (Keras truncates its
// lecun_normal at two standard deviations; the paper does not.)
func LecunNormal[F Float](dst []F, fanIn int, key uint64) {
	NormalInit(dst, math.Sqrt(1/float64(fanIn)), key)
}

// Orthogonal sets dst to gain times a random matrix whose rows are orthonormal,
// or whose columns are where it has more rows: Saxe, McClelland and Ganguli,
// "Exact solutions to the nonlinear dynamics of learning in deep linear neural
// networks", 2013; torch.nn.init.orthogonal_. Element i of dst belongs to row
// i/stride%units, the weights of one unit.
//
// It is the Q of the decomposition A = QR of a matrix of normal numbers. That R's
// diagonal is positive makes all such matrices equally likely (Mezzadri, "How to
// generate random matrices from the classical compact groups", 2007). The time
// grows as the smaller side's square times the larger.
func Orthogonal[F Float](dst []F, gain float64, units, stride int, key uint64) {
	inputs := len(dst) / units
	n, k := max(units, inputs), min(units, inputs)
	q := make([]float64, k*n) // (k, n): orthonormal vectors, in columns of A at first
	for i := range q {
		q[i] = Normal[float64](key, i)
	}
	orthonormalise(q, n)
	for i := range dst {
		unit, input := i/stride%units, i/(stride*units)*stride+i%stride
		vector, at := unit, input
		if units > inputs {
			vector, at = input, unit
		}
		dst[i] = F(gain * q[vector*n+at])
	}
}

// orthonormalise makes rows of n numbers orthonormal, each within the span of
// itself and those before it, and on its side of theirs: the modified method of
// Gram and Schmidt, twice over each row, which is orthogonal to rounding (Giraud,
// Langou and Rozložník, "The loss of orthogonality in the Gram-Schmidt
// orthogonalization process", 2005).
func orthonormalise(rows []float64, n int) {
	for hi := 0; hi < len(rows); hi += n {
		v := rows[hi:][:n]
		for range 2 {
			for lo := 0; lo < hi; lo += n {
				q := rows[lo:][:n]
				along := exactDot(q, v)
				for i, x := range q {
					v[i] -= float64(along * x)
				}
			}
		}
		length := math.Sqrt(exactDot(v, v))
		for i := range v {
			v[i] /= length
		}
	}
}

// exactDot is Σ a[i]·b[i] in one order and rounding on every machine: four sums,
// of every fourth product each.
func exactDot(a, b []float64) float64 {
	var s [4]float64
	for ; len(a) >= 4; a, b = a[4:], b[4:] {
		b := b[:4]
		s[0] += float64(a[0] * b[0])
		s[1] += float64(a[1] * b[1])
		s[2] += float64(a[2] * b[2])
		s[3] += float64(a[3] * b[3])
	}
	for i, x := range a {
		s[i] += float64(x * b[i])
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

// Sinusoids fills rows of so many elements with what tells their places, sine
// and cosine in turn: element d of row t is sin(t/10000^(d/size)) where d is
// even, and cos(t/10000^((d-1)/size)) where it is odd. Vaswani et al.,
// "Attention is all you need", 2017, section 3.5.
func Sinusoids[F Float](dst []F, size int) {
	for i := range dst {
		t, d := i/size, i%size
		angle := float64(t) / math.Pow(10000, float64(d-d%2)/float64(size))
		if d%2 == 0 {
			dst[i] = F(math.Sin(angle))
		} else {
			dst[i] = F(math.Cos(angle))
		}
	}
}

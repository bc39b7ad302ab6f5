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

package rt

// Act is the activation that a product's epilogue applies.
type Act int

// The activations that an epilogue knows.
const (
	ActNone    Act = iota // x
	ActReLU               // max(x, 0)
	ActSigmoid            // 1/(1 + exp(-x))
	ActTanh               // tanh(x)
)

// Epilogue is what a product does to its sums before it stores them. The zero
// value stores them as they are.
type Epilogue[F Float] struct {
	Bias []F // (n), added to every row; nil: none
	Act  Act // applied after the bias
	Mask []F // (m, n): where Mask[i] <= 0 the result is 0, the gradient of a relu whose result Mask is; nil: none
}

// MatMul multiplies matrices: dst (m, n) = act(a (m, k) · b (k, n) + bias).
//
//	for i, j := range m, n { dst[i,j] = act(Σ_p a[i,p]·b[p,j] + bias[j]) }
func MatMul[F Float](dst, a, b []F, m, k, n int, e Epilogue[F]) {
	for i := range m {
		for j := range n {
			var s F
			for p := range k {
				s += F(a[i*k+p] * b[p*n+j])
			}
			dst[i*n+j] = e.apply(s, i*n+j, j)
		}
	}
}

// MatMulNT multiplies by a transpose: dst (m, n) = act(a (m, k) · b (n, k)ᵀ + bias).
//
//	for i, j := range m, n { dst[i,j] = act(Σ_p a[i,p]·b[j,p] + bias[j]) }
func MatMulNT[F Float](dst, a, b []F, m, k, n int, e Epilogue[F]) {
	for i := range m {
		for j := range n {
			var s F
			for p := range k {
				s += F(a[i*k+p] * b[j*k+p])
			}
			dst[i*n+j] = e.apply(s, i*n+j, j)
		}
	}
}

// MatMulTN multiplies a transpose: dst (m, n) = aᵀ·b, where a has k rows of
// which the first m columns are taken, lda numbers apart, and b is (k, n). A
// range [lo, hi) of output rows is MatMulTN(dst[lo*n:], a[lo:], b, hi-lo, k, n, lda).
//
//	for i, j := range m, n { dst[i,j] = Σ_p a[p·lda+i]·b[p,j] }
func MatMulTN[F Float](dst, a, b []F, m, k, n, lda int) {
	for i := range m {
		for j := range n {
			var s F
			for p := range k {
				s += F(a[p*lda+i] * b[p*n+j])
			}
			dst[i*n+j] = s
		}
	}
}

// SumRows adds the rows of a, lda numbers apart: the gradient of a bias.
//
//	for j := range n { dst[j] = Σ_r a[r·lda+j] }
func SumRows[F Float](dst, a []F, rows, n, lda int) {
	for j := range n {
		var s F
		for r := range rows {
			s += a[r*lda+j]
		}
		dst[j] = s
	}
}

func (e *Epilogue[F]) apply(s F, i, j int) F {
	if e.Bias != nil {
		s += e.Bias[j]
	}
	switch e.Act {
	case ActReLU:
		s = max(s, 0)
	case ActSigmoid:
		s = Sigmoid(s)
	case ActTanh:
		s = Tanh(s)
	}
	if e.Mask != nil && e.Mask[i] <= 0 {
		s = 0
	}
	return s
}

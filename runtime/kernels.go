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

// Epilogue is what a product does to its sums before it leaves them. The zero
// value leaves them as they are.
type Epilogue[F Float] struct {
	Bias []F // (n), added to every row; nil: none
	Act  Act // applied after the bias
	// Mask (m, n) makes the result 0 where Mask[i] <= 0: the gradient of a relu
	// whose result Mask is. nil: none.
	Mask []F
}

// The functions below are the only door to the matrix kernels: each checks its
// operands and picks a kernel. There is one set of kernels so far, the portable
// ones of portable.go; a kernel in assembly for an element type and a processor
// is chosen here, and nowhere else, by the same contract: one accumulator an
// output, its terms added with p ascending, every product rounded by itself or
// none of them, so that a row's bits depend on that row alone.
//
// Operands are row-major and dst overlaps none of them. Too short a slice
// panics. What dst held is never read.

// MatMul multiplies matrices: dst (m, n) = a (m, k) · b (k, n), then the epilogue.
//
//	for i, j := range m, n { dst[i,j] = act(Σ_p a[i,p]·b[p,j] + bias[j]) }
func MatMul[F Float](dst, a, b []F, m, k, n int, e Epilogue[F]) {
	check(dst, m*n, a, m*k, b, k*n)
	if n == 1 { // a column lies in memory as a row does
		portableNT(dst, b, a, 1, k, m)
	} else {
		portable(dst, a, b, m, k, n, k, 1, n)
	}
	e.apply(dst[:m*n], n)
}

// MatMulNT multiplies by a transpose: dst (m, n) = a (m, k) · b (n, k)ᵀ, then the
// epilogue.
//
//	for i, j := range m, n { dst[i,j] = act(Σ_p a[i,p]·b[j,p] + bias[j]) }
func MatMulNT[F Float](dst, a, b []F, m, k, n int, e Epilogue[F]) {
	check(dst, m*n, a, m*k, b, n*k)
	if k == 1 {
		portable(dst, a, b, m, 1, n, 1, 1, n)
	} else {
		portableNT(dst, a, b, m, k, n)
	}
	e.apply(dst[:m*n], n)
}

// MatMulTN multiplies a transpose: dst (m, n) = aᵀ·b, where a has k rows, lda
// numbers apart, of which the first m numbers count, and b is (k, n). The range
// [lo, hi) of a larger product's rows is
// MatMulTN(dst[lo*n:], a[lo:], b, hi-lo, k, n, lda).
//
//	for i, j := range m, n { dst[i,j] = Σ_p a[p·lda+i]·b[p,j] }
func MatMulTN[F Float](dst, a, b []F, m, k, n, lda int) {
	if m*n == 0 {
		return
	}
	check(dst, m*n, a, max(0, (k-1)*lda+m), b, k*n)
	if n == 1 {
		portable(dst, b, a, 1, k, m, k, 1, lda)
	} else {
		portable(dst, a, b, m, k, n, 1, lda, n)
	}
}

// SumRows adds rows, lda numbers apart, with r ascending: a bias's gradient.
//
//	for j := range n { dst[j] = Σ_r a[r·lda+j] }
func SumRows[F Float](dst, a []F, rows, n, lda int) {
	if n == 0 {
		return
	}
	check(dst, n, a, max(0, (rows-1)*lda+n), nil, 0)
	dst = dst[:n]
	clear(dst)
	for r := range rows {
		for j, v := range a[r*lda:][:n] {
			dst[j] += v
		}
	}
}

// check panics where an operand is shorter than its shape. (Slicing would not:
// it looks at the capacity, and operands are cut from one arena.)
func check[F Float](dst []F, mn int, a []F, mk int, b []F, kn int) {
	if len(dst) < mn || len(a) < mk || len(b) < kn {
		panic("rt: an operand of a kernel is shorter than its shape")
	}
}

// apply runs the epilogue over the sums dst, rows of n.
func (e *Epilogue[F]) apply(dst []F, n int) {
	if e.Bias != nil && len(e.Bias) < n || e.Mask != nil && len(e.Mask) < len(dst) {
		panic("rt: an epilogue is shorter than its product")
	}
	if e.Bias != nil {
		bias := e.Bias[:n]
		for row := dst; len(row) > 0; row = row[n:] {
			for j, v := range bias {
				row[j] += v
			}
		}
	}
	switch e.Act {
	case ActNone:
	case ActReLU:
		for i, v := range dst {
			dst[i] = max(v, 0)
		}
	case ActSigmoid:
		for i, v := range dst {
			dst[i] = Sigmoid(v)
		}
	case ActTanh:
		for i, v := range dst {
			dst[i] = Tanh(v)
		}
	default:
		panic("rt: an epilogue with an unknown activation")
	}
	if e.Mask != nil {
		mask := e.Mask[:len(dst)]
		for i, v := range mask {
			if v <= 0 {
				dst[i] = 0
			}
		}
	}
}

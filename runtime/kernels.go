package rt

//go:generate go run ../asm .

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
// operands and has them multiplied at the level of cpu. By one contract an output
// has one accumulator and its terms are added with p ascending, so that a row's
// bits depend on that row alone. Levels differ in rounding: the portable kernels
// round every product by itself, those in assembly none, by fused multiply-adds;
// but the latter agree with each other to the bit.
//
// Operands are row-major and dst overlaps none of them. Too short a slice
// panics. What dst held is never read.

// MatMul multiplies matrices: dst (m, n) = a (m, k) · b (k, n), then the epilogue.
//
//	for i, j := range m, n { dst[i,j] = act(Σ_p a[i,p]·b[p,j] + bias[j]) }
func MatMul[F Float](dst, a, b []F, m, k, n int, e Epilogue[F]) { matMul(cpu, dst, a, b, m, k, n, &e) }

func matMul[F Float](on level, dst, a, b []F, m, k, n int, e *Epilogue[F]) {
	check(dst, m*n, a, m*k, b, k*n)
	e.check(m*n, n)
	if n == 1 { // a column lies in memory as a row does
		multiply(on, dst, b, a, 1, k, m, strides{k, 1, k, true}, &Epilogue[F]{})
		e.apply(on, dst[:m], 1)
	} else {
		multiply(on, dst, a, b, m, k, n, strides{k, 1, n, false}, e)
	}
}

// MatMulNT multiplies by a transpose: dst (m, n) = a (m, k) · b (n, k)ᵀ, then the
// epilogue.
//
//	for i, j := range m, n { dst[i,j] = act(Σ_p a[i,p]·b[j,p] + bias[j]) }
func MatMulNT[F Float](dst, a, b []F, m, k, n int, e Epilogue[F]) {
	matMulNT(cpu, dst, a, b, m, k, n, &e)
}

func matMulNT[F Float](on level, dst, a, b []F, m, k, n int, e *Epilogue[F]) {
	check(dst, m*n, a, m*k, b, n*k)
	e.check(m*n, n)
	switch {
	case n == 1:
		multiply(on, dst, b, a, 1, k, m, strides{k, 1, k, true}, &Epilogue[F]{})
		e.apply(on, dst[:m], 1)
	case k == 1:
		multiply(on, dst, a, b, m, 1, n, strides{1, 1, n, false}, e)
	default:
		multiply(on, dst, a, b, m, k, n, strides{k, 1, k, true}, e)
	}
}

// MatMulTN multiplies a transpose: dst (m, n) = aᵀ·b, where a has k rows, lda
// numbers apart, of which the first m numbers count, and b is (k, n). The range
// [lo, hi) of a larger product's rows is
// MatMulTN(dst[lo*n:], a[lo:], b, hi-lo, k, n, lda).
//
//	for i, j := range m, n { dst[i,j] = Σ_p a[p·lda+i]·b[p,j] }
func MatMulTN[F Float](dst, a, b []F, m, k, n, lda int) { matMulTN(cpu, dst, a, b, m, k, n, lda) }

func matMulTN[F Float](on level, dst, a, b []F, m, k, n, lda int) {
	if m*n == 0 {
		return
	}
	check(dst, m*n, a, max(0, (k-1)*lda+m), b, k*n)
	if n == 1 {
		multiply(on, dst, b, a, 1, k, m, strides{k, 1, lda, false}, &Epilogue[F]{})
	} else {
		multiply(on, dst, a, b, m, k, n, strides{1, lda, n, false}, &Epilogue[F]{})
	}
}

// strides say where the elements of a product's operands are, in elements.
type strides struct {
	row, col int  // a[i,p] is a[i·row + p·col]
	b        int  // b[p,j] is b[p·b + j]
	bT       bool // b[p,j] is b[j·b + p]
}

// multiply computes dst (m, n) = a·b, whose elements are where s says, and the
// epilogue.
func multiply[F Float](on level, dst, a, b []F, m, k, n int, s strides, e *Epilogue[F]) {
	switch {
	case m*n == 0:
	case on != plain:
		vectorProduct(on, dst, a, b, m, k, n, s, e)
	default:
		if s.bT {
			portableNT(dst, a, b, m, k, n)
		} else {
			portable(dst, a, b, m, k, n, s.row, s.col, s.b)
		}
		e.apply(on, dst[:m*n], n)
	}
}

// SumRows adds rows, lda numbers apart, with r ascending: a bias's gradient.
//
//	for j := range n { dst[j] = Σ_r a[r·lda+j] }
func SumRows[F Float](dst, a []F, rows, n, lda int) { sumRows(cpu, dst, a, rows, n, lda) }

func sumRows[F Float](on level, dst, a []F, rows, n, lda int) {
	if n == 0 {
		return
	}
	check(dst, n, a, max(0, (rows-1)*lda+n), nil, 0)
	if on != plain { // the product with a row of ones, all of them the same one
		one := [1]F{1}
		vectorProduct(on, dst, one[:], a, 1, rows, n, strides{0, 0, lda, false}, &Epilogue[F]{})
		return
	}
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

// check panics where an operand of the epilogue is shorter than the product, of
// mn elements in rows of n, or the activation is unknown.
func (e *Epilogue[F]) check(mn, n int) {
	if e.Bias != nil && len(e.Bias) < n || e.Mask != nil && len(e.Mask) < mn {
		panic("rt: an epilogue is shorter than its product")
	}
	if e.Act < ActNone || e.Act > ActTanh {
		panic("rt: an epilogue with an unknown activation")
	}
}

// apply runs the epilogue over the sums dst, rows of n.
func (e *Epilogue[F]) apply(on level, dst []F, n int) {
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
		each(on, sigmoid, dst, dst)
	case ActTanh:
		each(on, tanh, dst, dst)
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

// function is a function of one number that has a vector kernel in float32.
type function int

const (
	exp function = iota
	sigmoid
	tanh
	log
)

// each computes a function of every element of src, which may be dst. The result
// of an element does not depend on where it stands.
//
// In float32 a vector kernel is within 1.1 units in the last place of the exact
// value for exp and log, 1.5 for tanh and 2.5 for sigmoid, results that are not
// normal numbers included, and special cases are as the scalar function has them;
// AVX2 and AVX-512 agree to the bit. In float64 and at the portable level each
// computes what Exp, Sigmoid, Tanh and Log do.
//
//	for i, x := range src { dst[i] = f(x) }
func each[F Float](on level, f function, dst, src []F) {
	dst = dst[:len(src)]
	if on != plain && !isDouble[F]() {
		vectorEach(on, f, dst, src)
		return
	}
	scalar := [...]func(F) F{exp: Exp[F], sigmoid: Sigmoid[F], tanh: Tanh[F], log: Log[F]}[f]
	for i, x := range src {
		dst[i] = scalar(x)
	}
}

package rt

import (
	"sync/atomic"
	"unsafe"
)

// The vector kernels: how a product is cut into tiles for the kernels in
// assembly, which package nnc/asm generates.
//
// An output has one sum that begins with 0 and to which a fused multiply-add
// adds term after term, k ascending. That alone fixes its bits: they depend on
// neither the tile that it is in, nor the width of the vectors, nor how the
// product is cut or shared, so that all below is about speed only.
//
// Up to some size b is read where it lies, in strips as wide as a tile, and a
// too, by broadcasts through two strides; on the machines measured, packing
// costs more than it gains. A b that is to be transposed is, strip by strip, into
// a buffer. Larger products are blocked for the caches, with both operands
// packed (Goto and van de Geijn, "Anatomy of High-Performance Matrix
// Multiplication", ACM TOMS 34, 2008).

// tile is the argument of a product's kernel, which knows the offsets of its
// fields. Strides are in bytes.
type tile struct {
	a      unsafe.Pointer // element (i, p) is at i·rs + p·ps
	rs, ps int
	b      unsafe.Pointer // row p is at p·ldb
	ldb    int
	dst    unsafe.Pointer // row i is at i·ldd
	ldd    int
	k      int
	tail   int            // elements in the last vector of a row of b and dst: 1 to lanes
	do     int            // what else to do, or-ed
	bias   unsafe.Pointer // as a row of dst
	mask   unsafe.Pointer // as dst
}

// What a tile does besides its product.
const (
	doAdd  = 1 << iota // begin with what is in dst instead of 0
	doBias             // add bias to every row
	doReLU             // then max(x, 0)
	doMask             // then 0 where mask <= 0
)

const (
	// A block of a has blockK bytes of blockRows rows, one of b as much of blockCols
	// columns: a third of a second-level cache, and a share of the third.
	blockK, blockRows, blockCols = 2048, 168, 1024
	// largeA and largeB are the numbers of bytes from which on a product is
	// blocked.
	largeA, largeB = 2400 << 10, 1200 << 10
)

// product is a product under way.
type product struct {
	on          level
	size, lanes int // bytes of an element, elements of a vector
	shift       int // lanes is 1<<shift
	m, k, n     int
	a           unsafe.Pointer
	rs, ps      int // bytes
	b           unsafe.Pointer
	ldb         int // bytes
	bT          bool
	dst         unsafe.Pointer
	bias, mask  unsafe.Pointer
	do          int // of the last block of k
}

// vectorProduct computes dst = a·b with the epilogue e, of at least one element.
func vectorProduct[F Float](on level, dst, a, b []F, m, k, n int, s strides, e *Epilogue[F]) {
	p := newProduct(on, dst, a, b, m, k, n, s)
	rest := *e
	if e.Bias != nil {
		p.bias, p.do, rest.Bias = pointer(e.Bias), p.do|doBias, nil
	}
	if e.Act == ActReLU {
		p.do, rest.Act = p.do|doReLU, ActNone
	}
	if e.Mask != nil && rest.Act == ActNone {
		p.mask, p.do, rest.Mask = pointer(e.Mask), p.do|doMask, nil
	}
	switch {
	case m*k*p.size >= largeA && k*n*p.size >= largeB:
		p.blocked()
	case p.bT:
		p.strips()
	default:
		p.direct()
	}
	rest.apply(on, dst[:m*n], n)
}

// newProduct describes the product dst = a·b, without an epilogue.
func newProduct[F Float](on level, dst, a, b []F, m, k, n int, s strides) product {
	size, shift := int(unsafe.Sizeof(F(0))), 2 // four float64 in AVX2
	if size == 4 {
		shift++
	}
	if on == avx512 {
		shift++
	}
	return product{
		on: on, size: size, lanes: 1 << shift, shift: shift, m: m, k: k, n: n,
		a: pointer(a), rs: s.row * size, ps: s.col * size,
		b: pointer(b), ldb: s.b * size, bT: s.bT && k > 0,
		dst: pointer(dst),
	}
}

func pointer[F Float](s []F) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s)) }

// tallest is the greatest number of rows of a tile so many vectors wide, 1 to
// widest: what package nnc/asm has generated.
func (p *product) tallest(width int) int {
	if p.on == avx512 {
		return [...]int{0, 14, 14, 9, 6, 2, 2, 2, 2}[width]
	}
	return [...]int{0, 12, 6, 3, 2, 2, 2, 1, 1}[width]
}

const widest = 8

// width chooses the width of the next strip where so many vectors are left: the
// widest that has all rows in one tile, else the one that makes best use of the
// registers.
func (p *product) width(left, most int) int {
	for w := min(left, most); w > 2; w-- {
		if p.tallest(w) >= p.m {
			return w
		}
	}
	if left == 3 && p.on == avx512 {
		return 3
	}
	return min(left, 2)
}

// vectors is the number of vectors that cols elements take.
func (p *product) vectors(cols int) int { return (cols + p.lanes - 1) >> p.shift }

// strip is a piece of a product as wide as a tile: some columns, and some of k.
type strip struct {
	j, width, tail int // the first column, vectors, elements in the last
	b              unsafe.Pointer
	ldb            int
	k, do          int
}

// strip makes the strip of cols columns from j on, and all of k.
func (p *product) strip(j, cols int) strip {
	width := p.vectors(cols)
	return strip{j: j, width: width, tail: cols - (width-1)*p.lanes, k: p.k, do: p.do}
}

// rows runs all tiles of a strip: rows are spread evenly over as few tiles as
// there can be. a is where the strip's part of row 0 is.
func (p *product) rows(s *strip, a unsafe.Pointer) {
	tallest := p.tallest(s.width)
	if p.m <= tallest {
		p.run(s, 0, p.m, a, p.rs, p.ps)
		return
	}
	tiles := (p.m + tallest - 1) / tallest
	for q := range tiles {
		lo, hi := q*p.m/tiles, (q+1)*p.m/tiles
		p.run(s, lo, hi, unsafe.Add(a, lo*p.rs), p.rs, p.ps)
	}
}

// run runs the tile of a strip that has the rows lo to hi. Their part of a is at
// a. (The tile is made anew each time since what is stored through a pointer
// escapes, and with it callers' operands.)
func (p *product) run(s *strip, lo, hi int, a unsafe.Pointer, rs, ps int) {
	at := (lo*p.n + s.j) * p.size
	t := tile{
		a: a, rs: rs, ps: ps, b: s.b, ldb: s.ldb, dst: unsafe.Add(p.dst, at), ldd: p.n * p.size,
		k: s.k, tail: s.tail, do: s.do,
	}
	if s.do&doBias != 0 {
		t.bias = unsafe.Add(p.bias, s.j*p.size)
	}
	if s.do&doMask != 0 {
		t.mask = unsafe.Add(p.mask, at)
	}
	rows := hi - lo
	switch {
	case p.on == avx512 && p.size == 4:
		product512f32(&t, rows, s.width)
	case p.on == avx512:
		product512f64(&t, rows, s.width)
	case p.size == 4:
		product256f32(&t, rows, s.width)
	default:
		product256f64(&t, rows, s.width)
	}
}

// direct multiplies with both operands where they lie.
func (p *product) direct() {
	p.columns(p.n - p.aside())
}

// columns computes the first n columns.
func (p *product) columns(n int) {
	for j := 0; j < n; {
		cols := min(n-j, p.width(p.vectors(n-j), widest)*p.lanes)
		s := p.strip(j, cols)
		s.b, s.ldb = unsafe.Add(p.b, j*p.size), p.ldb
		p.rows(&s, p.a)
		j += cols
	}
}

// aside computes the last columns, where they fill a small part of a vector, as
// the transpose of a product that has them for rows, and returns how many it
// computed. That needs a's columns to lie as b's do, and enough rows.
func (p *product) aside() int {
	cols := p.n & (p.lanes - 1)
	if cols == 0 || cols > p.lanes*3/4 || p.rs != p.size || p.do != 0 || p.m < 2*p.lanes || p.k < p.lanes {
		return 0
	}
	j := p.n - cols
	buf := borrow(cols * p.m * p.size)
	t := product{
		on: p.on, size: p.size, lanes: p.lanes, shift: p.shift, m: cols, k: p.k, n: p.m,
		a: unsafe.Add(p.b, j*p.size), rs: p.size, ps: p.ldb, b: p.a, ldb: p.ps, dst: buf.start(),
	}
	t.columns(t.n)
	t.transposeExact(unsafe.Add(p.dst, j*p.size), t.dst, p.n*p.size, t.n*t.size, cols, t.n)
	buf.giveBack()
	return cols
}

// cut cuts k into equal pieces of at most blockK bytes, and returns their size in
// elements.
func (p *product) cut() int {
	pieces := (p.k*p.size + blockK - 1) / blockK
	return (p.k + pieces - 1) / pieces
}

// doing is what the tiles of the piece [lo, hi) of k do besides.
func (p *product) doing(lo, hi int) int {
	do := 0
	if hi == p.k {
		do = p.do
	}
	if lo > 0 {
		do |= doAdd
	}
	return do
}

// strips multiplies by a transpose, of which it packs a strip at a time.
func (p *product) strips() {
	const most = 4
	kc := p.cut()
	buf := borrow(most * p.lanes * p.size * p.padded(kc))
	for j := 0; j < p.n; {
		cols := min(p.n-j, p.width(p.vectors(p.n-j), most)*p.lanes)
		s := p.strip(j, cols)
		s.b, s.ldb = buf.start(), s.width*p.lanes*p.size
		for lo := 0; lo < p.k; lo += kc {
			hi := min(lo+kc, p.k)
			p.packB(s.b, j, cols, lo, hi, s.ldb)
			s.k, s.do = hi-lo, p.doing(lo, hi)
			p.rows(&s, unsafe.Add(p.a, lo*p.ps))
		}
		j += cols
	}
	buf.giveBack()
}

// padded is k rounded up to what transposing a block of rows writes.
func (p *product) padded(k int) int { return (k + p.lanes - 1) / p.lanes * p.lanes }

// packB packs rows lo to hi of b, the columns from j on, into rows that are ld
// bytes apart.
func (p *product) packB(dst unsafe.Pointer, j, cols, lo, hi, ld int) {
	if !p.bT {
		p.copy(dst, unsafe.Add(p.b, lo*p.ldb+j*p.size), ld, p.ldb, hi-lo, cols)
		return
	}
	p.transpose(dst, unsafe.Add(p.b, j*p.ldb+lo*p.size), ld, p.ldb, cols, hi-lo)
}

// copy copies rows of cols elements, at most two vectors.
func (p *product) copy(dst, src unsafe.Pointer, ldd, lds, rows, cols int) {
	two := cols > p.lanes
	tail := cols
	if two {
		tail -= p.lanes
	}
	switch {
	case p.on == avx512 && p.size == 4 && two:
		copy512f32_2(dst, src, ldd, lds, rows, tail)
	case p.on == avx512 && p.size == 4:
		copy512f32_1(dst, src, ldd, lds, rows, tail)
	case p.on == avx512 && two:
		copy512f64_2(dst, src, ldd, lds, rows, tail)
	case p.on == avx512:
		copy512f64_1(dst, src, ldd, lds, rows, tail)
	case p.size == 4 && two:
		copy256f32_2(dst, src, ldd, lds, rows, tail)
	case p.size == 4:
		copy256f32_1(dst, src, ldd, lds, rows, tail)
	case two:
		copy256f64_2(dst, src, ldd, lds, rows, tail)
	default:
		copy256f64_1(dst, src, ldd, lds, rows, tail)
	}
}

// transpose makes columns of dst of rows of src, whole vectors at a time.
func (p *product) transpose(dst, src unsafe.Pointer, ldd, lds, rows, cols int) {
	for i := 0; i < rows; i += p.lanes {
		d, s, r := unsafe.Add(dst, i*p.size), unsafe.Add(src, i*lds), min(p.lanes, rows-i)
		switch {
		case p.on == avx512 && p.size == 4:
			transpose512f32(d, s, ldd, lds, r, cols)
		case p.on == avx512:
			transpose512f64(d, s, ldd, lds, r, cols)
		case p.size == 4:
			transpose256f32(d, s, ldd, lds, r, cols)
		default:
			transpose256f64(d, s, ldd, lds, r, cols)
		}
	}
}

// transposeExact makes columns of dst of rows of src, at most a vector's.
func (p *product) transposeExact(dst, src unsafe.Pointer, ldd, lds, rows, cols int) {
	switch {
	case p.on == avx512 && p.size == 4:
		transposeExact512f32(dst, src, ldd, lds, rows, cols)
	case p.on == avx512:
		transposeExact512f64(dst, src, ldd, lds, rows, cols)
	case p.size == 4:
		transposeExact256f32(dst, src, ldd, lds, rows, cols)
	default:
		transposeExact256f64(dst, src, ldd, lds, rows, cols)
	}
}

// blocked multiplies block by block: of b as many columns as the last cache
// holds, in strips; of a as many rows as the second one, in tiles.
func (p *product) blocked() {
	const width = 2
	kc, tallest := p.cut(), p.tallest(width)
	stripBytes := width * p.lanes * p.size * p.padded(kc)
	strips := (min(p.n, blockCols) + width*p.lanes - 1) / (width * p.lanes)
	lda := p.padded(tallest) * p.size // of a packed tile: the row of all its elements at one p
	tileBytes := lda * p.padded(kc)
	tiles := (p.m + tallest - 1) / tallest
	group := blockRows / tallest // tiles of a block

	buf := borrow(strips*stripBytes + group*tileBytes)
	packedB := buf.start()
	packedA := unsafe.Add(packedB, strips*stripBytes)
	for j0 := 0; j0 < p.n; j0 += blockCols {
		j1 := min(j0+blockCols, p.n)
		for lo := 0; lo < p.k; lo += kc {
			hi := min(lo+kc, p.k)
			for i, j := 0, j0; j < j1; i, j = i+1, j+width*p.lanes {
				cols := min(j1-j, width*p.lanes)
				p.packB(unsafe.Add(packedB, i*stripBytes), j, cols, lo, hi, p.vectors(cols)*p.lanes*p.size)
			}
			for first := 0; first < tiles; first += group {
				last := min(first+group, tiles)
				for q := first; q < last; q++ {
					p.packA(unsafe.Add(packedA, (q-first)*tileBytes), q*p.m/tiles, (q+1)*p.m/tiles, lo, hi, lda)
				}
				for i, j := 0, j0; j < j1; i, j = i+1, j+width*p.lanes {
					s := p.strip(j, min(j1-j, width*p.lanes))
					s.b, s.ldb = unsafe.Add(packedB, i*stripBytes), s.width*p.lanes*p.size
					s.k, s.do = hi-lo, p.doing(lo, hi)
					for q := first; q < last; q++ {
						p.run(&s, q*p.m/tiles, (q+1)*p.m/tiles, unsafe.Add(packedA, (q-first)*tileBytes), p.size, lda)
					}
				}
			}
		}
	}
	buf.giveBack()
}

// packA packs rows i0 to i1 and columns lo to hi of a, so that the elements of a
// column lie together.
func (p *product) packA(dst unsafe.Pointer, i0, i1, lo, hi, ld int) {
	src := unsafe.Add(p.a, i0*p.rs+lo*p.ps)
	if p.ps == p.size {
		p.transpose(dst, src, ld, p.rs, i1-i0, hi-lo)
	} else {
		p.copy(dst, src, ld, p.ps, hi-lo, i1-i0)
	}
}

// vectorEach computes a function of every element of src, float32.
func vectorEach[F Float](on level, f function, dst, src []F) {
	d, s, n := pointer(dst), pointer(src), len(src)
	switch {
	case on == avx512 && f == exp:
		exp512f32(d, s, n)
	case on == avx512 && f == sigmoid:
		sigmoid512f32(d, s, n)
	case on == avx512 && f == tanh:
		tanh512f32(d, s, n)
	case on == avx512:
		log512f32(d, s, n)
	case f == exp:
		exp256f32(d, s, n)
	case f == sigmoid:
		sigmoid256f32(d, s, n)
	case f == tanh:
		tanh256f32(d, s, n)
	default:
		log256f32(d, s, n)
	}
}

// buffer is memory for packed operands.
type buffer struct{ words []uint64 }

// shelf keeps buffers that nobody uses: as many as products commonly run at
// once, so that in a steady state none is made.
var shelf [16]atomic.Pointer[buffer]

// borrow takes a buffer of at least that many bytes off the shelf, or makes one.
func borrow(bytes int) *buffer {
	words := (bytes + 7) / 8
	for i := range shelf {
		if shelf[i].Load() == nil {
			continue
		}
		if b := shelf[i].Swap(nil); b != nil {
			if len(b.words) < words {
				b.words = make([]uint64, words)
			}
			return b
		}
	}
	const least = 8 << 10 // words; what is large is aligned to a page
	return &buffer{make([]uint64, max(words, least))}
}

// giveBack puts a buffer on the shelf, or leaves it to the garbage collector
// where the shelf is full.
func (b *buffer) giveBack() {
	for i := range shelf {
		if shelf[i].CompareAndSwap(nil, b) {
			return
		}
	}
}

func (b *buffer) start() unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b.words)) }

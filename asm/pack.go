package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// packing makes the kernels that copy pieces of matrices to where a product's
// tiles read them one after the other, as they are and transposed.
func packing(f *file) {
	for _, bits := range []int{512, 256} {
		for _, size := range []int{4, 8} {
			v := vectors{f, bits, size}
			copyRows(v, 1)
			copyRows(v, 2)
			transpose(v, false)
			transpose(v, true)
		}
	}
	ones(f)
}

// copyRows makes the kernel that copies rows of width vectors, the last of tail
// elements and padded with zeros:
//
//	for i, j := range rows, … { dst[i·ldd + j] = src[i·lds + j] }
func copyRows(v vectors, width int) {
	name := v.label("copy") + "_" + string(rune('0'+width))
	v.function(name, "dst, src unsafe.Pointer, ldd, lds, rows, tail int", "copies rows of that many vectors, the last of tail elements and zeros; strides are in bytes.")
	dst, src, ldd, lds := v.load("dst"), v.load("src"), v.load("ldd"), v.load("lds")
	rows := v.load("rows")
	last := v.partial(v.load("tail"))
	v.TESTQ(rows, rows)
	v.JLE(operand.LabelRef("done"))
	v.Label("loop")
	for j := range width {
		x, at := v.vec(), j*v.bytes()
		if j == width-1 {
			last.load(operand.Mem{Base: src, Disp: at}, x)
		} else {
			v.op("VMOVU", operand.Mem{Base: src, Disp: at}, x)
		}
		v.op("VMOVU", x, operand.Mem{Base: dst, Disp: at})
	}
	v.ADDQ(lds, src)
	v.ADDQ(ldd, dst)
	v.DECQ(rows)
	v.JNZ(operand.LabelRef("loop"))
	v.Label("done")
	v.VZEROUPPER()
	v.RET()
}

// transpose makes the kernel that writes columns of src as rows of dst:
//
//	for j, i := range cols, rows { dst[j·ldd + i] = src[i·lds + j] }
//
// for 1 to lanes rows and any number of columns. A block of lanes by lanes is
// transposed in registers. Where exact is false, whole vectors and blocks are
// stored: what stands in dst behind a row's elements, up to a whole vector, and
// in rows behind the last, up to a whole block, is then arbitrary.
func transpose(v vectors, exact bool) {
	name, doc := "transpose", "transposes 1 to a vector's rows into rows of one vector; strides are in bytes."
	if exact {
		name, doc = "transposeExact", "transposes 1 to a vector's rows, and writes nothing else; strides are in bytes."
	}
	v.function(v.label(name), "dst, src unsafe.Pointer, ldd, lds, rows, cols int", doc)
	dst, src, ldd, lds := v.load("dst"), v.load("src"), v.load("ldd"), v.load("lds")
	rows, cols := v.load("rows"), v.load("cols")
	n := v.lanes()
	zero := v.GP64()
	v.XORQ(zero, zero)
	v.TESTQ(cols, cols)
	v.JLE(operand.LabelRef("done"))

	v.Label("loop")
	whole, count := v.GP64(), v.GP64()
	v.MOVQ(operand.I32(n), whole)
	v.MOVQ(cols, count)
	v.CMPQ(count, whole)
	v.CMOVQGT(whole, count)
	last := v.partial(count)
	at, step := v.GP64(), v.GP64()
	v.MOVQ(src, at)
	v.MOVQ(lds, step)
	r := make([]reg.VecVirtual, n)
	for i := range r {
		r[i] = v.vec()
		last.load(operand.Mem{Base: at}, r[i])
		if i < n-1 { // the last row stands in for those that are not there
			v.CMPQ(rows, operand.I32(i+1))
			v.CMOVQLE(zero, step)
			v.ADDQ(step, at)
		}
	}
	columns := transposed(v, r)
	var row partial
	if exact {
		row = v.partial(rows)
	}
	for _, x := range columns {
		if exact {
			row.store(x, operand.Mem{Base: dst})
		} else {
			v.op("VMOVU", x, operand.Mem{Base: dst})
		}
		v.ADDQ(ldd, dst)
		if exact {
			v.DECQ(count)
			v.JZ(operand.LabelRef("next"))
		}
	}
	v.Label("next")
	v.ADDQ(operand.I32(v.bytes()), src)
	v.SUBQ(operand.I32(n), cols)
	v.JG(operand.LabelRef("loop"))

	v.Label("done")
	v.VZEROUPPER()
	v.RET()
}

// transposed emits the transposition of the square r, and returns its columns:
// neighbours are interleaved within the 128-bit quarters of vectors, until each
// quarter is a column of a small square; then quarters are put together.
func transposed(v vectors, r []reg.VecVirtual) []reg.VecVirtual {
	n, each := len(r), 16/v.size // elements in a quarter
	pair := func(lo, hi string, x, y reg.VecVirtual) (a, b reg.VecVirtual) {
		a, b = v.vec(), v.vec()
		v.raw(lo, y, x, a)
		v.raw(hi, y, x, b)
		return a, b
	}
	if each == 4 {
		t := make([]reg.VecVirtual, n)
		for i := 0; i < n; i += 2 {
			t[i], t[i+1] = pair("VUNPCKLPS", "VUNPCKHPS", r[i], r[i+1])
		}
		q := make([]reg.VecVirtual, n)
		for i := 0; i < n; i += 4 {
			q[i], q[i+1] = pair("VUNPCKLPD", "VUNPCKHPD", t[i], t[i+2])
			q[i+2], q[i+3] = pair("VUNPCKLPD", "VUNPCKHPD", t[i+1], t[i+3])
		}
		r = q
	} else {
		q := make([]reg.VecVirtual, n)
		for i := 0; i < n; i += 2 {
			q[i], q[i+1] = pair("VUNPCKLPD", "VUNPCKHPD", r[i], r[i+1])
		}
		r = q
	}
	// Quarter l of r[each·g + c] is column each·l + c of the rows each·g and on.
	out := make([]reg.VecVirtual, n)
	for c := range each {
		g := make([]reg.VecVirtual, n/each)
		for i := range g {
			g[i] = r[each*i+c]
		}
		if !v.wide() {
			lo, hi := v.vec(), v.vec()
			v.VPERM2F128(operand.Imm(0x20), g[1], g[0], lo)
			v.VPERM2F128(operand.Imm(0x31), g[1], g[0], hi)
			out[c], out[each+c] = lo, hi
			continue
		}
		quarters := func(which uint64, x, y reg.VecVirtual) reg.VecVirtual { // two of x, two of y
			z := v.vec()
			v.VSHUFF64X2(operand.Imm(which), y, x, z)
			return z
		}
		const even, odd = 0x88, 0xDD
		e, o := quarters(even, g[0], g[1]), quarters(odd, g[0], g[1])
		e2, o2 := quarters(even, g[2], g[3]), quarters(odd, g[2], g[3])
		out[c], out[2*each+c] = quarters(even, e, e2), quarters(odd, e, e2)
		out[each+c], out[3*each+c] = quarters(even, o, o2), quarters(odd, o, o2)
	}
	return out
}

package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A tile is a few rows by a few vectors of a product's result, all of whose sums
// live in registers while k runs. A row of b is loaded as vectors, an element of
// a broadcast to all lanes; so every output has one sum, whose terms are added
// by fused multiply-adds with k ascending, whatever the tile, the width of the
// vectors and the place of the output in either. After k come bias, relu and
// mask, in registers too.
//
// a is read through two strides, so that one kernel serves a, its transpose and
// packed pieces of both. A long k may be cut: a tile that is told to go on
// begins with the sums that its predecessor left, which gives the same bits as
// one run.

// tallest is the greatest number of rows of a tile so many vectors wide: as many
// sums as there are registers for, besides the vectors of b, an element of a
// and, in AVX2, the mask. Where b's vectors are not held, AVX2 holds a's
// elements and has b's vectors pass by.
func tallest(bits, width int) int {
	if bits == 512 {
		return []int{0, 14, 14, 9, 6, 2, 2, 2, 2}[width]
	}
	return []int{0, 12, 6, 3, 2, 2, 2, 1, 1}[width]
}

// widest is the greatest width of a tile, in vectors.
const widest = 8

// The layout of the runtime's type tile, in bytes.
const (
	tileA = 8 * iota
	tileRS
	tilePS
	tileB
	tileLDB
	tileDst
	tileLDD
	tileK
	tileTail
	tileDo
	tileBias
	tileMask
)

// What a tile does besides its product, the runtime's constants of these names.
const (
	doAdd = 1 << iota
	doBias
	doReLU
	doMask
)

// products makes the kernels of a width of vectors, for either element type, and
// the functions that call the right one.
func products(f *file, bits int) {
	for _, size := range []int{4, 8} {
		v := vectors{f, bits, size}
		name := v.label("product")
		fmt.Fprintf(&f.stubs, "\n// %s runs the kernel for a tile of so many rows and vectors.\nfunc %s(t *tile, rows, width int) {\n\tswitch width {\n", name, name)
		for width := 1; width <= widest; width++ {
			fmt.Fprintf(&f.stubs, "\tcase %d:\n\t\tswitch rows {\n", width)
			for rows := 1; rows <= tallest(bits, width); rows++ {
				fmt.Fprintf(&f.stubs, "\t\tcase %d:\n\t\t\t%s(unsafe.Pointer(t))\n", rows, tileName(v, rows, width))
			}
			f.stubs.WriteString("\t\t}\n")
		}
		f.stubs.WriteString("\t}\n}\n")
		for width := 1; width <= widest; width++ {
			for rows := 1; rows <= tallest(bits, width); rows++ {
				product(v, rows, width)
			}
		}
	}
	if bits == 256 {
		ones(f)
	}
}

func tileName(v vectors, rows, width int) string {
	return fmt.Sprintf("%s_%dx%d", v.label("product"), rows, width)
}

// product makes the kernel for a tile of rows by width vectors.
func product(v vectors, rows, width int) {
	v.function(tileName(v, rows, width), "t unsafe.Pointer", fmt.Sprintf("is a product's tile of %d by %d.", rows, width*v.lanes()))
	t := v.load("t")
	field := func(at int) reg.GPVirtual {
		r := v.GP64()
		v.MOVQ(operand.Mem{Base: t, Disp: at}, r)
		return r
	}
	last := v.partial(field(tileTail))
	// loadRow loads a vector of a row of the tile, whose memory begins at base.
	loadRow := func(base reg.Register, j int, r reg.VecVirtual) {
		m := operand.Mem{Base: base, Disp: j * v.bytes()}
		if j == width-1 {
			last.load(m, r)
		} else {
			v.op("VMOVU", m, r)
		}
	}

	// The sums: 0, or what is there already.
	sum := make([][]reg.VecVirtual, rows)
	for i := range sum {
		sum[i] = make([]reg.VecVirtual, width)
		for j := range sum[i] {
			sum[i][j] = v.vec()
			v.zero(sum[i][j])
		}
	}
	dst, ldd, do := field(tileDst), field(tileLDD), field(tileDo)
	v.TESTQ(operand.I32(doAdd), do)
	v.JZ(operand.LabelRef("begin"))
	row := v.GP64()
	v.MOVQ(dst, row)
	for i := range rows {
		for j := range width {
			loadRow(row, j, sum[i][j])
		}
		if i < rows-1 {
			v.ADDQ(ldd, row)
		}
	}
	v.Label("begin")

	// A pointer to every third row of a; the two between are one and two strides
	// away.
	rs, ps := field(tileRS), field(tilePS)
	a := make([]reg.GPVirtual, (rows+2)/3)
	a[0] = field(tileA)
	if len(a) > 1 {
		three := v.GP64()
		v.LEAQ(operand.Mem{Base: rs, Index: rs, Scale: 2}, three)
		for i := 1; i < len(a); i++ {
			a[i] = v.GP64()
			v.LEAQ(operand.Mem{Base: a[i-1], Index: three, Scale: 1}, a[i])
		}
	}
	element := func(i int) operand.Mem {
		m := operand.Mem{Base: a[i/3]}
		if i%3 > 0 {
			m.Index, m.Scale = rs, uint8(i%3)
		}
		return m
	}
	b, ldb := field(tileB), field(tileLDB)

	step := func() {
		switch {
		case v.wide() && width == 1 && rows > 1:
			x := v.vec()
			loadRow(b, 0, x)
			for i := range rows {
				v.suffixed("VFMADD231", "_BCST", element(i), x, sum[i][0])
			}
		case width > 3: // few rows: b's vectors pass by
			x := make([]reg.VecVirtual, rows)
			for i := range x {
				x[i] = v.vec()
				v.broadcast(element(i), x[i])
			}
			for j := range width {
				y := v.vec()
				loadRow(b, j, y)
				for i := range rows {
					v.op("VFMADD231", x[i], y, sum[i][j])
				}
			}
		default:
			y := make([]reg.VecVirtual, width)
			for j := range y {
				y[j] = v.vec()
				loadRow(b, j, y[j])
			}
			for i := range rows {
				x := v.vec()
				v.broadcast(element(i), x)
				for j := range width {
					v.op("VFMADD231", x, y[j], sum[i][j])
				}
			}
		}
		v.ADDQ(ldb, b)
		for _, p := range a {
			v.ADDQ(ps, p)
		}
	}
	k := field(tileK)
	unroll := 1
	if rows*width <= 8 {
		unroll = 2
	}
	if unroll > 1 {
		v.SUBQ(operand.I32(unroll), k)
		v.JLT(operand.LabelRef("rest"))
		v.Label("loop")
		for range unroll {
			step()
		}
		v.SUBQ(operand.I32(unroll), k)
		v.JGE(operand.LabelRef("loop"))
		v.Label("rest")
		v.ADDQ(operand.I32(unroll), k)
	} else {
		v.TESTQ(k, k)
	}
	v.JZ(operand.LabelRef("done"))
	v.Label("single")
	step()
	v.DECQ(k)
	v.JNZ(operand.LabelRef("single"))
	v.Label("done")

	do = field(tileDo)
	v.TESTQ(operand.I32(doBias), do)
	v.JZ(operand.LabelRef("relu"))
	bias := field(tileBias)
	for j := range width {
		y := v.vec()
		loadRow(bias, j, y)
		for i := range rows {
			v.op("VADD", y, sum[i][j], sum[i][j])
		}
	}

	v.Label("relu")
	v.TESTQ(operand.I32(doReLU), do)
	v.JZ(operand.LabelRef("mask"))
	zero := v.vec()
	v.zero(zero)
	for i := range rows {
		for j := range width {
			// The second source, sum, is the result where either is NaN or both are 0;
			// + 0 makes of -0 what max(-0, 0) is.
			v.op("VMAX", sum[i][j], zero, sum[i][j])
			v.op("VADD", zero, sum[i][j], sum[i][j])
		}
	}

	v.Label("mask")
	v.TESTQ(operand.I32(doMask), do)
	v.JZ(operand.LabelRef("store"))
	mask := field(tileMask)
	ldd = field(tileLDD)
	zero = v.vec()
	v.zero(zero)
	const notLessOrEqual = 0x16 // true of NaN, quiet
	for i := range rows {
		for j := range width {
			x := v.vec()
			loadRow(mask, j, x)
			if v.wide() {
				above := v.K()
				v.op("VCMP", operand.Imm(notLessOrEqual), zero, x, above)
				v.suffixed("VMOVA", "_Z", sum[i][j], above, sum[i][j])
			} else {
				v.op("VCMP", operand.Imm(notLessOrEqual), zero, x, x)
				v.op("VAND", x, sum[i][j], sum[i][j])
			}
		}
		if i < rows-1 {
			v.ADDQ(ldd, mask)
		}
	}

	v.Label("store")
	dst, ldd = field(tileDst), field(tileLDD)
	store := func(whole bool) {
		for i := range rows {
			for j := range width {
				m := operand.Mem{Base: dst, Disp: j * v.bytes()}
				if j == width-1 && !whole {
					last.store(sum[i][j], m)
				} else {
					v.op("VMOVU", sum[i][j], m)
				}
			}
			if i < rows-1 {
				v.ADDQ(ldd, dst)
			}
		}
		v.VZEROUPPER()
		v.RET()
	}
	if !v.wide() { // a masked store of AVX2 is slow where nothing is to mask
		tail := field(tileTail)
		v.CMPQ(tail, operand.I32(v.lanes()))
		v.JLT(operand.LabelRef("part"))
		store(true)
		v.Label("part")
		dst, ldd = field(tileDst), field(tileLDD)
	}
	store(false)
}

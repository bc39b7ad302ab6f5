package main

import (
	"math"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Functions of every element of a float32 vector. The polynomials are those of
// S. L. Moshier's Cephes library, single precision (expf, logf, tanhf), computed
// with fused multiply-adds. Every step is one that AVX2 and AVX-512 round alike.

// constants is the table of what the functions compute with: each fills a
// vector, so that an instruction can read it where it lies.
var constants = []struct {
	name string
	bits uint32
}{
	{"one", math.Float32bits(1)},
	{"two", math.Float32bits(2)},
	{"half", math.Float32bits(0.5)},
	{"sign", 1 << 31},

	{"log2e", math.Float32bits(math.Log2E)},
	{"ln2High", math.Float32bits(0.693359375)}, // ln 2 in two parts; the first has 9 bits, so that n·ln2High is exact
	{"ln2Low", math.Float32bits(-2.12194440e-4)},

	{"expMax", math.Float32bits(89)}, // e**89 is infinite, e**-104 is 0
	{"expMin", math.Float32bits(-104)},
	{"exp5", math.Float32bits(1.9875691500e-4)},
	{"exp4", math.Float32bits(1.3981999507e-3)},
	{"exp3", math.Float32bits(8.3334519073e-3)},
	{"exp2", math.Float32bits(4.1665795894e-2)},
	{"exp1", math.Float32bits(1.6666665459e-1)},
	{"exp0", math.Float32bits(5.0000001201e-1)},
	{"bias", 127}, // of an exponent

	{"tanhSmall", math.Float32bits(0.625)},
	{"tanh4", math.Float32bits(-5.70498872745e-3)},
	{"tanh3", math.Float32bits(2.06390887954e-2)},
	{"tanh2", math.Float32bits(-5.37397155531e-2)},
	{"tanh1", math.Float32bits(1.33314422036e-1)},
	{"tanh0", math.Float32bits(-3.33332819422e-1)},

	{"normal", math.Float32bits(0x1p-126)}, // the least normal number
	{"scale", math.Float32bits(0x1p23)},    // makes the others normal
	{"scaled", math.Float32bits(-23)},
	{"rootHalf", 0x3F3504F3}, // √½
	{"log8", math.Float32bits(7.0376836292e-2)},
	{"log7", math.Float32bits(-1.1514610310e-1)},
	{"log6", math.Float32bits(1.1676998740e-1)},
	{"log5", math.Float32bits(-1.2420140846e-1)},
	{"log4", math.Float32bits(1.4249322787e-1)},
	{"log3", math.Float32bits(-1.6668057665e-1)},
	{"log2", math.Float32bits(2.0000714765e-1)},
	{"log1", math.Float32bits(-2.4999993993e-1)},
	{"log0", math.Float32bits(3.3333331174e-1)},
	{"zero", 0},
	{"infinity", math.Float32bits(float32(math.Inf(1)))},
	{"minusInfinity", math.Float32bits(float32(math.Inf(-1)))},
	{"nan", 0x7FC00000},
}

const constantBytes = 64

// constant is where a constant lies.
func constant(name string) operand.Mem {
	for i, c := range constants {
		if c.name == name {
			return operand.NewDataAddr(operand.NewStaticSymbol("constants"), i*constantBytes)
		}
	}
	panic("no constant " + name)
}

// functions makes the file of the functions.
func functions(f *file) {
	for _, bits := range []int{512, 256} {
		v := vectors{f, bits, 4}
		each(v, "exp", "e**x", v.exp)
		each(v, "sigmoid", "1/(1 + e**-x)", v.sigmoid)
		each(v, "tanh", "tanh(x)", v.tanh)
		each(v, "log", "ln(x)", v.log)
	}
	f.StaticGlobal("constants")
	f.DataAttributes(attr.RODATA | attr.NOPTR)
	for i, c := range constants {
		for at := 0; at < constantBytes; at += 4 {
			f.AddDatum(i*constantBytes+at, operand.U32(c.bits))
		}
	}
	ones(f)
}

// each makes the function that computes y of every element of src, which may be
// dst.
func each(v vectors, name, formula string, y func(x reg.VecVirtual) reg.VecVirtual) {
	v.function(v.label(name), "dst, src unsafe.Pointer, n int", "computes "+formula+" of n elements.")
	dst, src, n := v.load("dst"), v.load("src"), v.load("n")
	v.SUBQ(operand.I32(v.lanes()), n)
	v.JLT(operand.LabelRef("rest"))
	v.Label("loop")
	x := v.vec()
	v.op("VMOVU", operand.Mem{Base: src}, x)
	v.op("VMOVU", y(x), operand.Mem{Base: dst})
	v.ADDQ(operand.I32(v.bytes()), src)
	v.ADDQ(operand.I32(v.bytes()), dst)
	v.SUBQ(operand.I32(v.lanes()), n)
	v.JGE(operand.LabelRef("loop"))
	v.Label("rest")
	v.ADDQ(operand.I32(v.lanes()), n)
	v.JZ(operand.LabelRef("done"))
	last := v.partial(n)
	x = v.vec()
	last.load(operand.Mem{Base: src}, x)
	last.store(y(x), operand.Mem{Base: dst})
	v.Label("done")
	v.VZEROUPPER()
	v.RET()
}

// constant loads a constant into a register, for an operand that cannot be in
// memory.
func (v vectors) constant(name string) reg.VecVirtual {
	r := v.vec()
	v.op("VMOVU", constant(name), r)
	return r
}

// polynomial is c[0] + c[1]·x + … by Horner's rule, of the constants called name
// and a digit, from top down to 0.
func (v vectors) polynomial(name string, top int, x reg.VecVirtual) reg.VecVirtual {
	p := v.constant(name + string(rune('0'+top)))
	for i := top - 1; i >= 0; i-- {
		v.op("VFMADD213", constant(name+string(rune('0'+i))), x, p)
	}
	return p
}

// compare makes a mask of where x and y compare as so, by Intel's numbers of
// predicates.
func (v vectors) compare(predicate int, x reg.VecVirtual, y operand.Op) reg.Register {
	var m reg.Register = v.vec()
	if v.wide() {
		m = v.K()
	}
	v.op("VCMP", operand.Imm(uint64(predicate)), y, x, m)
	return m
}

const (
	equal   = 0x00 // false of NaN
	less    = 0x11 // false of NaN
	notLess = 0x15 // true of NaN
)

// choose is yes where the mask is, and no elsewhere.
func (v vectors) choose(mask reg.Register, yes operand.Op, no reg.VecVirtual) reg.VecVirtual {
	r := v.vec()
	if v.wide() {
		v.VBLENDMPS(yes, no, mask, r)
	} else {
		v.VBLENDVPS(mask, yes, no, r)
	}
	return r
}

// exp is e**x: 2**n · e**r, with n = round(x·log₂e) and |r| ≤ ½·ln 2.
func (v vectors) exp(x reg.VecVirtual) reg.VecVirtual {
	r, n := v.vec(), v.vec()
	v.op("VMIN", x, v.constant("expMax"), r) // where x is NaN, the result is the operand that comes first here
	v.op("VMAX", r, v.constant("expMin"), r)
	v.op("VMUL", constant("log2e"), r, n)
	if v.wide() {
		v.VRNDSCALEPS(operand.Imm(0), n, n)
	} else {
		v.VROUNDPS(operand.Imm(0), n, n)
	}
	v.op("VFNMADD231", constant("ln2High"), n, r)
	v.op("VFNMADD231", constant("ln2Low"), n, r)
	p, square := v.polynomial("exp", 5, r), v.vec()
	v.op("VMUL", r, r, square)
	v.op("VFMADD213", r, square, p)
	v.op("VADD", constant("one"), p, p)
	if v.wide() {
		v.VSCALEFPS(n, p, p)
		return p
	}
	// 2**n as two factors, neither of which is out of range where the product is:
	// the first is exact, so that the result is rounded once, as VSCALEFPS does.
	whole, half := v.vec(), v.vec()
	v.VCVTPS2DQ(n, whole)
	v.VPSRAD(operand.Imm(1), whole, half)
	v.VPSUBD(half, whole, whole)
	for _, part := range []reg.VecVirtual{half, whole} {
		v.VPADDD(constant("bias"), part, part)
		v.VPSLLD(operand.Imm(23), part, part)
		v.op("VMUL", part, p, p)
	}
	return p
}

// sigmoid is 1/(1 + e**-x), of negative numbers e**x/(1 + e**x): no exponent is
// positive, and no small result is lost.
func (v vectors) sigmoid(x reg.VecVirtual) reg.VecVirtual {
	minus, negative, sum := v.vec(), v.vec(), v.vec()
	v.op("VOR", constant("sign"), x, minus)
	e := v.exp(minus)
	v.op("VADD", constant("one"), e, sum)
	v.VPSRAD(operand.Imm(31), x, negative)
	v.op("VAND", negative, e, e)
	v.op("VANDN", constant("one"), negative, negative)
	v.op("VOR", negative, e, e)
	v.op("VDIV", sum, e, e)
	return e
}

// tanh is 1 - 2t/(1 + t), t = e**-2|x|, with x's sign, and near 0 the polynomial
// x + x³·P(x²).
func (v vectors) tanh(x reg.VecVirtual) reg.VecVirtual {
	square, y, minus := v.vec(), v.vec(), v.vec()
	v.op("VMUL", x, x, square)
	near := v.polynomial("tanh", 4, square)
	v.op("VMUL", square, near, near)
	v.op("VFMADD213", x, x, near)

	v.op("VOR", constant("sign"), x, minus)
	v.op("VADD", minus, minus, minus)
	t := v.exp(minus)
	v.op("VADD", constant("one"), t, y)
	v.op("VDIV", y, t, t)
	far := v.constant("one")
	v.op("VFNMADD231", constant("two"), t, far)

	size := v.vec()
	v.op("VANDN", x, v.constant("sign"), size)
	result := v.choose(v.compare(less, size, constant("tanhSmall")), near, far)
	sign := v.vec()
	v.op("VAND", constant("sign"), x, sign)
	v.op("VOR", sign, result, result)
	return result
}

// log is the natural logarithm: e·ln 2 + ln(1 + f) for x = 2**e · (1 + f), where
// 1 + f is between √½ and √2.
func (v vectors) log(x reg.VecVirtual) reg.VecVirtual {
	// Numbers that are not normal are made so.
	scaled := v.vec()
	v.op("VMUL", constant("scale"), x, scaled)
	small := v.compare(less, x, constant("normal"))
	m := v.choose(small, scaled, x)
	e0 := v.choose(small, constant("scaled"), v.constant("zero"))

	e, f := v.vec(), v.vec()
	v.VPSUBD(constant("rootHalf"), m, e)
	v.VPSRAD(operand.Imm(23), e, e)
	v.VPSLLD(operand.Imm(23), e, f)
	v.VPSUBD(f, m, f)
	v.op("VSUB", v.constant("one"), f, f)
	v.VCVTDQ2PS(e, e)
	v.op("VADD", e0, e, e)

	square := v.vec()
	v.op("VMUL", f, f, square)
	p := v.polynomial("log", 8, f)
	v.op("VMUL", f, p, p)
	v.op("VMUL", square, p, p)
	v.op("VFMADD231", constant("ln2Low"), e, p)
	v.op("VFNMADD231", constant("half"), square, p)
	v.op("VADD", f, p, p)
	v.op("VFMADD231", constant("ln2High"), e, p)

	p = v.choose(v.compare(notLess, x, constant("infinity")), x, p)
	p = v.choose(v.compare(less, x, constant("zero")), constant("nan"), p)
	return v.choose(v.compare(equal, x, constant("zero")), constant("minusInfinity"), p)
}

package ir

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Op is the operation of an Expr.
type Op string

// The operations. Comparisons stand only in the first place of OpSelect.
const (
	OpArg   Op = "arg"   // operand N
	OpConst Op = "const" // C
	OpIndex Op = "ix"    // the place along axis N of the result, as a number
	OpRows  Op = "rows"  // the number of rows of the batch
	OpRef   Op = "ref"   // an element of a buffer (lowered code only)

	OpAdd    Op = "+"
	OpSub    Op = "-"
	OpMul    Op = "*"
	OpDiv    Op = "/"
	OpNeg    Op = "neg"
	OpSelect Op = "select" // select(condition, a, b)

	OpGT  Op = ">"
	OpGE  Op = ">="
	OpLT  Op = "<"
	OpLE  Op = "<="
	OpEQ  Op = "=="
	OpAnd Op = "&&"
	OpOr  Op = "||"

	OpExp      Op = "exp"
	OpLog      Op = "log"
	OpSqrt     Op = "sqrt" // derivative 0 at 0
	OpTanh     Op = "tanh"
	OpSigmoid  Op = "sigmoid"
	OpSoftplus Op = "softplus" // log(1 + e^x)
	OpErf      Op = "erf"
	OpAbs      Op = "abs" // derivative 0 at 0
	OpReLU     Op = "relu"
	OpPow      Op = "pow" // pow(x, constant exponent) where it is differentiated
	OpFloor    Op = "floor"
	OpCos      Op = "cos"
	OpSin      Op = "sin"
	OpMax      Op = "max" // of two; at a tie the derivative is the first's
	OpMin      Op = "min"
)

// Expr is a scalar expression. Build it with the functions below: they fold constants and drop what is neutral.
type Expr struct {
	Op  Op
	N   int
	C   float64
	X   []*Expr
	Ref *Ref

	text string
}

// A is operand i.
func A(i int) *Expr { return &Expr{Op: OpArg, N: i} }

// C is a constant.
func C(c float64) *Expr { return &Expr{Op: OpConst, C: c} }

// Ix is the place along axis a of the result.
func Ix(a int) *Expr { return &Expr{Op: OpIndex, N: a} }

// Rows is the number of rows of the batch.
func Rows() *Expr { return &Expr{Op: OpRows} }

// The usual operations on expressions.
func Add(x ...*Expr) *Expr {
	e := x[0]
	for _, y := range x[1:] {
		e = E(OpAdd, e, y)
	}
	return e
}
func Sub(a, b *Expr) *Expr { return E(OpSub, a, b) }
func Mul(x ...*Expr) *Expr {
	e := x[0]
	for _, y := range x[1:] {
		e = E(OpMul, e, y)
	}
	return e
}
func Div(a, b *Expr) *Expr       { return E(OpDiv, a, b) }
func Neg(a *Expr) *Expr          { return E(OpNeg, a) }
func Select(c, a, b *Expr) *Expr { return E(OpSelect, c, a, b) }

// IsConst says whether e is the constant c.
func (e *Expr) IsConst(c float64) bool { return e.Op == OpConst && e.C == c }

// E builds an expression in simplest form.
func E(op Op, x ...*Expr) *Expr {
	constant := !slices.ContainsFunc(x, func(y *Expr) bool { return y.Op != OpConst })
	if constant && len(x) > 0 {
		if c, ok := fold(op, x); ok {
			return C(c + 0) // never -0
		}
	}
	switch op {
	case OpAdd:
		if x[0].IsConst(0) {
			return x[1]
		}
		if x[1].IsConst(0) {
			return x[0]
		}
		if x[1].Op == OpNeg {
			return E(OpSub, x[0], x[1].X[0])
		}
		if x[0].Op == OpNeg {
			return E(OpSub, x[1], x[0].X[0])
		}
		if x[0].Op == x[1].Op && x[0].String() == x[1].String() {
			return E(OpMul, C(2), x[0])
		}
		if x[1].Op == OpConst && x[1].C < 0 {
			return E(OpSub, x[0], C(-x[1].C))
		}
	case OpSub:
		if x[1].IsConst(0) {
			return x[0]
		}
		if x[0].IsConst(0) {
			return E(OpNeg, x[1])
		}
		if x[1].Op == OpNeg {
			return E(OpAdd, x[0], x[1].X[0])
		}
		if x[1].Op == OpConst && x[1].C < 0 {
			return E(OpAdd, x[0], C(-x[1].C))
		}
	case OpMul:
		if x[0].IsConst(0) || x[1].IsConst(0) {
			return C(0)
		}
		if x[0].IsConst(1) {
			return x[1]
		}
		if x[1].IsConst(1) {
			return x[0]
		}
		if x[0].IsConst(-1) {
			return E(OpNeg, x[1])
		}
		if x[1].IsConst(-1) {
			return E(OpNeg, x[0])
		}
		if x[0].Op == OpNeg {
			return E(OpNeg, E(OpMul, x[0].X[0], x[1]))
		}
		if x[1].Op == OpNeg {
			return E(OpNeg, E(OpMul, x[0], x[1].X[0]))
		}
		// A masked derivative masks the product, so that 0·inf cannot arise.
		if x[1].Op == OpSelect {
			return E(OpSelect, x[1].X[0], E(OpMul, x[0], x[1].X[1]), E(OpMul, x[0], x[1].X[2]))
		}
		if x[0].Op == OpSelect {
			return E(OpSelect, x[0].X[0], E(OpMul, x[0].X[1], x[1]), E(OpMul, x[0].X[2], x[1]))
		}
		if x[1].Op == OpDiv && x[1].X[0].IsConst(1) {
			return E(OpDiv, x[0], x[1].X[1])
		}
		if x[0].Op == OpDiv && x[0].X[0].IsConst(1) {
			return E(OpDiv, x[1], x[0].X[1])
		}
		// Constants gather in front.
		if x[1].Op == OpConst && x[0].Op != OpConst {
			return E(OpMul, x[1], x[0])
		}
		if x[0].Op == OpConst && x[1].Op == OpMul && x[1].X[0].Op == OpConst {
			return E(OpMul, C(x[0].C*x[1].X[0].C), x[1].X[1])
		}
	case OpDiv:
		if x[0].IsConst(0) {
			return C(0)
		}
		if x[1].IsConst(1) {
			return x[0]
		}
		if x[0].Op == OpNeg {
			return E(OpNeg, E(OpDiv, x[0].X[0], x[1]))
		}
	case OpNeg:
		if x[0].Op == OpNeg {
			return x[0].X[0]
		}
		if x[0].Op == OpSub {
			return E(OpSub, x[0].X[1], x[0].X[0])
		}
		if x[0].Op == OpSelect {
			return E(OpSelect, x[0].X[0], E(OpNeg, x[0].X[1]), E(OpNeg, x[0].X[2]))
		}
	case OpSelect:
		if x[1].Op == OpConst && x[2].Op == OpConst && x[1].C == x[2].C {
			return x[1]
		}
	}
	return &Expr{Op: op, X: x}
}

func fold(op Op, x []*Expr) (float64, bool) {
	a := x[0].C
	if len(x) == 1 {
		f := map[Op]func(float64) float64{
			OpNeg: func(v float64) float64 { return -v }, OpExp: math.Exp, OpLog: math.Log, OpSqrt: math.Sqrt, OpTanh: math.Tanh,
			OpAbs: math.Abs, OpFloor: math.Floor, OpCos: math.Cos, OpSin: math.Sin,
		}[op]
		if f == nil {
			return 0, false
		}
		return f(a), true
	}
	if len(x) != 2 {
		return 0, false
	}
	b := x[1].C
	switch op {
	case OpAdd:
		return a + b, true
	case OpSub:
		return a - b, true
	case OpMul:
		return a * b, true
	case OpDiv:
		return a / b, b != 0
	case OpMax:
		return math.Max(a, b), true
	case OpMin:
		return math.Min(a, b), true
	case OpPow:
		return math.Pow(a, b), true
	}
	return 0, false
}

// D is the derivative of e by operand i. Where that is cheaper it contains e itself, which Map's derivative then reads
// from the result instead of computing it again.
func D(e *Expr, i int) *Expr {
	switch e.Op {
	case OpArg:
		if e.N == i {
			return C(1)
		}
		return C(0)
	case OpConst, OpIndex, OpRows, OpFloor:
		return C(0)
	case OpAdd, OpSub:
		return E(e.Op, D(e.X[0], i), D(e.X[1], i))
	case OpMul:
		return Add(Mul(D(e.X[0], i), e.X[1]), Mul(e.X[0], D(e.X[1], i)))
	case OpDiv:
		return Sub(Div(D(e.X[0], i), e.X[1]), Mul(Div(e, e.X[1]), D(e.X[1], i)))
	case OpSelect:
		return Select(e.X[0], D(e.X[1], i), D(e.X[2], i))
	case OpMax:
		return Select(E(OpGE, e.X[0], e.X[1]), D(e.X[0], i), D(e.X[1], i))
	case OpMin:
		return Select(E(OpLE, e.X[0], e.X[1]), D(e.X[0], i), D(e.X[1], i))
	case OpPow:
		assert(D(e.X[1], i).IsConst(0), "the exponent of pow is differentiated")
		return Mul(Mul(e.X[1], E(OpPow, e.X[0], Sub(e.X[1], C(1)))), D(e.X[0], i))
	}
	x := e.X[0]
	d := D(x, i)
	if d.IsConst(0) {
		return d
	}
	var f *Expr
	switch e.Op {
	case OpNeg:
		f = C(-1)
	case OpExp:
		f = e
	case OpLog:
		f = Div(C(1), x)
	case OpSqrt:
		f = Select(E(OpGT, e, C(0)), Div(C(.5), e), C(0))
	case OpTanh:
		f = Sub(C(1), Mul(e, e))
	case OpSigmoid:
		f = Mul(e, Sub(C(1), e))
	case OpSoftplus:
		f = E(OpSigmoid, x)
	case OpErf:
		f = Mul(C(2/math.Sqrt(math.Pi)), E(OpExp, Neg(Mul(x, x))))
	case OpAbs:
		f = Select(E(OpGT, x, C(0)), C(1), Select(E(OpLT, x, C(0)), C(-1), C(0)))
	case OpReLU:
		f = Select(E(OpGT, e, C(0)), C(1), C(0))
	case OpCos:
		f = Neg(E(OpSin, x))
	case OpSin:
		f = E(OpCos, x)
	default:
		panic(fmt.Sprintf("ir: no derivative of %s", e.Op))
	}
	return Mul(f, d)
}

// Rewrite rebuilds e bottom-up; where f gives an expression it takes the place of its argument, which is not entered.
func (e *Expr) Rewrite(f func(*Expr) *Expr) *Expr {
	if r := f(e); r != nil {
		return r
	}
	if e.X == nil {
		return e
	}
	x := make([]*Expr, len(e.X))
	for i, y := range e.X {
		x[i] = y.Rewrite(f)
	}
	return E(e.Op, x...)
}

// Walk visits e and all below it.
func (e *Expr) Walk(f func(*Expr)) {
	f(e)
	for _, x := range e.X {
		x.Walk(f)
	}
}

// String prints e for dumps: a0*(1 - a0).
func (e *Expr) String() string {
	if e.text == "" {
		e.text, _ = e.print()
	}
	return e.text
}

func (e *Expr) print() (string, int) { // text and binding strength
	in := func(i, least int) string {
		s, p := e.X[i].print()
		if p < least {
			return "(" + s + ")"
		}
		return s
	}
	switch e.Op {
	case OpArg:
		return fmt.Sprintf("a%d", e.N), 9
	case OpConst:
		if e.C < 0 {
			return "(" + Number(e.C) + ")", 9
		}
		return Number(e.C), 9
	case OpIndex:
		if e.Ref != nil {
			return e.Ref.Index.String(), 4
		}
		return fmt.Sprintf("ix%d", e.N), 9
	case OpRows:
		return "rows", 9
	case OpRef:
		return e.Ref.String(), 9
	case OpAdd, OpSub:
		return in(0, 4) + " " + string(e.Op) + " " + in(1, 5), 4
	case OpMul, OpDiv:
		return in(0, 5) + string(e.Op) + in(1, 6), 5
	case OpGT, OpGE, OpLT, OpLE, OpEQ:
		return in(0, 4) + " " + string(e.Op) + " " + in(1, 4), 3
	case OpAnd:
		return in(0, 3) + " && " + in(1, 3), 2
	case OpOr:
		return in(0, 2) + " || " + in(1, 2), 1
	case OpNeg:
		return "-" + in(0, 6), 6
	}
	s := string(e.Op) + "("
	for i := range e.X {
		if i > 0 {
			s += ", "
		}
		s += in(i, 0)
	}
	return s + ")", 9
}

// Number prints a constant in the fewest digits that give it back.
func Number(c float64) string { return strconv.FormatFloat(c, 'g', -1, 64) }

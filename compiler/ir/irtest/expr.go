package irtest

import (
	"math"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// Apply is the value of an expression over operands alone.
func Apply(e *ir.Expr, arg []float64) float64 {
	return Value(e, func(x *ir.Expr) float64 { return arg[x.N] })
}

// Value is the value of an expression in float64; leaf gives that of what is neither a constant nor an operation.
func Value(e *ir.Expr, leaf func(*ir.Expr) float64) float64 {
	switch {
	case e.Op == ir.OpConst:
		return e.C
	case e.X == nil:
		return leaf(e)
	}
	of := func(i int) float64 { return Value(e.X[i], leaf) }
	switch e.Op {
	case ir.OpAdd:
		return of(0) + of(1)
	case ir.OpSub:
		return of(0) - of(1)
	case ir.OpMul:
		return of(0) * of(1)
	case ir.OpDiv:
		return of(0) / of(1)
	case ir.OpNeg:
		return -of(0)
	case ir.OpSelect:
		if Holds(e.X[0], leaf) {
			return of(1)
		}
		return of(2)
	case ir.OpExp:
		return math.Exp(of(0))
	case ir.OpLog:
		return math.Log(of(0))
	case ir.OpSqrt:
		return math.Sqrt(of(0))
	case ir.OpTanh:
		return math.Tanh(of(0))
	case ir.OpSigmoid:
		return 1 / (1 + math.Exp(-of(0)))
	case ir.OpSoftplus:
		v := of(0)
		return math.Max(v, 0) + math.Log1p(math.Exp(-math.Abs(v)))
	case ir.OpErf:
		return math.Erf(of(0))
	case ir.OpAbs:
		return math.Abs(of(0))
	case ir.OpReLU:
		return math.Max(of(0), 0)
	case ir.OpPow:
		return math.Pow(of(0), of(1))
	case ir.OpFloor:
		return math.Floor(of(0))
	case ir.OpCos:
		return math.Cos(of(0))
	case ir.OpSin:
		return math.Sin(of(0))
	case ir.OpMax:
		return math.Max(of(0), of(1))
	case ir.OpMin:
		return math.Min(of(0), of(1))
	}
	panic("irtest: no definition of " + string(e.Op))
}

// Holds is the truth of a condition.
func Holds(e *ir.Expr, leaf func(*ir.Expr) float64) bool {
	switch e.Op {
	case ir.OpAnd:
		return Holds(e.X[0], leaf) && Holds(e.X[1], leaf)
	case ir.OpOr:
		return Holds(e.X[0], leaf) || Holds(e.X[1], leaf)
	}
	a, b := Value(e.X[0], leaf), Value(e.X[1], leaf)
	switch e.Op {
	case ir.OpGT:
		return a > b
	case ir.OpGE:
		return a >= b
	case ir.OpLT:
		return a < b
	case ir.OpLE:
		return a <= b
	case ir.OpEQ:
		return a == b
	}
	panic("irtest: not a condition: " + string(e.Op))
}

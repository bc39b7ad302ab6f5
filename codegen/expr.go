package codegen

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// kind is the type of a printed expression.
type kind int

const (
	constant kind = iota // untyped
	integer              // int
	label                // int32: an element of an integer buffer
	float                // the model's type
	double               // float64
)

// kindOf gives the type that e has when it is printed without conversions: the widest of its operands'.
func (k *block) kindOf(e *ir.Expr) kind {
	switch e.Op {
	case ir.OpConst:
		return constant
	case ir.OpIndex:
		return integer
	case ir.OpRows:
		return integer
	case ir.OpRef:
		return k.refKind(e.Ref)
	case ir.OpSelect:
		return max(k.kindOf(e.X[1]), k.kindOf(e.X[2]))
	}
	most := constant
	floats := false
	for _, x := range e.X {
		t := k.kindOf(x)
		floats = floats || t == float
		most = max(most, t)
	}
	switch {
	case floats: // of float and double, float: a rate is converted once, not every weight
		return float
	case most == double:
		return double
	case most == label || most == integer:
		switch e.Op {
		case ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpNeg:
			if wholeConstants(e) {
				return integer
			}
		}
		return float
	case most == constant:
		switch e.Op {
		case ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpDiv, ir.OpNeg, ir.OpReLU, ir.OpMax, ir.OpMin:
			return constant
		}
		return float
	}
	return most
}

func (k *block) refKind(r *ir.Ref) kind {
	switch {
	case r.Random:
		return float
	case r.Buf.Elem == ir.Int:
		return label
	case r.Buf.Elem == ir.Double && k.f.s.p.Type != "float64":
		return double
	}
	return float
}

func wholeConstants(e *ir.Expr) bool {
	whole := true
	e.Walk(func(x *ir.Expr) {
		if x.Op == ir.OpConst && x.C != math.Trunc(x.C) {
			whole = false
		}
	})
	return whole
}

// The binding strengths of Go's operators.
const (
	atOr    = 1
	atAnd   = 2
	atComp  = 3
	atAdd   = 4
	atMul   = 5
	atUnary = 6
	atLeaf  = 7
)

// expr prints e as a value of the type want, in parentheses where it binds less than least. What Go has no expression for
// (a choice) goes into a variable first, which is why it belongs to a block.
func (k *block) expr(e *ir.Expr, want kind, least int) string {
	have := k.kindOf(e)
	if have != constant && have != want {
		if have == double && e.Op == ir.OpRef && e.Ref.Buf.Store == ir.InField && clockOf(e.Ref.Buf) == "" {
			return k.f.rounded(e.Ref.Buf)
		}
		// int32 and int into numbers, float64 into float32, and back.
		return k.typeName(want) + "(" + k.expr(e, have, 0) + ")"
	}
	s, p := k.bare(e, want)
	if p < least {
		return "(" + s + ")"
	}
	return s
}

func (k *block) typeName(t kind) string {
	switch t {
	case integer:
		return "int"
	case label:
		return "int32"
	case double:
		return "float64"
	}
	return k.f.s.p.Type
}

// bare prints e without a conversion around it, and says how strongly it binds.
func (k *block) bare(e *ir.Expr, want kind) (string, int) {
	in := func(i, least int) string { return k.expr(e.X[i], want, least) }
	switch e.Op {
	case ir.OpConst:
		return k.number(e.C, want)
	case ir.OpIndex:
		s := k.index(e.Ref.Index, "")
		if strings.ContainsAny(s, "+-") {
			return s, atAdd
		}
		if strings.Contains(s, "*") {
			return s, atMul
		}
		return s, atLeaf
	case ir.OpRows:
		return k.f.s.recv + ".rows", atLeaf
	case ir.OpRef:
		return k.element(e.Ref), atLeaf
	case ir.OpAdd, ir.OpSub:
		return in(0, atAdd) + " " + string(e.Op) + " " + in(1, atMul), atAdd
	case ir.OpMul, ir.OpDiv:
		if e.Op == ir.OpMul && e.X[0].Op == ir.OpConst && e.X[1].Op == ir.OpIndex { // i*2, as in places
			return in(1, atMul) + string(e.Op) + in(0, atUnary), atMul
		}
		return in(0, atMul) + string(e.Op) + in(1, atUnary), atMul
	case ir.OpNeg:
		return "-" + in(0, atLeaf), atUnary
	case ir.OpSelect:
		return k.choose(e, want), atLeaf
	case ir.OpReLU:
		return "max(0, " + in(0, 0) + ")", atLeaf
	case ir.OpMax, ir.OpMin:
		return string(e.Op) + "(" + in(0, 0) + ", " + in(1, 0) + ")", atLeaf
	}
	name, ok := functions[e.Op]
	if !ok {
		panic(fmt.Sprintf("codegen: no Go for %s", e.Op))
	}
	args := make([]string, len(e.X))
	typed := false
	for i := range e.X {
		args[i] = in(i, 0)
		typed = typed || k.kindOf(e.X[i]) != constant
	}
	if !typed { // nothing to infer the type from
		name += "[" + k.typeName(want) + "]"
	}
	return "rt." + name + "(" + strings.Join(args, ", ") + ")", atLeaf
}

// functions are the runtime's scalar functions.
var functions = map[ir.Op]string{
	ir.OpExp: "Exp", ir.OpLog: "Log", ir.OpSqrt: "Sqrt", ir.OpTanh: "Tanh", ir.OpSigmoid: "Sigmoid", ir.OpSoftplus: "Softplus",
	ir.OpErf: "Erf", ir.OpAbs: "Abs", ir.OpPow: "Pow", ir.OpFloor: "Floor", ir.OpCos: "Cos", ir.OpSin: "Sin",
}

// number prints a constant: 0.5, 3, 1e-8. What the type cannot hold, or is no number, comes from the runtime.
func (k *block) number(c float64, want kind) (string, int) {
	if want == integer || want == label {
		return strconv.Itoa(int(c)), atLeaf
	}
	switch limit := k.typeName(want) == "float32" && math.Abs(c) > math.MaxFloat32; {
	case math.IsNaN(c):
		panic("codegen: a constant is not a number")
	case limit || math.IsInf(c, 0):
		sign := 1
		if c < 0 {
			sign = -1
		}
		return fmt.Sprintf("rt.Inf[%s](%d)", k.typeName(want), sign), atLeaf
	}
	bits := 64
	if k.typeName(want) == "float32" { // 0.1, where 1 - 0.9 is 0.09999999999999998
		bits = 32
	}
	strength := atLeaf
	if c < 0 {
		strength = atUnary
	}
	return k.f.s.mark(trim(strconv.FormatFloat(c, 'g', -1, bits)), k.typeName(want)), strength
}

var exponentZeros = regexp.MustCompile(`e([+-]?)0+`)

// literal is the shortest text that gives c back: 1e-8, not 1e-08.
func literal(c float64) string { return trim(ir.Number(c)) }

// trim drops the zeros that lead an exponent.
func trim(s string) string { return exponentZeros.ReplaceAllString(s, "e$1") }

// index prints a place; shift is added in front.
func (k *block) index(x ir.Index, shift string) string {
	terms := []string{shift}
	for _, t := range x.Terms {
		terms = append(terms, k.term(t))
	}
	if x.Add != 0 {
		terms = append(terms, strconv.Itoa(x.Add))
	}
	return plus(terms...)
}

func (k *block) term(t ir.Term) string {
	if t.At != nil {
		return times("int("+k.element(t.At)+")", t.Mul)
	}
	return times(t.Var, t.Mul)
}

// place prints a place in a buffer. Where several variables move along one axis, as the position of a window and the place
// in it do, it prints what they come to there as one factor: x[r*144+(j*2+l-1)*12+k*2+u-1].
func (k *block) place(x ir.Index, b *ir.Buf) string {
	strides := strides(b)
	along := make([]ir.Index, len(strides)) // of each axis: what is multiplied by its stride
	shared := false
	for _, t := range x.Terms {
		a := len(strides) - 1
		for i, s := range strides {
			if t.Mul%s == 0 {
				a = i
				break
			}
		}
		t.Mul /= strides[a]
		along[a].Terms = append(along[a].Terms, t)
		shared = shared || len(along[a].Terms) > 1 && strides[a] > 1
	}
	if !shared {
		return k.index(x, "")
	}
	rest := x.Add
	for a, s := range strides { // padding comes off its axis; it is less than half of what there is
		if rest < 0 && len(along[a].Terms) > 1 {
			along[a].Add = int(math.Round(float64(rest) / float64(s)))
			rest -= along[a].Add * s
		}
	}
	var terms []string
	for a, s := range strides {
		switch n := len(along[a].Terms); {
		case n == 1 && along[a].Add == 0:
			t := along[a].Terms[0]
			t.Mul *= s
			terms = append(terms, k.term(t))
		case n > 0 && s == 1:
			terms = append(terms, k.index(along[a], ""))
		case n > 0:
			terms = append(terms, times("("+k.index(along[a], "")+")", s))
		}
	}
	if rest != 0 {
		terms = append(terms, strconv.Itoa(rest))
	}
	return plus(terms...)
}

// strides are the distances in a buffer from an element to the next along each axis, the largest, that of the rows, first.
// Axes of extent one are left out.
func strides(b *ir.Buf) []int {
	list := []int{1}
	size := 1
	for _, n := range slices.Backward(b.Shape) {
		size *= n
		if n > 1 {
			list = append(list, size)
		}
	}
	if !b.Batched {
		list = list[:len(list)-1]
	}
	slices.Reverse(list)
	return list
}

// condition prints a comparison. Integers are compared as such.
func (k *block) condition(e *ir.Expr, least int) string {
	paren := func(s string, p int) string {
		if p < least {
			return "(" + s + ")"
		}
		return s
	}
	switch e.Op {
	case ir.OpAnd:
		return paren(k.condition(e.X[0], atAnd)+" && "+k.condition(e.X[1], atAnd+1), atAnd)
	case ir.OpOr:
		return paren(k.condition(e.X[0], atOr)+" || "+k.condition(e.X[1], atOr+1), atOr)
	case ir.OpGT, ir.OpGE, ir.OpLT, ir.OpLE, ir.OpEQ:
		want := k.compared(e.X[0], e.X[1])
		return paren(k.expr(e.X[0], want, atAdd)+" "+string(e.Op)+" "+k.expr(e.X[1], want, atAdd), atComp)
	}
	panic(fmt.Sprintf("codegen: %s is no condition", e))
}

// compared is the type in which two operands are compared.
func (k *block) compared(a, b *ir.Expr) kind {
	x, y := k.kindOf(a), k.kindOf(b)
	switch {
	case x == float || y == float:
		return float
	case x == double || y == double:
		return double
	case x == constant && y == constant || !wholeConstants(a) || !wholeConstants(b):
		return float
	case x != integer && y != integer:
		return label
	}
	return integer
}

// choose puts a choice within an expression into a variable and gives its name.
//
//	var choice float32
//	if relu1[i] > 0 {
//		choice = drelu1[i]
//	}
func (k *block) choose(e *ir.Expr, want kind) string {
	name := k.fresh("choice")
	k.add(stmt("var %s %s", name, k.typeName(want)))
	k.assign(name, want, opFresh, e)
	return name
}

// How a value is stored.
const (
	opStore = "="
	opAdd   = "+="
	opFresh = "zero=" // into a variable that is still zero
)

// assign prints target = e, += e or -= e, a choice as if and else.
func (k *block) assign(target string, want kind, op string, e *ir.Expr) {
	if e.Op == ir.OpSelect {
		k.branch(target, want, op, e)
		return
	}
	switch {
	case op == opAdd && e.Op == ir.OpNeg:
		op, e = "-=", e.X[0]
	case op == opFresh:
		op = opStore
	case op == opStore && (e.Op == ir.OpAdd || e.Op == ir.OpSub) && k.is(e.X[0], want, target):
		op, e = string(e.Op)+"=", e.X[1]
	case op == opStore && e.Op == ir.OpAdd && k.is(e.X[1], want, target):
		op, e = opAdd, e.X[0]
	}
	value := k.expr(e, want, 0)
	k.add(stmt("%s %s %s", target, op, value))
}

// is says whether e is the element that a statement stores to: h[i] = h[i] + x is h[i] += x.
func (k *block) is(e *ir.Expr, want kind, target string) bool {
	return e.Op == ir.OpRef && !e.Ref.Random && k.expr(e, want, 0) == target
}

// branch prints a choice:
//
//	if relu1[i] > 0 {
//		dense1[i] = drelu1[i]
//	} else {
//		dense1[i] = 0
//	}
//
// A sum has no branch that adds 0.
func (k *block) branch(target string, want kind, op string, e *ir.Expr) {
	idle := func(e *ir.Expr) bool { return op != opStore && e.IsConst(0) }
	cond := k.condition(e.X[0], 0)
	yes, no := k.inner(), k.inner()
	switch {
	case idle(e.X[1]) && idle(e.X[2]):
	case idle(e.X[1]):
		no.assign(target, want, op, e.X[2])
		k.add(jen.If(jen.Id("!(" + cond + ")")).Block(no.code...))
	case idle(e.X[2]):
		yes.assign(target, want, op, e.X[1])
		k.add(jen.If(jen.Id(cond)).Block(yes.code...))
	default:
		yes.assign(target, want, op, e.X[1])
		no.assign(target, want, op, e.X[2])
		s := jen.If(jen.Id(cond)).Block(yes.code...).Else()
		if no.chain != nil && len(no.code) == 1 {
			s = s.Add(no.chain)
		} else {
			s = s.Block(no.code...)
		}
		k.add(s)
		k.chain = s
	}
}

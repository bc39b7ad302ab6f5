package ir

import (
	"fmt"
	"slices"
	"strings"
)

// Map computes every element of its result by one scalar expression:
//
//	out[i] = E(a0[i∘Axes[0]], a1[i∘Axes[1]], …)
//
// Axes[k][j] is the axis of the result that axis j of operand k follows; along the others operand k is repeated.
// Without operands it is a constant.
type Map struct {
	E     *Expr
	Shape []int
	Axes  [][]int
	Copy  int // not 0: a copy that is to stay one, told apart by its number
}

// At is an operand of Map with the axes of the result that its own follow.
type At struct {
	V    *Value
	Axes []int
}

// Along is v along the given axes of the result.
func Along(v *Value, axes ...int) At { return At{v, axes} }

// Whole is v along the result's axes in order, from the first.
func Whole(v *Value) At { return At{v, seq(len(v.Shape))} }

func seq(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

// Map adds the expression e over in. Operands that e does not read are dropped; constants, broadcasts and one-hot rows are
// read through.
func (g *Graph) Map(shape []int, e *Expr, in ...At) *Value {
	m := &Map{Shape: shape}
	var values []*Value
	slot := map[string]int{}
	var operand func(o At) *Expr
	operand = func(o At) *Expr {
		if p, ok := definition(o.V); ok && p.readThrough() {
			return p.E.Rewrite(func(x *Expr) *Expr {
				switch x.Op {
				case OpArg:
					axes := make([]int, len(p.Axes[x.N]))
					for j, a := range p.Axes[x.N] {
						axes[j] = o.Axes[a]
					}
					return operand(At{o.V.Def.In[x.N], axes})
				case OpIndex:
					return Ix(o.Axes[x.N])
				}
				return nil
			})
		}
		key := fmt.Sprint(o.V.ID, o.Axes)
		k, ok := slot[key]
		if !ok {
			k = len(values)
			slot[key] = k
			values, m.Axes = append(values, o.V), append(m.Axes, o.Axes)
		}
		return A(k)
	}
	m.E = e.Rewrite(func(x *Expr) *Expr {
		if x.Op != OpArg {
			return nil
		}
		return operand(in[x.N])
	})
	values = m.drop(values)
	if once := g.once(m, values); once != nil {
		return once
	}
	if m.E.Op == OpArg && slices.Equal(m.Axes[0], seq(len(shape))) && values[0].Elem != Int {
		return values[0]
	}
	return g.Add(m, values...)[0]
}

// drop leaves out the operands that simplification has left unread.
func (m *Map) drop(values []*Value) []*Value {
	to := make([]int, len(values))
	m.E.Walk(func(e *Expr) {
		if e.Op == OpArg {
			to[e.N] = 1
		}
	})
	if !slices.Contains(to, 0) {
		return values
	}
	var kept []*Value
	var axes [][]int
	for k, v := range values {
		if to[k] == 1 {
			to[k] = len(kept)
			kept, axes = append(kept, v), append(axes, m.Axes[k])
		}
	}
	m.Axes = axes
	m.E = m.E.Rewrite(func(e *Expr) *Expr {
		if e.Op == OpArg {
			return A(to[e.N])
		}
		return nil
	})
	return kept
}

// once computes what does not change along some axes of the result without them, and repeats it; nil where there is
// nothing to gain.
func (g *Graph) once(m *Map, values []*Value) *Value {
	if m.E.X == nil || m.readThrough() {
		return nil
	}
	moves := make([]bool, len(m.Shape))
	for _, axes := range m.Axes {
		for _, a := range axes {
			moves[a] = true
		}
	}
	m.E.Walk(func(e *Expr) {
		if e.Op == OpIndex {
			moves[e.N] = true
		}
	})
	to := make([]int, len(m.Shape))
	var kept, shape []int
	for a, n := range m.Shape {
		if moves[a] {
			to[a] = len(kept)
			kept, shape = append(kept, a), append(shape, n)
		}
	}
	if len(kept) == len(m.Shape) {
		return nil
	}
	in := make([]At, len(values))
	for k, v := range values {
		axes := make([]int, len(m.Axes[k]))
		for j, a := range m.Axes[k] {
			axes[j] = to[a]
		}
		in[k] = At{v, axes}
	}
	e := m.E.Rewrite(func(e *Expr) *Expr {
		if e.Op == OpIndex {
			return Ix(to[e.N])
		}
		return nil
	})
	return g.Map(m.Shape, A(0), At{g.Map(slices.Clip(shape), e, in...), kept})
}

// definition is the Map that computes v.
func definition(v *Value) (*Map, bool) {
	if v.Def == nil || v.Stop {
		return nil, false
	}
	p, ok := v.Def.Prim.(*Map)
	return p, ok
}

// readThrough says whether a Map is a constant, a broadcast, or one-hot rows: select(ix == place, x, 0).
func (m *Map) readThrough() bool {
	switch m.E.Op {
	case OpArg, OpConst:
		return m.Copy == 0
	case OpSelect:
		c, x := m.E.X[0], m.E.X[1]
		return c.Op == OpEQ && c.X[0].Op == OpIndex && c.X[1].Op == OpArg && x.X == nil && m.E.X[2].IsConst(0)
	}
	return false
}

// Each is Map over operands of one shape; scalars, and values without the trailing axes, are repeated.
func (g *Graph) Each(e *Expr, v ...*Value) *Value {
	var shape []int
	in := make([]At, len(v))
	for i, x := range v {
		if len(x.Shape) > len(shape) {
			shape = x.Shape
		}
		in[i] = Whole(x)
	}
	return g.Map(shape, e, in...)
}

// Const is a value whose elements are all c.
func (g *Graph) Const(c float64, shape ...int) *Value { return g.Map(shape, C(c)) }

// Copy is a copy of v that stays one, told apart from other copies of v by its number. Of number 0 it may be read through.
func (g *Graph) Copy(v *Value, number int) *Value {
	return g.Add(copying(v.Shape, number), v)[0]
}

func copying(shape []int, number int) *Map {
	return &Map{E: A(0), Shape: shape, Axes: [][]int{seq(len(shape))}, Copy: number}
}

// Detach is v as a constant: differentiation goes no further.
func (g *Graph) Detach(v *Value) *Value {
	d := g.Copy(v, 0)
	d.Stop = true
	return d
}

// Sum adds values of one shape.
func (g *Graph) Sum(v ...*Value) *Value {
	e := A(0)
	for i := range v[1:] {
		e = Add(e, A(i+1))
	}
	return g.Each(e, v...)
}

func (m *Map) String() string {
	var s []string
	for _, a := range m.Axes {
		s = append(s, fmt.Sprint(a))
	}
	text := fmt.Sprintf("%s over %s by %s", m.E, ShapeText(m.Shape), strings.Join(s, " "))
	if m.Copy > 0 {
		text += fmt.Sprintf(", copy %d", m.Copy)
	}
	return text
}

// Infer implements Prim.
func (m *Map) Infer(in []*Value) []Type {
	elem := Float
	if len(in) > 0 && !slices.ContainsFunc(in, func(v *Value) bool { return v.Elem != Double }) {
		elem = Double
	}
	for k, v := range in {
		assert(len(v.Shape) == len(m.Axes[k]), "map %s: operand %d is %v", m, k, v.Shape)
		for j, a := range m.Axes[k] {
			assert(v.Shape[j] == m.Shape[a], "map %s: axis %d of operand %d is %d, axis %d of the result %d", m, j, k, v.Shape[j], a, m.Shape[a])
		}
	}
	m.E.Walk(func(e *Expr) { assert(e.Op != OpIndex || e.N < len(m.Shape), "map %s: no axis %d", m, e.N) })
	return []Type{{m.Shape, elem}}
}

// VJP implements Prim: dy·∂E/∂a_k, summed over the axes that operand k does not have, in its own order of axes. Factors
// that stay the same along those leave the sum.
func (m *Map) VJP(g *Graph, n *Node, dOut []*Value, need []bool) []*Value {
	out := make([]*Value, len(n.In))
	whole := m.E.String()
	for k := range n.In {
		if !need[k] {
			continue
		}
		d := D(m.E, k)
		if d.IsConst(0) {
			continue
		}
		y, dy := A(len(n.In)), A(len(n.In)+1)
		d = d.Rewrite(func(e *Expr) *Expr { // the result stands for its own expression
			if e.X != nil && e.String() == whole {
				return y
			}
			return nil
		})
		var in []At
		for i, v := range n.In {
			in = append(in, At{v, m.Axes[i]})
		}
		in = append(in, Whole(n.Out[0]), Whole(dOut[0]))
		var kept, summed []int
		for a := range m.Shape {
			if slices.Contains(m.Axes[k], a) {
				kept = append(kept, a)
			} else {
				summed = append(summed, a)
			}
		}
		perm := make([]int, len(m.Axes[k]))
		for j, a := range m.Axes[k] {
			perm[j] = slices.Index(kept, a)
		}
		moves := func(e *Expr) bool {
			return e.Op == OpIndex && slices.Contains(summed, e.N) ||
				e.Op == OpArg && slices.ContainsFunc(in[e.N].Axes, func(a int) bool { return slices.Contains(summed, a) })
		}
		inner, outer := parted(d, moves)
		if len(summed) == 0 || outer.constant() {
			inner, outer = d, C(1)
		}
		sum := g.ReduceSum(g.Map(m.Shape, Mul(dy, inner), in...), summed...)
		out[k] = g.Permute(g.outside(sum, outer, in, kept), perm...)
	}
	return out
}

// parted writes e as a product of two factors: inner has all that moves, as moves says of operands and indices.
func parted(e *Expr, moves func(*Expr) bool) (inner, outer *Expr) {
	still := true
	e.Walk(func(x *Expr) { still = still && !moves(x) })
	if still {
		return C(1), e
	}
	switch e.Op {
	case OpNeg:
		inner, outer = parted(e.X[0], moves)
		return inner, Neg(outer)
	case OpMul, OpDiv:
		innerX, outerX := parted(e.X[0], moves)
		innerY, outerY := parted(e.X[1], moves)
		return E(e.Op, innerX, innerY), E(e.Op, outerX, outerY)
	}
	return e, C(1)
}

// constant says whether e reads no operand.
func (e *Expr) constant() bool {
	is := true
	e.Walk(func(x *Expr) { is = is && x.Op != OpArg })
	return is
}

// outside multiplies a sum, which has the axes kept, by a factor over in that does not move along the others.
func (g *Graph) outside(sum *Value, factor *Expr, in []At, kept []int) *Value {
	if factor.IsConst(1) {
		return sum
	}
	operands := []At{Whole(sum)}
	e := factor.Rewrite(func(x *Expr) *Expr {
		switch x.Op {
		case OpArg:
			axes := make([]int, len(in[x.N].Axes))
			for j, a := range in[x.N].Axes {
				axes[j] = slices.Index(kept, a)
			}
			operands = append(operands, At{in[x.N].V, axes})
			return A(len(operands) - 1)
		case OpIndex:
			return Ix(slices.Index(kept, x.N))
		}
		return nil
	})
	return g.Map(sum.Shape, Mul(A(0), e), operands...)
}

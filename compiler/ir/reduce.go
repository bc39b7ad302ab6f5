package ir

import (
	"fmt"
	"slices"
)

// Reduce drops Axes by a sum or a maximum. A maximum has two results: the value, and as an integer the place of its
// first occurrence, counted row-major over Axes.
type Reduce struct {
	Max  bool
	Axes []int // ascending
}

// ReduceSum sums over axes; over none it is v itself. Axes of extent one are dropped, and a row that is zero but for one
// place is not added up but looked at.
func (g *Graph) ReduceSum(v *Value, axes ...int) *Value {
	if len(axes) == 0 {
		return v
	}
	if !slices.ContainsFunc(axes, func(a int) bool { return v.Shape[a] != 1 }) {
		shape := []int{}
		for a, n := range v.Shape {
			if !slices.Contains(axes, a) {
				shape = append(shape, n)
			}
		}
		return g.Reshape(v, shape...)
	}
	if w, a := g.oneHotSum(v, axes); w != nil {
		rest := []int{}
		for _, b := range axes {
			switch {
			case b < a:
				rest = append(rest, b)
			case b > a:
				rest = append(rest, b-1)
			}
		}
		return g.ReduceSum(w, rest...)
	}
	return g.Add(&Reduce{Axes: axes}, v)[0]
}

// oneHotSum is the sum over one of axes, which it gives too, of a Map that is
//
//	select(ix(a) == place, x, 0)
//
// where neither place nor x changes along a: x where the place is on the axis, else 0. It is nil for all else.
func (g *Graph) oneHotSum(v *Value, axes []int) (*Value, int) {
	if v.Def == nil {
		return nil, 0
	}
	m, ok := v.Def.Prim.(*Map)
	if !ok || m.E.Op != OpSelect || !m.E.X[2].IsConst(0) {
		return nil, 0
	}
	c := m.E.X[0]
	if c.Op != OpEQ || c.X[0].Op != OpIndex || c.X[1].Op != OpArg || !slices.Contains(axes, c.X[0].N) {
		return nil, 0
	}
	a, place := c.X[0].N, c.X[1]
	moves := slices.Contains(m.Axes[place.N], a) || v.Def.In[place.N].Elem != Int
	m.E.X[1].Walk(func(e *Expr) {
		moves = moves || e.Op == OpIndex || e.Op == OpArg && slices.Contains(m.Axes[e.N], a)
	})
	if moves || m.Shape[a] == Batch {
		return nil, 0
	}
	in := make([]At, len(m.Axes))
	for k, operand := range v.Def.In {
		along := slices.Clone(m.Axes[k])
		for j := range along {
			if along[j] > a {
				along[j]--
			}
		}
		in[k] = At{operand, along}
	}
	e := Picked(v.Def.In[place.N], place, m.Shape[a], m.E.X[1])
	return g.Map(slices.Delete(slices.Clone(m.Shape), a, a+1), e, in...), a
}

// ReduceMax gives the maximum over axes and the place of the first.
func (g *Graph) ReduceMax(v *Value, axes ...int) (max, place *Value) {
	r := g.Add(&Reduce{Max: true, Axes: axes}, v)
	return r[0], r[1]
}

// Total sums over all axes.
func (g *Graph) Total(v *Value) *Value { return g.ReduceSum(v, seq(len(v.Shape))...) }

func (p *Reduce) String() string {
	if p.Max {
		return fmt.Sprintf("max over %v", p.Axes)
	}
	return fmt.Sprintf("sum over %v", p.Axes)
}

// Kept lists the axes that stay, of an operand of rank n.
func (p *Reduce) Kept(n int) []int {
	return slices.DeleteFunc(seq(n), func(a int) bool { return slices.Contains(p.Axes, a) })
}

// Infer implements Prim.
func (p *Reduce) Infer(in []*Value) []Type {
	assert(slices.IsSorted(p.Axes) && (len(p.Axes) == 0 || p.Axes[len(p.Axes)-1] < len(in[0].Shape)), "reduce %s of %v", p, in[0].Shape)
	shape := []int{}
	for _, a := range p.Kept(len(in[0].Shape)) {
		shape = append(shape, in[0].Shape[a])
	}
	if p.Max {
		return []Type{{shape, in[0].Elem}, {shape, Int}}
	}
	return []Type{{Shape: shape}}
}

// Place is the row-major place within the reduced axes of an operand of the given shape.
func (p *Reduce) Place(shape []int) *Expr {
	e := C(0)
	for _, a := range p.Axes {
		e = Add(Mul(e, C(float64(shape[a]))), Ix(a))
	}
	return e
}

// VJP implements Prim: a sum hands dy to all, a maximum to the first that reached it.
func (p *Reduce) VJP(g *Graph, n *Node, dOut []*Value, need []bool) []*Value {
	x := n.In[0]
	kept := p.Kept(len(x.Shape))
	if !p.Max {
		return []*Value{g.Map(x.Shape, A(0), At{dOut[0], kept})}
	}
	if dOut[0] == nil {
		return []*Value{nil}
	}
	e := Select(E(OpEQ, p.Place(x.Shape), A(1)), A(0), C(0))
	return []*Value{g.Map(x.Shape, e, At{dOut[0], kept}, At{n.Out[1], kept})}
}

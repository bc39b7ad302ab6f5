package ir

import (
	"fmt"
	"slices"
)

// Gather picks by an integer. Over shared leading axes n (Lead of them), places i and the remaining axes r:
//
//	out[n, i, r]        = x[n, at[n, i], r]      a place outside reads 0
//	out[n, at[n, i], r] += d[n, i, r]            Scatter, its adjoint: a place outside adds nothing; i ascending
type Gather struct {
	Lead    int
	Scatter bool
	Shape   []int // of Scatter's result
}

// Gather adds a pick.
func (g *Graph) Gather(x, at *Value, lead int) *Value {
	return g.Add(&Gather{Lead: lead}, x, at)[0]
}

func (p *Gather) String() string {
	if p.Scatter {
		return fmt.Sprintf("scatter-add into %s by %d", ShapeText(p.Shape), p.Lead)
	}
	return fmt.Sprintf("by %d", p.Lead)
}

// Infer implements Prim.
func (p *Gather) Infer(in []*Value) []Type {
	assert(in[1].Elem == Int, "gather: the places are not integers")
	assert(len(in[1].Shape) >= p.Lead && slices.Equal(in[0].Shape[:p.Lead], in[1].Shape[:p.Lead]), "gather: %v at %v", in[0].Shape, in[1].Shape)
	if p.Scatter {
		return []Type{{Shape: p.Shape}}
	}
	return []Type{{slices.Concat(in[1].Shape, in[0].Shape[p.Lead+1:]), in[0].Elem}}
}

// VJP implements Prim: each is the other's. Where there is one place for each n, no two can meet, and the scatter is a
// comparison: row j of the gradient is d where j is the place, else 0.
func (p *Gather) VJP(g *Graph, n *Node, dOut []*Value, need []bool) []*Value {
	if p.Scatter {
		return []*Value{g.Gather(dOut[0], n.In[1], p.Lead), nil}
	}
	x, at := n.In[0], n.In[1]
	if len(at.Shape) == p.Lead {
		rest := slices.Concat(seq(p.Lead), seq(len(x.Shape))[p.Lead+1:])
		e := Select(E(OpEQ, Ix(p.Lead), A(1)), A(0), C(0))
		return []*Value{g.Map(x.Shape, e, Along(dOut[0], rest...), Whole(at)), nil}
	}
	return []*Value{g.Add(&Gather{p.Lead, true, n.In[0].Shape}, dOut[0], n.In[1])[0], nil}
}

// Inside is the condition that place, an element of at, is on an axis of n; nil where it always is. A label of class(n) is
// checked before the step begins: it is less than n, and -1 in a target where it is to be ignored.
func Inside(at *Value, place *Expr, n int) *Expr {
	if at.Port == nil || at.Port.Classes == 0 || at.Port.Classes > n {
		return E(OpAnd, E(OpGE, place, C(0)), E(OpLT, place, C(float64(n))))
	}
	if at.Port.Target {
		return E(OpGE, place, C(0))
	}
	return nil
}

// Picked is x where place, an element of at, is on an axis of n, else 0.
func Picked(at *Value, place *Expr, n int, x *Expr) *Expr {
	if on := Inside(at, place, n); on != nil {
		return Select(on, x, C(0))
	}
	return x
}

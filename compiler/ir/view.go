package ir

import (
	"fmt"
	"slices"
)

// ViewKind is one of four ways to move elements. Each is the adjoint of one of them: reshape of reshape, permute of
// permute, split of concat and concat of split. A slice is one result of a split.
type ViewKind string

const (
	ViewReshape ViewKind = "reshape"
	ViewPermute ViewKind = "permute"
	ViewSplit   ViewKind = "split"
	ViewConcat  ViewKind = "concat"
)

// View moves elements and computes nothing.
type View struct {
	Kind  ViewKind
	Shape []int // of a reshape's result
	Perm  []int // axis i of the result is axis Perm[i] of the operand
	Axis  int   // of split and concat
	Sizes []int // of the results of a split
}

// Reshape gives v another shape of as many elements; the batch stays.
func (g *Graph) Reshape(v *Value, shape ...int) *Value {
	if slices.Equal(v.Shape, shape) {
		return v
	}
	if m, ok := definition(v); ok && m.Copy == 0 { // of one number, repeated
		switch {
		case m.E.Op == OpConst:
			return g.Const(m.E.C, shape...)
		case m.E.Op == OpArg && len(m.Axes[0]) == 0:
			return g.Map(shape, A(0), Along(v.Def.In[0]))
		}
	}
	return g.Add(&View{Kind: ViewReshape, Shape: shape}, v)[0]
}

// Permute orders the axes anew: axis i of the result is axis perm[i] of v. The batch stays first.
func (g *Graph) Permute(v *Value, perm ...int) *Value {
	if slices.IsSorted(perm) {
		return v
	}
	return g.Add(&View{Kind: ViewPermute, Perm: perm}, v)[0]
}

// Split cuts v along axis into parts of the given sizes.
func (g *Graph) Split(v *Value, axis int, sizes ...int) []*Value {
	if len(sizes) == 1 {
		return []*Value{v}
	}
	return g.Add(&View{Kind: ViewSplit, Axis: axis, Sizes: sizes}, v)
}

// Concat joins values along axis.
func (g *Graph) Concat(axis int, v ...*Value) *Value {
	if len(v) == 1 {
		return v[0]
	}
	return g.Add(&View{Kind: ViewConcat, Axis: axis}, v...)[0]
}

func (p *View) String() string {
	switch p.Kind {
	case ViewReshape:
		return "reshape to " + ShapeText(p.Shape)
	case ViewPermute:
		return fmt.Sprintf("permute %v", p.Perm)
	case ViewSplit:
		return fmt.Sprintf("split axis %d by %v", p.Axis, p.Sizes)
	}
	return fmt.Sprintf("concat axis %d", p.Axis)
}

// Infer implements Prim.
func (p *View) Infer(in []*Value) []Type {
	x := in[0]
	shape := slices.Clone(x.Shape)
	switch p.Kind {
	case ViewReshape:
		same := x.Batched() == (len(p.Shape) > 0 && p.Shape[0] == Batch)
		assert(same && Size(x.Shape) == Size(p.Shape), "reshape %v to %v", x.Shape, p.Shape)
		return []Type{{p.Shape, x.Elem}}
	case ViewPermute:
		assert(len(p.Perm) == len(shape) && (!x.Batched() || p.Perm[0] == 0), "permute %v by %v", x.Shape, p.Perm)
		for i, a := range p.Perm {
			shape[i] = x.Shape[a]
		}
		return []Type{{shape, x.Elem}}
	case ViewConcat:
		shape[p.Axis] = 0
		for _, v := range in {
			assert(len(v.Shape) == len(shape) && v.Shape[p.Axis] != Batch, "concat of %v and %v", x.Shape, v.Shape)
			shape[p.Axis] += v.Shape[p.Axis]
		}
		return []Type{{shape, x.Elem}}
	}
	var t []Type
	total := 0
	for _, n := range p.Sizes {
		part := slices.Clone(shape)
		part[p.Axis] = n
		total += n
		t = append(t, Type{part, x.Elem})
	}
	assert(total == x.Shape[p.Axis], "split %v of %v along %d", p.Sizes, x.Shape, p.Axis)
	return t
}

// VJP implements Prim.
func (p *View) VJP(g *Graph, n *Node, dOut []*Value, need []bool) []*Value {
	switch p.Kind {
	case ViewReshape:
		return []*Value{g.Reshape(dOut[0], n.In[0].Shape...)}
	case ViewPermute:
		inverse := make([]int, len(p.Perm))
		for i, a := range p.Perm {
			inverse[a] = i
		}
		return []*Value{g.Permute(dOut[0], inverse...)}
	case ViewConcat:
		sizes := make([]int, len(n.In))
		for i, v := range n.In {
			sizes[i] = v.Shape[p.Axis]
		}
		return g.Split(dOut[0], p.Axis, sizes...)
	}
	parts := slices.Clone(dOut)
	for i, v := range n.Out {
		if parts[i] == nil { // nobody read this part
			parts[i] = g.Const(0, v.Shape...)
		}
	}
	return []*Value{g.Concat(p.Axis, parts...)}
}

// Start is where result i of a split, or operand i of a concat, begins along the axis.
func (p *View) Start(n *Node, i int) int {
	at := 0
	for k := range i {
		if p.Kind == ViewSplit {
			at += p.Sizes[k]
		} else {
			at += n.In[k].Shape[p.Axis]
		}
	}
	return at
}

package pass

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// The plain lowering: every primitive as loops over elements. It works for any type and shape; kernels are only faster.

// letters are the loop variables of the first axes; the batch is ir.Row.
var letters = strings.Split("i j k l u v x y", " ")

// letter is the loop variable of an axis: i, j, k … and i8 behind the letters.
func letter(axis int) string {
	if axis < len(letters) {
		return letters[axis]
	}
	return fmt.Sprintf("i%d", axis)
}

// axes are the indices of a loop nest over shape: a variable an axis, 0 along an axis of extent one.
func axes(shape []int, from int) []ir.Index {
	idx := make([]ir.Index, len(shape))
	for a, n := range shape {
		switch n {
		case ir.Batch:
			idx[a] = variable(ir.Row)
		case 1:
		default:
			idx[a] = variable(letter(from))
			from++
		}
	}
	return idx
}

func variable(name string) ir.Index { return ir.Index{Terms: []ir.Term{{Var: name, Mul: 1}}} }

// loops are those of a nest over shape with the given indices.
func loops(shape []int, idx []ir.Index) []*ir.Loop {
	var ls []*ir.Loop
	for a, n := range shape {
		if len(idx[a].Terms) == 0 {
			continue
		}
		to := ir.Extent{N: n}
		if n == ir.Batch {
			to = ir.Extent{N: 1, Rows: true}
		}
		ls = append(ls, &ir.Loop{Var: idx[a].Terms[0].Var, To: to})
	}
	return ls
}

// nest wraps statements in loops, the first outermost.
func nest(ls []*ir.Loop, body ...ir.Stmt) []ir.Stmt {
	for _, l := range slices.Backward(ls) {
		l.Body = body
		body = []ir.Stmt{l}
	}
	return body
}

// flat is the row-major place of an element.
func flat(shape []int, idx []ir.Index) ir.Index {
	var out ir.Index
	stride := 1
	for a := len(shape) - 1; a >= 0; a-- {
		out.Add += idx[a].Add * stride
		for _, t := range idx[a].Terms {
			t.Mul *= stride
			out.Terms = append(out.Terms, t)
		}
		if shape[a] != ir.Batch {
			stride *= shape[a]
		}
	}
	slices.Reverse(out.Terms)
	return out
}

// element is that of a stored value.
func (d *Draft) element(v *ir.Value, idx []ir.Index) *ir.Ref {
	return &ir.Ref{Buf: d.buf(v), Index: flat(v.Shape, idx)}
}

func reference(r *ir.Ref) *ir.Expr { return &ir.Expr{Op: ir.OpRef, Ref: r} }

// read is an element of any value, from its buffer or computed.
func (d *Draft) read(v *ir.Value, idx []ir.Index) *ir.Expr {
	if v.Def == nil || d.Bufs[v] != nil || d.stored[reshaped(v)] || reshaped(v).Def == nil {
		return reference(d.element(v, idx))
	}
	return d.compute(v, idx)
}

// compute is an element of a node's result by the node's definition.
func (d *Draft) compute(v *ir.Value, idx []ir.Index) *ir.Expr {
	n := v.Def
	switch p := n.Prim.(type) {
	case *ir.Map:
		return p.E.Rewrite(func(e *ir.Expr) *ir.Expr {
			switch e.Op {
			case ir.OpArg:
				at := make([]ir.Index, len(p.Axes[e.N]))
				for j, a := range p.Axes[e.N] {
					at[j] = idx[a]
				}
				return d.read(n.In[e.N], at)
			case ir.OpIndex:
				if x := idx[e.N]; len(x.Terms) == 0 {
					return ir.C(float64(x.Add))
				}
				return &ir.Expr{Op: ir.OpIndex, Ref: &ir.Ref{Index: idx[e.N]}}
			}
			return nil
		})
	case *ir.Random:
		width := 0
		if v.Batched() {
			width = v.Size()
		}
		return reference(&ir.Ref{Random: true, Stream: p.Stream, Index: flat(v.Shape, idx), Width: width})
	case *ir.View:
		switch p.Kind {
		case ir.ViewPermute:
			at := make([]ir.Index, len(idx))
			for i, a := range p.Perm {
				at[a] = idx[i]
			}
			return d.read(n.In[0], at)
		case ir.ViewSplit:
			at := slices.Clone(idx)
			at[p.Axis].Add += p.Start(n, v.Index)
			return d.read(n.In[0], at)
		case ir.ViewReshape:
			return reference(d.element(v, idx))
		}
	case *ir.Gather:
		x, at := n.In[0], n.In[1]
		k := len(at.Shape)
		place := d.element(at, idx[:k])
		row := ir.Index{Terms: []ir.Term{{At: place, Mul: 1}}}
		e := d.read(x, slices.Concat(idx[:p.Lead], []ir.Index{row}, idx[k:]))
		return ir.Select(ir.Inside(at, reference(place), x.Shape[p.Lead]), e, ir.C(0))
	}
	panic(fmt.Sprintf("pass: %s is not read through", n.Prim))
}

// wideFrom is the number of terms from which a sum is accumulated in float64.
const wideFrom = 1024

// lower gives the statements of a step.
func (d *Draft) lower(n *ir.Node) []ir.Stmt {
	switch p := n.Prim.(type) {
	case *ir.Assign:
		state, v := n.In[0], n.In[1]
		idx := axes(state.Shape, 0)
		return flatten(nest(loops(state.Shape, idx), &ir.Set{Dst: d.element(state, idx), E: d.read(v, idx)}))
	case *ir.Dot:
		return d.lowerDot(n, p)
	case *ir.Reduce:
		return d.lowerReduce(n, p)
	case *ir.View:
		if p.Kind == ir.ViewConcat {
			return d.lowerConcat(n, p)
		}
	case *ir.Gather:
		if p.Scatter {
			return d.lowerScatter(n, p)
		}
	}
	var out []ir.Stmt
	for _, v := range n.Out {
		if !d.stored[v] {
			continue
		}
		idx := axes(v.Shape, 0)
		out = append(out, flatten(nest(loops(v.Shape, idx), &ir.Set{Dst: d.element(v, idx), E: d.compute(v, idx)}))...)
	}
	return out
}

func (d *Draft) lowerDot(n *ir.Node, p *ir.Dot) []ir.Stmt {
	ext, v := p.Extents(n.In), n.Out[0]
	outIdx := axes(v.Shape, 0)
	at := map[byte]ir.Index{}
	used := 0
	for i := range len(p.Out) {
		at[p.Out[i]] = outIdx[i]
		if len(outIdx[i].Terms) > 0 && v.Shape[i] != ir.Batch {
			used++
		}
	}
	var summed []int
	for _, l := range []byte(p.Summed()) {
		summed = append(summed, ext[l])
	}
	sumIdx := axes(summed, used)
	for i, l := range []byte(p.Summed()) {
		at[l] = sumIdx[i]
	}
	indices := func(labels string) []ir.Index {
		idx := make([]ir.Index, len(labels))
		for i := range len(labels) {
			idx[i] = at[labels[i]]
		}
		return idx
	}
	e := ir.Mul(d.read(n.In[0], indices(p.A)), d.read(n.In[1], indices(p.B)))
	return nest(loops(v.Shape, outIdx), &ir.Fold{Dst: d.element(v, outIdx), Loops: loops(summed, sumIdx), E: e, Wide: ir.Size(summed) > wideFrom && v.Size() == 1})
}

func (d *Draft) lowerReduce(n *ir.Node, p *ir.Reduce) []ir.Stmt {
	x := n.In[0]
	kept := p.Kept(len(x.Shape))
	var keptShape, goneShape []int
	for _, a := range kept {
		keptShape = append(keptShape, x.Shape[a])
	}
	for _, a := range p.Axes {
		goneShape = append(goneShape, x.Shape[a])
	}
	outIdx := axes(keptShape, 0)
	used := 0
	for i, x := range outIdx {
		if len(x.Terms) > 0 && keptShape[i] != ir.Batch {
			used++
		}
	}
	goneIdx := axes(goneShape, used)
	idx := make([]ir.Index, len(x.Shape))
	for i, a := range kept {
		idx[a] = outIdx[i]
	}
	for i, a := range p.Axes {
		idx[a] = goneIdx[i]
	}
	f := &ir.Fold{Max: p.Max, Loops: loops(goneShape, goneIdx), E: d.read(x, idx), Wide: !p.Max && ir.Size(goneShape) > wideFrom}
	if d.stored[n.Out[0]] {
		f.Dst = d.element(n.Out[0], outIdx)
	}
	if p.Max && d.stored[n.Out[1]] {
		f.Place = d.element(n.Out[1], outIdx)
		f.At = &ir.Expr{Op: ir.OpIndex, Ref: &ir.Ref{Index: flat(goneShape, goneIdx)}}
	}
	return nest(loops(keptShape, outIdx), f)
}

func (d *Draft) lowerConcat(n *ir.Node, p *ir.View) []ir.Stmt {
	var out []ir.Stmt
	for i, x := range n.In {
		idx := axes(x.Shape, 0)
		to := slices.Clone(idx)
		to[p.Axis].Add += p.Start(n, i)
		out = append(out, nest(loops(x.Shape, idx), &ir.Set{Dst: d.element(n.Out[0], to), E: d.read(x, idx)})...)
	}
	return out
}

func (d *Draft) lowerScatter(n *ir.Node, p *ir.Gather) []ir.Stmt {
	v, x, at := n.Out[0], n.In[0], n.In[1]
	zero := axes(v.Shape, 0)
	clear := flatten(nest(loops(v.Shape, zero), &ir.Set{Dst: d.element(v, zero), E: ir.C(0)}))
	idx := axes(x.Shape, 0)
	k := len(at.Shape)
	place := d.element(at, idx[:k])
	to := slices.Concat(idx[:p.Lead], []ir.Index{{Terms: []ir.Term{{At: place, Mul: 1}}}}, idx[k:])
	add := &ir.Set{Dst: d.element(v, to), Add: true, E: d.read(x, idx), Guard: ir.Inside(at, reference(place), v.Shape[p.Lead])}
	return append(clear, nest(loops(x.Shape, idx), add)...)
}

// flatten makes one loop of a nest around a Set all of whose elements lie at the same place of their buffers.
func flatten(body []ir.Stmt) []ir.Stmt {
	var ls []*ir.Loop
	s := body[0]
	for {
		l, ok := s.(*ir.Loop)
		if !ok {
			break
		}
		ls = append(ls, l)
		s = l.Body[0]
	}
	set, ok := s.(*ir.Set)
	if !ok || len(ls) < 2 || set.Guard != nil {
		return body
	}
	to := ir.Extent{N: 1}
	for _, l := range ls {
		to.N *= l.To.N
		to.Rows = to.Rows || l.To.Rows
	}
	whole := set.Dst.Index
	if whole.Add != 0 || len(whole.Terms) != len(ls) {
		return body
	}
	one := ir.Index{Terms: []ir.Term{{Var: "i", Mul: 1}}}
	same := true
	e := set.E.Rewrite(func(x *ir.Expr) *ir.Expr {
		switch {
		case x.Op == ir.OpIndex:
			same = false
		case x.Op == ir.OpRef && sameIndex(x.Ref.Index, whole):
			r := *x.Ref
			r.Index = one
			return reference(&r)
		case x.Op == ir.OpRef && len(x.Ref.Index.Terms) > 0:
			same = false
		}
		if x.X == nil {
			return x
		}
		return nil
	})
	if !same {
		return body
	}
	dst := *set.Dst
	dst.Index = one
	return []ir.Stmt{&ir.Loop{Var: "i", To: to, Body: []ir.Stmt{&ir.Set{Dst: &dst, Add: set.Add, E: e}}}}
}

func sameIndex(a, b ir.Index) bool {
	return a.Add == b.Add && slices.EqualFunc(a.Terms, b.Terms, func(x, y ir.Term) bool { return x.Var == y.Var && x.Mul == y.Mul && x.At == y.At })
}

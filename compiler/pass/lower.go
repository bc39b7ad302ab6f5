package pass

import (
	"fmt"
	"math"
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
		along := slices.Clone(idx[a].Terms)
		for i := range along {
			along[i].Mul *= stride
		}
		out.Terms = append(along, out.Terms...)
		if shape[a] != ir.Batch {
			stride *= shape[a]
		}
	}
	return out
}

// element is that of a stored value.
func (d *Draft) element(v *ir.Value, idx []ir.Index) *ir.Ref {
	if t := d.time; t != nil {
		if o := t.outer[v]; o != nil {
			return t.of.element(o, idx)
		}
		if o := t.slices[v]; o != nil {
			return t.of.element(o, slices.Insert(slices.Clone(idx), t.scan.Stacked(len(idx)), variable(ir.Time)))
		}
	}
	return &ir.Ref{Buf: d.buf(v), Index: flat(v.Shape, idx)}
}

func reference(r *ir.Ref) *ir.Expr { return &ir.Expr{Op: ir.OpRef, Ref: r} }

// read is an element of any value, from its buffer or computed.
func (d *Draft) read(v *ir.Value, idx []ir.Index) *ir.Expr {
	if d.time != nil && d.time.outer[v] != nil {
		return d.time.of.read(d.time.outer[v], idx)
	}
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
		return ir.Picked(at, reference(place), x.Shape[p.Lead], e)
	case *ir.Window:
		place, inside := windowed(p, n.In[0].Shape, idx)
		e := d.read(n.In[0], place)
		if inside != nil {
			e = ir.Select(inside, e, ir.C(p.Fill))
		}
		return e
	}
	panic(fmt.Sprintf("pass: %s is not read through", n.Prim))
}

// windowed is the place in a value of the given shape that an element of its windows shows, and the condition that it is
// inside; nil where it always is.
func windowed(p *ir.Window, shape []int, idx []ir.Index) (place []ir.Index, inside *ir.Expr) {
	place = slices.Clone(idx[:len(shape)])
	for k, w := range p.Wins {
		at := plus(scaled(idx[w.Axis], w.Stride), scaled(idx[len(shape)+k], w.Dilation), -w.Pad)
		place[w.Axis] = at
		if len(at.Terms) == 0 { // the only element of the only window
			continue
		}
		e := &ir.Expr{Op: ir.OpIndex, Ref: &ir.Ref{Index: at}}
		if w.Pad > 0 {
			inside = both(inside, ir.E(ir.OpGE, e, ir.C(0)))
		}
		if n := shape[w.Axis]; w.Reach() > n {
			inside = both(inside, ir.E(ir.OpLT, e, ir.C(float64(n))))
		}
	}
	return place, inside
}

func both(a, b *ir.Expr) *ir.Expr {
	if a == nil {
		return b
	}
	return ir.E(ir.OpAnd, a, b)
}

// scaled and plus compute with places.
func scaled(x ir.Index, by int) ir.Index {
	out := ir.Index{Add: x.Add * by}
	for _, t := range x.Terms {
		t.Mul *= by
		out.Terms = append(out.Terms, t)
	}
	return out
}

func plus(a, b ir.Index, add int) ir.Index {
	return ir.Index{Terms: slices.Concat(a.Terms, b.Terms), Add: a.Add + b.Add + add}
}

// guard takes conditions on the place alone out of a term that is select(condition, e, neutral), and leaves out the turns of
// the innermost loop that each depends on: what they would give is neutral to the sum or the maximum. It gives the
// rest of the term.
func guard(e *ir.Expr, neutral float64, ls []*ir.Loop) *ir.Expr {
	for e.Op == ir.OpSelect && e.X[2].IsConst(neutral) {
		left := []*ir.Expr{}
		for _, c := range conjuncts(e.X[0]) {
			var l *ir.Loop
			if onPlace(c) {
				for _, x := range ls {
					if mentionsVar(c, x.Var) {
						l = x
					}
				}
			}
			if l == nil {
				left = append(left, c)
				continue
			}
			l.Guard = both(l.Guard, c)
		}
		if len(left) > 0 {
			rest := left[0]
			for _, c := range left[1:] {
				rest = both(rest, c)
			}
			return ir.Select(rest, e.X[1], ir.C(neutral))
		}
		e = e.X[1]
	}
	return e
}

// conjuncts are the conditions that an && joins.
func conjuncts(c *ir.Expr) []*ir.Expr {
	if c.Op != ir.OpAnd {
		return []*ir.Expr{c}
	}
	return append(conjuncts(c.X[0]), conjuncts(c.X[1])...)
}

// onPlace says whether a condition is a comparison of a place with a number.
func onPlace(c *ir.Expr) bool {
	return len(c.X) == 2 && c.X[0].Op == ir.OpIndex && c.X[1].Op == ir.OpConst
}

func mentionsVar(e *ir.Expr, name string) bool {
	found := false
	e.Walk(func(x *ir.Expr) {
		found = found || x.Op == ir.OpIndex && slices.ContainsFunc(x.Ref.Index.Terms, func(t ir.Term) bool { return t.Var == name })
	})
	return found
}

// wideFrom is the number of terms from which a sum is accumulated in float64, and batchTerms what the batch, whose size is not
// known, counts as.
const (
	wideFrom   = 1024
	batchTerms = 32
)

// wide says whether a sum over axes of these extents has so many terms.
func wide(shape []int) bool {
	n := ir.Size(shape)
	if slices.Contains(shape, ir.Batch) {
		n *= batchTerms
	}
	return n > wideFrom
}

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
	case *ir.Window:
		if p.Adjoint {
			return d.lowerOverlap(n, p)
		}
	}
	var out []ir.Stmt
	for _, v := range n.Out {
		if !d.stored[v] {
			continue
		}
		idx := axes(v.Shape, 0)
		body := nest(loops(v.Shape, idx), &ir.Set{Dst: d.element(v, idx), E: d.compute(v, idx)})
		if !d.follows(n) {
			body = flatten(body)
		}
		out = append(out, body...)
	}
	return out
}

// follows says whether n computes an element from a sum or a maximum of the same paragraph that has the same place: in the
// loops of that one, it may be a variable on its way.
func (d *Draft) follows(n *ir.Node) bool {
	if _, ok := n.Prim.(*ir.Map); !ok {
		return false
	}
	return slices.ContainsFunc(n.In, func(v *ir.Value) bool {
		m := v.Def
		if m == nil || !d.stored[v] || d.calls[m] != nil || d.fn[m] != d.fn[n] || !sameLine(m, n) || !slices.Equal(v.Shape, n.Out[0].Shape) {
			return false
		}
		switch m.Prim.(type) {
		case *ir.Dot, *ir.Reduce:
			return true
		}
		return d.follows(m)
	})
}

func (d *Draft) lowerDot(n *ir.Node, p *ir.Dot) []ir.Stmt {
	v := n.Out[0]
	outIdx := axes(v.Shape, 0)
	f := d.contract(n, p, outIdx)
	f.Dst = d.element(v, outIdx)
	return nest(loops(v.Shape, outIdx), ofTerms(f))
}

// ofTerms is a sum, which of one term is that term.
func ofTerms(f *ir.Fold) ir.Stmt {
	if len(f.Loops) == 0 {
		return &ir.Set{Dst: f.Dst, Add: f.Add, E: f.E}
	}
	return f
}

// contract is the sum that an element of a contraction is.
func (d *Draft) contract(n *ir.Node, p *ir.Dot, outIdx []ir.Index) *ir.Fold {
	ext, v := p.Extents(n.In), n.Out[0]
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
	f := &ir.Fold{Loops: loops(summed, sumIdx), Wide: ir.Size(summed) > wideFrom && v.Size() == 1}
	f.E = guard(ir.Mul(d.read(n.In[0], indices(p.A)), d.read(n.In[1], indices(p.B))), 0, f.Loops)
	return f
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
	f := &ir.Fold{Max: p.Max, Loops: loops(goneShape, goneIdx), Wide: !p.Max && wide(goneShape)}
	neutral := 0.0
	if p.Max {
		neutral = math.Inf(-1)
	}
	f.E = guard(d.read(x, idx), neutral, f.Loops)
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
		part := nest(loops(x.Shape, idx), &ir.Set{Dst: d.element(n.Out[0], to), E: d.read(x, idx)})[0]
		if last := len(out) - 1; last >= 0 {
			if joined, ok := share(out[last], part); ok {
				out[last] = joined
				continue
			}
		}
		out = append(out, part)
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

// lowerOverlap sets all to zero and adds the windows. A product that only this reads is computed here, window by window.
func (d *Draft) lowerOverlap(n *ir.Node, p *ir.Window) []ir.Stmt {
	v, x := n.Out[0], n.In[0]
	zero := axes(v.Shape, 0)
	clear := flatten(nest(loops(v.Shape, zero), &ir.Set{Dst: d.element(v, zero), E: ir.C(0)}))
	idx := axes(x.Shape, 0)
	ls := loops(x.Shape, idx)
	place, inside := windowed(p, v.Shape, idx)
	to := d.element(v, place)
	if inside != nil {
		guard(ir.Select(inside, ir.A(0), ir.C(0)), 0, ls)
	}
	if x.Def != nil && !d.stored[reshaped(x)] && d.Bufs[x] == nil {
		if q, ok := x.Def.Prim.(*ir.Dot); ok {
			f := d.contract(x.Def, q, idx)
			f.Dst, f.Add = to, true
			return append(clear, nest(ls, ofTerms(f))...)
		}
	}
	return append(clear, nest(ls, &ir.Set{Dst: to, Add: true, E: d.read(x, idx)})...)
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

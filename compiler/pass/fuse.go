package pass

import (
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// Fuse decides which results are stored in a buffer. The others are read through: whoever reads one computes it. It
// comes after select, whose kernels read and write memory, and before phase, which orders what is stored.
//
// Read through are constants, broadcasts, random numbers, permutations, windows and parts of a split; an elementwise step or a
// pick with one reader that reads each of its elements once; and cheap elementwise steps over stored values.
func Fuse(d *Draft) {
	forced := map[*ir.Value]bool{} // must lie in memory
	for _, v := range d.Graph.Outs {
		forced[v] = true
	}
	for _, n := range d.Graph.Nodes {
		if p, ok := n.Prim.(*ir.Scan); ok { // a step looks into sequences and constants; a state is read once
			for _, v := range n.In[p.States:] {
				forced[v] = true
			}
		}
		if a := d.args[n]; a != nil {
			forced[a.a], forced[a.b], forced[a.bias], forced[a.mask] = true, true, true, true
		}
		if p, ok := n.Prim.(*ir.View); ok && p.Kind == ir.ViewReshape {
			forced[n.In[0]] = true
		}
		if p, ok := n.Prim.(*ir.Window); ok && !p.Adjoint { // overlapping windows show an element several times
			forced[n.In[0]] = true
		}
		if p, ok := n.Prim.(*ir.Gather); ok { // places are looked up, never computed
			forced[n.In[1]] = true
			if p.Scatter {
				forced[n.In[0]] = true
			}
		}
		if _, ok := n.Prim.(*ir.Assign); ok {
			forced[n.In[0]] = true
		}
		for _, v := range n.In { // what is prepared is there when it is read
			if v.Def != nil && d.fn[v.Def] != d.fn[n] && d.fn[v.Def] != nil && d.fn[v.Def].Name == FuncPrepare {
				forced[v] = true
			}
		}
	}
	for _, n := range d.Graph.Nodes {
		if d.inner[n] {
			continue
		}
		for _, v := range n.Out {
			if reshaped(v) != v && !d.wanted(v) {
				continue // shares its operand's memory
			}
			if len(d.users[v]) == 0 && !d.wanted(v) {
				continue // a result of several that nobody reads
			}
			if d.calls[n] != nil || forced[v] || !d.through(n, v) {
				d.stored[v] = true
			}
		}
	}
	d.inPlace()
	d.accumulate()
	for _, n := range d.Graph.Nodes {
		if d.bodies[n] != nil {
			Fuse(d.bodies[n])
		}
	}
	// A reshape shares memory, so what it is of lies in memory.
	for _, n := range d.Graph.Nodes {
		for _, v := range n.In {
			if w := reshaped(v); w != v && w.Def != nil && !d.inner[w.Def] {
				d.stored[w] = true
			}
		}
	}
}

// through says whether v, a result of n, can be computed by its readers.
func (d *Draft) through(n *ir.Node, v *ir.Value) bool {
	switch p := n.Prim.(type) {
	case *ir.Random:
		return true
	case *ir.View:
		return p.Kind == ir.ViewPermute || p.Kind == ir.ViewSplit
	case *ir.Gather:
		return !p.Scatter && d.readOnce(v)
	case *ir.Window:
		return !p.Adjoint
	case *ir.Dot: // a product whose windows are added up is added up as it is computed
		u := d.only(v)
		return u != nil && d.fn[u] == d.fn[n] && overlapAdds(u)
	case *ir.Map:
		if p.Copy == 0 && (p.E.Op == ir.OpArg || p.E.Op == ir.OpConst) {
			return true
		}
		return d.readOnce(v) || d.cheap(n, p)
	}
	return false
}

// readOnce: v has one reader, which reads each element of v at most once. An Assign reads what stands in a buffer or
// what it can compute, once.
func (d *Draft) readOnce(v *ir.Value) bool {
	u := d.only(v)
	if u == nil || d.calls[u] != nil || d.inner[u] {
		return false
	}
	switch q := u.Prim.(type) {
	case *ir.Map:
		if !v.Batched() && len(v.Shape) > 0 && u.Out[0].Batched() { // every row reads it
			return false
		}
		for k, x := range u.In {
			if x == v && (len(q.Axes[k]) < len(q.Shape) && ir.Size(q.Shape) != v.Size() || occurrences(q.E, k) > 1 && d.costly(v)) {
				return false
			}
		}
		// A float64 scalar of the update is computed once, not for each parameter; and a line of the source keeps its
		// paragraph.
		return v.Elem == u.Out[0].Elem && sameLine(v.Def, u)
	case *ir.Reduce:
		// What is summed over the batch to one number is computed with its row, by whoever has the row; what is summed to
		// many, by whoever has the sum.
		return !v.Batched() || !slices.Contains(q.Axes, 0) || onlyPorts(v.Def) || len(u.Out[0].Shape) > 0 && !d.costly(v)
	case *ir.Assign:
		return !d.readsAssigned(v.Def, u.In[0])
	case *ir.Gather:
		return !q.Scatter
	case *ir.Window:
		return q.Adjoint
	case *ir.View:
		return q.Kind == ir.ViewConcat && sameLine(v.Def, u)
	}
	return false
}

// occurrences counts how often an expression reads operand k.
func occurrences(e *ir.Expr, k int) int {
	n := 0
	e.Walk(func(x *ir.Expr) {
		if x.Op == ir.OpArg && x.N == k {
			n++
		}
	})
	return n
}

// costly says whether v is a function such as tanh of what is stored, or read through to one.
func (d *Draft) costly(v *ir.Value) bool {
	if v.Def == nil {
		return false
	}
	m, ok := v.Def.Prim.(*ir.Map)
	if !ok {
		return false
	}
	found := false
	m.E.Walk(func(e *ir.Expr) { found = found || transcendental(e.Op) })
	return found || slices.ContainsFunc(v.Def.In, func(w *ir.Value) bool { return !d.stored[w] && d.costly(w) })
}

// transcendental says whether an operation takes a function call of many multiplications.
func transcendental(op ir.Op) bool {
	switch op {
	case ir.OpExp, ir.OpLog, ir.OpTanh, ir.OpSigmoid, ir.OpSoftplus, ir.OpErf, ir.OpPow, ir.OpSin, ir.OpCos:
		return true
	}
	return false
}

func overlapAdds(n *ir.Node) bool {
	p, ok := n.Prim.(*ir.Window)
	return ok && p.Adjoint
}

// readsAssigned says whether n reads, itself or through what is read through, a value that an Assign to another state
// writes over: computed behind that, it would see the new one.
func (d *Draft) readsAssigned(n *ir.Node, state *ir.Value) bool {
	return slices.ContainsFunc(n.In, func(v *ir.Value) bool {
		w := reshaped(v)
		if w.Def != nil {
			return !d.stored[w] && d.readsAssigned(w.Def, state)
		}
		return w != state && slices.ContainsFunc(d.users[w], func(u *ir.Node) bool {
			_, ok := u.Prim.(*ir.Assign)
			return ok && u.In[0] == w
		})
	})
}

func sameLine(a, b *ir.Node) bool {
	return a.Src == nil || b.Src == nil || a.Src.Line == b.Src.Line
}

// onlyPorts says whether a node reads nothing but the caller's batch.
func onlyPorts(n *ir.Node) bool {
	return !slices.ContainsFunc(n.In, func(v *ir.Value) bool { return v.Kind != ir.Input })
}

// cheap: a single sum, difference or product of stored values that loops of the same function read.
func (d *Draft) cheap(n *ir.Node, p *ir.Map) bool {
	if len(p.E.X) == 0 || len(n.Out[0].Shape) == 0 {
		return false
	}
	switch p.E.Op {
	case ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpNeg:
	default:
		return false
	}
	if slices.ContainsFunc(p.E.X, func(x *ir.Expr) bool { return x.X != nil }) {
		return false
	}
	for _, v := range n.In {
		if w := reshaped(v); w.Def != nil && !d.stored[w] {
			return false
		}
	}
	for _, u := range d.users[n.Out[0]] {
		switch q := u.Prim.(type) {
		case *ir.Map, *ir.Reduce:
		case *ir.Gather:
			if q.Scatter {
				return false
			}
		default:
			return false
		}
		if d.fn[u] != d.fn[n] || d.calls[u] != nil || d.inner[u] {
			return false
		}
	}
	return true
}

// inPlace lets a state's next value be computed where the state lies, if all who read the old value have done so: the
// running mean of adam is one buffer, not two and a copy.
func (d *Draft) inPlace() {
	at := map[*ir.Node]int{}
	for i, n := range d.Graph.Nodes {
		at[n] = i
	}
	// last is the last step that reads v, itself or through what is read through.
	var last func(v *ir.Value) int
	last = func(v *ir.Value) int {
		i := -1
		for _, u := range d.users[v] {
			if _, ok := u.Prim.(*ir.Assign); ok && u.In[0] == v {
				continue
			}
			i = max(i, at[u])
			for _, o := range u.Out {
				if !d.stored[o] {
					i = max(i, last(o))
				}
			}
		}
		return i
	}
	for _, n := range d.Graph.Nodes {
		if _, ok := n.Prim.(*ir.Assign); !ok {
			continue
		}
		state, v := n.In[0], n.In[1]
		if v.Def == nil || !d.stored[v] || d.Bufs[v] != nil || d.slice([]*ir.Value{v}) || d.calls[v.Def] != nil || !slices.Equal(v.Shape, state.Shape) {
			continue
		}
		if m, ok := v.Def.Prim.(*ir.Map); !ok || !wholeReads(v.Def, m, state) || last(state) > at[v.Def] {
			continue
		}
		d.Bufs[v] = d.buf(state)
		d.inner[n] = true
	}
}

// accumulate lets what is added to a gradient be computed where the gradient lies: a product, and the penalty on top.
func (d *Draft) accumulate() {
	for _, n := range d.Graph.Nodes {
		m, ok := n.Prim.(*ir.Map)
		if !ok || !d.stored[n.Out[0]] || d.Bufs[n.Out[0]] == nil || d.Bufs[n.Out[0]].Store != ir.InGrad {
			continue
		}
		for _, v := range n.In {
			if v.Def != nil && d.fn[v.Def] == d.fn[n] && d.stored[v] && d.Bufs[v] == nil && d.only(v) == n && slices.Equal(v.Shape, m.Shape) && wholeReads(n, m, v) {
				d.Bufs[v] = d.Bufs[n.Out[0]]
				break
			}
		}
	}
}

// wholeReads says whether m reads x at the element that it computes, if it reads it.
func wholeReads(n *ir.Node, m *ir.Map, x *ir.Value) bool {
	for k, v := range n.In {
		if v == x && !wholeAxes(m.Axes[k], len(m.Shape)) {
			return false
		}
	}
	return true
}

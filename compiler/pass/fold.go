package pass

import (
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// Fold puts what stands behind a product into the product's weight, where the weights no longer change:
//
//	(x·W)·s + t  =  x·(W·s) + t
//
// where s and t, numbers a channel, depend on weights alone. A normalisation by running statistics behind a convolution or a
// dense layer costs nothing then but the bias it becomes (Jacob et al., Quantization and Training of Neural Networks for
// Efficient Integer-Arithmetic-Only Inference, 2018, section 3.2). It knows no operator: it sees a Dot, of which one operand
// is made of weights; behind it views and added windows, which do not mix channels; and behind these elementwise steps that
// are of the first degree in it and otherwise read weights. Each of them has the next as its only reader.
//
// It comes first, on graphs for prediction alone: all that follows sees another product, and Prepared finds the weights' own
// arithmetic. It gives what stands for a value from now on.
func Fold(g *ir.Graph) func(*ir.Value) *ir.Value {
	f := &folder{g: g, users: g.Users(), fixed: map[*ir.Value]bool{}, to: map[*ir.Value]*ir.Value{}}
	for _, v := range g.Leafs {
		f.fixed[v] = v.Param != nil
	}
	nodes := slices.Clone(g.Nodes)
	for _, n := range nodes {
		for _, v := range n.Out {
			f.fixed[v] = len(n.In) > 0 && !slices.ContainsFunc(n.In, func(v *ir.Value) bool { return !f.fixed[v] })
		}
	}
	for _, n := range nodes {
		if p, ok := n.Prim.(*ir.Dot); ok {
			f.product(n, p)
		}
	}
	if len(f.to) == 0 {
		return f.now
	}
	// Everybody reads what stands for an operand, and what was added stands before its readers.
	made := g.Nodes
	g.Nodes = nil
	placed := map[*ir.Node]bool{}
	var place func(n *ir.Node)
	place = func(n *ir.Node) {
		if placed[n] {
			return
		}
		placed[n] = true
		for i, v := range n.In {
			n.In[i] = f.now(v)
			if d := n.In[i].Def; d != nil {
				place(d)
			}
		}
		g.Nodes = append(g.Nodes, n)
	}
	for _, n := range made {
		place(n)
	}
	for i, v := range g.Outs {
		g.Outs[i] = f.now(v)
	}
	return f.now
}

// folder is a graph while products are folded.
type folder struct {
	g     *ir.Graph
	users map[*ir.Value][]*ir.Node // before anything was added
	fixed map[*ir.Value]bool       // made of weights alone
	to    map[*ir.Value]*ir.Value
}

func (f *folder) now(v *ir.Value) *ir.Value {
	if w := f.to[v]; w != nil {
		return w
	}
	return v
}

// only is the single reader of v, or nil where there are several or one outside the graph.
func (f *folder) only(v *ir.Value) *ir.Node {
	if u := f.users[v]; len(u) == 1 && !slices.Contains(f.g.Outs, v) {
		return u[0]
	}
	return nil
}

// linear is a·s + t, both expressions over operands: s and t of what the steps behind a product make of its element a.
type linear struct {
	s, t     *ir.Expr
	operands []ir.At
}

// product folds what stands behind one product.
func (f *folder) product(n *ir.Node, p *ir.Dot) {
	weight := slices.IndexFunc(n.In, func(v *ir.Value) bool { return f.fixed[v] })
	v := n.Out[0]
	if weight < 0 || f.fixed[v] {
		return
	}
	// The views behind it, and what is computed of their result.
	var views []*ir.Node
	u := f.only(v)
	for ; u != nil && movesOnly(u); u = f.only(v) {
		views, v = append(views, u), u.Out[0]
	}
	all := linear{s: ir.C(1), t: ir.C(0)}
	last := v
	for ; u != nil; u = f.only(last) {
		next, ok := f.step(u, last, all)
		if !ok {
			break
		}
		all, last = next, u.Out[0]
	}
	if last == v || all.s.IsConst(1) {
		return
	}

	// The factor, along its axes, is traced back to the product's labels.
	g := f.g
	src, back := g.Src, g.Back
	defer func() { g.Src, g.Back = src, back }()
	g.Src = folding(last.Def.Src)
	factor, along := all.value(g, all.s, v.Shape)
	for _, w := range slices.Backward(views) {
		var ok bool
		if factor, along, ok = through(g, w, factor, along); !ok {
			return
		}
	}
	labels := []string{p.A, p.B}[weight]
	places := make([]int, len(along))
	for i, a := range along {
		if places[i] = strings.IndexByte(labels, p.Out[a]); places[i] < 0 {
			return // it is the other operand's own
		}
	}
	w := n.In[weight]
	folded := g.Map(w.Shape, ir.Mul(ir.A(0), ir.A(1)), ir.Whole(w), ir.Along(factor, places...))
	if of := reshaped(w); folded.Name == "" && of.Name != "" {
		folded.Name = of.Name + ".folded"
	}
	shift, shiftAlong := all.value(g, all.t, v.Shape)
	if shift.Def != nil && shift.Name == "" && last.Def.Src != nil {
		shift.Name = last.Def.Src.Name + ".shift"
	}

	in := []*ir.Value{f.now(n.In[0]), f.now(n.In[1])}
	in[weight] = folded
	g.Src = n.Src
	y := g.Add(p, in...)[0]
	for _, w := range views {
		g.Src = w.Src
		y = g.Add(w.Prim, y)[0]
	}
	g.Src = last.Def.Src
	if !all.t.IsConst(0) {
		y = g.Map(v.Shape, ir.Add(ir.A(0), ir.A(1)), ir.Whole(y), ir.Along(shift, shiftAlong...))
	}
	y.Name, y.LogOf, y.Log1mOf, y.IsLog, y.Stop, y.NoSlope = last.Name, last.LogOf, last.Log1mOf, last.IsLog, last.Stop, last.NoSlope
	f.to[last] = y
}

// folding is the place in the source of what is computed of the weights once.
func folding(src *ir.Src) *ir.Src {
	if src == nil {
		return nil
	}
	s := *src
	s.Formula, s.Gradient = "folded into the weights before it: (x·W)·s + t = x·(W·s) + t", ""
	return &s
}

// movesOnly says whether n moves or adds up elements without mixing what scales them: reshapes, permutations, added windows.
func movesOnly(n *ir.Node) bool {
	switch p := n.Prim.(type) {
	case *ir.View:
		return p.Kind == ir.ViewReshape || p.Kind == ir.ViewPermute
	case *ir.Window:
		return p.Adjoint
	}
	return false
}

// through traces a factor along axes of n's result back to n's operand: its axes there, and the factor in their shape.
func through(g *ir.Graph, n *ir.Node, factor *ir.Value, along []int) (*ir.Value, []int, bool) {
	from, to := n.In[0].Shape, n.Out[0].Shape
	switch p := n.Prim.(type) {
	case *ir.Window:
		for _, a := range along {
			if slices.ContainsFunc(p.Wins, func(w ir.Win) bool { return w.Axis == a }) {
				return nil, nil, false
			}
		}
		return factor, along, true
	case *ir.View:
		if p.Kind == ir.ViewPermute {
			back := make([]int, len(along))
			for i, a := range along {
				back[i] = p.Perm[a]
			}
			return factor, back, true
		}
		var back, shape []int
		for _, a := range along {
			first, last, ok := spread(from, to, a)
			if !ok {
				return nil, nil, false
			}
			for b := first; b < last; b++ {
				back, shape = append(back, b), append(shape, from[b])
			}
		}
		return g.Reshape(factor, shape...), back, true
	}
	panic("pass: " + n.Prim.String() + " is no view")
}

// spread gives the axes [first, last) of from that a reshape to the shape to makes its axis a of.
func spread(from, to []int, a int) (first, last int, ok bool) {
	before := ir.Size(to[:a])
	for first = 0; first < len(from) && (from[first] == ir.Batch || ir.Size(from[:first]) < before); first++ {
	}
	if ir.Size(from[:first]) != before {
		return 0, 0, false
	}
	for last = first; last < len(from) && ir.Size(from[first:last]) < to[a]; last++ {
	}
	return first, last, ir.Size(from[first:last]) == to[a]
}

// step composes what Map u makes of v with what was made before, where that is of the first degree in v and reads otherwise
// weights alone.
func (f *folder) step(u *ir.Node, v *ir.Value, before linear) (linear, bool) {
	m, ok := u.Prim.(*ir.Map)
	if !ok || !slices.Equal(m.Shape, v.Shape) {
		return linear{}, false
	}
	at := slices.Index(u.In, v)
	if !wholeAxes(m.Axes[at], len(m.Shape)) {
		return linear{}, false
	}
	next := linear{operands: slices.Clone(before.operands)}
	to := make([]int, len(u.In))
	for k, w := range u.In {
		if k == at {
			continue
		}
		if !f.fixed[w] || w.Elem != ir.Float {
			return linear{}, false
		}
		to[k] = len(next.operands)
		next.operands = append(next.operands, ir.At{V: w, Axes: m.Axes[k]})
	}
	s, t, ok := firstDegree(m.E, at)
	if !ok {
		return linear{}, false
	}
	renamed := func(e *ir.Expr) *ir.Expr {
		return e.Rewrite(func(x *ir.Expr) *ir.Expr {
			if x.Op == ir.OpArg {
				return ir.A(to[x.N])
			}
			return nil
		})
	}
	s, t = renamed(s), renamed(t)
	next.s, next.t = ir.Mul(s, before.s), ir.Add(ir.Mul(s, before.t), t)
	return next, true
}

// firstDegree writes e as a·s + t, a being operand k, which neither s nor t reads. Neither depends on a place or on the rows
// of the batch.
func firstDegree(e *ir.Expr, k int) (s, t *ir.Expr, ok bool) {
	has, free := false, true
	e.Walk(func(x *ir.Expr) {
		has = has || x.Op == ir.OpArg && x.N == k
		free = free && x.Op != ir.OpIndex && x.Op != ir.OpRows && x.Op != ir.OpSelect
	})
	switch {
	case !free:
		return nil, nil, false
	case !has:
		return ir.C(0), e, true
	case e.Op == ir.OpArg:
		return ir.C(1), ir.C(0), true
	}
	switch e.Op {
	case ir.OpNeg:
		s, t, ok = firstDegree(e.X[0], k)
		if !ok {
			return nil, nil, false
		}
		return ir.Neg(s), ir.Neg(t), true
	case ir.OpAdd, ir.OpSub, ir.OpMul, ir.OpDiv:
	default:
		return nil, nil, false
	}
	sx, tx, okX := firstDegree(e.X[0], k)
	sy, ty, okY := firstDegree(e.X[1], k)
	if !okX || !okY {
		return nil, nil, false
	}
	switch {
	case e.Op == ir.OpAdd || e.Op == ir.OpSub:
		return ir.E(e.Op, sx, sy), ir.E(e.Op, tx, ty), true
	case sy.IsConst(0):
		return ir.E(e.Op, sx, ty), ir.E(e.Op, tx, ty), true
	case e.Op == ir.OpMul && sx.IsConst(0):
		return ir.Mul(tx, sy), ir.Mul(tx, ty), true
	}
	return nil, nil, false // its square, or something divided by it
}

// value computes e, the factor or the shift, along the axes of shape that its operands have.
func (l linear) value(g *ir.Graph, e *ir.Expr, shape []int) (v *ir.Value, along []int) {
	e.Walk(func(x *ir.Expr) {
		if x.Op == ir.OpArg {
			for _, a := range l.operands[x.N].Axes {
				if !slices.Contains(along, a) {
					along = append(along, a)
				}
			}
		}
	})
	slices.Sort(along)
	extents := make([]int, len(along))
	for i, a := range along {
		extents[i] = shape[a]
	}
	in := make([]ir.At, len(l.operands))
	for k, o := range l.operands {
		axes := make([]int, len(o.Axes))
		for j, a := range o.Axes {
			axes[j] = slices.Index(along, a)
		}
		in[k] = ir.At{V: o.V, Axes: axes}
	}
	return g.Map(extents, e, in...), along
}

// Prepared finds the nodes that compute of weights alone: what they make stays the same as long as the weights do. What only
// moves weights is none of them: it is read where they are.
func Prepared(g *ir.Graph) map[*ir.Node]bool {
	fixed, prepared := map[*ir.Value]bool{}, map[*ir.Node]bool{}
	for _, v := range g.Leafs {
		fixed[v] = v.Param != nil
	}
	for _, n := range g.Nodes {
		if len(n.In) == 0 || slices.ContainsFunc(n.In, func(v *ir.Value) bool { return !fixed[v] }) {
			continue
		}
		for _, v := range n.Out {
			fixed[v] = true
		}
		_, moves := n.Prim.(*ir.View)
		if m, ok := n.Prim.(*ir.Map); ok && m.E.Op == ir.OpArg && m.Copy == 0 {
			moves = true
		}
		prepared[n] = !moves || slices.ContainsFunc(n.In, func(v *ir.Value) bool { return v.Def != nil && prepared[v.Def] })
	}
	return prepared
}

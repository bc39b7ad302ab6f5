package pass

import (
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// A loop over time, an ir.Scan, is a draft within a draft: its body goes through select, fuse and the plain lowering as the
// whole does, and becomes the steps of an ir.TimeLoop. What it shares with the outside needs no copies: a constant is
// the outer value itself, a slice of a sequence an element further in, and a result is computed where it is stacked. The
// states have buffers of their own, for the rows at hand, in which kernels find them whole.

// body is what a draft of a loop's body knows of the outside.
type body struct {
	of     *Draft
	scan   *ir.Scan
	outer  map[*ir.Value]*ir.Value // a leaf that is the same at every step, to the outer value
	slices map[*ir.Value]*ir.Value // what is of one step: a leaf of a sequence, a result, to the outer value stacked
	loaded []*ir.Value             // leafs of sequences that are copied to buffers of their own first
	from   map[*ir.Value]*ir.Value // those, to the outer value stacked
}

// body drafts the body of a loop.
func (d *Draft) body(n *ir.Node, p *ir.Scan) *Draft {
	t := &body{of: d, scan: p, outer: map[*ir.Value]*ir.Value{}, slices: map[*ir.Value]*ir.Value{}, from: map[*ir.Value]*ir.Value{}}
	g := p.Body.Extend()
	whole := inOnePiece(g)
	bufs := map[*ir.Value]*ir.Buf{}
	own := func(v, name *ir.Value) {
		bufs[v] = &ir.Buf{Name: d.unique(goName(name)), Shape: v.Row(), Batched: v.Batched(), Elem: v.Elem, Store: ir.InArena, Value: v}
	}
	for i, v := range p.In {
		switch {
		case i < p.States && p.Body.Outs[i].Name != "": // in the loop it is the newest one
			own(v, p.Body.Outs[i])
		case i < p.States:
			own(v, v)
		case i >= p.States+p.Sequences:
			t.outer[v] = n.In[i]
		case whole[v]:
			own(v, v)
			t.loaded, t.from[v] = append(t.loaded, v), n.In[i]
		default:
			t.slices[v] = n.In[i]
		}
	}
	t.settle(g, n, whole)
	b := NewDraft(g, []*DraftFunc{{Name: "time", Nodes: g.Nodes}}, bufs, d.names)
	b.time = t
	return b
}

// inOnePiece finds the values that something wants whole in memory: an operand of a product, which a kernel may compute, and of
// what shares memory.
func inOnePiece(g *ir.Graph) map[*ir.Value]bool {
	whole := map[*ir.Value]bool{}
	for _, n := range g.Nodes {
		p, view := n.Prim.(*ir.View)
		_, product := n.Prim.(*ir.Dot)
		if product || view && p.Kind == ir.ViewReshape {
			for _, v := range n.In {
				whole[v] = true
			}
		}
	}
	return whole
}

// settle gives every result a value of its own that can be computed where it is stacked, and every state its Assign.
func (t *body) settle(g *ir.Graph, n *ir.Node, whole map[*ir.Value]bool) {
	p := t.scan
	copies := 0
	copied := func(v *ir.Value) *ir.Value {
		copies++
		g.Src, g.Back = n.Src, n.Back
		if v.Def != nil {
			g.Src, g.Back = v.Def.Src, v.Def.Back
		}
		c := g.Copy(v, copies)
		c.Name, c.GradOf = v.Name, v.GradOf
		if last := len(g.Nodes) - 1; v.Def == nil { // first, while a state is what it was
			g.Nodes = slices.Insert(g.Nodes[:last], 0, g.Nodes[last])
		}
		return c
	}
	for j, v := range p.Results() {
		if _, product := dotOf(v); v.Def == nil || whole[v] || product || t.slices[v] != nil || reshaped(v) != v {
			v = copied(v)
		}
		g.Outs[p.States+j] = v
		t.slices[v] = n.Out[j]
	}
	for i := range p.States {
		if v := g.Outs[i]; v.Def == nil && v != p.In[i] {
			g.Outs[i] = copied(v)
		}
	}
	g.Src, g.Back = n.Src, n.Back
	for i := range p.States {
		if v := g.Outs[i]; v != p.In[i] {
			g.Add(&ir.Assign{}, p.In[i], v)
		}
	}
}

// slice says whether one of vs is of one step of a sequence: not in one piece.
func (d *Draft) slice(vs []*ir.Value) bool {
	return d.time != nil && slices.ContainsFunc(vs, func(v *ir.Value) bool { return d.time.slices[v] != nil })
}

// home is the buffer in which an element of v lies: its own, or that of the sequence it is a slice of.
func (d *Draft) home(v *ir.Value) *ir.Buf {
	if d.time != nil && d.time.slices[v] != nil {
		return d.time.of.buf(d.time.slices[v])
	}
	return d.buf(v)
}

// start gives the steps that set the states of a loop to what they are at first.
func (d *Draft) start(n *ir.Node) []*ir.Step {
	p, b := n.Prim.(*ir.Scan), d.bodies[n]
	var steps []*ir.Step
	for i := range p.States {
		v := p.In[i]
		idx := axes(v.Shape, 0)
		steps = append(steps, b.setLeaf(n, v, d.read(n.In[i], idx), idx))
	}
	return steps
}

// setLeaf is the step that fills the buffer of a leaf of the body.
func (d *Draft) setLeaf(n *ir.Node, v *ir.Value, e *ir.Expr, idx []ir.Index) *ir.Step {
	s := &ir.Step{Back: n.Back, Buf: d.buf(v)}
	if n.Src != nil {
		s.Line = n.Src.Line
	}
	s.Body = flatten(nest(loops(v.Shape, idx), &ir.Set{Dst: d.element(v, idx), E: e}))
	return s
}

// loop is the loop over time.
func (d *Draft) loop(n *ir.Node) *ir.TimeLoop {
	p, b := n.Prim.(*ir.Scan), d.bodies[n]
	var steps []*ir.Step
	for _, v := range b.time.loaded {
		idx := axes(v.Shape, 0)
		at := slices.Insert(slices.Clone(idx), p.Stacked(len(idx)), variable(ir.Time))
		steps = append(steps, b.setLeaf(n, v, reference(d.element(b.time.from[v], at)), idx))
	}
	var nodes []*ir.Node
	for _, m := range b.Graph.Nodes {
		if b.steps(m) {
			nodes = append(nodes, m)
		}
	}
	steps = append(steps, b.inOrder(nodes, map[*ir.Src]bool{n.Src: true})...)
	return &ir.TimeLoop{Var: ir.Time, T: p.T, Reverse: p.Reverse, Steps: steps}
}

package ir

import (
	"fmt"
	"slices"
)

// Scan runs Body once for each of the T places along Axis, from the first to the last, or with Reverse from the last to
// the first. Its operands are first states, then sequences, then constants. At step t the body sees the states as they are,
// of each sequence the slice at t, which lacks the axis, and the constants; it gives the next states and results. The
// node's values are the results stacked along the axis, in the order of the input whichever way it runs.
//
// What has fewer axes than Axis is stacked along its last.
type Scan struct {
	Body              *Graph   // its Outs are the next states, and behind them the results
	In                []*Value // the body's leafs, in the order of the operands
	States, Sequences int
	Axis, T           int
	Reverse           bool
}

// Scan adds a loop along an axis of the sequences. body is given the body's graph and leafs, and gives the next states
// and the results; the stacked results are returned.
func (g *Graph) Scan(axis int, reverse bool, states, sequences, constants []*Value, body func(b *Graph, s, x, c []*Value) (next, results []*Value)) []*Value {
	p := &Scan{Body: g.body(), States: len(states), Sequences: len(sequences), Axis: axis, T: sequences[0].Shape[axis], Reverse: reverse}
	whole := func(v *Value) []int { return v.Shape }
	s := p.Body.leafs(State, states, whole, &p.In)
	x := p.Body.leafs(Input, sequences, func(v *Value) []int { return p.slice(v.Shape) }, &p.In)
	c := p.Body.leafs(Input, constants, whole, &p.In)
	next, results := body(p.Body, s, x, c)
	p.Body.Outs = slices.Concat(next, results)
	return g.Add(p, slices.Concat(states, sequences, constants)...)
}

// Stacked is the axis along which slices of so many axes are stacked.
func (p *Scan) Stacked(rank int) int { return min(p.Axis, rank) }

// slice is the shape of a step of a stacked shape, stack the other way round.
func (p *Scan) slice(shape []int) []int {
	a := p.Stacked(len(shape) - 1)
	return slices.Delete(slices.Clone(shape), a, a+1)
}

func (p *Scan) stack(shape []int) []int {
	return slices.Insert(slices.Clone(shape), p.Stacked(len(shape)), p.T)
}

// Results are the body's values that are stacked.
func (p *Scan) Results() []*Value { return p.Body.Outs[p.States:] }

func (p *Scan) String() string {
	way := "forward"
	if p.Reverse {
		way = "backward"
	}
	return fmt.Sprintf("%s over axis %d, %d steps, %d states, %d sequences %s", way, p.Axis, p.T, p.States, p.Sequences, bodyText(p.Body))
}

// Infer implements Prim.
func (p *Scan) Infer(in []*Value) []Type {
	assert(len(in) == len(p.In) && p.Sequences > 0 && p.Axis > 0, "scan: %d operands, not %d", len(in), len(p.In))
	for i, v := range in {
		want := p.In[i].Shape
		if i >= p.States && i < p.States+p.Sequences {
			want = p.stack(want)
		}
		assert(slices.Equal(v.Shape, want) && v.Elem == p.In[i].Elem, "scan: operand %d is %v, not %v", i, v.Shape, want)
	}
	for i := range p.States {
		assert(slices.Equal(p.Body.Outs[i].Shape, p.In[i].Shape), "scan: state %d is %v, its next %v", i, p.In[i].Shape, p.Body.Outs[i].Shape)
	}
	var t []Type
	for _, v := range p.Results() {
		t = append(t, Type{p.stack(v.Shape), v.Elem})
	}
	return t
}

// VJP implements Prim: a Scan the other way round, whose body is the derivative of the body. Its states are the gradients of
// the states, zero at first; its sequences those of the results, and the forward values that it reads, which the
// forward Scan then gives as further results. The gradient of a constant is not carried along: its parts leave the
// loop and are contracted or summed over all steps at once.
func (p *Scan) VJP(g *Graph, n *Node, dOut []*Value, need []bool) []*Value {
	v := &scanVJP{p: p, g: g, n: n, b: p.Body.Extend(), forward: len(p.Body.Nodes), made: map[*Value]bool{}, given: map[*Value]*Value{}}
	return v.build(dOut, need)
}

// scanVJP is the state of one VJP.
type scanVJP struct {
	p       *Scan
	g       *Graph
	n       *Node
	b       *Graph // the body with its derivative behind it
	forward int    // nodes of b that are the body's own

	made    map[*Value]bool   // what the derivative computes, at each step
	given   map[*Value]*Value // leafs of the derivative: the gradient of a result at t, to the whole sequence
	carried []*Value          // leafs of the derivative: the gradients of the states
	results []*Value          // of the derivative's body, to be stacked
	out     []*Value          // the stacked ones, once the Scan is there
}

func (v *scanVJP) build(dOut []*Value, need []bool) []*Value {
	p, b := v.p, v.b
	from := map[*Value]*Value{}
	add := func(o, d *Value) {
		if from[o] != nil {
			d = b.Sum(from[o], d)
		}
		from[o] = d
	}
	b.Back = true
	for i := range p.States {
		d := b.Leaf(State, "", Float, p.In[i].Shape...)
		d.GradOf = p.In[i]
		v.carried = append(v.carried, d)
		add(p.Body.Outs[i], d)
	}
	var slicesOf []*Value
	for j, o := range p.Results() {
		if j < len(dOut) && dOut[j] != nil {
			d := b.Leaf(Input, "", Float, o.Shape...)
			d.GradOf = o
			v.given[d] = dOut[j]
			slicesOf = append(slicesOf, d)
			add(o, d)
		}
	}
	var wrt []*Value
	for i, x := range p.In {
		if i < p.States || need[i] {
			wrt = append(wrt, x)
		}
	}
	grads := b.Gradients(from, wrt...)
	for _, m := range b.Nodes[v.forward:] {
		for _, o := range m.Out {
			v.made[o] = true
		}
	}

	var next []*Value
	for i := range p.States {
		d := grads[p.In[i]]
		if d == nil {
			d = b.Const(0, p.In[i].Shape...)
			v.made[d] = true
		}
		next = append(next, d)
	}
	gradient := make([]func() *Value, len(p.In)) // to be called once the derivative's Scan is there
	for i, x := range p.In {
		d := grads[x]
		switch {
		case d == nil || !need[i]:
		case i < p.States: // what it was at the step that ran first
			at := v.outer(d)
			gradient[i] = func() *Value { return v.first(at(), x.Shape) }
		case i < p.States+p.Sequences:
			gradient[i] = v.outer(d)
		default:
			gradient[i] = v.total(d)
		}
	}
	if !slices.ContainsFunc(gradient, func(f func() *Value) bool { return f != nil }) {
		return make([]*Value, len(p.In))
	}
	v.scan(next, slicesOf)
	out := make([]*Value, len(p.In))
	for i, f := range gradient {
		if f != nil {
			out[i] = f()
		}
	}
	return out
}

// scan adds the derivative's Scan.
func (v *scanVJP) scan(next, given []*Value) {
	p := v.p
	r := v.g.body()
	r.Back = true
	q := &Scan{Body: r, States: p.States, Axis: p.Axis, T: p.T, Reverse: !p.Reverse}
	to := map[*Value]*Value{}
	leaf := func(k Kind, x *Value) {
		l := r.Leaf(k, x.Name, x.Elem, x.Shape...)
		l.GradOf = x.GradOf
		to[x] = l
		q.In = append(q.In, l)
	}

	// What the derivative's nodes read, after those that nobody needs are gone.
	outs := slices.Concat(next, v.results)
	live := map[*Value]bool{}
	for _, o := range outs {
		live[o] = true
	}
	var nodes []*Node
	for _, m := range slices.Backward(v.b.Nodes) {
		own := v.made[m.Out[0]] || len(m.In) == 0 // a constant is made anew
		if !own || !slices.ContainsFunc(m.Out, func(o *Value) bool { return live[o] }) {
			continue
		}
		nodes = append(nodes, m)
		for _, x := range m.In {
			live[x] = true
		}
	}
	slices.Reverse(nodes)
	makes := map[*Value]bool{}
	for _, m := range nodes {
		for _, o := range m.Out {
			makes[o] = true
		}
	}
	var states, sequences, constants []*Value
	for _, d := range v.carried {
		leaf(State, d)
		states = append(states, v.g.Const(0, d.Shape...))
	}
	for _, d := range given {
		leaf(Input, d)
		sequences = append(sequences, v.given[d])
	}
	read := slices.Clone(outs)
	for _, m := range nodes {
		read = append(read, m.In...)
	}
	var fixed []*Value
	for _, x := range read {
		if to[x] != nil || makes[x] || slices.Contains(fixed, x) {
			continue
		}
		if v.constant(x) {
			fixed = append(fixed, x)
			continue
		}
		leaf(Input, x)
		sequences = append(sequences, v.saved(x))
	}
	for _, x := range fixed {
		leaf(Input, x)
		constants = append(constants, v.saved(x))
	}
	r.transplant(nodes, to)
	for _, o := range outs {
		r.Outs = append(r.Outs, to[o])
	}
	q.Sequences = len(sequences)
	v.out = v.g.Add(q, slices.Concat(states, sequences, constants)...)
}

// constant says whether x is one of the body's leafs that are the same at every step.
func (v *scanVJP) constant(x *Value) bool {
	return slices.Contains(v.p.In[v.p.States+v.p.Sequences:], x)
}

// saved gives the forward value x for all steps: a sequence or a constant as it is, anything else as a result of the forward
// Scan, which gets it where it has not.
func (v *scanVJP) saved(x *Value) *Value {
	p, n := v.p, v.n
	if i := slices.Index(p.In, x); i >= p.States {
		return n.In[i]
	}
	i := slices.Index(p.Results(), x)
	if i < 0 {
		i = len(n.Out)
		p.Body.Outs = append(p.Body.Outs, x)
		o := v.g.value(Type{p.stack(x.Shape), x.Elem})
		o.Def, o.Index, o.Name, o.Stop = n, i, x.Name, x.Stop
		n.Out = append(n.Out, o)
	}
	return n.Out[i]
}

// outer gives a value of the derivative's body for all steps, once the Scan is there.
func (v *scanVJP) outer(d *Value) func() *Value {
	if w := v.given[d]; w != nil {
		return func() *Value { return w }
	}
	if !v.made[d] && !slices.Contains(v.carried, d) {
		w := v.saved(d)
		return func() *Value { return w }
	}
	i := slices.Index(v.results, d)
	if i < 0 {
		i = len(v.results)
		v.results = append(v.results, d)
	}
	return func() *Value { return v.out[i] }
}

// first is the slice of a stacked value at the step that ran first.
func (v *scanVJP) first(all *Value, shape []int) *Value {
	if v.p.T == 1 {
		return v.g.Reshape(all, shape...)
	}
	k, sizes := 0, []int{1, v.p.T - 1}
	if v.p.Reverse {
		k, sizes = 1, []int{v.p.T - 1, 1}
	}
	return v.g.Reshape(v.g.Split(all, v.p.Stacked(len(shape)), sizes...)[k], shape...)
}

// total gives the sum over all steps of a value of the derivative's body. What is linear in such a value leaves the loop:
// a contraction is one over all steps, a sum one over the steps too.
func (v *scanVJP) total(d *Value) func() *Value {
	if m := d.Def; m != nil && v.made[d] {
		switch q := m.Prim.(type) {
		case *Dot:
			a, c := m.In[0], m.In[1]
			if v.constant(a) || v.constant(c) {
				break
			}
			x, y := v.outer(a), v.outer(c)
			along := func(labels string) string {
				k := v.p.Stacked(len(labels))
				return labels[:k] + "T" + labels[k:]
			}
			return func() *Value { return v.g.Dot(along(q.A)+","+along(q.B)+"->"+q.Out, x(), y()) }
		case *Reduce:
			if q.Max || v.constant(m.In[0]) {
				break
			}
			x, axis := v.outer(m.In[0]), v.p.Stacked(len(m.In[0].Shape))
			axes := []int{axis}
			for _, a := range q.Axes {
				if a >= axis {
					a++
				}
				axes = append(axes, a)
			}
			slices.Sort(axes)
			return func() *Value { return v.g.ReduceSum(x(), axes...) }
		case *View:
			if len(m.In) > 1 || len(m.Out) > 1 {
				break
			}
			x := v.total(m.In[0])
			return func() *Value { return v.g.Add(q, x())[0] }
		case *Map:
			if linear(q) {
				var x []func() *Value
				for _, o := range m.In {
					x = append(x, v.total(o))
				}
				return func() *Value {
					in := make([]At, len(x))
					for i, f := range x {
						in[i] = At{f(), q.Axes[i]}
					}
					return v.g.Map(q.Shape, q.E, in...)
				}
			}
		}
	}
	if v.constant(d) { // the same at every step
		w, steps := v.saved(d), float64(v.p.T)
		return func() *Value { return v.g.Each(Mul(C(steps), A(0)), w) }
	}
	x, axis := v.outer(d), v.p.Stacked(len(d.Shape))
	return func() *Value { return v.g.ReduceSum(x(), axis) }
}

// linear says whether a Map adds, negates or scales its operands, so that it may as well be done behind a sum.
func linear(m *Map) bool {
	var is func(e *Expr) bool
	is = func(e *Expr) bool {
		switch e.Op {
		case OpArg:
			return true
		case OpAdd, OpSub:
			return is(e.X[0]) && is(e.X[1])
		case OpNeg:
			return is(e.X[0])
		case OpMul:
			return e.X[0].Op == OpConst && is(e.X[1])
		case OpDiv:
			return e.X[1].Op == OpConst && is(e.X[0])
		}
		return false
	}
	return len(m.Axes) > 0 && is(m.E)
}

package ir

import (
	"maps"
	"slices"
)

// A body is a graph of its own inside a node: what a Scan does at each step, what a Call computes. It reads nothing but
// its leafs.

// body starts a body of g's nodes: its values are numbered on with g's.
func (g *Graph) body() *Graph {
	b := NewGraph()
	b.ids, b.Src, b.Back, b.inner = g.ids, g.Src, g.Back, true
	return b
}

// Extend is a copy of a body that nodes can be appended to; the body itself stays as it is.
func (g *Graph) Extend() *Graph {
	b := g.body()
	b.Nodes, b.Leafs, b.Outs, b.same = slices.Clone(g.Nodes), slices.Clone(g.Leafs), slices.Clone(g.Outs), maps.Clone(g.same)
	return b
}

// leafs adds a leaf of a kind for each of outer, named after it, and appends them to list too.
func (g *Graph) leafs(k Kind, outer []*Value, shape func(*Value) []int, list *[]*Value) []*Value {
	var out []*Value
	for _, v := range outer {
		l := g.Leaf(k, "", v.Elem, shape(v)...)
		l.Name = v.Name
		out = append(out, l)
	}
	*list = append(*list, out...)
	return out
}

// transplant copies nodes, in order, from a graph into another. to maps values of the one to values of the other: those that
// the nodes read and do not make must be there already, and what they make is added.
func (g *Graph) transplant(nodes []*Node, to map[*Value]*Value) {
	src, back := g.Src, g.Back
	defer func() { g.Src, g.Back = src, back }()
	for _, n := range nodes {
		in := make([]*Value, len(n.In))
		for i, v := range n.In {
			in[i] = to[v]
			assert(in[i] != nil, "%s: %q is not there to be read", n.Prim, v.Name)
		}
		g.Src, g.Back = n.Src, n.Back
		for i, o := range g.Add(n.Prim, in...) {
			v := n.Out[i]
			to[v] = o
			if o.Name == "" && o.GradOf == nil {
				o.Name, o.GradOf = v.Name, v.GradOf
			}
			o.Stop, o.NoSlope = v.Stop, v.NoSlope
		}
	}
}

// Inline puts the bodies of the Calls that which chooses in their place, in bodies too. Equal nodes become one again, and with
// them those that read of equal Calls; a result of theirs that is wanted outside becomes a copy, which keeps its place. It
// gives what stands for a value from now on.
func (g *Graph) Inline(which func(*Call) bool) func(*Value) *Value {
	nodes := g.Nodes
	g.Nodes, g.same = nil, map[string]*Node{}
	to := map[*Value]*Value{}
	now := func(v *Value) *Value {
		if w := to[v]; w != nil {
			return w
		}
		return v
	}
	for _, n := range nodes {
		for i, v := range n.In {
			n.In[i] = now(v)
		}
		switch p := n.Prim.(type) {
		case *Scan:
			p.Body.Inline(which)
		case *Call:
			p.Body.Inline(which)
			if !which(p) {
				break
			}
			in := map[*Value]*Value{}
			for i, l := range p.In {
				in[l] = n.In[i]
			}
			g.transplant(p.Body.Nodes, in)
			for i, o := range p.Body.Outs {
				to[n.Out[i]] = in[o]
				if v := in[o]; v.Name == "" && v.GradOf == nil {
					v.Name, v.GradOf = n.Out[i].Name, n.Out[i].GradOf
				}
			}
			continue
		}
		if Unique(n.Prim) {
			g.Nodes = append(g.Nodes, n)
			continue
		}
		key := n.key()
		equal := g.same[key]
		if equal == nil {
			g.Nodes, g.same[key] = append(g.Nodes, n), n
			continue
		}
		for i, v := range n.Out {
			if !g.inner && slices.Contains(g.Outs, v) {
				g.copyTo(v, equal.Out[i], n)
			} else {
				to[v] = equal.Out[i]
			}
		}
	}
	for i, v := range g.Outs {
		g.Outs[i] = now(v)
	}
	for state, v := range g.current {
		g.current[state] = now(v)
	}
	return now
}

// copyTo appends a node that copies from into v, in place of the node that made v until now.
func (g *Graph) copyTo(v, from *Value, was *Node) {
	m := copying(v.Shape, 1)
	n := &Node{Prim: m, In: []*Value{from}, Out: []*Value{v}, Src: was.Src, Back: was.Back}
	for g.same[n.key()] != nil {
		m.Copy++
	}
	v.Def, v.Index = n, 0
	g.Nodes, g.same[n.key()] = append(g.Nodes, n), n
}

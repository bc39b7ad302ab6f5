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

// extend is a copy of a body that a derivative can be appended to; the body itself stays as it is.
func (g *Graph) extend() *Graph {
	b := g.body()
	b.Nodes, b.Leafs, b.same = slices.Clone(g.Nodes), slices.Clone(g.Leafs), maps.Clone(g.same)
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

package ir

import "slices"

// Gradients appends reverse-mode automatic differentiation to g (Baydin et al., Automatic Differentiation in Machine Learning: a
// Survey, 2018, section 3.2). It walks the nodes from last to first; where the gradient of a node's result is known, the
// node's primitive gives those of its operands, and a value that several nodes read gets the sum of what they give.
//
// from maps the values where differentiation starts to their gradients: the loss to the constant 1, or each output to
// a given vector. The result maps each value of wrt to its gradient; one that has no influence is absent.
//
// It knows no primitive and no operator.
func (g *Graph) Gradients(from map[*Value]*Value, wrt ...*Value) map[*Value]*Value {
	// Only what depends on wrt needs a gradient.
	need := map[*Value]bool{}
	for _, v := range wrt {
		need[v] = true
	}
	for _, n := range g.Nodes {
		if slices.ContainsFunc(n.In, func(v *Value) bool { return need[v] }) {
			for _, o := range n.Out {
				need[o] = !o.Stop && o.Elem == Float
			}
		}
	}

	parts := map[*Value][]*Value{} // the gradient of a value is the sum of its parts
	for v, d := range from {
		parts[v] = []*Value{d}
	}
	gradient := func(v *Value) *Value {
		d := g.Sum(parts[v]...)
		if d.Name == "" && d.Def != nil && d.GradOf == nil {
			d.GradOf = v
		}
		return d
	}

	readers := g.Users() // before there are any of the backward pass
	src, back := g.Src, g.Back
	g.Back = true
	defer func() { g.Src, g.Back = src, back }()
	for _, n := range slices.Backward(slices.Clone(g.Nodes)) {
		dOut, known := make([]*Value, len(n.Out)), false
		for i, o := range n.Out {
			if need[o] && parts[o] != nil {
				g.Src = n.Src
				if len(readers[o]) > 0 {
					g.Src = readers[o][0].Src // the last to give its part
				}
				dOut[i], known = gradient(o), true
			}
		}
		g.Src = n.Src
		want := make([]bool, len(n.In))
		for i, v := range n.In {
			want[i] = need[v]
		}
		if !known || !slices.Contains(want, true) {
			continue
		}
		for i, d := range n.Prim.VJP(g, n, dOut, want) {
			if d == nil || !want[i] {
				continue
			}
			assert(slices.Equal(d.Shape, n.In[i].Shape), "the gradient of an operand of %s is %v, the operand %v", n.Prim, d.Shape, n.In[i].Shape)
			parts[n.In[i]] = append(parts[n.In[i]], d)
		}
	}
	grads := map[*Value]*Value{}
	for _, v := range wrt {
		if parts[v] != nil {
			if n := len(readers[v]); n > 0 {
				g.Src = readers[v][n-1].Src // a weight's gradients are summed where its last reader, such as a penalty, adds its own
			}
			grads[v] = gradient(v)
		}
	}
	return grads
}

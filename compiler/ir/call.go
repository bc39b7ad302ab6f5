package ir

import (
	"slices"
	"strings"
)

// Call is a part of the graph under a name, which one fused kernel can compute. It means what its Body means; where no
// kernel has the name, the body takes its place. Operators make one only where backward is not forward's transpose, such
// as in attention, whose probabilities are not kept but computed again.
type Call struct {
	Name string
	Body *Graph   // its Outs are the results
	In   []*Value // the body's leafs, in the order of the operands
}

// Call adds a Call of body, which is given leafs for in and gives the results.
func (g *Graph) Call(name string, in []*Value, body func(b *Graph, in []*Value) []*Value) []*Value {
	p := &Call{Name: name, Body: g.body()}
	leafs := p.Body.leafs(Input, in, func(v *Value) []int { return v.Shape }, &p.In)
	p.Body.Outs = body(p.Body, leafs)
	return g.Add(p, in...)
}

func (p *Call) String() string { return p.Name + " " + bodyText(p.Body) }

// bodyText is a body in braces.
func bodyText(b *Graph) string {
	return "{\n\t" + strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\n", "\n\t") + "\n}"
}

// Infer implements Prim.
func (p *Call) Infer(in []*Value) []Type {
	assert(len(in) == len(p.In), "call %s: %d operands, not %d", p.Name, len(in), len(p.In))
	for i, v := range in {
		assert(slices.Equal(v.Shape, p.In[i].Shape) && v.Elem == p.In[i].Elem, "call %s: operand %d is %v, its leaf %v", p.Name, i, v.Shape, p.In[i].Shape)
	}
	var t []Type
	for _, v := range p.Body.Outs {
		t = append(t, Type{v.Shape, v.Elem})
	}
	return t
}

// VJP implements Prim: the Call NAME.grad of the operands and the gradients of the results, whose body computes the
// body's values again and from them the gradients.
func (p *Call) VJP(g *Graph, n *Node, dOut []*Value, need []bool) []*Value {
	b := p.Body.Extend()
	q := &Call{Name: p.Name + ".grad", Body: b, In: slices.Clone(p.In)}
	in := slices.Clone(n.In)
	from := map[*Value]*Value{}
	for i, o := range p.Body.Outs {
		if dOut[i] == nil {
			continue
		}
		d := b.Leaf(Input, "", Float, o.Shape...)
		d.GradOf = o
		q.In, in = append(q.In, d), append(in, dOut[i])
		if from[o] != nil {
			d = b.Sum(from[o], d)
		}
		from[o] = d
	}
	var wrt []*Value
	for i, v := range p.In {
		if need[i] {
			wrt = append(wrt, v)
		}
	}
	grads := b.Gradients(from, wrt...)
	b.Outs = nil
	var of []int // the operand that a result is the gradient of
	for i, v := range p.In {
		if need[i] && grads[v] != nil {
			b.Outs, of = append(b.Outs, grads[v]), append(of, i)
		}
	}
	b.Prune()
	out := make([]*Value, len(n.In))
	if len(of) == 0 {
		return out
	}
	for k, v := range g.Add(q, in...) {
		out[of[k]] = v
	}
	return out
}

package pass

import "github.com/nnc-lang/nnc/compiler/ir"

// Differentiate appends the backward pass to g: the vector-Jacobian products of the nodes from last to first, each primitive
// giving its own. See [ir.Graph.Gradients]. It comes before anything that knows of memory or kernels, which have no
// derivatives.
//
// from maps the values where differentiation starts to their gradients; the result maps each value of wrt to its own, where
// it has an influence.
func Differentiate(g *ir.Graph, from map[*ir.Value]*ir.Value, wrt ...*ir.Value) map[*ir.Value]*ir.Value {
	return g.Gradients(from, wrt...)
}

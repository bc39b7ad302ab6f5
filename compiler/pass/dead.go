package pass

import (
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// Dead removes the nodes that neither an output of the graph nor an Assign needs.
func Dead(g *ir.Graph) {
	live := map[*ir.Value]bool{}
	for _, v := range g.Outs {
		live[v] = true
	}
	var kept []*ir.Node
	for _, n := range slices.Backward(g.Nodes) {
		_, effect := n.Prim.(*ir.Assign)
		if !effect && !slices.ContainsFunc(n.Out, func(v *ir.Value) bool { return live[v] }) {
			continue
		}
		for _, v := range n.In {
			live[v] = true
		}
		kept = append(kept, n)
	}
	slices.Reverse(kept)
	g.Nodes = kept
}

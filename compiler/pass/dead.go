package pass

import "github.com/nnc-lang/nnc/compiler/ir"

// Dead removes the nodes that neither an output of the graph nor an Assign needs, and the results of loops that nobody reads.
func Dead(g *ir.Graph) { g.Prune() }

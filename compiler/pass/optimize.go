package pass

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/op"
)

// Optimize builds the update: a graph of its own, over all parameters as one vector of n elements and their gradients,
// ended by Assigns. rate is the learning rate, for reports: a constant, or a scalar of the graph. It comes after differentiate, which says what the gradients are.
func Optimize(build func(*op.Update), src *ir.Src, n int) (g *ir.Graph, theta, grad, rate *ir.Value) {
	g = ir.NewGraph()
	g.Src = src
	theta = g.Leaf(ir.Param, "theta", ir.Float, n)
	grad = g.Leaf(ir.Input, "grad", ir.Float, n)
	u := &op.Update{Clock: op.Clock{Graph: g}, Theta: theta, Grad: grad}
	build(u)
	g.Flush()
	return g, theta, grad, u.Rate
}

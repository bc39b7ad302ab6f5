package pass_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/ir/irtest"
	"github.com/nnc-lang/nnc/compiler/pass"
)

// TestAssigns plans random updates: states, vectors and numbers, that read each other's old values, sums over them and the
// parameters, computed in place or not. The next step's states must be those that the graph's interpreter gives, in one piece
// and in several.
func TestAssigns(t *testing.T) {
	for seed := range 400 {
		r := rand.New(rand.NewPCG(uint64(seed), 3))
		const n = 5
		g := ir.NewGraph()
		theta := g.Leaf(ir.Param, "theta", ir.Float, n)
		grad := g.Leaf(ir.Input, "grad", ir.Float, n)
		values := []*ir.Value{theta, grad}
		states := []*ir.Value{theta}
		for i := range 1 + r.IntN(3) {
			s := g.Leaf(ir.State, fmt.Sprintf("s%d", i), ir.Float, []int{n}[:r.IntN(2)]...)
			states, values = append(states, s), append(values, s)
		}
		for range 2 + r.IntN(6) {
			a, b := values[r.IntN(len(values))], values[r.IntN(len(values))]
			var v *ir.Value
			switch r.IntN(5) {
			case 0:
				v = g.Total(a)
			case 1:
				v = g.Each(ir.Add(ir.A(0), ir.A(1)), a, b)
			case 2:
				v = g.Each(ir.Sub(ir.A(0), ir.Mul(ir.C(0.3), ir.A(1))), a, b)
			case 3:
				v = g.Each(ir.E(ir.OpTanh, ir.A(0)), a)
			default:
				v = g.Each(ir.Mul(ir.A(0), ir.E(ir.OpSigmoid, ir.A(1))), a, b)
			}
			values = append(values, v)
		}
		for _, s := range states {
			for range 8 { // a result of its shape, if there is one
				if v := values[r.IntN(len(values))]; v.Def != nil && len(v.Shape) == len(s.Shape) {
					g.Assign(s, v)
					break
				}
			}
		}
		g.Flush()
		pass.Dead(g)
		pass.Verify(g)

		leafs := map[*ir.Value][]float64{}
		for _, v := range g.Leafs {
			x := make([]float64, v.Size())
			for i := range x {
				x[i] = r.NormFloat64()
			}
			leafs[v] = x
		}
		want := irtest.Next(g, irtest.Eval(g, leafs, 1))

		bufs := map[*ir.Value]*ir.Buf{
			theta: {Name: "theta", Shape: theta.Shape, Store: ir.InTheta, Value: theta},
			grad:  {Name: "grad", Shape: grad.Shape, Store: ir.InGrad, Value: grad},
		}
		d := pass.NewDraft(g, []*pass.DraftFunc{{Name: pass.FuncUpdate, Nodes: g.Nodes}}, bufs, map[string]bool{})
		s := &ir.Space{Grad: true}
		pass.Select(d)
		pass.Fuse(d)
		pass.Phase(d)
		pass.Allocate(s, d, pass.Schedule(d))
		for _, pieces := range []int{1, 3} {
			m := irtest.NewMachine(&ir.Plan{Theta: n}, s, 1)
			m.Pieces = pieces
			for v, x := range leafs {
				if b := d.Bufs[v]; b != nil {
					copy(m.Buf(b), x)
				}
			}
			m.Run(pass.FuncUpdate)
			for _, v := range states {
				x := leafs[v]
				if next, ok := want[v]; ok {
					x = next
				}
				if d.Bufs[v] == nil {
					continue // nobody reads or writes it
				}
				for i, y := range m.Buf(d.Bufs[v]) {
					if !(math.Abs(y-x[i]) < 1e-12*max(1, math.Abs(x[i]))) {
						t.Fatalf("seed %d, %d pieces: the next %s[%d] is %g, want %g\n%s\n%s", seed, pieces, v.Name, i, y, x[i], g, s)
					}
				}
			}
		}
	}
}

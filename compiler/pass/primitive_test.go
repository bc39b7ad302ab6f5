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

// primitive is a graph of few nodes, mostly one: its derivative is checked against central differences, and its lowering,
// forward and backward, against the graph's interpreter.
type primitive struct {
	name   string
	shapes [][]int // of the number leafs
	labels []label // of the integer leafs
	build  func(g *ir.Graph, x, at []*ir.Value) *ir.Value
}

// label is an integer leaf: places in [-1, n).
type label struct {
	shape []int
	n     int
}

const b = ir.Batch

var primitives = []primitive{
	{"map", [][]int{{b, 3}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Each(ir.Mul(ir.A(0), ir.E(ir.OpTanh, ir.A(0))), x[0])
	}},
	{"map, one operand twice", [][]int{{b, 3}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Map([]int{b, 3, 3}, ir.Mul(ir.A(0), ir.A(1)), ir.Along(x[0], 0, 1), ir.Along(x[0], 0, 2))
	}},
	{"map, broadcast over the batch", [][]int{{b, 2, 3}, {3}, {2}, {}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		e := ir.Add(ir.Mul(ir.A(0), ir.A(1)), ir.Mul(ir.A(2), ir.A(3)))
		return g.Map([]int{b, 2, 3}, e, ir.Whole(x[0]), ir.Along(x[1], 2), ir.Along(x[2], 1), ir.Along(x[3]))
	}},
	{"map, axes in another order", [][]int{{b, 2, 3}, {3, 2}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Map([]int{b, 3, 2}, ir.Mul(ir.A(0), ir.A(1)), ir.Along(x[0], 0, 2, 1), ir.Along(x[1], 1, 2))
	}},
	{"map, by place", [][]int{{b, 4}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Each(ir.Select(ir.E(ir.OpLE, ir.Ix(1), ir.C(1)), ir.Mul(ir.A(0), ir.Ix(1)), ir.E(ir.OpExp, ir.A(0))), x[0])
	}},
	{"map, by the rows", [][]int{{b, 2}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Each(ir.Div(ir.A(0), ir.Rows()), x[0])
	}},
	{"map, the larger and the smaller", [][]int{{b, 3}, {b, 3}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Each(ir.Add(ir.E(ir.OpMax, ir.A(0), ir.A(1)), ir.Mul(ir.C(2), ir.E(ir.OpMin, ir.A(0), ir.A(1)))), x...)
	}},
	{"map, a quotient and a power", [][]int{{b, 3}, {b, 3}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		square := ir.Add(ir.Mul(ir.A(1), ir.A(1)), ir.C(1))
		return g.Each(ir.Div(ir.A(0), ir.E(ir.OpPow, square, ir.C(1.5))), x...)
	}},
	{"map, waves", [][]int{{b, 3}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Each(ir.Mul(ir.E(ir.OpSin, ir.A(0)), ir.E(ir.OpCos, ir.Mul(ir.C(2), ir.A(0)))), x[0])
	}},
	{"dot, rows by a matrix", [][]int{{b, 3}, {3, 4}}, nil, dot("bi,io->bo")},
	{"dot, by a transposed matrix", [][]int{{b, 3}, {4, 3}}, nil, dot("bi,oi->bo")},
	{"dot, the batch is summed", [][]int{{b, 3}, {b, 2}}, nil, dot("bi,bo->io")},
	{"dot, the batch is summed, the other way round", [][]int{{b, 3}, {b, 2}}, nil, dot("bi,bo->oi")},
	{"dot, steps", [][]int{{b, 2, 3}, {3, 4}}, nil, dot("bti,io->bto")},
	{"dot, steps are summed", [][]int{{b, 2, 3}, {b, 2, 4}}, nil, dot("bti,bto->io")},
	{"dot, a product for each row", [][]int{{b, 2, 3}, {b, 4, 3}}, nil, dot("bqd,bkd->bqk")},
	{"dot, labels apart", [][]int{{b, 2, 3}, {2, 4, 3}}, nil, dot("bti,toi->bo")},
	{"dot, the result's axes swapped", [][]int{{b, 2, 3}, {3, 4}}, nil, dot("bti,io->bot")},
	{"dot, axes of one element between the others", [][]int{{b, 1, 3}, {1, 3, 1, 4}}, nil, dot("bti,siuo->bstuo")},
	{"dot, outer", [][]int{{b, 2}, {3, 2}}, nil, dot("bi,oi->bio")},
	{"dot, without a batch", [][]int{{2, 3}, {3, 2}}, nil, dot("ij,jk->ik")},
	{"sum over the last axis", [][]int{{b, 2, 3}}, nil, sum(2)},
	{"sum over a middle axis", [][]int{{b, 2, 3}}, nil, sum(1)},
	{"sum over the batch", [][]int{{b, 2, 3}}, nil, sum(0)},
	{"sum over the batch and another axis", [][]int{{b, 2, 3}}, nil, sum(0, 1)},
	{"sum over the first and the last axis", [][]int{{b, 2, 3}}, nil, sum(0, 2)},
	{"sum over all", [][]int{{b, 2, 3}}, nil, sum(0, 1, 2)},
	{"sum over an axis of one", [][]int{{b, 1, 3}}, nil, sum(1)},
	{"maximum over the last axis", [][]int{{b, 2, 4}}, nil, most(2)},
	{"maximum over two axes", [][]int{{b, 2, 3}}, nil, most(1, 2)},
	{"maximum over a middle axis", [][]int{{b, 3, 2}}, nil, most(1)},
	{"reshape", [][]int{{b, 2, 3}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Each(ir.E(ir.OpTanh, ir.A(0)), g.Reshape(x[0], b, 3, 2))
	}},
	{"permute", [][]int{{b, 2, 3, 4}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Permute(x[0], 0, 3, 1, 2)
	}},
	{"split, two of three parts", [][]int{{b, 6}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		p := g.Split(x[0], 1, 2, 2, 2)
		return g.Each(ir.Mul(ir.A(0), ir.A(1)), p[0], p[2])
	}},
	{"split of a middle axis", [][]int{{b, 5, 2}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Split(x[0], 1, 2, 3)[1]
	}},
	{"concat", [][]int{{b, 2}, {b, 3}, {b, 2}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Concat(1, x[0], x[1], x[0], x[2])
	}},
	{"concat of a middle axis with a constant", [][]int{{b, 2, 2}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Concat(1, g.Const(0, b, 1, 2), x[0], g.Const(0, b, 1, 2))
	}},
	{"gather, an element of each row", [][]int{{b, 4}}, []label{{[]int{b}, 4}}, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Gather(x[0], at[0], 1)
	}},
	{"gather, an element of each step", [][]int{{b, 3, 4}}, []label{{[]int{b, 3}, 4}}, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Gather(x[0], at[0], 2)
	}},
	{"gather, several places a row: the gradient adds up", [][]int{{b, 4}}, []label{{[]int{b, 6}, 4}}, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Gather(x[0], at[0], 1)
	}},
	{"gather, rows of a row's table", [][]int{{b, 4, 2}}, []label{{[]int{b, 3}, 4}}, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Gather(x[0], at[0], 1)
	}},
	{"scatter", [][]int{{b, 6}}, []label{{[]int{b, 6}, 4}}, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Add(&ir.Gather{Lead: 1, Scatter: true, Shape: []int{b, 4}}, x[0], at[0])[0]
	}},
	{"window, padded on both sides", [][]int{{b, 2, 5}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Window(square(g, x[0]), 0, ir.Win{Axis: 2, Size: 3, Stride: 1, Dilation: 1, Pad: 1, Out: 5})
	}},
	{"window, stride and dilation, the end left over", [][]int{{b, 8}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Window(square(g, x[0]), 0, ir.Win{Axis: 1, Size: 2, Stride: 2, Dilation: 3, Pad: 1, Out: 3})
	}},
	{"window, a fill other than zero", [][]int{{b, 3}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return square(g, g.Window(x[0], 2, ir.Win{Axis: 1, Size: 2, Stride: 1, Dilation: 1, Pad: 1, Out: 4}))
	}},
	{"window of a weight, along its first axis", [][]int{{4}, {b, 3}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Dot("bi,io->bo", x[1], g.Window(square(g, x[0]), 0, ir.Win{Axis: 0, Size: 2, Stride: 1, Dilation: 1, Out: 3}))
	}},
	{"windows overlapping, added up", [][]int{{b, 3, 2, 2, 3}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		h := ir.Win{Axis: 1, Size: 2, Stride: 1, Dilation: 1, Out: 3}
		w := ir.Win{Axis: 2, Size: 3, Stride: 2, Dilation: 1, Pad: 1, Out: 2}
		return g.OverlapAdd(square(g, x[0]), []int{b, 4, 3}, h, w)
	}},
	{"convolution", [][]int{{b, 2, 5, 4}, {3, 2, 3, 2}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		h := ir.Win{Axis: 2, Size: 3, Stride: 2, Dilation: 1, Pad: 1, Out: 3}
		w := ir.Win{Axis: 3, Size: 2, Stride: 1, Dilation: 2, Pad: 1, Out: 4}
		return g.Dot("bcyxuv,ocuv->boyx", g.Window(x[0], 0, h, w), x[1])
	}},
	{"convolution in groups", [][]int{{b, 2, 2, 4}, {2, 3, 2, 3}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		w := ir.Win{Axis: 3, Size: 3, Stride: 1, Dilation: 1, Pad: 1, Out: 4}
		return g.Dot("bgcxv,gocv->bgox", g.Window(x[0], 0, w), x[1])
	}},
	{"transposed convolution", [][]int{{b, 2, 3}, {2, 3, 3}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.OverlapAdd(g.Dot("bcx,cov->boxv", x[0], x[1]), []int{b, 3, 6}, ir.Win{Axis: 2, Size: 3, Stride: 2, Dilation: 1, Pad: 1, Out: 3})
	}},
	{"windows added up and shown again, where loops meet", [][]int{{b, 3}, {3}, {3}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		w := ir.Win{Axis: 1, Size: 3, Stride: 1, Dilation: 1, Pad: 1, Out: 3}
		return g.Dot("bxv,v->bx", g.Window(g.OverlapAdd(g.Dot("bx,v->bxv", x[0], x[1]), []int{b, 3}, w), 0, w), x[2])
	}},
	{"windows that reach into the next step of what was computed by steps", [][]int{{b, 3, 2}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		w := ir.Win{Axis: 1, Size: 3, Stride: 2, Dilation: 1, Out: 3}
		return g.ReduceSum(g.Window(g.Reshape(softmax(g, x[0]), b, 6), 0, w), 2)
	}},
	{"maximum of windows", [][]int{{b, 2, 5, 5}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		h := ir.Win{Axis: 2, Size: 3, Stride: 2, Dilation: 1, Pad: 1, Out: 3}
		w := ir.Win{Axis: 3, Size: 2, Stride: 1, Dilation: 1, Out: 4}
		m, _ := g.ReduceMax(g.Window(square(g, x[0]), math.Inf(-1), h, w), 4, 5)
		return m
	}},
	{"mean of windows", [][]int{{b, 2, 5}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		w := ir.Win{Axis: 2, Size: 3, Stride: 2, Dilation: 1, Pad: 1, Out: 3}
		return g.Each(ir.Div(ir.A(0), ir.C(3)), g.ReduceSum(g.Window(square(g, x[0]), 0, w), 3))
	}},
	{"scan, a running sum and its squares", [][]int{{b, 4, 2}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Scan(1, false, []*ir.Value{g.Const(0, b, 2)}, x, nil, func(g *ir.Graph, s, x, _ []*ir.Value) (next, results []*ir.Value) {
			n := g.Sum(s[0], x[0])
			return []*ir.Value{n}, []*ir.Value{square(g, n)}
		})[0]
	}},
	{"scan, a recurrent layer", [][]int{{b, 3, 2}, {2, 3}, {3, 3}, {3}, {b, 3}}, nil, recurrent(false)},
	{"scan, a recurrent layer backward", [][]int{{b, 3, 2}, {2, 3}, {3, 3}, {3}, {b, 3}}, nil, recurrent(true)},
	{"scan, one step", [][]int{{b, 1, 2}, {2, 3}, {3, 3}, {3}, {b, 3}}, nil, recurrent(false)},
	{"scan, two states that change places", [][]int{{b, 3, 2}, {b, 2}, {b, 2}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		r := g.Scan(1, false, x[1:3], x[:1], nil, func(g *ir.Graph, s, x, _ []*ir.Value) (next, results []*ir.Value) {
			return []*ir.Value{s[1], g.Each(ir.Mul(ir.A(0), ir.A(1)), s[0], x[0])}, []*ir.Value{s[0], x[0], s[0]}
		})
		return square(g, g.Sum(r...))
	}},
	{"scan, a gated layer", [][]int{{b, 3, 6}, {3, 6}, {b, 3}, {b, 3}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		r := g.Scan(1, true, x[2:], x[:1], x[1:2], func(g *ir.Graph, s, x, c []*ir.Value) (next, results []*ir.Value) {
			parts := g.Split(g.Sum(x[0], g.Dot("bi,io->bo", s[0], c[0])), 1, 3, 3)
			gate := g.Each(ir.E(ir.OpSigmoid, ir.A(0)), parts[0])
			cell := g.Each(ir.Add(ir.Mul(ir.A(0), ir.A(1)), ir.E(ir.OpTanh, ir.A(2))), gate, s[1], parts[1])
			hidden := g.Each(ir.Mul(ir.A(0), ir.E(ir.OpTanh, ir.A(1))), gate, cell)
			return []*ir.Value{hidden, cell}, []*ir.Value{hidden}
		})
		return r[0]
	}},
	{"scan, a softmax at each step", [][]int{{b, 3, 4}, {4, 4}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Scan(1, false, []*ir.Value{g.Const(0.5, b, 4)}, x[:1], x[1:], func(g *ir.Graph, s, x, c []*ir.Value) (next, results []*ir.Value) {
			y := softmax(g, g.Sum(x[0], g.Dot("bi,io->bo", s[0], c[0])))
			return []*ir.Value{y}, []*ir.Value{y, x[0]}
		})[0]
	}},
	{"call, and what it computes again", [][]int{{b, 2, 3}, {b, 4, 3}, {b, 4, 2}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Call("attention", x, func(g *ir.Graph, in []*ir.Value) []*ir.Value {
			return []*ir.Value{g.Dot("bts,bsd->btd", softmax(g, g.Dot("btd,bsd->bts", in[0], in[1])), in[2])}
		})[0]
	}},
	{"two equal calls, and what reads them", [][]int{{b, 3}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		read := func() *ir.Value {
			y := g.Call("cell", x, func(g *ir.Graph, in []*ir.Value) []*ir.Value { return []*ir.Value{square(g, in[0])} })
			return g.Each(ir.E(ir.OpTanh, ir.A(0)), y[0])
		}
		return g.Each(ir.Add(ir.A(0), ir.E(ir.OpExp, ir.A(1))), read(), read())
	}},
	{"scan of a call", [][]int{{b, 3, 2}, {b, 2}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Scan(1, false, x[1:], x[:1], nil, func(g *ir.Graph, s, x, _ []*ir.Value) (next, results []*ir.Value) {
			y := g.Call("cell", []*ir.Value{s[0], x[0]}, func(g *ir.Graph, in []*ir.Value) []*ir.Value {
				return []*ir.Value{g.Each(ir.E(ir.OpTanh, ir.Mul(ir.A(0), ir.A(1))), in...)}
			})
			return y, y
		})[0]
	}},
	{"random numbers mask, the same ones backward", [][]int{{b, 8}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.Each(ir.Select(ir.E(ir.OpGE, ir.A(1), ir.C(0.5)), ir.Mul(ir.A(0), ir.A(0)), ir.C(0)), x[0], g.Random(b, 8))
	}},
	{"two sources of random numbers", [][]int{{b, 8}}, nil, func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		keep := func(v *ir.Value) *ir.Value {
			return g.Each(ir.Select(ir.E(ir.OpGE, ir.A(1), ir.C(0.5)), ir.A(0), ir.C(0)), v, g.Random(b, 8))
		}
		return keep(keep(x[0]))
	}},
}

func square(g *ir.Graph, x *ir.Value) *ir.Value { return g.Each(ir.Mul(ir.A(0), ir.A(0)), x) }

// softmax is over the last axis.
func softmax(g *ir.Graph, x *ir.Value) *ir.Value {
	e := g.Each(ir.E(ir.OpExp, ir.A(0)), x)
	last := len(x.Shape) - 1
	rows := make([]int, last)
	for i := range rows {
		rows[i] = i
	}
	return g.Map(x.Shape, ir.Div(ir.A(0), ir.A(1)), ir.Whole(e), ir.Along(g.ReduceSum(e, last), rows...))
}

// recurrent is a layer of the Elman kind, whose bias is added in the loop.
func recurrent(reverse bool) func(*ir.Graph, []*ir.Value, []*ir.Value) *ir.Value {
	return func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		in := g.Dot("bti,io->bto", x[0], x[1])
		return g.Scan(1, reverse, x[4:], []*ir.Value{in}, x[2:4], func(g *ir.Graph, s, x, c []*ir.Value) (next, results []*ir.Value) {
			z := g.Sum(x[0], g.Dot("bi,io->bo", s[0], c[0]))
			h := g.Map(z.Shape, ir.E(ir.OpTanh, ir.Add(ir.A(0), ir.A(1))), ir.Whole(z), ir.Along(c[1], 1))
			return []*ir.Value{h}, []*ir.Value{h}
		})[0]
	}
}

func dot(spec string) func(*ir.Graph, []*ir.Value, []*ir.Value) *ir.Value {
	return func(g *ir.Graph, x, at []*ir.Value) *ir.Value { return g.Dot(spec, x[0], x[1]) }
}

func sum(axes ...int) func(*ir.Graph, []*ir.Value, []*ir.Value) *ir.Value {
	return func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		return g.ReduceSum(g.Each(ir.Mul(ir.A(0), ir.A(0)), x[0]), axes...)
	}
}

func most(axes ...int) func(*ir.Graph, []*ir.Value, []*ir.Value) *ir.Value {
	return func(g *ir.Graph, x, at []*ir.Value) *ir.Value {
		m, _ := g.ReduceMax(x[0], axes...)
		return m
	}
}

// TestPrimitives checks each primitive's derivative rule, and the rule's derivative too: a gradient is made of primitives.
func TestPrimitives(t *testing.T) {
	for _, p := range primitives {
		t.Run(p.name, func(t *testing.T) {
			for seed := range uint64(4) {
				checkPrimitive(t, p, 1+int(seed), rand.New(rand.NewPCG(seed, 5)))
			}
		})
	}
}

func checkPrimitive(t *testing.T, p primitive, rows int, r *rand.Rand) {
	t.Helper()
	g := ir.NewGraph()
	var x, at []*ir.Value
	value := map[*ir.Value][]float64{}
	extent := func(shape []int) int {
		n := ir.Size(shape)
		if len(shape) > 0 && shape[0] == b {
			n *= rows
		}
		return n
	}
	numbers := func(shape []int) []float64 {
		n := make([]float64, extent(shape))
		for i := range n {
			n[i] = r.NormFloat64()
		}
		return n
	}
	leaf := func(name string, e ir.Elem, shape []int) *ir.Value {
		v := g.Leaf(ir.Input, name, e, shape...)
		v.Port = &ir.Port{Name: name}
		return v
	}
	for i, s := range p.shapes {
		v := leaf(fmt.Sprintf("x%d", i), ir.Float, s)
		x, value[v] = append(x, v), numbers(s)
	}
	for i, l := range p.labels {
		v := leaf(fmt.Sprintf("at%d", i), ir.Int, l.shape)
		places := make([]float64, extent(l.shape))
		for j := range places {
			places[j] = float64(r.IntN(l.n+1) - 1) // -1 is outside
		}
		at, value[v] = append(at, v), places
	}

	// The loss is a random combination of the result's elements; the second time, of the first gradients' elements.
	y := p.build(g, x, at)
	from := leaf("dy", ir.Float, y.Shape)
	value[from] = numbers(y.Shape)
	loss := g.Total(g.Each(ir.Mul(ir.A(0), ir.A(1)), y, from))
	first := pass.Differentiate(g, map[*ir.Value]*ir.Value{loss: g.Const(1)}, x...)
	var second *ir.Value
	for _, v := range x {
		if d := first[v]; d != nil {
			w := leaf("d"+v.Name, ir.Float, d.Shape)
			value[w] = numbers(d.Shape)
			part := g.Total(g.Each(ir.Mul(ir.A(0), ir.A(1)), d, w))
			if second == nil {
				second = part
			} else {
				second = g.Sum(second, part)
			}
		}
	}
	if second == nil {
		t.Fatal("no gradient at all")
	}
	twice := pass.Differentiate(g, map[*ir.Value]*ir.Value{second: g.Const(1)}, x...)
	g.Outs = []*ir.Value{y, loss, second}
	for _, v := range x {
		for _, d := range []*ir.Value{first[v], twice[v]} {
			if d != nil {
				g.Outs = append(g.Outs, d)
			}
		}
	}
	pass.Dead(g)
	pass.Verify(g)

	all := irtest.Eval(g, value, rows)
	central := func(of *ir.Value, v *ir.Value, i int) float64 {
		const h = 1e-5
		was := value[v][i]
		defer func() { value[v][i] = was }()
		value[v][i] = was + h
		up := irtest.Eval(g, value, rows)[of][0]
		value[v][i] = was - h
		return (up - irtest.Eval(g, value, rows)[of][0]) / (2 * h)
	}
	for _, v := range x {
		for i := range value[v] {
			for _, c := range []struct {
				what    string
				of, der *ir.Value
			}{{"first", loss, first[v]}, {"second", second, twice[v]}} {
				got := 0.0
				if c.der != nil {
					got = all[c.der][i]
				}
				if want := central(c.of, v, i); math.Abs(got-want) > 1e-6*max(1, math.Abs(want)) {
					t.Fatalf("%d rows, %s derivative by %s[%d]: %g, central difference %g", rows, c.what, v.Name, i, got, want)
				}
			}
		}
	}
	checkLowering(t, g, value, all, rows)
}

// checkLowering plans g as one function, with kernels and without, and compares all that it gives with the interpreter.
func checkLowering(t *testing.T, g *ir.Graph, value, want map[*ir.Value][]float64, rows int) {
	t.Helper()
	now := pass.Inline(g)
	for v, x := range want {
		if w := now(v); w != v {
			want[w] = x
		}
	}
	pass.Dead(g)
	pass.Verify(g)
	for _, kernels := range []bool{true, false} {
		bufs := map[*ir.Value]*ir.Buf{}
		for v := range value {
			bufs[v] = &ir.Buf{Name: v.Name, Shape: v.Row(), Batched: v.Batched(), Elem: v.Elem, Store: ir.InPort, Value: v, Port: v.Port}
		}
		var outs []*ir.Value
		for _, v := range g.Outs {
			if v.Def == nil || bufs[v] != nil { // a gradient that is a leaf
				continue
			}
			if view, ok := v.Def.Prim.(*ir.View); ok && view.Kind == ir.ViewReshape {
				continue // its operand's memory
			}
			bufs[v] = &ir.Buf{Name: fmt.Sprintf("out%d", len(outs)), Shape: v.Row(), Batched: v.Batched(), Elem: v.Elem, Store: ir.InOutput, Value: v}
			outs = append(outs, v)
		}
		d := pass.NewDraft(g, []*pass.DraftFunc{{Name: pass.FuncForward, Nodes: g.Nodes}}, bufs, map[string]bool{})
		s := &ir.Space{}
		if kernels {
			pass.Select(d)
		}
		pass.Fuse(d)
		pass.Phase(d)
		pass.Allocate(s, d, pass.Schedule(d))
		m := irtest.NewMachine(&ir.Plan{}, s, rows)
		for v, x := range value {
			if v.Elem != ir.Int {
				m.Floats[v.Name] = x
				continue
			}
			places := make([]int32, len(x))
			for i := range x {
				places[i] = int32(x[i])
			}
			m.Ints[v.Name] = places
		}
		m.Run(pass.FuncForward)
		for _, v := range outs {
			got := m.Out[bufs[v]]
			for i, w := range want[v] {
				if i >= len(got) || math.IsNaN(got[i]) || math.Abs(got[i]-w) > 1e-9*max(1, math.Abs(w)) {
					t.Fatalf("%d rows, kernels %v: element %d of %s is %v, not %g\n%s", rows, kernels, i, v.Def.Prim, got, w, s)
				}
			}
		}
	}
}

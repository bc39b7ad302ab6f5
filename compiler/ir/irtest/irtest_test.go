package irtest_test

import (
	"math"
	"slices"
	"testing"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/ir/irtest"
)

// TestEval holds each primitive to numbers worked out by hand.
func TestEval(t *testing.T) {
	g := ir.NewGraph()
	x := g.Leaf(ir.Input, "x", ir.Float, ir.Batch, 3)
	w := g.Leaf(ir.Param, "w", ir.Float, 3, 2)
	at := g.Leaf(ir.Input, "at", ir.Int, ir.Batch)
	max, place := g.ReduceMax(x, 1)
	parts := g.Split(x, 1, 1, 2)
	state := g.Leaf(ir.State, "s", ir.Float, 3, 2)
	g.Assign(state, g.Each(ir.Add(ir.A(0), ir.A(1)), state, w))
	want := map[*ir.Value][]float64{
		g.Map([]int{ir.Batch, 3}, ir.Add(ir.Mul(ir.A(0), ir.Ix(1)), ir.A(1)), ir.Whole(x), ir.Along(max, 0)): {9, 5, 15, 3, 1, 3},
		g.Each(ir.Div(ir.A(0), ir.Rows()), g.Total(x)):                                                       {4.5},
		g.Dot("bi,io->bo", x, w):        {9 - 4 + 6, 9 + 6, 3 - 2, 3},
		g.Permute(w, 1, 0):              {1, 1, 2, 1, 0, 2},
		g.Reshape(w, 6):                 {1, 1, 1, 0, 2, 2},
		g.ReduceSum(w, 0):               {4, 3},
		max:                             {9, 3},
		place:                           {0, 0},
		parts[1]:                        {-4, 3, -2, 0},
		g.Concat(1, parts[1], parts[0]): {-4, 3, 9, -2, 0, 3},
		g.Gather(x, at, 1):              {3, 0},
		g.Gather(w, at, 0):              {2, 2, 0, 0},
		g.Add(&ir.Gather{Lead: 1, Scatter: true, Shape: []int{ir.Batch, 3}}, max, at)[0]:                                              {0, 0, 9, 0, 0, 0},
		g.Window(x, -1, ir.Win{Axis: 1, Size: 2, Stride: 2, Dilation: 1, Pad: 1, Out: 2}):                                             {-1, 9, -4, 3, -1, 3, -2, 0},
		g.OverlapAdd(g.Dot("bi,io->bio", x, w), []int{ir.Batch, 4}, ir.Win{Axis: 1, Size: 2, Stride: 1, Dilation: 2, Pad: 1, Out: 3}): {-4, 15, 0, 6, -2, 3, 0, 0},
		g.Random(2): {irtest.Uniform(1, 0), irtest.Uniform(1, 1)},
		g.Map([]int{ir.Batch}, ir.E(ir.OpPow, ir.C(2), ir.A(0)), ir.Whole(at)): {4, .5},
	}
	g.Flush()
	got := irtest.Eval(g, map[*ir.Value][]float64{
		x: {9, -4, 3, 3, -2, 0}, w: {1, 1, 1, 0, 2, 2}, at: {2, -1}, state: {0, 0, 0, 0, 0, 1},
	}, 2)
	for v, x := range want {
		if !slices.Equal(got[v], x) {
			t.Errorf("%s: got %v, want %v", v.Def.Prim, got[v], x)
		}
	}
	if got, want := irtest.Next(g, got)[state], []float64{1, 1, 1, 0, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("assign: got %v, want %v", got, want)
	}
}

// TestUniform looks for numbers outside [0, 1), for a mean far from a half, and for streams that resemble each other.
func TestUniform(t *testing.T) {
	const n = 10000
	var sum, product float64
	for i := range n {
		a, b := irtest.Uniform(1, i), irtest.Uniform(2, i)
		if a < 0 || a >= 1 {
			t.Fatalf("%v is outside [0, 1)", a)
		}
		sum += a
		product += (a - .5) * (b - .5)
	}
	if mean := sum / n; math.Abs(mean-.5) > .02 {
		t.Errorf("mean %v", mean)
	}
	if correlation := product / n * 12; math.Abs(correlation) > .05 {
		t.Errorf("streams correlate by %v", correlation)
	}
}

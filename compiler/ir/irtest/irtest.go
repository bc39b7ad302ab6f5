// Package irtest runs graphs of package ir by interpreting them over float64, straight from the definitions of the
// primitives: slow, obvious, and independent of every pass and of generated code. Tests compare those with it.
package irtest

import (
	"fmt"
	"math"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// Eval computes every value of g for a batch of so many rows. leaf holds the leafs' elements, row-major, labels as whole
// numbers; the result has them too. It panics where a leaf that a node reads is missing or has another size.
func Eval(g *ir.Graph, leaf map[*ir.Value][]float64, rows int) map[*ir.Value][]float64 {
	e := &evaluator{rows: rows, value: map[*ir.Value][]float64{}}
	for v, x := range leaf {
		if want := count(e.extents(v.Shape)); len(x) != want {
			panic(fmt.Sprintf("irtest: leaf %s has %d elements, got %d", v.Name, want, len(x)))
		}
		e.value[v] = x
	}
	for _, n := range g.Nodes {
		if _, effect := n.Prim.(*ir.Assign); !effect {
			e.node(n)
		}
	}
	return e.value
}

// Next gives what the leafs that g assigns to hold in the next step, from the values that Eval computed.
func Next(g *ir.Graph, value map[*ir.Value][]float64) map[*ir.Value][]float64 {
	next := map[*ir.Value][]float64{}
	for _, n := range g.Nodes {
		if _, effect := n.Prim.(*ir.Assign); effect {
			next[n.In[0]] = value[n.In[1]]
		}
	}
	return next
}

// Uniform is the element at a place of a Random of a stream: uniform in [0, 1), and not the runtime's numbers. It is
// SplitMix64 (Steele, Lea, Flood, Fast Splittable Pseudorandom Number Generators, 2014, section 3) with the two as its state.
func Uniform(stream uint32, place int) float64 {
	z := uint64(stream)<<40 ^ uint64(place)
	for range 2 {
		z += 0x9E3779B97F4A7C15
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		z ^= z >> 31
	}
	return float64(z>>11) / (1 << 53)
}

// evaluator is the state of one Eval.
type evaluator struct {
	rows  int
	value map[*ir.Value][]float64
}

// extents is a shape with the batch's real size.
func (e *evaluator) extents(shape []int) []int {
	out := make([]int, len(shape))
	for i, d := range shape {
		if d == ir.Batch {
			d = e.rows
		}
		out[i] = d
	}
	return out
}

// read gives the elements of a value.
func (e *evaluator) read(v *ir.Value) []float64 {
	x, ok := e.value[v]
	if !ok {
		panic(fmt.Sprintf("irtest: %s (value %d) has no elements", v.Name, v.ID))
	}
	return x
}

func (e *evaluator) node(n *ir.Node) {
	var out [][]float64
	for _, v := range n.Out {
		x := make([]float64, count(e.extents(v.Shape)))
		out = append(out, x)
		e.value[v] = x
	}
	switch p := n.Prim.(type) {
	case *ir.Map:
		e.mapping(p, n, out[0])
	case *ir.Dot:
		e.dot(p, n, out[0])
	case *ir.Reduce:
		e.reduce(p, n, out)
	case *ir.View:
		e.view(p, n, out)
	case *ir.Gather:
		e.gather(p, n, out[0])
	case *ir.Window:
		e.window(p, n, out[0])
	case *ir.Scan:
		e.scan(p, n, out)
	case *ir.Call:
		leaf := map[*ir.Value][]float64{}
		for i, l := range p.In {
			leaf[l] = e.read(n.In[i])
		}
		value := Eval(p.Body, leaf, e.rows)
		for i, v := range p.Body.Outs {
			out[i] = value[v]
			e.value[n.Out[i]] = value[v]
		}
	case *ir.Random:
		for i := range out[0] {
			out[0][i] = Uniform(p.Stream, i)
		}
	default:
		panic(fmt.Sprintf("irtest: no definition of %T", p))
	}
}

func (e *evaluator) mapping(p *ir.Map, n *ir.Node, out []float64) {
	arg, x := make([]float64, len(n.In)), make([][]float64, len(n.In))
	shape, place := make([][]int, len(n.In)), make([][]int, len(n.In))
	for k, v := range n.In {
		x[k], shape[k], place[k] = e.read(v), e.extents(v.Shape), make([]int, len(v.Shape))
	}
	each(e.extents(p.Shape), func(i int, at []int) {
		for k := range n.In {
			for j, a := range p.Axes[k] {
				place[k][j] = at[a]
			}
			arg[k] = x[k][offset(shape[k], place[k])]
		}
		out[i] = e.number(p.E, arg, at)
	})
}

// number is the value of an expression at a place.
func (e *evaluator) number(x *ir.Expr, arg []float64, at []int) float64 {
	return Value(x, func(x *ir.Expr) float64 {
		switch x.Op {
		case ir.OpArg:
			return arg[x.N]
		case ir.OpIndex:
			return float64(at[x.N])
		case ir.OpRows:
			return float64(e.rows)
		}
		panic("irtest: no definition of " + string(x.Op))
	})
}

func (e *evaluator) dot(p *ir.Dot, n *ir.Node, out []float64) {
	a, b := n.In[0], n.In[1]
	left, right := e.extents(a.Shape), e.extents(b.Shape)
	extent := map[byte]int{}
	for i, d := range left {
		extent[p.A[i]] = d
	}
	for i, d := range right {
		extent[p.B[i]] = d
	}
	labels := p.Out + p.Summed()
	shape := make([]int, len(labels))
	for i := range len(labels) {
		shape[i] = extent[labels[i]]
	}
	place := func(of string, at []int) []int {
		out := make([]int, len(of))
		for i := range len(of) {
			for j := range len(labels) {
				if labels[j] == of[i] {
					out[i] = at[j]
				}
			}
		}
		return out
	}
	x, y := e.read(a), e.read(b)
	each(shape, func(_ int, at []int) {
		o := offset(shape[:len(p.Out)], at[:len(p.Out)])
		out[o] += x[offset(left, place(p.A, at))] * y[offset(right, place(p.B, at))]
	})
}

func (e *evaluator) reduce(p *ir.Reduce, n *ir.Node, out [][]float64) {
	shape := e.extents(n.In[0].Shape)
	kept := p.Kept(len(shape))
	pick := func(from, axes []int) []int {
		s := make([]int, len(axes))
		for i, a := range axes {
			s[i] = from[a]
		}
		return s
	}
	if p.Max {
		for i := range out[0] {
			out[0][i] = math.Inf(-1)
		}
	}
	x := e.read(n.In[0])
	each(shape, func(i int, at []int) {
		o := offset(pick(shape, kept), pick(at, kept))
		switch {
		case !p.Max:
			out[0][o] += x[i]
		case x[i] > out[0][o]:
			out[0][o], out[1][o] = x[i], float64(offset(pick(shape, p.Axes), pick(at, p.Axes)))
		}
	})
}

func (e *evaluator) view(p *ir.View, n *ir.Node, out [][]float64) {
	switch p.Kind {
	case ir.ViewReshape:
		copy(out[0], e.read(n.In[0]))
	case ir.ViewPermute:
		x, from := e.read(n.In[0]), e.extents(n.In[0].Shape)
		each(e.extents(n.Out[0].Shape), func(i int, at []int) {
			place := make([]int, len(at))
			for j, a := range p.Perm {
				place[a] = at[j]
			}
			out[0][i] = x[offset(from, place)]
		})
	case ir.ViewSplit:
		x, from := e.read(n.In[0]), e.extents(n.In[0].Shape)
		for k, v := range n.Out {
			start := p.Start(n, k)
			each(e.extents(v.Shape), func(i int, at []int) {
				place := append([]int{}, at...)
				place[p.Axis] += start
				out[k][i] = x[offset(from, place)]
			})
		}
	case ir.ViewConcat:
		to := e.extents(n.Out[0].Shape)
		for k, v := range n.In {
			start, x := p.Start(n, k), e.read(v)
			each(e.extents(v.Shape), func(i int, at []int) {
				place := append([]int{}, at...)
				place[p.Axis] += start
				out[0][offset(to, place)] = x[i]
			})
		}
	}
}

func (e *evaluator) gather(p *ir.Gather, n *ir.Node, out []float64) {
	places, shape := e.read(n.In[1]), e.extents(n.In[1].Shape)
	// The long operand holds all that can be picked; the short one has the picks.
	long, short := n.In[0], n.Out[0]
	if p.Scatter {
		long, short = n.Out[0], n.In[0]
	}
	big, small := e.extents(long.Shape), e.extents(short.Shape)
	x := e.read(n.In[0])
	each(small, func(i int, at []int) {
		pick := int(places[offset(shape, at[:len(shape)])])
		if pick < 0 || pick >= big[p.Lead] {
			return
		}
		place := append([]int{}, at[:p.Lead]...)
		place = append(append(place, pick), at[len(shape):]...)
		if p.Scatter {
			out[offset(big, place)] += x[i]
		} else {
			out[i] = x[offset(big, place)]
		}
	})
}

func (e *evaluator) window(p *ir.Window, n *ir.Node, out []float64) {
	// Of the two values, shown is seen through the windows and plain is not.
	plain, shown := n.In[0], n.Out[0]
	if p.Adjoint {
		plain, shown = n.Out[0], n.In[0]
	}
	shape, x := e.extents(plain.Shape), e.read(n.In[0])
	each(e.extents(shown.Shape), func(i int, at []int) {
		place, inside := append([]int{}, at[:len(shape)]...), true
		for k, w := range p.Wins {
			place[w.Axis] = at[w.Axis]*w.Stride + at[len(shape)+k]*w.Dilation - w.Pad
			inside = inside && place[w.Axis] >= 0 && place[w.Axis] < shape[w.Axis]
		}
		switch {
		case inside && p.Adjoint:
			out[offset(shape, place)] += x[i]
		case inside:
			out[i] = x[offset(shape, place)]
		case !p.Adjoint:
			out[i] = p.Fill
		}
	})
}

func (e *evaluator) scan(p *ir.Scan, n *ir.Node, out [][]float64) {
	// stacked visits the places of slice t in the stacked elements and in the slice.
	stacked := func(slice []int, t int, visit func(all, one int)) {
		shape := e.extents(slice)
		axis := p.Stacked(len(shape))
		all := append(append(append([]int{}, shape[:axis]...), p.T), shape[axis:]...)
		each(shape, func(i int, at []int) {
			place := append(append(append([]int{}, at[:axis]...), t), at[axis:]...)
			visit(offset(all, place), i)
		})
	}
	leaf := map[*ir.Value][]float64{}
	for i, l := range p.In {
		leaf[l] = e.read(n.In[i])
	}
	for step := range p.T {
		t := step
		if p.Reverse {
			t = p.T - 1 - step
		}
		for i := p.States; i < p.States+p.Sequences; i++ {
			x, slice := e.read(n.In[i]), make([]float64, count(e.extents(p.In[i].Shape)))
			stacked(p.In[i].Shape, t, func(all, one int) { slice[one] = x[all] })
			leaf[p.In[i]] = slice
		}
		value := Eval(p.Body, leaf, e.rows)
		for i, v := range p.Results() {
			stacked(v.Shape, t, func(all, one int) { out[i][all] = value[v][one] })
		}
		for i := range p.States {
			leaf[p.In[i]] = value[p.Body.Outs[i]]
		}
	}
}

// each visits the places of a shape in row-major order with their number.
func each(shape []int, visit func(i int, at []int)) {
	at := make([]int, len(shape))
	for i := range count(shape) {
		visit(i, at)
		for a := len(shape) - 1; a >= 0; a-- {
			if at[a]++; at[a] < shape[a] {
				break
			}
			at[a] = 0
		}
	}
}

// offset is the row-major number of a place.
func offset(shape, at []int) int {
	o := 0
	for i, d := range shape {
		o = o*d + at[i]
	}
	return o
}

// count is the number of elements of a shape.
func count(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

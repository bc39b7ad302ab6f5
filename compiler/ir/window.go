package ir

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Window shows a value through windows that slide along some of its axes. Each Win replaces its axis by the Out positions
// of the window and appends an axis of Size behind all others, in the order of Wins:
//
//	out[…, o, …, k] = x[…, o·Stride + k·Dilation - Pad, …]       a place outside reads Fill
//	out[…, o·Stride + k·Dilation - Pad, …] += d[…, o, …, k]      Adjoint, its transpose: a place outside adds nothing
//
// A convolution is a Window and a Dot, a pooling a Window and a Reduce, a transposed convolution a Dot and the adjoint
// (Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016).
type Window struct {
	Wins    []Win
	Fill    float64
	Adjoint bool
	Shape   []int // of the Adjoint's result
}

// Win is a window along one axis.
type Win struct {
	Axis     int
	Size     int // elements that the window shows
	Stride   int // from one position to the next
	Dilation int // from one element of the window to the next
	Pad      int // elements that are thought before the first
	Out      int // positions
}

// Reach is the place behind the last that the window shows, counted from the first element.
func (w Win) Reach() int { return (w.Out-1)*w.Stride + (w.Size-1)*w.Dilation - w.Pad + 1 }

// Window adds sliding windows. Fill is what the places outside hold: 0, or -Inf below a maximum. Windows of one element that
// stand on every place are x itself with an axis of one for each.
func (g *Graph) Window(x *Value, fill float64, w ...Win) *Value {
	if places(x.Shape, w) {
		return g.Reshape(x, (&Window{Wins: w}).Shown(x.Shape)...)
	}
	return g.Add(&Window{Wins: w, Fill: fill}, x)[0]
}

// OverlapAdd adds the transpose of Window: a value of the given shape, into which the windows that d shows are added.
func (g *Graph) OverlapAdd(d *Value, shape []int, w ...Win) *Value {
	if places(shape, w) {
		return g.Reshape(d, shape...)
	}
	return g.Add(&Window{Wins: w, Adjoint: true, Shape: shape}, d)[0]
}

// places says whether windows over a value of the given shape show each of its elements once, alone and in order.
func places(shape []int, wins []Win) bool {
	return !slices.ContainsFunc(wins, func(w Win) bool { return w.Size > 1 || w.Stride > 1 || w.Pad > 0 || w.Out != shape[w.Axis] })
}

func (p *Window) String() string {
	var s []string
	for _, w := range p.Wins {
		s = append(s, fmt.Sprintf("axis %d: %d of %d, stride %d, dilation %d, pad %d", w.Axis, w.Out, w.Size, w.Stride, w.Dilation, w.Pad))
	}
	text := strings.Join(s, "; ")
	if p.Adjoint {
		text = fmt.Sprintf("add into %s, %s", ShapeText(p.Shape), text)
	}
	if p.Fill != 0 {
		text += ", fill " + Number(p.Fill)
	}
	return text
}

// Shown is the shape in which a value of the given shape is shown.
func (p *Window) Shown(x []int) []int {
	s := slices.Clone(x)
	for _, w := range p.Wins {
		s[w.Axis] = w.Out
		s = append(s, w.Size)
	}
	return s
}

// Infer implements Prim.
func (p *Window) Infer(in []*Value) []Type {
	x := in[0].Shape
	if p.Adjoint {
		x = p.Shape
	}
	assert(in[0].Elem == Float, "window: of integers")
	assert(!math.IsNaN(p.Fill) && (p.Fill == 0 || !p.Adjoint), "window %s: fill", p)
	for i, w := range p.Wins {
		assert(w.Axis < len(x) && x[w.Axis] != Batch, "window %s: no axis %d of %v", p, w.Axis, x)
		assert(!slices.ContainsFunc(p.Wins[:i], func(v Win) bool { return v.Axis == w.Axis }), "window %s: two along axis %d", p, w.Axis)
		assert(w.Size > 0 && w.Stride > 0 && w.Dilation > 0 && w.Pad >= 0 && w.Out > 0, "window %s", p)
		assert(w.Out > 1 || w.Size > 1 || w.Pad == 0, "window %s: all of it is outside", p)
	}
	if p.Adjoint {
		assert(slices.Equal(in[0].Shape, p.Shown(p.Shape)), "window %s: of %v", p, in[0].Shape)
		return []Type{{Shape: p.Shape}}
	}
	return []Type{{Shape: p.Shown(x)}}
}

// VJP implements Prim: each is the other's. What the places outside hold has no gradient.
func (p *Window) VJP(g *Graph, n *Node, dOut []*Value, need []bool) []*Value {
	if p.Adjoint {
		return []*Value{g.Window(dOut[0], 0, p.Wins...)}
	}
	return []*Value{g.OverlapAdd(dOut[0], n.In[0].Shape, p.Wins...)}
}

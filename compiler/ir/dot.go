package ir

import (
	"slices"
	"strings"
)

// Dot contracts two operands over labels, as einsum writes it: "bi,io->bo" is out[b,o] = Σ_i a[b,i]·b[i,o].
// Each label of an operand stands in the other or in the result, and none twice in one operand.
type Dot struct{ A, B, Out string }

// Dot adds a contraction.
func (g *Graph) Dot(spec string, a, b *Value) *Value {
	in, out, _ := strings.Cut(spec, "->")
	l, r, _ := strings.Cut(in, ",")
	return g.Add(&Dot{l, r, out}, a, b)[0]
}

func (p *Dot) String() string { return p.A + "," + p.B + "->" + p.Out }

// Extents maps labels to their extents.
func (p *Dot) Extents(in []*Value) map[byte]int {
	ext := map[byte]int{}
	for k, labels := range []string{p.A, p.B} {
		other := []string{p.B, p.A}[k]
		assert(len(labels) == len(in[k].Shape), "dot %s: operand %d is %v", p, k, in[k].Shape)
		for i := range len(labels) {
			l := labels[i]
			assert(strings.IndexByte(labels, l) == i, "dot %s: %c stands twice in operand %d", p, l, k)
			assert(strings.IndexByte(other+p.Out, l) >= 0, "dot %s: %c stands alone", p, l)
			if e, ok := ext[l]; ok {
				assert(e == in[k].Shape[i], "dot %s: %c is %d and %d", p, l, e, in[k].Shape[i])
			}
			ext[l] = in[k].Shape[i]
		}
	}
	return ext
}

// Summed lists the contracted labels, in the order of the first operand.
func (p *Dot) Summed() string {
	var s []byte
	for i := range len(p.A) {
		if l := p.A[i]; strings.IndexByte(p.Out, l) < 0 {
			s = append(s, l)
		}
	}
	return string(s)
}

// MACs counts the multiply-adds, a row where the batch is among the labels.
func (p *Dot) MACs(in []*Value) int {
	n := 1
	for _, l := range []byte(p.Out + p.Summed()) {
		if e := p.Extents(in)[l]; e != Batch {
			n *= e
		}
	}
	return n
}

// Infer implements Prim.
func (p *Dot) Infer(in []*Value) []Type {
	ext := p.Extents(in)
	shape := make([]int, len(p.Out))
	for i := range len(p.Out) {
		e, ok := ext[p.Out[i]]
		assert(ok, "dot %s: %c has no operand", p, p.Out[i])
		shape[i] = e
	}
	assert(!slices.Contains(shape[min(1, len(shape)):], Batch), "dot %s: the batch is not the first axis", p)
	return []Type{{Shape: shape}}
}

// VJP implements Prim: the gradient by one operand is the contraction of dy with the other.
func (p *Dot) VJP(g *Graph, n *Node, dOut []*Value, need []bool) []*Value {
	out := make([]*Value, 2)
	if need[0] {
		out[0] = g.Dot(p.Out+","+p.B+"->"+p.A, dOut[0], n.In[1])
	}
	if need[1] {
		out[1] = g.Dot(p.Out+","+p.A+"->"+p.B, dOut[0], n.In[0])
	}
	return out
}

package ir

import "fmt"

// Random is uniform in [0, 1): a pure function of (seed, step, Stream, place), the place being row·width + column. It is
// never stored: whoever reads it computes it, backward as well as forward. Streams are unique.
type Random struct {
	Stream uint32
	Shape  []int
}

// Random adds a source with a stream of its own.
func (g *Graph) Random(shape ...int) *Value {
	assert(!g.inner, "random numbers in a body would be the same at every step")
	g.streams++
	return g.Add(&Random{g.streams, shape})[0]
}

func (p *Random) String() string {
	return fmt.Sprintf("stream %d over %s", p.Stream, ShapeText(p.Shape))
}

// Infer implements Prim.
func (p *Random) Infer([]*Value) []Type { return []Type{{Shape: p.Shape}} }

// VJP implements Prim: there is none.
func (p *Random) VJP(*Graph, *Node, []*Value, []bool) []*Value { return nil }

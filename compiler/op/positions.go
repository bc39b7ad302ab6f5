package op

import (
	"math"

	"github.com/nnc-lang/nnc/compiler/ir"
)

var positionsLayer = &Def{
	Name: "positions",
	Kind: Layer,
	Doc: `Adds to every step of a sequence what tells its place, since attention by itself sees no order. Sinusoidal: sine and cosine
in turn, of wavelengths from 2π up to 10000·2π, nothing to learn. Learned: a weight for each step, from normal(0.02).`,
	Shapes: []string{"[T, D] -> [T, D]"},
	Formula: `y[t, d] = x[t, d] + P[t, d]
sinusoidal: P[t, 2i] = sin(t/10000^(2i/D)) and P[t, 2i + 1] = cos(t/10000^(2i/D)); t counts from 0
learned: P is the weight (T, D)`,
	Source:  "Vaswani and others, Attention Is All You Need, 2017, section 3.5",
	Example: "embed(64) -> positions(kind: learned)",
	Weights: true,
	Args: []Arg{
		{Name: "kind", Type: Word, Words: []string{"sinusoidal", "learned"}, Default: "sinusoidal", Doc: "where the values come from"},
	},
	Layer: func(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
		x := in[0]
		if err := wantSequence(x); err != nil {
			return nil, err
		}
		steps, size := x.Row()[0], x.Row()[1]
		var places *ir.Value
		if a.Word("kind") == "learned" {
			places = b.Weight("weight", []int{steps, size}, Weight{Init: smallNormal(), FanIn: steps, FanOut: size})
		} else {
			places = b.Named("places", b.sinusoids(steps, size))
		}
		return b.Map(x.Shape, ir.Add(ir.A(0), ir.A(1)), ir.Whole(x), ir.Along(places, 1, 2)), nil
	},
	Cases: []Case{
		{Call: "positions", In: []string{"[3, 4]"}},
		{Call: "positions(kind: sinusoidal)", In: []string{"[2, 3]"}},
		{Call: "positions(kind: learned)", In: []string{"[3, 2]"}},
	},
}

// sinusoids is P of the formula, (steps, size), computed from the places alone.
func (b *Builder) sinusoids(steps, size int) *ir.Value {
	t, d := ir.Ix(0), ir.Ix(1)
	even := ir.Mul(ir.C(2), ir.E(ir.OpFloor, ir.Mul(ir.C(0.5), d))) // 2i
	angle := ir.Mul(t, ir.E(ir.OpExp, ir.Mul(ir.C(-math.Log(10000)/float64(size)), even)))
	return b.Map([]int{steps, size}, ir.Select(ir.E(ir.OpEQ, d, even), ir.E(ir.OpSin, angle), ir.E(ir.OpCos, angle)))
}

package op

import (
	"math"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
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
		switch learned := a.Word("kind") == "learned"; {
		case learned:
			places = b.Weight("weight", []int{steps, size}, Weight{Init: smallNormal(), FanIn: steps, FanOut: size})
		case steps*size > MaxSize:
			return nil, Errorf(diag.BadShape, "wants a sequence of at most %d numbers, got %s", MaxSize, rowText(x))
		default:
			places = b.sinusoids(steps, size)
		}
		return b.Map(x.Shape, ir.Add(ir.A(0), ir.A(1)), ir.Whole(x), ir.Along(places, 1, 2)), nil
	},
	Cases: []Case{
		{Call: "positions", In: []string{"[3, 4]"}},
		{Call: "positions(kind: sinusoidal)", In: []string{"[2, 3]"}},
		{Call: "positions(kind: learned)", In: []string{"[3, 2]"}},
	},
}

// sinusoids is P of the formula, (steps, size), as fixed values; the runtime's function of that name computes them for the
// generated code, which would not be the more readable for so many numbers.
func (b *Builder) sinusoids(steps, size int) *ir.Value {
	w := Weight{Frozen: true, InCode: true, Init: ir.Init{Func: "Sinusoids", Args: []float64{float64(size)}}}
	for t := range steps {
		for d := range size {
			angle := float64(t) / math.Pow(10000, float64(d-d%2)/float64(size))
			f := math.Sin
			if d%2 == 1 {
				f = math.Cos
			}
			w.Values = append(w.Values, f(angle))
		}
	}
	return b.Weight("sinusoids", []int{steps, size}, w)
}

package op

import (
	"math"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// cell is what one step of a recurrent layer computes: all that rnn, gru and lstm differ in.
type cell struct {
	gates  int      // how many parts of the size units a step's products have
	states []string // what is handed from step to step, the hidden state first, which is the output too

	// step gives the next states from the products of the input and of the hidden state with their weights, biases added,
	// (B, gates·units) both.
	step func(s *step, input, hidden *ir.Value, states []*ir.Value) []*ir.Value
}

// step is what a cell builds with: the graph of a step, and names for what stands in it.
type step struct {
	*ir.Graph
	prefix string // lstm1.
	units  int
	a      *Args
}

// named gives a value a name.
func (s *step) named(part string, v *ir.Value) *ir.Value {
	if v.Name == "" {
		v.Name = s.prefix + part
	}
	return v
}

// parts cuts what has a part of the size units for each name.
func (s *step) parts(v *ir.Value, names ...string) []*ir.Value {
	sizes := make([]int, len(names))
	for i := range names {
		sizes[i] = s.units
	}
	parts := s.Split(v, 1, sizes...)
	for i, name := range names {
		s.named(name, parts[i])
	}
	return parts
}

// gate is f of the sum of values, both named.
func (s *step) gate(name string, f ir.Op, v ...*ir.Value) *ir.Value {
	return s.named(name, s.Each(ir.E(f, ir.A(0)), s.named(name+"_sum", s.Sum(v...))))
}

// recurrentShapes are those of every recurrent layer.
var recurrentShapes = []string{"[T, D] -> [T, units]", "[T, D] -> [T, 2·units], where bidirectional: forward first"}

// recurrentDoc says what all recurrent layers have in common.
const recurrentDoc = `

The states start from zero. The output is the hidden state of every step; last takes that of the last one. reverse: true runs
from the last step to the first, its output in the order of the input. bidirectional: true runs both ways, with weights of
their own, and gives both hidden states of every step.

The weights of input and hidden state start from uniform(-1/√units, 1/√units), as PyTorch's, the biases from 0, where PyTorch
draws them too.`

// recurrentArgs are the arguments of every recurrent layer, after units and those of its own.
func recurrentArgs(own ...Arg) []Arg {
	args := append([]Arg{{Name: "units", Type: Size, Required: true, Doc: "the size of the hidden state, which is the size of an output"}}, own...)
	return append(args,
		Arg{Name: "reverse", Type: Bool, Default: false, Doc: "whether it runs from the last step to the first"},
		Arg{Name: "bidirectional", Type: Bool, Default: false, Doc: "whether it runs both ways"},
		Arg{Name: "bias", Type: Bool, Default: true, Doc: "whether there are biases: one for the input's product, one for the hidden state's"},
		Arg{Name: "init", Type: Init, Doc: "how the weights start, if not from uniform(-1/√units, 1/√units)"},
	)
}

// checkRecurrent finds what excludes each other.
func checkRecurrent(a *Args) *Error {
	if a.Bool("reverse") && a.Bool("bidirectional") {
		return Errorf(diag.BadArgument, "reverse and bidirectional exclude each other").Blame("reverse").
			WithHelp("leave reverse out: bidirectional runs both ways")
	}
	return nil
}

// recurrent is the layer of a cell.
func recurrent(c cell) layerFunc {
	return func(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
		if err := wantSequence(in[0]); err != nil {
			return nil, err
		}
		hidden := c.run(b, in[0], a, a.Bool("reverse"), "", "")
		if !a.Bool("bidirectional") {
			return hidden, nil
		}
		back := c.run(b, in[0], a, true, "_reverse", "reverse_")
		return b.Concat(2, b.Named("outputs", hidden), b.Named("reverse_outputs", back)), nil
	}
}

// run gives the hidden states (B, T, units) of one direction, whose weights end in suffix and whose values begin with prefix.
func (c cell) run(b *Builder, x *ir.Value, a *Args, reverse bool, suffix, prefix string) *ir.Value {
	inputs, units := x.Row()[1], a.Int("units")
	bound := 1 / math.Sqrt(float64(units))
	init := ir.Init{Func: "UniformInit", Args: []float64{-bound, bound}}
	if a.Has("init") {
		init = a.Init("init")
	}
	weight := func(name string, from int) *ir.Value {
		return b.Weight(name+"_l0"+suffix, []int{from, c.gates * units}, Weight{Perm: []int{1, 0}, Init: init, FanIn: from, FanOut: c.gates * units, Penalised: true})
	}
	bias := func(name string) *ir.Value {
		return b.Weight(name+"_l0"+suffix, []int{c.gates * units}, Weight{Init: zerosInitialiser.Init(nil)})
	}

	ofInput, constants := weight("weight_ih", inputs), []*ir.Value{weight("weight_hh", units)}
	var ofInputs []*ir.Value
	if a.Bool("bias") {
		ofInputs, constants = []*ir.Value{bias("bias_ih")}, append(constants, bias("bias_hh"))
	}
	// The input's product is no part of the loop: it is one contraction over all steps.
	products := b.Named(prefix+"inputs", stepwise(b, x, ofInput, ofInputs...))

	states := make([]*ir.Value, len(c.states))
	for i := range states {
		states[i] = b.Const(0, x.Shape[0], units)
	}
	return b.Scan(1, reverse, states, []*ir.Value{products}, constants, func(g *ir.Graph, before, xs, w []*ir.Value) (next, results []*ir.Value) {
		s := &step{Graph: g, prefix: b.Name + "." + prefix, units: units, a: a}
		for i, name := range c.states {
			before[i].Name = s.prefix + name + "_before"
		}
		// b is the batch, h the units of the hidden state, o those of the gates.
		product := g.Dot("bh,ho->bo", before[0], w[0])
		if a.Bool("bias") {
			product = g.Map(product.Shape, ir.Add(ir.A(0), ir.A(1)), ir.Whole(product), ir.Along(w[1], 1))
		}
		next = c.step(s, xs[0], s.named("recurrent", product), before)
		for i, name := range c.states {
			s.named(name, next[i])
		}
		return next, next[:1]
	})[0]
}

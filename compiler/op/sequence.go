package op

import (
	"fmt"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// wantSequence refuses what is not a sequence of vectors, [T, D], and says how to make one of it.
func wantSequence(x *ir.Value) *Error {
	row := x.Row()
	switch {
	case x.Elem == ir.Int && len(row) == 1:
		return Errorf(diag.BadType, "wants [T, D], got %s", rowText(x)).WithHelp("insert embed before this layer: it makes a vector of every label")
	case x.Elem == ir.Int:
		return Errorf(diag.BadType, "wants [T, D], got %s", rowText(x)).WithHelp("declare the input as a sequence of labels, [T]%s, and insert embed before this layer", portText(x))
	case len(row) == 2:
		return nil
	}
	err := Errorf(diag.BadRank, "wants [T, D], got %s", rowText(x))
	switch len(row) {
	case 1:
		return err.WithHelp("insert reshape([%d, 1]) before this layer, so that every number is a step", row[0])
	case 3:
		return err.WithHelp("insert reshape([%d, %d]) before this layer, so that every line is a step", row[0]*row[1], row[2])
	}
	return err
}

// stepwise is x·w + biases on every step of x (B, T, inputs): the sum of products is named part, the result has no name.
func stepwise(b *Builder, x, w *ir.Value, biases ...*ir.Value) *ir.Value {
	// b is the batch, t time, i inputs, o outputs.
	y := b.Dot("bti,io->bto", x, w)
	e, in := ir.A(0), []ir.At{ir.Whole(y)}
	for k, bias := range biases {
		e = ir.Add(e, ir.A(k+1))
		in = append(in, ir.Along(bias, 2))
	}
	return b.Map(y.Shape, e, in...)
}

// overTime is a layer that makes one step of the steps of a sequence: [T, D] -> [D].
func overTime(f func(b *Builder, x *ir.Value, steps int) *ir.Value) layerFunc {
	return func(b *Builder, in []*ir.Value, _ *Args) (*ir.Value, error) {
		if err := wantSequence(in[0]); err != nil {
			return nil, err
		}
		return f(b, in[0], in[0].Row()[0]), nil
	}
}

// divisors lists what divides n, for a message: 1, 2 or 4.
func divisors(n int) string {
	var s []string
	for d := 1; d <= n; d++ {
		if n%d == 0 {
			s = append(s, fmt.Sprint(d))
		}
	}
	return listing(s, "or")
}

package op

import (
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var reshapeLayer = &Def{
	Name:    "reshape",
	Kind:    Layer,
	Doc:     "Gives a sample another shape with as many elements, in the same row-major order.",
	Shapes:  []string{"any -> shape"},
	Formula: "y is x with other axes: element i, counted row-major, stays element i",
	Source:  torch("reshape") + "; the batch is left out and no size is inferred",
	Example: "reshape([1, 28, 28])",
	Args:    []Arg{{Name: "shape", Type: Wholes, Required: true, Doc: "the new shape without the batch"}},
	Check: func(a *Args) *Error {
		if slices.Contains(a.Ints("shape"), 0) {
			return Errorf(diag.BadSize, "every size in shape must be at least 1, got 0").Blame("shape")
		}
		return nil
	},
	Layer: func(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
		if err := wantNumbers(in...); err != nil {
			return nil, err
		}
		x, shape := in[0], a.Ints("shape")
		count := 1
		for _, n := range shape {
			count *= n
			if count > x.Size() { // and before it overflows
				break
			}
		}
		if count != x.Size() {
			return nil, Errorf(diag.BadShape, "cannot give %s, which has %d elements, the shape %s", rowText(x), x.Size(), ir.ShapeText(shape)).Blame("shape")
		}
		return withRow(b, x, shape...), nil
	},
	Cases: []Case{
		{Call: "reshape([2, 3])", In: []string{"[6]"}},
		{Call: "reshape(shape: [4, 3])", In: []string{"[2, 3, 2]"}},
	},
}

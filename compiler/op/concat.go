package op

import (
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var concatLayer = &Def{
	Name:    "concat",
	Kind:    Layer,
	Doc:     "Joins two values or more along an axis. Their other sizes are equal. Axes count from 0, without the batch.",
	Shapes:  []string{"[A], [B], … -> [A + B + …]", "[A, D], [B, D], … -> [A + B + …, D] along axis 0"},
	Formula: "y is a, then b, …, along the axis",
	Source:  torch("cat"),
	Example: "(left, right) -> concat",
	Inputs:  Many,
	Args:    []Arg{{Name: "axis", Type: Whole, Default: 0.0, Doc: "the axis along which they are joined"}},
	Layer: func(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
		if err := wantNumbers(in...); err != nil {
			return nil, err
		}
		if len(in) < 2 {
			return nil, Errorf(diag.BadShape, "wants two values or more, got %s alone", rowText(in[0])).WithHelp("put them in parentheses: (a, b) -> concat")
		}
		axis, err := axisOf(in[0], a)
		if err != nil {
			return nil, err
		}
		for _, v := range in[1:] {
			row, first := slices.Clone(v.Row()), in[0].Row()
			if len(row) == len(first) {
				row[axis] = first[axis]
			}
			if !slices.Equal(row, first) {
				return nil, Errorf(diag.BadShape, "wants values that are equal but for axis %d, got %s and %s", axis, rowText(in[0]), rowText(v))
			}
		}
		return b.Concat(axis+lead(in[0]), in...), nil
	},
	Cases: []Case{
		{Call: "concat", In: []string{"[2]", "[3]"}},
		{Call: "concat(axis: 1)", In: []string{"[2, 3]", "[2, 1]", "[2, 2]"}},
	},
}

// axisOf reads the argument axis and holds it to the axes of v.
func axisOf(v *ir.Value, a *Args) (int, *Error) {
	axis := a.Int("axis")
	if n := len(v.Row()); axis >= n {
		return 0, Errorf(diag.BadArgument, "axis must be below %d, the number of axes of %s, got %d", n, rowText(v), axis).Blame("axis")
	}
	return axis, nil
}

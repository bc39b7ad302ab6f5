package op

import (
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// What the normalisations share. Each takes a mean off what it normalises together, divides by a standard deviation, and
// gives the result a scale and a shift that train: y = (x - mean)/√(variance + eps)·weight + bias.

// moments are statistics of the values that are normalised together.
type moments struct {
	mean    *ir.Value
	squares *ir.Value // Σ(x - mean)²
	count   *ir.Expr  // of the values: a number, or that times the rows of the batch
}

// momentsOf sums x over axes, in two passes: the sum of squares less that of the mean would cancel where the mean is large
// beside the deviation.
func momentsOf(b *Builder, x *ir.Value, axes ...int) moments {
	m := moments{count: countOf(x, axes)}
	m.mean = b.Named("mean", b.Each(ir.Div(ir.A(0), m.count), b.ReduceSum(x, axes...)))
	// How the squares change with the mean is nothing to differentiate: Σ(x - mean) is 0.
	off := ir.Sub(ir.A(0), ir.A(1))
	m.squares = b.Named("squares", b.ReduceSum(b.Map(x.Shape, ir.Mul(off, off), ir.Whole(x), ir.Along(b.Detach(m.mean), rest(x, axes)...)), axes...))
	return m
}

// countOf is the number of values along axes.
func countOf(x *ir.Value, axes []int) *ir.Expr {
	n, rows := 1, false
	for _, a := range axes {
		if x.Shape[a] == ir.Batch {
			rows = true
		} else {
			n *= x.Shape[a]
		}
	}
	if rows {
		return ir.Mul(ir.C(float64(n)), ir.Rows())
	}
	return ir.C(float64(n))
}

// rest lists the axes of x but those given.
func rest(x *ir.Value, axes []int) []int {
	var kept []int
	for a := range x.Shape {
		if !slices.Contains(axes, a) {
			kept = append(kept, a)
		}
	}
	return kept
}

// rootOf is √(squares/count + eps): with the squares about the mean the standard deviation.
func rootOf(b *Builder, name string, squares *ir.Value, count *ir.Expr, eps float64) *ir.Value {
	return b.Named(name, b.Each(ir.E(ir.OpSqrt, ir.Add(ir.Div(ir.A(0), count), ir.C(eps))), squares))
}

// inverse is 1/v: what many values are divided by is turned round once.
func inverse(b *Builder, name string, v *ir.Value) *ir.Value {
	return b.Named(name, b.Each(ir.Div(ir.C(1), ir.A(0)), v))
}

// normWeight declares the scale of n channels or features, 1 at the start.
func normWeight(b *Builder, n int) *ir.Value {
	return b.Weight("weight", []int{n}, Weight{Init: ir.Init{Func: "Ones"}})
}

// normBias is likewise the shift, 0 at the start.
func normBias(b *Builder, n int) *ir.Value {
	return b.Weight("bias", []int{n}, Weight{Init: ir.Init{Func: "Zeros"}})
}

// featureAxis is the axis that layer_norm and rms_norm work on.
func featureAxis(x *ir.Value) (int, *Error) {
	if err := wantNumbers(x); err != nil {
		return 0, err
	}
	if n := len(x.Row()); n != 1 && n != 2 {
		e := Errorf(diag.BadRank, "wants [D] or [T, D], got %s", rowText(x))
		if n == 3 {
			e.WithHelp("write group_norm(1), which normalises a whole image and has a weight a channel")
		}
		return 0, e
	}
	return len(x.Shape) - 1, nil
}

// channelAxis is the axis of x that holds the channels: as the argument axis has it, else the first of an image and the
// last of a vector or a sequence.
func channelAxis(x *ir.Value, a *Args) (int, *Error) {
	if err := wantNumbers(x); err != nil {
		return 0, err
	}
	row := x.Row()
	if len(row) < 1 || len(row) > 3 {
		return 0, Errorf(diag.BadRank, "wants [D], [T, D] or [C, H, W], got %s", rowText(x)).WithHelp("put reshape before this layer")
	}
	axis := len(row) - 1
	switch {
	case a.Given("axis"):
		var err *Error
		if axis, err = axisOf(x, a); err != nil {
			return 0, err
		}
	case len(row) == 3:
		axis = 0
	}
	return axis + lead(x), nil
}

// The arguments of several normalisations.
func normEps(eps float64) Arg {
	return Arg{Name: "eps", Type: Number, Default: eps, Bounded: AtLeast, Doc: "added to the variance, so that nothing is divided by 0"}
}

var normAxis = Arg{Name: "axis", Type: Whole, Doc: "the axis of the channels: unless given 0 of [C, H, W], else the last; on [C, L], which conv1d gives, write 0"}

package op

import (
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// BuildLoss builds a data loss of the output y against a target as one scalar: the batch's mean, or sum, times weight.
func BuildLoss(b *Builder, y, target *ir.Value, a *Args) (*ir.Value, error) {
	terms, err := a.Def.Loss(b, y, target, a)
	if err != nil {
		return nil, err
	}
	weight := ir.C(a.Float("weight"))
	if a.Word("reduction") == "sum" {
		rows := terms.Rows
		if terms.Counts != nil {
			rows = b.Each(ratio(ir.A(0), ir.A(1)), rows, terms.Counts)
		}
		return b.Each(ir.Mul(weight, ir.A(0)), b.Total(rows)), nil
	}
	if terms.Counts == nil {
		return b.Each(ir.Mul(weight, ir.Div(ir.A(0), ir.Rows())), b.Total(terms.Rows)), nil
	}
	return b.Each(ir.Mul(weight, ratio(ir.A(0), ir.A(1))), b.Total(terms.Rows), b.Total(terms.Counts)), nil
}

// ratio is sum/count, 0 where nothing counts.
func ratio(sum, count *ir.Expr) *ir.Expr {
	return ir.Select(ir.E(ir.OpGT, count, ir.C(0)), ir.Div(sum, count), ir.C(0))
}

// lossArgs declares a data loss's own arguments and those that every data loss has.
func lossArgs(own ...Arg) []Arg {
	return append(own,
		Arg{Name: "reduction", Type: Word, Words: []string{"mean", "sum"}, Default: "mean",
			Doc: "mean divides by the rows of the batch, or by the labels that count; sum adds the rows"},
		Arg{Name: "weight", Type: Number, Default: 1.0, Doc: "what the term is multiplied by before terms are added"},
	)
}

// pairing says how a target stands to an output.
type pairing int

const (
	numbers pairing = iota // numbers of the output's shape
	oneHot                 // a label in [0, n) for n outputs along the last axis
	binary                 // a label of two for one output
)

// pair finds out how a target stands to an output, and says what is wrong where it does not fit.
func pair(y, target *ir.Value) (pairing, *Error) {
	if err := wantNumbers(y); err != nil {
		return 0, err
	}
	if target.Elem != ir.Int {
		if !sameShape(y, target) {
			return 0, Errorf(diag.BadShape, "wants output and target of one shape, got %s and %s", rowText(y), rowText(target))
		}
		return numbers, nil
	}
	classes, row := target.Port.Classes, y.Row()
	if len(row) == 0 || !slices.Equal(row[:len(row)-1], target.Row()) {
		return 0, Errorf(diag.BadShape, "wants an output of %s for %s, got %s", ir.ShapeText(append(slices.Clone(target.Row()), classes)), portText(target), rowText(y))
	}
	switch n := row[len(row)-1]; {
	case n == classes:
		return oneHot, nil
	case n == 1 && classes == 2:
		return binary, nil
	default:
		return 0, Errorf(diag.BadShape, "wants an output for each of the %d classes of %s, got %s", classes, target.Port.Name, rowText(y))
	}
}

// elementLoss is a loss that averages f(output, target) over the elements of a row. Labels are one-hot, or 0 and 1.
func elementLoss(f func(y, t *ir.Expr) *ir.Expr) func(*Builder, *ir.Value, *ir.Value, *Args) (LossTerms, error) {
	return func(b *Builder, y, target *ir.Value, _ *Args) (LossTerms, error) {
		p, err := pair(y, target)
		if err != nil {
			return LossTerms{}, err
		}
		return meanTerms(b, y, target, p, f), nil
	}
}

// meanTerms averages f(output, target) over a row's elements; those of an ignored label do not count.
func meanTerms(b *Builder, y, target *ir.Value, p pairing, f func(y, t *ir.Expr) *ir.Expr) LossTerms {
	last := len(y.Shape) - 1
	if p == numbers {
		each := b.Each(f(ir.A(0), ir.A(1)), y, target)
		return LossTerms{Rows: over(b, rowSum(b, each), y.Size())}
	}
	label := ir.A(1)
	t := label
	if p == oneHot {
		t = ir.Select(ir.E(ir.OpEQ, ir.Ix(last), label), ir.C(1), ir.C(0))
	}
	e := ir.Select(ir.E(ir.OpGE, label, ir.C(0)), f(ir.A(0), t), ir.C(0))
	each := b.Each(e, y, target)
	return LossTerms{Rows: over(b, rowSum(b, each), y.Shape[last]), Counts: counts(b, target)}
}

// rowSum adds the elements of each row: [B, …] -> [B].
func rowSum(b *Builder, v *ir.Value) *ir.Value {
	var axes []int
	for i := 1; i < len(v.Shape); i++ {
		axes = append(axes, i)
	}
	return b.ReduceSum(v, axes...)
}

// over divides by a whole number.
func over(b *Builder, v *ir.Value, n int) *ir.Value {
	return b.Each(ir.Div(ir.A(0), ir.C(float64(n))), v)
}

// counts says for each row how many of its labels count: [B].
func counts(b *Builder, label *ir.Value) *ir.Value {
	return rowSum(b, b.Each(ir.Select(ir.E(ir.OpGE, ir.A(0), ir.C(0)), ir.C(1), ir.C(0)), label))
}

// regressionCases are the cases of a loss that takes numbers and labels alike.
func regressionCases(call string, kinked bool) []Case {
	return []Case{
		{Call: call, In: []string{"[4]", "[4]"}, Kinked: kinked},
		{Call: call, In: []string{"[2, 3]", "[2, 3]"}, Kinked: kinked},
		{Call: call, In: []string{"[3]", "class(3)"}, Kinked: kinked},
		{Call: call, In: []string{"[1]", "class(2)"}, Kinked: kinked},
		{Call: call, In: []string{"[5, 3]", "[5]class(3)"}, Kinked: kinked},
	}
}

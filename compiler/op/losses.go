package op

import (
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// What the losses share: how a target stands to an output, what every loss is averaged by, and the arguments reduction and
// weight.

// BuildLoss builds a data loss of the output y against a target as one scalar: the batch's mean or sum, times weight.
//
// The mean divides by the batch's real rows; where a target has labels, by those that count, a label of -1 being ignored,
// and it is 0 where none does. The sum adds each row's own mean. The error is an *Error.
func BuildLoss(b *Builder, y, target *ir.Value, a *Args) (*ir.Value, error) {
	terms, err := a.Def.Loss(b, y, target, a)
	if err != nil {
		return nil, err
	}
	b.Named("rows", terms.Rows)
	if terms.Counts != nil {
		b.Named("counts", terms.Counts)
	}
	weight := ir.C(a.Float("weight"))
	if a.Word("reduction") == "sum" {
		rows := terms.Rows
		if terms.Counts != nil {
			rows = b.Each(ratio(ir.A(0), ir.A(1)), rows, terms.Counts)
		}
		return b.Each(ir.Mul(weight, ir.A(0)), b.Named("sum", b.Total(rows))), nil
	}
	if terms.Counts == nil {
		return b.Each(ir.Mul(weight, ir.Div(ir.A(0), ir.Rows())), b.Named("sum", b.Total(terms.Rows))), nil
	}
	return b.Each(ir.Mul(weight, ratio(ir.A(0), ir.A(1))), b.Named("sum", b.Total(terms.Rows)), b.Named("count", b.Total(terms.Counts))), nil
}

// ratio is sum/count, 0 where nothing counts.
func ratio(sum, count *ir.Expr) *ir.Expr {
	return ir.Select(positive(count), ir.Div(sum, count), ir.C(0))
}

// lossArgs declares a data loss's own arguments and those that every data loss has.
func lossArgs(own ...Arg) []Arg {
	return append(own,
		Arg{Name: "reduction", Type: Word, Words: []string{"mean", "sum"}, Default: "mean",
			Doc: "mean divides by the rows of the batch, or by the labels that count; sum adds the rows"},
		Arg{Name: "weight", Type: Number, Default: 1.0, Doc: "what the loss is multiplied by before several are added"},
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
	classes, row, steps := target.Port.Classes, y.Row(), target.Row()
	if len(row) == len(steps)+1 && slices.Equal(row[:len(steps)], steps) {
		switch n := row[len(steps)]; {
		case n == classes:
			return oneHot, nil
		case n == 1 && classes == 2:
			return binary, nil
		}
	}
	want := append(slices.Clone(steps), classes)
	return 0, Errorf(diag.BadShape, "wants an output of %s for the target %s, got %s", ir.ShapeText(want), portText(target), rowText(y))
}

// isLabel is the condition that a label counts.
func isLabel(label *ir.Expr) *ir.Expr { return ir.E(ir.OpGE, label, ir.C(0)) }

// counts says for each row how many of its labels count: [B].
func counts(b *Builder, label *ir.Value) *ir.Value {
	return total(b, b.Each(ir.Select(isLabel(ir.A(0)), ir.C(1), ir.C(0)), label))
}

// elements computes f(output, target) for every element, in y's shape: labels are read as one-hot, or as 0 and 1 where one
// output meets two classes, and one that is ignored gives 0. target may have fewer axes than y.
func elements(b *Builder, y, target *ir.Value, p pairing, f func(y, t *ir.Expr) *ir.Expr) *ir.Value {
	label := ir.A(1)
	switch p {
	case oneHot:
		hot := ir.Select(ir.E(ir.OpEQ, ir.Ix(len(y.Shape)-1), label), ir.C(1), ir.C(0))
		return b.Each(ir.Select(isLabel(label), f(ir.A(0), hot), ir.C(0)), y, target)
	case binary:
		return b.Each(ir.Select(isLabel(label), f(ir.A(0), label), ir.C(0)), y, target)
	}
	return b.Each(f(ir.A(0), ir.A(1)), y, target)
}

// meanTerms averages what elements gave over the elements of a row, or of a label.
func meanTerms(b *Builder, each, target *ir.Value, p pairing) LossTerms {
	if p == numbers {
		return LossTerms{Rows: over(b, total(b, each), each.Size())}
	}
	return LossTerms{
		Rows:   over(b, total(b, each), each.Shape[len(each.Shape)-1]),
		Counts: counts(b, target),
	}
}

// lossFunc builds a data loss.
type lossFunc = func(*Builder, *ir.Value, *ir.Value, *Args) (LossTerms, error)

// elementLoss is a loss that averages f(output, target) over the elements.
func elementLoss(f func(y, t *ir.Expr, a *Args) *ir.Expr) lossFunc {
	return func(b *Builder, y, target *ir.Value, a *Args) (LossTerms, error) {
		p, err := pair(y, target)
		if err != nil {
			return LossTerms{}, err
		}
		each := elements(b, y, target, p, func(y, t *ir.Expr) *ir.Expr { return f(y, t, a) })
		return meanTerms(b, each, target, p), nil
	}
}

// steps is over how many steps a row of a loss that adds over classes is averaged: [T, n] has T, [n] one.
func steps(y *ir.Value) int {
	row := y.Row()
	return ir.Size(row[:len(row)-1])
}

// regressionShapes and regressionCases are those of a loss that takes numbers and labels alike.
var regressionShapes = []string{"any, the same", "[n], class(n)", "[1], class(2)", "[T, n], [T]class(n)"}

func regressionCases(call string, kinked bool) []Case {
	return []Case{
		{Call: call, In: []string{"[4]", "[4]"}, Kinked: kinked},
		{Call: call, In: []string{"[2, 3]", "[2, 3]"}, Kinked: kinked},
		{Call: call, In: []string{"[3]", "class(3)"}, Kinked: kinked},
		{Call: call, In: []string{"[1]", "class(2)"}, Kinked: kinked},
		{Call: call, In: []string{"[5, 3]", "[5]class(3)"}, Kinked: kinked},
	}
}

// wantSoftmax refuses an output that does not come straight out of softmax.
func wantSoftmax(y *ir.Value) *Error {
	if y.LogOf != nil && y.Log1mOf == nil {
		return nil
	}
	e := Errorf(diag.NeedsSoftmax, "wants an output that comes from softmax")
	if y.Log1mOf != nil {
		return e.WithHelp("end the layers in softmax in place of sigmoid, or use binary_cross_entropy")
	}
	if y.IsLog {
		return e.WithHelp("end the layers in softmax in place of log_softmax, or use nll")
	}
	return e.WithHelp("put -> softmax at the end of the layers: the loss wants probabilities, not scores")
}

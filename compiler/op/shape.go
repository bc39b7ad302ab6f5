package op

import (
	"fmt"
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// rowText is the type of a row as the language writes it: [128], [5]class(10).
func rowText(v *ir.Value) string {
	if v.Elem == ir.Int {
		return portText(v)
	}
	return ir.ShapeText(v.Row())
}

// wantNumbers refuses class labels where numbers are meant.
func wantNumbers(in ...*ir.Value) *Error {
	for _, v := range in {
		if v.Elem == ir.Int {
			return Errorf(diag.BadType, "wants numbers, got %s", rowText(v)).WithHelp("insert embed before: it makes a vector of every label")
		}
	}
	return nil
}

// lead is the number of axes before a row's own: 1 for the batch, or 0.
func lead(v *ir.Value) int { return len(v.Shape) - len(v.Row()) }

// portText is the declared type of a class port: class(10), [5]class(10).
func portText(v *ir.Value) string {
	text := "class(" + fmt.Sprint(v.Port.Classes) + ")"
	if row := v.Row(); len(row) > 0 {
		return ir.ShapeText(row) + text
	}
	return text
}

// sameShape says whether the rows of two values have one shape.
func sameShape(a, b *ir.Value) bool { return slices.Equal(a.Row(), b.Row()) }

package ir

import (
	"reflect"
	"strings"
	"testing"
)

// TestCopierKnowsAll fails where one of the types that a step is made of gains a field that Copier may not know: one that
// it neither copies nor writes down would be lost, or taken for equal.
func TestCopierKnowsAll(t *testing.T) {
	for _, c := range []struct {
		of     any
		fields string
	}{
		{Step{}, "Line Back Doc Call Body Time Buf Work Repeat"},
		{TimeLoop{}, "Var T Reverse Steps"},
		{KernelCall{}, "Kernel Dst A B M K N Bias Act Mask"},
		{Extent{}, "N Rows"},
		{Loop{}, "Var To Guard Body"},
		{Set{}, "Dst Add E Guard"},
		{Fold{}, "Dst Add Max Wide Loops E Place At"},
		{Ref{}, "Buf Index Random Stream Formal Width"},
		{Index{}, "Terms Add"},
		{Term{}, "Var At Mul"},
		{Expr{}, "Op N C X Ref text"},
	} {
		var names []string
		typ := reflect.TypeOf(c.of)
		for i := range typ.NumField() {
			names = append(names, typ.Field(i).Name)
		}
		if got := strings.Join(names, " "); got != c.fields {
			t.Errorf("%s has the fields %s, Copier was written for %s: teach it, then this test", typ.Name(), got, c.fields)
		}
	}
}

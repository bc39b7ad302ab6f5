package codegen

import (
	"testing"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// TestRowsOf: where the units of a weight stand, whose first axis is theirs in PyTorch's layout.
func TestRowsOf(t *testing.T) {
	for _, c := range []struct {
		shape, perm   []int
		units, stride int
	}{
		{[]int{784, 128}, []int{1, 0}, 128, 1}, // dense: (inputs, units)
		{[]int{8, 3, 5, 5}, nil, 8, 75},        // (units, inputs, height, width)
		{[]int{3, 5, 5, 8}, []int{1, 2, 3, 0}, 8, 1},
		{[]int{3, 8, 5}, []int{1, 0, 2}, 8, 5},
	} {
		b := &ir.Buf{Shape: c.shape, Value: &ir.Value{Param: &ir.Weight{Perm: c.perm}}}
		if units, stride := rowsOf(b); units != c.units || stride != c.stride {
			t.Errorf("%v as %v: %d units at a stride of %d, want %d and %d", c.shape, c.perm, units, stride, c.units, c.stride)
		}
	}
}

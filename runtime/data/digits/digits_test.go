package digits

// Held here: the set is whole, scaled to 0…1, opens by data.Open, and is as
// data.Builtin describes it.

import (
	"slices"
	"testing"

	"github.com/nnc-lang/nnc/runtime/data"
)

func TestSet(t *testing.T) {
	for _, shape := range [][]int{{64}, {1, 8, 8}} {
		ports := []data.Port{{Name: "image", Shape: shape}, {Name: "digit", Classes: 10, Target: true}}
		train, test, err := data.Open(data.Spec{Kind: "digits"}, "", ports, Set)
		if err != nil {
			t.Fatal(err)
		}
		if train.Len() != 1438 || test.Len() != 359 {
			t.Errorf("%d and %d rows", train.Len(), test.Len())
		}
		// Every class is held out about as often as another: 36 times on average.
		y, rows := make([]int32, test.Len()), make([]int, test.Len())
		for i := range rows {
			rows[i] = i
		}
		if err := data.ReadLabels(test, 1, y, rows); err != nil {
			t.Fatal(err)
		}
		var counts [10]int
		for _, l := range y {
			counts[l]++
		}
		if slices.Min(counts[:]) < 20 || slices.Max(counts[:]) > 52 {
			t.Errorf("held out %v of the digits", counts)
		}
	}
}

func TestDescribed(t *testing.T) {
	table, err := Set.Open()
	if err != nil {
		t.Fatal(err)
	}
	k := slices.IndexFunc(data.Builtin(), func(i data.Info) bool { return i.Name == Set.Name })
	if info := data.Builtin()[k]; info.Rows != len(table.Y) || !slices.Equal(info.Shape, table.Shape) || !slices.Equal(info.Labels, table.Labels) {
		t.Errorf("data.Builtin says %+v", info)
	}
	if len(table.X) != 64*len(table.Y) || slices.Min(table.X) != 0 || slices.Max(table.X) != 1 {
		t.Errorf("%d pixels from %v to %v", len(table.X), slices.Min(table.X), slices.Max(table.X))
	}
	if !slices.Equal(table.X[:6], []float64{0, 0, 5. / 16, 13. / 16, 9. / 16, 1. / 16}) || table.Y[0] != 0 {
		t.Errorf("the first digit is %v: %v", table.Y[0], table.X[:6])
	}
}

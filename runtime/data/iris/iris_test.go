package iris

// Held here: the set is whole, opens by data.Open, and is the table of
// examples/data.

import (
	"os"
	"slices"
	"testing"

	"github.com/nnc-lang/nnc/runtime/data"
)

func TestSet(t *testing.T) {
	ports := []data.Port{{Name: "x", Shape: []int{4}}, {Name: "species", Classes: 3, Target: true}}
	train, test, err := data.Open(data.Spec{Kind: "iris"}, "", ports, Set)
	if err != nil {
		t.Fatal(err)
	}
	if train.Len() != 120 || test.Len() != 30 {
		t.Errorf("%d and %d rows", train.Len(), test.Len())
	}
	if want := []string{"setosa", "versicolor", "virginica"}; !slices.Equal(test.Labels("species"), want) {
		t.Errorf("labels %q", test.Labels("species"))
	}
	if want := []string{"sepal_length", "sepal_width", "petal_length", "petal_width"}; !slices.Equal(test.Names("x"), want) {
		t.Errorf("names %q", test.Names("x"))
	}
	table, err := Set.Open()
	if err != nil {
		t.Fatal(err)
	}
	var counts [3]int
	for _, y := range table.Y {
		counts[y]++
	}
	if counts != [3]int{50, 50, 50} || !slices.Equal(table.X[:4], []float64{5.1, 3.5, 1.4, 0.2}) {
		t.Errorf("%v flowers of each species, the first %v", counts, table.X[:4])
	}
}

func TestSameAsExamples(t *testing.T) {
	content, err := os.ReadFile("../../../examples/data/iris.csv")
	if err != nil {
		t.Fatal(err)
	}
	if string(content) != file {
		t.Error("examples/data/iris.csv differs: run convert.go there")
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
}

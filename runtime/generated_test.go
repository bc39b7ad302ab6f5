package rt

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The tests of this file hold what generated code shares to its contract.

func TestArrays(t *testing.T) {
	x := []float32{1, 2, 3, 4, 5, 6}
	rows := Arrays[[3]float32](x)
	rows[1][2] = 7
	if len(rows) != 2 || x[5] != 7 || !slices.Equal(Flat[float32](rows), x) {
		t.Errorf("%v of %v", rows, x)
	}
	if Arrays[[2]int32]([]int32(nil)) != nil {
		t.Error("no rows are some")
	}
	wantPanic(t, "5 numbers are not rows of 3", func() { Arrays[[3]float32](x[:5]) })
}

func TestGrow(t *testing.T) {
	s := make([]int, 2, 5)
	if g := Grow(s, 4); len(g) != 4 || &g[0] != &s[0] {
		t.Error("a slice with room was not used")
	}
	if g := Grow(s, 6); len(g) != 6 {
		t.Errorf("%d elements, want 6", len(g))
	}
}

func TestGrain(t *testing.T) {
	for _, test := range [][3]int{{64, 10, 64}, {64, 100_000, 64}, {64, 200_000, 32}, {64, 1 << 30, 1}} {
		if g := Grain(test[0], test[1]); g != test[2] {
			t.Errorf("Grain(%d, %d) = %d, want %d", test[0], test[1], g, test[2])
		}
	}
}

func TestFinite(t *testing.T) {
	nan, inf := float32(math.NaN()), Inf[float32](-1)
	for _, test := range []struct {
		x    []float32
		want bool
	}{{nil, true}, {[]float32{1, -math.MaxFloat32}, true}, {[]float32{1, nan}, false}, {[]float32{inf, 0}, false}} {
		if Finite(test.x) != test.want {
			t.Errorf("Finite(%v) is not %v", test.x, test.want)
		}
	}
}

func TestClass(t *testing.T) {
	for _, test := range []struct {
		scores []float64
		class  int
		score  float64
	}{
		{[]float64{0.2, 0.5, 0.3}, 1, 0.5}, {[]float64{-3, -1, -1}, 1, -1}, {[]float64{0.75}, 1, 0.75}, {[]float64{0.25}, 0, 0.75}, {[]float64{0.5}, 0, 0.5},
	} {
		if class, score := Class(test.scores); class != test.class || score != test.score {
			t.Errorf("Class(%v) = %d, %v", test.scores, class, score)
		}
	}
}

func TestChecks(t *testing.T) {
	CheckBatch("M", "x", 4, 4)
	CheckRows("M", "y", 4, "x", 4)
	MustLabels("M", "y", []int32{0, -1, 2}, 3, true)
	wantPanic(t, "M: the batch is empty", func() { CheckBatch("M", "x", 0, 4) })
	wantPanic(t, "M: x has 5 rows, the trainer takes up to 4: make it with rt.BatchSize(5)", func() { CheckBatch("M", "x", 5, 4) })
	CheckLeast("M", "x", 2, 2)
	wantPanic(t, "M: x has 1 row: training measures each batch and takes at least 2 at a time", func() { CheckLeast("M", "x", 1, 2) })
	wantPanic(t, "M: y has 3 rows, x has 4", func() { CheckRows("M", "y", 3, "x", 4) })
	wantPanic(t, "M: y, row 1: 3: not a class", func() { MustLabels("M", "y", []int32{0, 3}, 3, false) })
	MustSequences("M", "y", []int32{0, -1, 2, 1}, 2, 3, true)
	MustSequences("M", "y", nil, 0, 3, true)
	if n := testing.AllocsPerRun(10, func() { MustSequences("M", "y", []int32{0, 1}, 1, 3, true) }); n > 0 {
		t.Errorf("MustSequences allocates %v times", n)
	}
	wantPanic(t, "M: y, row 1: 3: not a class", func() { MustSequences("M", "y", []int32{0, 1, 2, 3}, 2, 3, false) })
	wantPanic(t, "M: the learning rate follows the epoch", func() { NeedStepsPerEpoch("M") })

	// Two labels a row, rows 7 and 9 of the data set.
	var e *DataError
	if err := CheckRead("y", []int32{0, 1, 2, 5}, 3, true, []int{7, 9}); !errors.As(err, &e) || e.Row != 9 || e.Value != "5" {
		t.Errorf("%v", err)
	}
	if err := CheckRead("y", []int32{0, 1, 2, -1}, 3, true, []int{7, 9}); err != nil {
		t.Error(err)
	}
}

func TestTransposeRows(t *testing.T) {
	dst := make([]float32, 12)
	n := TransposeRows(dst, []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 3, 2)
	if want := []float32{1, 3, 5, 2, 4, 6, 7, 9, 11, 8, 10, 12}; n != 12 || !slices.Equal(dst, want) {
		t.Errorf("%d: %v, want %v", n, dst, want)
	}
}

// named is a data set that names its features and classes.
type named struct{}

func (named) Names(string) []string { return []string{"length", "width"} }

func (named) Labels(port string) []string {
	if port == "kind" {
		return []string{"a", "b"}
	}
	return nil
}

func TestMeasureError(t *testing.T) {
	constant := &ConstantFeatureError{Feature: 1, Value: 3}
	for _, test := range []struct {
		err      error
		features int
		data     any
		want     string
	}{
		{constant, 2, named{}, "x: standardize: width is 3 in every row: drop it, or leave standardize off"},
		{constant, 4, named{}, "x: standardize: feature 1 is 3 in every row: drop it, or leave standardize off"},
		{constant, 2, nil, "x: standardize: feature 1 is 3 in every row: drop it, or leave standardize off"},
		{&DataError{Row: 4, Message: "no"}, 2, nil, "x, row 4: no"},
		{errors.ErrUnsupported, 2, nil, errors.ErrUnsupported.Error()},
	} {
		if got := MeasureError(test.err, "x", test.features, test.data); got.Error() != test.want {
			t.Errorf("got %v, want %s", got, test.want)
		}
	}
}

func TestLabels(t *testing.T) {
	var l Labels
	l.Adopt(nil, "kind")
	l.Adopt(named{}, "other")
	if l != nil {
		t.Errorf("labels out of nothing: %v", l)
	}
	l.Adopt(named{}, "kind")
	if !reflect.DeepEqual(l, Labels{"kind": {"a", "b"}}) {
		t.Errorf("%v", l)
	}
	c := l.Clone()
	c["kind"][0] = "changed"
	if l["kind"][0] != "a" || Labels(nil).Clone() != nil {
		t.Error("a clone shares its names")
	}
	meta := l.Metadata("M", "n", "3", "lr", "0.1")
	if want := map[string]string{"model": "M", "labels.kind": `["a","b"]`, "set.n": "3", "set.lr": "0.1"}; !reflect.DeepEqual(meta, want) {
		t.Errorf("%v", meta)
	}
	if got := LabelsOf(meta, "kind", 2); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("%v", got)
	}
	if model, set := Recorded(meta); model != "M" || !slices.Equal(set, []string{"lr", "0.1", "n", "3"}) {
		t.Errorf("recorded: %s, %v", model, set)
	}
	if LabelsOf(meta, "kind", 3) != nil || LabelsOf(meta, "none", 2) != nil {
		t.Error("labels of another model, or of no port")
	}
}

func TestReadWeights(t *testing.T) {
	_, err := ReadWeights([]byte("no weights"), "w.safetensors", "M", []Param[float32]{})
	var e *WeightsError
	if !errors.As(err, &e) || e.Path != "w.safetensors" {
		t.Errorf("%v", err)
	}
}

func wantPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if r, _ := recover().(string); !strings.Contains(r, want) {
			t.Errorf("panic %q, want %q", r, want)
		}
	}()
	f()
}

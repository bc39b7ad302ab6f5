package rt

import (
	"errors"
	"math"
	"testing"
)

// Label checks, the texts of errors, and views of arrays.

func TestCheckLabels(t *testing.T) {
	for _, c := range []struct {
		labels  []int32
		ignored bool
		says    string
	}{
		{nil, false, ""},
		{[]int32{0, 9, 3}, false, ""},
		{[]int32{0, 9, -1}, true, ""},
		{[]int32{0, 9, -1}, false, "digit, row 2: -1: not a class: labels are 0 to 9"},
		{[]int32{0, 10, 11}, false, "digit, row 1: 10: not a class: labels are 0 to 9"},
		{[]int32{-2}, true, "digit, row 0: -2: not a class: labels are 0 to 9, or -1 for a row to ignore"},
		{[]int32{math.MaxInt32}, true, "digit, row 0: 2147483647: not a class: labels are 0 to 9, or -1 for a row to ignore"},
		{[]int32{math.MinInt32}, true, "digit, row 0: -2147483648: not a class: labels are 0 to 9, or -1 for a row to ignore"},
	} {
		err := CheckLabels("digit", c.labels, 10, c.ignored)
		if c.says == "" && err == nil {
			continue
		}
		var data *DataError
		if !errors.As(err, &data) || err.Error() != c.says {
			t.Errorf("%v: %v, want %q", c.labels, err, c.says)
		}
	}
}

func TestErrorTexts(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&DataError{Row: -1, Message: "there are no rows"}, "there are no rows"},
		{&DataError{Port: "x", Row: -1, Message: "is missing"}, "x: is missing"},
		{&DataError{Port: "x", Row: 3, Value: "NaN", Message: "not a number"}, "x, row 3: NaN: not a number"},
		{&WeightsError{Path: "w.safetensors", Message: "the file is cut"}, "w.safetensors: the file is cut"},
		{&DivergedError{Step: 12, Epoch: 2, Loss: math.Inf(1)},
			"training diverged at step 12 (epoch 2): the loss is +Inf; the last good weights are kept (try a smaller learning rate, clip_norm, or standardized inputs)"},
	} {
		if c.err.Error() != c.want {
			t.Errorf("%q, want %q", c.err, c.want)
		}
	}
}

func TestViews(t *testing.T) {
	images := [][2 * 3]float32{{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12}}
	flat := Flat[float32](images)
	if len(flat) != 12 || cap(flat) != 12 || flat[6] != 7 {
		t.Fatalf("%v", flat)
	}
	flat[11] = -1
	if images[1][5] != -1 {
		t.Error("a view is a copy")
	}
	if words := Ints([][3]int32{{1, 2, 3}, {4, 5, 6}}); len(words) != 6 || words[5] != 6 {
		t.Errorf("%v", words)
	}
	if labels := Ints([]int32{4, 5}); len(labels) != 2 || labels[1] != 5 {
		t.Errorf("%v", labels)
	}
	if none := Flat[float64]([][4]float64(nil)); len(none) != 0 {
		t.Errorf("%v", none)
	}
	if n := testing.AllocsPerRun(10, func() { Flat[float32](images) }); n != 0 {
		t.Errorf("a view allocates %v times", n)
	}
	defer func() {
		if recover() == nil {
			t.Error("three bytes were read as numbers")
		}
	}()
	Flat[float32]([][3]byte{{1, 2, 3}})
}

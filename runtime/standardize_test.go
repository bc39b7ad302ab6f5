package rt

import (
	"errors"
	"math"
	"testing"
)

// Standardize: means and deviations of features and of channels, in blocks, far
// from zero, and what it refuses.

func TestStandardize(t *testing.T) {
	const rows, features, inner = 20_000, 3, 4 // several blocks
	value := func(r, f, i int) float64 {
		return 1e6*float64(f) + float64((r*7+i*3+f)%10)
	}
	mean, std := make([]float32, features), make([]float32, features)
	at := 0
	err := Standardize(mean, std, rows, inner, func(dst []float32, lo, hi int) error {
		if lo != at || hi <= lo || hi > rows || len(dst) != (hi-lo)*features*inner {
			t.Fatalf("a block [%d, %d) of %d numbers after row %d", lo, hi, len(dst), at)
		}
		at = hi
		for r := lo; r < hi; r++ {
			for f := range features {
				for i := range inner {
					dst[((r-lo)*features+f)*inner+i] = float32(value(r, f, i))
				}
			}
		}
		return nil
	})
	if err != nil || at != rows {
		t.Fatalf("%v after %d rows", err, at)
	}
	for f := range features {
		// Each digit as often as any other: mean 4.5, and variance (10²-1)/12.
		if want := 1e6*float64(f) + 4.5; math.Abs(float64(mean[f])-want) > 1e-7*want || math.Abs(float64(std[f])-math.Sqrt(99./12)) > 1e-6 {
			t.Errorf("feature %d: %v ± %v", f, mean[f], std[f])
		}
	}
}

func TestStandardizeRefuses(t *testing.T) {
	mean, std := []float64{5, 6}, []float64{7, 8}
	from := func(rows [][]float64) func([]float64, int, int) error {
		return func(dst []float64, lo, hi int) error {
			for r := lo; r < hi; r++ {
				copy(dst[(r-lo)*2:], rows[r])
			}
			return nil
		}
	}
	var constant *ConstantFeatureError
	err := Standardize(mean, std, 3, 1, from([][]float64{{1, 0.1}, {2, 0.1}, {3, 0.1}}))
	if !errors.As(err, &constant) || constant.Feature != 1 || constant.Value != 0.1 ||
		err.Error() != "standardize: feature 1 is 0.1 in every row: drop it, or leave standardize off" {
		t.Errorf("a constant feature: %v", err)
	}
	var bad *DataError
	err = Standardize(mean, std, 2, 1, from([][]float64{{1, 2}, {math.NaN(), 1}}))
	if !errors.As(err, &bad) || bad.Row != 1 || err.Error() != "row 1: NaN: standardize: feature 0 is not a finite number" {
		t.Errorf("NaN: %v", err)
	}
	if err := Standardize(mean, std, 2, 1, from([][]float64{{1, 1e200}, {2, -1e200}})); err == nil || err.Error() != "standardize: feature 1 has values too large to be scaled" {
		t.Errorf("squares that overflow: %v", err)
	}
	broken := errors.New("broken")
	if err := Standardize(mean, std, 2, 1, func([]float64, int, int) error { return broken }); err != broken {
		t.Errorf("read's error: %v", err)
	}
	if mean[0] != 5 || std[1] != 8 {
		t.Errorf("a refused measurement was stored: %v %v", mean, std)
	}
	if err := Standardize(mean, std, 2, 1, from([][]float64{{1, 2}, {3, 6}})); err != nil || mean[1] != 4 || std[1] != 2 || mean[0] != 2 || std[0] != 1 {
		t.Errorf("two rows: %v %v, %v", mean, std, err)
	}
}

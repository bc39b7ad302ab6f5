package rt

import (
	"fmt"
	"math"
	"strconv"
)

// ConstantFeatureError says that a feature (of an image, a channel) has one value
// in every row, so that its standard deviation is 0 and it cannot be scaled.
type ConstantFeatureError struct {
	Feature int     // counted from 0
	Value   float64 // the only value
}

// Error names the feature by its index; a caller that knows its column's name
// says that instead.
func (e *ConstantFeatureError) Error() string {
	return fmt.Sprintf("standardize: feature %d is %v in every row: drop it, or leave standardize off", e.Feature, e.Value)
}

// Standardize measures the mean and the standard deviation (divided by the
// count, not by one less) of each of len(mean) features over rows rows. A row is
// len(mean)·inner numbers, a feature's inner numbers side by side: inner is 1 for
// a vector [D], and H·W for an image [C, H, W], whose features are its channels.
//
// read fills dst with the rows [lo, hi); it is called once for each of ascending
// blocks, and its error ends the measuring. A number that is NaN or infinite
// gives a [*DataError] with its row, numbers whose squares overflow one without,
// and a constant feature a [*ConstantFeatureError]; mean and std are then left as
// they were. rows must be
// at least 1 and std as long as mean.
//
// The sums run in float64 by Welford's recurrence ("Note on a method for
// calculating corrected sums of squares and products", 1962), which does not
// cancel where the mean is large.
func Standardize[F Float](mean, std []F, rows, inner int, read func(dst []F, lo, hi int) error) error {
	features := len(mean)
	if len(std) != features || rows < 1 || inner < 1 {
		panic("rt: Standardize: std must be as long as mean, rows and inner at least 1")
	}
	width := features * inner
	const blockNumbers = 1 << 16
	block := make([]F, min(rows, max(1, blockNumbers/max(width, 1)))*width)
	rowsPerBlock := 1
	if width > 0 {
		rowsPerBlock = len(block) / width
	}
	m, sumSquares := make([]float64, features), make([]float64, features)
	for lo := 0; lo < rows; lo += rowsPerBlock {
		hi := min(lo+rowsPerBlock, rows)
		if err := read(block[:(hi-lo)*width], lo, hi); err != nil {
			return err
		}
		for r := lo; r < hi; r++ {
			row := block[(r-lo)*width:][:width]
			for f := range features {
				for i, v := range row[f*inner:][:inner] {
					x := float64(v)
					if math.IsNaN(x) || math.IsInf(x, 0) {
						return &DataError{Row: r, Value: strconv.FormatFloat(x, 'g', -1, 64),
							Message: fmt.Sprintf("standardize: feature %d is not a finite number", f)}
					}
					delta := x - m[f]
					m[f] += delta / (float64(r*inner+i) + 1)
					sumSquares[f] += float64(delta * (x - m[f]))
				}
			}
		}
	}
	for f, s := range sumSquares {
		switch std := float64(F(math.Sqrt(s / float64(rows*inner)))); {
		case std == 0:
			return &ConstantFeatureError{Feature: f, Value: m[f]}
		case math.IsNaN(std) || math.IsInf(std, 0): // squares of more than 1e154
			return &DataError{Row: -1, Message: fmt.Sprintf("standardize: feature %d has values too large to be scaled", f)}
		}
	}
	for f, s := range sumSquares {
		mean[f], std[f] = F(m[f]), F(math.Sqrt(s/float64(rows*inner)))
	}
	return nil
}

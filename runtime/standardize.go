package rt

import "fmt"

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
// a vector [D], H·W for an image [C, H, W], whose features are its channels.
//
// read fills dst with the rows [lo, hi); it is called for ascending blocks and
// its error ends the measuring. A constant feature gives a
// [*ConstantFeatureError]; so does a NaN or infinity a [*DataError].
func Standardize[F Float](mean, std []F, rows, inner int, read func(dst []F, lo, hi int) error) error {
	panic("skeleton")
}

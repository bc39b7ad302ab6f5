package rt

// Metric measures outputs against targets over any number of batches.
type Metric[F Float] interface {
	Name() string // as in the language: "accuracy"
	Reset()       // forgets all rows
	// Add takes rows of width outputs, out (rows, width), and their targets:
	// labels (rows), where -1 is ignored, or else target (rows, width).
	Add(out []F, width int, target []F, labels []int32)
	Value() MetricValue // over the rows since Reset
}

// MetricValue is what a metric measured.
type MetricValue struct {
	Name         string
	Value        float64
	Matrix       [][]int // confusion's counts, [label][prediction]; nil for all others
	MoreIsBetter bool
}

// Accuracy is the share of rows whose class is right.
func Accuracy[F Float](classes int) Metric[F] { panic("skeleton") }

// TopK is the share of rows whose label is among the k largest outputs.
func TopK[F Float](k int) Metric[F] { panic("skeleton") }

// Precision is TP/(TP+FP).
func Precision[F Float](classes int) Metric[F] { panic("skeleton") }

// Recall is TP/(TP+FN).
func Recall[F Float](classes int) Metric[F] { panic("skeleton") }

// F1 is the harmonic mean of precision and recall.
func F1[F Float](classes int) Metric[F] { panic("skeleton") }

// Confusion counts [label][prediction].
func Confusion[F Float](classes int) Metric[F] { panic("skeleton") }

// MAE is the mean absolute error.
func MAE[F Float]() Metric[F] { panic("skeleton") }

// MSE is the mean squared error.
func MSE[F Float]() Metric[F] { panic("skeleton") }

// RMSE is the square root of the mean squared error.
func RMSE[F Float]() Metric[F] { panic("skeleton") }

// R2 is the coefficient of determination.
func R2[F Float]() Metric[F] { panic("skeleton") }

package rt

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Metric measures outputs against targets over any number of batches.
type Metric[F Float] interface {
	Name() string // as in the language: "accuracy"
	Reset()       // forgets all rows
	// Add takes rows of width outputs, out (rows, width), and what they should be:
	// labels (rows), where -1 is ignored, or where labels is nil target (rows,
	// width). It panics where the lengths do not fit. It allocates at most in its
	// first call; but AUC keeps a score of every row, and allocates while there
	// are more than before the last Reset.
	Add(out []F, width int, target []F, labels []int32)
	Value() MetricValue // over the rows since Reset; 0 where there is none
}

// MetricValue is what a metric measured.
type MetricValue struct {
	Name         string
	Value        float64 // 0 for confusion
	Matrix       [][]int // confusion's counts, [label][prediction]; nil for all others
	MoreIsBetter bool
}

// The class that outputs name is the place of the largest, the first of equals;
// one output names class 1 above 0.5, else class 0. A target that is numbers
// names a class in the same way: one-hot, a distribution, or one number.

// Accuracy is the share of rows whose class is the label. classes is the number
// of outputs, or 2 for one output.
func Accuracy[F Float](classes int) Metric[F] {
	return &hits[F]{name: "accuracy", k: 1, classes: classes}
}

// TopK is the share of rows whose label is among the k largest outputs, one for
// each class.
func TopK[F Float](k int) Metric[F] { return &hits[F]{name: "top_k", k: k} }

// hits counts rows whose label is among the k largest outputs.
type hits[F Float] struct {
	name        string
	k, classes  int // classes: 0 where any number of outputs will do, but not one
	right, rows int
}

func (m *hits[F]) Name() string { return m.name }
func (m *hits[F]) Reset()       { m.right, m.rows = 0, 0 }

func (m *hits[F]) Add(out []F, width int, target []F, labels []int32) {
	rows := checkRows(out, width, target, labels)
	if m.classes > 0 {
		checkClasses(m.name, width, m.classes)
	} else if width < 2 {
		panic("rt: top_k needs an output for each class")
	}
	for r := range rows {
		row := out[r*width:][:width]
		label := labelOf(r, width, target, labels)
		if label < 0 {
			continue
		}
		m.rows++
		if width == 1 {
			if classOf(row) == label {
				m.right++
			}
			continue
		}
		// How many outputs come before the label's.
		before, mine := 0, row[label]
		for j, v := range row {
			if v > mine || v == mine && j < label {
				before++
			}
		}
		// A NaN has no place in an order, so that it is never right.
		if before < m.k && mine == mine {
			m.right++
		}
	}
}

func (m *hits[F]) Value() MetricValue {
	return MetricValue{Name: m.name, Value: ratio(float64(m.right), float64(m.rows)), MoreIsBetter: true}
}

// Precision is TP/(TP+FP): of class 1 where there are two, else the mean over all
// classes, of which one that nothing was taken for counts 0. classes is the
// number of outputs, or 2 for one output.
func Precision[F Float](classes int) Metric[F] {
	return newTable[F]("precision", classes, func(tp, fp, fn float64) float64 { return ratio(tp, tp+fp) })
}

// Recall is TP/(TP+FN), of the same classes as [Precision].
func Recall[F Float](classes int) Metric[F] {
	return newTable[F]("recall", classes, func(tp, fp, fn float64) float64 { return ratio(tp, tp+fn) })
}

// F1 is 2·TP/(2·TP+FP+FN), the harmonic mean of a class's precision and recall,
// of the same classes as [Precision].
func F1[F Float](classes int) Metric[F] {
	return newTable[F]("f1", classes, func(tp, fp, fn float64) float64 { return ratio(2*tp, 2*tp+fp+fn) })
}

// Confusion counts rows by label and by the class that the outputs name. Its
// value is the Matrix.
func Confusion[F Float](classes int) Metric[F] { return newTable[F]("confusion", classes, nil) }

// table counts rows by label and prediction.
type table[F Float] struct {
	name    string
	classes int
	score   func(tp, fp, fn float64) float64 // of one class; nil: the value is the table
	counts  []int                            // (classes, classes), [label][prediction]
}

func newTable[F Float](name string, classes int, score func(tp, fp, fn float64) float64) *table[F] {
	return &table[F]{name: name, classes: classes, score: score, counts: make([]int, classes*classes)}
}

func (m *table[F]) Name() string { return m.name }
func (m *table[F]) Reset()       { clear(m.counts) }

func (m *table[F]) Add(out []F, width int, target []F, labels []int32) {
	checkClasses(m.name, width, m.classes)
	for r := range checkRows(out, width, target, labels) {
		if label := labelOf(r, width, target, labels); label >= 0 {
			m.counts[label*m.classes+classOf(out[r*width:][:width])]++
		}
	}
}

func (m *table[F]) Value() MetricValue {
	n := m.classes
	v := MetricValue{Name: m.name, MoreIsBetter: true}
	switch {
	case m.score == nil:
		v.Matrix = make([][]int, n)
		for i := range v.Matrix {
			v.Matrix[i] = append([]int{}, m.counts[i*n:][:n]...)
		}
	case n == 2:
		v.Value = m.class(1)
	default:
		for c := range n {
			v.Value += m.class(c) / float64(n)
		}
	}
	return v
}

// class is the score of class c.
func (m *table[F]) class(c int) float64 {
	var label, prediction int // rows that are c, and rows that were taken for c
	for i := range m.classes {
		label += m.counts[c*m.classes+i]
		prediction += m.counts[i*m.classes+c]
	}
	tp := m.counts[c*m.classes+c]
	return m.score(float64(tp), float64(prediction-tp), float64(label-tp))
}

// MAE is the mean absolute error over all outputs. A label is read as one-hot,
// and by one output as the number it is.
func MAE[F Float]() Metric[F] {
	return &meanError[F]{name: "mae", of: math.Abs, value: func(mean float64) float64 { return mean }}
}

// MSE is the mean squared error over all outputs, of targets as [MAE] reads them.
func MSE[F Float]() Metric[F] {
	return &meanError[F]{name: "mse", of: square, value: func(mean float64) float64 { return mean }}
}

// RMSE is the square root of [MSE].
func RMSE[F Float]() Metric[F] { return &meanError[F]{name: "rmse", of: square, value: math.Sqrt} }

func square(x float64) float64 { return float64(x * x) }

// meanError averages a function of the errors.
type meanError[F Float] struct {
	name  string
	of    func(difference float64) float64
	value func(mean float64) float64
	sum   float64
	count int
}

func (m *meanError[F]) Name() string { return m.name }
func (m *meanError[F]) Reset()       { m.sum, m.count = 0, 0 }

func (m *meanError[F]) Add(out []F, width int, target []F, labels []int32) {
	for r := range checkRows(out, width, target, labels) {
		if labels != nil && labels[r] < 0 {
			continue
		}
		for j, v := range out[r*width:][:width] {
			m.sum += m.of(float64(v) - numberOf(r, j, width, target, labels))
		}
		m.count += width
	}
}

func (m *meanError[F]) Value() MetricValue {
	return MetricValue{Name: m.name, Value: m.value(ratio(m.sum, float64(m.count)))}
}

// R2 is the coefficient of determination, 1 − Σ(t−y)²/Σ(t−mean t)², averaged over
// the outputs. Where a target never changes it is 1 if every output is right and
// else 0, as in scikit-learn's r2_score. Targets are read as by [MAE].
func R2[F Float]() Metric[F] { return &determination[F]{} }

// determination keeps, for each output, Σ(t−y)² and by Welford's recurrence the
// mean of t and Σ(t−mean)².
type determination[F Float] struct {
	rows                   int
	residual, mean, spread []float64
}

func (m *determination[F]) Name() string { return "r2" }

func (m *determination[F]) Reset() {
	m.rows = 0
	clear(m.residual)
	clear(m.mean)
	clear(m.spread)
}

func (m *determination[F]) Add(out []F, width int, target []F, labels []int32) {
	rows := checkRows(out, width, target, labels)
	if m.residual == nil {
		m.residual, m.mean, m.spread = make([]float64, width), make([]float64, width), make([]float64, width)
	}
	if len(m.residual) != width {
		panic("rt: r2 got rows of another width than before")
	}
	for r := range rows {
		if labels != nil && labels[r] < 0 {
			continue
		}
		m.rows++
		for j, v := range out[r*width:][:width] {
			t := numberOf(r, j, width, target, labels)
			m.residual[j] += square(t - float64(v))
			delta := t - m.mean[j]
			m.mean[j] += delta / float64(m.rows)
			m.spread[j] += float64(delta * (t - m.mean[j]))
		}
	}
}

func (m *determination[F]) Value() MetricValue {
	v := MetricValue{Name: "r2", MoreIsBetter: true}
	if m.rows == 0 {
		return v
	}
	for j, spread := range m.spread {
		switch {
		case spread > 0:
			v.Value += 1 - m.residual[j]/spread
		case m.residual[j] == 0:
			v.Value++
		}
	}
	v.Value /= float64(len(m.spread))
	return v
}

// Perplexity is e to the mean of −log p, p being the output of a row's label: the
// outputs are probabilities, one a class. What has underflowed to 0 counts as the
// smallest number of F.
func Perplexity[F Float]() Metric[F] {
	least := math.SmallestNonzeroFloat32
	if _, double := any(F(0)).(float64); double {
		least = 0x1p-1022
	}
	return &perplexity[F]{log: func(p float64) float64 { return math.Log(max(p, least)) }}
}

// LogPerplexity is [Perplexity] of outputs that are logarithms of probabilities.
func LogPerplexity[F Float]() Metric[F] {
	return &perplexity[F]{log: func(y float64) float64 { return y }}
}

// perplexity adds up the negative logarithms of the labels' probabilities.
type perplexity[F Float] struct {
	log  func(y float64) float64 // of an output
	sum  float64
	rows int
}

func (m *perplexity[F]) Name() string { return "perplexity" }
func (m *perplexity[F]) Reset()       { m.sum, m.rows = 0, 0 }

func (m *perplexity[F]) Add(out []F, width int, target []F, labels []int32) {
	if labels == nil {
		panic("rt: perplexity needs labels")
	}
	for r := range checkRows(out, width, target, labels) {
		if label := labels[r]; label >= 0 {
			m.sum -= m.log(float64(out[r*width:][:width][label]))
			m.rows++
		}
	}
}

func (m *perplexity[F]) Value() MetricValue {
	v := MetricValue{Name: "perplexity"}
	if m.rows > 0 {
		v.Value = math.Exp(m.sum / float64(m.rows))
	}
	return v
}

// AUC is the area under the ROC curve of two classes: the share of pairs of a row
// of class 1 and one of class 0 in which the first has the larger score, equal
// ones counting half. The score is a row's one output, or the second of two; NaN
// is below all others. Without both classes it is 0.
func AUC[F Float]() Metric[F] { return &auc[F]{} }

// auc keeps all scores.
type auc[F Float] struct{ scores []score[F] }

// score is one row's, and whether the row is of class 1.
type score[F Float] struct {
	value F
	one   bool
}

func (m *auc[F]) Name() string { return "auc" }
func (m *auc[F]) Reset()       { m.scores = m.scores[:0] }

func (m *auc[F]) Add(out []F, width int, target []F, labels []int32) {
	checkClasses("auc", width, 2)
	rows := checkRows(out, width, target, labels)
	m.scores = slices.Grow(m.scores, rows)
	for r := range rows {
		if label := labelOf(r, width, target, labels); label >= 0 {
			m.scores = append(m.scores, score[F]{out[(r+1)*width-1], label == 1})
		}
	}
}

// Value goes up through the scores (Hanley and McNeil, "The meaning and use of
// the area under a receiver operating characteristic (ROC) curve", 1982).
func (m *auc[F]) Value() MetricValue {
	slices.SortFunc(m.scores, func(a, b score[F]) int { return cmp.Compare(a.value, b.value) })
	var pairs, zeros, ones float64 // pairs in order, rows of each class so far
	for rest := m.scores; len(rest) > 0; {
		var tie [2]float64 // rows of each class that have this score
		n := 0
		for ; n < len(rest) && cmp.Compare(rest[n].value, rest[0].value) == 0; n++ {
			if rest[n].one {
				tie[1]++
			} else {
				tie[0]++
			}
		}
		pairs += tie[1] * (zeros + tie[0]/2)
		zeros, ones = zeros+tie[0], ones+tie[1]
		rest = rest[n:]
	}
	return MetricValue{Name: "auc", Value: ratio(pairs, zeros*ones), MoreIsBetter: true}
}

// ratio is a/b, and 0 where both are 0.
func ratio(a, b float64) float64 {
	if a == 0 && b == 0 {
		return 0
	}
	return a / b
}

// checkRows returns the number of rows.
func checkRows[F Float](out []F, width int, target []F, labels []int32) int {
	if width < 1 || len(out)%width != 0 || labels == nil && len(target) != len(out) || labels != nil && len(labels) != len(out)/width {
		panic(fmt.Sprintf("rt: a metric got %d outputs in rows of %d, %d target numbers, %d labels", len(out), width, len(target), len(labels)))
	}
	return len(out) / width
}

// checkClasses panics where rows of width outputs cannot name so many classes.
func checkClasses(name string, width, classes int) {
	if width != classes && (width != 1 || classes != 2) {
		panic(fmt.Sprintf("rt: %s of %d classes got rows of %d outputs", name, classes, width))
	}
}

// classOf returns the class that outputs, or a target's numbers, name.
func classOf[F Float](row []F) int {
	if len(row) == 1 {
		if row[0] > 0.5 {
			return 1
		}
		return 0
	}
	best := 0
	for j, v := range row {
		if v > row[best] {
			best = j
		}
	}
	return best
}

// labelOf returns the class that row r should have, negative where it is to be
// ignored.
func labelOf[F Float](r, width int, target []F, labels []int32) int {
	if labels != nil {
		return int(labels[r])
	}
	return classOf(target[r*width:][:width])
}

// numberOf returns what output j of row r should be.
func numberOf[F Float](r, j, width int, target []F, labels []int32) float64 {
	switch {
	case labels == nil:
		return float64(target[r*width+j])
	case width == 1:
		return float64(labels[r])
	case int(labels[r]) == j:
		return 1
	}
	return 0
}

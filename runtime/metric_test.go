package rt

import (
	"fmt"
	"math"
	"reflect"
	"testing"
)

// Metrics, against values worked out by hand. Every case is added whole and row
// by row, in both types.

// three are six rows of three classes. By arg max they are taken for 0 1 2 0 1 0
// (the last row ties: the first of equals), and their labels are 0 1 1 0 2 2.
var (
	three       = []float64{.8, .1, .1, .2, .5, .3, .1, .2, .7, .6, .3, .1, .1, .6, .3, .4, .2, .4}
	threeLabels = []int32{0, 1, 1, 0, 2, 2}
	oneHot      = []float64{1, 0, 0, 0, 1, 0, .2, .5, .3, 1, 0, 0, 0, 0, 1, 0, 0, 1}
	// one output: taken for 1 0 1 0 1 (0.5 itself is class 0).
	one       = []float64{.9, .1, .7, .5, .8}
	oneLabels = []int32{1, 0, 0, 1, 1}
)

func TestMetrics(t *testing.T) { testTypes(t, testMetrics[float32], testMetrics[float64]) }

func testMetrics[F Float](t *testing.T) {
	type M = Metric[F]
	for _, c := range []struct {
		name   string
		metric M
		width  int
		out    []float64
		target []float64
		labels []int32
		want   float64
	}{
		{"accuracy", Accuracy[F](3), 3, three, nil, threeLabels, 3. / 6},
		{"accuracy", Accuracy[F](3), 3, three, oneHot, nil, 3. / 6},
		{"accuracy", Accuracy[F](3), 3, three, nil, []int32{0, -1, 1, -1, 2, 2}, 1. / 4},
		{"accuracy", Accuracy[F](3), 3, three, nil, []int32{-1, -1, -1, -1, -1, -1}, 0},
		{"accuracy", Accuracy[F](2), 1, one, nil, oneLabels, 3. / 5},
		{"accuracy", Accuracy[F](2), 1, one, []float64{1, 0, 0, 1, 1}, nil, 3. / 5},
		{"accuracy", Accuracy[F](3), 3, []float64{math.NaN(), 1, 0}, nil, []int32{0}, 0},
		{"top_k", TopK[F](1), 3, three, nil, threeLabels, 3. / 6},
		{"top_k", TopK[F](2), 3, three, nil, threeLabels, 6. / 6},
		{"top_k", TopK[F](2), 3, []float64{1, 1, 1}, nil, []int32{2}, 0},
		// Taken for class 0 three times, of which 2 right; 1: 2, 1 right; 2: 1, 0 right.
		{"precision", Precision[F](3), 3, three, nil, threeLabels, (2./3 + 1./2 + 0) / 3},
		{"recall", Recall[F](3), 3, three, nil, threeLabels, (2./2 + 1./2 + 0./2) / 3},
		{"f1", F1[F](3), 3, three, oneHot, nil, (4./5 + 2./4 + 0) / 3},
		// Class 1 is taken 3 times, 2 right, and is the label 3 times.
		{"precision", Precision[F](2), 1, one, nil, oneLabels, 2. / 3},
		{"recall", Recall[F](2), 1, one, nil, oneLabels, 2. / 3},
		{"f1", F1[F](2), 1, one, nil, oneLabels, 2. / 3},
		{"precision", Precision[F](2), 2, []float64{.4, .6, .4, .6, .9, .1}, nil, []int32{1, 0, 1}, 1. / 2},
		{"recall", Recall[F](2), 2, []float64{.4, .6, .4, .6, .9, .1, .9, .1}, nil, []int32{1, 0, 1, 1}, 1. / 3},
		{"precision", Precision[F](2), 1, []float64{.1}, nil, []int32{0}, 0}, // 0/0
		{"recall", Recall[F](2), 1, []float64{.1}, nil, []int32{0}, 0},
		{"f1", F1[F](2), 1, []float64{.1}, nil, []int32{0}, 0},
		{"mae", MAE[F](), 2, []float64{1, 2, 3, 4}, []float64{1, 4, 0, 4}, nil, (0. + 2 + 3 + 0) / 4},
		{"mse", MSE[F](), 2, []float64{1, 2, 3, 4}, []float64{1, 4, 0, 4}, nil, (0. + 4 + 9 + 0) / 4},
		{"rmse", RMSE[F](), 2, []float64{1, 2, 3, 4}, []float64{1, 4, 0, 4}, nil, math.Sqrt(13. / 4)},
		{"mae", MAE[F](), 3, []float64{.5, .5, 0, 0, 0, 1}, nil, []int32{0, -1}, 1. / 3},
		{"mse", MSE[F](), 1, []float64{.5, .25}, nil, []int32{1, 0}, (.25 + .0625) / 2},
		{"mse", MSE[F](), 1, nil, nil, []int32{}, 0},
		// Σ(t−y)² = 1+0+1, Σ(t−4)² = 4+0+4.
		{"r2", R2[F](), 1, []float64{3, 4, 5}, []float64{2, 4, 6}, nil, 1 - 2./8},
		{"r2", R2[F](), 2, []float64{3, 0, 4, 0, 5, 0}, []float64{2, 0, 4, 0, 6, 0}, nil, (1 - 2./8 + 1) / 2},
		{"r2", R2[F](), 1, []float64{1, 2}, []float64{3, 3}, nil, 0},
		{"r2", R2[F](), 1, []float64{9, 9}, []float64{1e8 + 8, 1e8 + 16}, nil, 1 - ((1e8-1)*(1e8-1)+(1e8+7)*(1e8+7))/32},
		{"r2", R2[F](), 1, []float64{0, 9, 1, 0}, nil, []int32{0, -1, 1, 1}, 1 - 1/(2./3)},
		{"r2", R2[F](), 1, nil, nil, []int32{}, 0},
		{"perplexity", Perplexity[F](), 3, three, nil, threeLabels, math.Pow(.8*.5*.2*.6*.3*.4, -1./6)},
		{"perplexity", Perplexity[F](), 3, three, nil, []int32{0, -1, 1, -1, 2, 2}, math.Pow(.8*.2*.3*.4, -1./4)},
		{"perplexity", Perplexity[F](), 2, []float64{1, 0, .5, .5}, nil, []int32{0, 1}, math.Sqrt2},
		{"perplexity", Perplexity[F](), 2, nil, nil, []int32{}, 0},
		{"perplexity", LogPerplexity[F](), 2, []float64{math.Log(.1), math.Log(.9), math.Log(.2), math.Log(.8)}, nil, []int32{0, 1}, math.Pow(.1*.8, -1./2)},
	} {
		out, target := floats[F](c.out), floats[F](c.target)
		for range 2 { // a second time after Reset
			c.metric.Reset()
			c.metric.Add(out, c.width, target, c.labels)
			checkMetric(t, c.name+", whole", c.metric, c.name, c.want)
		}
		c.metric.Reset()
		for r := 0; r*c.width < len(out); r++ {
			lo, hi := r*c.width, (r+1)*c.width
			if c.labels != nil {
				c.metric.Add(out[lo:hi], c.width, nil, c.labels[r:r+1])
			} else {
				c.metric.Add(out[lo:hi], c.width, target[lo:hi], nil)
			}
		}
		checkMetric(t, c.name+", row by row", c.metric, c.name, c.want)
		if n := testing.AllocsPerRun(5, func() { c.metric.Add(out, c.width, target, c.labels) }); n != 0 {
			t.Errorf("%s: Add allocates", c.name)
		}
	}
}

func checkMetric[F Float](t *testing.T, what string, m Metric[F], name string, want float64) {
	t.Helper()
	v := m.Value()
	more := name != "mae" && name != "mse" && name != "rmse" && name != "perplexity"
	if !(math.Abs(v.Value-want) <= 1e-6*max(1, math.Abs(want))) || v.Name != name || m.Name() != name || v.MoreIsBetter != more || v.Matrix != nil {
		t.Errorf("%s: %+v, want %v", what, v, want)
	}
}

// floats converts to F; nil stays nil.
func floats[F Float](s []float64) []F {
	if s == nil {
		return nil
	}
	f := make([]F, len(s))
	for i, v := range s {
		f[i] = F(v)
	}
	return f
}

func TestAUC(t *testing.T) { testTypes(t, testAUC[float32], testAUC[float64]) }

func testAUC[F Float](t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		width  int
		out    []float64
		target []float64
		labels []int32
		want   float64
	}{
		{1, []float64{.1, .4, .35, .8}, nil, []int32{0, 0, 1, 1}, 3. / 4}, // scikit-learn's example
		{1, one, nil, oneLabels, 5. / 6},                                  // .9 .5 .8 over .1 .7
		{1, one, []float64{1, 0, 0, 1, 1}, nil, 5. / 6},
		{2, []float64{.9, .1, .6, .4, .65, .35, .2, .8}, nil, []int32{0, 0, 1, 1}, 3. / 4},
		{2, []float64{.9, .1, .6, .4, .65, .35, .2, .8}, []float64{1, 0, .7, .3, 0, 1, .2, .8}, nil, 3. / 4},
		{1, []float64{.5, .5, .5, .5}, nil, []int32{0, 1, 1, 0}, 1. / 2},
		{1, []float64{1, 2, 2, 2, 3}, nil, []int32{0, 1, 0, 0, 1}, (1 + 2./2 + 3) / 6.},
		{1, []float64{1, 2, 3}, nil, []int32{1, -1, 0}, 0},
		{1, []float64{1, 2, 3}, nil, []int32{1, 1, -1}, 0}, // 0/0
		{1, []float64{nan, 2, nan}, nil, []int32{1, 0, 0}, (0 + 1./2) / 2},
		{1, nil, nil, []int32{}, 0},
	} {
		m := AUC[F]()
		out, target := floats[F](c.out), floats[F](c.target)
		for range 2 { // a second time after Reset
			m.Reset()
			m.Add(out, c.width, target, c.labels)
			checkMetric(t, fmt.Sprintf("auc of %v", c.out), m, "auc", c.want)
		}
	}

	// Many rows in batches, against all pairs; scores of 40 values, so that there are ties.
	m := AUC[F]()
	out, labels := make([]F, 1000), make([]int32, 1000)
	for i := range out {
		labels[i] = int32(word(1, i) % 3 % 2)
		out[i] = F(word(2, i)%40) + F(labels[i])*3
	}
	for range 2 {
		m.Reset()
		for lo := 0; lo < len(out); lo += 128 {
			hi := min(lo+128, len(out))
			m.Add(out[lo:hi], 1, nil, labels[lo:hi])
		}
		right, pairs := 0.0, 0.0
		for i, a := range out {
			for j, b := range out {
				if labels[i] != 1 || labels[j] != 0 {
					continue
				}
				pairs++
				if a > b {
					right++
				} else if a == b {
					right += .5
				}
			}
		}
		checkMetric(t, "auc against all pairs", m, "auc", right/pairs)
	}
	// As many rows as before take no new memory.
	if n := testing.AllocsPerRun(5, func() { m.Reset(); m.Add(out, 1, nil, labels); m.Value() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestPerplexityUnderflow: a probability that has underflowed does not make the mean infinite.
func TestPerplexityUnderflow(t *testing.T) {
	m, d := Perplexity[float32](), Perplexity[float64]()
	m.Add([]float32{1, 0}, 2, nil, []int32{1})
	d.Add([]float64{1, 0}, 2, nil, []int32{1})
	if a, b := m.Value().Value, d.Value().Value; math.Abs(a*math.SmallestNonzeroFloat32-1) > 1e-9 || math.Abs(b*0x1p-1022-1) > 1e-9 {
		t.Errorf("got %v and %v", a, b)
	}
}

func TestConfusion(t *testing.T) {
	m := Confusion[float64](3)
	m.Add(three, 3, nil, threeLabels)
	want := [][]int{{2, 0, 0}, {0, 1, 1}, {1, 1, 0}}
	if v := m.Value(); !reflect.DeepEqual(v.Matrix, want) || v.Name != "confusion" {
		t.Errorf("%+v, want %v", v, want)
	}
	m.Reset()
	if v := m.Value(); v.Matrix[0][0] != 0 || len(v.Matrix) != 3 {
		t.Errorf("after Reset %+v", v)
	}
	binary := Confusion[float64](2)
	binary.Add(one, 1, nil, oneLabels)
	if v := binary.Value(); !reflect.DeepEqual(v.Matrix, [][]int{{1, 1}, {1, 2}}) {
		t.Errorf("one output: %v", v.Matrix)
	}
}

func TestMetricsPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"rows":       func() { MSE[float32]().Add(make([]float32, 5), 2, make([]float32, 5), nil) },
		"width":      func() { MSE[float32]().Add(nil, 0, nil, nil) },
		"target":     func() { MSE[float32]().Add(make([]float32, 4), 2, make([]float32, 3), nil) },
		"labels":     func() { Accuracy[float32](2).Add(make([]float32, 4), 2, nil, make([]int32, 3)) },
		"classes":    func() { Accuracy[float32](3).Add(make([]float32, 4), 2, nil, make([]int32, 2)) },
		"table":      func() { F1[float32](3).Add(make([]float32, 1), 1, nil, make([]int32, 1)) },
		"top_k":      func() { TopK[float32](1).Add(make([]float32, 1), 1, nil, make([]int32, 1)) },
		"perplexity": func() { Perplexity[float32]().Add(make([]float32, 4), 2, make([]float32, 4), nil) },
		"auc":        func() { AUC[float32]().Add(make([]float32, 6), 3, nil, make([]int32, 2)) },
		"r2": func() {
			m := R2[float32]()
			m.Add(make([]float32, 1), 1, make([]float32, 1), nil)
			m.Add(make([]float32, 2), 2, make([]float32, 2), nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("lengths that do not fit were accepted")
				}
			}()
			f()
		})
	}
}

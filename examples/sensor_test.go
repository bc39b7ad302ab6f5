package examples_test

import (
	"cmp"
	"compress/gzip"
	"encoding/csv"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/nnc-lang/nnc/runtime/data"
)

// checkSensor holds sensor.nn to its figure and to more than the best threshold on any of its features reaches on the same rows.
func checkSensor(t *testing.T, n *nnc, r row) {
	features, labels := readings(t, "data/sensor.csv.gz")
	train, held := data.Split(len(labels), 0.2) // the rows that nnc eval measures
	best := 0.0
	for _, name := range []string{"indoor", "humidity", "temperature"} {
		x := features[name]
		above, cut, fitted := chooseThreshold(x, labels, train)
		reached := thresholdF1(x, labels, held, above, cut)
		side := map[bool]string{true: "above", false: "below"}[above]
		t.Logf("threshold: %s %s %g has F1 %.4f on the rows that it was chosen from and %.4f on the held-out ones", name, side, cut, fitted, reached)
		best = max(best, reached)
	}
	if best == 0 {
		t.Error("no threshold finds any anomaly: they are no measure")
	}
	got := checkTrained(t, n, r)
	t.Logf("the network: F1 %.4f", got)
	if got <= best {
		t.Errorf("F1 %.4f is not above that of the best threshold, %.4f", got, best)
	}
}

// readings reads the columns of the file, and its labels.
func readings(t *testing.T, file string) (features map[string][]float64, anomaly []bool) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	features = map[string][]float64{}
	for _, row := range rows[1:] {
		for c, name := range rows[0] {
			v, err := strconv.ParseFloat(row[c], 64)
			if err != nil {
				t.Fatal(err)
			}
			features[name] = append(features[name], v)
		}
	}
	for _, v := range features["anomaly"] {
		anomaly = append(anomaly, v == 1)
	}
	return features, anomaly
}

// chooseThreshold finds the cut, and the side of it, whose F1 on the given rows is the greatest, among all cuts: x > cut, or x < cut.
func chooseThreshold(x []float64, label []bool, rows []int) (above bool, cut, f1 float64) {
	sorted := slices.Clone(rows)
	slices.SortFunc(sorted, func(i, j int) int { return cmp.Compare(x[i], x[j]) })
	positive := 0
	for _, i := range rows {
		if label[i] {
			positive++
		}
	}
	found := 0 // positives among the rows below
	for k, i := range sorted {
		if k > 0 && x[i] > x[sorted[k-1]] {
			below := f1Score(found, k, positive)
			if over := f1Score(positive-found, len(rows)-k, positive); over > f1 {
				above, cut, f1 = true, x[sorted[k-1]], over
			}
			if below > f1 {
				above, cut, f1 = false, x[i], below
			}
		}
		if label[i] {
			found++
		}
	}
	return above, cut, f1
}

func thresholdF1(x []float64, label []bool, rows []int, above bool, cut float64) float64 {
	hits, called, positive := 0, 0, 0
	for _, i := range rows {
		call := x[i] < cut
		if above {
			call = x[i] > cut
		}
		if call {
			called++
		}
		if label[i] {
			positive++
		}
		if call && label[i] {
			hits++
		}
	}
	return f1Score(hits, called, positive)
}

// f1Score is the harmonic mean of hits/called and hits/positive.
func f1Score(hits, called, positive int) float64 { return 2 * float64(hits) / float64(called+positive) }

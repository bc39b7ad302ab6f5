package rt_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	rt "github.com/nnc-lang/nnc/runtime"
)

// What a Go developer meets of this package, on a model of a single weight that is
// written by hand as nnc would write it.

// line is y = w·x, trained by gradient descent on the squared error.
type line struct{ w, kept float64 }

// run is the line's training on points (x, y).
func (l *line) run(points [][2]float64, rate float64) rt.Run {
	return rt.Run{
		Rows: len(points),
		Step: func(rows []int) (loss float64, err error) {
			gradient := 0.0
			for _, r := range rows {
				d := l.w*points[r][0] - points[r][1]
				loss += d * d / float64(len(rows))
				gradient += 2 * d * points[r][0] / float64(len(rows))
			}
			l.w -= rate * gradient
			return loss, nil
		},
		Snapshot: func() { l.kept = l.w },
		Restore:  func() { l.w = l.kept },
	}
}

var points = [][2]float64{{1, 3}, {2, 6}, {-1, -3}, {0.5, 1.5}}

// A training run reports each epoch, and ends between two steps where its context
// does. A generated Train makes the Run and the Config from the .nn file.
func ExampleTrain() {
	var l line
	cfg := rt.Config{Batch: 2, Seed: 1, Shuffle: true, Keep: "last"}.With(
		rt.Epochs(10),
		rt.OnEpoch(func(e rt.EpochReport) {
			if e.Epoch%5 == 0 {
				fmt.Printf("epoch %d, step %d, the best so far: %v\n", e.Epoch, e.Step, e.Best)
			}
		}))
	report, err := rt.Train(context.Background(), l.run(points, 0.1), cfg)
	fmt.Printf("w = %.1f after %d steps, %v\n", l.w, report.Steps, err)
	// Output:
	// epoch 5, step 10, the best so far: true
	// epoch 10, step 20, the best so far: true
	// w = 3.0 after 20 steps, <nil>
}

// A learning rate that is too large ends training; the weights are those that the
// epoch began with.
func ExampleDivergedError() {
	var l line
	_, err := rt.Train(context.Background(), l.run(points, 1e200), rt.Config{Epochs: 10, Batch: 4, Keep: "last"})
	var diverged *rt.DivergedError
	if errors.As(err, &diverged) {
		fmt.Printf("step %d of epoch %d\n", diverged.Step, diverged.Epoch)
	}
	fmt.Println(!math.IsNaN(l.w) && !math.IsInf(l.w, 0))
	// Output:
	// step 2 of epoch 2
	// true
}

// A weight file has PyTorch's names, shapes and layouts: a dense layer's weight is
// (out, in) there and (in, out) in the model.
func ExampleSaveWeights() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "w.safetensors")
	params := []rt.Param[float32]{
		{Name: "dense1.weight", Shape: []int{2, 3}, Perm: []int{1, 0}, Data: []float32{1, 4, 2, 5, 3, 6}, Trainable: true},
		{Name: "dense1.bias", Shape: []int{2}, Data: []float32{0.5, -0.5}, Trainable: true},
	}
	if err := rt.SaveWeights(path, params, map[string]string{"model": "Line"}); err != nil {
		fmt.Println(err)
		return
	}
	tensors, meta, err := rt.ReadTensors(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	w := tensors["dense1.weight"]
	fmt.Println(meta["model"], w.DType, w.Shape, w.Data)

	_, err = rt.LoadWeights(path, "Other", params[1:])
	fmt.Println(errors.As(err, new(*rt.WeightsError)))
	// Output:
	// Line F32 [2 3] [1 2 3 4 5 6]
	// true
}

// A loop over steps that is written by hand takes its rows in an order of the same
// kind as Train does: a function of seed and epoch.
func ExamplePermutation() {
	order := make([]int, 6)
	for epoch := range 2 {
		rt.Permutation(order, 42, uint64(epoch+1))
		fmt.Println(order[:3], order[3:])
	}
	// Output:
	// [3 1 5] [0 2 4]
	// [4 0 2] [1 5 3]
}

// Metrics take any number of batches; a row labelled -1 does not count.
func ExampleAccuracy() {
	m := rt.Accuracy[float32](3)
	m.Add([]float32{0.1, 0.7, 0.2, 0.5, 0.3, 0.2}, 3, nil, []int32{1, 2})
	m.Add([]float32{0.9, 0.1, 0.0}, 3, nil, []int32{-1})
	fmt.Println(m.Value().Value)
	// Output:
	// 0.5
}

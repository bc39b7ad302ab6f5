// Package program is the inside of the programs that the nnc command builds and
// runs: it reads a job, opens the data, drives the generated model, and writes
// what happens as JSON, one event a line, to standard output. The command reads
// the events and shows them; it is the only caller.
//
// A generated main is its model plus one call:
//
//	package main
//
//	func main() {
//		program.Main(program.Net[float32]{
//			Name:    "MNIST",
//			Inputs:  []data.Port{{Name: "image", Shape: []int{1, 28, 28}}},
//			Targets: []data.Port{{Name: "digit", Classes: 10, Target: true}},
//			Outputs: []program.Output{{Shape: []int{10}, Classes: 10, Target: "digit"}},
//			Batch:   128,
//			Epochs:  10,
//			Seed:    1,
//			New:     func(seed uint64) program.Model[float32] { return … },
//		})
//	}
package program

import (
	"context"

	rt "github.com/nnc-lang/nnc/runtime"
	"github.com/nnc-lang/nnc/runtime/data"
)

// Net describes a generated model to [Main].
type Net[F rt.Float] struct {
	Name    string        // of the model: MNIST
	Inputs  []data.Port   // in the order of the file
	Targets []data.Port   // likewise, each with Target set
	Outputs []Output      // in the order of the model's output tuple
	Sources []data.Source // the embedded data sets that the model's data item, or what replaces it, names

	// The train section; 0 where the program was built without training.
	Batch, Epochs int
	Seed          uint64
	DropLast      bool

	// New makes the model with the initial weights that a seed gives. The
	// result may have the methods of [Trainer], [Evaluator] and [Checkable] too,
	// as far as the program was built for them.
	New func(seed uint64) Model[F]
}

// Output describes a result of a model.
type Output struct {
	Name    string // "" where it is the only one
	Shape   []int  // of one row, without the batch
	Classes int    // the number of classes that it gives probabilities of; 0: no class is read from it
	Target  string // the class target that it is compared with, whose labels it has; "" is none
}

// size is the number of values of a row.
func (o Output) size() int {
	n := 1
	for _, d := range o.Shape {
		n *= d
	}
	return n
}

// Model is a generated model without its array types.
type Model[F rt.Float] interface {
	// Load reads weights, labels and statistics from a safetensors file; the
	// model is unchanged where it fails.
	Load(path string) error
	// Save writes them, whole or not at all.
	Save(path string) error
	// Labels gives the names of the classes of a class port, in order, as the
	// weight file or the training data had them; nil where they have none.
	Labels(port string) []string
	// Predict computes rows of outputs. out has a slice an output, (rows, size
	// of the output). floats and labels have a slice an input port, in the order
	// of Net.Inputs: floats[i] is (rows, size of the port) where port i holds
	// numbers and nil where it holds classes; labels[i] is the reverse.
	Predict(out, floats [][]F, labels [][]int32, rows int) error
}

// Trainer is a model with loss, optimizer and train section.
type Trainer[F rt.Float] interface {
	// Train trains the model itself. The sets were opened for Net.Inputs followed
	// by Net.Targets; test is nil where nothing is held out. When ctx ends, Train
	// ends after the step in progress, with ctx's error. Whatever the error, the
	// model then holds weights worth saving: the last, the best, or the last
	// finite ones.
	Train(ctx context.Context, train, test *data.Set, o ...rt.Option) (rt.Report, error)
}

// Evaluator is a model with a loss.
type Evaluator interface {
	// Evaluate measures loss and metrics over all rows of a set, which was opened
	// for Net.Inputs followed by Net.Targets.
	Evaluate(d *data.Set) (rt.Score, error)
}

// Checkable is a model that was built for the gradient check, in float64.
type Checkable interface {
	// Check gives a checker over a batch of rows, with the model's weights of now
	// and with inputs and targets that are zero.
	Check(rows int) Checker
}

// Checker computes an objective and its gradients on one batch. The objective is
// the model's loss as training computes it, or, in a model without a loss, a
// fixed random combination of its outputs. It is a function of the values of
// Tensors and Labels alone: dropout's mask is the same at every call.
type Checker interface {
	// Tensors are the trained parameters and the number ports, inputs and
	// targets. The slices are views: the checker reads what is written to Values,
	// and Gradients fills Grads.
	Tensors() []CheckTensor
	// Labels are the class ports, to be filled, (rows, size of the port) each;
	// LabelClasses gives the number of classes of each.
	Labels() [][]int32
	LabelClasses() []int
	// Objective computes forward.
	Objective() float64
	// Gradients computes the gradients of the last Objective, over what Grads held.
	Gradients()
}

// CheckTensor is a tensor that a gradient check varies.
type CheckTensor struct {
	Name   string // dense1.weight, or the port's name
	Port   bool   // an input or target, rather than a parameter
	Values []float64
	Grads  []float64 // as long as Values; nil for a target, which is filled but not differentiated
}

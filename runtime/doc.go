// Package rt is what the Go code that nnc writes links against: matrix products,
// scalar functions, random numbers, initial weights, weight files, metrics and
// the training loop. It uses the standard library only.
//
// # With a generated model
//
// nnc compile writes a package with a model, say MNIST, and a program uses that
// package. Of this one it meets the few things that do not depend on the model.
//
//   - [Option]s say how to train: [Epochs], [BatchSize], [Seed], [Shuffle],
//     [DropLast], [Keep], [Monitor], [Threads], [OnStep] and [OnEpoch]. Without
//     any, the file's train section counts. [StepsPerEpoch] is for a loop written
//     by hand.
//   - [Report], [EpochReport], [Progress] and [Score] are what training and
//     evaluation say.
//   - A [Param] is a weight by PyTorch's name, shape and layout.
//   - [DataError] says which row of the data cannot be used, [DivergedError] that
//     a loss or a weight is no longer a finite number, [WeightsError] why a weight
//     file is refused.
//
// Training, saving and predicting are then:
//
//	train, test, err := OpenMNISTData(".")
//	…
//	m := NewMNIST()
//	t := m.Trainer(rt.BatchSize(64), rt.KeepBest())
//	t.Watch(test)
//	report, err := t.Train(ctx, train, rt.Epochs(5))
//	…
//	err = m.Save("mnist.safetensors")
//	…
//	outputs := m.Predictor(100).Predict(nil, images)
//
// # In generated code
//
// The rest is called by generated code. Everything numeric is generic over
// [Float], since a model is compiled to float32 or to float64. The package holds
// four promises that the generated code builds on:
//
//   - The same bits for any number of threads. Every output has one
//     accumulator, its terms are added in one order, and a row's result does
//     not depend on the rows beside it.
//   - No allocation in a training step or a prediction.
//   - A random number is a pure function of seed, step, stream and place, so a
//     mask can be made a second time instead of being stored.
//   - A weight file is read whole or not at all, and written whole or not at all.
//
// [Train] is the training loop of every model, given what differs as functions;
// [Pool] runs the pieces of a step at once.
package rt

// Generated1 is the handshake between generated code and its runtime: generated
// code says "const _ = rt.Generated1", so that a runtime of another age fails to
// compile instead of computing something else.
const Generated1 = true

// Float is the element type of a model: float32, or float64 where nnc was asked
// for double precision.
type Float interface{ float32 | float64 }

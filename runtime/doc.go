// Package rt is what the Go code that nnc writes links against: matrix
// products, scalar functions, random numbers, initial weights, weight files,
// metrics and the training loop. It uses the standard library only.
//
// Everything numeric is generic over [Float], since a model is compiled to
// float32 or to float64. The package holds four promises that the generated
// code builds on:
//
//   - The same bits for any number of threads. Every output has one
//     accumulator, its terms are added in one order, and a row's result does
//     not depend on the rows beside it.
//   - No allocation in a training step or a prediction.
//   - A random number is a pure function of seed, step, stream and place, so a
//     mask can be made a second time instead of being stored.
//   - A weight file is read whole or not at all, and written whole or not at all.
package rt

// Generated1 is the handshake between generated code and its runtime: generated
// code says "const _ = rt.Generated1", so that a runtime of another age fails to
// compile instead of computing something else.
const Generated1 = true

// Float is the element type of a model: float32, or float64 where nnc was asked
// for double precision.
type Float interface{ float32 | float64 }

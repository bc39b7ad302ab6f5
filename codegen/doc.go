// Package codegen prints a plan as Go source. It is the only place that knows Go's text; it decides nothing about the
// network, whose steps, buffers and phases the plan lists.
//
// A file holds, in this order: the model (its weights), the types of its ports, the predictor, the trainer, the gradient and
// the data set, each as far as the plan has it. Predictor, trainer and gradient are workspaces (space.go): a struct with a
// slice for every buffer, bound once, and a method for every function of the plan. The body of a function (body.go) is
// paragraphs, one a line of the source, each a comment with the line and its shapes, and then the steps: kernel calls or
// loops (block.go) over scalar expressions (expr.go).
//
// Files, types and signatures are made with jennifer. Statements that fit on a line are text, by stmt; go/format, which
// jennifer runs at the end, checks and lays out all of it.
package codegen

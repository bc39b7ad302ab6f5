// Package pass holds the passes of the compiler, each in a file of its own name with the reason for its place. Package
// compiler calls them in this order:
//
//	Resolve        what every name means: shapes need the values of const and param
//	Build          blocks and repeats expanded, shapes checked, the graph made: the last to see the source, so that all of
//	               the user's mistakes are reported by now
//	(simplify)     constants folded, broadcasts composed, equal nodes one: done as nodes are made, by package ir, so
//	               that no pass ever sees another form, whoever makes the node
//	Fold           what stands behind a product, in the product's weight: of predictions whose weights never change, and before
//	               all that follows, which sees another product
//	Differentiate  the backward pass appended: before anything that knows of memory or kernels, which have no derivatives
//	Inline         calls that no kernel computes give way to their bodies: behind differentiate, whose rule for them it is to
//	               compute again, and before dead, so that all that follows sees primitives alone
//	Optimize       the update, a graph of its own: behind differentiate, which says what the gradients are
//	Dead           what nobody needs removed: differentiation leaves gradients that nobody asked for, and select must not
//	               count their readers
//	Select         the parts that kernels compute: before fuse, which leaves alone what a kernel computes
//	Fuse           what is stored, and what is computed where it is read: before phase, for only what is stored can be
//	               waited for
//	Phase          the steps shared among workers, with barriers between: before schedule, which keeps its order
//	Schedule       loops (see lower.go), joined where they can be (see collapse.go)
//	Unroll         loops of small nets written out: behind schedule, whose loops it takes apart
//	Allocate       buffers laid out by lifetime: behind schedule, for it needs the order of use
//	Outline        steps that repeat with other buffers made blocks, one body with a list of instances: last, so that
//	               all that decides what is computed where has been decided for each instance
//
// Verify holds a graph to its invariants, behind each of the passes over graphs.
//
// Resolve and Build report diagnostics. All others work on what is right: a panic there is a fault of the compiler.
//
// Prediction and training are two graphs from the same Program. From Dead on, each graph goes its way alone, as a Draft, which
// every pass adds its decisions to; Schedule makes an ir.Func of each of its functions.
package pass

// Package ir holds what the compiler works on: the Graph, a typed dataflow graph over a handful of primitives, and the
// Plan, the steps and buffers that the code generator prints.
//
// An operator of the language (dense, softmax, adam) is nothing here: it is built forward from primitives, and only
// primitives have a shape rule, a derivative rule and a lowering.
//
//	Map      a scalar expression over the elements of its operands
//	Dot      the contraction of two operands over labelled axes, as einsum writes it: bi,io->bo
//	Reduce   sum or maximum over axes
//	View     moves elements: reshape, permutation, split, concat
//	Gather   picks rows by an integer; and its adjoint, which adds into them
//	Window   shows a value through sliding windows; and its adjoint, which adds them up
//	Scan     a loop along an axis that carries states: a recurrence
//	Call     a part of the graph under a name, for a fused kernel
//	Random   uniform numbers, a pure function of (seed, step, stream, place)
//	Assign   a new value for a state at the end of the step
//
// Shapes. A Shape lists extents; an axis of extent Batch, always the first, is the batch, whose size is known only when the
// program runs. A value without that axis is one for the whole batch.
package ir

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/dsl/diag"
)

// Batch is the extent of the batch axis: the number of rows of the batch at hand.
const Batch = -1

// Elem is the type of a value's elements.
type Elem int

const (
	Float  Elem = iota // the model's own type: float32, or float64 by -dtype
	Int                // int32: labels and places; never differentiated
	Double             // float64 scalars that only the update reads: the step, the learning rate
)

// Kind says where a leaf comes from.
type Kind int

const (
	Temp  Kind = iota // the result of a node
	Input             // a port: given with each batch
	Param             // trained: a part of theta
	Fixed             // saved with the weights, never updated by the optimizer: frozen weights, normalisation
	State             // kept between steps and not saved with the weights: the optimizer's moments
	Clock             // a scalar of the training run: see the Clock names
)

// The Clock leaves.
const (
	ClockStep   = "step"           // steps done before this one
	ClockEpoch  = "epoch"          // steps done / steps an epoch
	ClockEpochs = "epochs"         // epochs that will be trained in all
	ClockSteps  = "steps_an_epoch" // updates an epoch
)

// Value is a result of a node, or a leaf.
type Value struct {
	ID    int
	Name  string // from the source; unique names are given when the plan is made
	Shape []int
	Elem  Elem
	Kind  Kind
	Def   *Node   // nil for a leaf
	Index int     // which of Def's results
	Port  *Port   // of an Input
	Param *Weight // of a Param or Fixed

	GradOf *Value // this is the gradient by that value

	LogOf   *Value // the logarithm of this value, computed stably (set by softmax and sigmoid)
	Log1mOf *Value // the logarithm of 1 - this value (set by sigmoid)
	IsLog   bool   // holds logarithms of probabilities (set by log_softmax)
	Stop    bool   // differentiation goes no further
	NoSlope string // why differentiation through this value is an error, and what to use instead (set by step); "" is none
}

// Port is an input or target of the model.
type Port struct {
	Name    string
	Shape   []int // without the batch
	Classes int   // n of class(n); 0 for numbers
	Target  bool
	Text    string // the declaration as written: `input  image [1, 28, 28]`
	Span    diag.Span
}

// Weight is what a weight file knows of a Param or Fixed leaf.
type Weight struct {
	Name      string    // in weight files: dense1.weight
	Perm      []int     // axis i here is axis Perm[i] in PyTorch's layout; nil: the same
	Init      Init      // the initial values
	Values    []float64 // fixed by hand in the model, in this layout; nil: none
	Penalised bool      // l1 and l2 count it: weights of dense, convolution, recurrent and attention layers
	InCode    bool      // Values stand in the generated code and not in weight files: normalize's numbers; or Init's function computes them there
	Running   bool      // a running statistic: Assign moves it in training, and it counts as no parameter
	Measured  string    // "mean" or "std" of the port named by Port: measured from the training data
	Port      string
	Span      diag.Span
}

// Init names an initialiser of the runtime and its numbers.
type Init struct {
	Func          string    // the runtime's function: XavierUniform
	Args          []float64 // its numbers, before the key
	FanIn, FanOut int       // of the weight
	Fans          int       // how many of FanIn and FanOut the function takes, behind Args: 0, 1 or 2
	Stream        uint32    // each weight draws from a stream of its own
}

// Src is the call of an operator that a node was built for.
type Src struct {
	Span diag.Span
	Text string // dense(128)
	Name string // dense1, Residual1.conv1
	Sign string // of an operator between two values: + - * /
	Line *Line
	// Formula is the operator's own: softmax: yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ). "" is none.
	Formula string
	// Gradient is likewise what its derivative comes to: relu: dx = dy where y > 0, else 0.
	Gradient string
}

// Line is the statement a call stands in: the generated code has a paragraph for each.
type Line struct {
	Span diag.Span
	Text string // dense(128) -> relu
	In   string // [B, 784]; "" where there is none
	Out  string // [B, 128]
}

// Node applies a primitive to values.
type Node struct {
	Prim Prim
	In   []*Value
	Out  []*Value
	Src  *Src
	Back bool // made by differentiation
}

// Type is the type of a result.
type Type struct {
	Shape []int
	Elem  Elem
}

// Prim is all the compiler knows of a primitive. String must tell two different primitives apart: equal nodes are merged.
type Prim interface {
	String() string
	// Infer gives the types of the results; it panics where the operands do not fit, which is a fault of the compiler.
	Infer(in []*Value) []Type
	// VJP builds the vector-Jacobian products: for every operand that need names, the gradient of the loss by it, from
	// dOut, the gradients by the results. Either may hold nil, which is zero.
	VJP(g *Graph, n *Node, dOut []*Value, need []bool) []*Value
}

// Graph is a list of nodes in an order in which each reads only what stands before it.
type Graph struct {
	Nodes []*Node
	Leafs []*Value
	Outs  []*Value // what must be computed, beside Assigns

	Src  *Src // given to the nodes that are added
	Back bool // likewise

	same    map[string]*Node
	current map[*Value]*Value // a state's newest value within the step
	ids     *int              // the last value's number, shared with the bodies within
	streams uint32
	inner   bool // a body
}

// NewGraph gives an empty graph.
func NewGraph() *Graph {
	return &Graph{same: map[string]*Node{}, current: map[*Value]*Value{}, ids: new(int)}
}

func (g *Graph) value(t Type) *Value {
	*g.ids++
	return &Value{ID: *g.ids, Shape: t.Shape, Elem: t.Elem}
}

// Leaf adds a leaf.
func (g *Graph) Leaf(k Kind, name string, e Elem, shape ...int) *Value {
	v := g.value(Type{slices.Clip(shape), e})
	v.Kind, v.Name = k, name
	g.Leafs = append(g.Leafs, v)
	return v
}

// Add appends a node and gives its results, or those of an equal node that is there already.
func (g *Graph) Add(p Prim, in ...*Value) []*Value {
	n := &Node{Prim: p, In: slices.Clone(in), Src: g.Src, Back: g.Back}
	unique, key := Unique(p), ""
	if !unique {
		key = n.key()
		if equal := g.same[key]; equal != nil {
			return slices.Clone(equal.Out)
		}
	}
	for i, t := range p.Infer(in) {
		v := g.value(t)
		v.Def, v.Index = n, i
		n.Out = append(n.Out, v)
	}
	g.Nodes = append(g.Nodes, n)
	if !unique {
		g.same[key] = n
	}
	return slices.Clone(n.Out)
}

// key is the same for equal nodes alone.
func (n *Node) key() string {
	var key strings.Builder
	fmt.Fprintf(&key, "%T %s", n.Prim, n.Prim)
	for _, v := range n.In {
		fmt.Fprintf(&key, " %d", v.ID)
	}
	return key.String()
}

// Unique says whether each node of a primitive is one by itself: those with an effect or a body are never merged.
func Unique(p Prim) bool {
	switch p.(type) {
	case *Assign, *Scan, *Call:
		return true
	}
	return false
}

// Batched says whether the first axis is the batch.
func (v *Value) Batched() bool { return len(v.Shape) > 0 && v.Shape[0] == Batch }

// Row is the shape without the batch.
func (v *Value) Row() []int {
	if v.Batched() {
		return v.Shape[1:]
	}
	return v.Shape
}

// Size counts the elements of a row.
func (v *Value) Size() int { return Size(v.Row()) }

// Size is the product of extents, the batch left out.
func Size(shape []int) int {
	n := 1
	for _, d := range shape {
		if d != Batch {
			n *= d
		}
	}
	return n
}

// ShapeText is a shape as the language writes it: [B, 128].
func ShapeText(shape []int) string {
	var s []string
	for _, d := range shape {
		if d == Batch {
			s = append(s, "B")
		} else {
			s = append(s, fmt.Sprint(d))
		}
	}
	return "[" + strings.Join(s, ", ") + "]"
}

// assert panics where an invariant of the compiler is broken.
func assert(ok bool, format string, a ...any) {
	if !ok {
		panic("ir: " + fmt.Sprintf(format, a...))
	}
}

// Users maps each value to the nodes that read it, in order; a node that reads it twice stands twice.
func (g *Graph) Users() map[*Value][]*Node {
	u := map[*Value][]*Node{}
	for _, n := range g.Nodes {
		for _, v := range n.In {
			u[v] = append(u[v], n)
		}
	}
	return u
}

// Metric measures the outputs of a model against a target, outside the graph: the runtime computes it.
type Metric struct {
	Name   string    // as reported: accuracy
	Func   string    // the runtime's constructor: Accuracy
	Args   []float64 // its whole numbers: the k of top_k
	Output *Value    // the output measured
	Target *Value    // the target it is measured against
	Src    *Src
}

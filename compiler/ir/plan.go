package ir

import (
	"fmt"
	"strings"

	"github.com/nnc-lang/nnc/dsl/diag"
)

// Plan is a model ready to be printed: what it is called, the buffers it works in, and the functions as phases of steps.
type Plan struct {
	File  string // base name of the source: mnist.nn
	Name  string // of the model: MNIST
	Doc   string
	Span  diag.Span
	Type  string // float32 or float64
	Infer bool   // only what prediction needs
	Embed string // base name of the weight file carried by go:embed; "" is none
	Set   []Setting

	Inputs  []*Port
	Targets []*Port
	Outputs []*Output
	Params  []*Buf // in the order of the source, each in Theta or Fixed
	Theta   int    // elements
	Fixed   int

	Predict *Space // outputs, and behind them the loss where there is one
	Train   *Space // nil without a loss and an optimizer
	VJP     *Space // nil without -grad: its only function, gradient, runs forward and backward
	DOut    []*Buf // of VJP: the given gradient of each output, InPort where it is the only one, else in the arena, copied in row by row
	DInput  []*Buf // of VJP: the gradient of each input, InOutput; nil for class inputs
	DCheck  []*Buf // of Train, for the gradient check: that of the loss by each input; nil for class inputs, empty where not asked for

	Metrics  []Metric
	Settings TrainSettings
	Data     *Data
	Layers   []*Layer // for summaries, in the order of the source
}

// Setting is a -set value, recorded in what is generated.
type Setting struct{ Name, Value string }

// Output is a result of the model.
type Output struct {
	Name    string // "" where it is the only one
	Value   *Value
	Buf     *Buf   // of Predict: in InOutput where it is the only output, else in the arena, to be copied row by row
	Text    string // dense(10) -> softmax
	Classes int    // of the class target it is compared with; 0 is none: then there is no Classify
	Target  *Port  // the class target that gives the labels
}

// TrainSettings is the model's train section, with the defaults filled in.
type TrainSettings struct {
	Batch, Epochs int
	Seed          uint64
	Shuffle       bool
	DropLast      bool
	LeastRows     int    // that a training batch must have, where some layer measures the batch; 0: any will do
	Keep          string // last or best
	Monitor       string // a metric's name, or loss
}

// Data is the model's data item: what the runtime's data package opens.
type Data struct {
	Kind        string
	Path        string
	Length      int // of a text's rows; 0 for all other kinds
	Bind        []DataBinding
	Test        float64
	TestSource  *Data
	Standardize bool
	Missing     string
	Span        diag.Span
}

// DataBinding gives a port its columns (csv) or file (npy, idx).
type DataBinding struct {
	Port    string
	Columns []string
	File    string
}

// Layer is a row of a summary.
type Layer struct {
	Name     string
	Text     string
	In, Out  []int
	Params   int // trained
	Frozen   int
	Forward  Cost
	Backward Cost
	Span     diag.Span
}

// Cost is the work of a layer for one row: multiply-adds, and the bytes it reads and writes.
type Cost struct{ MACs, Bytes int }

// Store says where a buffer lives.
type Store int

const (
	InTheta  Store = iota // a part of the parameters
	InGrad                // a part of their gradients
	InFixed               // a part of the vector that is saved but never updated
	InState               // a part of the optimizer's state
	InArena               // the workspace
	InPort                // the caller's batch
	InOutput              // the caller's destination
	InField               // a scalar field of the workspace: one number a batch (the loss), or a float64 of the update (the learning rate)
	InLoop                // each element lives within one turn of a loop: a local variable of its body
)

// Buf is a run of elements with a name. A batched one has Shape for each row.
type Buf struct {
	Name    string // as in Go: dense1Weight
	Shape   []int
	Batched bool
	Elem    Elem
	Store   Store
	Offset  int // elements from the start of its store; of a batched one in the arena, for a batch of one
	Value   *Value
	Port    *Port // InPort
}

// Size counts the elements, of a row where it is batched.
func (b *Buf) Size() int { return Size(b.Shape) }

// ShapeText is the shape with the batch: [B, 128].
func (b *Buf) ShapeText() string {
	if b.Batched {
		return ShapeText(append([]int{Batch}, b.Shape...))
	}
	return ShapeText(b.Shape)
}

// Space is a workspace: a predictor's or a trainer's buffers, and the functions that run in it.
type Space struct {
	Bufs   []*Buf // in the arena or state, in the order of first use
	Row    int    // arena elements a row of the batch
	Whole  int    // arena elements beside
	Ints   int    // int32 elements a row
	State  int    // elements of the optimizer's state
	Grad   bool   // has a gradient vector as long as theta
	Scalar bool   // unrolled to scalars
	Funcs  []*Func
}

// Func is a function of a workspace: predict, score, forward, backward, update.
type Func struct {
	Name   string
	Phases []*Phase
	Reads  []string // the Clock scalars it reads
	Result *Buf     // the loss, of forward and score
	Rate   *Expr    // of update: the learning rate, for reports: a number or a reference to a field; nil: not known
}

// Split says how a phase is shared among workers.
type Split int

const (
	Serial    Split = iota // by one
	ByRow                  // rows of the batch
	ByShare                // every step by its own leading axis, in 64 shares
	ByElement              // a range of theta
)

// Phase is a run of steps that are split the same way; a barrier stands between phases.
type Phase struct {
	Name  string // of the generated method, where it has one of its own
	Split Split
	Steps []*Step
	Work  int // multiply-adds a row, or in all: decides how finely it is split

	Repeat *Repeat // in place of all that: phases that repeat with other buffers
}

// Step is a kernel call, loops, or a loop over time with steps within.
type Step struct {
	Line *Line // the paragraph it belongs to
	Back bool
	Doc  string      // formulas, a line each: of a call h = max(0, x·dense1Weight + dense1Bias), of loops their operators' own, backward their gradients
	Call *KernelCall // either a call of a kernel
	Body []Stmt      // or statements
	Time *TimeLoop   // or a loop over time
	Buf  *Buf        // what it computes; ByShare splits its leading axis
	Work int         // multiply-adds, as of Phase

	Repeat *Repeat // in place of all that: steps that repeat with other buffers
}

// TimeLoop runs its steps once for each of T places along a sequence, the last first where it runs backward. Var is the
// place, in the indices of the steps.
type TimeLoop struct {
	Var     string
	T       int
	Reverse bool
	Steps   []*Step // kernel calls and statements
}

// Time is the variable of the loop over time.
const Time = "time"

// KernelCall is a call of one of the Kernels.
type KernelCall struct {
	Kernel  *Kernel
	Dst     *Buf
	A, B    *Buf
	M, K, N Extent // sizes of the product
	Bias    *Buf
	Act     string // of the kernel's epilogues: "", ReLU, Sigmoid, Tanh
	Mask    *Buf
}

// Extent is a size known now, or one multiplied by the rows at hand.
type Extent struct {
	N    int
	Rows bool
}

func (e Extent) String() string {
	switch {
	case e.Rows && e.N == 1:
		return "n"
	case e.Rows:
		return fmt.Sprintf("n*%d", e.N)
	}
	return fmt.Sprint(e.N)
}

// Stmt is a statement of lowered code: *Loop, *Set or *Fold.
type Stmt interface{ stmt() }

// Loop runs Var from 0 to To. The turns for which Guard does not hold are left out.
type Loop struct {
	Var   string
	To    Extent
	Guard *Expr // over loop variables; nil: none is left out
	Body  []Stmt
}

// Set stores a value: Dst = E, or Dst += E.
type Set struct {
	Dst   *Ref
	Add   bool
	E     *Expr
	Guard *Expr // a condition under which alone it is done; nil: always
}

// Fold reduces E over loops and stores the result: a sum, or a maximum with the place of the first.
type Fold struct {
	Dst   *Ref // nil: only the place is wanted
	Add   bool // Dst += the sum
	Max   bool
	Wide  bool    // accumulated in float64: a sum of very many terms
	Loops []*Loop // without bodies; none at all is one term
	E     *Expr
	Place *Ref  // of Max, where it is read
	At    *Expr // the place as a number
}

func (*Loop) stmt() {}
func (*Set) stmt()  {}
func (*Fold) stmt() {}

// Ref is an element of a buffer: Index is a sum of loop variables times strides. The variable of the loop over rows is
// Row; it counts from the first row of the phase, and so do the buffers. In a Random the place counts from the first row of
// the batch. In lowered code an OpIndex carries in Ref the Index it stands for, without a buffer.
type Ref struct {
	Buf   *Buf
	Index Index
	// Random: the uniform number at Index of a stream instead of an element.
	Random bool
	Stream uint32
	Formal bool // of a Random in a block's body: Stream says which of the instance's streams
	Width  int  // of a Random: the elements of a row, 0 where it has no rows
}

// Row is the variable of the loop over rows.
const Row = "r"

// Index is a place in a buffer.
type Index struct {
	Terms []Term
	Add   int
}

// Term is a loop variable times a stride; or, where At is set, an integer element times a stride.
type Term struct {
	Var string
	At  *Ref
	Mul int
}

func (x Index) String() string {
	var s []string
	for _, t := range x.Terms {
		v := t.Var
		if t.At != nil {
			v = "int(" + t.At.String() + ")"
		}
		if t.Mul != 1 {
			v += fmt.Sprintf("*%d", t.Mul)
		}
		s = append(s, v)
	}
	if x.Add != 0 || len(s) == 0 {
		s = append(s, fmt.Sprint(x.Add))
	}
	return strings.Join(s, "+")
}

func (r *Ref) String() string {
	if r.Random {
		stream := fmt.Sprint(r.Stream)
		if r.Formal {
			stream = fmt.Sprintf("stream%d", r.Stream+1)
		}
		return fmt.Sprintf("uniform(%s, %s)", stream, r.Index)
	}
	return r.Buf.Name + "[" + r.Index.String() + "]"
}

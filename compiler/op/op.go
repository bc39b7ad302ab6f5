// Package op holds the operators of the language, one a file: layers, losses, penalties, optimizers, schedules,
// initialisers and metrics. A definition is all there is of an operator: its arguments, its shape rule, its forward in the
// primitives of package ir, its documentation and its test cases. Nothing else in the compiler knows an operator's name.
//
// An operator has no backward of its own: the primitives have.
package op

import (
	"fmt"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// Kind says where in a model an operator may stand. Names are unique within a kind: mse is a loss and a metric.
type Kind string

const (
	Layer       Kind = "layer"
	Loss        Kind = "loss"
	Penalty     Kind = "penalty" // a loss term over the weights, without a value before it
	Optimizer   Kind = "optimizer"
	Schedule    Kind = "schedule"
	Initialiser Kind = "initialiser"
	MetricKind  Kind = "metric"
)

// Many as Def.Inputs: one value or more.
const Many = -1

// Def defines an operator.
type Def struct {
	Name    string
	Kind    Kind
	Doc     string   // what it does and what is special; the first sentence stands alone
	Shapes  []string // of a layer, loss or metric: "[D] -> [units]"
	Formula string
	// Gradient is what the primitives' derivatives come to, where that is short: for readers, nothing is computed from it. A
	// test holds every gradient against central differences.
	Gradient string
	Source   string // where the formula comes from: author, title, year, section; or PyTorch's page
	Example  string // a line of .nn
	Args     []Arg
	Weights  bool // a layer with weights of its own, which the argument name: can name; every other refuses it
	Inputs   int  // a layer's values: a number, or Many; 0 means 1
	Matrix   bool // an initialiser that cannot set a vector

	// Check finds arguments that do not go together; Bind calls it when each is fine by itself. nil: all do.
	Check func(a *Args) *Error

	// One of these, by Kind. Those that give an error check shapes first; it is an *Error where the user is at fault.

	Layer     func(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error)
	Loss      func(b *Builder, y, target *ir.Value, a *Args) (LossTerms, error) // by BuildLoss
	Penalty   func(b *Builder, weights []*ir.Value, a *Args) *ir.Value          // by BuildPenalty
	Optimizer func(u *Update, rate *ir.Value, a *Args)                          // by BuildUpdate; assigns u.Theta
	Schedule  func(c *Clock, a *Args) *ir.Value                                 // by Args.Rate
	Init      func(a *Args) ir.Init                                             // by Args.Init
	Metric    func(y, target *ir.Value, a *Args) (ir.Metric, error)             // by BuildMetric

	Cases []Case
}

// LossTerms is what a data loss computes before it is averaged over the batch.
type LossTerms struct {
	Rows   *ir.Value // [B]: the loss of each row; where Counts is set, added over the row's labels that count
	Counts *ir.Value // [B]: how many of the row's labels count, -1 being ignored; nil where every row counts as one
}

// Case is a use of the operator that the tests compile, check against central differences and fuzz around.
type Case struct {
	Call   string   // dense(3, bias: false)
	In     []string // port declarations without their names: "[4]", "class(3)", "[5]class(3)"; a loss: output, target
	Before string   // a pipeline before a loss, where it demands one: softmax
	Kinked bool     // has kinks: points near one are drawn again
}

// ArgType is the type of an argument.
type ArgType string

const (
	Size       ArgType = "size"        // a whole number, at least 1
	Whole      ArgType = "whole"       // a whole number, at least 0
	SizePair   ArgType = "size pair"   // a Size for height and width, or [h, w]
	WholePair  ArgType = "whole pair"  // a Whole for height and width, or [h, w]
	Number     ArgType = "number"      // float64
	Bool       ArgType = "bool"        //
	Word       ArgType = "word"        // one of Arg.Words
	Numbers    ArgType = "numbers"     // a number or a list of numbers
	Wholes     ArgType = "wholes"      // a list of whole numbers, at least 0
	Matrix     ArgType = "matrix"      // a list of lists of numbers
	Init       ArgType = "initialiser" // zeros, normal(0.1)
	Rate       ArgType = "rate"        // a number or a schedule
	BoolOrList ArgType = "bool or numbers"
)

// Arg declares an argument.
type Arg struct {
	Name     string
	Type     ArgType
	Required bool
	Default  any      // float64, bool, string, []float64, SameAs; nil: none
	Words    []string // of a Word; of a Whole or a WholePair words that may stand in its place
	Min, Max float64  // of numbers, where Bounded
	Bounded  Bounds
	Vector   bool // of initialisers: what it sets is a vector
	InEpochs bool // a number of epochs that must be fewer than are trained: see Args.CheckEpochs
	Doc      string
}

// TakesWord says whether a name may be the argument's value: pad: same, init: he_normal.
func (d Arg) TakesWord() bool { return len(d.Words) > 0 || d.Type == Init || d.Type == Rate }

// SameAs as Arg.Default: the value of an argument in front of it, which is required and of the same type.
type SameAs string

// Bounds says which of Arg.Min and Arg.Max hold.
type Bounds int

const (
	Unbounded Bounds = iota
	AtLeast          // x >= Min
	Above            // x > Min
	Within           // Min <= x <= Max
	Share            // Min <= x < Max
)

// Error is a user's mistake that an operator found.
type Error struct {
	Code    diag.Code
	Message string // without the operator's name in front: that is added
	Help    string
	Arg     string // the argument to blame; "" blames the call
}

func (e *Error) Error() string { return e.Message }

// Errorf makes an Error.
func Errorf(code diag.Code, format string, a ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, a...)}
}

// WithHelp adds what to do.
func (e *Error) WithHelp(format string, a ...any) *Error {
	e.Help = fmt.Sprintf(format, a...)
	return e
}

// Blame names the argument at fault.
func (e *Error) Blame(arg string) *Error {
	e.Arg = arg
	return e
}

// Builder is what layers, losses and penalties build with.
type Builder struct {
	*ir.Graph
	Training bool   // dropout drops, batch_norm uses the batch's statistics
	Name     string // of the instance at hand: dense1, Residual1.conv1

	// LeastRows is how many rows a training batch must have at the least, and Asks the layer that needs them; nil: none does.
	LeastRows int
	Asks      *ir.Src

	weights map[string]*ir.Value
	streams uint32
}

// NeedRows says that the layer at hand trains only on batches of n rows or more: one row gives it nothing to measure.
func (b *Builder) NeedRows(n int) {
	if n > b.LeastRows {
		b.LeastRows, b.Asks = n, b.Src
	}
}

// NewBuilder gives a builder on an empty graph.
func NewBuilder(training bool) *Builder {
	return &Builder{Graph: ir.NewGraph(), Training: training, weights: map[string]*ir.Value{}}
}

// Weight declares a weight of the operator at hand.
type Weight struct {
	Perm          []int     // axis i here is axis Perm[i] in PyTorch's layout; nil: the same
	Init          ir.Init   //
	FanIn, FanOut int       // for initialisers that ask
	Values        []float64 // by hand, in this layout
	Frozen        bool
	Running       bool // a running statistic, which Assign moves in training: saved, never trained, counted nowhere
	Penalised     bool // l1 and l2 count it
	InCode        bool // with Frozen and Values: stands in the generated code, as numbers or as a call of Init's function, and not in weight files
}

// weightStreams is where the streams of initial values begin: a dropout never draws what a weight started from.
const weightStreams = 1 << 31

// Weight gives the leaf for NAME.name, made on first use: a shared layer has one set of weights.
func (b *Builder) Weight(name string, shape []int, w Weight) *ir.Value {
	full := b.Name + "." + name
	if v := b.weights[full]; v != nil {
		return v
	}
	b.streams++
	kind := ir.Param
	if w.Frozen || w.Running {
		kind = ir.Fixed
	}
	v := b.Leaf(kind, full, ir.Float, shape...)
	init := w.Init
	init.FanIn, init.FanOut, init.Stream = w.FanIn, w.FanOut, weightStreams+b.streams
	v.Param = &ir.Weight{Name: full, Perm: w.Perm, Init: init, Values: w.Values, Running: w.Running, Penalised: w.Penalised, InCode: w.InCode}
	if b.Src != nil {
		v.Param.Span = b.Src.Span
	}
	b.weights[full] = v
	return v
}

// Named gives an interior value a name, that of the operator with a part of speech behind it: softmax1Max.
func (b *Builder) Named(part string, v *ir.Value) *ir.Value {
	if v.Name == "" && v.Def != nil {
		v.Name = b.Name + "." + part
	}
	return v
}

// Update is what an optimizer builds with: a graph of its own, over all parameters as one vector.
type Update struct {
	Clock
	Theta *ir.Value // [P]: the parameters
	Grad  *ir.Value // [P]: their gradients, clipped where the model says so
	Rate  *ir.Value // the learning rate, for reports; BuildUpdate sets it
}

// State is a vector kept between steps, zero at first.
func (u *Update) State(name string) *ir.Value {
	return u.Leaf(ir.State, name, ir.Float, u.Theta.Shape...)
}

// Clock is what a schedule builds with: float64 scalars of the training run.
type Clock struct {
	*ir.Graph
}

// Scalar is one of the ir.Clock leaves.
func (c *Clock) Scalar(name string) *ir.Value {
	for _, v := range c.Leafs {
		if v.Kind == ir.Clock && v.Name == name {
			return v
		}
	}
	return c.Leaf(ir.Clock, name, ir.Double)
}

package pass

import (
	"fmt"
	"math"
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// Model is a model as a graph, with what stands beside the graph.
type Model struct {
	Name, Doc, File string
	Span            diag.Span // of the name

	Graph   *ir.Graph
	Inputs  []*ir.Value // leafs of kind Input with their Port; the batch is the first axis; class ports are integers
	Targets []*ir.Value
	Outputs []*ir.Output
	Loss    *ir.Value   // a scalar: data losses and penalties added; nil without a loss
	Weights []*ir.Value // Param and Fixed leafs in the order of the source
	Metrics []ir.Metric
	Layers  []*ir.Layer // a row for each call, in the order of the source; the costs are not filled in
	Flows   []Flow      // for editors: what flows where, in the order of expansion

	Optimizer    func(u *op.Update) // builds the update; nil without an optimizer
	OptimizerSrc *ir.Src
	// CheckEpochs says what is wrong with the optimizer's schedule for a number of epochs; nil where nothing is.
	CheckEpochs func(epochs int) *diag.Diagnostic

	Settings ir.TrainSettings
	Data     *ir.Data
	Set      []ir.Setting // the -set values that this model sees, in the order of its params
}

// The limits on what blocks and repeats expand to.
const (
	maxDepth      = 32      // blocks within blocks
	maxRepeat     = 4096    // turns
	maxLayers     = 20_000  // calls of operators
	maxStatements = 100_000 // lines; doubling blocks are stopped here
	maxParams     = min(1<<31, math.MaxInt)
	maxElements   = min(1<<31, math.MaxInt) // of a value's row
)

// Build expands the blocks, repeats and shared nets of a model, checks every call and shape by the operators' definitions,
// and builds the graph: of training, where dropout drops, or of prediction. It reports all faults that Resolve could not
// know; where there are some, or Resolve had any, the Model is incomplete and must not be compiled. What fails has an
// unknown value, and nothing is said of what that flows into.
func Build(p *Program, name string, training bool) (*Model, diag.List) {
	of := p.byName[name]
	if of == nil {
		panic("pass: there is no model " + name)
	}
	b := &builder{
		p: p, m: of, ops: op.NewBuilder(training),
		built: map[string]bool{}, goNames: map[string]weightName{},
		out: &Model{Name: name, File: p.File.Name, Doc: of.decl.Doc, Span: of.decl.NameSpan},
	}
	b.out.Graph = b.ops.Graph
	b.eval = &evaluator{p: p, fault: &b.reporter, value: b.known}
	b.model()
	b.list.Sort()
	return b.out, b.list
}

// builder is the state of one Build.
type builder struct {
	reporter
	p    *Program
	m    *model
	ops  *op.Builder
	eval *evaluator
	out  *Model

	f          *frame // of the body at hand
	line       *ir.Line
	made       int             // nodes of the graph when the line began
	layers     int             // calls of operators so far
	statements int             // expanded so far
	params     int             // so far, frozen ones too
	calls      []diag.Note     // the calls of blocks around what is expanded
	built      map[string]bool // layers by full name: a shared net builds one again
	goNames    map[string]weightName
}

// weightName is what took a name in the generated code.
type weightName struct {
	full string
	span diag.Span
}

// tooLarge ends the expansion of a model beyond a limit.
type tooLarge struct{}

// known gives the value of a const, param, block parameter or repeat variable.
func (b *builder) known(y *symbol) any {
	if y.bind != nil {
		return y.bind.value
	}
	return b.f.known[y]
}

// model builds all of the model.
func (b *builder) model() {
	defer func() {
		if x := recover(); x != nil {
			if _, ok := x.(tooLarge); !ok {
				panic(x)
			}
		}
	}()
	b.f = b.newFrame("")
	for _, n := range b.m.sharedItems {
		b.f.taken[n.name] = n.span
	}
	for _, y := range append(b.p.globals.sorted(), b.m.known.sorted()...) {
		if y.bind.set != nil && y.bind.value != nil {
			b.out.Set = append(b.out.Set, ir.Setting{Name: y.name, Value: valueText(y.bind.value)})
		}
	}
	b.ports()
	b.data()
	out := b.expand()
	b.outputs(out)
	b.losses()
	b.metrics()
	b.train()
	b.optimizer()
	b.leastRows()
	b.weights()
	b.slopes()
	if b.out.Loss != nil {
		b.out.Graph.Outs = append(b.out.Graph.Outs, b.out.Loss)
	}
}

// ports declares the inputs and targets as leafs.
func (b *builder) ports() {
	for _, p := range b.m.inputs {
		if v := b.port(p); v != nil {
			b.out.Inputs = append(b.out.Inputs, v)
		}
	}
	for _, p := range b.m.targets {
		if v := b.port(p); v != nil {
			b.out.Targets = append(b.out.Targets, v)
		}
	}
}

func (b *builder) port(d *portDecl) *ir.Value {
	p := &ir.Port{
		Name: d.port.Name, Target: d.item.Target != nil, Text: b.p.File.Text(d.item.Span), Span: d.port.NameSpan,
	}
	ok := true
	elements := 1
	for i, x := range d.port.Dims {
		n := b.eval.size(x, fmt.Sprintf("axis %d of %s", i, p.Name))
		if n == 0 {
			ok = false
			continue
		}
		p.Shape = append(p.Shape, n)
		if elements > maxElements/n {
			b.add(diag.TooLarge, d.port.DimsSpan, "", "%s has more than 2^31 elements", p.Name)
			ok, elements = false, 1
			continue
		}
		elements *= n
	}
	if !d.port.HasDims && d.port.Elem == nil {
		p.Shape = []int{1}
	}
	elem := ir.Float
	if d.port.Elem != nil {
		elem = ir.Int
		p.Classes = b.classes(d.port.Elem, p)
		ok = ok && p.Classes > 0
		if len(p.Shape) > 1 {
			b.add(diag.BadRank, d.port.DimsSpan, "write [T]class(n)", "labels are one, class(n), or a sequence of T, [T]class(n), not %s", ir.ShapeText(p.Shape))
			ok = false
		}
	}
	if !ok || b.f.values[d.symbol].vals != nil {
		b.f.values[d.symbol] = flow{unknown: true}
		return nil
	}
	v := b.ops.Leaf(ir.Input, p.Name, elem, append([]int{ir.Batch}, p.Shape...)...)
	v.Port = p
	out := flow{vals: []*ir.Value{v}}
	b.f.values[d.symbol] = out
	b.flows(d.port.NameSpan, flow{}, out)
	return v
}

// classes reads class(n); 0 is a fault.
func (b *builder) classes(c *dsl.Call, p *ir.Port) int {
	switch {
	case c.Name != "class":
		b.add(diag.UnknownName, c.NameSpan, guess(c.Name, []string{"class"}), "there is no type %s: a port holds numbers, or class(n)", c.Name)
	case len(c.Args) == 0:
		b.add(diag.MissingArgument, c.Span, "write class(10) for labels from 0 to 9", "class needs the number of classes")
	case len(c.Args) > 1:
		b.add(diag.TooManyArguments, c.Args[1].Span, "", "class takes one argument, the number of classes")
	case c.Args[0].Name != "":
		b.add(diag.UnknownArgument, c.Args[0].NameSpan, "write class(10)", "class: there is no argument %s", c.Args[0].Name)
	default:
		n := b.eval.size(c.Args[0].Value, "the number of classes of "+p.Name)
		if n == 1 {
			b.add(diag.BadSize, c.Args[0].Span, "", "the number of classes of %s is at least 2, not 1", p.Name)
			return 0
		}
		return n
	}
	return 0
}

// data reads the data item, and normalises the inputs where it says so.
func (b *builder) data() {
	if b.m.data == nil {
		return
	}
	d := dataReader{evaluator: b.eval}
	for _, v := range b.out.Inputs {
		d.inputs = append(d.inputs, v.Port)
	}
	for _, v := range b.out.Targets {
		d.targets = append(d.targets, v.Port)
	}
	c := b.m.data.Data
	if len(d.inputs) < len(b.m.inputs) || len(d.targets) < len(b.m.targets) { // a port is faulty
		return
	}
	data := d.read(c)
	if data == nil {
		return
	}
	b.out.Data = data
	if !data.Standardize {
		return
	}
	floats := 0
	for _, p := range b.m.inputs {
		if f := b.f.values[p.symbol]; len(f.vals) == 1 && f.vals[0].Elem == ir.Float {
			f.vals = []*ir.Value{b.standardize(p, f.vals[0])}
			b.f.values[p.symbol] = f
			floats++
		}
	}
	if floats == 0 {
		b.add(diag.BadData, c.Span, "leave standardize out", "there is no input of numbers to standardize")
	}
}

// standardize puts (x - mean)/std behind an input: per feature of [D] and [T, D], per channel of [C, H, W].
func (b *builder) standardize(p *portDecl, x *ir.Value) *ir.Value {
	row := x.Row()
	axis := 0
	if len(row) == 2 {
		axis = 1
	}
	src := &ir.Src{Span: b.m.data.Span, Text: "standardize", Name: p.port.Name + ".standardize"}
	src.Line = &ir.Line{Span: src.Span, Text: fmt.Sprintf("standardize %s", p.port.Name), In: ir.ShapeText(x.Shape), Out: ir.ShapeText(x.Shape)}
	b.ops.Src = src
	defer func() { b.ops.Src = nil }()
	leaf := func(what string) *ir.Value {
		v := b.ops.Leaf(ir.Fixed, p.port.Name+"."+what, ir.Float, row[axis])
		v.Param = &ir.Weight{Name: v.Name, Measured: what, Port: p.port.Name, Span: b.m.data.Span}
		return v
	}
	mean, std := leaf("mean"), leaf("std")
	e := ir.Div(ir.Sub(ir.A(0), ir.A(1)), ir.A(2))
	y := b.ops.Map(x.Shape, e, ir.Whole(x), ir.Along(mean, axis+1), ir.Along(std, axis+1))
	y.Name = p.port.Name + ".standardized"
	return y
}

// expand expands the model's layers.
func (b *builder) expand() flow {
	if b.m.layers == nil {
		return flow{unknown: true}
	}
	in := flow{}
	if len(b.m.inputs) == 1 {
		in = b.f.values[b.m.inputs[0].symbol]
	}
	return b.body(b.m.layers.Layers, in)
}

// outputs makes the results of the layers the model's outputs.
func (b *builder) outputs(out flow) {
	if out.unknown || len(out.vals) == 0 {
		return
	}
	stmts := b.m.layers.Layers.Stmts
	last := stmts[len(stmts)-1]
	texts, names, spans := []string{""}, []string{""}, []diag.Span{last.Span}
	if last.Pipe != nil {
		texts[0] = last.Pipe.String()
	} else {
		texts[0] = fmt.Sprintf("repeat %s { … }", last.Repeat.Over)
	}
	if len(out.vals) > 1 {
		texts, names, spans = nil, nil, nil
		for _, p := range tuple(last) {
			name := ""
			if len(p.Calls) == 0 {
				name = p.Head.Ident()
			}
			y := b.p.refs[p.Head.Call]
			if name == "" || y == nil {
				b.add(diag.BadStart, p.Span, "name it on a line of its own: mean = …", "each of several outputs is a named value")
				return
			}
			if slices.Contains(names, name) {
				b.add(diag.DuplicateName, p.Span, "", "%s is an output twice", name)
				return
			}
			names, texts, spans = append(names, name), append(texts, b.lineOf(name)), append(spans, p.Span)
		}
		if len(names) != len(out.vals) {
			b.add(diag.BadStart, last.Span, "end with their names in parentheses: (mean, spread)", "%d values leave the layers, and each of several outputs is a named value", len(out.vals))
			return
		}
	}
	reached := b.reachedBy(ir.Input)
	seen := map[*ir.Value]string{}
	for i, v := range out.vals {
		what := "the output"
		if names[i] != "" {
			what = "output " + names[i]
		}
		switch {
		case v.Kind == ir.Input:
			b.add(diag.MissingItem, spans[i], "add a layer", "%s is the input %s itself: nothing is computed", what, v.Name)
			continue
		case v.Elem == ir.Int:
			b.add(diag.BadType, spans[i], "", "%s holds labels, not numbers", what)
			continue
		case !reached[v]:
			b.add(diag.MissingItem, spans[i], "", "%s is the same for every input: nothing flows into it", what)
			continue
		}
		if old, twice := seen[v]; twice {
			b.add(diag.DuplicateName, spans[i], "leave one of them out", "output %s is the same value as output %s", names[i], old)
			continue
		}
		seen[v] = names[i]
		field := ir.GoName(names[i], true) // of the struct that several outputs are
		if k := slices.IndexFunc(b.out.Outputs, func(o *ir.Output) bool { return ir.GoName(o.Name, true) == field }); k >= 0 {
			b.add(diag.NameCollision, spans[i], "give one of them another name", "output %s and output %s would both be called %s in the generated code", names[i], b.out.Outputs[k].Name, field)
			continue
		}
		b.out.Outputs = append(b.out.Outputs, &ir.Output{Name: names[i], Value: v, Text: texts[i]})
		b.out.Graph.Outs = append(b.out.Graph.Outs, v)
	}
}

// tuple is the pipelines of a line (a, b); nil of any other line.
func tuple(st *dsl.Stmt) []*dsl.Pipe {
	if st.Pipe == nil || len(st.Pipe.Calls) > 0 || st.Pipe.Head.Kind != dsl.TupleExpr {
		return nil
	}
	return st.Pipe.Head.Pipes
}

// lineOf is the text of the line that a top-level value is named on.
func (b *builder) lineOf(name string) string {
	for _, st := range b.m.layers.Layers.Stmts {
		if st.Name == name {
			return st.Pipe.String()
		}
	}
	return name
}

// reachedBy finds the values that a leaf of a kind flows into.
func (b *builder) reachedBy(k ir.Kind) map[*ir.Value]bool {
	reached := map[*ir.Value]bool{}
	for _, v := range b.out.Graph.Leafs {
		if v.Kind == k {
			reached[v] = true
		}
	}
	for _, n := range b.out.Graph.Nodes {
		if slices.ContainsFunc(read(n), func(v *ir.Value) bool { return reached[v] }) {
			for _, v := range n.Out {
				reached[v] = true
			}
		}
	}
	return reached
}

// read lists the operands that a node computes with: in x·0 there is none.
func read(n *ir.Node) []*ir.Value {
	m, ok := n.Prim.(*ir.Map)
	if !ok {
		return n.In
	}
	var in []*ir.Value
	m.E.Walk(func(e *ir.Expr) {
		if e.Op == ir.OpArg {
			in = append(in, n.In[e.N])
		}
	})
	return in
}

// weights collects the weights, in the order in which the layers made them.
func (b *builder) weights() {
	for _, v := range b.out.Graph.Leafs {
		if v.Kind == ir.Param || v.Kind == ir.Fixed {
			b.out.Weights = append(b.out.Weights, v)
		}
	}
}

// slopes refuses to train through a value without a slope: where a trainable weight stands before it and the loss behind
// it. It refuses an optimizer that has nothing to train, too.
func (b *builder) slopes() {
	if b.out.Loss == nil || b.m.optimizer == nil || len(b.list) > 0 {
		return
	}
	if !slices.ContainsFunc(b.out.Weights, func(v *ir.Value) bool { return v.Kind == ir.Param }) {
		b.add(diag.NoGradient, b.m.optimizer.Span, "leave the optimizer out, or let a layer train", "the optimizer has nothing to train: the model has no trainable weight")
		return
	}
	trainable := map[*ir.Value]bool{}
	for _, v := range b.out.Graph.Leafs {
		trainable[v] = v.Kind == ir.Param
	}
	for _, n := range b.out.Graph.Nodes {
		if slices.ContainsFunc(n.In, func(v *ir.Value) bool { return trainable[v] }) {
			for _, v := range n.Out {
				trainable[v] = !v.Stop
			}
		}
	}
	needed := map[*ir.Value]bool{b.out.Loss: true}
	for _, n := range slices.Backward(b.out.Graph.Nodes) {
		if slices.ContainsFunc(n.Out, func(v *ir.Value) bool { return needed[v] && !v.Stop }) {
			for _, v := range n.In {
				needed[v] = true
			}
		}
	}
	for _, n := range b.out.Graph.Nodes {
		for _, v := range n.Out {
			if v.NoSlope != "" && trainable[v] && needed[v] {
				what, help := cutHelp(v.NoSlope)
				d := b.add(diag.NoGradient, n.Src.Span, help, "%s", what)
				for _, w := range b.out.Weights {
					if w.Kind == ir.Param && b.flowsInto(w, v) {
						d.note(w.Param.Span, "%s would have to learn through it", w.Name)
						break
					}
				}
			}
		}
	}
}

// flowsInto says whether v depends on w.
func (b *builder) flowsInto(w, v *ir.Value) bool {
	reached := map[*ir.Value]bool{w: true}
	for _, n := range b.out.Graph.Nodes {
		if slices.ContainsFunc(n.In, func(v *ir.Value) bool { return reached[v] }) {
			for _, o := range n.Out {
				reached[o] = true
			}
		}
	}
	return reached[v]
}

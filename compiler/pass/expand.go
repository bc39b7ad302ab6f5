package pass

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// flow is what goes along an arrow: one value or several. The zero flow is nothing.
type flow struct {
	vals    []*ir.Value
	unknown bool // a fault before it is reported; nothing more is said
}

// text is the flow's shapes: [B, 4], [B, 3].
func (f flow) text() string {
	var s []string
	for _, v := range f.vals {
		s = append(s, ir.ShapeText(v.Shape))
	}
	return strings.Join(s, ", ")
}

// frame is one expansion of a body: of the model's layers, or of a net where it is called.
type frame struct {
	values map[*symbol]flow
	known  map[*symbol]any // block parameters and repeat variables
	prefix string          // of the names of its layers: "Residual1."
	counts map[string]int  // of each kind of layer
	given  map[string]int  // of each name: argument, in repeats
	taken  map[string]diag.Span
	turns  int // repeats around what is expanded
}

func (b *builder) newFrame(prefix string) *frame {
	return &frame{
		values: map[*symbol]flow{}, known: map[*symbol]any{}, prefix: prefix,
		counts: map[string]int{}, given: map[string]int{}, taken: map[string]diag.Span{},
	}
}

// limit ends the expansion.
func (b *builder) limit(at diag.Span, format string, a ...any) {
	b.blame(b.add(diag.TooLarge, at, "", format, a...))
	panic(tooLarge{})
}

// blame adds the calls of the blocks that a fault stands in, from the inside out.
func (b *builder) blame(d report) report {
	const most = 3
	for i, n := range slices.Backward(b.calls) {
		if i < len(b.calls)-most {
			break
		}
		d.Notes = append(d.Notes, n)
	}
	return d
}

// body expands the lines of a body; in flows into the first.
func (b *builder) body(body *dsl.Body, in flow) flow {
	if len(body.Stmts) == 0 {
		return flow{unknown: true}
	}
	for _, st := range body.Stmts {
		if b.statements++; b.statements > maxStatements {
			b.limit(st.Span, "blocks and repeats expand to more than %d lines", maxStatements)
		}
		if st.Repeat != nil {
			in = b.repeat(st.Repeat, in)
			continue
		}
		in = b.statement(st, in)
	}
	return in
}

// statement expands one line.
func (b *builder) statement(st *dsl.Stmt, in flow) flow {
	text := st.Pipe.String()
	if st.Name != "" {
		text = st.Name + " = " + text
	}
	outer, outerMade := b.line, b.made
	b.line, b.made = &ir.Line{Span: st.Span, Text: text}, len(b.ops.Nodes)
	line := b.line
	out := b.pipe(st.Pipe, in)
	line.Out = out.text()
	if st.Name != "" {
		if len(out.vals) > 1 {
			b.add(diag.BadExpression, st.Pipe.Span, "give each a line of its own", "%s would name %d values, and a name is for one", st.Name, len(out.vals))
			out = flow{unknown: true}
		}
		b.f.values[b.p.lines[st]] = out
		b.flows(st.NameSpan, flow{}, out)
		if len(out.vals) == 1 && b.madeHere(out.vals[0]) {
			out.vals[0].Name = b.f.prefix + st.Name
		}
	}
	b.line, b.made = outer, outerMade
	return out
}

// madeHere says whether the line at hand computed a value, and does not only hand it on.
func (b *builder) madeHere(v *ir.Value) bool {
	return v.Def != nil && slices.Contains(b.ops.Nodes[b.made:], v.Def)
}

// repeat expands repeat n { … }.
func (b *builder) repeat(r *dsl.Repeat, in flow) flow {
	turns, ok := b.turns(r)
	if !ok || len(r.Body.Stmts) == 0 {
		return flow{unknown: true}
	}
	b.f.turns++
	defer func() { b.f.turns-- }()
	for _, v := range turns {
		if y := b.p.repeats[r]; y != nil {
			b.f.known[y] = v
		}
		in = b.body(r.Body, in)
	}
	return in
}

// turns lists the values of a repeat's variable.
func (b *builder) turns(r *dsl.Repeat) ([]any, bool) {
	wrong := func(code diag.Code, format string, a ...any) ([]any, bool) {
		b.blame(b.add(code, r.Over.Span, "", format, a...))
		return nil, false
	}
	var turns []any
	switch v := b.eval.constant(r.Over).(type) {
	case nil:
		return nil, false
	case float64:
		n := int(v)
		switch {
		case v != float64(n):
			return wrong(diag.NotWhole, "repeat needs a whole number of turns, not %s", ir.Number(v))
		case n < 0:
			return wrong(diag.BadSize, "repeat cannot turn %d times", n)
		case n > maxRepeat:
			return wrong(diag.TooLarge, "repeat turns at most %d times, not %d", maxRepeat, n)
		}
		for i := range n {
			turns = append(turns, float64(i))
		}
	case []any:
		if r.Var == "" {
			return wrong(diag.BadArgument, "repeat over a list needs a variable: repeat ch in %s", r.Over)
		}
		if len(v) > maxRepeat {
			return wrong(diag.TooLarge, "repeat turns at most %d times, not %d", maxRepeat, len(v))
		}
		turns = v
	default:
		return wrong(diag.BadArgument, "repeat needs a number or a list, not %s", kindText(v))
	}
	return turns, true
}

// pipe expands a pipeline.
func (b *builder) pipe(p *dsl.Pipe, in flow) flow {
	f := b.head(p.Head, in)
	if b.line != nil && b.line.In == "" && p.Head.Kind != dsl.CallExpr {
		b.line.In = f.text()
	}
	for _, c := range p.Calls {
		f = b.layer(c, f)
	}
	return f
}

// head gives what a line starts with: values, or what a layer makes of the flow.
func (b *builder) head(x *dsl.Expr, in flow) flow {
	switch x.Kind {
	case dsl.CallExpr:
		if b.p.refs[x.Call] != nil {
			f := b.read(x.Call)
			b.lineIn(f)
			return f
		}
		if b.p.wrong[x.Call] || in.vals == nil {
			in = flow{unknown: true}
		}
		b.lineIn(in)
		return b.layer(x.Call, in)
	case dsl.TupleExpr:
		if len(x.Pipes) == 1 {
			return b.pipe(x.Pipes[0], flow{})
		}
		f := flow{}
		before := ""
		if b.line != nil {
			before = b.line.In
		}
		for _, p := range x.Pipes {
			part := b.pipe(p, flow{})
			f.vals = append(f.vals, part.vals...)
			f.unknown = f.unknown || part.unknown
		}
		if b.line != nil {
			b.line.In = before // all of them, which pipe notes, and not only the first
		}
		if f.unknown {
			f.vals = nil
		}
		return f
	}
	if b.p.stuck[x] {
		return flow{unknown: true}
	}
	v, _ := b.operand(x)
	if v == nil {
		return flow{unknown: true}
	}
	return flow{vals: []*ir.Value{v}}
}

func (b *builder) lineIn(f flow) {
	if b.line != nil && b.line.In == "" {
		b.line.In = f.text()
	}
}

// read gives the value that a name stands for.
func (b *builder) read(c *dsl.Call) flow {
	y := b.p.refs[c]
	if y == nil || !y.kind.flows() {
		return flow{unknown: true}
	}
	f, ok := b.f.values[y]
	if !ok {
		return flow{unknown: true}
	}
	return f
}

// operand gives an expression that joins values and numbers: a value, or a number, or neither where there is a fault that
// is reported.
func (b *builder) operand(x *dsl.Expr) (*ir.Value, *float64) {
	switch x.Kind {
	case dsl.CallExpr:
		if y := b.p.refs[x.Call]; y == nil || y.kind.flows() {
			f := b.read(x.Call)
			if len(f.vals) != 1 {
				return nil, nil
			}
			return f.vals[0], nil
		}
	case dsl.TupleExpr:
		if len(x.Pipes) != 1 {
			return nil, nil
		}
		if p := x.Pipes[0]; len(p.Calls) > 0 {
			f := b.pipe(p, flow{})
			switch len(f.vals) {
			case 1:
				return f.vals[0], nil
			case 0:
			default:
				b.blame(b.add(diag.BadExpression, x.Span, "", "an operator joins single values, not %d", len(f.vals)))
			}
			return nil, nil
		}
		return b.operand(x.Pipes[0].Head)
	case dsl.UnaryExpr:
		v, n := b.operand(x.X)
		switch {
		case n != nil:
			m := -*n
			return nil, &m
		case v != nil:
			return b.join("neg", b.joinSrc(x, "neg"), v), nil
		}
		return nil, nil
	case dsl.BinaryExpr:
		return b.binary(x)
	}
	n, ok := b.eval.number(x, "an operator")
	if !ok {
		return nil, nil
	}
	return nil, &n
}

// operatorNames names the results of operators: add1, mul2.
var operatorNames = map[string]string{"+": "add", "-": "sub", "*": "mul", "/": "div"}

func (b *builder) binary(x *dsl.Expr) (*ir.Value, *float64) {
	v, m := b.operand(x.X)
	w, n := b.operand(x.Y)
	switch {
	case v == nil && m == nil || w == nil && n == nil:
		return nil, nil
	case m != nil && n != nil:
		r, ok := arithmetic(x.Op, *m, *n)
		if !ok {
			b.blame(b.add(diag.BadExpression, x.Span, "", "division by zero"))
			return nil, nil
		}
		return nil, &r
	case x.Op == "%":
		return nil, nil
	case x.Op == "/" && n != nil && *n == 0:
		b.blame(b.add(diag.BadExpression, x.Span, "", "division by zero"))
		return nil, nil
	}
	src := b.joinSrc(x, operatorNames[x.Op])
	if m == nil && n == nil {
		src.Sign = x.Op
	}
	b.ops.Src = src // a number joins a value as a constant of its shape
	if m != nil {
		v = b.ops.Const(*m, w.Shape...)
	}
	if n != nil {
		w = b.ops.Const(*n, v.Shape...)
	}
	sum := b.join(x.Op, src, v, w)
	out := flow{unknown: sum == nil}
	if sum != nil {
		out.vals = []*ir.Value{sum}
	}
	b.flows(x.OpSpan, flow{vals: []*ir.Value{v, w}}, out)
	return sum, nil
}

// joinSrc is the source of an operator of an expression.
func (b *builder) joinSrc(x *dsl.Expr, kind string) *ir.Src {
	b.count(x.Span)
	return &ir.Src{Span: x.Span, Text: b.text(x), Name: b.layerName(kind, nil, x.Span), Line: b.line}
}

// text is the canonical text of an expression. Of a very long one it is the beginning: of a sum of thousands, each part has
// its text.
func (b *builder) text(x *dsl.Expr) string {
	const most = 1000
	if s := b.p.File.Text(x.Span); len(s) > most {
		return strings.Join(strings.Fields(s[:most]), " ") + " …"
	}
	return x.String()
}

// join applies the layer that an operator of an expression stands for.
func (b *builder) join(name string, src *ir.Src, in ...*ir.Value) *ir.Value {
	def := op.Lookup(op.Layer, name)
	args, _ := op.Bind(def, src.Span, nil)
	f := b.apply(def, args, src, in)
	if len(f.vals) != 1 {
		return nil
	}
	return f.vals[0]
}

// layer expands a call of a layer, block or shared net.
func (b *builder) layer(c *dsl.Call, in flow) flow {
	out := b.callee(c, in)
	b.flows(c.Span, in, out)
	return out
}

func (b *builder) callee(c *dsl.Call, in flow) flow {
	to := b.p.calls[c]
	switch {
	case to.def != nil:
		return b.operator(to.def, c, in)
	case to.net != nil && to.net.decl != nil:
		return b.block(to.net, c, in)
	case to.net != nil:
		return b.shared(to.net, c, in)
	}
	return flow{unknown: true}
}

// nameArg takes the argument name: out of a call's; nil where there is none, ok is false where it is faulty.
func (b *builder) nameArg(c *dsl.Call) (rest []*dsl.Arg, name *layerNameArg, ok bool) {
	ok = true
	for _, a := range c.Args {
		if a.Name != layerName {
			rest = append(rest, a)
			continue
		}
		if name != nil {
			b.add(diag.DuplicateName, a.NameSpan, "", "name is given twice").note(name.span, "it is given here already")
			ok = false
			continue
		}
		name = &layerNameArg{span: a.Value.Span}
		switch v := b.eval.eval(a.Value).(type) {
		case nil:
			ok = false
		case op.WordValue:
			name.name = string(v)
		default:
			b.blame(b.add(diag.BadArgument, a.Value.Span, "write name: fc", "name is a word, not %s", kindText(v)))
			ok = false
		}
	}
	return rest, name, ok
}

type layerNameArg struct {
	name string
	span diag.Span
}

// layerName names an instance: by the argument name: where it is given, else by its kind and number in its scope.
func (b *builder) layerName(kind string, given *layerNameArg, at diag.Span) string {
	f := b.f
	name := ""
	if given != nil {
		name, at = given.name, given.span
		if f.turns > 0 {
			f.given[name]++
			name = numbered(name, f.given[name])
		}
	} else {
		f.counts[kind]++
		name = numbered(kind, f.counts[kind])
	}
	if old, twice := f.taken[name]; twice {
		b.blame(b.add(diag.DuplicateName, at, "choose another name", "two layers here would be called %s", name).note(old, "the other is here"))
		name += "'" // apart from the other, so that nothing more is said
	}
	f.taken[name] = at
	return f.prefix + name
}

// numbered is dense1, or conv1d_1 where the kind has a digit.
func numbered(kind string, n int) string {
	if strings.ContainsAny(kind, "0123456789") {
		return fmt.Sprintf("%s_%d", kind, n)
	}
	return fmt.Sprintf("%s%d", kind, n)
}

// count counts the layers, those as well that fail.
func (b *builder) count(at diag.Span) {
	if b.layers++; b.layers > maxLayers {
		b.limit(at, "the model has more than %d layers", maxLayers)
	}
}

// operator applies a built-in layer.
func (b *builder) operator(def *op.Def, c *dsl.Call, in flow) flow {
	b.count(c.Span)
	rest, given, ok := b.nameArg(c)
	if given != nil && !def.Weights {
		b.blame(b.add(diag.UnknownArgument, given.span, "name the line instead: h = "+def.Name, "%s has no weights that a name could be for", def.Name))
		ok = false
	}
	name := b.layerName(def.Name, given, c.Span)
	args := b.bind(def, c, rest)
	if args == nil || !ok || in.unknown {
		return flow{unknown: true}
	}
	want := max(def.Inputs, 1)
	if n := len(in.vals); def.Inputs != op.Many && n != want {
		help := ""
		if want == 1 {
			help = "join them first, for example by concat or +"
		}
		b.blame(b.add(diag.BadStart, c.Span, help, "%s takes %s, and %d flow into it", def.Name, plural(want, "value"), n))
		return flow{unknown: true}
	}
	return b.apply(def, args, &ir.Src{Span: c.Span, Text: c.String(), Name: name, Line: b.line, Formula: op.Equation(def), Gradient: op.Derivative(def)}, in.vals)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "one " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// bind checks the arguments of a call; nil where there is a fault.
func (b *builder) bind(def *op.Def, c *dsl.Call, rest []*dsl.Arg) *op.Args {
	raw, ok := b.eval.args(&dsl.Call{Span: c.Span, Args: rest})
	if !ok {
		return nil
	}
	args, list := op.Bind(def, c.Span, raw)
	for _, d := range list {
		b.blame(b.put(d))
	}
	return args
}

// apply builds an operator on values.
func (b *builder) apply(def *op.Def, args *op.Args, src *ir.Src, in []*ir.Value) flow {
	if b.built[src.Name] && !b.sameWeights(def, args, src, in) {
		return flow{unknown: true}
	}
	b.built[src.Name] = true

	g := b.ops.Graph
	leafs, nodes := len(g.Leafs), len(g.Nodes)
	g.Src, b.ops.Name = src, src.Name
	v, err := def.Layer(b.ops, in, args)
	g.Src = nil
	if err != nil {
		b.failed(err, args, in)
		return flow{unknown: true}
	}
	if v.Def != nil && v.Name == "" {
		v.Name = src.Name
	}
	row := &ir.Layer{Name: src.Name, Text: src.Text, In: in[0].Shape, Out: v.Shape, Span: src.Span}
	for _, w := range g.Leafs[leafs:] {
		n, ok := elements(w.Shape)
		switch w.Kind {
		case ir.Param:
			row.Params += n
		case ir.Fixed:
			if !w.Param.Running {
				row.Frozen += n
			}
		}
		if b.weightName(w, src); !ok {
			b.limit(src.Span, "%s has more than 2^31 elements", w.Name)
		}
	}
	b.out.Layers = append(b.out.Layers, row)
	if more := row.Params + row.Frozen; more > maxParams-b.params {
		b.limit(src.Span, "the model has more than 2^31 parameters")
	} else {
		b.params += more
	}
	for _, n := range g.Nodes[nodes:] {
		for _, o := range n.Out {
			if _, ok := elements(o.Shape); !ok {
				b.limit(src.Span, "%s makes a value of more than 2^31 elements", src.Text)
			}
		}
	}
	return flow{vals: []*ir.Value{v}}
}

// elements is the size of a shape, the batch left out; ok is false beyond the limit.
func elements(shape []int) (n int, ok bool) {
	n = 1
	for _, d := range shape {
		if d == ir.Batch {
			continue
		}
		if n > maxElements/d {
			return maxElements, false
		}
		n *= d
	}
	return n, true
}

// failed reports what an operator says is wrong, with the places that the values come from.
func (b *builder) failed(err error, args *op.Args, in []*ir.Value) {
	var e *op.Error
	if !errors.As(err, &e) {
		panic(fmt.Sprintf("pass: %s gave an error of type %T: %v", args.Def.Name, err, err))
	}
	d := b.put(args.Diagnostic(e))
	switch e.Code {
	case diag.BadRank, diag.BadShape, diag.BadType, diag.NeedsSoftmax:
		for _, v := range in {
			b.origin(d, v)
		}
	}
	b.blame(d)
}

// origin notes where a value comes from.
func (b *builder) origin(d report, v *ir.Value) {
	switch {
	case v.Port != nil && v.Port.Target:
		d.note(v.Port.Span, "target %s is declared here", v.Port.Name)
	case v.Port != nil:
		d.note(v.Port.Span, "input %s is declared here", v.Port.Name)
	case v.Def != nil && v.Def.Src != nil && v.Def.Src.Span.IsValid():
		d.note(v.Def.Src.Span, "%s comes from here", ir.ShapeText(v.Row()))
	}
}

// weightName holds weights to names that stay apart in the generated code.
func (b *builder) weightName(w *ir.Value, src *ir.Src) {
	name := ir.GoName(w.Name, false)
	if old, twice := b.goNames[name]; twice && old.full != w.Name {
		b.add(diag.NameCollision, src.Span, "give one of the layers another name", "%s and %s would both be called %s in the generated code", w.Name, old.full, name).note(old.span, "the other is here")
	}
	b.goNames[name] = weightName{w.Name, src.Span}
}

// sameWeights checks that a layer of a shared net, which is applied again, wants the weights that it has.
func (b *builder) sameWeights(def *op.Def, args *op.Args, src *ir.Src, in []*ir.Value) bool {
	if !def.Weights {
		return true
	}
	trial := op.NewBuilder(b.ops.Training) // only to see which weights it would make
	trial.Name, trial.Src = src.Name, src
	leafs := make([]*ir.Value, len(in))
	for i, v := range in {
		leafs[i] = trial.Leaf(ir.Input, v.Name, v.Elem, v.Shape...)
		leafs[i].Port = v.Port
	}
	if _, err := def.Layer(trial, leafs, args); err != nil {
		return true // it fails again, and says why
	}
	for _, w := range trial.Leafs {
		for _, old := range b.ops.Leafs {
			if w.Param != nil && old.Param != nil && w.Name == old.Name && !slices.Equal(w.Shape, old.Shape) {
				d := b.add(diag.BadShape, src.Span, "a shared net takes values of one shape", "%s is %s here and %s where the net was applied first, with one set of weights", w.Name, ir.ShapeText(w.Shape), ir.ShapeText(old.Shape))
				for _, v := range in {
					b.origin(d, v)
				}
				b.blame(d)
				return false
			}
		}
	}
	return true
}

// enter goes into a net; the result leaves it again.
func (b *builder) enter(n *net, f *frame, c *dsl.Call) func() {
	if len(b.calls) >= maxDepth {
		b.limit(c.Span, "blocks nest more than %d deep", maxDepth)
	}
	old, line, made := b.f, b.line, b.made
	b.f = f
	b.calls = append(b.calls, diag.Note{Span: c.Span, Message: fmt.Sprintf("%s is used here", n.name)})
	return func() {
		b.f, b.line, b.made = old, line, made
		b.calls = b.calls[:len(b.calls)-1]
	}
}

// block expands a call of a block.
func (b *builder) block(n *net, c *dsl.Call, in flow) flow {
	rest, given, ok := b.nameArg(c)
	f := b.newFrame("")
	ok = b.blockArgs(n, f, c, rest) && ok
	want := max(1, len(n.inputs))
	if !in.unknown && (len(in.vals) != want && (n.decl.Inputs != nil || len(in.vals) == 0)) {
		b.blame(b.add(diag.BadStart, c.Span, "", "%s takes %s, and %d flow into it", n.name, plural(want, "value"), len(in.vals)).note(n.span, "%s is declared here", n.name))
		in = flow{unknown: true}
	}
	f.prefix = b.layerName(n.name, given, c.Span) + "."
	if !ok {
		return flow{unknown: true}
	}
	for i, y := range n.inputs {
		if in.unknown {
			f.values[y] = in
		} else {
			f.values[y] = flow{vals: in.vals[i : i+1]}
		}
	}
	defer b.enter(n, f, c)()
	for _, y := range n.inputs {
		b.flows(y.span, flow{}, f.values[y])
	}
	if len(n.inputs) > 1 {
		in = flow{}
	}
	return b.body(n.body, in)
}

// blockArgs gives a block's parameters their values, in f.
func (b *builder) blockArgs(n *net, f *frame, c *dsl.Call, rest []*dsl.Arg) bool {
	ok, named := true, false
	wrong := func(code diag.Code, at diag.Span, help, format string, a ...any) {
		b.blame(b.add(code, at, help, format, a...).note(n.span, "%s is declared here", n.name))
		ok = false
	}
	var names []string
	for _, p := range n.decl.Params {
		names = append(names, p.Name)
	}
	given := map[int]bool{}
	for i, a := range rest {
		named = named || a.Name != ""
		k := n.param(i, a.Name)
		switch {
		case a.Name == "" && named:
			wrong(diag.BadArgument, a.Span, "give it a name, or put it in front", "%s: an argument without a name stands behind one with a name", n.name)
			continue
		case a.Name == "" && k < 0:
			wrong(diag.TooManyArguments, a.Span, "", "%s takes %s, got %d", n.name, plural(len(names), "argument"), len(rest))
			return false
		case k < 0:
			help := guess(a.Name, names)
			if help == "" && len(names) > 0 {
				help = n.name + " takes " + listing(names, "and")
			}
			wrong(diag.UnknownArgument, a.NameSpan, help, "%s: there is no argument %s", n.name, a.Name)
			continue
		case given[k]:
			wrong(diag.DuplicateName, a.Span, "", "%s: %s is given twice", n.name, names[k])
			continue
		}
		given[k] = true
		v := b.eval.eval(a.Value)
		f.known[n.params[k]] = v
		ok = ok && v != nil
	}
	for k, p := range n.decl.Params {
		switch {
		case given[k]:
		case p.Default == nil:
			wrong(diag.MissingArgument, c.Span, "", "%s: %s is missing", n.name, p.Name)
		default:
			v := b.eval.eval(p.Default)
			f.known[n.params[k]] = v
			ok = ok && v != nil
		}
	}
	return ok
}

// shared expands a use of a shared net: with names of its own, the same at each use, so that the weights are the same.
func (b *builder) shared(n *net, c *dsl.Call, in flow) flow {
	if len(c.Args) > 0 {
		b.blame(b.add(diag.TooManyArguments, c.Args[0].Span, "", "%s takes no arguments: it is one net with one set of weights", n.name).note(n.span, "%s is declared here", n.name))
		return flow{unknown: true}
	}
	if !in.unknown && len(in.vals) != 1 {
		b.blame(b.add(diag.BadStart, c.Span, "", "%s takes one value, and %d flow into it", n.name, len(in.vals)).note(n.span, "%s is declared here", n.name))
		in = flow{unknown: true}
	}
	defer b.enter(n, b.newFrame(n.name+"."), c)()
	if n.body != nil {
		return b.body(n.body, in)
	}
	b.line, b.made = &ir.Line{Span: n.shared.Span, Text: "shared " + n.name + " = " + n.shared.Pipe.String(), In: in.text()}, len(b.ops.Nodes)
	line := b.line
	out := b.pipe(n.shared.Pipe, in)
	line.Out = out.text()
	return out
}

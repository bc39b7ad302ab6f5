package pass

import (
	"fmt"
	"slices"

	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// layerName is the argument that every layer and block takes beside its own: it names the weights.
const layerName = "name"

// walker resolves the names of one body. What flows from line to line is followed here by name alone: a line either
// starts with a value, or takes what the line before left.
type walker struct {
	*resolver
	m     *model // whose shared nets are seen; nil in a block
	owner *net   // the block or shared net that is walked; nil in a model's layers
	// start is what flows into the first line: nil where a name must say so.
	start *symbol
	flows bool // whether something flows in at all
	many  string
}

// net resolves a block or a shared net.
func (r *resolver) net(n *net, m *model) {
	w := &walker{resolver: r, m: m, owner: n, flows: true}
	if n.decl != nil {
		for _, p := range n.decl.Params { // defaults see the file's names
			if p.Default != nil {
				y := n.params[slices.IndexFunc(n.decl.Params, func(q *dsl.BlockParam) bool { return q == p })]
				r.exprIn(p.Default, r.p.globals, y.wordLike)
			}
		}
		switch len(n.inputs) {
		case 0:
		case 1:
			w.start = n.inputs[0]
		default:
			w.flows, w.many = false, fmt.Sprintf("block %s has several inputs", n.name)
		}
	} else {
		n.scope = newScope(m.known)
	}
	if n.body == nil {
		w.pipe(n.shared.Pipe, n.scope, w.flow())
		return
	}
	w.body(n.body, n.scope, w.flow(), "block "+n.name)
	r.unused(n.scope)
}

// incoming is what flows into a line.
type incoming struct {
	is   bool   // whether anything does
	take func() // marks it as read
	why  string // where nothing flows
}

func (w *walker) flow() incoming {
	return incoming{is: w.flows, why: w.many, take: func() {
		if w.start != nil {
			w.start.used = true
		}
	}}
}

// body resolves the lines of a body. in is what flows into its first line.
func (w *walker) body(b *dsl.Body, s *scope, in incoming, what string) {
	if len(b.Stmts) == 0 {
		w.add(diag.MissingItem, b.Span, "write a line, for example identity", "%s has no line, so nothing comes out of it", what)
		in.take()
		return
	}
	type line struct {
		stmt *dsl.Stmt
		y    *symbol
		read bool // by the line that follows
	}
	lines := make([]line, len(b.Stmts))
	for i, st := range b.Stmts {
		l := &lines[i]
		l.stmt = st
		if st.Repeat != nil {
			w.repeat(st.Repeat, s, in)
		} else {
			w.pipe(st.Pipe, s, in)
			if st.Name != "" {
				l.y = w.declare(s, st.Name, valueSymbol, st.NameSpan)
				w.p.lines[st] = l.y
				if h := st.Pipe.Head; len(st.Pipe.Calls) == 0 && h.Kind == dsl.TupleExpr && len(h.Pipes) > 1 {
					w.add(diag.BadExpression, h.Span, "give each a line of its own", "%s would name %d values, and a name is for one", st.Name, len(h.Pipes))
				}
			}
		}
		in = incoming{is: true, take: func() { l.read = true }}
	}
	last := &lines[len(lines)-1]
	last.read = true
	if last.y != nil {
		last.y.used = true
	}
	for _, l := range lines {
		if l.y == nil && !l.read {
			w.add(diag.UnusedValue, l.stmt.Span, "give it a name and use it, or delete it", "nothing reads the result of this line: the next one starts with a value of its own")
		}
	}
}

// repeat resolves repeat n { … }.
func (w *walker) repeat(r *dsl.Repeat, s *scope, in incoming) {
	w.exprIn(r.Over, s, false)
	inner := newScope(s)
	if r.Var != "" {
		w.p.repeats[r] = w.declare(inner, r.Var, repeatSymbol, r.VarSpan)
	}
	// What a turn leaves flows into the next: a body that starts with a value of its own would drop it.
	read := false
	w.body(r.Body, inner, incoming{is: in.is, why: in.why, take: func() { read = true; in.take() }}, "repeat")
	if !read && len(r.Body.Stmts) > 0 {
		w.add(diag.UnusedValue, r.Body.Stmts[len(r.Body.Stmts)-1].Span, "start the body with a layer: h = identity names what flows in", "nothing reads what a turn leaves: the body starts with a value of its own")
	}
	w.unused(inner)
}

// pipe resolves a pipeline.
func (w *walker) pipe(p *dsl.Pipe, s *scope, in incoming) {
	w.head(p.Head, s, in, len(p.Calls) > 0)
	for _, c := range p.Calls {
		w.layer(c, s)
	}
}

// head resolves what a line starts with: values, or a layer that takes what flows in.
func (w *walker) head(x *dsl.Expr, s *scope, in incoming, piped bool) {
	if x.Kind == dsl.CallExpr {
		c := x.Call
		if y := s.find(c.Name); y != nil && !c.Parens {
			w.startValue(x, s)
			return
		}
		if !c.Parens && !w.callable(c.Name) && op.Lookup(op.Layer, c.Name) == nil && w.nearValue(c.Name, s, piped) {
			w.unknownValue(c, s)
			return
		}
		w.layer(c, s)
		switch {
		case in.is:
			in.take()
		default:
			w.add(diag.NeedsStart, c.Span, "start with a value: x -> "+c.Name, "nothing flows into %s: %s", c.Name, in.why)
			w.p.wrong[c] = true
		}
		return
	}
	if x.Kind == dsl.TupleExpr {
		w.tuple(x, s)
		return
	}
	w.startValue(x, s)
}

// startValue resolves an expression that a line starts with: it flows.
func (w *walker) startValue(x *dsl.Expr, s *scope) {
	if w.value(x, s) == isNumber {
		w.p.stuck[x] = true
		w.add(diag.BadStart, x.Span, "start with a value, or with a layer", "a line cannot start with %s: it is known before training and does not flow", startText(x))
	}
}

// nearValue says whether an unknown name was more probably meant to be a value than a layer.
func (w *walker) nearValue(name string, s *scope, piped bool) bool {
	if diag.Suggest(name, w.layerNames()) != "" {
		return false
	}
	return piped || diag.Suggest(name, s.names(true)) != ""
}

func (w *walker) unknownValue(c *dsl.Call, s *scope) {
	w.p.wrong[c] = true
	w.add(diag.UnknownName, c.NameSpan, guess(c.Name, s.names(true), w.layerNames()), "there is no value %s", c.Name)
}

func startText(x *dsl.Expr) string {
	switch x.Kind {
	case dsl.StringExpr:
		return "a string"
	case dsl.BoolExpr:
		return "true or false"
	case dsl.ListExpr:
		return "a list"
	}
	return "a number"
}

// tuple resolves pipelines in parentheses; each starts with a value.
func (w *walker) tuple(x *dsl.Expr, s *scope) {
	for _, p := range x.Pipes {
		w.pipe(p, s, incoming{why: "in parentheses each pipeline starts with a value"})
	}
}

// sort is what an operand is.
type sort int

const (
	isValue sort = iota // of the network
	isNumber
	isUnknown // reported
)

// value resolves an expression that joins values and numbers.
func (w *walker) value(x *dsl.Expr, s *scope) sort {
	switch x.Kind {
	case dsl.CallExpr:
		return w.operand(x.Call, s)
	case dsl.TupleExpr:
		if len(x.Pipes) > 1 {
			w.tuple(x, s)
			w.add(diag.BadExpression, x.Span, "", "an operator joins single values, not %d in parentheses", len(x.Pipes))
			return isUnknown
		}
		p := x.Pipes[0]
		if len(p.Calls) == 0 {
			return w.value(p.Head, s)
		}
		w.pipe(p, s, incoming{why: "in parentheses a pipeline starts with a value"})
		return isValue
	case dsl.UnaryExpr:
		return w.value(x.X, s)
	case dsl.BinaryExpr:
		a, b := w.value(x.X, s), w.value(x.Y, s)
		switch {
		case x.Op == "%" && (a == isValue || b == isValue):
			w.add(diag.BadExpression, x.OpSpan, "", "%% works on numbers that are known before training, not on values of the network")
			return isUnknown
		case a == isUnknown || b == isUnknown:
			return isUnknown
		case a == isNumber && b == isNumber:
			return isNumber
		}
		return isValue
	}
	return isNumber // a string or list too: the evaluator says what is wrong with it
}

// operand resolves a name, or a call that stands where a value does.
func (w *walker) operand(c *dsl.Call, s *scope) sort {
	y := s.find(c.Name)
	if y == nil || c.Parens {
		w.p.wrong[c] = true
		switch {
		case w.callable(c.Name) || op.Lookup(op.Layer, c.Name) != nil:
			w.add(diag.BadExpression, c.Span, fmt.Sprintf("write (x -> %s) with the value that flows into it", c.Name), "%s is a layer, not a value", c.Name)
		default:
			w.add(diag.UnknownName, c.NameSpan, guess(c.Name, s.names(true), s.names(false)), "there is no value %s", c.Name)
		}
		return isUnknown
	}
	y.used = true
	if y.kind == targetSymbol && !s.scores() {
		w.p.wrong[c], w.p.meant[c] = true, y
		w.add(diag.BadStart, c.Span, "", "%s is a target: only loss and metric lines can read it", c.Name).note(y.span, "it is declared here")
		return isUnknown
	}
	w.p.refs[c] = y
	if y.kind.flows() {
		return isValue
	}
	return isNumber
}

// callable says whether a name is a block or shared net that is seen here.
func (w *walker) callable(name string) bool {
	return w.p.blocks[name] != nil || w.m != nil && w.m.shared[name] != nil
}

// layerNames lists what can be called here.
func (w *walker) layerNames() []string {
	names := slices.DeleteFunc(op.Names(op.Layer), func(s string) bool { return s < "A" }) // but + - * /
	for name := range w.p.blocks {
		names = append(names, name)
	}
	if w.m != nil {
		for name := range w.m.shared {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// layer resolves a call of a layer, block or shared net, and its arguments.
func (w *walker) layer(c *dsl.Call, s *scope) {
	n := w.p.blocks[c.Name]
	if n == nil && w.m != nil {
		n = w.m.shared[c.Name]
	}
	if n != nil {
		w.p.calls[c] = callee{net: n}
		if w.owner != nil {
			w.owner.calls = append(w.owner.calls, netCall{n, c})
		}
		for i, a := range c.Args {
			word := a.Name == layerName
			if k := n.param(i, a.Name); k >= 0 {
				word = n.params[k].wordLike
			}
			w.nested(a.Value, s, word)
		}
		return
	}
	if def := op.Lookup(op.Layer, c.Name); def != nil {
		w.p.calls[c] = callee{def: def}
		w.args(def, c, s)
		return
	}
	w.unknownArgs(c, s)
	w.unknownLayer(c, s)
}

// nested resolves an argument of a block, which may be the call of an initialiser or schedule that it hands on.
func (w *walker) nested(x *dsl.Expr, s *scope, word bool) {
	if x.Kind == dsl.CallExpr && x.Call.Parens {
		for _, a := range x.Call.Args {
			w.exprIn(a.Value, s, true)
		}
		return
	}
	w.exprIn(x, s, word)
}

// unknownArgs resolves the arguments of a call of nothing known: it may be that its name is misspelt, and then they are used.
func (w *walker) unknownArgs(c *dsl.Call, s *scope) {
	for _, a := range c.Args {
		w.nested(a.Value, s, true)
	}
}

// unknownLayer reports a call of nothing known.
func (w *walker) unknownLayer(c *dsl.Call, s *scope) {
	for _, k := range []op.Kind{op.Loss, op.Penalty, op.Optimizer, op.MetricKind, op.Schedule, op.Initialiser} {
		if op.Lookup(k, c.Name) != nil {
			w.add(diag.UnknownLayer, c.NameSpan, kindHelp(k, c.Name), "%s is %s, not a layer", c.Name, article(string(k)))
			return
		}
	}
	if y := s.find(c.Name); y != nil {
		y.used = true
		w.p.meant[c] = y
		help := "a value stands at the start of a line, or in an argument"
		if y.kind.flows() {
			help = "start a line with it"
		}
		w.add(diag.UnknownLayer, c.NameSpan, help, "%s is %s, not a layer", c.Name, article(y.kind.String())).note(y.span, "%s is declared here", c.Name)
		return
	}
	if slices.ContainsFunc(w.p.models, func(m *model) bool { return m.decl.Name == c.Name }) {
		w.add(diag.UnknownLayer, c.NameSpan, "make a block of the layers that both use", "%s is a model, not a layer or a block", c.Name)
		return
	}
	var more []string
	for _, name := range w.layerNames() {
		if w.callable(name) {
			more = append(more, name)
		}
	}
	w.put(op.Unknown(op.Layer, c.Name, c.NameSpan, more...))
}

// kindHelp says where an operator of a kind stands.
func kindHelp(k op.Kind, name string) string {
	switch k {
	case op.Loss, op.Penalty:
		return "write a line loss " + name + " in the model"
	case op.MetricKind:
		return "write a line metric " + name + " in the model"
	case op.Optimizer:
		return "write a line optimizer " + name + "(…) in the model"
	case op.Schedule:
		return "it is a rate of an optimizer: sgd(lr: " + name + "(…))"
	}
	return "it is an argument of layers with weights: dense(10, init: " + name + ")"
}

// model resolves the items of a model.
func (r *resolver) model(m *model) {
	for _, p := range slices.Concat(m.inputs, m.targets) {
		for _, d := range p.port.Dims {
			r.expr(d, m.known)
		}
		if p.port.Elem != nil {
			for _, a := range p.port.Elem.Args {
				r.expr(a.Value, m.known)
			}
		}
	}
	for _, n := range m.sharedItems {
		r.net(n, m)
	}
	r.missing(m)

	w := &walker{resolver: r, m: m, flows: true}
	switch len(m.inputs) {
	case 0:
	case 1:
		w.start = m.inputs[0].symbol
	default:
		w.flows, w.many = false, "the model has several inputs"
	}
	if m.layers != nil {
		w.body(m.layers.Layers, m.scope, w.flow(), "layers")
	}
	for _, it := range m.losses {
		w.score(it, it.Loss, op.Loss)
	}
	for _, it := range m.metrics {
		w.score(it, it.Metric, op.MetricKind)
	}
	if m.optimizer != nil {
		c := m.optimizer.Optimizer
		if def := op.Lookup(op.Optimizer, c.Name); def != nil {
			r.p.calls[c] = callee{def: def}
			r.args(def, c, m.known)
		} else {
			r.put(op.Unknown(op.Optimizer, c.Name, c.NameSpan))
			w.unknownArgs(c, m.known)
		}
	}
	if m.data != nil {
		r.dataNames(m.data.Data, m.known)
	}
	if m.train != nil {
		for _, t := range m.train.Train.Items {
			r.exprIn(t.Value, m.known, takesWord(t.Name))
		}
	}
	if len(m.losses) == 0 { // targets without a loss are reported as such
		for _, p := range m.targets {
			p.symbol.used = true
		}
	}
	r.unused(m.known)
	r.unused(m.scope)
}

// missing reports the items that a model lacks.
func (r *resolver) missing(m *model) {
	name := m.decl.Name
	if len(m.inputs) == 0 {
		r.add(diag.MissingItem, m.decl.NameSpan, "add one: input x [4]", "model %s has no input", name)
	}
	if m.layers == nil {
		r.add(diag.MissingItem, m.decl.NameSpan, "add layers { … }", "model %s has no layers", name)
	}
	if len(m.losses) > 0 {
		return
	}
	for _, p := range m.targets {
		r.add(diag.MissingItem, p.port.NameSpan, "add a loss: loss mse", "target %s is compared with nothing: the model has no loss", p.port.Name)
	}
	if m.optimizer != nil {
		r.add(diag.MissingItem, m.optimizer.KeywordSpan, "add a loss: loss mse", "the optimizer has nothing to minimise: the model has no loss")
	}
}

// score resolves a loss or metric line: a pipeline that ends in an operator of the kind.
func (w *walker) score(it *dsl.Item, p *dsl.Pipe, kind op.Kind) {
	s := newScope(w.m.scope)
	s.score = true
	if len(p.Calls) == 0 { // the loss by itself
		if p.Head.Kind != dsl.CallExpr {
			w.scoreless(it, p, s, kind)
			return
		}
		if def := w.scorer(p.Head.Call, s, kind); def != nil && def.Kind != op.Penalty {
			w.readTarget()
		}
		return
	}
	last := p.Calls[len(p.Calls)-1]
	one := w.flows || w.m.layers != nil
	w.head(p.Head, s, incoming{is: one, take: func() {}, why: "there are no layers"}, true)
	for _, c := range p.Calls[:len(p.Calls)-1] {
		w.layer(c, s)
	}
	pair := len(p.Calls) == 1 && p.Head.Kind == dsl.TupleExpr && len(p.Head.Pipes) > 1
	if def := w.scorer(last, s, kind); def != nil && def.Kind == op.Penalty {
		w.add(diag.BadLoss, last.Span, fmt.Sprintf("write it on a line of its own: loss %s", last.Name), "%s is a penalty on the weights: no value flows into it", last.Name)
		delete(w.p.calls, last)
	}
	if !pair {
		w.readTarget()
	}
}

// readTarget marks the one target as read: a loss that is not given a pair compares with it.
func (w *walker) readTarget() {
	if len(w.m.targets) == 1 {
		w.m.targets[0].symbol.used = true
	}
}

// scorer resolves the loss, penalty or metric that a line ends in.
func (w *walker) scorer(c *dsl.Call, s *scope, kind op.Kind) *op.Def {
	kinds := []op.Kind{kind}
	if kind == op.Loss {
		kinds = append(kinds, op.Penalty)
	}
	var more []string
	for _, k := range kinds {
		if def := op.Lookup(k, c.Name); def != nil {
			w.p.calls[c] = callee{def: def}
			w.args(def, c, s)
			return def
		}
		more = append(more, op.Names(k)...)
	}
	for _, t := range w.m.targets { // whatever is meant, it would read them
		t.symbol.used = true
	}
	w.unknownArgs(c, s)
	what := kinds[0]
	if y := s.find(c.Name); y != nil {
		y.used = true
		w.p.meant[c] = y
		w.add(diag.BadLoss, c.Span, fmt.Sprintf("end the line with %s: %s -> …", article(string(what)), c.Name), "%s is %s, not %s", c.Name, article(y.kind.String()), article(string(what)))
		return nil
	}
	if w.callable(c.Name) || op.Lookup(op.Layer, c.Name) != nil {
		w.add(diag.BadLoss, c.Span, fmt.Sprintf("end the line with %s: %s -> …", article(string(what)), c.Name), "%s is a layer, not %s", c.Name, article(string(what)))
		return nil
	}
	for _, other := range []op.Kind{op.Loss, op.MetricKind} {
		if other != kind && op.Lookup(other, c.Name) != nil {
			w.add(diag.BadLoss, c.Span, kindHelp(other, c.Name), "%s is %s, not %s", c.Name, article(string(other)), article(string(what)))
			return nil
		}
	}
	help := guess(c.Name, more)
	if help == "" {
		slices.Sort(more)
		help = "it may be " + listing(more, "or")
	}
	w.add(diag.UnknownName, c.NameSpan, help, "there is no %s %s", what, c.Name)
	return nil
}

// scoreless reports a loss or metric line that is no pipeline into an operator: mse + mae, 2 * mse, (y, t).
func (w *walker) scoreless(it *dsl.Item, p *dsl.Pipe, s *scope, kind op.Kind) {
	for _, t := range w.m.targets {
		t.symbol.used = true
	}
	name := func(x *dsl.Expr) string {
		if x.Kind == dsl.CallExpr && (op.Lookup(kind, x.Call.Name) != nil || kind == op.Loss && op.Lookup(op.Penalty, x.Call.Name) != nil) {
			return x.String()
		}
		return ""
	}
	x := p.Head
	if x.Kind == dsl.BinaryExpr {
		a, b := name(x.X), name(x.Y)
		switch {
		case a != "" && b != "" && x.Op == "+":
			w.add(diag.BadLoss, x.Span, fmt.Sprintf("write two lines, %s %s and %s %s", it.Keyword, a, it.Keyword, b), "%s lines add up by themselves, an operator does not join them", it.Keyword)
			return
		case kind == op.Loss && x.Op == "*" && (a != "" || b != ""):
			w.add(diag.BadLoss, x.Span, "scale it by its argument weight: loss mse(weight: 0.5)", "an operator does not work on a loss")
			return
		}
	}
	w.head(x, s, incoming{is: true, take: func() {}}, true)
	w.add(diag.BadLoss, x.Span, fmt.Sprintf("end the line with %s: (output, target) -> …", article(string(kind))), "a %s line ends in %s", it.Keyword, article(string(kind)))
}

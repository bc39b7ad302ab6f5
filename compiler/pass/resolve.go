package pass

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// Program is a file whose names are resolved: it is known what each call calls and what each name stands for, and consts
// and params have their values. There are no shapes yet; Build makes those, for one model.
type Program struct {
	File  *dsl.File
	Usage *UsageError // nil; else a -set was wrong, which is the command line's fault and not the file's

	globals *scope
	models  []*model
	byName  map[string]*model
	blocks  map[string]*net
	calls   map[*dsl.Call]callee  // what is called; without an entry that is a fault which Resolve reported
	refs    map[*dsl.Call]*symbol // what a name without parentheses stands for; without an entry it is a word
	wrong   map[*dsl.Call]bool    // names that are reported
	meant   map[*dsl.Call]*symbol // what some of these stand for, though it must not stand there
	lines   map[*dsl.Stmt]*symbol // the values that lines name
	repeats map[*dsl.Repeat]*symbol
	stuck   map[*dsl.Expr]bool // starts of lines that cannot flow, which are reported
}

// UsageError is a wrong -set: an unknown name, one that several models have, or a value that cannot be.
type UsageError struct{ Message string }

func (e *UsageError) Error() string { return e.Message }

// net is a block or a shared net: a body that layers can call.
type net struct {
	name   string
	span   diag.Span // of the name
	decl   *dsl.Block
	shared *dsl.Shared
	body   *dsl.Body // nil of a shared net that is a pipe
	scope  *scope
	inputs []*symbol
	params []*symbol
	calls  []netCall
}

// netCall is a call of a net within another.
type netCall struct {
	to   *net
	call *dsl.Call
}

// callee is what a call calls: an operator or a net.
type callee struct {
	def    *op.Def
	net    *net
	circle *net // it is not expanded, since it would use itself: that is reported
}

// model is a model of the file with its names.
type model struct {
	decl   *dsl.Model
	known  *scope // consts and params
	scope  *scope // ports, and the values of layers
	shared map[string]*net

	inputs, targets []*portDecl
	layers          *dsl.Item
	losses, metrics []*dsl.Item
	optimizer       *dsl.Item
	data, train     *dsl.Item
	sharedItems     []*net
}

// portDecl is an input or target as declared.
type portDecl struct {
	item   *dsl.Item
	port   *dsl.Port
	symbol *symbol
}

// Models lists the file's models in order.
func (p *Program) Models() []string {
	var names []string
	for _, m := range p.models {
		names = append(names, m.decl.Name)
	}
	return names
}

// Resolve finds out what every name of the file means. It reports names that are unknown, given twice, unused or in the
// wrong case, lines whose result nothing reads, items that miss or stand twice, blocks that use themselves, and consts and params that have
// no value. set overrides params; a wrong one is in Program.Usage.
//
// The Program is never nil. Build accepts it with faults as well and does not report them again.
func Resolve(f *dsl.File, set []ir.Setting) (*Program, diag.List) {
	r := &resolver{p: &Program{
		File:    f,
		globals: newScope(nil),
		byName:  map[string]*model{},
		blocks:  map[string]*net{},
		calls:   map[*dsl.Call]callee{},
		refs:    map[*dsl.Call]*symbol{},
		wrong:   map[*dsl.Call]bool{},
		meant:   map[*dsl.Call]*symbol{},
		lines:   map[*dsl.Stmt]*symbol{},
		repeats: map[*dsl.Repeat]*symbol{},
		stuck:   map[*dsl.Expr]bool{},
	}}
	r.declareFile()
	for _, m := range r.p.models {
		r.declareModel(m)
	}
	r.settings(set)
	r.bindings()
	r.wordParams()
	for _, d := range f.Decls {
		if d.Block == nil {
			continue
		}
		if b := r.p.blocks[d.Block.Name]; b != nil && b.decl == d.Block {
			r.net(b, nil)
		}
	}
	for _, m := range r.p.models {
		r.model(m)
	}
	r.unused(r.p.globals)
	r.recursion()
	r.generatedNames()
	r.list.Sort()
	return r.p, r.list
}

type resolver struct {
	reporter
	p *Program
}

// declareFile gives the names of the file: consts, params, blocks and models.
func (r *resolver) declareFile() {
	taken := map[string]diag.Span{}
	claim := func(kind, name string, at diag.Span) bool {
		if !capital(name) {
			r.add(diag.Capitalisation, at, "call it "+ir.GoName(name, true), "the name of a %s starts with a capital letter, unlike %s", kind, name)
		}
		if old, twice := taken[name]; twice {
			r.add(diag.DuplicateName, at, "choose another name", "%s is a name already", name).note(old, "%s is declared here", name)
			return false
		}
		taken[name] = at
		return true
	}
	for _, d := range r.p.File.Decls {
		switch {
		case d.Const != nil:
			r.declareBinding(r.p.globals, d.Const, constSymbol)
		case d.Param != nil:
			r.declareBinding(r.p.globals, d.Param, paramSymbol)
		case d.Block != nil:
			if claim("block", d.Block.Name, d.Block.NameSpan) {
				r.p.blocks[d.Block.Name] = &net{name: d.Block.Name, span: d.Block.NameSpan, decl: d.Block, body: d.Block.Body}
			}
		case d.Model != nil:
			if claim("model", d.Model.Name, d.Model.NameSpan) {
				m := &model{decl: d.Model, shared: map[string]*net{}}
				r.p.models, r.p.byName[d.Model.Name] = append(r.p.models, m), m
			}
		}
	}
}

func (r *resolver) declareBinding(s *scope, b *dsl.Binding, kind symbolKind) {
	y := r.declare(s, b.Name, kind, b.NameSpan)
	y.bind = &binding{expr: b.Value, scope: s}
}

func capital(name string) bool { return 'A' <= name[0] && name[0] <= 'Z' }

// declareModel gives the names of a model's items and sorts the items.
func (r *resolver) declareModel(m *model) {
	m.known = newScope(r.p.globals)
	m.scope = newScope(m.known)
	once := func(slot **dsl.Item, it *dsl.Item) {
		if *slot != nil {
			r.add(diag.DuplicateItem, it.KeywordSpan, "delete one of them", "%s stands twice in model %s", it.Keyword, m.decl.Name).note((*slot).KeywordSpan, "the first is here")
			return
		}
		*slot = it
	}
	for _, it := range m.decl.Items {
		switch {
		case it.Const != nil:
			r.declareBinding(m.known, it.Const, constSymbol)
		case it.Param != nil:
			r.declareBinding(m.known, it.Param, paramSymbol)
		case it.Layers != nil:
			once(&m.layers, it)
		case it.Loss != nil:
			m.losses = append(m.losses, it)
		case it.Metric != nil:
			m.metrics = append(m.metrics, it)
		case it.Optimizer != nil:
			once(&m.optimizer, it)
		case it.Data != nil:
			once(&m.data, it)
		case it.Train != nil:
			once(&m.train, it)
		}
	}
	for _, it := range m.decl.Items { // behind consts and params, wherever these stand
		switch {
		case it.Input != nil:
			m.inputs = append(m.inputs, r.declarePort(m, it, it.Input, inputSymbol))
		case it.Target != nil:
			m.targets = append(m.targets, r.declarePort(m, it, it.Target, targetSymbol))
		case it.Shared != nil:
			r.declareShared(m, it.Shared)
		}
	}
}

func (r *resolver) declarePort(m *model, it *dsl.Item, port *dsl.Port, kind symbolKind) *portDecl {
	if capital(port.Name) {
		r.add(diag.Capitalisation, port.NameSpan, "call it "+ir.GoName(port.Name, false), "the name of %s starts with a small letter, unlike %s", article(kind.String()), port.Name)
	}
	if slices.Contains(dataOptions, port.Name) {
		r.add(diag.ReservedName, port.NameSpan, "choose another name", "%s is an option of data, so no port can have that name", port.Name)
	}
	return &portDecl{it, port, r.declare(m.scope, port.Name, kind, port.NameSpan)}
}

func (r *resolver) declareShared(m *model, s *dsl.Shared) {
	if !capital(s.Name) {
		r.add(diag.Capitalisation, s.NameSpan, "call it "+ir.GoName(s.Name, true), "the name of a shared net starts with a capital letter, unlike %s", s.Name)
	}
	var old diag.Span
	if n := m.shared[s.Name]; n != nil {
		old = n.span
	} else if n := r.p.blocks[s.Name]; n != nil {
		old = n.span
	}
	n := &net{name: s.Name, span: s.NameSpan, shared: s, body: s.Body}
	m.sharedItems = append(m.sharedItems, n)
	if old.IsValid() {
		r.add(diag.DuplicateName, s.NameSpan, "choose another name", "%s is a name already", s.Name).note(old, "%s is declared here", s.Name)
		return
	}
	m.shared[s.Name] = n
}

// setting is a -set with the params that it overrides.
type setting struct {
	ir.Setting
	expr *dsl.Expr
}

// settings finds the params that set overrides.
func (r *resolver) settings(set []ir.Setting) {
	for _, s := range set {
		y, err := r.overridden(s.Name)
		if err == nil && y != nil {
			var expr *dsl.Expr
			if expr, err = parseExpr(s); err == nil {
				y.bind.set = &setting{Setting: s, expr: expr}
			}
		}
		if err != nil {
			r.p.Usage = &UsageError{fmt.Sprintf("-set %s=%s: %v", s.Name, s.Value, err)}
			return
		}
	}
}

// overridden finds the param that a name of -set means.
func (r *resolver) overridden(name string) (*symbol, error) {
	var found []*symbol
	var owners, params, short []string
	isConst := false
	look := func(s *scope, prefix string) {
		for _, y := range s.sorted() {
			switch full := prefix + y.name; {
			case y.kind == paramSymbol:
				params, short = append(params, full), append(short, y.name)
				if name == full || name == y.name {
					found, owners = append(found, y), append(owners, full)
				}
			case y.kind == constSymbol && (name == full || name == y.name):
				isConst = true
			}
		}
	}
	look(r.p.globals, "")
	for _, m := range r.p.models {
		look(m.known, m.decl.Name+".")
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, fmt.Errorf("several models have it: say %s", listing(owners, "or"))
	case isConst:
		return nil, fmt.Errorf("%s is a const, and only a param can be overridden", name)
	case len(params) == 0:
		return nil, fmt.Errorf("the file has no param")
	}
	help := guess(name, params, short)
	if help == "" {
		help = "there is " + listing(params, "and")
	}
	return nil, fmt.Errorf("there is no param %s; %s", name, help)
}

// parseExpr parses the value of a -set.
func parseExpr(s ir.Setting) (*dsl.Expr, error) {
	f, list := dsl.Parse("-set", []byte("const value = "+s.Value))
	if len(list) > 0 {
		return nil, fmt.Errorf("%s", list[0].Message)
	}
	if len(f.Decls) != 1 || f.Decls[0].Const == nil {
		return nil, fmt.Errorf("the value is no expression")
	}
	return f.Decls[0].Const.Value, nil
}

// bindings computes the file's consts and params, and reports those that have no value.
func (r *resolver) bindings() {
	all := []*scope{r.p.globals}
	for _, m := range r.p.models {
		all = append(all, m.known)
	}
	for _, s := range all {
		for _, y := range s.sorted() {
			r.expr(y.bind.expr, s)
		}
	}
	for _, s := range all {
		for _, y := range s.sorted() {
			r.bindingValue(y)
		}
	}
}

// bindingValue computes a const or param on first use.
func (r *resolver) bindingValue(y *symbol) any {
	b := y.bind
	switch b.state {
	case 1:
		r.add(diag.BadExpression, y.span, "", "the %s %s needs its own value", y.kind, y.name)
		b.state = 2
		return nil
	case 2:
		return b.value
	}
	b.state = 1
	e := &evaluator{p: r.p, fault: &r.reporter, value: func(s *symbol) any {
		if s.bind == nil {
			return nil
		}
		return r.bindingValue(s)
	}}
	value := e.constant(b.expr)
	if b.state == 2 { // it needs its own value: reported
		return nil
	}
	b.value, b.state = value, 2
	if b.set != nil && value != nil {
		b.value = r.override(y, value, e)
	}
	return b.value
}

// override computes a -set and holds it to the kind of the param.
func (r *resolver) override(y *symbol, value any, e *evaluator) any {
	s := y.bind.set
	wrong := func(format string, a ...any) any {
		if r.p.Usage == nil {
			r.p.Usage = &UsageError{fmt.Sprintf("-set %s=%s: %s", s.Name, s.Value, fmt.Sprintf(format, a...))}
		}
		return value
	}
	apart := &resolver{p: r.p} // what is wrong with the command line is no diagnostic of the file
	apart.expr(s.expr, y.bind.scope)
	e = &evaluator{p: r.p, fault: &apart.reporter, value: e.value}
	v := e.constant(s.expr)
	if len(apart.list) > 0 {
		return wrong("%s", apart.list[0].Message)
	}
	if kindText(v) != kindText(value) {
		return wrong("%s is %s, not %s", y.name, kindText(value), kindText(v))
	}
	return v
}

// expr resolves the names of a constant expression.
func (r *resolver) expr(x *dsl.Expr, s *scope) { r.exprIn(x, s, false) }

// exprIn resolves the names of an expression that is known before training. word says that a name by itself may be a
// word.
func (r *resolver) exprIn(x *dsl.Expr, s *scope, word bool) {
	switch x.Kind {
	case dsl.CallExpr:
		c := x.Call
		if c.Parens {
			return // the evaluator says what is wrong with it, or its operator's definition resolves it
		}
		y := s.find(c.Name)
		switch {
		case y != nil && !y.kind.flows():
			y.used = true
			r.p.refs[c] = y
		case word:
		case y != nil:
			y.used = true
			r.p.wrong[c], r.p.meant[c] = true, y
			r.add(diag.BadExpression, c.Span, "", "%s is %s of the network: its value is not known before training", c.Name, article(y.kind.String())).note(y.span, "%s is declared here", c.Name)
		default:
			r.p.wrong[c] = true
			help := guess(c.Name, s.names(false))
			if help == "" && s.block && r.ofModel(c.Name) {
				help = "make it a parameter of the block: a block sees the consts and params of the file, and not those of a model"
			}
			r.add(diag.UnknownName, c.Span, help, "there is no const or param %s", c.Name)
		}
	case dsl.ListExpr:
		for _, y := range x.Items {
			r.exprIn(y, s, false)
		}
	case dsl.TupleExpr:
		for _, p := range x.Pipes {
			if len(x.Pipes) == 1 && len(p.Calls) == 0 {
				r.exprIn(p.Head, s, word)
			}
		}
	case dsl.UnaryExpr:
		r.exprIn(x.X, s, false)
	case dsl.BinaryExpr:
		r.exprIn(x.X, s, false)
		r.exprIn(x.Y, s, false)
	}
}

// ofModel says whether a const or param of a model has a name.
func (r *resolver) ofModel(name string) bool {
	return slices.ContainsFunc(r.p.models, func(m *model) bool { return m.known.symbols[name] != nil })
}

// args resolves the arguments of a call of def.
func (r *resolver) args(def *op.Def, c *dsl.Call, s *scope) {
	for i, a := range c.Args {
		if a.Name == layerName && def.Kind == op.Layer {
			r.exprIn(a.Value, s, true)
			continue
		}
		var d op.Arg
		if a.Name == "" && i < len(def.Args) {
			d = def.Args[i]
		}
		for _, named := range def.Args {
			if named.Name == a.Name {
				d = named
			}
		}
		if d.Name == "" { // no such argument: Bind says so, here as well, since a block may never be used
			span := c.Span
			if a.Name != "" {
				_, list := op.Bind(def, span, []op.RawArg{{Name: a.Name, NameSpan: a.NameSpan, Span: a.Value.Span, Value: 0.0}})
				for _, d := range list {
					if d.Code == diag.UnknownArgument {
						r.put(d)
					}
				}
			}
			r.exprIn(a.Value, s, true)
			continue
		}
		nested := op.Kind("")
		switch d.Type {
		case op.Init:
			nested = op.Initialiser
		case op.Rate:
			nested = op.Schedule
		}
		if nested != "" && a.Value.Kind == dsl.CallExpr && a.Value.Call.Parens {
			if inner := op.Lookup(nested, a.Value.Call.Name); inner != nil {
				r.args(inner, a.Value.Call, s)
			} else {
				for _, x := range a.Value.Call.Args {
					r.exprIn(x.Value, s, true)
				}
			}
			continue
		}
		before := len(r.list)
		r.exprIn(a.Value, s, d.TakesWord())
		for _, f := range r.list[before:] { // a word where none is taken
			if f.Code == diag.UnknownName && f.Help == "" {
				f.Help = d.Name + " takes " + d.Takes()
			}
		}
	}
}

// wordParams finds the block parameters that carry words: their argument somewhere takes one.
func (r *resolver) wordParams() {
	for _, d := range r.p.File.Decls {
		if d.Block == nil || r.p.blocks[d.Block.Name] == nil || r.p.blocks[d.Block.Name].decl != d.Block {
			continue
		}
		n := r.p.blocks[d.Block.Name]
		n.scope = newScope(r.p.globals)
		n.scope.block = true
		for _, in := range d.Block.Inputs {
			n.inputs = append(n.inputs, r.declare(n.scope, in.Name, blockInputSymbol, in.Span))
		}
		for _, p := range d.Block.Params {
			if p.Name == layerName {
				r.add(diag.ReservedName, p.NameSpan, "choose another name", "name is an argument of every layer and block, so no parameter can be called that")
			}
			n.params = append(n.params, r.declare(n.scope, p.Name, blockParamSymbol, p.NameSpan))
		}
	}
	for changed := true; changed; {
		changed = false
		for _, n := range r.p.blocks {
			mark := func(x *dsl.Expr) {
				i := slices.IndexFunc(n.decl.Params, func(p *dsl.BlockParam) bool { return p.Name == x.Ident() })
				if i >= 0 && !n.params[i].wordLike {
					n.params[i].wordLike, changed = true, true
				}
			}
			callsOf(n.body, func(c *dsl.Call) {
				def, inner := op.Lookup(op.Layer, c.Name), r.p.blocks[c.Name]
				for i, a := range c.Args {
					switch {
					case a.Name == layerName:
						mark(a.Value)
					case inner != nil:
						if k := inner.param(i, a.Name); k >= 0 && inner.params[k].wordLike {
							mark(a.Value)
						}
					case def != nil:
						for k, d := range def.Args {
							if (a.Name == d.Name || a.Name == "" && i == k) && d.TakesWord() {
								mark(a.Value)
							}
						}
					}
				}
			})
		}
	}
}

// param is the index of the parameter that argument i, or the one of that name, goes to; -1 is none.
func (n *net) param(i int, name string) int {
	if n.decl == nil {
		return -1
	}
	if name == "" {
		if i < len(n.decl.Params) {
			return i
		}
		return -1
	}
	return slices.IndexFunc(n.decl.Params, func(p *dsl.BlockParam) bool { return p.Name == name })
}

// callsOf visits the calls of layers in a body: heads of lines, and what stands behind arrows.
func callsOf(b *dsl.Body, visit func(*dsl.Call)) {
	var pipe func(p *dsl.Pipe)
	var expr func(x *dsl.Expr)
	expr = func(x *dsl.Expr) {
		if x == nil {
			return
		}
		if x.Kind == dsl.CallExpr {
			visit(x.Call)
		}
		for _, p := range x.Pipes {
			pipe(p)
		}
		expr(x.X)
		expr(x.Y)
	}
	pipe = func(p *dsl.Pipe) {
		expr(p.Head)
		for _, c := range p.Calls {
			visit(c)
		}
	}
	for _, st := range b.Stmts {
		if st.Repeat != nil {
			callsOf(st.Repeat.Body, visit)
		} else {
			pipe(st.Pipe)
		}
	}
}

// recursion reports blocks and shared nets that use themselves, each circle once, at the call that closes it.
func (r *resolver) recursion() {
	const active, done = 1, 2
	state := map[*net]int{}
	var path []*net
	var visit func(n *net)
	visit = func(n *net) {
		state[n] = active
		path = append(path, n)
		for _, c := range n.calls {
			switch state[c.to] {
			case 0:
				visit(c.to)
			case active:
				var names []string
				for _, m := range path[slices.Index(path, c.to):] {
					names = append(names, m.name)
				}
				names = append(names, c.to.name)
				r.p.calls[c.call] = callee{circle: c.to} // so that Build comes to an end
				r.add(diag.RecursiveBlock, c.call.NameSpan, "use repeat for a number of equal layers", "%s uses itself: %s", c.to.name, strings.Join(names, " -> "))
			}
		}
		path = path[:len(path)-1]
		state[n] = done
	}
	for _, d := range r.p.File.Decls {
		if d.Block != nil {
			if n := r.p.blocks[d.Block.Name]; n != nil && state[n] == 0 {
				visit(n)
			}
		}
	}
	for _, m := range r.p.models {
		for _, n := range m.sharedItems {
			if state[n] == 0 {
				visit(n)
			}
		}
	}
}

// generatedNames reports names that would meet in the generated package: each model has types and functions named after
// it and its ports.
func (r *resolver) generatedNames() {
	type owner struct {
		span   diag.Span
		what   string
		rename string // a name that would do
	}
	taken := map[string]owner{}
	claim := func(name string, o owner) {
		old, twice := taken[name]
		if !twice {
			taken[name] = o
			return
		}
		r.add(diag.NameCollision, o.span, "rename it, for example to "+o.rename, "%s and %s would both be called %s in the generated code", o.what, old.what, name).note(old.span, "the other is here")
	}
	for _, m := range r.p.models {
		name := m.decl.Name
		self := func(what string) owner { return owner{m.decl.NameSpan, what, name + "Net"} }
		claim(name, self("model "+name))
		for _, part := range []string{"Output", "Gradient", "Batch", "Data", "Stream", "Predictor", "Trainer"} {
			claim(name+part, self(fmt.Sprintf("the %s of model %s", strings.ToLower(part), name)))
		}
		claim("New"+name, self("the constructor of model "+name))
		claim("Load"+name, self("the loader of model "+name))
		claim("Open"+name+"Data", self("the data of model "+name))
		for _, p := range slices.Concat(m.inputs, m.targets) {
			if m.scope.symbols[p.port.Name] != p.symbol {
				continue // given twice
			}
			claim(name+ir.GoName(p.port.Name, true), owner{p.port.NameSpan, p.item.Keyword + " " + p.port.Name, p.port.Name + "_" + p.item.Keyword})
		}
	}
}

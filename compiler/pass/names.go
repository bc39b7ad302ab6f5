package pass

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// What an editor asks of a file that Resolve and Build have read, faults or not: what its names mean, and what flows where.

// NameKind says what a name of the file stands for; as text it is what messages call it.
type NameKind string

// The kinds of names.
const (
	ConstName      NameKind = "const"
	ParamName      NameKind = "param"
	BlockParamName NameKind = "block parameter"
	RepeatName     NameKind = "repeat variable"
	InputName      NameKind = "input"
	TargetName     NameKind = "target"
	BlockInputName NameKind = "block input"
	ValueName      NameKind = "value"
	BlockName      NameKind = "block"
	SharedName     NameKind = "shared net"
	ModelName      NameKind = "model"
)

// Flows says whether the name stands for a value of the network, and not for something known before training.
func (k NameKind) Flows() bool {
	return k == InputName || k == TargetName || k == BlockInputName || k == ValueName
}

// Called says whether the name is called, as a layer is.
func (k NameKind) Called() bool { return k == BlockName || k == SharedName }

// Name is a name that the file gives.
type Name struct {
	Name  string
	Kind  NameKind
	Span  diag.Span   // where it is given
	Uses  []diag.Span // where else it stands, in the order of the file
	In    diag.Span   // the model or block that it belongs to; none of a name of the file
	Seen  []diag.Span // where it may be used
	Score bool        // loss and metric lines of its model may use it too
	Text  string      // how it is given, in canonical form on one line: param lr = 0.1, block (a, b) -> Distance(n), h = x -> relu
	Doc   string      // its doc comment
	Value string      // of a const or param, as the language writes it; "" where it has none, or a long list
	Block *dsl.Block  // of BlockName
}

// Names lists the names that the file gives, in its order. A name that is given a second time, which is a fault, is left out.
func (p *Program) Names() []*Name {
	c := &nameCollector{p: p, symbols: map[*symbol]*Name{}, nets: map[*net]*Name{}}
	c.declarations()
	c.uses()
	for _, n := range c.all {
		slices.SortFunc(n.Uses, compareStart)
		n.Uses = slices.Compact(n.Uses)
	}
	slices.SortFunc(c.all, func(a, b *Name) int { return compareStart(a.Span, b.Span) })
	return c.all
}

func compareStart(a, b diag.Span) int { return cmp.Compare(a.Start.Offset, b.Start.Offset) }

// Operator gives the operator that a call calls: a layer, loss, penalty, metric or optimizer. nil where it calls something of the
// file's, or nothing that is known.
func (p *Program) Operator(c *dsl.Call) *op.Def { return p.calls[c].def }

// nameCollector collects the names of a program.
type nameCollector struct {
	p       *Program
	in      diag.Span // what is walked
	all     []*Name
	symbols map[*symbol]*Name
	nets    map[*net]*Name
}

// symbol adds a name that is given at a place, unless it was a name already.
func (c *nameCollector) symbol(y *symbol, at diag.Span, text, doc string, seen ...diag.Span) {
	if y == nil || y.span != at {
		return
	}
	n := &Name{Name: y.name, Kind: NameKind(y.kind.String()), Span: y.span, Text: text, Doc: doc, In: c.in, Seen: seen}
	if y.bind != nil && fewElements(y.bind.value, maxShown) {
		n.Value = valueText(y.bind.value)
	}
	c.symbols[y] = n
	c.all = append(c.all, n)
}

// maxShown is how many elements a list may have to be shown: lists of lists, doubled by each of a row of consts, have more than
// can be written.
const maxShown = 64

// fewElements says whether there is a value and it has at most so many elements, those of lists within it counted too.
func fewElements(v any, most int) bool {
	var count func(v any, left int) int
	count = func(v any, left int) int {
		list, ok := v.([]any)
		if !ok || left < 0 {
			return left - 1
		}
		for _, x := range list {
			if left = count(x, left); left < 0 {
				break
			}
		}
		return left
	}
	return v != nil && count(v, most) >= 0
}

// called adds a block or shared net.
func (c *nameCollector) called(n *net, kind NameKind, seen diag.Span) {
	name := &Name{Name: n.name, Kind: kind, Span: n.span, In: c.in, Seen: []diag.Span{seen}, Block: n.decl}
	if n.decl != nil {
		name.Text, name.Doc = blockText(n.decl), n.decl.Doc
	} else {
		name.Text, name.Doc = "shared "+n.name, n.shared.Doc
		if n.shared.Pipe != nil {
			name.Text += " = " + n.shared.Pipe.String()
		}
	}
	c.nets[n] = name
	c.all = append(c.all, name)
}

// blockText is the head of a block's declaration.
func blockText(b *dsl.Block) string {
	text := "block "
	if b.Inputs != nil {
		var inputs []string
		for _, in := range b.Inputs {
			inputs = append(inputs, in.Name)
		}
		text += "(" + strings.Join(inputs, ", ") + ") -> "
	}
	text += b.Name
	if len(b.Params) > 0 {
		var params []string
		for _, p := range b.Params {
			params = append(params, paramText(p))
		}
		text += "(" + strings.Join(params, ", ") + ")"
	}
	return text
}

func paramText(p *dsl.BlockParam) string {
	if p.Default == nil {
		return p.Name
	}
	return p.Name + " = " + p.Default.String()
}

// binding adds a const or param.
func (c *nameCollector) binding(s *scope, keyword string, b *dsl.Binding, seen diag.Span) {
	c.symbol(s.symbols[b.Name], b.NameSpan, fmt.Sprintf("%s %s = %s", keyword, b.Name, b.Value), b.Doc, seen)
}

// declarations adds all names with where they are seen.
func (c *nameCollector) declarations() {
	for _, d := range c.p.File.Decls {
		switch {
		case d.Const != nil:
			c.binding(c.p.globals, "const", d.Const, c.p.File.Span)
		case d.Param != nil:
			c.binding(c.p.globals, "param", d.Param, c.p.File.Span)
		case d.Block != nil:
			if n := c.p.blocks[d.Block.Name]; n != nil && n.decl == d.Block {
				c.called(n, BlockName, c.p.File.Span)
				c.in = d.Span
				for _, y := range n.inputs {
					c.symbol(y, y.span, y.name, "", n.body.Span)
				}
				for i, y := range n.params {
					c.symbol(y, y.span, paramText(d.Block.Params[i]), "", n.body.Span)
				}
				c.body(n.body)
				c.in = diag.Span{}
			}
		}
	}
	for _, m := range c.p.models {
		c.model(m)
	}
}

func (c *nameCollector) model(m *model) {
	c.all = append(c.all, &Name{Name: m.decl.Name, Kind: ModelName, Span: m.decl.NameSpan, Text: "model " + m.decl.Name, Doc: m.decl.Doc})
	c.in = m.decl.Span
	var layers []diag.Span
	if m.layers != nil {
		layers = append(layers, m.layers.Span)
	}
	for _, it := range m.decl.Items {
		switch {
		case it.Const != nil:
			c.binding(m.known, it.Keyword, it.Const, m.decl.Span)
		case it.Param != nil:
			c.binding(m.known, it.Keyword, it.Param, m.decl.Span)
		}
	}
	for _, p := range m.inputs {
		c.port(p, layers...)
	}
	for _, p := range m.targets {
		c.port(p)
	}
	for _, n := range m.sharedItems {
		if m.shared[n.name] == n {
			c.called(n, SharedName, m.decl.Span)
			if n.body != nil {
				c.body(n.body)
			}
		}
	}
	if m.layers != nil {
		c.body(m.layers.Layers)
		for _, st := range m.layers.Layers.Stmts {
			if n := c.symbols[c.p.lines[st]]; n != nil {
				n.Score = true
			}
		}
	}
}

// port adds an input or target.
func (c *nameCollector) port(p *portDecl, seen ...diag.Span) {
	text := strings.Join(strings.Fields(c.p.File.Text(p.item.Span)), " ")
	c.symbol(p.symbol, p.port.NameSpan, text, p.port.Doc, seen...)
	if n := c.symbols[p.symbol]; n != nil {
		n.Score = true
	}
}

// body adds the names of a body's lines: each is seen behind its line.
func (c *nameCollector) body(b *dsl.Body) {
	for _, st := range b.Stmts {
		if st.Repeat != nil {
			text := fmt.Sprintf("repeat %s in %s", st.Repeat.Var, st.Repeat.Over)
			c.symbol(c.p.repeats[st.Repeat], st.Repeat.VarSpan, text, "", st.Repeat.Body.Span)
			c.body(st.Repeat.Body)
			continue
		}
		rest := diag.Span{File: st.Span.File, Start: st.Span.End, End: b.Span.End}
		if y := c.p.lines[st]; y != nil {
			c.symbol(y, st.NameSpan, st.Name+" = "+st.Pipe.String(), "", rest)
		}
	}
}

// uses adds where the names stand.
func (c *nameCollector) uses() {
	use := func(y *symbol, at diag.Span) {
		if n := c.symbols[y]; n != nil {
			n.Uses = append(n.Uses, at)
		}
	}
	for _, refs := range []map[*dsl.Call]*symbol{c.p.refs, c.p.meant} {
		for call, y := range refs {
			use(y, call.NameSpan)
		}
	}
	for call, to := range c.p.calls {
		n := to.net
		if n == nil {
			n = to.circle
		}
		if c.nets[n] == nil {
			continue
		}
		c.nets[n].Uses = append(c.nets[n].Uses, call.NameSpan)
		for i, a := range call.Args {
			if k := n.param(i, a.Name); k >= 0 && a.Name != "" {
				use(n.params[k], a.NameSpan)
			}
		}
	}
	for _, m := range c.p.models {
		if m.data == nil {
			continue
		}
		var source func(call *dsl.Call)
		source = func(call *dsl.Call) {
			for _, a := range call.Args {
				if a.Name != "" {
					use(m.scope.symbols[a.Name], a.NameSpan)
				}
				if a.Value.Kind == dsl.CallExpr {
					source(a.Value.Call)
				}
			}
		}
		source(m.data.Data)
	}
}

// Flow is what flows into a call and out of it, or what a name stands for, one of the times that it is expanded. A value is nil
// where a fault leaves it unknown.
type Flow struct {
	Span diag.Span   // of the call, of the sign of an operator, or of the name where it is given
	Path string      // of the block or shared net that is expanded: Residual1; "" is the model itself
	In   []*ir.Value // of a loss or metric: output and target
	Out  []*ir.Value // none of a loss or metric
}

// maxFlows bounds what is kept for editors: of a body that is expanded thousands of times, the first are enough.
const maxFlows = 50_000

// flows notes what flows into and out of a place.
func (b *builder) flows(at diag.Span, in, out flow) {
	if len(b.out.Flows) < maxFlows && (len(in.vals) > 0 || len(out.vals) > 0) {
		b.out.Flows = append(b.out.Flows, Flow{Span: at, Path: b.path(), In: in.vals, Out: out.vals})
	}
}

func (b *builder) path() string {
	if b.f.prefix == "" {
		return ""
	}
	return b.f.prefix[:len(b.f.prefix)-1]
}

package compiler

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/pass"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// Draw gives the picture of a model as it predicts, or with backward of the model as it is trained: with its loss, and
// against each value the gradient that backpropagation sends the other way. A model without a loss is differentiated from
// its outputs to its inputs.
func Draw(name string, src []byte, o Options, backward bool) (*ir.Drawing, diag.List, error) {
	program, which, faults, err := front(name, src, o)
	if err != nil || len(faults) > 0 {
		return nil, faults, err
	}
	m, faults := pass.Build(program, which, backward)
	if len(faults) > 0 {
		return nil, faults, nil
	}
	return draw(m, backward), nil, nil
}

// picture is a drawing in the making.
type picture struct {
	*ir.Drawing
	ids   map[any]string // by leaf value or operator call
	taken map[string]bool
	names map[*ir.Value]string
}

func draw(m *pass.Model, backward bool) *ir.Drawing {
	g := m.Graph
	ends := []*ir.Value{}
	for _, o := range m.Outputs {
		ends = append(ends, o.Value)
	}
	if backward && m.Loss != nil {
		ends = []*ir.Value{m.Loss}
	}
	g.Outs = ends
	pass.Dead(g)

	p := &picture{Drawing: &ir.Drawing{Name: m.Name}, ids: map[any]string{}, taken: map[string]bool{}, names: map[*ir.Value]string{}}
	users := g.Users()
	for _, v := range g.Leafs {
		if len(users[v]) == 0 && !slices.Contains(ends, v) {
			continue
		}
		kind := "weight"
		if v.Port != nil {
			kind = map[bool]string{false: "input", true: "target"}[v.Port.Target]
		}
		p.node(v, kind, v.Name, v.Name, "", v.Shape)
	}
	// The nodes of one call of an operator are one node; a value that another call reads is an edge.
	nodes := slices.Clone(g.Nodes)
	shape := map[any]*ir.Value{}
	for _, n := range nodes {
		for _, v := range n.Out {
			outside := slices.ContainsFunc(users[v], func(u *ir.Node) bool { return p.key(u) != p.key(n) }) || slices.Contains(ends, v)
			if outside || shape[p.key(n)] == nil {
				shape[p.key(n)] = v
			}
		}
	}
	for _, n := range nodes {
		if k := p.key(n); p.ids[k] == "" {
			name, label, sign := "operator", n.Prim.String(), ""
			if n.Src != nil {
				name, label, sign = n.Src.Name, n.Src.Text, n.Src.Sign
			}
			p.node(k, "operator", name, label, sign, shape[k].Shape)
		}
	}
	crossing := []*ir.Value{}
	type edge struct{ from, to string }
	drawn := map[edge][]*ir.Value{}
	order := []edge{}
	add := func(v *ir.Value, to string) {
		from := p.ids[any(v)]
		if v.Def != nil {
			from = p.ids[p.key(v.Def)]
		}
		e := edge{from, to}
		if from == "" || from == to || slices.Contains(drawn[e], v) {
			return
		}
		if drawn[e] == nil {
			order = append(order, e)
		}
		drawn[e] = append(drawn[e], v)
		if !slices.Contains(crossing, v) {
			crossing = append(crossing, v)
		}
	}
	for _, n := range nodes {
		for _, v := range n.In {
			add(v, p.ids[p.key(n)])
		}
	}
	for i, v := range ends {
		name := endName(m, backward, i)
		end := new(int)
		p.node(end, "output", name, name, "", v.Shape)
		add(v, p.ids[end])
	}
	for _, e := range order {
		v, label := drawn[e][0], ir.ShapeText(drawn[e][0].Shape)
		if v.Def != nil && v.Def.Src != nil && v.Name != "" && v.Name != v.Def.Src.Name && !strings.Contains(v.Name, ".") && v.Name != "loss" {
			label = v.Name + " " + label // named in the source
		}
		p.Edges = append(p.Edges, ir.DrawEdge{From: e.from, To: e.to, Label: label})
	}
	if backward {
		var wrt []*ir.Value
		for _, v := range crossing {
			if v.Elem == ir.Float && (m.Loss == nil || v.Kind != ir.Input) && v.Kind != ir.Fixed {
				wrt = append(wrt, v)
			}
		}
		from := map[*ir.Value]*ir.Value{}
		for i, v := range ends { // a leaf, so that the chain rule shows: dprice = dbill*count
			from[v] = g.Leaf(ir.Input, "d"+endName(m, backward, i), ir.Float, v.Shape...)
		}
		grads := pass.Differentiate(g, from, wrt...)
		for _, v := range g.Leafs {
			p.names[v] = v.Name
		}
		for _, n := range nodes {
			for _, v := range n.Out {
				if v.Name != "" {
					p.names[v] = v.Name
				}
			}
		}
		for i, v := range ends {
			if v.Def != nil && v.Def.Src != nil && v.Name == v.Def.Src.Name {
				p.names[v] = endName(m, backward, i)
			}
		}
		for _, v := range wrt {
			d := grads[v]
			if _, ok := p.names[d]; d != nil && !ok && p.names[v] != "" {
				p.names[d] = "d" + p.names[v]
			}
		}
		for _, e := range order {
			v := drawn[e][0]
			if d := grads[v]; d != nil {
				label := p.formula(v, d)
				if d == from[v] {
					label = d.Name + " = 1"
				}
				p.Edges = append(p.Edges, ir.DrawEdge{From: e.to, To: e.from, Label: label, Back: true})
			}
		}
	}
	return p.Drawing
}

// endName is what the i-th end of a picture is called.
func endName(m *pass.Model, backward bool, i int) string {
	switch {
	case backward && m.Loss != nil:
		return "loss"
	case m.Outputs[i].Name != "":
		return m.Outputs[i].Name
	}
	return "output"
}

// key is what the nodes of one drawn operator have in common.
func (p *picture) key(n *ir.Node) any {
	if n.Src != nil {
		return n.Src
	}
	return n
}

func (p *picture) node(k any, kind, name, label, sign string, shape []int) {
	id := ir.GoName(strings.NewReplacer(".", "_", "+", "add", "-", "sub", "*", "mul", "/", "div").Replace(name), false)
	for i := 2; p.taken[id]; i++ {
		id = fmt.Sprintf("%s_%d", ir.GoName(name, false), i)
	}
	p.taken[id] = true
	p.ids[k] = id
	p.Nodes = append(p.Nodes, ir.DrawNode{ID: id, Kind: kind, Label: label, Sign: sign, Shape: ir.ShapeText(shape)})
}

// formula is how the gradient d by v comes about, where one primitive says it.
func (p *picture) formula(v, d *ir.Value) string {
	name := "d" + p.names[v]
	text := p.text(d, 3)
	if text == "" || p.names[v] == "" {
		return ir.ShapeText(v.Shape)
	}
	return name + " = " + text
}

// text writes out a gradient: over named values as far as depth allows, "" where that does not say it.
func (p *picture) text(d *ir.Value, depth int) string {
	if d.Def == nil {
		return d.Name
	}
	if depth == 0 {
		return ""
	}
	operand := func(v *ir.Value) string {
		if s := p.names[v]; s != "" {
			return s
		}
		return p.text(v, depth-1)
	}
	in := make([]string, len(d.Def.In))
	for i, v := range d.Def.In {
		if in[i] = operand(v); in[i] == "" {
			return ""
		}
	}
	switch q := d.Def.Prim.(type) {
	case *ir.Map:
		if q.E.Op == ir.OpSelect || len(q.E.String()) > 40 {
			return ""
		}
		s := q.E.String()
		for i := len(in) - 1; i >= 0; i-- {
			x := in[i]
			if strings.ContainsAny(x, " ") && q.E.Op != ir.OpArg {
				x = "(" + x + ")"
			}
			s = strings.ReplaceAll(s, fmt.Sprintf("a%d", i), "\x00"+x)
		}
		return strings.ReplaceAll(s, "\x00", "")
	case *ir.Dot:
		return product(q, in[0], in[1])
	case *ir.Reduce:
		if q.Max {
			return ""
		}
		return "Σ " + in[0]
	case *ir.View:
		if q.Kind == ir.ViewReshape || q.Kind == ir.ViewPermute {
			return in[0]
		}
	}
	return ""
}

// product writes a contraction as textbooks write the product of two matrices: dz·weightᵀ, xᵀ·dz. A matrix may have several axes in
// the place of one, as the steps of a sequence stand beside the rows. Of a contraction that is no such product the order of the
// factors means nothing.
func product(q *ir.Dot, a, b string) string {
	left, right := q.A, q.B
	if q.Out != "" && strings.IndexByte(left, q.Out[0]) < 0 {
		a, b, left, right = b, a, right, left
	}
	summed := q.Summed()
	if !strings.HasSuffix(left, summed) && strings.HasPrefix(left, summed) {
		a += "ᵀ"
	}
	if !strings.HasPrefix(right, summed) && strings.HasSuffix(right, summed) {
		b += "ᵀ"
	}
	return a + "·" + b
}

package compiler

import (
	"fmt"
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/pass"
)

// compilation is a plan in the making.
type compilation struct {
	o     Options
	model *pass.Model // built for prediction
	plan  *ir.Plan

	weights map[string]*ir.Buf // by the name in weight files
	scalar  bool               // the whole model is small enough to be unrolled
}

// reserved are the names that generated functions use for themselves, in every workspace.
var reserved = []string{
	"n", "r", "i", "j", "k", "l", "u", "v", "w", "x0", "p", "t", "m", "lo", "hi", "from", "to", "sum", "best", "place", "loss", "dst", "max", "min", "rt",
	"theta", "grad", "fixed", "state", "arena", "ints", "pool", "phases", "batch", "model", "clock", "seed", "step", "rows", "labels", "key", "cfg", "err", "ctx", "d", "o",
	"epoch", "epochs", "stepsAnEpoch", "a", "b", "s", "e", "copy", "len", "cap", "make", "append", "string", "int", "int32", "float32", "float64",
}

func (c *compilation) names() map[string]bool {
	m := map[string]bool{}
	for _, s := range reserved {
		m[s] = true
	}
	return m
}

// start fills in what needs no graph, and places the weights: the trained ones in theta, in the order of the source, all
// others in fixed.
func (c *compilation) start(file string) {
	m := c.model
	c.plan = &ir.Plan{
		File: file, Name: m.Name, Doc: m.Doc, Span: m.Span, Type: "float32", Infer: c.o.Infer, Embed: c.o.Embed, Set: m.Set,
		Outputs: m.Outputs, Metrics: m.Metrics, Settings: m.Settings, Data: m.Data, Layers: m.Layers,
	}
	p := c.plan
	if c.o.Float64 {
		p.Type = "float64"
	}
	for _, v := range m.Inputs {
		p.Inputs = append(p.Inputs, v.Port)
	}
	for _, v := range m.Targets {
		p.Targets = append(p.Targets, v.Port)
	}
	c.weights = map[string]*ir.Buf{}
	names := c.names()
	for _, v := range m.Weights {
		b := &ir.Buf{Name: unique(names, ir.GoName(v.Param.Name, false)), Shape: v.Shape, Elem: ir.Float, Store: ir.InTheta, Offset: p.Theta, Value: v}
		if v.Kind == ir.Fixed {
			b.Store, b.Offset = ir.InFixed, p.Fixed
			p.Fixed += b.Size()
		} else {
			p.Theta += b.Size()
		}
		c.weights[v.Param.Name] = b
		p.Params = append(p.Params, b)
	}
	c.scalar = pass.Tiny(m.Graph)
}

func unique(names map[string]bool, name string) string {
	s := name
	for k := 2; names[s]; k++ {
		s = fmt.Sprintf("%s_%d", name, k)
	}
	names[s] = true
	return s
}

// leafs places the leafs of a graph: weights where they are for good, ports in the caller's batch. It gives the names that
// are taken.
func (c *compilation) leafs(g *ir.Graph) (map[*ir.Value]*ir.Buf, map[string]bool) {
	bufs, names := map[*ir.Value]*ir.Buf{}, c.names()
	for _, b := range c.plan.Params {
		names[b.Name] = true
	}
	for _, v := range g.Leafs {
		switch {
		case v.Param != nil:
			b := c.weights[v.Param.Name]
			if b == nil {
				panic(fmt.Sprintf("compiler: weight %q is in one graph only", v.Param.Name))
			}
			bufs[v] = b
		case v.Port != nil:
			bufs[v] = &ir.Buf{Name: unique(names, ir.GoName(v.Name, false)), Shape: v.Row(), Batched: true, Elem: v.Elem, Store: ir.InPort, Value: v, Port: v.Port}
		}
	}
	return bufs, names
}

// own gives v, or where v is a leaf, shares another's memory or is taken already, a copy of it: a value that can be placed.
func own(g *ir.Graph, v *ir.Value, taken map[*ir.Value]*ir.Buf) *ir.Value {
	for copies := 1; v.Def == nil || taken[v] != nil || isReshape(v) || isCall(v); copies++ {
		v = g.Copy(v, copies)
	}
	return v
}

func isReshape(v *ir.Value) bool {
	p, ok := v.Def.Prim.(*ir.View)
	return ok && p.Kind == ir.ViewReshape
}

// isCall: it may give way to its body.
func isCall(v *ir.Value) bool {
	_, ok := v.Def.Prim.(*ir.Call)
	return ok
}

// lay runs the passes from select to allocation over one graph.
func (c *compilation) lay(what string, s *ir.Space, d *pass.Draft) {
	pass.VerifyLive(d.Graph)
	pass.Select(d)
	c.dump("select", what, d)
	pass.Fuse(d)
	c.dump("fuse", what, d)
	pass.Phase(d)
	c.dump("phase", what, d)
	funcs := pass.Schedule(d)
	c.dump("schedule", what, &ir.Space{Funcs: funcs})
	if d.Scalar {
		pass.Unroll(funcs)
		c.dump("unroll", what, &ir.Space{Funcs: funcs})
	}
	pass.Allocate(s, d, funcs)
	d.Costs(c.plan.Layers)
	c.dump("allocate", what, s)
	if !d.Scalar {
		pass.Outline(s, funcs)
		c.dump("outline", what, s)
	}
}

// graph verifies g behind a pass, and shows it.
func (c *compilation) graph(name, what string, g *ir.Graph) {
	pass.Verify(g)
	c.dump(name, what, g)
}

// dump shows what a pass made.
func (c *compilation) dump(name, what string, made fmt.Stringer) {
	if c.o.Dump != nil {
		c.o.Dump(name, what, made.String())
	}
}

// predictor plans predict, which computes the outputs, and behind it score, which adds what the loss needs. Where the weights
// never change, what follows from them alone is computed before, in prepare.
func (c *compilation) predictor() {
	m, s := c.model, &ir.Space{Scalar: c.scalar}
	g := m.Graph
	c.graph("build", "predict", g)
	if c.o.Infer {
		c.fold(g)
	}
	bufs, names := c.leafs(g)
	g.Outs = nil
	g.Src = nil
	for _, o := range c.plan.Outputs {
		v := own(g, o.Value, bufs)
		store := ir.InOutput
		if len(c.plan.Outputs) > 1 {
			store = ir.InArena
		}
		name := o.Name
		if name == "" {
			name = v.Name
		}
		if name == "" {
			name = "output"
		}
		o.Buf = &ir.Buf{Name: unique(names, ir.GoName(name, false)), Shape: v.Row(), Batched: true, Elem: v.Elem, Store: store, Value: v}
		bufs[v] = o.Buf
		g.Outs = append(g.Outs, v)
	}
	outputs := slices.Clone(g.Outs)
	score := !c.o.Infer && m.Loss != nil
	if score {
		m.Loss = own(g, m.Loss, bufs)
		bufs[m.Loss] = lossBuf(m.Loss)
		g.Outs = append(g.Outs, m.Loss)
	}
	pass.Inline(g)
	c.graph("inline", "predict", g)
	pass.Dead(g)
	c.graph("dead", "predict", g)

	// What the outputs need is predict's; the rest is score's.
	needed := map[*ir.Node]bool{}
	var need func(v *ir.Value)
	need = func(v *ir.Value) {
		if v.Def == nil || needed[v.Def] {
			return
		}
		needed[v.Def] = true
		for _, x := range v.Def.In {
			need(x)
		}
	}
	for _, v := range outputs {
		need(v)
	}
	prepare, predict, rest := &pass.DraftFunc{Name: pass.FuncPrepare}, &pass.DraftFunc{Name: pass.FuncPredict}, &pass.DraftFunc{Name: pass.FuncScore, Result: m.Loss}
	prepared := map[*ir.Node]bool{}
	if c.o.Infer {
		prepared = pass.Prepared(g)
	}
	for _, n := range g.Nodes {
		switch {
		case prepared[n]:
			prepare.Nodes = append(prepare.Nodes, n)
		case needed[n]:
			predict.Nodes = append(predict.Nodes, n)
		default:
			rest.Nodes = append(rest.Nodes, n)
		}
	}
	var fs []*pass.DraftFunc
	if len(prepare.Nodes) > 0 {
		fs = append(fs, prepare)
	}
	fs = append(fs, predict)
	if score {
		fs = append(fs, rest)
	}
	d := pass.NewDraft(g, fs, bufs, names)
	d.Scalar = s.Scalar
	c.lay("predict", s, d)
	c.plan.Predict = s
}

// fold leaves in g what the outputs need, and folds what weights can take in.
func (c *compilation) fold(g *ir.Graph) {
	g.Outs = nil
	for _, o := range c.plan.Outputs {
		g.Outs = append(g.Outs, o.Value)
	}
	pass.Dead(g)
	now := pass.Fold(g)
	for _, o := range c.plan.Outputs {
		o.Value = now(o.Value)
	}
	for k := range c.plan.Metrics {
		m := &c.plan.Metrics[k]
		m.Output = now(m.Output)
	}
	pass.Dead(g)
	c.graph("fold", "predict", g)
}

func lossBuf(v *ir.Value) *ir.Buf {
	return &ir.Buf{Name: "loss", Shape: v.Shape, Elem: ir.Float, Store: ir.InField, Value: v}
}

// trainer plans forward, which computes the loss, backward, which fills the gradient vector, and update, which moves the
// parameters.
func (c *compilation) trainer(m *pass.Model) {
	p, g := c.plan, m.Graph
	p.Settings.LeastRows = m.Settings.LeastRows
	c.graph("build", "train", g)
	s := &ir.Space{Grad: true, Scalar: c.scalar && p.Settings.Batch <= pass.ScalarBatch}
	bufs, names := c.leafs(g)

	var wrt []*ir.Value
	for _, v := range m.Weights {
		if v.Kind == ir.Param {
			wrt = append(wrt, v)
		}
	}
	if c.o.Check {
		for _, v := range m.Inputs {
			if v.Elem == ir.Float {
				wrt = append(wrt, v)
			}
		}
	}
	g.Src = nil
	m.Loss = own(g, m.Loss, bufs)
	bufs[m.Loss] = lossBuf(m.Loss)
	grads := pass.Differentiate(g, map[*ir.Value]*ir.Value{m.Loss: g.Const(1)}, wrt...)
	g.Outs = []*ir.Value{m.Loss}
	g.Back = true
	place := func(v *ir.Value, b *ir.Buf) {
		d := grads[v]
		if d == nil { // no influence on the loss
			d = g.Const(0, v.Shape...)
		}
		// A gradient in a shape of its own, as of kernels in groups, is computed where it lies.
		if w := d.Def; w != nil && isReshape(d) && w.In[0].Def != nil && bufs[w.In[0]] == nil && !d.Batched() && len(w.In[0].Shape) > 0 {
			d = w.In[0]
			b.Shape = d.Shape
		}
		d = own(g, d, bufs)
		bufs[d] = b
		b.Value = d
		g.Outs = append(g.Outs, d)
	}
	for _, v := range m.Weights {
		if v.Kind != ir.Param {
			continue
		}
		w := c.weights[v.Param.Name]
		b := &ir.Buf{Name: unique(names, "d"+ir.GoName(v.Param.Name, true)), Shape: v.Shape, Elem: ir.Float, Store: ir.InGrad, Offset: w.Offset}
		place(v, b)
	}
	if c.o.Check {
		for _, v := range m.Inputs {
			if v.Elem != ir.Float {
				p.DCheck = append(p.DCheck, nil)
				continue
			}
			b := &ir.Buf{Name: unique(names, "d"+ir.GoName(v.Name, true)), Shape: v.Row(), Batched: true, Elem: ir.Float, Store: ir.InArena}
			place(v, b)
			p.DCheck = append(p.DCheck, b)
		}
	}
	g.Flush()
	g.Back = false
	c.graph("differentiate", "train", g)
	pass.Inline(g)
	c.graph("inline", "train", g)
	pass.Dead(g)
	c.graph("dead", "train", g)

	forward, backward := &pass.DraftFunc{Name: pass.FuncForward, Result: m.Loss}, &pass.DraftFunc{Name: pass.FuncBackward}
	for _, n := range g.Nodes {
		if n.Back {
			backward.Nodes = append(backward.Nodes, n)
		} else {
			forward.Nodes = append(forward.Nodes, n)
		}
	}
	d := pass.NewDraft(g, []*pass.DraftFunc{forward, backward}, bufs, names)
	d.Scalar = s.Scalar
	for _, l := range p.Layers { // training's figures in place of prediction's
		l.Forward, l.Backward = ir.Cost{}, ir.Cost{}
	}
	c.lay("train", s, d)

	u, theta, grad, rate := pass.Optimize(m.Optimizer, m.OptimizerSrc, p.Theta)
	ubufs := map[*ir.Value]*ir.Buf{
		theta: {Name: "theta", Shape: theta.Shape, Elem: ir.Float, Store: ir.InTheta, Value: theta},
		grad:  {Name: "grad", Shape: grad.Shape, Elem: ir.Float, Store: ir.InGrad, Value: grad},
	}
	// Reports tell the learning rate: a scheduled one is kept as a field.
	fixed, ok := rate.Def.Prim.(*ir.Map)
	ok = ok && fixed.E.Op == ir.OpConst
	if !ok {
		if rate.Name == "" {
			rate.Name = "rate"
		}
		u.Outs = append(u.Outs, rate)
	}
	c.graph("optimize", "update", u)
	pass.Dead(u)
	c.graph("dead", "update", u)
	du := pass.NewDraft(u, []*pass.DraftFunc{{Name: pass.FuncUpdate, Nodes: u.Nodes}}, ubufs, names)
	c.lay("update", s, du)
	update := s.Funcs[len(s.Funcs)-1]
	if ok {
		update.Rate = fixed.E
	} else {
		update.Rate = &ir.Expr{Op: ir.OpRef, Ref: &ir.Ref{Buf: du.Bufs[rate]}}
	}
	p.Train = s
}

// gradient plans the vector-Jacobian product: the gradients by the inputs of the sum of the outputs, each element
// weighted by a given one.
func (c *compilation) gradient(m *pass.Model) {
	if !slices.ContainsFunc(m.Inputs, func(v *ir.Value) bool { return v.Elem == ir.Float }) {
		return // labels have no gradient
	}
	p, g := c.plan, m.Graph
	c.graph("build", "gradient", g)
	s := &ir.Space{Scalar: c.scalar}
	bufs, names := c.leafs(g)
	g.Src = nil
	from := map[*ir.Value]*ir.Value{}
	for _, o := range m.Outputs {
		name := "d_out"
		if o.Name != "" {
			name = "d_" + o.Name
		}
		leaf := g.Leaf(ir.Input, name, ir.Float, o.Value.Shape...)
		b := &ir.Buf{Name: unique(names, ir.GoName(name, false)), Shape: o.Value.Row(), Batched: true, Elem: ir.Float, Store: ir.InPort, Value: leaf}
		if len(m.Outputs) > 1 {
			b.Store = ir.InArena
		}
		bufs[leaf] = b
		p.DOut = append(p.DOut, b)
		if was := from[o.Value]; was != nil {
			leaf = g.Sum(was, leaf)
		}
		from[o.Value] = leaf
	}
	var wrt []*ir.Value
	for _, v := range m.Inputs {
		if v.Elem == ir.Float {
			wrt = append(wrt, v)
		}
	}
	grads := pass.Differentiate(g, from, wrt...)
	g.Outs = nil
	g.Back = true
	for _, v := range m.Inputs {
		if v.Elem != ir.Float {
			p.DInput = append(p.DInput, nil)
			continue
		}
		d := grads[v]
		if d == nil {
			d = g.Const(0, v.Shape...)
		}
		d = own(g, d, bufs)
		b := &ir.Buf{Name: unique(names, "d"+ir.GoName(v.Name, true)), Shape: v.Row(), Batched: true, Elem: ir.Float, Store: ir.InOutput, Value: d}
		bufs[d] = b
		p.DInput = append(p.DInput, b)
		g.Outs = append(g.Outs, d)
	}
	g.Back = false
	c.graph("differentiate", "gradient", g)
	pass.Inline(g)
	c.graph("inline", "gradient", g)
	pass.Dead(g)
	c.graph("dead", "gradient", g)
	f := &pass.DraftFunc{Name: pass.FuncGradient, Nodes: g.Nodes}
	d := pass.NewDraft(g, []*pass.DraftFunc{f}, bufs, names)
	d.Scalar = s.Scalar
	c.lay("gradient", s, d)
	p.VJP = s
}

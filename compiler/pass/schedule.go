package pass

import (
	"slices"
	"strconv"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// Schedule turns the phases into steps: kernel calls, and loops by the plain lowering. Steps of one paragraph of the
// source that loop over the same axes share their loops, and what nothing outside a row's loop reads becomes a local variable
// of it. It comes after phase, whose order it keeps, and before allocate, which needs to know when a buffer is used first and
// last.
func Schedule(d *Draft) []*ir.Func {
	var funcs []*ir.Func
	for _, f := range d.Funcs {
		out := &ir.Func{Name: f.Name}
		shown := map[*ir.Src]bool{} // an operator's formula stands above the first of its loops
		for _, p := range f.phases {
			ph := &ir.Phase{Split: p.split, Steps: d.inOrder(p.nodes, shown)}
			for _, s := range ph.Steps {
				ph.Work += s.Work
			}
			out.Phases = append(out.Phases, ph)
		}
		namePhases(f.Name, out.Phases)
		if f.Result != nil {
			out.Result = d.buf(f.Result)
		}
		funcs = append(funcs, out)
	}
	d.locals(funcs)
	if !d.Scalar {
		for _, f := range funcs {
			for _, p := range f.Phases {
				collapse(p.Steps)
			}
		}
	}
	for _, f := range funcs {
		f.Reads = clocks(f)
	}
	return funcs
}

// inOrder makes steps of nodes, joined where they can be. shown has the operators whose formula stands already.
func (d *Draft) inOrder(nodes []*ir.Node, shown map[*ir.Src]bool) []*ir.Step {
	var steps []*ir.Step
	for _, n := range nodes {
		if d.bodies[n] != nil {
			steps = append(steps, d.start(n)...)
		}
		s := d.step(n)
		s.Work = d.work(n)
		if s.Call == nil && n.Src != nil && !shown[n.Src] {
			shown[n.Src] = true
			s.Doc = n.Src.Formula
			if n.Back {
				s.Doc = n.Src.Gradient
			}
		}
		if last := len(steps) - 1; last >= 0 && s.Call == nil && d.join(steps[last], s) {
			continue
		}
		steps = append(steps, s)
	}
	return steps
}

// namePhases names the methods of phases: after the function or block that they are of, with what they compute where there
// are several.
func namePhases(of string, phases []*ir.Phase) {
	count := map[ir.Split]int{}
	for _, p := range phases {
		if p.Repeat == nil {
			count[p.Split]++
		}
	}
	at := map[ir.Split]int{}
	for _, p := range phases {
		if p.Repeat != nil || p.Split == ir.Serial {
			continue
		}
		p.Name = of
		switch {
		case p.Split == ir.ByShare:
			p.Name += "Weights"
		case p.Split == ir.ByRow && of != FuncPredict && of != FuncScore && of != FuncGradient:
			p.Name += "Rows"
		}
		if at[p.Split]++; count[p.Split] > 1 {
			p.Name += strconv.Itoa(at[p.Split])
		}
	}
}

func (d *Draft) step(n *ir.Node) *ir.Step {
	s := &ir.Step{Back: n.Back}
	if n.Src != nil {
		s.Line = n.Src.Line
	}
	if i := slices.IndexFunc(n.Out, func(v *ir.Value) bool { return d.stored[v] }); i >= 0 {
		s.Buf = d.home(n.Out[i])
	} else { // an Assign
		s.Buf = d.buf(n.In[0])
	}
	if d.bodies[n] != nil {
		s.Time = d.loop(n)
		return s
	}
	c := d.calls[n]
	if c == nil {
		s.Body = d.lower(n)
		return s
	}
	a := d.args[n]
	c.Dst, c.A = d.buf(n.Out[0]), d.buf(a.a)
	formula := c.A.Name
	if a.b != nil {
		c.B = d.buf(a.b)
		switch strings.SplitN(c.Kernel.Labels, "->", 2)[0] {
		case "mk,nk":
			formula += "·" + c.B.Name + "ᵀ"
		case "km,kn":
			formula += "ᵀ·" + c.B.Name
		default:
			formula += "·" + c.B.Name
		}
	} else {
		formula = "Σ rows of " + formula
	}
	if a.bias != nil {
		c.Bias = d.buf(a.bias)
		formula += " + " + c.Bias.Name
	}
	switch c.Act {
	case "":
	case "ReLU":
		formula = "max(0, " + formula + ")"
	default:
		formula = strings.ToLower(c.Act) + "(" + formula + ")"
	}
	if a.mask != nil {
		c.Mask = d.buf(a.mask)
		formula += ", where " + c.Mask.Name + " > 0, else 0"
	}
	s.Call, s.Doc = c, c.Dst.Name+" = "+formula
	return s
}

// work estimates the multiply-adds of a node, for a row where it is by row.
func (d *Draft) work(n *ir.Node) int {
	const function = 20 // such as tanh
	total := 0
	if c := d.calls[n]; c != nil {
		return c.M.N * c.K.N * c.N.N
	}
	for _, v := range n.Out {
		total = max(total, v.Size())
	}
	for _, v := range n.In {
		total = max(total, v.Size())
	}
	switch p := n.Prim.(type) {
	case *ir.Dot:
		return p.MACs(n.In)
	case *ir.Window:
		if q, ok := dotOf(n.In[0]); ok && !d.stored[n.In[0]] {
			return q.MACs(n.In[0].Def.In)
		}
	case *ir.Scan:
		each := 0
		for _, m := range p.Body.Nodes {
			each += d.bodies[n].work(m)
		}
		return p.T * each
	case *ir.Map:
		per := 1
		p.E.Walk(func(e *ir.Expr) {
			if transcendental(e.Op) {
				per += function
			} else {
				per++
			}
		})
		return total * per
	}
	return total
}

func dotOf(v *ir.Value) (*ir.Dot, bool) {
	if v.Def == nil {
		return nil, false
	}
	p, ok := v.Def.Prim.(*ir.Dot)
	return p, ok
}

// join adds step b to a where both belong to one paragraph and their loops can be shared.
func (d *Draft) join(a, b *ir.Step) bool {
	if a.Call != nil || a.Time != nil || b.Time != nil || a.Line != b.Line || a.Back != b.Back || len(a.Body) == 0 || len(b.Body) != 1 {
		return false
	}
	last := len(a.Body) - 1
	if lead(a.Buf) != lead(b.Buf) { // shares of the one are not shares of the other
		return false
	}
	merged, ok := share(a.Body[last], b.Body[0])
	if !ok {
		return false
	}
	a.Body[last] = merged
	a.Work += b.Work
	if b.Doc != "" {
		a.Doc = strings.TrimPrefix(a.Doc+"\n"+b.Doc, "\n")
	}
	return true
}

// lead is the extent of a buffer's leading axis.
func lead(b *ir.Buf) int {
	switch {
	case b.Batched:
		return ir.Batch
	case len(b.Shape) == 0:
		return 1
	}
	return b.Shape[0]
}

// share merges loop b into loop a where each iteration of b reads of what a writes only what the same iteration wrote.
func share(a, b ir.Stmt) (ir.Stmt, bool) {
	x, ok := a.(*ir.Loop)
	if !ok {
		return nil, false
	}
	y, ok := b.(*ir.Loop)
	if !ok || x.Var != y.Var || x.To != y.To || x.Guard != nil || y.Guard != nil {
		return nil, false
	}
	written := map[*ir.Buf][]*ir.Ref{}
	writes(x, func(r *ir.Ref) { written[r.Buf] = append(written[r.Buf], r) })
	// b must read of a's results, and write over a's operands, only what belongs to the same iteration: of a loop over
	// rows the row, of any other loop the very element, which no other iteration touches.
	overwritten := map[*ir.Buf][]*ir.Ref{}
	writes(y, func(r *ir.Ref) { overwritten[r.Buf] = append(overwritten[r.Buf], r) })
	safe := true
	within := map[string]ir.Extent{}
	inner(x.Body, within)
	inner(y.Body, within)
	meet := func(r *ir.Ref, others []*ir.Ref) {
		for _, w := range others {
			rows := x.Var == ir.Row && stride(r.Index, x.Var) == stride(w.Index, x.Var) && stride(w.Index, x.Var) != 0
			if !rows && !(sameIndex(r.Index, w.Index) && apart(w.Index, x.Var, within)) {
				safe = false
			}
		}
	}
	reads(y, func(r *ir.Ref) { meet(r, written[r.Buf]) })
	reads(x, func(r *ir.Ref) { meet(r, overwritten[r.Buf]) })
	writes(x, func(r *ir.Ref) { meet(r, overwritten[r.Buf]) })
	if !safe {
		return nil, false
	}
	body := slices.Clone(x.Body)
	for _, s := range y.Body {
		if len(body) > 0 {
			if m, ok := share(body[len(body)-1], s); ok {
				body[len(body)-1] = m
				continue
			}
		}
		body = append(body, s)
	}
	return &ir.Loop{Var: x.Var, To: x.To, Body: body}, true
}

// inner notes the extents of the loops in statements, of those with one name the largest.
func inner(list []ir.Stmt, to map[string]ir.Extent) {
	note := func(l *ir.Loop) {
		e := to[l.Var]
		to[l.Var] = ir.Extent{N: max(e.N, l.To.N), Rows: e.Rows || l.To.Rows}
	}
	for _, s := range list {
		switch s := s.(type) {
		case *ir.Loop:
			note(s)
			inner(s.Body, to)
		case *ir.Fold:
			for _, l := range s.Loops {
				note(l)
			}
		}
	}
}

// apart says whether each turn of a loop over v touches elements of its own at the place x: the loops within it do not reach
// as far as its next turn. Windows that overlap do.
func apart(x ir.Index, v string, within map[string]ir.Extent) bool {
	reach := 0
	for _, t := range x.Terms {
		to, is := within[t.Var]
		switch {
		case t.At != nil:
			return false
		case t.Var == v || !is:
		case to.Rows:
			return false
		default:
			reach += t.Mul * (to.N - 1)
		}
	}
	return reach < stride(x, v)
}

func stride(x ir.Index, v string) int {
	m := 0
	for _, t := range x.Terms {
		if t.Var == v {
			m += t.Mul
		}
	}
	return m
}

// writes and reads visit the elements that statements store and use.
func writes(s ir.Stmt, f func(*ir.Ref)) {
	switch s := s.(type) {
	case *ir.Loop:
		for _, b := range s.Body {
			writes(b, f)
		}
	case *ir.Set:
		f(s.Dst)
	case *ir.Fold:
		if s.Dst != nil {
			f(s.Dst)
		}
		if s.Place != nil {
			f(s.Place)
		}
	}
}

func reads(s ir.Stmt, f func(*ir.Ref)) {
	var index func(x ir.Index)
	expr := func(e *ir.Expr) {
		if e == nil {
			return
		}
		e.Walk(func(e *ir.Expr) {
			if e.Op == ir.OpRef && !e.Ref.Random {
				f(e.Ref)
			}
			if e.Ref != nil {
				index(e.Ref.Index)
			}
		})
	}
	index = func(x ir.Index) {
		for _, t := range x.Terms {
			if t.At != nil {
				f(t.At)
				index(t.At.Index)
			}
		}
	}
	switch s := s.(type) {
	case *ir.Loop:
		for _, b := range s.Body {
			reads(b, f)
		}
	case *ir.Set:
		expr(s.E)
		expr(s.Guard)
		index(s.Dst.Index)
		if s.Add {
			f(s.Dst)
		}
	case *ir.Fold:
		expr(s.E)
		if s.Add {
			f(s.Dst)
		}
	}
}

// mentions visits every element that a step stores or uses, and the buffers of a call.
func mentions(s *ir.Step, element func(*ir.Ref), whole func(*ir.Buf)) {
	if c := s.Call; c != nil {
		for _, b := range []*ir.Buf{c.Dst, c.A, c.B, c.Bias, c.Mask} {
			if b != nil {
				whole(b)
			}
		}
	}
	for _, b := range s.Body {
		writes(b, element)
		reads(b, element)
	}
	if s.Time != nil {
		for _, x := range s.Time.Steps {
			mentions(x, element, whole)
		}
	}
}

// clocks lists the Clock scalars that f reads, in the order of first use.
func clocks(f *ir.Func) []string {
	var names []string
	for _, p := range f.Phases {
		for _, s := range p.Steps {
			mentions(s, func(r *ir.Ref) {
				if b := r.Buf; b != nil && b.Value != nil && b.Value.Kind == ir.Clock && !slices.Contains(names, b.Value.Name) {
					names = append(names, b.Value.Name)
				}
			}, func(*ir.Buf) {})
		}
	}
	return names
}

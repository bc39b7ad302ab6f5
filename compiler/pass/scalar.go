package pass

import (
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// Limits of the nets that are unrolled to scalars. A product of 64 multiply-adds takes some 10 ns unrolled, and a call of
// a kernel 6 or 7 before it has begun.
const (
	scalarMACs  = 64
	ScalarBatch = 4    // of training
	scalarSize  = 1500 // elements of all results together: statements, about
)

// Tiny says whether a graph is small enough to be unrolled to scalars.
func Tiny(g *ir.Graph) bool {
	total := 0
	for _, n := range g.Nodes {
		if p, ok := n.Prim.(*ir.Dot); ok && p.MACs(n.In) > scalarMACs {
			return false
		}
		switch p := n.Prim.(type) {
		case *ir.Window, *ir.Scan: // more statements than help
			return false
		case *ir.Gather:
			if p.Scatter {
				return false
			}
		}
		for _, v := range n.Out {
			total += v.Size()
		}
	}
	return total <= scalarSize
}

// Unroll writes out all loops of a function but those over rows: every element becomes a statement, a product a sum of
// products. Sums over the rows of the batch become a zero and, in the loop over rows, an addition. It follows schedule, whose
// loops it takes apart.
func Unroll(funcs []*ir.Func) {
	for _, f := range funcs {
		if f.Name == FuncPrepare { // done once
			continue
		}
		for _, p := range f.Phases {
			for _, s := range p.Steps {
				var body []ir.Stmt
				for _, b := range s.Body {
					body = append(body, gatherSums(unroll(b, map[string]int{}))...)
				}
				s.Body = body
			}
		}
	}
}

func unroll(s ir.Stmt, env map[string]int) []ir.Stmt {
	switch s := s.(type) {
	case *ir.Loop:
		if s.Guard != nil {
			panic("pass: a loop that leaves turns out is not unrolled: see Tiny")
		}
		if s.To.Rows && s.Var != ir.Row { // a flattened loop over all rows: back to rows of elements
			env[s.Var] = 0
			out := &ir.Loop{Var: ir.Row, To: ir.Extent{N: 1, Rows: true}}
			for k := range s.To.N {
				for _, b := range s.Body {
					out.Body = append(out.Body, unflatten(b, s.Var, s.To.N, k))
				}
			}
			delete(env, s.Var)
			return []ir.Stmt{out}
		}
		if s.Var == ir.Row {
			out := &ir.Loop{Var: s.Var, To: s.To}
			for _, b := range s.Body {
				out.Body = append(out.Body, unroll(b, env)...)
			}
			return []ir.Stmt{out}
		}
		var out []ir.Stmt
		for k := range s.To.N {
			env[s.Var] = k
			for _, b := range s.Body {
				out = append(out, unroll(b, env)...)
			}
		}
		delete(env, s.Var)
		return out
	case *ir.Set:
		return []ir.Stmt{&ir.Set{Dst: at(s.Dst, env), Add: s.Add, E: bind(s.E, env), Guard: bind(s.Guard, env)}}
	case *ir.Fold:
		return unrollFold(s, env)
	}
	panic("pass: an unknown statement")
}

// unflatten gives statement s for element k of the rows that a flattened loop over v ran through; n is a row's length.
func unflatten(s ir.Stmt, v string, n, k int) ir.Stmt {
	set := s.(*ir.Set)
	move := func(r *ir.Ref) *ir.Ref {
		c := *r
		c.Index = ir.Index{Add: r.Index.Add}
		for _, t := range r.Index.Terms {
			if t.Var == v {
				c.Index.Terms = append(c.Index.Terms, ir.Term{Var: ir.Row, Mul: n * t.Mul})
				c.Index.Add += k * t.Mul
			} else {
				c.Index.Terms = append(c.Index.Terms, t)
			}
		}
		return &c
	}
	e := set.E.Rewrite(func(e *ir.Expr) *ir.Expr {
		if e.Op == ir.OpRef {
			return reference(move(e.Ref))
		}
		return nil
	})
	return &ir.Set{Dst: move(set.Dst), Add: set.Add, E: e}
}

func unrollFold(s *ir.Fold, env map[string]int) []ir.Stmt {
	var terms, places []*ir.Expr
	byRows := false
	var visit func(ls []*ir.Loop)
	visit = func(ls []*ir.Loop) {
		if len(ls) == 0 {
			terms = append(terms, bind(s.E, env))
			if s.At != nil {
				places = append(places, bind(s.At, env))
			}
			return
		}
		if ls[0].Var == ir.Row {
			byRows = true
			visit(ls[1:])
			return
		}
		for k := range ls[0].To.N {
			env[ls[0].Var] = k
			visit(ls[1:])
		}
		delete(env, ls[0].Var)
	}
	visit(s.Loops)
	if !s.Max {
		dst := at(s.Dst, env)
		sum := ir.Add(terms...)
		if !byRows {
			return []ir.Stmt{&ir.Set{Dst: dst, E: sum}}
		}
		return []ir.Stmt{
			&ir.Set{Dst: dst, E: ir.C(0)},
			&ir.Loop{Var: ir.Row, To: ir.Extent{N: 1, Rows: true}, Body: []ir.Stmt{&ir.Set{Dst: dst, Add: true, E: sum}}},
		}
	}
	most := terms[0]
	for _, t := range terms[1:] {
		most = ir.E(ir.OpMax, most, t)
	}
	var out []ir.Stmt
	if s.Dst != nil {
		dst := at(s.Dst, env)
		out = append(out, &ir.Set{Dst: dst, E: most})
		most = reference(dst)
	}
	if s.Place != nil {
		place := places[len(places)-1]
		for i := len(terms) - 2; i >= 0; i-- {
			place = ir.Select(ir.E(ir.OpEQ, terms[i], most), places[i], place)
		}
		out = append(out, &ir.Set{Dst: at(s.Place, env), E: place})
	}
	return out
}

// gatherSums puts the zeros of sums over rows first and their loops into one.
func gatherSums(body []ir.Stmt) []ir.Stmt {
	var zeros, rest []ir.Stmt
	var rows *ir.Loop
	for _, s := range body {
		if l, ok := s.(*ir.Loop); ok && l.Var == ir.Row && rows != nil && rest[len(rest)-1] == ir.Stmt(rows) && sums(l) && sums(rows) && !readsSums(l, rows) {
			rows.Body = append(rows.Body, l.Body...)
			continue
		}
		if l, ok := s.(*ir.Loop); ok && l.Var == ir.Row {
			rows = &ir.Loop{Var: l.Var, To: l.To, Body: slices.Clone(l.Body)}
			rest = append(rest, rows)
			continue
		}
		if set, ok := s.(*ir.Set); ok && !set.Add && set.E.IsConst(0) {
			zeros = append(zeros, s)
			continue
		}
		rest = append(rest, s)
	}
	return append(zeros, rest...)
}

// sums says whether all that a loop does is add.
func sums(l *ir.Loop) bool {
	return !slices.ContainsFunc(l.Body, func(s ir.Stmt) bool {
		set, ok := s.(*ir.Set)
		return !ok || !set.Add
	})
}

// readsSums says whether l reads a sum before rows has completed it.
func readsSums(l, rows *ir.Loop) bool {
	sums := map[*ir.Buf]bool{}
	writes(rows, func(r *ir.Ref) { sums[r.Buf] = true })
	found := false
	for _, s := range l.Body {
		reads(&ir.Set{Dst: s.(*ir.Set).Dst, E: s.(*ir.Set).E}, func(r *ir.Ref) { found = found || sums[r.Buf] })
	}
	return found
}

// at is r with the loop variables of env replaced by their values.
func at(r *ir.Ref, env map[string]int) *ir.Ref {
	if r == nil {
		return nil
	}
	c := *r
	c.Index = ir.Index{Add: r.Index.Add}
	for _, t := range r.Index.Terms {
		if t.At != nil {
			t.At = at(t.At, env)
		} else if k, ok := env[t.Var]; ok {
			c.Index.Add += k * t.Mul
			continue
		}
		c.Index.Terms = append(c.Index.Terms, t)
	}
	return &c
}

func bind(e *ir.Expr, env map[string]int) *ir.Expr {
	if e == nil {
		return nil
	}
	return e.Rewrite(func(e *ir.Expr) *ir.Expr {
		switch e.Op {
		case ir.OpRef:
			return reference(at(e.Ref, env))
		case ir.OpIndex:
			r := at(e.Ref, env)
			if len(r.Index.Terms) == 0 {
				return ir.C(float64(r.Index.Add))
			}
			return &ir.Expr{Op: ir.OpIndex, Ref: r}
		}
		return nil
	})
}

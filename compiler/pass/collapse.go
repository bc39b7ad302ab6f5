package pass

import (
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// collapse makes one loop of two of which one is all that the other does, where every place that they look at is counted on
// by both alike: for j < 16 { for k < 8 { x[j*8+k] … } } becomes for j < 128 { x[j] … }. The outermost loops stay, for these
// are what workers share.
func collapse(steps []*ir.Step) {
	for _, s := range steps {
		for i, b := range s.Body {
			s.Body[i] = collapseIn(b, true)
		}
		if s.Time != nil {
			collapse(s.Time.Steps)
		}
	}
}

func collapseIn(s ir.Stmt, outermost bool) ir.Stmt {
	switch s := s.(type) {
	case *ir.Loop:
		out := &ir.Loop{Var: s.Var, To: s.To, Guard: s.Guard, Body: slices.Clone(s.Body)}
		for i, b := range out.Body {
			out.Body[i] = collapseIn(b, false)
		}
		if outermost || len(out.Body) != 1 {
			return out
		}
		inner, ok := out.Body[0].(*ir.Loop)
		if !ok || !countAlike(out, inner, inner.Body) {
			return out
		}
		c := oneFor(out, inner)
		out.To.N *= inner.To.N
		out.Body = nil
		for _, b := range inner.Body {
			out.Body = append(out.Body, c.Stmt(b))
		}
		return out
	case *ir.Fold:
		for i := 0; i+1 < len(s.Loops); {
			a, b := s.Loops[i], s.Loops[i+1]
			if !countAlike(a, b, []ir.Stmt{s}) {
				i++
				continue
			}
			one := *s
			one.Loops = slices.Delete(slices.Clone(s.Loops), i+1, i+2)
			one.Loops[i] = &ir.Loop{Var: a.Var, To: ir.Extent{N: a.To.N * b.To.N}}
			s = oneFor(a, b).Stmt(&one).(*ir.Fold)
		}
		return s
	}
	return s
}

// countAlike says whether every place in the statements that loop b is around, which is all that loop a does, moves by as
// much with a turn of a as with all turns of b.
func countAlike(a, b *ir.Loop, body []ir.Stmt) bool {
	if a.Guard != nil || b.Guard != nil || a.To.Rows || b.To.Rows {
		return false
	}
	alike := true
	c := &ir.Copier{Index: func(x ir.Index) ir.Index {
		alike = alike && stride(x, a.Var) == stride(x, b.Var)*b.To.N
		return x
	}}
	for _, s := range body {
		c.Stmt(s)
	}
	return alike
}

// oneFor copies statements for one loop in place of a and b, which has the variable of a.
func oneFor(a, b *ir.Loop) *ir.Copier {
	return &ir.Copier{Index: func(x ir.Index) ir.Index {
		var terms []ir.Term
		for _, t := range x.Terms {
			switch {
			case t.At == nil && t.Var == a.Var:
				continue
			case t.At == nil && t.Var == b.Var:
				t.Var = a.Var
			}
			terms = append(terms, t)
		}
		return ir.Index{Terms: terms, Add: x.Add}
	}}
}

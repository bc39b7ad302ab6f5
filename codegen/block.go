package codegen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// block is a list of statements between braces.
type block struct {
	f     *function
	code  []jen.Code
	chain jen.Code        // an if-else that is the block's last statement: alone in a block it continues an else
	names map[string]bool // variables that the block itself declares
}

// block is a part of the function's outermost block.
func (f *function) block() *block { return &block{f: f, names: f.names} }

// inner is a block within braces of its own.
func (k *block) inner() *block { return &block{f: k.f, names: map[string]bool{}} }

func (k *block) add(c jen.Code) { k.code, k.chain = append(k.code, c), nil }

// declare gives := for a name that is new in the block, else =.
func (k *block) declare(names ...string) string {
	op := "="
	for _, n := range names {
		if !k.names[n] {
			k.names[n] = true
			op = ":="
		}
	}
	return op
}

// fresh gives a name that the function has not used.
func (k *block) fresh(name string) string {
	k.f.choices++
	if k.f.choices > 1 {
		return fmt.Sprintf("%s%d", name, k.f.choices)
	}
	return name
}

// stmts prints lowered statements.
func (k *block) stmts(list []ir.Stmt) {
	for _, s := range list {
		k.stmt(s)
	}
}

func (k *block) stmt(s ir.Stmt) {
	switch s := s.(type) {
	case *ir.Loop:
		if b := cleared(s); b != nil {
			k.add(stmt("clear(%s)", k.f.slice(b)))
			return
		}
		k.loop(s, k.f.extent(s.To), reads(s.Body, s.Var) || exprReads(s.Guard, s.Var), func(in *block) { in.stmts(s.Body) })
	case *ir.Set:
		k.set(s)
	case *ir.Fold:
		k.fold(s)
	}
}

// cleared is the buffer that a loop sets to zero, all of it; nil where it does something else.
func cleared(l *ir.Loop) *ir.Buf {
	set, ok := l.Body[0].(*ir.Set)
	if !ok || len(l.Body) > 1 || l.Guard != nil || set.Add || set.Guard != nil || !set.E.IsConst(0) {
		return nil
	}
	b, x := set.Dst.Buf, set.Dst.Index
	one := x.Add == 0 && len(x.Terms) == 1 && x.Terms[0].At == nil && x.Terms[0].Var == l.Var && x.Terms[0].Mul == 1
	if !one || l.To != (ir.Extent{N: b.Size(), Rows: b.Batched}) || b.Store == ir.InLoop || b.Store == ir.InField {
		return nil
	}
	return b
}

// loop prints a loop over a range, such as n*128. Go refuses a variable that nothing reads, so it is left out then.
//
//	for i := range n*128 { … }
func (k *block) loop(l *ir.Loop, over string, read bool, body func(in *block)) {
	k.f.loops[l.Var] = l.To
	in := k.inner()
	from, to, bounded := bounds(l, over)
	if !bounded {
		in.leaveOut(l.Guard)
	}
	body(in)
	delete(k.f.loops, l.Var)
	if bounded {
		k.add(jen.For(jen.Id(fmt.Sprintf("%[1]s := %[2]s; %[1]s < %[3]s; %[1]s++", l.Var, from, to))).Block(in.code...))
		return
	}
	head := "range " + over
	if read {
		head = l.Var + " := " + head
	}
	k.add(jen.For(jen.Id(head)).Block(in.code...))
}

// bounds says from where to where a loop runs that leaves out the places outside of a window, where the place moves by one with
// each turn:
//
//	for u := max(0, 2-i); u < min(5, 28-i+2); u++ { … }
func bounds(l *ir.Loop, over string) (from, to string, ok bool) {
	from, to = "0", over
	var bound func(e *ir.Expr) bool
	bound = func(e *ir.Expr) bool {
		if e.Op == ir.OpAnd {
			return bound(e.X[0]) && bound(e.X[1])
		}
		if len(e.X) != 2 || e.X[0].Op != ir.OpIndex || e.X[0].Ref == nil || e.X[1].Op != ir.OpConst {
			return false
		}
		var rest []string // less all of the place but the loop's own variable
		own := 0
		for _, t := range e.X[0].Ref.Index.Terms {
			switch {
			case t.At != nil || t.Mul < 1:
				return false
			case t.Var == l.Var:
				own += t.Mul
			default:
				rest = append(rest, "-"+times(t.Var, t.Mul))
			}
		}
		add, limit := e.X[0].Ref.Index.Add, int(e.X[1].C)
		switch {
		case own != 1:
			return false
		case e.Op == ir.OpGE && from == "0":
			from = fmt.Sprintf("max(0, %s)", plus(strconv.Itoa(limit-add), strings.Join(rest, "")))
		case e.Op == ir.OpLT && to == over:
			end := strconv.Itoa(limit) + strings.Join(rest, "")
			if add != 0 {
				end += fmt.Sprintf("%+d", -add)
			}
			to = fmt.Sprintf("min(%s, %s)", over, end)
		default:
			return false
		}
		return true
	}
	if l.Guard == nil || l.To.Rows || !bound(l.Guard) {
		return "", "", false
	}
	return from, to, true
}

// leaveOut goes on to the next turn of a loop where a condition on places does not hold:
//
//	if i+u-2 < 0 || i+u-2 >= 28 {
//		continue
//	}
func (k *block) leaveOut(guard *ir.Expr) {
	if guard != nil {
		k.add(jen.If(jen.Id(k.condition(not(guard), 0))).Block(jen.Continue()))
	}
}

// not is the opposite of a condition on places.
func not(e *ir.Expr) *ir.Expr {
	switch e.Op {
	case ir.OpAnd:
		return ir.E(ir.OpOr, not(e.X[0]), not(e.X[1]))
	case ir.OpGE:
		return ir.E(ir.OpLT, e.X...)
	case ir.OpLT:
		return ir.E(ir.OpGE, e.X...)
	}
	panic(fmt.Sprintf("codegen: %s leaves no turn of a loop out", e))
}

// reads says whether statements mention a loop variable.
func reads(list []ir.Stmt, name string) bool {
	return slices.ContainsFunc(list, func(s ir.Stmt) bool {
		switch s := s.(type) {
		case *ir.Loop:
			return reads(s.Body, name) || exprReads(s.Guard, name)
		case *ir.Set:
			return refReads(s.Dst, name) || exprReads(s.E, name) || exprReads(s.Guard, name)
		case *ir.Fold:
			return refReads(s.Dst, name) || refReads(s.Place, name) || exprReads(s.E, name) || exprReads(s.At, name)
		}
		return false
	})
}

func exprReads(e *ir.Expr, name string) bool {
	return e != nil && (refReads(e.Ref, name) || slices.ContainsFunc(e.X, func(x *ir.Expr) bool { return exprReads(x, name) }))
}

func refReads(r *ir.Ref, name string) bool {
	return r != nil && slices.ContainsFunc(r.Index.Terms, func(t ir.Term) bool { return t.Var == name && t.At == nil || refReads(t.At, name) })
}

// set prints Dst = E.
func (k *block) set(s *ir.Set) {
	if s.Guard != nil {
		cond := k.condition(s.Guard, 0)
		in := k.inner()
		in.store(s.Dst, s.E, s.Add)
		k.add(jen.If(jen.Id(cond)).Block(in.code...))
		return
	}
	k.store(s.Dst, s.E, s.Add)
}

func (k *block) store(dst *ir.Ref, e *ir.Expr, add bool) {
	want := k.refKind(dst)
	if name, ok := k.local(dst); ok && !add {
		if e.Op == ir.OpSelect {
			op := opStore
			if k.declare(name) == ":=" {
				k.add(stmt("var %s %s", name, k.typeName(want)))
				op = opFresh
			}
			k.assign(name, want, op, e)
			return
		}
		value := k.expr(e, want, 0)
		if k.kindOf(e) == constant { // := would make it a float64
			value = k.typeName(want) + "(" + value + ")"
		}
		k.add(stmt("%s %s %s", name, k.declare(name), value))
		return
	}
	op := opStore
	if add {
		op = opAdd
	}
	k.assign(k.element(dst), want, op, e)
}

// local is the name of a buffer that is a variable of a loop's body.
func (k *block) local(r *ir.Ref) (name string, ok bool) {
	return k.f.s.names[r.Buf], r.Buf.Store == ir.InLoop
}

// fold prints a sum or a maximum:
//
//	sum := float32(0)                          best, at := rt.Inf[float32](-1), 0
//	for k := range 10 {                        for k := range 10 {
//		sum += exp1[i*10+k]                        if it := dense2[i*10+k]; it > best {
//	}                                                  best, at = it, k
//	softmax1Sum[i] = sum                           }
//	                                           }
//
// The result goes straight into a variable of the loop's body where that is what it is stored in. A sum of very many terms is
// accumulated in float64.
func (k *block) fold(s *ir.Fold) {
	acc := "sum"
	if s.Max {
		acc = "best"
	}
	direct := s.Dst != nil && s.Dst.Buf.Store == ir.InLoop && !s.Add
	if direct {
		acc, _ = k.local(s.Dst)
	}
	want := float
	if s.Dst != nil {
		want = k.refKind(s.Dst)
	}
	store := "%s" // what becomes of the result
	if s.Wide && want == float && k.typeName(float) != "float64" {
		want, store, direct = double, k.typeName(float)+"(%s)", false
		acc = "total"
	}
	t := k.typeName(want)
	switch {
	case !s.Max && t == "float64":
		k.add(stmt("%s %s 0.0", acc, k.declare(acc)))
	case !s.Max:
		k.add(stmt("%s %s %s(0)", acc, k.declare(acc), t))
	case s.Place != nil:
		k.add(stmt("%s, at %s rt.Inf[%s](-1), 0", acc, k.declare(acc, "at"), t))
	default:
		k.add(stmt("%s %s rt.Inf[%s](-1)", acc, k.declare(acc), t))
	}
	var nest func(in *block, loops []*ir.Loop)
	nest = func(in *block, loops []*ir.Loop) {
		if len(loops) > 0 {
			l := loops[0]
			read := exprReads(s.E, l.Var) || s.Place != nil && exprReads(s.At, l.Var)
			for _, l2 := range loops {
				read = read || exprReads(l2.Guard, l.Var)
			}
			in.loop(l, k.f.extent(l.To), read, func(b *block) { nest(b, loops[1:]) })
			return
		}
		switch {
		case !s.Max:
			in.assign(acc, want, opAdd, s.E)
		case s.Place != nil:
			value := in.expr(s.E, want, 0)
			in.add(jen.If(stmt("it := %s; it > %s", value, acc)).Block(stmt("%s, at = it, %s", acc, in.expr(s.At, integer, 0))))
		default:
			in.add(stmt("%s = max(%s, %s)", acc, acc, in.expr(s.E, want, 0)))
		}
	}
	nest(k, s.Loops)
	if s.Dst != nil && !direct {
		if name, ok := k.local(s.Dst); ok {
			k.add(stmt("%s %s "+store, name, k.declare(name), acc))
		} else {
			op := opStore
			if s.Add {
				op = opAdd
			}
			k.add(stmt("%s %s "+store, k.element(s.Dst), op, acc))
		}
	}
	if s.Place != nil {
		if name, ok := k.local(s.Place); ok {
			k.add(stmt("%s %s int32(at)", name, k.declare(name)))
		} else {
			k.add(stmt("%s = int32(at)", k.element(s.Place)))
		}
	}
}

// element is an element of a buffer, or a random number.
func (k *block) element(r *ir.Ref) string {
	f := k.f
	if r.Random {
		return fmt.Sprintf("rt.Uniform[%s](%s, %s)", f.s.p.Type, f.key(r), k.index(r.Index, f.firstPlace(r)))
	}
	switch r.Buf.Store {
	case ir.InField:
		return f.scalar(r.Buf)
	case ir.InLoop:
		return f.s.names[r.Buf]
	}
	if name, rest, ok := f.rowPointer(r); ok {
		return name + "[" + k.place(rest, r.Buf) + "]"
	}
	return f.slice(r.Buf) + "[" + k.place(r.Index, r.Buf) + "]"
}

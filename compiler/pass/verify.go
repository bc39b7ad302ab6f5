package pass

import (
	"fmt"
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// Verify panics at the first broken invariant of g and names the node. It runs between all passes in tests.
//
//  1. Every operand is a leaf or the result of a node that stands earlier.
//  2. The recorded types are what the primitive infers, and each result is made once.
//  3. An Assign's state is Param, Fixed or State (Infer), assigned once. Behind an Assign there are Assigns only.
//  4. Integers never receive gradients (Differentiate), conditions stand only in select's first place.
//  5. Equal nodes are one node, but those with an effect or a body.
//  6. A body, of a Scan or a Call, is such a graph too. It reads its own leafs only, and has no Random, no Assign and no Scan.
//
// What a primitive alone knows (the labels of a Dot, the places of a Gather, the axes of a Map) its Infer checks.
func Verify(g *ir.Graph) {
	known, assigned := map[*ir.Value]bool{}, map[*ir.Value]bool{}
	for _, v := range g.Leafs {
		known[v] = true
	}
	seen, ended := map[string]bool{}, false
	for _, n := range g.Nodes {
		check := func(ok bool, format string, a ...any) {
			if !ok {
				panic(fmt.Sprintf("verify: %s (%s)", fmt.Sprintf(format, a...), n.Prim))
			}
		}
		key := fmt.Sprintf("%T %s", n.Prim, n.Prim)
		for _, v := range n.In {
			key += fmt.Sprint(" ", v.ID)
			check(known[v], "%q is read before it is made, or belongs to another graph", v.Name)
			check(!assigned[v], "%q is read after its Assign", v.Name)
		}
		_, effect := n.Prim.(*ir.Assign)
		check(effect || !ended, "stands behind an Assign")
		ended = effect
		types := n.Prim.Infer(n.In)
		check(len(types) == len(n.Out), "%d results, not %d", len(n.Out), len(types))
		for i, t := range types {
			o := n.Out[i]
			check(slices.Equal(t.Shape, o.Shape) && t.Elem == o.Elem, "result %d is %v, not %v", i, o.Shape, t.Shape)
			check(!known[o] && o.Def == n && o.Index == i, "result %d is made twice", i)
			known[o] = true
		}
		switch p := n.Prim.(type) {
		case *ir.Assign:
			check(!assigned[n.In[0]], "two Assigns to one state")
			assigned[n.In[0]] = true
		case *ir.Map:
			conditions(p.E, false, check)
		case *ir.Scan:
			verifyBody(p.Body, p.In)
		case *ir.Call:
			verifyBody(p.Body, p.In)
		}
		check(ir.Unique(n.Prim) || !seen[key], "an equal node stands earlier")
		seen[key] = true
	}
	for _, v := range g.Outs {
		if !known[v] {
			panic(fmt.Sprintf("verify: output %q is not made", v.Name))
		}
	}
}

func verifyBody(b *ir.Graph, leafs []*ir.Value) {
	for _, v := range leafs {
		if !slices.Contains(b.Leafs, v) {
			panic(fmt.Sprintf("verify: %q is no leaf of its body", v.Name))
		}
	}
	for _, n := range b.Nodes {
		switch n.Prim.(type) {
		case *ir.Random, *ir.Assign, *ir.Scan:
			panic(fmt.Sprintf("verify: in a body (%s)", n.Prim))
		}
	}
	Verify(b)
}

// VerifyLive panics at the first node of g that neither an output nor an Assign needs: behind Dead there are none.
func VerifyLive(g *ir.Graph) {
	users := g.Users()
	for _, n := range g.Nodes {
		_, effect := n.Prim.(*ir.Assign)
		if !effect && !slices.ContainsFunc(n.Out, func(v *ir.Value) bool { return len(users[v]) > 0 || slices.Contains(g.Outs, v) }) {
			panic(fmt.Sprintf("verify: nobody needs a node (%s)", n.Prim))
		}
		if p, ok := n.Prim.(*ir.Scan); ok {
			VerifyLive(p.Body)
			if slices.ContainsFunc(n.Out, func(v *ir.Value) bool { return len(users[v]) == 0 && !slices.Contains(g.Outs, v) }) {
				panic(fmt.Sprintf("verify: nobody needs a result (%s)", n.Prim))
			}
		}
	}
}

// conditions checks that comparisons stand in select's first place and nothing else does.
func conditions(e *ir.Expr, wanted bool, check func(bool, string, ...any)) {
	is := false
	switch e.Op {
	case ir.OpGT, ir.OpGE, ir.OpLT, ir.OpLE, ir.OpEQ, ir.OpAnd, ir.OpOr:
		is = true
	}
	check(is == wanted, "%s where a condition: %v", e, wanted)
	for i, x := range e.X {
		conditions(x, e.Op == ir.OpSelect && i == 0 || e.Op == ir.OpAnd || e.Op == ir.OpOr, check)
	}
}

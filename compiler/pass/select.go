package pass

import (
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// Select finds the parts of the graph that a kernel of the runtime computes: a contraction whose operands lie in memory
// as the kernel wants them, and behind it the elementwise steps that the kernel's epilogue can do. It compares shapes and
// expressions with the table ir.Kernels and knows no operator. It comes after dead code, because a value that nothing
// reads any more must not keep an epilogue from being taken, and before fuse, which leaves alone what a kernel computes.
func Select(d *Draft) {
	if d.Scalar {
		return
	}
	for _, n := range d.Graph.Nodes {
		switch p := n.Prim.(type) {
		case *ir.Dot:
			d.selectDot(n, p)
		case *ir.Reduce:
			d.selectSum(n, p)
		case *ir.Scan:
			Select(d.bodies[n])
		}
	}
}

func kernel(name string) *ir.Kernel {
	i := slices.IndexFunc(ir.Kernels, func(k *ir.Kernel) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return ir.Kernels[i]
}

// groups orders the labels of a contraction into m (of a and the result), n (of b and the result) and k (summed). It
// fails where an operand does not lie as one of the kernels' label strings, such as "mk,kn->mn", says.
func groups(a, b, out string) (spec, m, n, k string, ok bool) {
	class := func(l byte) byte {
		inA, inB, inOut := strings.IndexByte(a, l) >= 0, strings.IndexByte(b, l) >= 0, strings.IndexByte(out, l) >= 0
		switch {
		case inA && inB && !inOut:
			return 'k'
		case inA && inOut && !inB:
			return 'm'
		case inB && inOut && !inA:
			return 'n'
		}
		return 'x' // of all three: a product for each
	}
	members := map[byte]string{}
	squeeze := func(s string) string {
		var classes []byte
		for i := range len(s) {
			c := class(s[i])
			if len(classes) == 0 || classes[len(classes)-1] != c {
				classes = append(classes, c)
			}
		}
		return string(classes)
	}
	for i := range len(a) {
		members[class(a[i])] += a[i : i+1]
	}
	for i := range len(b) {
		if class(b[i]) == 'n' {
			members['n'] += b[i : i+1]
		}
	}
	// Labels that travel together count as one only where their order is the same everywhere.
	ordered := func(s string, c byte) bool {
		var t string
		for i := range len(s) {
			if class(s[i]) == c {
				t += s[i : i+1]
			}
		}
		return t == members[c]
	}
	ok = ordered(b, 'k') && ordered(out, 'm') && ordered(out, 'n') && members['x'] == "" && members['k'] != ""
	return squeeze(a) + "," + squeeze(b) + "->" + squeeze(out), members['m'], members['n'], members['k'], ok
}

func (d *Draft) selectDot(n *ir.Node, p *ir.Dot) {
	ext := p.Extents(n.In)
	x, y := n.In[0], n.In[1]
	several := func(labels string) string { // an axis of one element is nothing in memory
		return strings.Map(func(l rune) rune {
			if ext[byte(l)] == 1 {
				return -1
			}
			return l
		}, labels)
	}
	a, b, out := several(p.A), several(p.B), several(p.Out)
	spec, m, cols, k, ok := groups(a, b, out)
	if strings.HasSuffix(spec, "->nm") { // the other way round
		x, y = y, x
		spec, m, cols, k, ok = groups(b, a, out)
	}
	if !ok {
		return
	}
	var kern *ir.Kernel
	for _, c := range ir.Kernels {
		if c.Labels == spec {
			kern = c
		}
	}
	if kern == nil {
		return
	}
	extent := func(labels string) ir.Extent {
		e := ir.Extent{N: 1}
		for i := range len(labels) {
			if v := ext[labels[i]]; v == ir.Batch {
				e.Rows = true
			} else {
				e.N *= v
			}
		}
		return e
	}
	call := &ir.KernelCall{Kernel: kern, M: extent(m), K: extent(k), N: extent(cols)}
	// A kernel runs on rows or on shares of the result; what would need the batch elsewhere keeps its loops.
	if call.N.Rows || kern.Split == ir.ByRow && call.K.Rows || kern.Split == ir.ByShare && (call.M.Rows || n.Out[0].Batched()) {
		return
	}
	args := &callArgs{a: x, b: y, product: n}
	last := d.epilogue(n, call, args)
	d.calls[last], d.args[last] = call, args
}

// epilogue follows the single readers of n's result as long as the kernel can do what they do. It gives the last.
func (d *Draft) epilogue(n *ir.Node, call *ir.KernelCall, args *callArgs) *ir.Node {
	level := -1 // epilogues run in the table's order, each field once
	for {
		v := n.Out[0]
		u := d.only(v)
		if u == nil || d.fn[u] != d.fn[n] || d.slice(u.Out) {
			return n
		}
		m, ok := u.Prim.(*ir.Map)
		if !ok || !slices.Equal(m.Shape, v.Shape) {
			return n
		}
		found := false
		for i, e := range call.Kernel.Epilogues {
			if i <= level || e.Field == "Act" && (call.Act != "" || args.mask != nil) || e.Field == "Mask" && (call.Act != "" || args.bias != nil) {
				continue
			}
			other, ok := matchEpilogue(e, u, m, v)
			if !ok {
				continue
			}
			switch e.Field {
			case "Bias": // one number a column
				if len(other.Axes) == 0 || ir.Size(other.V.Shape) != call.N.N || other.V.Batched() || other.Axes[len(other.Axes)-1] != len(m.Shape)-1 || !ascending(other.Axes) || d.slice(u.In) {
					continue
				}
				args.bias = other.V
			case "Mask":
				if !slices.Equal(other.V.Shape, m.Shape) || !wholeAxes(other.Axes, len(m.Shape)) || d.slice(u.In) {
					continue
				}
				args.mask = other.V
			case "Act":
				call.Act = e.Act
			}
			level, found = i, true
			break
		}
		if !found {
			return n
		}
		d.inner[n] = true
		n = u
	}
}

// matchEpilogue says whether the Map m of node u computes e over v, and gives its other operand.
func matchEpilogue(e ir.Epilogue, u *ir.Node, m *ir.Map, v *ir.Value) (other ir.At, ok bool) {
	if len(u.In) > 2 {
		return other, false
	}
	at := slices.Index(u.In, v)
	if !wholeAxes(m.Axes[at], len(m.Shape)) {
		return other, false
	}
	two := false
	e.E.Walk(func(x *ir.Expr) { two = two || x.Op == ir.OpArg && x.N == 1 })
	if two != (len(u.In) == 2) {
		return other, false
	}
	if two {
		other = ir.At{V: u.In[1-at], Axes: m.Axes[1-at]}
		if other.V.Elem != ir.Float {
			return other, false
		}
	}
	renamed := m.E.Rewrite(func(x *ir.Expr) *ir.Expr {
		switch {
		case x.Op != ir.OpArg:
			return nil
		case x.N == at:
			return ir.A(0)
		}
		return ir.A(1)
	})
	if renamed.Op == ir.OpAdd && renamed.String() == "a1 + a0" { // addition commutes
		renamed = ir.Add(ir.A(0), ir.A(1))
	}
	return other, renamed.String() == e.E.String()
}

func wholeAxes(axes []int, rank int) bool { return len(axes) == rank && ascending(axes) }

func ascending(axes []int) bool {
	for i := 1; i < len(axes); i++ {
		if axes[i] != axes[i-1]+1 {
			return false
		}
	}
	return true
}

// selectSum takes a sum over the leading axes, the batch among them, as a kernel: the gradient of a bias.
func (d *Draft) selectSum(n *ir.Node, p *ir.Reduce) {
	kern, x := kernel("SumRows"), n.In[0]
	if kern == nil || p.Max || !x.Batched() || len(n.Out[0].Shape) == 0 {
		return
	}
	for i, a := range p.Axes {
		if a != i {
			return
		}
	}
	m := ir.Extent{N: 1, Rows: true}
	for _, a := range p.Axes[1:] {
		m.N *= x.Shape[a]
	}
	d.calls[n] = &ir.KernelCall{Kernel: kern, M: m, N: ir.Extent{N: n.Out[0].Size()}, K: ir.Extent{N: 1}}
	d.args[n] = &callArgs{a: x, product: n}
}

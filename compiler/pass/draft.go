package pass

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// Draft is a workspace on its way from a graph to a plan. Each pass from Select to Allocate adds what it decided.
type Draft struct {
	Graph *ir.Graph
	Funcs []*DraftFunc
	Bufs  map[*ir.Value]*ir.Buf // leafs and results placed by the caller: weights, ports, outputs, gradients
	// Scalar: the loops over everything but rows are to be unrolled, and no kernel is called.
	Scalar bool

	users  map[*ir.Value][]*ir.Node
	fn     map[*ir.Node]*DraftFunc
	inner  map[*ir.Node]bool           // a part of a kernel call: its result is not stored
	calls  map[*ir.Node]*ir.KernelCall // the last node of a kernel call (operands by value: see args)
	args   map[*ir.Node]*callArgs
	stored map[*ir.Value]bool
	names  map[string]bool
	made   []*ir.Buf // in the order of first mention

	bodies map[*ir.Node]*Draft // of the loops over time
	time   *body               // of a draft of such a body; nil for the whole
}

// DraftFunc is a function of a workspace.
type DraftFunc struct {
	Name   string
	Nodes  []*ir.Node
	Result *ir.Value // forward and score: the loss

	phases []*draftPhase
	phase  map[*ir.Node]int
}

type draftPhase struct {
	split ir.Split
	nodes []*ir.Node
}

// callArgs are the operands of a kernel call before they have buffers.
type callArgs struct {
	a, b, bias, mask *ir.Value
	product          *ir.Node // the first node of the call
}

// NewDraft starts a draft. Each node of g must stand in one of fs, in the order of g.
func NewDraft(g *ir.Graph, fs []*DraftFunc, bufs map[*ir.Value]*ir.Buf, names map[string]bool) *Draft {
	d := &Draft{
		Graph: g, Funcs: fs, Bufs: bufs, users: g.Users(), fn: map[*ir.Node]*DraftFunc{}, inner: map[*ir.Node]bool{},
		calls: map[*ir.Node]*ir.KernelCall{}, args: map[*ir.Node]*callArgs{}, stored: map[*ir.Value]bool{}, names: names,
		bodies: map[*ir.Node]*Draft{},
	}
	for _, f := range fs {
		for _, n := range f.Nodes {
			d.fn[n] = f
			if p, ok := n.Prim.(*ir.Scan); ok {
				d.bodies[n] = d.body(n, p)
			}
		}
	}
	return d
}

// wanted says whether somebody outside the graph reads v.
func (d *Draft) wanted(v *ir.Value) bool {
	if d.time != nil {
		return v.Def != nil && d.time.slices[v] != nil
	}
	return slices.Contains(d.Graph.Outs, v)
}

// only is the single reader of v, or nil where there are several, none, or one outside the graph.
func (d *Draft) only(v *ir.Value) *ir.Node {
	if u := d.users[v]; len(u) == 1 && !d.wanted(v) {
		return u[0]
	}
	return nil
}

// reshaped follows reshapes back to the value whose memory v shares.
func reshaped(v *ir.Value) *ir.Value {
	for v.Def != nil {
		p, ok := v.Def.Prim.(*ir.View)
		if !ok || p.Kind != ir.ViewReshape {
			break
		}
		v = v.Def.In[0]
	}
	return v
}

// buf is the buffer of a stored value, made and named at first mention.
func (d *Draft) buf(v *ir.Value) *ir.Buf {
	if b := d.Bufs[v]; b != nil {
		return b
	}
	v = reshaped(v)
	if b := d.Bufs[v]; b != nil {
		return b
	}
	if d.time != nil {
		if o := d.time.outer[v]; o != nil {
			return d.time.of.buf(o)
		}
		if d.time.slices[v] != nil {
			panic(fmt.Sprintf("pass: %q is a part of a sequence, not a buffer", v.Name))
		}
	}
	if v.Def != nil && !d.stored[v] {
		panic(fmt.Sprintf("pass: %q (%s) has no buffer", v.Name, v.Def.Prim))
	}
	as := d.known(v)
	b := &ir.Buf{Name: d.unique(goName(as)), Shape: as.Row(), Batched: v.Batched(), Elem: v.Elem, Store: ir.InArena, Value: v}
	switch {
	case v.Kind == ir.State:
		b.Store = ir.InState
	case v.Kind == ir.Clock, !v.Batched() && len(v.Shape) == 0:
		b.Store = ir.InField
	}
	d.Bufs[v] = b
	d.made = append(d.made, b)
	return b
}

// known is what v is known as: a row without a name that only a reshape reads is that reshape's, if it has one.
func (d *Draft) known(v *ir.Value) *ir.Value {
	for w := v; w.Batched(); {
		if w.Name != "" || w.GradOf != nil && w.GradOf.Name != "" {
			return w
		}
		u := d.only(w)
		if u == nil {
			break
		}
		if p, ok := u.Prim.(*ir.View); !ok || p.Kind != ir.ViewReshape {
			break
		}
		w = u.Out[0]
	}
	return v
}

func (d *Draft) unique(name string) string {
	s := name
	for k := 2; d.names[s]; k++ {
		s = fmt.Sprintf("%s%d", name, k)
		if last := name[len(name)-1]; last >= '0' && last <= '9' {
			s = fmt.Sprintf("%s_%d", name, k)
		}
	}
	d.names[s] = true
	return s
}

// goName names a value after what it is in the source: its own name, that of what it is the gradient of with a d in
// front, or that of its operator with what the node does.
func goName(v *ir.Value) string {
	switch {
	case v.GradOf != nil:
		return "d" + ir.GoName(valueName(v.GradOf), len(valueName(v.GradOf)) > 1)
	default:
		return ir.GoName(valueName(v), false)
	}
}

func valueName(v *ir.Value) string {
	if v.Name != "" {
		return v.Name
	}
	if v.GradOf != nil {
		return "d_" + valueName(v.GradOf)
	}
	if v.Def == nil {
		return "value"
	}
	what := "value"
	switch p := v.Def.Prim.(type) {
	case *ir.Dot:
		what = "product"
	case *ir.Reduce:
		what = "sum"
		if p.Max {
			what = []string{"max", "place"}[v.Index]
		}
	case *ir.View:
		what = string(p.Kind)
	case *ir.Gather:
		what = "picked"
	case *ir.Window:
		what = "windows"
		if p.Adjoint {
			what = "overlapped"
		}
	case *ir.Scan:
		what = "steps"
	case *ir.Map:
		what = "term"
	}
	name := what
	if s := v.Def.Src; s != nil && s.Name != "" {
		name = s.Name + "_" + what
	}
	if v.Def.Back {
		name = "d_" + name
	}
	return name
}

// String prints a draft for dumps: the functions with their phases, as far as they are decided, and in each a line a
// node: what it computes, by which kernel, and whether it is stored.
func (d *Draft) String() string {
	var b strings.Builder
	name := func(v *ir.Value) string {
		if v.Def == nil {
			return v.Name
		}
		return fmt.Sprintf("%s.%d", goName(v), v.ID)
	}
	line := func(n *ir.Node) {
		var in, out []string
		for _, v := range n.In {
			in = append(in, name(v))
		}
		kept := false
		for _, v := range n.Out {
			out = append(out, name(v)+" "+ir.ShapeText(v.Shape))
			kept = kept || d.stored[v]
		}
		b.WriteString("  ")
		if len(out) > 0 {
			b.WriteString(strings.Join(out, ", ") + " = ")
		}
		fmt.Fprintf(&b, "%s (%s)", n.Prim, strings.Join(in, ", "))
		switch c := d.calls[n]; {
		case c != nil:
			fmt.Fprintf(&b, "; by %s", c.Kernel.Name)
		case d.inner[n]:
			b.WriteString("; a part of what follows")
		}
		if kept {
			b.WriteString("; stored")
		}
		b.WriteString("\n")
	}
	for _, f := range d.Funcs {
		fmt.Fprintf(&b, "func %s\n", f.Name)
		if f.phases == nil {
			for _, n := range f.Nodes {
				line(n)
			}
		}
		for _, p := range f.phases {
			fmt.Fprintf(&b, " phase %s\n", p.split)
			for _, n := range p.nodes {
				line(n)
			}
		}
	}
	return b.String()
}

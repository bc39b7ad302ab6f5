package pass

import (
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// Phase shares each function's work among workers. A phase is a run of steps that are split the same way, so that each
// worker goes through all of them without waiting for the others; between phases stands a barrier. Forward is one phase by
// rows; backward is one by rows for the gradients of the values and one by shares for those of the weights; the update is one
// by ranges of theta. It comes after fuse: only what is stored can be waited for.
//
// The numbers do not depend on the split: a row, an element of a weight's gradient and a parameter are each computed by
// one worker, in one order.
func Phase(d *Draft) {
	for _, f := range d.Funcs {
		f.phase = map[*ir.Node]int{}
		for _, n := range d.early(f) {
			split := d.split(n)
			at := 0
			for _, s := range d.sources(n) {
				p, ok := f.phase[s]
				if !ok {
					continue // of an earlier function
				}
				if f.phases[p].split != split || !d.together(s, n, split) {
					p++
				}
				at = max(at, p)
			}
			if d.changes(n) { // all who stand earlier read the old value
				at = max(at, len(f.phases)-1)
			}
			for at < len(f.phases) && f.phases[at].split != split {
				at++
			}
			if at == len(f.phases) {
				f.phases = append(f.phases, &draftPhase{split: split})
			}
			f.phases[at].nodes = append(f.phases[at].nodes, n)
			f.phase[n] = at
		}
	}
}

// early gives the steps of f, first those that one worker does alone before the others start: scalars that depend on
// nothing else in f. In a prediction what depends on weights alone comes as early: it then takes no phase between rows. What
// changes a state stays behind those who read the old value.
func (d *Draft) early(f *DraftFunc) []*ir.Node {
	var first, rest []*ir.Node
	late := map[*ir.Node]bool{}
	for _, n := range f.Nodes {
		if !d.steps(n) {
			continue
		}
		split := d.split(n)
		waits := split != ir.Serial && (split != ir.ByShare || f.Name != FuncPredict)
		late[n] = waits || d.changes(n) || slices.ContainsFunc(d.sources(n), func(s *ir.Node) bool { return late[s] })
		if late[n] {
			rest = append(rest, n)
		} else {
			first = append(first, n)
		}
	}
	return append(first, rest...)
}

// changes says whether n writes over a state, of the optimizer, a running statistic or a weight: an Assign, or what is computed
// in its place.
func (d *Draft) changes(n *ir.Node) bool {
	if _, ok := n.Prim.(*ir.Assign); ok {
		return true
	}
	return slices.ContainsFunc(n.Out, func(v *ir.Value) bool {
		b := d.Bufs[v]
		return b != nil && (b.Store == ir.InState || b.Store == ir.InFixed || b.Store == ir.InTheta)
	})
}

// steps says whether n becomes a step of its own.
func (d *Draft) steps(n *ir.Node) bool {
	if d.inner[n] {
		return false
	}
	if _, ok := n.Prim.(*ir.Assign); ok {
		return true
	}
	return slices.ContainsFunc(n.Out, func(v *ir.Value) bool {
		return d.stored[v] && (reshaped(v) == v || d.wanted(v))
	})
}

// sources are the steps whose results n reads, through what is read through and inside kernel calls.
func (d *Draft) sources(n *ir.Node) []*ir.Node {
	var s []*ir.Node
	seen := map[*ir.Node]bool{}
	var visit func(n *ir.Node)
	visit = func(n *ir.Node) {
		for _, v := range n.In {
			if v.Def == nil || seen[v.Def] {
				continue
			}
			seen[v.Def] = true
			if d.steps(v.Def) && d.stored[v] {
				s = append(s, v.Def)
			} else {
				visit(v.Def)
			}
		}
	}
	visit(n)
	return s
}

func (d *Draft) split(n *ir.Node) ir.Split {
	var v *ir.Value
	if len(n.Out) > 0 {
		v = n.Out[0]
	} else { // of an Assign
		v = n.In[0]
	}
	switch {
	case d.Scalar || d.fn[n] != nil && d.fn[n].Name == FuncPrepare: // done once
		return ir.Serial
	case mixesRows(n):
		return ir.Serial
	case v.Batched():
		return ir.ByRow
	case len(v.Shape) == 0 || scatters(n):
		return ir.Serial
	case d.Funcs[0].Name == FuncUpdate:
		return ir.ByElement
	}
	return ir.ByShare
}

// mixesRows says whether a loop over time computes anything that is not of one row.
func mixesRows(n *ir.Node) bool {
	p, ok := n.Prim.(*ir.Scan)
	return ok && slices.ContainsFunc(p.Body.Nodes, func(m *ir.Node) bool {
		return slices.ContainsFunc(m.Out, func(v *ir.Value) bool { return !v.Batched() })
	})
}

// scatters says whether n adds into its result wherever places say, or windows along the first axis: no share of the
// result is of a part of what is added.
func scatters(n *ir.Node) bool {
	switch p := n.Prim.(type) {
	case *ir.Gather:
		return p.Scatter
	case *ir.Window:
		return p.Adjoint && slices.ContainsFunc(p.Wins, func(w ir.Win) bool { return w.Axis == 0 })
	}
	return false
}

// together says whether n can follow s in one phase: it reads of s only what the same worker computed. By shares that is
// what has n's own place along the leading axis: a mean of each channel, and behind it the sum of squares about it.
func (d *Draft) together(s, n *ir.Node, split ir.Split) bool {
	if split != ir.ByShare {
		return true
	}
	switch n.Prim.(type) {
	case *ir.Map:
	case *ir.Reduce:
		if d.calls[n] != nil {
			return false
		}
	default:
		return false
	}
	return d.ownPart(s, n, 0)
}

// ownPart says whether n reads for a place along an axis of its result nothing of s but that place along the leading axis,
// itself or through what is read through.
func (d *Draft) ownPart(s, n *ir.Node, axis int) bool {
	for k, v := range n.In {
		switch at := follows(n, k, axis); {
		case v.Def == nil:
		case v.Def == s && d.stored[v]:
			if at != 0 {
				return false
			}
		case d.stored[v]:
		case reshaped(v).Def == s:
			return false
		case slices.Contains(d.sources(v.Def), s):
			if at < 0 || !d.ownPart(s, v.Def, at) {
				return false
			}
		}
	}
	return true
}

// follows gives the axis of operand k that goes along with an axis of n's result, or -1 where none does.
func follows(n *ir.Node, k, axis int) int {
	switch p := n.Prim.(type) {
	case *ir.Map:
		return slices.Index(p.Axes[k], axis)
	case *ir.Reduce:
		return p.Kept(len(n.In[0].Shape))[axis]
	}
	return -1
}

// The functions of workspaces.
const (
	FuncPrepare  = "prepare"
	FuncPredict  = "predict"
	FuncScore    = "score"
	FuncForward  = "forward"
	FuncBackward = "backward"
	FuncUpdate   = "update"
	FuncGradient = "gradient"
)

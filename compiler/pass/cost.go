package pass

import "github.com/nnc-lang/nnc/compiler/ir"

// Costs adds to the layers what their steps in this draft cost for a row: multiply-adds of products, and the bytes of the
// buffers that are read and written, four a number; what is a variable of a loop is none of them. It follows schedule, which
// makes those.
func (d *Draft) Costs(layers []*ir.Layer) {
	byName := map[string]*ir.Layer{}
	for _, l := range layers {
		byName[l.Name] = l
	}
	for _, f := range d.Funcs {
		if f.Name != FuncForward && f.Name != FuncBackward && f.Name != FuncPredict {
			continue
		}
		for _, n := range f.Nodes {
			if n.Src == nil || byName[n.Src.Name] == nil {
				continue
			}
			l := byName[n.Src.Name]
			cost := &l.Forward
			if n.Back {
				cost = &l.Backward
			}
			switch p := n.Prim.(type) {
			case *ir.Dot:
				cost.MACs += p.MACs(n.In)
			case *ir.Scan:
				each := d.bodies[n].stepCost()
				cost.MACs += p.T * each.MACs
				cost.Bytes += p.T * each.Bytes
			}
			if !d.steps(n) {
				continue
			}
			if a := d.args[n]; a != nil { // a kernel's bytes are its product's
				if from := byName[a.product.Src.Name]; from != nil {
					cost = &from.Forward
					if n.Back {
						cost = &from.Backward
					}
				}
			}
			for _, v := range n.Out {
				if d.stored[v] && !d.local(v) {
					cost.Bytes += 4 * v.Size()
				}
			}
			for _, b := range d.operands(n) {
				cost.Bytes += 4 * b.Size()
			}
		}
	}
}

// stepCost is what a step of a loop over time costs beside its sequences and results.
func (d *Draft) stepCost() ir.Cost {
	var c ir.Cost
	for _, n := range d.Graph.Nodes {
		if p, ok := n.Prim.(*ir.Dot); ok {
			c.MACs += p.MACs(n.In)
		}
		if !d.steps(n) {
			continue
		}
		for _, v := range n.Out {
			if d.stored[v] && d.time.slices[v] == nil {
				c.Bytes += 4 * v.Size()
			}
		}
		for _, b := range d.operands(n) {
			c.Bytes += 4 * b.Size()
		}
	}
	return c
}

// local says whether v is a variable of a loop.
func (d *Draft) local(v *ir.Value) bool {
	b := d.Bufs[reshaped(v)]
	return b != nil && b.Store == ir.InLoop
}

// operands are the buffers that a step reads.
func (d *Draft) operands(n *ir.Node) []*ir.Buf {
	var out []*ir.Buf
	seen := map[*ir.Buf]bool{}
	var visit func(n *ir.Node)
	visit = func(n *ir.Node) {
		for _, v := range n.In {
			if w := reshaped(v); w.Def != nil && !d.stored[w] && d.Bufs[w] == nil {
				visit(w.Def)
				continue
			}
			if b := d.Bufs[reshaped(v)]; b != nil && b.Store != ir.InLoop && !seen[b] {
				seen[b] = true
				out = append(out, b)
			}
		}
	}
	visit(n)
	return out
}

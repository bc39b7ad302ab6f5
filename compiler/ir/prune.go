package ir

import "slices"

// Prune removes the nodes that neither one of Outs nor an Assign needs. Of a Scan it removes the results that nobody reads,
// then what its body computed for them, and the operands that the body no longer looks at.
func (g *Graph) Prune() {
	live := map[*Value]bool{}
	for _, v := range g.Outs {
		live[v] = true
	}
	var kept []*Node
	for _, n := range slices.Backward(g.Nodes) {
		_, effect := n.Prim.(*Assign)
		if !effect && !slices.ContainsFunc(n.Out, func(v *Value) bool { return live[v] }) {
			continue
		}
		switch p := n.Prim.(type) {
		case *Scan:
			p.prune(n, live)
		case *Call:
			p.Body.Prune()
		}
		for _, v := range n.In {
			live[v] = true
		}
		kept = append(kept, n)
	}
	slices.Reverse(kept)
	g.Nodes = kept
}

func (p *Scan) prune(n *Node, live map[*Value]bool) {
	outs, results := slices.Clone(p.Body.Outs[:p.States]), []*Value(nil)
	for i, v := range n.Out {
		if live[v] {
			v.Index = len(results)
			results, outs = append(results, v), append(outs, p.Body.Outs[p.States+i])
		}
	}
	n.Out, p.Body.Outs = results, outs
	p.Body.Prune()
	read := map[*Value]bool{}
	for _, v := range p.Body.Outs {
		read[v] = true
	}
	for _, m := range p.Body.Nodes {
		for _, v := range m.In {
			read[v] = true
		}
	}
	var leafs, in []*Value
	sequences := 0
	for i, l := range p.In {
		sequence := i >= p.States && i < p.States+p.Sequences
		// One sequence stays, for the number of steps.
		if i >= p.States && !read[l] && !(sequence && sequences == 0 && i == p.States+p.Sequences-1) {
			continue
		}
		if sequence {
			sequences++
		}
		leafs, in = append(leafs, l), append(in, n.In[i])
	}
	p.In, p.Sequences, n.In = leafs, sequences, in
	p.Body.Leafs = slices.Clone(leafs)
}

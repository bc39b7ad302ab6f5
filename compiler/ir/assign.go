package ir

// Assign writes In[1] over the leaf In[0] at the end of the step; every other node reads the old value.
type Assign struct{}

// Assign gives a state its value for the next step. A later one in the same step takes its place; Current is what it
// should build on. What a state has already is not assigned.
func (g *Graph) Assign(state, v *Value) {
	if v == state {
		delete(g.current, state)
		return
	}
	g.current[state] = v
}

// Current is the newest value of a state within the step.
func (g *Graph) Current(state *Value) *Value {
	if v := g.current[state]; v != nil {
		return v
	}
	return state
}

// Flush adds the Assign nodes, one a state, in the order of the leafs. Each belongs to the operator that made the value.
func (g *Graph) Flush() {
	src := g.Src
	defer func() { g.Src = src }()
	for _, s := range g.Leafs {
		if v := g.current[s]; v != nil {
			g.Src = src
			if v.Def != nil && v.Def.Src != nil {
				g.Src = v.Def.Src
			}
			g.Add(&Assign{}, s, v)
			delete(g.current, s)
		}
	}
}

func (p *Assign) String() string { return "assign" }

// Infer implements Prim.
func (p *Assign) Infer(in []*Value) []Type {
	k := in[0].Kind
	assert(k == Param || k == Fixed || k == State, "assign to %s", in[0].Name)
	assert(Size(in[0].Shape) == Size(in[1].Shape), "assign %v to %v", in[1].Shape, in[0].Shape)
	return nil
}

// VJP implements Prim: there is none.
func (p *Assign) VJP(*Graph, *Node, []*Value, []bool) []*Value { return nil }

package compiler_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/compiler"
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/ir/irtest"
	"github.com/nnc-lang/nnc/compiler/pass"
)

// TestPlans runs the plans of random models on memory that nothing has written yet, and holds every value that a plan
// stores, behind the step that stores it, against the graph's interpreter: a value that shares memory with another that
// is still needed, a step in front of what it reads or a wrong index shows there. Then it runs them in pieces, as workers
// share them, and on a smaller batch that follows a larger one.
func TestPlans(t *testing.T) {
	count := 200
	if testing.Short() {
		count = 60
	}
	for seed := range count {
		r := rand.New(rand.NewPCG(uint64(seed), 11))
		text := wildModel(r)
		plan, faults, err := compiler.Compile("wild.nn", []byte(text), compiler.Options{Float64: true, Check: seed%2 == 0, Grad: true})
		if err != nil || len(faults) > 0 {
			t.Fatalf("seed %d: %v %v in\n%s", seed, err, faults, text)
		}
		rows := max(1, plan.Settings.LeastRows) + r.IntN(5)
		if err := checkPlan(plan, rows, r); err != nil {
			t.Fatalf("seed %d, %d rows: %v in\n%s", seed, rows, err, text)
		}
	}
}

// TestPlansByHand does the same with models in which one pass undoes what another relies on.
func TestPlansByHand(t *testing.T) {
	for _, c := range []struct{ name, ports, shared, layers string }{
		{"one attention, twice on one value", "input x [3, 2]\ntarget y [3, 2]", "attention(2)", "a = x -> Net\nb = x -> Net\nc = x -> tanh -> Net\na * b + c"},
		{"one attention, its results wanted twice", "input x [3, 2]\ntarget y [3, 2]", "attention(1) -> dense(2)", "a = x -> Net\nb = x -> Net\n(a, b)"},
		{"one loop over time, its results wanted twice", "input x [3, 2]\ntarget y [3, 2]", "gru(2)", "a = x -> Net\nb = x -> Net\n(a, b)"},
		{"convolutions of one element between wider ones", "input x [1, 2, 2]\ntarget y [1, 2, 2]", "conv(1, kernel: 1) -> conv_transpose(1, kernel: 3, pad: 1) -> conv(1, kernel: 3, pad: 1)", "x -> Net -> Net -> Net"},
		{"random numbers in a block within a block", "input x [4, 3]\ntarget y [2]", "dense(3) -> tanh",
			"x -> Net\nrepeat 4 {\ndense(3) -> batch_norm(eps: 0.1) -> dense(3) -> attention(1, causal: true, dropout: 0.1) -> dense(3)\n}\nflatten -> dense(2)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			loss := "mse"
			if strings.HasSuffix(c.layers, "(a, b)") {
				loss = "(a, y) -> mse\nloss (b, y) -> mae"
			}
			text := fmt.Sprintf("model Hand {\n%s\nshared Net = %s\nlayers {\n%s\n}\nloss %s\noptimizer sgd(lr: 0.1)\n}\n", c.ports, c.shared, c.layers, loss)
			plan, faults, err := compiler.Compile("hand.nn", []byte(text), compiler.Options{Float64: true, Check: true, Grad: true})
			if err != nil || len(faults) > 0 {
				t.Fatal(err, faults)
			}
			for seed := range uint64(4) {
				r := rand.New(rand.NewPCG(seed, 3))
				if err := checkPlan(plan, 1+int(seed), r); err != nil {
					t.Fatal(err)
				}
				if worst, where, _ := checkGradients(plan, filled(plan, 2, r)); worst > 1e-6 {
					t.Fatalf("relative error %.2g, %s", worst, where)
				}
			}
		})
	}
}

// checkPlan checks all workspaces of a plan.
func checkPlan(p *ir.Plan, rows int, r *rand.Rand) (err error) {
	defer func() {
		if e := recover(); e != nil {
			err = fmt.Errorf("panic: %v", e)
		}
	}()
	for _, w := range []struct {
		space *ir.Space
		funcs []string
	}{
		{p.Predict, []string{pass.FuncPredict, pass.FuncScore}},
		{p.Train, []string{pass.FuncForward, pass.FuncBackward}},
		{p.VJP, []string{pass.FuncGradient}},
	} {
		if w.space == nil {
			continue
		}
		w.funcs = slices.DeleteFunc(w.funcs, func(name string) bool {
			return !slices.ContainsFunc(w.space.Funcs, func(f *ir.Func) bool { return f.Name == name })
		})
		c := &planCheck{p: p, space: w.space, m: filledSpace(p, w.space, rows, r)}
		least := max(1, p.Settings.LeastRows)
		for _, n := range []int{rows, least + r.IntN(rows-least+1)} { // a smaller batch finds the larger one's remains
			c.m.Rows = n
			if err := c.run(w.funcs, 1+r.IntN(4)); err != nil {
				return err
			}
		}
	}
	return nil
}

// filledSpace is filled for any workspace of a plan.
func filledSpace(p *ir.Plan, s *ir.Space, rows int, r *rand.Rand) *irtest.Machine {
	q := *p
	q.Train = s
	m := filled(&q, rows, r)
	for _, b := range p.DOut {
		if b.Store == ir.InPort {
			m.Floats[b.Name] = normals(rows*b.Size(), r)
		}
	}
	return m
}

func normals(n int, r *rand.Rand) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

// planCheck holds a machine against the interpreter.
type planCheck struct {
	p     *ir.Plan
	space *ir.Space
	m     *irtest.Machine
	want  map[*ir.Value][]float64
}

func (c *planCheck) run(funcs []string, pieces int) error {
	// The gradients of several outputs are copied to the workspace before the function runs.
	given := map[*ir.Buf][]float64{}
	give := func() {
		for _, b := range c.p.DOut {
			if c.space != c.p.VJP || b.Store != ir.InArena || !slices.Contains(c.space.Bufs, b) {
				continue
			}
			if given[b] == nil {
				given[b] = normals(c.m.Rows*b.Size(), rand.New(rand.NewPCG(uint64(b.Size()), 5)))
			}
			copy(c.m.Buf(b), given[b])
		}
	}
	give()
	bufs, last := c.stored(funcs)
	c.interpret(bufs)

	var fault error
	c.m.Pieces = 1
	done := map[*ir.Step]int{}
	c.m.Behind = func(s *ir.Step) {
		for _, b := range bufs {
			if last[b] == (turn{s, done[s]}) && fault == nil {
				fault = c.compare(b)
			}
		}
		done[s]++
	}
	whole := c.results(funcs)
	c.m.Behind = nil
	if fault != nil {
		return fault
	}
	for i, v := range whole {
		if math.IsNaN(v) {
			return fmt.Errorf("result %d is not a number", i)
		}
	}
	c.m.Pieces = pieces
	give()
	if again := c.results(funcs); !slices.Equal(whole, again) {
		return fmt.Errorf("%s in %d pieces: %v, in one %v", funcs, pieces, again, whole)
	}
	return nil
}

// results runs functions and gives all that somebody outside reads.
func (c *planCheck) results(funcs []string) []float64 {
	var out []float64
	for _, f := range funcs {
		out = append(out, c.m.Run(f))
	}
	add := func(b *ir.Buf) {
		if b != nil {
			out = append(out, c.m.Buf(b)...)
		}
	}
	switch c.space {
	case c.p.Predict:
		for _, o := range c.p.Outputs {
			add(o.Buf)
		}
	case c.p.Train:
		out = append(out, c.m.Grad...)
		for _, b := range c.p.DCheck {
			add(b)
		}
	default:
		for _, b := range c.p.DInput {
			add(b)
		}
	}
	return out
}

// turn is a step and how often it has run before: in a block once for each instance.
type turn struct {
	step *ir.Step
	runs int
}

// stored lists the buffers that functions store into, and for each the last step that does.
func (c *planCheck) stored(funcs []string) (bufs []*ir.Buf, last map[*ir.Buf]turn) {
	last = map[*ir.Buf]turn{}
	var at turn
	var actual map[*ir.Buf]*ir.Buf // of the block's instance at hand
	overTime := false              // of a loop over time only what is stacked has a value outside it
	note := func(b *ir.Buf) {
		if a := actual[b]; a != nil {
			b = a
		}
		if b == nil || b.Store == ir.InLoop || overTime && !isStacked(b.Value) {
			return
		}
		if b.Value.Def == nil { // a state of a loop over time, a running statistic: not what the graph's leaf holds
			return
		}
		if last[b].step == nil {
			bufs = append(bufs, b)
		}
		last[b] = at
	}
	var visit func(list []ir.Stmt)
	visit = func(list []ir.Stmt) {
		for _, x := range list {
			switch x := x.(type) {
			case *ir.Loop:
				visit(x.Body)
			case *ir.Set:
				note(x.Dst.Buf)
			case *ir.Fold:
				if x.Dst != nil {
					note(x.Dst.Buf)
				}
				if x.Place != nil {
					note(x.Place.Buf)
				}
			}
		}
	}
	runs := map[*ir.Step]int{}
	var phases func(list []*ir.Phase)
	repeat := func(r *ir.Repeat) {
		around := actual
		for _, i := range r.Instances() {
			actual = map[*ir.Buf]*ir.Buf{}
			for k, b := range r.Block.Bufs {
				actual[b] = i.Bufs[k]
				if a := around[i.Bufs[k]]; a != nil {
					actual[b] = a
				}
			}
			phases(r.Block.Phases)
		}
		actual = around
	}
	phases = func(list []*ir.Phase) {
		for _, ph := range list {
			if ph.Repeat != nil {
				repeat(ph.Repeat)
			}
			for _, s := range ph.Steps {
				if s.Repeat != nil {
					repeat(s.Repeat)
					continue
				}
				at = turn{s, runs[s]}
				runs[s]++
				if s.Call != nil {
					note(s.Call.Dst)
				}
				visit(s.Body)
				if s.Time != nil {
					overTime = true
					for _, x := range s.Time.Steps {
						visit(x.Body)
					}
					overTime = false
				}
			}
		}
	}
	for _, f := range c.space.Funcs {
		if slices.Contains(funcs, f.Name) {
			phases(f.Phases)
		}
	}
	return bufs, last
}

func isStacked(v *ir.Value) bool {
	if v.Def == nil {
		return false
	}
	_, ok := v.Def.Prim.(*ir.Scan)
	return ok
}

// interpret computes all values that buffers hold, and what they are computed from, by the primitives' definitions.
func (c *planCheck) interpret(bufs []*ir.Buf) {
	g, leafs := &ir.Graph{}, map[*ir.Value][]float64{}
	seen := map[*ir.Node]bool{}
	var need func(v *ir.Value)
	need = func(v *ir.Value) {
		if v.Def == nil {
			leafs[v] = c.leaf(v)
			return
		}
		if seen[v.Def] {
			return
		}
		seen[v.Def] = true
		for _, x := range v.Def.In {
			need(x)
		}
		g.Nodes = append(g.Nodes, v.Def)
	}
	for _, b := range bufs {
		need(b.Value)
	}
	c.want = irtest.Eval(g, leafs, c.m.Rows)
}

// leaf gives a leaf's elements.
func (c *planCheck) leaf(v *ir.Value) []float64 {
	n := v.Size()
	if v.Batched() {
		n *= c.m.Rows
	}
	switch {
	case v.Param != nil:
		for _, b := range c.p.Params {
			if b.Value.Param.Name == v.Param.Name {
				return slices.Clone(c.m.Buf(b))
			}
		}
	case v.Port != nil && v.Elem == ir.Int:
		x := make([]float64, n)
		for i := range x {
			x[i] = float64(c.m.Ints[v.Port.Name][i])
		}
		return x
	case v.Port != nil:
		return slices.Clone(c.m.Floats[v.Port.Name][:n])
	}
	for _, b := range c.p.DOut {
		if b.Value == v {
			return slices.Clone(c.m.Buf(b))
		}
	}
	panic("no leaf " + v.Name)
}

// compare holds a buffer against its value.
func (c *planCheck) compare(b *ir.Buf) error {
	want := c.want[b.Value]
	got := make([]float64, len(want))
	switch {
	case b.Store == ir.InField:
		got[0] = c.m.Fields[b]
	case b.Elem == ir.Int:
		for i := range got {
			got[i] = float64(c.m.Int(b)[i])
		}
	default:
		copy(got, c.m.Buf(b))
	}
	scale := 1.0
	for _, v := range want {
		if !math.IsInf(v, 0) { // a score that a mask hides
			scale = max(scale, math.Abs(v))
		}
	}
	for i, v := range want {
		if got[i] != v && !(math.Abs(got[i]-v) <= 1e-9*scale) {
			return fmt.Errorf("%s[%d] is %g, the graph's %g", b.Name, i, got[i], v)
		}
	}
	return nil
}

// wildModel writes a model with what randomModel never has: several outputs, some of them equal, inputs or constants;
// shared nets, blocks, repeats; values joined along every axis, slices of slices, dropouts in a row; gradients that are
// equal for two weights; sequences of labels; penalties over shared weights; nets that are unrolled to scalars.
func wildModel(r *rand.Rand) string {
	g := &generator{r: r}
	var head, decls, losses []string
	for i := range 1 + r.IntN(3) {
		name, shape := fmt.Sprintf("x%d", i+1), g.shape()
		head = append(head, fmt.Sprintf("\tinput %s %s", name, text(shape)))
		g.values = append(g.values, value{name, shape})
	}
	inputs := slices.Clone(g.values)
	line := func(format string, a ...any) string {
		g.made++
		name := fmt.Sprintf("v%d", g.made)
		g.lines = append(g.lines, "\t\t"+name+" = "+fmt.Sprintf(format, a...))
		return name
	}
	for range 1 + r.IntN(4) {
		g.line()
	}
	used := map[string]bool{}
	for range r.IntN(4) {
		k := r.IntN(len(g.values))
		v := g.values[k]
		g.values = append(g.values[:k], g.values[k+1:]...)
		n := ir.Size(v.shape)
		switch r.IntN(9) {
		case 0: // one net for two values
			if !used["Enc"] {
				used["Enc"] = true
				decls = append(decls, "\tshared Enc = dense(3) -> tanh\n")
			}
			a, b := line("%s -> flatten -> dense(2) -> Enc", v.name), line("%s -> flatten -> dense(2) -> relu -> Enc", v.name)
			g.values = append(g.values, value{a, []int{3}}, value{line("%s - %s", a, b), []int{3}})
		case 1:
			if !used["Mix"] {
				used["Mix"] = true
				decls = append(decls, "block\n")
			}
			g.values = append(g.values, value{line("(%s -> flatten, %s -> flatten -> dense(%d)) -> Mix(2)", v.name, v.name, n), []int{2}})
		case 2:
			g.lines = append(g.lines, fmt.Sprintf("\t\t%s -> flatten -> dense(3)\n\t\trepeat %d {\n\t\t\tdense(3) -> relu\n\t\t\tdropout(0.2)\n\t\t}", v.name, 1+r.IntN(3)))
			g.values = append(g.values, value{line("softmax"), []int{3}})
		case 3: // joined along the first and the last axis, with itself too
			axis := r.IntN(len(v.shape))
			shape := slices.Clone(v.shape)
			shape[axis] *= 2
			g.values = append(g.values, value{line("(%s, %s -> tanh) -> concat(axis: %d)", v.name, v.name, axis), shape},
				value{line("(%s, %s) -> concat(axis: %d)", v.name, v.name, axis), shape})
		case 4: // weights with equal gradients
			a, b := line("%s -> flatten -> dense(3)", v.name), line("%s -> flatten -> dense(3)", v.name)
			g.values = append(g.values, value{line("%s + %s", a, b), []int{3}})
		case 5: // slices of a slice that overlap, over a product
			a := line("%s -> flatten -> dense(7) -> tanh", v.name)
			b := line("%s -> slice(axis: 0, from: 1, to: 6)", a)
			c, d := line("%s -> slice(axis: 0, from: 0, to: 3)", b), line("%s -> slice(axis: 0, from: 2, to: 5)", b)
			g.values = append(g.values, value{line("%s * %s", c, d), []int{3}})
		case 6: // an operand that must be copied before the product
			a := line("%s -> flatten -> dense(6) -> reshape([2, 3]) -> transpose([1, 0])", v.name)
			b := line("%s -> dense(2)", a)
			g.values = append(g.values, value{line("%s + %s -> reshape([1, 6]) -> dense(2)", a, b), []int{1, 2}}, value{a, []int{3, 2}})
		case 7:
			g.values = append(g.values, value{line("%s -> dropout(0.3) -> dropout(0.5)", v.name), v.shape})
		case 8: // many axes, in the end more than there are letters
			many := []string{"dense(32) -> reshape([2, 2, 2, 2, 2]) -> transpose([4, 2, 0, 1, 3])", "dense(512) -> reshape([2, 2, 2, 2, 2, 2, 2, 2, 2]) -> transpose([4, 2, 0, 1, 3, 8, 6, 5, 7])"}[r.IntN(2)]
			g.values = append(g.values, value{line("%s -> flatten -> %s -> softsign -> flatten -> slice(axis: 0, from: 3, to: 6)", v.name, many), []int{3}})
		}
	}
	out := g.join()

	// The outputs, each with its target and loss, or none.
	var names []string
	add := func(format string, a ...any) string {
		name := fmt.Sprintf("o%d", len(names)+1)
		g.lines = append(g.lines, "\t\t"+name+" = "+fmt.Sprintf(format, a...))
		names = append(names, name)
		return name
	}
	also := []string{"neg", "softsign", "dropout(0.5) -> tanh"}
	for i := range 1 + r.IntN(2) {
		y := fmt.Sprintf("y%d", i+1)
		switch r.IntN(3) {
		case 0: // a sequence of labels
			o := add("%s -> dense(6) -> reshape([2, 3]) -> softmax", out.name)
			if i == 0 {
				also = []string{"neg", "flatten", "reshape([3, 1, 2])"} // the memory of the first output
			}
			head = append(head, "\ttarget "+y+" [2]class(3)")
			losses = append(losses, fmt.Sprintf("(%s, %s) -> cross_entropy", o, y))
		default:
			last, target, loss := g.ending(out)
			o := add("%s", last)
			head = append(head, "\ttarget "+y+" "+target)
			losses = append(losses, fmt.Sprintf("(%s, %s) -> %s", o, y, loss))
		}
	}
	if r.IntN(2) == 0 {
		add("%s -> %s", names[0], also[r.IntN(len(also))])
	}
	if r.IntN(2) == 0 {
		v := inputs[r.IntN(len(inputs))]
		add("%s -> %s", v.name, []string{fmt.Sprintf("reshape([1, %d, 1, 1])", ir.Size(v.shape)), "abs"}[r.IntN(2)])
	}
	body := strings.Join(g.lines, "\n")
	if strings.Contains(body, "dense") && r.IntN(2) == 0 {
		losses = append(losses, "l2(0.01)", "l1(0.02)")
	}
	result := "(" + strings.Join(names, ", ") + ")"
	if len(names) == 1 {
		result = names[0]
	}
	block := ""
	if used["Mix"] {
		decls = slices.DeleteFunc(decls, func(s string) bool { return s == "block\n" })
		block = "block (a, b) -> Mix(k) {\n\th = a + b -> dense(k) -> relu\n\th * 2 -> tanh\n}\n\n"
	}
	return fmt.Sprintf("%smodel Wild {\n%s\n\n%s\n\tlayers {\n%s\n\t\t%s\n\t}\n\n\tloss %s\n\toptimizer %s\n\ttrain {\n\t\tbatch: %d\n\t}\n}\n", block,
		strings.Join(head, "\n"), strings.Join(decls, ""), body, result, strings.Join(losses, "\n\tloss "), []string{
			"sgd(lr: 0.1)", "sgd(lr: 0)", "sgd(lr: 0.1, momentum: 0.9, nesterov: true, weight_decay: 1)", "adam(lr: 0.01)", "adamw(lr: cosine(0.1, warmup: 1), clip_norm: 1)",
			"adadelta(lr: 1, weight_decay: 1)", "rmsprop(lr: 0.01, momentum: 0.9, centered: true)", "adagrad(lr: 0.1, lr_decay: 0.1, weight_decay: 1)"}[r.IntN(8)], 4+r.IntN(2))
}

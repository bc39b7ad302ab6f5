package pass

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// worthLines is how many lines of Go a block must save. A few short paragraphs read better where they stand.
const worthLines = 40

// longFunction is from how many lines on a function is long: there what stands at several places is shared, too.
const longFunction = 400

// Outline makes one block of what a function does several times with other buffers: of steps within a phase, and of whole
// phases, which is how a layer that waits for all rows (batch_norm) repeats. It works on the finished plan, behind allocate:
// what repeats is seen in the steps, wherever it comes from, repeat, a block or lines written alike; and every instance keeps
// the buffers and places that it was given. Nothing is computed otherwise: a block's body is its instances' steps, word for
// word.
//
// First what stands one behind the other is taken; then, in long functions, what stands at several places, in the function or
// in bodies of blocks, the same or with other sizes: that of one size is a block each, and these are a family (see
// ir.Block.Like). What saves most lines is taken first. See repeats.go for how repeats are found.
func Outline(s *ir.Space, funcs []*ir.Func) {
	o := &outliner{forms: map[string]int{}, names: map[string]bool{}, stands: map[*ir.Buf]*ir.Buf{}, called: map[*ir.Block]map[string]bool{}, parts: map[*ir.Block]string{}}
	for _, b := range s.Blocks() {
		o.names[b.Name] = true
	}
	for _, f := range funcs {
		o.phases(f)
	}
}

// outliner looks for repeats in the functions of a workspace.
type outliner struct {
	forms  map[string]int // number of each form
	names  map[string]bool
	stands map[*ir.Buf]*ir.Buf           // of a block's buffer: one that it stands for
	called map[*ir.Block]map[string]bool // names of other blocks' instances within a block
	parts  map[*ir.Block]string          // of a block: what its first instance is a part of
}

// token is a step in a run.
type token struct {
	form    int
	rough   int // its form but for its numbers
	lines   int // of Go, about; but for the fields of its buffers
	step    *ir.Step
	split   ir.Split
	barrier bool // a phase starts here
	again   bool // workers share the same axis as of the step before
}

// sequence is steps in which repeats are looked for: a function's, or those of a block's body, in variants where blocks of
// one family have other sizes.
type sequence struct {
	variants []*variant
	taken    []bool
}

type variant struct {
	block  *ir.Block // whose body it is; nil: of a function
	tokens []token
	placed []placed
}

// placed is where a block stands.
type placed struct {
	run
	repeat *ir.Repeat
}

// phases outlines f: first what takes whole phases, with barriers between, then what lies within one. An instance of the
// first kind starts with a phase of its own: where it starts amid one, that is split there.
func (o *outliner) phases(f *ir.Func) {
	main := &variant{tokens: o.tokens(f.Phases, true)}
	for _, s := range o.find(f, []*sequence{newSequence(main)}, false) {
		for _, v := range s.variants {
			switch {
			case v.block != nil:
				v.block.Phases = v.phases()
				o.namePhases(v.block.Name, v.block.Phases)
			case v.placed != nil:
				f.Phases = v.phases()
				o.namePhases(f.Name, f.Phases)
			}
		}
	}
	within := map[*variant]*ir.Phase{}
	var all []*sequence
	add := func(phases ...*ir.Phase) *sequence { // the same phase of each block of a family
		s := newSequence()
		for _, p := range phases {
			v := &variant{tokens: o.tokens([]*ir.Phase{p}, false)}
			within[v] = p
			s.variants = append(s.variants, v)
		}
		s.taken = make([]bool, len(s.variants[0].tokens))
		all = append(all, s)
		return s
	}
	for _, p := range f.Phases {
		if p.Repeat == nil && p.Split != ir.ByElement {
			add(p)
		}
	}
	families := map[*ir.Block][]*ir.Block{}
	blocks := (&ir.Space{Funcs: []*ir.Func{f}}).Blocks()
	for _, k := range blocks {
		families[k.Like] = append(families[k.Like], k)
	}
	for _, k := range blocks {
		for i := range k.Phases {
			if k.Like != k || k.Phases[i].Repeat != nil {
				continue
			}
			var same []*ir.Phase
			for _, l := range families[k] {
				same = append(same, l.Phases[i])
			}
			s := add(same...)
			for n, v := range s.variants {
				v.block = families[k][n]
			}
			s.keepRandom()
		}
	}
	for _, s := range o.find(f, all, true) {
		for _, v := range s.variants {
			switch p := within[v]; {
			case p != nil:
				p.Steps = v.steps()
			default:
				v.block.Phases = []*ir.Phase{{Name: v.block.Name, Split: v.tokens[0].split, Steps: v.steps()}}
			}
		}
	}
}

// namePhases names phases, and keeps these names from blocks.
func (o *outliner) namePhases(of string, phases []*ir.Phase) {
	namePhases(of, phases)
	for _, p := range phases {
		o.names[p.Name] = true
	}
}

func newSequence(v ...*variant) *sequence {
	s := &sequence{variants: v}
	if len(v) > 0 {
		s.taken = make([]bool, len(v[0].tokens))
	}
	return s
}

// tokens makes tokens of phases; with barriers, or of a single phase.
func (o *outliner) tokens(phases []*ir.Phase, barriers bool) []token {
	var tokens []token
	for _, p := range phases {
		var last *ir.Step
		for i, s := range p.Steps {
			t := o.step(s, last)
			t.split, t.barrier = p.Split, barriers && i == 0
			form := fmt.Sprint(p.Split, " ", t.form)
			if p.Split == ir.ByElement { // of the update, over all parameters
				form += fmt.Sprintf(" %p", p)
			}
			t.again = last != nil && s.Buf != nil && last.Buf != nil && lead(s.Buf) == lead(last.Buf)
			t.form, t.rough = o.number(form), o.number(fmt.Sprint("rough ", p.Split, t.barrier, t.again, " ", roughForm(s)))
			if t.barrier {
				t.lines += 6 // the method, its comment, its call and the name of its field
			}
			tokens = append(tokens, t)
			last = s
		}
	}
	return tokens
}

// number interns a form.
func (o *outliner) number(form string) int {
	n, ok := o.forms[form]
	if !ok {
		n = len(o.forms)
		o.forms[form] = n
	}
	return n
}

// step makes the token of a step; last is the one before.
func (o *outliner) step(s, last *ir.Step) token {
	t := token{step: s}
	at := map[*ir.Buf]int{}
	locals := 0
	c := &ir.Copier{Write: true}
	c.Buf = func(b *ir.Buf) *ir.Buf {
		i, seen := at[b]
		if !seen {
			i = len(at)
			at[b] = i
			t.lines++ // the slice that the step works on
			if b.Store == ir.InLoop {
				locals++
			}
		}
		switch {
		case fixed(b):
			c.Form = fmt.Appendf(c.Form, "%p ", b)
		case b.Store == ir.InLoop: // a variable: the same in each of its places
			c.Form = fmt.Appendf(c.Form, "row%d %d ", i, b.Elem)
		default:
			c.Form = fmt.Appendf(c.Form, "%d %d %v %v ", b.Store, b.Elem, b.Batched, b.Shape)
		}
		return b
	}
	c.Step(s)
	t.form = o.number(string(c.Form))
	t.lines += stepLines(s) - locals
	if last == nil || s.Line != last.Line || s.Back != last.Back {
		t.lines += 2
	}
	return t
}

// roughForm is the form of a step but for its numbers.
func roughForm(s *ir.Step) string {
	c := &ir.Copier{Write: true, Rough: true}
	at := map[*ir.Buf]int{}
	c.Buf = func(b *ir.Buf) *ir.Buf {
		if _, ok := at[b]; !ok {
			at[b] = len(at)
		}
		c.Form = fmt.Append(c.Form, at[b], " ", b.Store, b.Elem, b.Batched, len(b.Shape), " ")
		return b
	}
	c.Step(s)
	return string(c.Form)
}

// fixed says whether a buffer is no slice that a block could be given.
func fixed(b *ir.Buf) bool {
	switch b.Store {
	case ir.InPort, ir.InOutput, ir.InField:
		return true
	}
	return b.Value != nil && b.Value.Kind == ir.Clock || b.Elem == ir.Int && !b.Batched
}

// stepLines counts the lines that a step is printed in, but for its heading and the slices it works on.
func stepLines(s *ir.Step) int {
	n := stmtLines(s.Body)
	if s.Doc != "" {
		n += 1 + strings.Count(s.Doc, "\n")
	}
	if s.Call != nil {
		n++
	}
	if s.Time != nil {
		n += 2
		for _, x := range s.Time.Steps {
			n += stepLines(x)
		}
	}
	return n
}

// stmtLines counts the lines that statements are printed in.
func stmtLines(list []ir.Stmt) int {
	n := 0
	for _, s := range list {
		n++
		switch s := s.(type) {
		case *ir.Loop:
			n += 1 + stmtLines(s.Body)
		case *ir.Fold:
			n += 2 + 2*len(s.Loops)
		}
	}
	return n
}

// phases are the phases of a variant, with blocks where they were placed.
func (v *variant) phases() []*ir.Phase {
	var out []*ir.Phase
	at := 0
	for _, p := range v.sorted() {
		out = append(append(out, phasesOf(v.tokens[at:p.from])...), &ir.Phase{Repeat: p.repeat})
		at = p.end()
	}
	return append(out, phasesOf(v.tokens[at:])...)
}

// steps are likewise its steps.
func (v *variant) steps() []*ir.Step {
	var out []*ir.Step
	at := 0
	add := func(to int) {
		for _, t := range v.tokens[at:to] {
			out = append(out, t.step)
		}
	}
	for _, p := range v.sorted() {
		add(p.from)
		out = append(out, &ir.Step{Repeat: p.repeat})
		at = p.end()
	}
	add(len(v.tokens))
	return out
}

func (v *variant) sorted() []placed {
	slices.SortFunc(v.placed, func(a, b placed) int { return cmp.Compare(a.from, b.from) })
	return v.placed
}

// phasesOf makes phases of tokens.
func phasesOf(tokens []token) []*ir.Phase {
	var out []*ir.Phase
	for i, t := range tokens {
		if i == 0 || t.barrier {
			out = append(out, &ir.Phase{Split: t.split})
		}
		p := out[len(out)-1]
		p.Steps = append(p.Steps, t.step)
		p.Work += t.step.Work
	}
	return out
}

// use is a place where a block stands.
type use struct {
	sequence *sequence
	run      run
}

// find places blocks in sequences, and in the bodies of these blocks. It gives the sequences, those bodies behind them.
func (o *outliner) find(f *ir.Func, all []*sequence, within bool) []*sequence {
	var uses []use
	var own []*sequence
	for _, s := range all {
		if s.variants[0].block != nil {
			continue
		}
		own = append(own, s)
		for _, r := range choose(s, within) {
			uses = append(uses, use{s, r})
		}
	}
	if uses != nil {
		all = append(all, o.place(f, uses, within)...)
	}
	for rest(all) >= longFunction {
		// What the functions themselves hold goes first: blocks are better large, with blocks in them.
		if uses = scattered(own, within); uses == nil {
			uses = scattered(all, within)
		}
		if uses == nil {
			break
		}
		all = append(all, o.place(f, uses, within)...)
	}
	return all
}

// rest counts the lines of sequences that no block has taken.
func rest(all []*sequence) int {
	n := 0
	for _, s := range all {
		for i, t := range s.variants[0].tokens {
			if !s.taken[i] {
				n += t.lines
			}
		}
	}
	return n
}

// place makes blocks of uses and puts them there. It gives the bodies of the blocks.
func (o *outliner) place(f *ir.Func, uses []use, within bool) []*sequence {
	families := map[string]*blockFamily{} // by the form of an instance but for its numbers
	blocks := map[string]*ir.Block{}      // by its form
	var list []*blockFamily
	for _, u := range uses {
		r := u.run
		for i := r.from; i < r.end(); i++ {
			u.sequence.taken[i] = true
		}
		for _, v := range u.sequence.variants {
			form, rough := "", ""
			for i, t := range v.tokens[r.from : r.from+r.period] {
				form += fmt.Sprint(t.form, t.barrier && i > 0, " ")
				rough += fmt.Sprint(t.split, t.barrier && i > 0, t.again && i > 0, " ", roughForm(t.step), " ")
			}
			family := families[rough]
			if family == nil {
				family = &blockFamily{split: v.tokens[r.from].split}
				families[rough] = family
				list = append(list, family)
			}
			n := slices.Index(family.blocks, blocks[form])
			if n < 0 {
				n = len(family.blocks)
				blocks[form] = &ir.Block{Within: within}
				family.blocks = append(family.blocks, blocks[form])
				family.firsts = append(family.firsts, v.tokens[r.from:r.from+r.period])
				family.instances, family.variants, family.runs = append(family.instances, nil), append(family.variants, nil), append(family.runs, nil)
			}
			family.variants[n], family.runs[n] = append(family.variants[n], v), append(family.runs[n], r)
			for k := range r.copies {
				var steps []*ir.Step
				for _, t := range v.tokens[r.from+k*r.period : r.from+(k+1)*r.period] {
					steps = append(steps, t.step)
				}
				family.instances[n] = append(family.instances[n], steps)
			}
		}
	}
	var bodies []*sequence
	for _, family := range list {
		bodies = append(bodies, o.make(f.Name, family))
	}
	return bodies
}

// make makes the blocks of a family, and gives their bodies.
func (o *outliner) make(fn string, family *blockFamily) *sequence {
	made := o.fill(fn, family)
	s := newSequence()
	for n, block := range family.blocks {
		v := &variant{block: block}
		for i, step := range made[n] {
			was := family.firsts[n][i]
			t := o.step(step, nil)
			t.split, t.barrier, t.again, t.lines = was.split, was.barrier, was.again, was.lines
			t.form = o.number(fmt.Sprint(t.split, " ", t.form))
			t.rough = o.number(fmt.Sprint("rough ", t.split, t.barrier, t.again, " ", roughForm(step)))
			v.tokens = append(v.tokens, t)
		}
		s.variants = append(s.variants, v)

		instances := block.Instances
		block.Instances, o.parts[block] = nil, instances[0].Name
		k := 0
		for i, in := range family.variants[n] {
			r := family.runs[n][i]
			repeat := &ir.Repeat{Block: block, From: len(block.Instances), To: len(block.Instances) + r.copies}
			if in.block != nil {
				repeat = &ir.Repeat{Block: block, With: &instances[k]}
				repeat.Name = o.callName(in.block, instances[k].Name)
			} else {
				block.Instances = append(block.Instances, instances[k:k+r.copies]...)
			}
			k += r.copies
			in.placed = append(in.placed, placed{r, repeat})
		}
	}
	s.taken = make([]bool, len(s.variants[0].tokens))
	s.keepRandom()
	return s
}

// keepRandom takes the steps of a block's body that draw random numbers: which stream one is of, only their block knows.
func (s *sequence) keepRandom() {
	for i, t := range s.variants[0].tokens {
		c := &ir.Copier{Stream: func(n uint32) (uint32, bool) {
			s.taken[i] = true
			return n, true
		}}
		c.Step(t.step)
	}
}

// callName is what a block calls an instance of another: of the part of the net that it is, what is not the block's own.
func (o *outliner) callName(in *ir.Block, part string) string {
	rest, inside := strings.CutPrefix(part, o.parts[in]+".")
	if !inside {
		rest = rest[strings.LastIndexByte(rest, '.')+1:]
	}
	if rest == part { // the block's own, or that of one beside it
		rest = strings.TrimRight(rest, "0123456789")
	}
	stem := "part"
	if rest != "" {
		stem = ir.GoName(rest, false)
	}
	if o.called[in] == nil {
		o.called[in] = map[string]bool{}
	}
	name := stem
	for k := 2; o.called[in][name]; k++ {
		name = fmt.Sprintf("%s_%d", stem, k)
	}
	o.called[in][name] = true
	return name
}

package pass

import (
	"cmp"
	"container/heap"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// worthLines is how many lines of Go a block must save. A few short paragraphs read better where they stand.
const worthLines = 40

// Outline makes one block of what a function does several times with other buffers: of steps within a phase, and of whole
// phases, which is how a layer that waits for all rows (batch_norm) repeats. It works on the finished plan, behind allocate:
// what repeats is seen in the steps, wherever it comes from, repeat, a block or lines written alike; and every instance keeps
// the buffers and places that it was given. Nothing is computed otherwise: a block's body is its instances' steps, word for
// word.
//
// Steps have a number for their form, all but which buffers they mention. A run of numbers that repeats with a period is a
// candidate; those that save most lines are taken. All runs are found in n·log n: within a run with the period p, a window
// of at least p numbers is next seen p further on, so for windows of 1, 2, 4 … numbers the distances to their next
// occurrence are looked at, and a stretch of equal distances is a run (M. Main, "Detecting leftmost maximal periodicities",
// 1989, has the bounds).
func Outline(s *ir.Space, funcs []*ir.Func) {
	o := &outliner{forms: map[string]int{}, names: map[string]bool{}}
	for _, b := range s.Blocks() {
		o.names[b.Name] = true
	}
	for _, f := range funcs {
		o.phases(f)
		for _, p := range f.Phases {
			if p.Repeat == nil && p.Split != ir.ByElement {
				o.steps(f, p)
			}
		}
	}
}

// outliner looks for repeats in the functions of a workspace.
type outliner struct {
	forms map[string]int // number of each form
	names map[string]bool
}

// token is a step in a run.
type token struct {
	form    int
	lines   int // of Go, about
	step    *ir.Step
	split   ir.Split
	barrier bool // a phase starts here
	phase   *ir.Phase
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
			t.lines += 2 // its field and its place
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

// phases outlines what takes whole phases of f, with barriers between. An instance starts with a phase of its own: where it
// starts amid one, that is split there.
func (o *outliner) phases(f *ir.Func) {
	var tokens []token
	for _, p := range f.Phases {
		var last *ir.Step
		for i, s := range p.Steps {
			t := o.step(s, last)
			t.split, t.barrier, t.phase = p.Split, i == 0, p
			form := fmt.Sprint("phase ", p.Split, " ", t.form)
			if p.Split == ir.ByElement { // of the update, over all parameters
				form += fmt.Sprintf(" %p", p)
			}
			t.form = o.number(form)
			if t.barrier {
				t.lines += 6 // the method, its comment, its call and the name of its field
			}
			tokens = append(tokens, t)
			last = s
		}
	}
	found := o.blocks(f, tokens, false)
	if len(found) == 0 {
		return
	}
	var out []*ir.Phase
	at := 0
	for _, r := range found {
		out = append(append(out, phasesOf(tokens[at:r.from], nil)...), &ir.Phase{Repeat: r.repeat})
		if r.first {
			k := r.repeat.Block
			k.Phases = phasesOf(tokens[r.from:r.from+r.period], r.body)
			namePhases(k.Name, k.Phases)
		}
		at = r.end()
	}
	f.Phases = append(out, phasesOf(tokens[at:], nil)...)
	namePhases(f.Name, f.Phases)
}

// phasesOf makes phases of tokens, with other steps in their places where some are given.
func phasesOf(tokens []token, steps []*ir.Step) []*ir.Phase {
	var out []*ir.Phase
	for i, t := range tokens {
		if i == 0 || t.barrier {
			out = append(out, &ir.Phase{Split: t.split})
		}
		s := t.step
		if steps != nil {
			s = steps[i]
		}
		p := out[len(out)-1]
		p.Steps = append(p.Steps, s)
		p.Work += s.Work
	}
	return out
}

// steps outlines steps of a phase.
func (o *outliner) steps(f *ir.Func, p *ir.Phase) {
	tokens := make([]token, len(p.Steps))
	var last *ir.Step
	for i, s := range p.Steps {
		tokens[i] = o.step(s, last)
		tokens[i].split, tokens[i].phase = p.Split, p
		last = s
	}
	found := o.blocks(f, tokens, true)
	if len(found) == 0 {
		return
	}
	var out []*ir.Step
	at := 0
	for _, r := range found {
		out = append(append(out, p.Steps[at:r.from]...), &ir.Step{Repeat: r.repeat})
		if r.first {
			r.repeat.Block.Phases = []*ir.Phase{{Name: r.repeat.Block.Name, Split: p.Split, Steps: r.body}}
		}
		at = r.end()
	}
	p.Steps = append(out, p.Steps[at:]...)
}

// run is a part of the tokens that repeats.
type run struct {
	from, period, copies int
	lines                int // saved
}

func (r run) end() int { return r.from + r.period*r.copies }

// placed is a run with its block.
type placed struct {
	run
	repeat *ir.Repeat
	first  bool       // of the block's runs: body is its body
	body   []*ir.Step //
}

// blocks finds the runs that are worth it, in order, and makes their blocks. Runs of the same tokens have one block.
func (o *outliner) blocks(f *ir.Func, tokens []token, within bool) []*placed {
	runs := o.choose(tokens, within)
	var out []*placed
	same := map[string][]*placed{} // by the tokens of one instance
	var order []string
	for _, r := range runs {
		key := ""
		for i, t := range tokens[r.from : r.from+r.period] {
			key += fmt.Sprint(t.form, t.barrier && i > 0, " ")
		}
		p := &placed{run: r, first: same[key] == nil}
		if p.first {
			order = append(order, key)
		}
		same[key] = append(same[key], p)
		out = append(out, p)
	}
	families := map[string]*blockFamily{} // by the form of an instance but for its numbers
	var list []*blockFamily
	for _, key := range order {
		first := same[key][0]
		rough := ""
		for i, t := range tokens[first.from : first.from+first.period] {
			rough += fmt.Sprint(t.split, t.barrier && i > 0, " ", roughForm(t.step), " ")
		}
		if families[rough] == nil {
			families[rough] = &blockFamily{split: tokens[first.from].split}
			list = append(list, families[rough])
		}
		families[rough].firsts = append(families[rough].firsts, first)

		block := &ir.Block{Within: within}
		var instances [][]*ir.Step
		for _, p := range same[key] {
			p.repeat = &ir.Repeat{Block: block, From: len(instances)}
			for k := range p.copies {
				var steps []*ir.Step
				for _, t := range tokens[p.from+k*p.period : p.from+(k+1)*p.period] {
					steps = append(steps, t.step)
				}
				instances = append(instances, steps)
			}
			p.repeat.To = len(instances)
		}
		families[rough].instances = append(families[rough].instances, instances)
	}
	for _, family := range list {
		o.fill(f.Name, family)
	}
	return out
}

// blockFamily is blocks of the same form but for their numbers.
type blockFamily struct {
	split     ir.Split
	firsts    []*placed      // of each block its first run
	instances [][][]*ir.Step // of each block
}

// choose finds the runs that save most lines, none over another, in order: within a phase, or else with barriers.
func (o *outliner) choose(tokens []token, within bool) []run {
	sum := make([]int, len(tokens)+1) // lines before a token
	for i, t := range tokens {
		sum[i+1] = sum[i] + t.lines
	}
	h := &candidates{}
	add := func(from, period, length int) {
		if length < 2*period || !within && !slices.ContainsFunc(tokens[from+1:from+1+period], func(t token) bool { return t.barrier }) {
			return
		}
		if r := worth(tokens, sum, from, period, length); r.lines >= worthLines {
			heap.Push(h, r)
		}
	}
	runs(tokens, func(from, period, length int) {
		if !within && from > 0 && tokens[from-1].form == tokens[from-1+period].form { // the first of all may stand amid a phase
			from, length = from-1, length+1
		}
		add(from, period, length)
	})
	taken := make([]bool, len(tokens))
	var out []run
	for h.Len() > 0 {
		r := heap.Pop(h).(run)
		if !slices.Contains(taken[r.from:r.end()], true) {
			for i := r.from; i < r.end(); i++ {
				taken[i] = true
			}
			out = append(out, r)
			continue
		}
		for i := r.from; i < r.end(); i++ { // what is left of it
			free := i
			for i < r.end() && !taken[i] {
				i++
			}
			add(free, r.period, i-free)
		}
	}
	out = append(out, o.scattered(tokens, sum, taken, within)...)
	slices.SortFunc(out, func(a, b run) int { return cmp.Compare(a.from, b.from) })
	return out
}

// scattered finds what stands at several places, though not one behind the other, with the same sizes or with others: the
// first block of each stage of a net. Each is a run of one.
func (o *outliner) scattered(tokens []token, sum []int, taken []bool, within bool) []run {
	var out []run
	forms := make([]int, len(tokens))
	for i, t := range tokens {
		if !taken[i] {
			forms[i] = o.number(fmt.Sprint("rough ", t.split, t.barrier, roughForm(t.step)))
		}
	}
	for {
		var best []int
		length, lines := 0, worthLines-1
		repeats(forms, taken, func(at []int, n int) {
			if !within && !slices.ContainsFunc(tokens[at[0]+1:at[0]+n], func(t token) bool { return t.barrier }) {
				return
			}
			if r := worth(tokens[:at[0]+n], sum, at[0], n, n); (len(at)-1)*(sum[at[0]+n]-sum[at[0]])+r.lines-len(at) > lines {
				best, length, lines = at, n, (len(at)-1)*(sum[at[0]+n]-sum[at[0]])+r.lines-len(at)
			}
		})
		if best == nil {
			return out
		}
		for _, from := range best {
			out = append(out, run{from: from, period: length, copies: 1})
			for i := from; i < from+length; i++ {
				taken[i] = true
			}
		}
	}
}

// repeats finds parts of n forms that stand at several places, none of which is taken.
func repeats(forms []int, taken []bool, found func(at []int, n int)) {
	window := slices.Clone(forms) // number of the window that starts here; -1: a part of it is taken
	for i := range window {
		if taken[i] {
			window[i] = -1
		}
	}
	for w := 1; len(window) > w; w *= 2 {
		places := map[int][]int{}
		var order []int
		for i, n := range window {
			if n < 0 {
				continue
			}
			if places[n] == nil {
				order = append(order, n)
			}
			places[n] = append(places[n], i)
		}
		for _, n := range order {
			at := places[n]
			same := func(d int) bool { // the forms at a distance d from each place
				first := at[0] + d
				return !slices.ContainsFunc(at, func(i int) bool {
					i += d
					return i < 0 || i >= len(forms) || taken[i] || forms[i] != forms[first]
				})
			}
			if len(at) < 2 || at[0] > 0 && same(-1) {
				continue // found from further left
			}
			length := w
			for same(length) && length < at[len(at)-1] {
				length++
			}
			apart := at[:1:1]
			for _, i := range at[1:] {
				if i >= apart[len(apart)-1]+length {
					apart = append(apart, i)
				}
			}
			if len(apart) > 1 {
				found(apart, length)
			}
		}
		pairs := map[[2]int]int{}
		wider := make([]int, max(0, len(window)-w))
		for i := range wider {
			pair := [2]int{window[i], window[i+w]}
			if pair[0] < 0 || pair[1] < 0 {
				wider[i] = -1
				continue
			}
			n, ok := pairs[pair]
			if !ok {
				n = len(pairs)
				pairs[pair] = n
			}
			wider[i] = n
		}
		window = wider
	}
}

// candidates is a heap: first the run that saves most, of equals the first, with the shortest period.
type candidates []run

func (h candidates) Len() int { return len(h) }
func (h candidates) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[j].lines, h[i].lines), cmp.Compare(h[i].from, h[j].from), cmp.Compare(h[i].period, h[j].period)) < 0
}
func (h candidates) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *candidates) Push(x any)   { *h = append(*h, x.(run)) }
func (h *candidates) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// runs finds what repeats: tokens[i] is like tokens[i+period] for from ≤ i < from+length-period.
func runs(tokens []token, found func(from, period, length int)) {
	window := make([]int, len(tokens)) // number of the window that starts here
	for i, t := range tokens {
		window[i] = 2 * t.form
		if t.barrier {
			window[i]++
		}
	}
	seen := map[[3]int]bool{}
	for w := 1; len(window) > w; w *= 2 {
		next := make([]int, len(window)) // distance to the window's next occurrence
		last := map[int]int{}
		for i := len(window) - 1; i >= 0; i-- {
			if k, ok := last[window[i]]; ok {
				next[i] = k - i
			}
			last[window[i]] = i
		}
		for i := 0; i < len(next); {
			from, period := i, next[i]
			for i++; i < len(next) && next[i] == period; i++ {
			}
			r := [3]int{from, period, i - from + w - 1 + period}
			if period > 0 && r[2] >= 2*period && !seen[r] {
				seen[r] = true
				found(r[0], r[1], r[2])
			}
		}
		pairs := map[[2]int]int{}
		wider := make([]int, max(0, len(window)-w))
		for i := range wider {
			pair := [2]int{window[i], window[i+w]}
			n, ok := pairs[pair]
			if !ok {
				n = len(pairs)
				pairs[pair] = n
			}
			wider[i] = n
		}
		window = wider
	}
}

// worth says how often and from where a run is best cut into instances, and what that saves: best where a layer's or a
// block's first step is the first.
func worth(tokens []token, sum []int, from, period, length int) run {
	copies := length / period
	best, start := -1, from
	for at := from; at <= from+length-copies*period && at < from+period; at++ {
		if v := opening(tokens, at); v > best {
			best, start = v, at
		}
	}
	body := sum[start+period] - sum[start]
	formals := map[*ir.Buf]bool{}
	c := &ir.Copier{Buf: func(b *ir.Buf) *ir.Buf {
		formals[b] = true
		return b
	}}
	for _, t := range tokens[start : start+period] {
		c.Step(t.step)
	}
	const around = 16 // of a struct, a table, a method and a loop
	return run{start, period, copies, (copies-1)*body - copies - len(formals) - around}
}

// opening says how well an instance may start at a token: best where a block of the source begins, then where a paragraph
// does, and where a phase does.
func opening(tokens []token, i int) int {
	if i == 0 {
		return 6
	}
	s, last := tokens[i].step, tokens[i-1].step
	v := 0
	if s.Line != last.Line || s.Back != last.Back {
		v += 2
		if scopeOf(s) != scopeOf(last) {
			v += 3
		}
	}
	if tokens[i].barrier {
		v++
	}
	return v
}

// scopeOf is the block of the source that a step belongs to: Residual3; "" is none.
func scopeOf(s *ir.Step) string {
	if s.Buf == nil || s.Buf.Value == nil || s.Buf.Value.Def == nil || s.Buf.Value.Def.Src == nil {
		return ""
	}
	scope, _, _ := strings.Cut(s.Buf.Value.Def.Src.Name, ".")
	if scope == s.Buf.Value.Def.Src.Name {
		return ""
	}
	return scope
}

// fill gives the blocks of a family their names, their buffers, their instances and their bodies. Their buffers are the
// same but for their shapes.
func (o *outliner) fill(fn string, family *blockFamily) {
	// Places of one buffer in every instance are one buffer of the blocks.
	var bufs [][]*ir.Buf
	var streams [][]uint32
	var named []ir.Instance
	for _, instances := range family.instances {
		for _, steps := range instances {
			var b []*ir.Buf
			var s []uint32
			c := &ir.Copier{
				Buf:    func(x *ir.Buf) *ir.Buf { b = append(b, x); return x },
				Stream: func(x uint32) (uint32, bool) { s = append(s, x); return x, false },
			}
			for _, st := range steps {
				c.Step(st)
			}
			bufs, streams = append(bufs, b), append(streams, s)
			named = append(named, ir.Instance{Name: instanceName(b)})
		}
	}
	bufClass, bufPlaces := classes(bufs)
	streamClass, streamPlaces := classes(streams)

	stem := "Part"
	if n := stemOf(namesOf(named)); n != "" {
		stem = ir.GoName(strings.TrimRight(n[strings.LastIndexByte(n, '.')+1:], "0123456789"), true)
	}
	base := fn + stem
	switch first := family.instances[0][0][0]; {
	case fn == FuncGradient && first.Back:
		base += "Back"
	case family.firsts[0].repeat.Block.Within && family.split == ir.ByShare:
		base += "Weights"
	case stem == "Rows" || stem == "Weights": // as phases are called
		base += "Part"
	}

	// What is a buffer of the blocks, and what it is called.
	steps := family.instances[0][0]
	stored := map[*ir.Buf]bool{} // of the first instance
	storedBy(steps, stored)
	formal := make([]string, len(bufPlaces)) // by class; "": the same buffer in all instances
	var order []int                          // the classes of the blocks' buffers
	names := &formalNames{prefix: ir.GoName(stem, false), names: formal}
	for c, place := range bufPlaces {
		b := bufs[0][place]
		if b.Store != ir.InLoop && (fixed(b) || !slices.ContainsFunc(bufs, func(x []*ir.Buf) bool { return x[place] != b })) {
			continue
		}
		var actual []string
		for k := range bufs {
			actual = append(actual, bufs[k][place].Name)
		}
		names.add(c, actual, stored[b])
		if b.Store != ir.InLoop {
			order = append(order, c)
		}
	}
	names.settle()
	slices.SortStableFunc(order, func(x, y int) int { // weights, gradients, what it is given, what it computes
		a, b := bufs[0][bufPlaces[x]], bufs[0][bufPlaces[y]]
		if a.Store != b.Store {
			return cmp.Compare(a.Store, b.Store)
		}
		return cmp.Compare(rank(stored[a]), rank(stored[b]))
	})
	formalStream := make([]int, len(streamPlaces)) // by class; -1: the same in all
	differ := 0
	for c, place := range streamPlaces {
		formalStream[c] = -1
		if slices.ContainsFunc(streams, func(x []uint32) bool { return x[place] != streams[0][place] }) {
			formalStream[c] = differ
			differ++
		}
	}

	var all [][]*ir.Step
	for _, instances := range family.instances {
		all = append(all, instances...)
	}
	lines := linesOf(all)
	k := 0 // of the instances of all blocks
	for n, first := range family.firsts {
		block := first.repeat.Block
		block.Like = family.firsts[0].repeat.Block
		block.Name = base
		for k := 2; o.names[block.Name]; k++ {
			block.Name = fmt.Sprintf("%s%d", base, k)
		}
		o.names[block.Name] = true

		own := make([]*ir.Buf, len(formal)) // by class
		for c, name := range formal {
			if b := bufs[k][bufPlaces[c]]; name != "" {
				own[c] = &ir.Buf{Name: name, Shape: b.Shape, Batched: b.Batched, Elem: b.Elem, Store: b.Store}
			}
		}
		for _, c := range order {
			block.Bufs = append(block.Bufs, own[c])
		}
		block.Streams = differ

		buf, stream := 0, 0
		copier := &ir.Copier{
			Buf: func(b *ir.Buf) *ir.Buf {
				f := own[bufClass[buf]]
				buf++
				if f == nil {
					return b
				}
				return f
			},
			Stream: func(s uint32) (uint32, bool) {
				f := formalStream[streamClass[stream]]
				stream++
				if f < 0 {
					return s, false
				}
				return uint32(f), true
			},
		}
		for i, s := range family.instances[n][0] {
			copied := copier.Step(s)
			copied.Line = lines[i]
			first.body = append(first.body, copied)
		}
		for range family.instances[n] {
			instance := named[k]
			for _, c := range order {
				instance.Bufs = append(instance.Bufs, bufs[k][bufPlaces[c]])
			}
			for c, f := range formalStream {
				if f >= 0 {
					instance.Streams = append(instance.Streams, streams[k][streamPlaces[c]])
				}
			}
			block.Instances = append(block.Instances, instance)
			k++
		}
	}
}

// linesOf gives the lines that the steps of a block's body belong to: the first instance's, with what others of its
// instances say there, if that is something else.
func linesOf(instances [][]*ir.Step) []*ir.Line {
	const most = 3 // texts in a heading
	lines := make([]*ir.Line, len(instances[0]))
	for i, s := range instances[0] {
		lines[i] = s.Line
		switch {
		case s.Line == nil:
			continue
		case i > 0 && s.Line == instances[0][i-1].Line:
			lines[i] = lines[i-1]
			continue
		}
		line := *s.Line
		said := []string{line.Text}
		for _, steps := range instances[1:] {
			if l := steps[i].Line; l != nil && !slices.Contains(said, l.Text) {
				said = append(said, l.Text)
			}
		}
		if len(said) > most {
			said = append(said[:most], "…")
		}
		line.Text = strings.Join(said, " | ")
		lines[i] = &line
	}
	return lines
}

func rank(stored bool) int {
	if stored {
		return 1
	}
	return 0
}

// storedBy adds the buffers that steps store into.
func storedBy(steps []*ir.Step, stored map[*ir.Buf]bool) {
	for _, s := range steps {
		if s.Call != nil {
			stored[s.Call.Dst] = true
		}
		for _, b := range s.Body {
			writes(b, func(r *ir.Ref) { stored[r.Buf] = true })
		}
		if s.Time != nil {
			storedBy(s.Time.Steps, stored)
		}
	}
}

// classes numbers the places of lists of equal length: places that hold the same in each list have one number. It gives
// the number of each place, and the first place of each number.
func classes[T comparable](lists [][]T) (class, places []int) {
	class = make([]int, len(lists[0]))
	for _, list := range lists {
		type key struct {
			class int
			v     T
		}
		number := map[key]int{}
		for i, v := range list {
			k := key{class[i], v}
			if _, ok := number[k]; !ok {
				number[k] = len(number)
			}
			class[i] = number[k]
		}
	}
	for i, c := range class {
		if c == len(places) {
			places = append(places, i)
		}
	}
	return class, places
}

// instanceName says which part of the net an instance is, by the layers whose weights, or else whose values, it works on.
func instanceName(bufs []*ir.Buf) string {
	var paths []string
	note := func(path string) {
		if path != "" && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	for _, b := range bufs {
		if b.Value != nil && b.Value.Param != nil {
			path := b.Value.Param.Name
			note(path[:max(0, strings.LastIndexByte(path, '.'))])
		}
	}
	if paths == nil {
		for _, b := range bufs {
			if b.Value != nil && b.Value.Def != nil && b.Value.Def.Src != nil {
				note(b.Value.Def.Src.Name)
			}
		}
	}
	if len(paths) == 0 {
		return ""
	}
	// The innermost block that most are in: of an instance that starts amid a block some belong to the next.
	count := map[string]int{}
	most := ""
	for _, p := range paths {
		scope, _, _ := strings.Cut(p, ".")
		if count[scope]++; count[scope] > count[most] {
			most = scope
		}
	}
	var scope []string
	for _, p := range paths {
		other := strings.Split(p, ".")
		switch {
		case other[0] != most:
			continue
		case scope == nil:
			scope = other
		}
		k := 0
		for k < len(scope) && k < len(other) && scope[k] == other[k] {
			k++
		}
		scope = scope[:k]
	}
	return strings.Join(scope, ".")
}

func namesOf(instances []ir.Instance) []string {
	var names []string
	for _, i := range instances {
		names = append(names, i.Name)
	}
	return names
}

var parts = regexp.MustCompile(`[0-9]+|[^0-9]+`)

// stemOf is what names have in common, without the numbers that differ: Residual of Residual1, Residual2, Residual3. The one in
// the middle says what is usual, and others are left aside: what the first of a row reads is seldom called like the rest.
func stemOf(names []string) string {
	typical := parts.FindAllString(names[len(names)/2], -1)
	differ := make([]bool, len(typical))
	same := 0
	for _, n := range names {
		p := parts.FindAllString(n, -1)
		if !slices.EqualFunc(p, typical, func(a, b string) bool { return a == b || digit(a) && digit(b) }) {
			continue
		}
		same++
		for i := range p {
			differ[i] = differ[i] || p[i] != typical[i]
		}
	}
	s := ""
	for i, p := range typical {
		if !differ[i] && !(same == 1 && digit(p)) {
			s += p
		}
	}
	return s
}

func digit(s string) bool { return s[0] >= '0' && s[0] <= '9' }

// formalNames names the buffers of a block after those that they stand for.
type formalNames struct {
	prefix string // the block's own name, which its buffers need not repeat
	names  []string
	list   []formalName
}

type formalName struct {
	at     int // in names
	stem   string
	stored bool
}

func (f *formalNames) add(at int, actual []string, stored bool) {
	stem := stemOf(actual)
	short := stem
	grad := ""
	if d, ok := strings.CutPrefix(stem, "d"+ir.GoName(f.prefix, true)); ok {
		short, grad = d, "d"
	} else {
		short = strings.TrimPrefix(stem, f.prefix)
	}
	if short != "" && short != stem && short[0] >= 'A' && short[0] <= 'Z' {
		stem = ir.GoName(short, false)
		if grad != "" {
			stem = grad + ir.GoName(short, true)
		}
	}
	f.list = append(f.list, formalName{at, stem, stored})
}

// settle gives the names, each once: what the body computes has the first right to its name, what it is given is its
// In.
func (f *formalNames) settle() {
	taken := map[string]bool{}
	for _, stored := range []bool{true, false} {
		for _, n := range f.list {
			if n.stored != stored {
				continue
			}
			name := n.stem
			if !stored && taken[name] {
				name += "In"
			}
			stem := name
			for k := 2; taken[name]; k++ {
				name = fmt.Sprintf("%s_%d", stem, k)
			}
			taken[name] = true
			f.names[n.at] = name
		}
	}
}

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

// token is a step or a phase in a run.
type token struct {
	form  int
	lines int // of Go, about
	steps []*ir.Step
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
	t := token{steps: []*ir.Step{s}}
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

// phases outlines whole phases of f.
func (o *outliner) phases(f *ir.Func) {
	tokens := make([]token, len(f.Phases))
	for i, p := range f.Phases {
		t := token{lines: 6} // the method, its comment, its call and the name of its field
		form := fmt.Append(nil, "phase ", p.Split, " ", p.Work)
		if p.Split == ir.ByElement { // of the update, over all parameters
			form = fmt.Appendf(form, " %p", p)
		}
		var last *ir.Step
		for _, s := range p.Steps {
			st := o.step(s, last)
			form = fmt.Append(form, " ", st.form)
			t.lines += st.lines
			t.steps = append(t.steps, s)
			last = s
		}
		t.form = o.number(string(form))
		tokens[i] = t
	}
	var out []*ir.Phase
	at := 0
	for _, r := range o.blocks(f, tokens, false, ir.Serial) {
		out = append(append(out, f.Phases[at:r.from]...), &ir.Phase{Repeat: r.repeat})
		if r.first { // the body's phases are those of the first instance
			k := 0
			for _, p := range f.Phases[r.from : r.from+r.period] {
				body := &ir.Phase{Split: p.Split, Work: p.Work, Steps: r.body[k : k+len(p.Steps)]}
				k += len(p.Steps)
				r.repeat.Block.Phases = append(r.repeat.Block.Phases, body)
			}
			namePhases(r.repeat.Block.Name, r.repeat.Block.Phases)
		}
		at = r.from + r.period*r.copies
	}
	if at > 0 {
		f.Phases = append(out, f.Phases[at:]...)
		namePhases(f.Name, f.Phases)
	}
}

// steps outlines steps of a phase.
func (o *outliner) steps(f *ir.Func, p *ir.Phase) {
	tokens := make([]token, len(p.Steps))
	var last *ir.Step
	for i, s := range p.Steps {
		tokens[i] = o.step(s, last)
		last = s
	}
	var out []*ir.Step
	at := 0
	for _, r := range o.blocks(f, tokens, true, p.Split) {
		out = append(append(out, p.Steps[at:r.from]...), &ir.Step{Repeat: r.repeat})
		if r.first {
			r.repeat.Block.Phases = []*ir.Phase{{Name: r.repeat.Block.Name, Split: p.Split, Steps: r.body}}
		}
		at = r.from + r.period*r.copies
	}
	if at > 0 {
		p.Steps = append(out, p.Steps[at:]...)
	}
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
func (o *outliner) blocks(f *ir.Func, tokens []token, within bool, split ir.Split) []*placed {
	runs := choose(tokens)
	var out []*placed
	same := map[string][]*placed{} // by the tokens of one instance
	var order []string
	for _, r := range runs {
		key := ""
		for _, t := range tokens[r.from : r.from+r.period] {
			key += fmt.Sprint(t.form, " ")
		}
		p := &placed{run: r, first: same[key] == nil}
		if p.first {
			order = append(order, key)
		}
		same[key] = append(same[key], p)
		out = append(out, p)
	}
	for _, key := range order {
		var instances [][]*ir.Step
		block := &ir.Block{Within: within}
		for _, p := range same[key] {
			p.repeat = &ir.Repeat{Block: block, From: len(instances)}
			for k := range p.copies {
				var steps []*ir.Step
				for _, t := range tokens[p.from+k*p.period : p.from+(k+1)*p.period] {
					steps = append(steps, t.steps...)
				}
				instances = append(instances, steps)
			}
			p.repeat.To = len(instances)
		}
		same[key][0].body = o.fill(f.Name, split, block, instances)
	}
	return out
}

// choose finds the runs that save most lines, none over another, in order.
func choose(tokens []token) []run {
	sum := make([]int, len(tokens)+1) // lines before a token
	for i, t := range tokens {
		sum[i+1] = sum[i] + t.lines
	}
	h := &candidates{}
	add := func(from, period, length int) {
		if length < 2*period {
			return
		}
		if r := worth(tokens, sum, from, period, length); r.lines >= worthLines {
			heap.Push(h, r)
		}
	}
	runs(tokens, add)
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
	slices.SortFunc(out, func(a, b run) int { return cmp.Compare(a.from, b.from) })
	return out
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

// runs finds what repeats: tokens[i].form == tokens[i+period].form for from ≤ i < from+length-period.
func runs(tokens []token, found func(from, period, length int)) {
	window := make([]int, len(tokens)) // number of the window that starts here
	for i, t := range tokens {
		window[i] = t.form
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
		for _, s := range t.steps {
			c.Step(s)
		}
	}
	const around = 16 // of a struct, a table, a method and a loop
	return run{start, period, copies, (copies-1)*body - copies - len(formals) - around}
}

// opening says how well an instance may start at a token: 2 where a block of the source begins, 1 where a paragraph does.
func opening(tokens []token, i int) int {
	if len(tokens[i].steps) == 0 {
		return 0
	}
	s := tokens[i].steps[0]
	var last *ir.Step
	if i > 0 && len(tokens[i-1].steps) > 0 {
		last = tokens[i-1].steps[len(tokens[i-1].steps)-1]
	}
	switch {
	case last == nil:
		return 2
	case s.Line == last.Line && s.Back == last.Back:
		return 0
	case scopeOf(s) != scopeOf(last):
		return 2
	}
	return 1
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

// fill gives a block its name, its buffers and its instances, and gives its body.
func (o *outliner) fill(fn string, split ir.Split, block *ir.Block, instances [][]*ir.Step) []*ir.Step {
	// Places of one buffer in every instance are one buffer of the block.
	var bufs [][]*ir.Buf
	var streams [][]uint32
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
	}
	bufClass, bufPlaces := classes(bufs)
	streamClass, streamPlaces := classes(streams)

	for k := range instances {
		block.Instances = append(block.Instances, ir.Instance{Name: instanceName(bufs[k])})
	}
	stem := "Part"
	if n := stemOf(namesOf(block.Instances)); n != "" {
		stem = ir.GoName(n, true)
	}
	base := fn + stem
	switch first := instances[0][0]; {
	case fn == FuncGradient && first.Back:
		base += "Back"
	case block.Within && split == ir.ByShare:
		base += "Weights"
	case stem == "Rows" || stem == "Weights": // as phases are called
		base += "Part"
	}
	block.Name = base
	for k := 2; o.names[block.Name]; k++ {
		block.Name = fmt.Sprintf("%s%d", base, k)
	}
	o.names[block.Name] = true

	stored := map[*ir.Buf]bool{} // of the first instance
	storedBy(instances[0], stored)
	formal := make([]*ir.Buf, len(bufPlaces)) // by class; nil: the same buffer in all instances
	var order []int                           // the classes of the block's buffers
	names := &formalNames{prefix: ir.GoName(stem, false)}
	for c, place := range bufPlaces {
		b := bufs[0][place]
		if b.Store != ir.InLoop && !slices.ContainsFunc(bufs, func(x []*ir.Buf) bool { return x[place] != b }) {
			continue
		}
		formal[c] = &ir.Buf{Shape: b.Shape, Batched: b.Batched, Elem: b.Elem, Store: b.Store}
		var actual []string
		for k := range bufs {
			actual = append(actual, bufs[k][place].Name)
		}
		names.add(formal[c], actual, stored[b])
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
	for _, c := range order {
		block.Bufs = append(block.Bufs, formal[c])
		for k := range bufs {
			block.Instances[k].Bufs = append(block.Instances[k].Bufs, bufs[k][bufPlaces[c]])
		}
	}
	formalStream := make([]int, len(streamPlaces)) // by class; -1: the same in all
	for c, place := range streamPlaces {
		formalStream[c] = -1
		if slices.ContainsFunc(streams, func(x []uint32) bool { return x[place] != streams[0][place] }) {
			formalStream[c] = block.Streams
			block.Streams++
			for k := range streams {
				block.Instances[k].Streams = append(block.Instances[k].Streams, streams[k][place])
			}
		}
	}

	var body []*ir.Step
	buf, stream := 0, 0
	c := &ir.Copier{
		Buf: func(b *ir.Buf) *ir.Buf {
			f := formal[bufClass[buf]]
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
	for _, s := range instances[0] {
		body = append(body, c.Step(s))
	}
	return body
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
	// The innermost block that all are in.
	scope := strings.Split(paths[0], ".")
	for _, p := range paths[1:] {
		other := strings.Split(p, ".")
		k := 0
		for k < len(scope) && k < len(other) && scope[k] == other[k] {
			k++
		}
		scope = scope[:k]
	}
	if len(scope) > 0 {
		return strings.Join(scope, ".")
	}
	return paths[0]
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
	list   []formalName
}

type formalName struct {
	buf    *ir.Buf
	stem   string
	stored bool
}

func (f *formalNames) add(b *ir.Buf, actual []string, stored bool) {
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
	f.list = append(f.list, formalName{b, stem, stored})
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
			n.buf.Name = name
		}
	}
}

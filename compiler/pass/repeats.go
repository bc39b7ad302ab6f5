package pass

import (
	"cmp"
	"container/heap"
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// How repeats are found. Steps have a number for their form, all but which buffers they mention.
//
// What stands one behind the other is a run of numbers with a period. All runs are found in n·log n: within a run with the
// period p, a window of at least p numbers is next seen p further on, so for windows of 1, 2, 4 … numbers the distances to
// their next occurrence are looked at, and a stretch of equal distances is a run (M. Main, "Detecting leftmost maximal
// periodicities", 1989, has the bounds). What stands at several places is found by the same windows.

// run is a part of the tokens that repeats.
type run struct {
	from, period, copies int
	lines                int // saved
}

func (r run) end() int { return r.from + r.period*r.copies }

// choose finds the runs of a function's own steps that save most lines, none over another: within a phase, or else with
// barriers.
func choose(s *sequence, within bool) []run {
	tokens := s.variants[0].tokens
	sum := linesBefore(tokens)
	h := &candidates{}
	add := func(from, period, length int) {
		if length < 2*period || !within && !barred(tokens[from+1:from+1+period]) {
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
	slices.SortFunc(out, func(a, b run) int { return cmp.Compare(a.from, b.from) })
	return out
}

// linesBefore are the lines before each token, and before the end.
func linesBefore(tokens []token) []int {
	sum := make([]int, len(tokens)+1)
	for i, t := range tokens {
		sum[i+1] = sum[i] + t.lines
	}
	return sum
}

// barred says whether a phase starts at one of the tokens.
func barred(tokens []token) bool {
	return slices.ContainsFunc(tokens, func(t token) bool { return t.barrier })
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

// around is how many lines a block costs beside its body: of its struct, table and method, and of the loop that calls it.
const around = 16

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
	body, fields := sum[start+period]-sum[start], 2*buffers(tokens[start:start+period])
	return run{start, period, copies, (copies-1)*(body+fields) - copies - fields - around}
}

// buffers counts the buffers that tokens mention.
func buffers(tokens []token) int {
	seen := map[*ir.Buf]bool{}
	c := &ir.Copier{Buf: func(b *ir.Buf) *ir.Buf {
		seen[b] = true
		return b
	}}
	for _, t := range tokens {
		c.Step(t.step)
	}
	return len(seen)
}

// opening says how well an instance may start at a token: best where a block of the source begins, rather an outer than an
// inner one, then where a paragraph does, and where a phase does.
func opening(tokens []token, i int) int {
	const deepest = 8
	if i == 0 {
		return 2*deepest + 4
	}
	s, last := tokens[i].step, tokens[i-1].step
	v := 0
	if s.Line != last.Line || s.Back != last.Back {
		v += 2
		here, before := scopeOf(s), scopeOf(last)
		depth := 0
		for depth < min(len(here), len(before)) && here[depth] == before[depth] {
			depth++
		}
		if depth < max(len(here), len(before)) {
			v += 2 * (deepest - min(depth, deepest-1))
		}
	}
	if tokens[i].barrier {
		v++
	}
	return v
}

// scopeOf is the blocks of the source that a step is in: ResNet1, Residual3.
func scopeOf(s *ir.Step) []string {
	if s.Buf == nil || s.Buf.Value == nil || s.Buf.Value.Def == nil || s.Buf.Value.Def.Src == nil {
		return nil
	}
	path := strings.Split(s.Buf.Value.Def.Src.Name, ".")
	return path[:len(path)-1]
}

// scattered finds what stands at several places of sequences and saves most lines, though not one behind the other, with
// the same sizes or with others; nil: nothing is worth it.
func scattered(all []*sequence, within bool) []use {
	var forms []int
	var taken []bool
	var lines []int
	var at []use // of each place: from is the place in its sequence
	for _, s := range all {
		for i, t := range s.variants[0].tokens {
			forms, taken, lines = append(forms, t.rough), append(taken, s.taken[i]), append(lines, t.lines)
			at = append(at, use{s, run{from: i}})
		}
		forms, taken, lines, at = append(forms, -1), append(taken, true), append(lines, 0), append(at, use{})
	}
	sum := make([]int, len(lines)+1)
	for i, n := range lines {
		sum[i+1] = sum[i] + n
	}
	var best []int
	length, saved := 0, worthLines-1
	repeats(forms, taken, func(places []int, n int) {
		first := at[places[0]]
		tokens := first.sequence.variants[0].tokens[first.run.from : first.run.from+n]
		if !within && !barred(tokens[1:]) {
			return
		}
		fields := buffers(tokens)
		v := (len(places)-1)*(sum[places[0]+n]-sum[places[0]]) - 2*fields - around
		for _, i := range places {
			if at[i].sequence.variants[0].block == nil {
				v += 2*fields - 1 // in place of fields of the workspace a row of the table
			} else {
				v -= fields/2 + 3 // its fields once more, some a line, and the call
			}
		}
		if v > saved {
			best, length, saved = places, n, v
		}
	})
	var out []use
	for _, i := range best {
		u := at[i]
		u.run = run{from: u.run.from, period: length, copies: 1}
		out = append(out, u)
	}
	return out
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

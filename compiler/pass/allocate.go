package pass

import "github.com/nnc-lang/nnc/compiler/ir"

// Allocate lays the buffers of a workspace out in its arena: so many elements a row of the batch, so many beside. It comes
// after schedule, which fixed the order of use.
//
// Memory is used again where that is safe whatever the workers do: a buffer may take the place of one that was last used in
// an earlier phase; within a phase by rows one of the same length a row may take the place of one that was last used in an
// earlier step, because then a row only ever meets itself. What the caller gives before a function starts (the gradients of
// several outputs) and what is wanted outside is never in anyone's place, nor is anyone in its place too early.
func Allocate(s *ir.Space, d *Draft, funcs []*ir.Func) {
	type life struct{ firstPhase, lastPhase, firstStep, lastStep int }
	lives := map[*ir.Buf]*life{}
	var order []*ir.Buf
	phase, step := 0, 0
	touch := func(b *ir.Buf) {
		if b == nil {
			return
		}
		l := lives[b]
		if l == nil {
			l = &life{firstPhase: phase, firstStep: step}
			if b.Value != nil && b.Value.Def == nil { // given before the function starts: the gradients of several outputs
				l.firstPhase, l.firstStep = 0, 0
			}
			lives[b] = l
			order = append(order, b)
		}
		l.lastPhase, l.lastStep = phase, step
	}
	byRow := map[int]bool{}
	prepared := 0 // phases of prepare
	for _, f := range funcs {
		if f.Name == FuncPrepare {
			prepared = len(f.Phases)
		}
		for _, p := range f.Phases {
			phase++
			byRow[phase] = p.Split == ir.ByRow
			for _, st := range p.Steps {
				step++
				mentions(st, func(r *ir.Ref) { touch(r.Buf) }, touch)
			}
		}
	}
	// What is prepared is read again and again.
	for _, l := range lives {
		if l.firstPhase <= prepared && l.lastPhase > prepared && l.firstPhase > 0 {
			l.lastPhase, l.lastStep = phase+1, step+1
		}
	}
	// What is wanted outside lives to the end.
	for _, v := range d.Graph.Outs {
		if l := lives[d.Bufs[reshaped(v)]]; l != nil {
			l.lastPhase, l.lastStep = phase+1, step+1
		}
	}

	type slot struct {
		offset, size int
		held         int   // the size of the buffer that it had last
		life         *life // of that one
	}
	var rows, wholes []*slot
	place := func(slots []*slot, end *int, b *ir.Buf) []*slot {
		l, size := lives[b], b.Size()
		again := b.Batched && byRow[l.firstPhase] // a row may take the place of one of the same phase
		var best *slot
		for _, sl := range slots {
			if sl.size < size || best != nil && best.size <= sl.size {
				continue
			}
			if h := sl.life; h.lastPhase < l.firstPhase || again && h.lastPhase == l.firstPhase && sl.size == size && sl.held == size && h.lastStep < l.firstStep {
				best = sl
			}
		}
		if best != nil {
			b.Offset, best.held, best.life = best.offset, size, l
			return slots
		}
		b.Offset = *end
		*end += size
		return append(slots, &slot{b.Offset, size, size, l})
	}
	known := map[*ir.Buf]bool{}
	for _, b := range s.Bufs {
		known[b] = true
	}
	for _, b := range order {
		switch {
		case b.Store == ir.InState:
			b.Offset = s.State
			s.State += b.Size()
		case b.Store != ir.InArena:
		case b.Elem == ir.Int:
			b.Offset = s.Ints
			s.Ints += b.Size()
		case b.Batched:
			rows = place(rows, &s.Row, b)
		default:
			wholes = place(wholes, &s.Whole, b)
		}
		if !known[b] {
			known[b] = true
			s.Bufs = append(s.Bufs, b)
		}
	}
	s.Funcs = append(s.Funcs, funcs...)
}

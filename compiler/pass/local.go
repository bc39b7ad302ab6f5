package pass

import (
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// locals makes variables of buffers that live within one turn of a loop: a statement of its body stores an element, and
// whatever else mentions the buffer stands behind it in the same turn and reads that element. So the product of a
// convolution is a number on its way to bias and activation, and not a buffer as large as the image.
func (d *Draft) locals(funcs []*ir.Func) {
	l := &localiser{homes: map[*ir.Buf]*turn{}, shared: map[*ir.Buf]bool{}}
	for _, v := range d.Graph.Outs {
		if b := d.Bufs[reshaped(v)]; b != nil {
			l.shared[b] = true
		}
	}
	for _, f := range funcs {
		for _, p := range f.Phases {
			for _, s := range p.Steps {
				if s.Call != nil || s.Time != nil {
					share := func(b *ir.Buf) { l.shared[b] = true }
					mentions(s, func(r *ir.Ref) { share(r.Buf) }, share)
				}
				for _, st := range s.Body {
					l.visit(st)
				}
			}
		}
	}
	for _, b := range d.made {
		if d.Scalar && !b.Batched { // a sum over the rows, which unrolled begins before its turn of the loop
			continue
		}
		if h := l.homes[b]; b.Store == ir.InArena && h != nil && h.read && !l.shared[b] {
			b.Store = ir.InLoop
		}
	}
}

// turn is where a buffer's only store stands, and the element that it stores.
type turn struct {
	loop *ir.Loop
	at   ir.Index
	read bool
}

// localiser is the state of a walk over all statements in the order in which they run.
type localiser struct {
	around []*ir.Loop // the loops around the statement at hand
	homes  map[*ir.Buf]*turn
	shared map[*ir.Buf]bool // that no loop has for itself
}

func (l *localiser) visit(s ir.Stmt) {
	if loop, ok := s.(*ir.Loop); ok {
		l.around = append(l.around, loop)
		for _, inner := range loop.Body {
			l.visit(inner)
		}
		l.around = l.around[:len(l.around)-1]
		return
	}
	reads(s, func(r *ir.Ref) {
		h := l.homes[r.Buf]
		if h != nil {
			h.read = true
		}
		if h == nil || !slices.Contains(l.around, h.loop) || !sameIndex(r.Index, h.at) {
			l.shared[r.Buf] = true
		}
	})
	set, isSet := s.(*ir.Set)
	writes(s, func(r *ir.Ref) {
		if len(l.around) == 0 || l.homes[r.Buf] != nil || isSet && (set.Add || set.Guard != nil) {
			l.shared[r.Buf] = true
			return
		}
		l.homes[r.Buf] = &turn{loop: l.around[len(l.around)-1], at: r.Index}
	})
}

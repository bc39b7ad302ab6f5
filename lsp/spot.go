package lsp

import "github.com/nnc-lang/nnc/dsl"

// spot is what of the syntax tree stands around a place.
type spot struct {
	item    *dsl.Item
	setting *dsl.Setting
	calls   []*dsl.Call // each in an argument of the one before
	arg     *dsl.Arg    // of the innermost call
	sign    *dsl.Expr   // the expression at whose sign the place is
}

// call is the innermost call; nil where there is none.
func (s spot) call() *dsl.Call {
	if len(s.calls) == 0 {
		return nil
	}
	return s.calls[len(s.calls)-1]
}

// findSpot finds what stands around a place.
func findSpot(f *dsl.File, off int) spot {
	v := &spotFinder{off: off}
	for _, d := range f.Decls {
		if !touches(d.Span, off) {
			continue
		}
		switch {
		case d.Const != nil:
			v.expr(d.Const.Value)
		case d.Param != nil:
			v.expr(d.Param.Value)
		case d.Block != nil:
			for _, p := range d.Block.Params {
				if p.Default != nil {
					v.expr(p.Default)
				}
			}
			v.body(d.Block.Body)
		case d.Model != nil:
			for _, it := range d.Model.Items {
				if touches(it.Span, off) {
					v.item = it
					v.inItem(it)
				}
			}
		}
	}
	return v.spot
}

type spotFinder struct {
	spot
	off int
}

func (v *spotFinder) inItem(it *dsl.Item) {
	switch {
	case it.Const != nil:
		v.expr(it.Const.Value)
	case it.Param != nil:
		v.expr(it.Param.Value)
	case it.Input != nil:
		v.port(it.Input)
	case it.Target != nil:
		v.port(it.Target)
	case it.Shared != nil && it.Shared.Pipe != nil:
		v.pipe(it.Shared.Pipe)
	case it.Shared != nil:
		v.body(it.Shared.Body)
	case it.Layers != nil:
		v.body(it.Layers)
	case it.Loss != nil:
		v.pipe(it.Loss)
	case it.Metric != nil:
		v.pipe(it.Metric)
	case it.Optimizer != nil:
		v.inCall(it.Optimizer)
	case it.Data != nil:
		v.inCall(it.Data)
	case it.Train != nil:
		for _, t := range it.Train.Items {
			if touches(t.Span, v.off) {
				v.setting = t
				v.expr(t.Value)
			}
		}
	}
}

func (v *spotFinder) port(p *dsl.Port) {
	for _, d := range p.Dims {
		v.expr(d)
	}
	if p.Elem != nil {
		v.inCall(p.Elem)
	}
}

func (v *spotFinder) body(b *dsl.Body) {
	for _, st := range b.Stmts {
		switch {
		case !touches(st.Span, v.off):
		case st.Repeat != nil:
			v.expr(st.Repeat.Over)
			v.body(st.Repeat.Body)
		default:
			v.pipe(st.Pipe)
		}
	}
}

func (v *spotFinder) pipe(p *dsl.Pipe) {
	v.expr(p.Head)
	for _, c := range p.Calls {
		v.inCall(c)
	}
}

func (v *spotFinder) inCall(c *dsl.Call) {
	if !touches(c.Span, v.off) {
		return
	}
	v.calls, v.arg = append(v.calls, c), nil
	for _, a := range c.Args {
		if touches(a.Span, v.off) {
			v.arg = a
			v.expr(a.Value)
		}
	}
}

func (v *spotFinder) expr(x *dsl.Expr) {
	if x == nil || !touches(x.Span, v.off) {
		return
	}
	if x.Kind == dsl.BinaryExpr && touches(x.OpSpan, v.off) {
		v.sign = x
	}
	if x.Call != nil {
		v.inCall(x.Call)
	}
	for _, y := range x.Items {
		v.expr(y)
	}
	for _, p := range x.Pipes {
		v.pipe(p)
	}
	v.expr(x.X)
	v.expr(x.Y)
}

package ir

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// Block is a part of a function that stands there several times with other buffers: its body once, and for each of its
// instances the buffers that it works on.
type Block struct {
	Name      string     // of the generated method: forwardResidual
	Bufs      []*Buf     // what the body calls them; where they lie, each instance says
	Streams   int        // random streams that differ: in the body a Random's stream is one of 0 … Streams-1, see Ref.Formal
	Within    bool       // the body is steps of a phase, which is the only one of Phases; else whole phases with barriers between
	Phases    []*Phase   //
	Instances []Instance // in the order in which they run
	Like      *Block     // the first block of the same form but for its sizes: itself where there is none
}

// Instance is what a block works on at one of its places.
type Instance struct {
	Name    string   // what of the net it is: dense2, Residual3
	Bufs    []*Buf   // for each of the block's
	Streams []uint32 // likewise
}

// Repeat runs a block for some of its instances, one after the other; or in the body of another block for With, whose
// buffers are that block's own.
type Repeat struct {
	Block    *Block
	From, To int
	With     *Instance
	Name     string // what the body calls With
}

// Instances are those that r runs.
func (r *Repeat) Instances() []Instance {
	if r.With != nil {
		return []Instance{*r.With}
	}
	return r.Block.Instances[r.From:r.To]
}

// String is the call for a dump: forwardResidual of Residual2 to Residual18.
func (r *Repeat) String() string {
	i := r.Instances()
	if r.With != nil {
		text := r.Block.Name + " with"
		for k, b := range r.With.Bufs {
			text += " " + r.Block.Bufs[k].Name + "=" + b.Name
		}
		return text
	}
	return fmt.Sprintf("%s of %s to %s", r.Block.Name, i[0].Name, i[len(i)-1].Name)
}

// Blocks are the blocks that the functions of a workspace repeat, in the order of first use, but each behind those that it
// repeats itself.
func (s *Space) Blocks() []*Block {
	var list []*Block
	seen := map[*Block]bool{}
	var phases func([]*Phase)
	add := func(r *Repeat) {
		if r != nil && !seen[r.Block] {
			seen[r.Block] = true
			phases(r.Block.Phases)
			list = append(list, r.Block)
		}
	}
	phases = func(all []*Phase) {
		for _, p := range all {
			add(p.Repeat)
			for _, st := range p.Steps {
				add(st.Repeat)
			}
		}
	}
	for _, f := range s.Funcs {
		phases(f.Phases)
	}
	return list
}

// Copier copies steps with other buffers and random streams, and writes down their form: all of a step but which buffers
// and streams it mentions, and which line of the source it is of. Steps of one form compute the same of different buffers, mentioned in the same order. A nil
// function keeps what is there.
type Copier struct {
	Buf    func(*Buf) *Buf
	Stream func(uint32) (stream uint32, formal bool)
	Index  func(Index) Index // of each place, behind those that it looks up
	Form   []byte            // appended to where Write is set
	Write  bool
	Rough  bool // numbers are left out of the form

	called []string // the buffers of the call at hand, each behind it the name of its copy
}

// put appends values to the form, each with its end marked.
func (c *Copier) put(values ...any) {
	if !c.Write {
		return
	}
	for _, v := range values {
		switch v := v.(type) {
		case string:
			c.Form = append(strconv.AppendInt(c.Form, int64(len(v)), 10), ':')
			c.Form = append(c.Form, v...)
		case bool:
			c.Form = strconv.AppendBool(c.Form, v)
		case int:
			if c.Rough {
				c.Form = append(c.Form, '#')
			} else {
				c.Form = strconv.AppendInt(c.Form, int64(v), 10)
			}
		case float64:
			if c.Rough {
				c.Form = append(c.Form, '#')
			} else {
				c.Form = strconv.AppendFloat(c.Form, v, 'x', -1, 64)
			}
		default:
			c.Form = fmt.Append(c.Form, v)
		}
		c.Form = append(c.Form, ' ')
	}
}

// Step copies a step that is no Repeat. In the formula of a call the copies have their names.
func (c *Copier) Step(s *Step) *Step {
	out := *s
	c.called = c.called[:0]
	c.put(s.Back, s.Work)
	if s.Call != nil {
		out.Call = c.call(s.Call)
		out.Doc = c.rename(s.Doc, func(i int) string { return c.called[i+1] })
		c.put(c.rename(s.Doc, strconv.Itoa))
	} else {
		c.put(s.Doc)
	}
	out.Body = c.stmts(s.Body)
	if l := s.Time; l != nil {
		c.put("time", l.Var, l.T, l.Reverse, uint(len(l.Steps)))
		t := *l
		t.Steps = slices.Clone(l.Steps)
		for i, x := range l.Steps {
			t.Steps[i] = c.Step(x)
		}
		out.Time = &t
	}
	out.Buf = c.buf(s.Buf)
	return &out
}

var identifier = regexp.MustCompile(`[A-Za-z_][A-Za-z_0-9]*`)

// rename gives other names to the buffers of the call at hand in its formula; name is asked by their place in called.
func (c *Copier) rename(doc string, name func(int) string) string {
	return identifier.ReplaceAllStringFunc(doc, func(word string) string {
		for i := 0; i < len(c.called); i += 2 {
			if c.called[i] == word {
				return name(i)
			}
		}
		return word
	})
}

// Stmt copies a statement.
func (c *Copier) Stmt(s Stmt) Stmt { return c.stmts([]Stmt{s})[0] }

func (c *Copier) call(k *KernelCall) *KernelCall {
	if k == nil {
		return nil
	}
	out := *k
	c.put("call", k.Kernel.Name, k.Kernel.Labels, k.M.N, k.M.Rows, k.K.N, k.K.Rows, k.N.N, k.N.Rows, k.Act)
	out.Dst, out.A, out.B, out.Bias, out.Mask = c.buf(k.Dst), c.buf(k.A), c.buf(k.B), c.buf(k.Bias), c.buf(k.Mask)
	return &out
}

func (c *Copier) buf(b *Buf) *Buf {
	c.put(b != nil)
	if b == nil {
		return nil
	}
	out := b
	if c.Buf != nil {
		out = c.Buf(b)
	}
	c.called = append(c.called, b.Name, out.Name)
	return out
}

func (c *Copier) stmts(list []Stmt) []Stmt {
	c.put(uint(len(list)))
	out := slices.Clone(list)
	for i, s := range list {
		switch s := s.(type) {
		case *Loop:
			out[i] = c.loop(s)
		case *Set:
			c.put("set", s.Add)
			out[i] = &Set{Dst: c.ref(s.Dst), Add: s.Add, E: c.expr(s.E), Guard: c.expr(s.Guard)}
		case *Fold:
			c.put("fold", s.Add, s.Max, s.Wide, uint(len(s.Loops)))
			f := *s
			f.Dst, f.Place = c.ref(s.Dst), c.ref(s.Place)
			f.Loops = slices.Clone(s.Loops)
			for k, l := range s.Loops {
				f.Loops[k] = c.loop(l)
			}
			f.E, f.At = c.expr(s.E), c.expr(s.At)
			out[i] = &f
		default:
			panic(fmt.Sprintf("ir: a copy of %T", s))
		}
	}
	return out
}

func (c *Copier) loop(l *Loop) *Loop {
	c.put("loop", l.Var, l.To.N, l.To.Rows)
	return &Loop{Var: l.Var, To: l.To, Guard: c.expr(l.Guard), Body: c.stmts(l.Body)}
}

func (c *Copier) expr(e *Expr) *Expr {
	c.put(e != nil)
	if e == nil {
		return nil
	}
	c.put(string(e.Op), e.N, e.C, uint(len(e.X)))
	out := &Expr{Op: e.Op, N: e.N, C: e.C, Ref: c.ref(e.Ref), X: slices.Clone(e.X)}
	for i, x := range e.X {
		out.X[i] = c.expr(x)
	}
	return out
}

func (c *Copier) ref(r *Ref) *Ref {
	c.put(r != nil)
	if r == nil {
		return nil
	}
	c.put(r.Random, r.Width)
	out := *r
	if r.Random && c.Stream != nil {
		out.Stream, out.Formal = c.Stream(r.Stream)
	}
	out.Buf, out.Index = c.buf(r.Buf), c.index(r.Index)
	return &out
}

func (c *Copier) index(x Index) Index {
	c.put(x.Add, uint(len(x.Terms)))
	out := Index{Add: x.Add, Terms: slices.Clone(x.Terms)}
	for i, t := range x.Terms {
		c.put(t.Var, t.Mul)
		out.Terms[i].At = c.ref(t.At)
	}
	if c.Index != nil {
		return c.Index(out)
	}
	return out
}

package irtest

import (
	"fmt"
	"math"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// Machine runs the functions of a planned workspace in float64, step by step: what the generated code does, without
// building it. What nothing has written yet is NaN, or of integers far off, so that reading it shows.
type Machine struct {
	// Pieces, where it is more than 1, runs every phase that workers share in so many pieces, the last first: the results
	// must be the same.
	Pieces int
	// Behind, where set, is called behind each step; behind each piece of one where there are several. In a block the
	// step's buffers stand for those of the instance: see Buf.
	Behind func(*ir.Step)
	// Uniform gives the element at a place of a Random's stream; by default it is this package's Uniform.
	Uniform func(stream uint32, place int) float64

	Space *ir.Space
	Theta []float64
	Grad  []float64
	Fixed []float64
	State []float64

	Floats map[string][]float64 // by the name of a port, rows by row size
	Ints   map[string][]int32
	Out    map[*ir.Buf][]float64 // InOutput
	Fields map[*ir.Buf]float64
	Clock  map[string]float64
	Rows   int

	arena, whole []float64
	ints         []int32
	locals       map[*ir.Buf]float64
	vars         map[string]int
	actual       map[*ir.Buf]*ir.Buf // of the block's instance at hand
	streams      []uint32
	lo, hi       int // the rows at hand
	inRows       bool
}

// NewMachine gives a machine for batches of up to rows.
func NewMachine(p *ir.Plan, s *ir.Space, rows int) *Machine {
	m := &Machine{
		Space: s, Theta: nans(p.Theta), Grad: nans(p.Theta), Fixed: nans(p.Fixed), State: make([]float64, s.State),
		Floats: map[string][]float64{}, Ints: map[string][]int32{}, Out: map[*ir.Buf][]float64{}, Fields: map[*ir.Buf]float64{}, Clock: map[string]float64{},
		Rows: rows, arena: nans(s.Row * rows), whole: nans(s.Whole), ints: make([]int32, s.Ints*rows), locals: map[*ir.Buf]float64{}, vars: map[string]int{},
		Uniform: Uniform,
	}
	for i := range m.ints {
		m.ints[i] = math.MinInt32
	}
	return m
}

func nans(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = math.NaN()
	}
	return x
}

// Run runs a function and gives its result, where it has one.
func (m *Machine) Run(name string) float64 {
	for _, f := range m.Space.Funcs {
		if f.Name != name {
			continue
		}
		for _, p := range f.Phases {
			m.phase(p)
		}
		if f.Result != nil {
			return m.Fields[f.Result]
		}
		return 0
	}
	panic("irtest: no function " + name)
}

// repeat runs f for each instance of a block.
func (m *Machine) repeat(r *ir.Repeat, f func()) {
	actual, streams := m.actual, m.streams
	for _, i := range r.Instances() {
		m.actual = map[*ir.Buf]*ir.Buf{}
		for k, b := range r.Block.Bufs {
			m.actual[b] = i.Bufs[k]
			if a := actual[i.Bufs[k]]; a != nil { // of the block around
				m.actual[b] = a
			}
		}
		m.streams = i.Streams
		f()
	}
	m.actual, m.streams = actual, streams
}

// phase runs the steps of a phase, in pieces where workers share it.
func (m *Machine) phase(p *ir.Phase) {
	if p.Repeat != nil {
		m.repeat(p.Repeat, func() {
			for _, p := range p.Repeat.Block.Phases {
				m.phase(p)
			}
		})
		return
	}
	pieces := max(m.Pieces, 1)
	if p.Split == ir.Serial {
		pieces = 1
	}
	for k := pieces - 1; k >= 0; k-- {
		m.lo, m.hi, m.inRows = 0, m.Rows, p.Split == ir.ByRow
		if m.inRows {
			m.lo, m.hi = k*m.Rows/pieces, (k+1)*m.Rows/pieces
		}
		m.steps(p.Steps, p.Split, k, pieces)
	}
}

// steps runs piece k of so many of each step.
func (m *Machine) steps(steps []*ir.Step, split ir.Split, k, pieces int) {
	for _, s := range steps {
		switch {
		case s.Repeat != nil:
			m.repeat(s.Repeat, func() { m.steps(s.Repeat.Block.Phases[0].Steps, split, k, pieces) })
			continue
		case pieces == 1 || m.inRows:
			m.step(s, 0, 1, 1)
		case split == ir.ByElement:
			m.step(s, k, pieces, 0)
		default:
			lead := 1
			if len(s.Buf.Shape) > 0 {
				lead = s.Buf.Shape[0]
			}
			m.step(s, k, pieces, lead)
		}
		if m.Behind != nil {
			m.Behind(s)
		}
	}
}

// step runs piece k of so many of a step: the part of its outermost loops that belongs to a part of the leading axis, of
// lead elements; by elements, where lead is 0, a part of each loop.
func (m *Machine) step(s *ir.Step, k, pieces, lead int) {
	if l := s.Time; l != nil {
		if pieces > 1 {
			panic("irtest: a loop over time in a phase that is not by rows")
		}
		for i := range l.T {
			m.vars[l.Var] = i
			if l.Reverse {
				m.vars[l.Var] = l.T - 1 - i
			}
			for _, x := range l.Steps {
				m.step(x, k, pieces, lead)
			}
		}
		delete(m.vars, l.Var)
		return
	}
	part := func(n int) (from, to int) { return k * n / pieces, (k + 1) * n / pieces }
	if s.Call != nil {
		c := *s.Call
		result := m.size(c.M)
		if c.Kernel.Name == "SumRows" {
			result = m.size(c.N)
		}
		from, to := 0, result
		if pieces > 1 {
			from, to = part(lead)
			from, to = from*(result/lead), to*(result/lead)
		}
		m.call(&c, from, to)
		return
	}
	for _, b := range s.Body {
		l, ok := b.(*ir.Loop)
		if pieces == 1 || !ok {
			if _, to := part(1); to == 1 { // a single result belongs to the piece that holds it
				m.stmt(b)
			}
			continue
		}
		n := m.size(l.To)
		from, to := part(n)
		if lead > 0 {
			from, to = part(lead)
			from, to = from*(n/lead), to*(n/lead)
		}
		m.span(l, from, to, func() {
			for _, b := range l.Body {
				m.stmt(b)
			}
		})
	}
}

// Actual is the buffer that one of a block's stands for in the instance at hand, or b itself.
func (m *Machine) Actual(b *ir.Buf) *ir.Buf {
	if a := m.actual[b]; a != nil {
		return a
	}
	return b
}

// Buf is the memory of a buffer for the rows at hand; not of one in InLoop, InField or of integers.
func (m *Machine) Buf(b *ir.Buf) []float64 {
	b = m.Actual(b)
	size := b.Size()
	if b.Batched {
		size *= m.Rows
	}
	switch b.Store {
	case ir.InTheta:
		return m.Theta[b.Offset : b.Offset+size]
	case ir.InGrad:
		return m.Grad[b.Offset : b.Offset+size]
	case ir.InFixed:
		return m.Fixed[b.Offset : b.Offset+size]
	case ir.InState:
		return m.State[b.Offset : b.Offset+size]
	case ir.InArena:
		if b.Batched {
			max := len(m.arena) / m.Space.Row
			return m.arena[b.Offset*max : b.Offset*max+size]
		}
		return m.whole[b.Offset : b.Offset+size]
	case ir.InPort:
		if b.Port != nil {
			return m.Floats[b.Port.Name][:size]
		}
		return m.Floats[b.Name][:size]
	case ir.InOutput:
		if m.Out[b] == nil {
			m.Out[b] = nans(size)
		}
		return m.Out[b]
	}
	panic(fmt.Sprintf("irtest: %s is no memory", b.Name))
}

// Int is the memory of an integer buffer.
func (m *Machine) Int(b *ir.Buf) []int32 {
	b = m.Actual(b)
	if b.Store == ir.InPort {
		return m.Ints[b.Port.Name]
	}
	max := len(m.ints) / m.Space.Ints
	return m.ints[b.Offset*max:]
}

func (m *Machine) index(x ir.Index) int {
	at := x.Add
	for _, t := range x.Terms {
		if t.At != nil {
			at += int(m.load(t.At)) * t.Mul
			continue
		}
		k, ok := m.vars[t.Var]
		if !ok {
			panic("irtest: no loop over " + t.Var)
		}
		at += k * t.Mul
	}
	return at
}

func (m *Machine) load(r *ir.Ref) float64 {
	if r.Random {
		stream := r.Stream
		if r.Formal {
			stream = m.streams[stream]
		}
		return m.Uniform(stream, m.index(r.Index))
	}
	b := r.Buf
	switch {
	case b.Value != nil && b.Value.Kind == ir.Clock:
		return m.Clock[b.Value.Name]
	case b.Store == ir.InField:
		if v, ok := m.Fields[b]; ok {
			return v
		}
		return math.NaN()
	case b.Store == ir.InLoop:
		v, ok := m.locals[b]
		if !ok {
			panic("irtest: " + b.Name + " is read before the loop around it sets it")
		}
		return v
	case b.Elem == ir.Int:
		return float64(m.Int(b)[m.index(r.Index)])
	}
	return m.Buf(b)[m.index(r.Index)]
}

func (m *Machine) store(r *ir.Ref, add bool, v float64) {
	if add {
		v += m.load(r)
	}
	b := r.Buf
	switch {
	case b.Store == ir.InField:
		m.Fields[b] = v
	case b.Store == ir.InLoop:
		m.locals[b] = v
	case b.Elem == ir.Int:
		m.Int(b)[m.index(r.Index)] = int32(v)
	default:
		m.Buf(b)[m.index(r.Index)] = v
	}
}

func (m *Machine) loops(ls []*ir.Loop, f func()) {
	if len(ls) == 0 {
		f()
		return
	}
	l := ls[0]
	from, to := 0, m.size(l.To)
	if l.To.Rows && m.inRows {
		from, to = m.lo*l.To.N, m.hi*l.To.N
	}
	m.span(l, from, to, func() { m.loops(ls[1:], f) })
}

// span runs a part of a loop. A turn of an outermost loop knows nothing of what the last one set.
func (m *Machine) span(l *ir.Loop, from, to int, f func()) {
	outermost := len(m.vars) == 0
	for k := from; k < to; k++ {
		if outermost {
			clear(m.locals)
		}
		m.vars[l.Var] = k
		if l.Guard == nil || m.holds(l.Guard) {
			f()
		}
	}
	delete(m.vars, l.Var)
}

// size is an extent for the rows of the batch.
func (m *Machine) size(e ir.Extent) int {
	if e.Rows {
		return e.N * m.Rows
	}
	return e.N
}

func (m *Machine) stmt(s ir.Stmt) {
	switch s := s.(type) {
	case *ir.Loop:
		m.loops([]*ir.Loop{s}, func() {
			for _, b := range s.Body {
				m.stmt(b)
			}
		})
	case *ir.Set:
		if s.Guard == nil || m.holds(s.Guard) {
			m.store(s.Dst, s.Add, m.eval(s.E))
		}
	case *ir.Fold:
		for _, l := range s.Loops {
			if l.To.Rows && m.inRows {
				panic("irtest: a phase by rows sums over the batch")
			}
		}
		if !s.Max {
			sum := 0.0
			m.loops(s.Loops, func() { sum += m.eval(s.E) })
			m.store(s.Dst, s.Add, sum)
			return
		}
		best, place := math.Inf(-1), 0.0
		m.loops(s.Loops, func() {
			if v := m.eval(s.E); v > best {
				best = v
				if s.At != nil {
					place = m.eval(s.At)
				}
			}
		})
		if s.Dst != nil {
			m.store(s.Dst, false, best)
		}
		if s.Place != nil {
			m.store(s.Place, false, place)
		}
	}
}

func (m *Machine) holds(e *ir.Expr) bool { return Holds(e, m.leaf) }

func (m *Machine) eval(e *ir.Expr) float64 { return Value(e, m.leaf) }

func (m *Machine) leaf(e *ir.Expr) float64 {
	switch e.Op {
	case ir.OpRef:
		return m.load(e.Ref)
	case ir.OpIndex:
		return float64(m.index(e.Ref.Index))
	case ir.OpRows:
		return float64(m.Rows)
	}
	panic("irtest: no definition of " + string(e.Op))
}

// call runs a kernel for a part of the rows of its result, of SumRows the columns.
func (m *Machine) call(c *ir.KernelCall, from, to int) {
	M, K, N := m.size(c.M), m.size(c.K), m.size(c.N)
	if m.inRows {
		if !c.M.Rows {
			panic("irtest: " + c.Kernel.Name + " in a phase by rows is not by rows")
		}
		from, to = m.lo*c.M.N, m.hi*c.M.N
	}
	dst, a := m.Buf(c.Dst), m.Buf(c.A)
	if c.Kernel.Name == "SumRows" {
		for j := from; j < to; j++ {
			sum := 0.0
			for k := range M {
				sum += a[k*N+j]
			}
			dst[j] = sum
		}
		return
	}
	b := m.Buf(c.B)
	for i := from; i < to; i++ {
		for j := range N {
			sum := 0.0
			for k := range K {
				x, y := i*K+k, k*N+j
				switch c.Kernel.Name {
				case "MatMulNT":
					y = j*K + k
				case "MatMulTN":
					x = k*M + i
				}
				sum += a[x] * b[y]
			}
			if c.Bias != nil {
				sum += m.Buf(c.Bias)[j]
			}
			switch c.Act {
			case "ReLU":
				sum = max(0, sum)
			case "Sigmoid":
				sum = 1 / (1 + math.Exp(-sum))
			case "Tanh":
				sum = math.Tanh(sum)
			}
			if c.Mask != nil && m.Buf(c.Mask)[i*N+j] <= 0 {
				sum = 0
			}
			dst[i*N+j] = sum
		}
	}
}

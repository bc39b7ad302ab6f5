package codegen

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// space is a workspace of the plan while its type is printed: the predictor, the trainer or the gradient.
type space struct {
	p     *ir.Plan
	sp    *ir.Space
	typ   string // MNISTTrainer
	recv  string // t
	most  string // the largest batch, in the constructor
	model string // the model, in the constructor: m
	batch bool   // ports are fields of recv.batch, not of recv

	bufs  []*ir.Buf // that the functions mention: parameters in the model's order, then the others by first use
	names map[*ir.Buf]string
	taken map[string]bool

	blocks   []*ir.Block
	families []*family
	home     map[*ir.Block]*family
	calls    map[*ir.Repeat]string // of an instance within a block: its field
	formulas map[string]string     // the method of a block that a formula stands in
	marked   bool                  // numbers are marked by their types: see mark

	outputs map[*ir.Buf]string // InOutput: the field with the destination
	inputs  map[*ir.Buf]string // InPort without a port: the field with the rows
	ports   map[string]string  // by the port's name: the field with its rows
}

// reserved are the names that functions declare by themselves.
var reserved = []string{
	"n", "lo", "hi", "from", "to", "sum", "total", "best", "at", "it", "choice", "w", "m", "d", "o", "b", "cfg", "dst", "rows", "err", "loss_",
	"step", "epoch", "epochs", "stepsPerEpoch", ir.Time, "rt", "data", "context", "arena", "ints",
}

// newSpace names the buffers of a workspace. own are the struct's fields and methods beside them.
func newSpace(p *ir.Plan, sp *ir.Space, typ, recv string, own ...string) *space {
	s := &space{
		p: p, sp: sp, typ: typ, recv: recv, model: "m", names: map[*ir.Buf]string{}, taken: map[string]bool{}, calls: map[*ir.Repeat]string{}, formulas: map[string]string{},
		outputs: map[*ir.Buf]string{}, inputs: map[*ir.Buf]string{}, ports: map[string]string{},
	}
	for _, n := range slices.Concat(reserved, own, []string{recv, ir.Row}) {
		s.taken[n] = true
	}
	if sp != nil {
		s.blocks = sp.Blocks()
	}
	for _, k := range s.blocks {
		s.taken[k.Name] = true
		for _, ph := range k.Phases {
			s.taken[ph.Name] = true
		}
	}
	for _, f := range sp.Funcs {
		for _, ph := range f.Phases {
			s.taken[ph.Name] = true
		}
		walkPhases(f.Phases, func(st *ir.Step) { stepLoops(st, func(l *ir.Loop) { s.taken[l.Var] = true }) })
	}
	return s
}

// numbered are names of variables that functions number: key1, choice2.
var numbered = regexp.MustCompile(`^(key|ownKey|choice)[0-9]+$`)

// unique gives a name that nothing else in the workspace has.
func (s *space) unique(name string) string {
	for s.taken[name] || numbered.MatchString(name) {
		name += "_"
	}
	s.taken[name] = true
	return name
}

// collect finds the buffers that the functions mention, and extra ones, and gives them names.
func (s *space) collect(extra ...*ir.Buf) {
	base := maps.Clone(s.taken)
	seen := map[*ir.Buf]bool{}
	for _, k := range s.blocks { // those of blocks are no fields of the struct
		walkBlock(k, func(b *ir.Buf) { seen[b] = true })
	}
	var used []*ir.Buf
	add := func(b *ir.Buf) {
		if b != nil && !seen[b] {
			seen[b] = true
			used = append(used, b)
		}
	}
	for _, f := range s.sp.Funcs {
		walkPhases(f.Phases, func(st *ir.Step) { walkStep(st, add) })
		add(f.Result)
	}
	for _, b := range extra {
		add(b)
	}
	for _, k := range s.blocks { // what is given from outside is put into a field, whoever reads it
		for _, i := range k.Instances {
			for _, b := range i.Bufs {
				if b.Store == ir.InArena && b.Value != nil && b.Value.Def == nil {
					add(b)
				}
			}
		}
	}
	at := map[*ir.Buf]bool{}
	for _, b := range used {
		at[b] = true
	}
	for _, b := range s.p.Params {
		if at[b] {
			s.bufs = append(s.bufs, b)
			delete(at, b)
		}
	}
	for _, b := range used {
		if at[b] {
			s.bufs = append(s.bufs, b)
		}
	}
	for _, b := range s.bufs {
		switch {
		case clockOf(b) != "":
		case b.Store == ir.InGrad && b.Name == "grad" && b.Size() == s.p.Theta:
			s.names[b] = b.Name // the trainer's own
		default:
			s.names[b] = s.unique(b.Name)
		}
	}
	all := s.taken
	for _, k := range s.blocks { // each block has names of its own
		s.taken = maps.Clone(base)
		for j := range 100 { // sizes: see withSizes
			s.taken[fmt.Sprintf("s%d", j+1)] = true
		}
		walkOwn(k.Phases, func(st *ir.Step) { walkStep(st, func(b *ir.Buf) { s.taken[s.names[b]] = true }) })
		walkBlock(k, func(b *ir.Buf) { s.names[b] = s.unique(b.Name) })
		for _, r := range nested(k.Phases) {
			s.calls[r] = s.unique(r.Name)
		}
	}
	s.taken = all
}

// elem is the Go type of a buffer's elements.
func (s *space) elem(b *ir.Buf) string {
	switch b.Elem {
	case ir.Int:
		return "int32"
	case ir.Double:
		return "float64"
	}
	return s.p.Type
}

// portSlice is the caller's rows of a port: t.batch.Image.
func (s *space) portSlice(b *ir.Buf) string {
	if b.Port == nil {
		return s.recv + "." + s.inputs[b]
	}
	if s.batch {
		return s.recv + ".batch." + ir.GoName(b.Port.Name, true)
	}
	return s.recv + "." + s.ports[b.Port.Name]
}

// outside is a port's or an output's numbers, cut to the rows at hand: rt.Flat[float32](t.batch.Image[lo:hi]).
func (s *space) outside(b *ir.Buf, cut string) string {
	rows := s.recv + "." + s.outputs[b]
	if b.Store == ir.InPort {
		rows = s.portSlice(b)
	}
	switch {
	case b.Port != nil && b.Port.Classes > 0 && len(b.Port.Shape) == 0:
		return rows + cut
	case b.Elem == ir.Int:
		return "rt.Ints(" + rows + cut + ")"
	}
	return "rt.Flat[" + s.p.Type + "](" + rows + cut + ")"
}

// field says whether a buffer is a field of the struct.
func (s *space) field(b *ir.Buf) bool {
	switch b.Store {
	case ir.InPort, ir.InOutput, ir.InLoop:
		return false
	}
	return clockOf(b) == "" && !(b.Store == ir.InGrad && s.names[b] == "grad")
}

// fields are the struct's fields for the buffers, each with its shape.
//
//	dense1Weight []float32 // [784, 128], in theta
//	relu1        []float32 // [B, 128]
func (s *space) fields() []jen.Code {
	var code []jen.Code
	groups := []struct {
		title  string
		stores []ir.Store
	}{
		{"Weights, in the model.", []ir.Store{ir.InTheta, ir.InFixed}},
		{"Gradients of the parameters.", []ir.Store{ir.InGrad}},
		{"Values of a batch.", []ir.Store{ir.InArena}},
		{"The optimizer's state.", []ir.Store{ir.InState}},
		{"Single numbers.", []ir.Store{ir.InField}},
	}
	for _, g := range groups {
		first := true
		for _, b := range s.bufs {
			if !s.field(b) || !slices.Contains(g.stores, b.Store) {
				continue
			}
			if first {
				code = append(code, jen.Line(), comment("%s", g.title))
				first = false
			}
			if b.Store == ir.InField {
				code = append(code, stmt("%s %s", s.names[b], s.elem(b)))
				continue
			}
			code = append(code, s.slot(b))
		}
	}
	s.makeFamilies()
	code = append(code, s.blockFields()...)
	var names []string
	for _, m := range s.methods() {
		names = append(names, m.name)
	}
	if names != nil {
		var list string
		for i, n := range names {
			if i > 0 {
				list += ", "
			}
			list += n
		}
		code = append(code, jen.Line(), comment("The methods that workers share, bound once: a step allocates nothing."),
			jen.Id("phases").Struct(stmt("%s func(w *rt.Worker, lo, hi int)", list)))
	}
	return code
}

// slot is the field of a slice: its shape, and which vector it is a part of.
func (s *space) slot(b *ir.Buf) jen.Code {
	where := map[ir.Store]string{ir.InTheta: ", in theta", ir.InFixed: ", in fixed", ir.InGrad: ", in grad", ir.InState: ", in state"}[b.Store]
	return stmt("%s []%s // %s%s", s.names[b], s.elem(b), b.ShapeText(), where)
}

// method is a phase that has a method of its own.
type method struct {
	name  string
	phase *ir.Phase
	of    *ir.Block // that the phase is one of
}

func (s *space) methods() []method {
	var list []method
	add := func(of *ir.Block, phases []*ir.Phase) {
		for _, ph := range phases {
			if ph.Repeat == nil && s.shared(ph) {
				list = append(list, method{ph.Name, ph, of})
			}
		}
	}
	for _, f := range s.sp.Funcs {
		add(nil, f.Phases)
	}
	for _, f := range s.families {
		if k := f.blocks[0]; !k.Within {
			add(k, k.Phases)
		}
	}
	return list
}

// shared says whether a phase is a method that the pool runs. A workspace of scalars has none: its steps are shorter
// than handing them over.
func (s *space) shared(ph *ir.Phase) bool { return ph.Split != ir.Serial && !s.sp.Scalar }

// bind makes the slices of the constructor.
func (s *space) bind() []jen.Code {
	var code []jen.Code
	set := func(b *ir.Buf, vector string, from, to string) {
		if from == "0" {
			from = ""
		}
		code = append(code, stmt("%s.%s = %s[%s:%s]", s.recv, s.names[b], vector, from, to))
	}
	each := func(stores []ir.Store, elem func(*ir.Buf) bool, f func(*ir.Buf)) {
		for _, b := range s.bufs {
			if s.field(b) && slices.Contains(stores, b.Store) && elem(b) {
				f(b)
			}
		}
	}
	any := func(*ir.Buf) bool { return true }
	flat := func(vector string) func(b *ir.Buf) {
		return func(b *ir.Buf) {
			set(b, vector, fmt.Sprint(b.Offset), fmt.Sprint(b.Offset+b.Size()))
		}
	}
	each([]ir.Store{ir.InTheta}, any, flat(s.model+".theta"))
	each([]ir.Store{ir.InFixed}, any, flat(s.model+".fixed"))
	each([]ir.Store{ir.InGrad}, any, flat(s.recv+".grad"))
	each([]ir.Store{ir.InState}, any, func(b *ir.Buf) {
		flat(s.recv + ".state")(b)
	})

	most := s.most
	inArena := func(b *ir.Buf) {
		set(b, "arena", times(most, b.Offset), times(most, b.Offset+b.Size()))
	}
	numbers := func(b *ir.Buf) bool { return b.Elem == ir.Float && b.Batched }
	whole := func(b *ir.Buf) bool { return b.Elem == ir.Float && !b.Batched }
	ints := func(b *ir.Buf) bool { return b.Elem == ir.Int && b.Batched }
	if s.has(numbers) || s.has(whole) {
		size := times(most, s.sp.Row)
		if s.sp.Row == 0 {
			size = fmt.Sprint(s.sp.Whole)
		} else if s.sp.Whole > 0 {
			size += fmt.Sprintf("+%d", s.sp.Whole)
		}
		code = append(code, stmt("arena := make([]%s, %s)", s.p.Type, size))
		each([]ir.Store{ir.InArena}, numbers, inArena)
		start := times(most, s.sp.Row)
		each([]ir.Store{ir.InArena}, whole, func(b *ir.Buf) {
			set(b, "arena", plus(start, fmt.Sprint(b.Offset)), plus(start, fmt.Sprint(b.Offset+b.Size())))
		})
	}
	if s.has(ints) {
		code = append(code, stmt("ints := make([]int32, %s)", times(most, s.sp.Ints)))
		each([]ir.Store{ir.InArena}, ints, func(b *ir.Buf) { set(b, "ints", times(most, b.Offset), times(most, b.Offset+b.Size())) })
	}
	each([]ir.Store{ir.InArena}, func(b *ir.Buf) bool { return b.Elem == ir.Int && !b.Batched }, func(b *ir.Buf) {
		code = append(code, stmt("%s.%s = make([]int32, %d)", s.recv, s.names[b], b.Size()))
	})
	code = append(code, s.bindBlocks()...)
	for _, m := range s.methods() {
		code = append(code, stmt("%s.phases.%s = %s.%s", s.recv, m.name, s.recv, m.name))
	}
	return code
}

func (s *space) has(f func(*ir.Buf) bool) bool {
	arena := func(b *ir.Buf) bool { return b.Store == ir.InArena && f(b) }
	return slices.ContainsFunc(s.bufs, func(b *ir.Buf) bool { return s.field(b) && arena(b) }) ||
		slices.ContainsFunc(s.blocks, func(k *ir.Block) bool { return slices.ContainsFunc(k.Bufs, arena) })
}

// fn is a function of the plan, nil where it has none of that name.
func (s *space) fn(name string) *ir.Func {
	if s.sp == nil {
		return nil
	}
	for _, f := range s.sp.Funcs {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// run prints a function of the plan: serial phases as they are, calls of the pool for the others.
//
//	t.pool.Run(n, 98, t.phases.forward)
func (s *space) run(fn *ir.Func, after ...jen.Code) []jen.Code {
	f := s.function(fn.Name, ir.Serial, false)
	body := f.phases(fn.Phases)
	if len(after) > 0 && len(body) > 1 {
		after = append([]jen.Code{f.blank}, after...)
	}
	return f.code(body, after...)
}

func (f *function) phases(phases []*ir.Phase) []jen.Code {
	var body []jen.Code
	for i, ph := range phases {
		switch {
		case ph.Repeat != nil:
			f.last = paragraph{}
			body = append(body, f.repeat(ph.Repeat, "")...)
			continue
		case !f.s.shared(ph):
			body = append(body, f.steps(ph.Steps)...)
			continue
		}
		if i > 0 && (phases[i-1].Repeat != nil || !f.s.shared(phases[i-1])) {
			body = append(body, f.blank)
		}
		f.last = paragraph{}
		body = append(body, f.start(ph))
	}
	return body
}

// start hands a phase to the pool. A piece of it is worth about 100,000 multiply-adds.
func (f *function) start(ph *ir.Phase) jen.Code {
	call := func(n, grain string) jen.Code {
		return stmt("%s.pool.Run(%s, %s, %s.phases.%s)", f.s.recv, n, grain, f.s.recv, ph.Name)
	}
	const worth = 100_000
	switch ph.Split {
	case ir.ByRow:
		f.usesN = true
		return call("n", fmt.Sprint(max(1, worth/max(ph.Work, 1))))
	case ir.ByShare:
		f.usesN = true
		return call(fmt.Sprint(shares), fmt.Sprintf("rt.Grain(%d, %s)", shares, times("n", max(ph.Work, 1))))
	}
	total := totalOf(ph)
	return call(fmt.Sprint(total), fmt.Sprint(max(1, worth/max(1, ph.Work/max(total, 1)))))
}

// totalOf is the length of the vector that a phase by elements runs over.
func totalOf(ph *ir.Phase) int {
	for _, st := range ph.Steps {
		if len(st.Body) > 0 {
			if l, ok := st.Body[0].(*ir.Loop); ok {
				return l.To.N
			}
		}
	}
	panic("codegen: the phase " + ph.Name + " has no loop over its elements")
}

// shareMethods prints the phases that workers share.
//
//	func (t *MNISTTrainer) forward(w *rt.Worker, lo, hi int) { … }
func (s *space) shareMethods(file *jen.File) {
	for _, m := range s.methods() {
		if m.of == nil {
			s.shareMethod(file, m)
		}
	}
	for _, f := range s.families {
		file.Line()
		file.Add(stmt("%s", f.decls))
	}
}

func (s *space) shareMethod(file *jen.File, m method) {
	f := s.function(m.name, m.phase.Split, true)
	f.of = m.of
	what := ""
	switch m.phase.Split {
	case ir.ByRow:
		what = fmt.Sprintf("%s computes rows lo to hi of the batch", m.name)
	case ir.ByShare:
		what = fmt.Sprintf("%s computes the shares lo to hi of %d: of everything it computes, that part of the leading axis", m.name, shares)
	case ir.ByElement:
		f.total = totalOf(m.phase)
		what = fmt.Sprintf("%s computes the elements lo to hi of the %s parameters", m.name, count(f.total))
	}
	body := f.code(f.steps(m.phase.Steps))
	if m.of != nil {
		home := s.home[m.of]
		what, _, _ = strings.Cut(what, ":")
		what += ", for the instance that " + home.name() + " is at"
		body = append([]jen.Code{stmt("b := %s.blocks.%s", s.recv, atHand(home))}, body...)
	}
	doc(file, what+".")
	fn(file, s.recv+" *"+s.typ, m.name, "(w *rt.Worker, lo, hi int)", body...)
}

// walkPhases visits the steps of phases, and in place of what repeats those of its block.
func walkPhases(phases []*ir.Phase, visit func(*ir.Step)) {
	for _, ph := range phases {
		if ph.Repeat != nil {
			walkPhases(ph.Repeat.Block.Phases, visit)
		}
		for _, st := range ph.Steps {
			if st.Repeat != nil {
				walkPhases(st.Repeat.Block.Phases, visit)
				continue
			}
			visit(st)
		}
	}
}

// walkBlock visits the buffers that a block's body calls its own: the block's, and the variables of its rows' loops.
func walkBlock(k *ir.Block, visit func(*ir.Buf)) {
	seen := map[*ir.Buf]bool{}
	for _, b := range k.Bufs {
		seen[b] = true
		visit(b)
	}
	walkOwn(k.Phases, func(st *ir.Step) {
		walkStep(st, func(b *ir.Buf) {
			if b.Store == ir.InLoop && !seen[b] {
				seen[b] = true
				visit(b)
			}
		})
	})
}

// walkStep visits the buffers of a step: what it computes first.
func walkStep(s *ir.Step, visit func(*ir.Buf)) {
	if c := s.Call; c != nil {
		for _, b := range []*ir.Buf{c.A, c.B, c.Bias, c.Mask, c.Dst} {
			if b != nil {
				visit(b)
			}
		}
		return
	}
	walkStmts(s.Body, visit)
	if s.Time != nil {
		for _, x := range s.Time.Steps {
			walkStep(x, visit)
		}
	}
}

func walkStmts(list []ir.Stmt, visit func(*ir.Buf)) {
	for _, s := range list {
		switch s := s.(type) {
		case *ir.Loop:
			walkStmts(s.Body, visit)
		case *ir.Set:
			walkExpr(s.Guard, visit)
			walkExpr(s.E, visit)
			walkRef(s.Dst, visit)
		case *ir.Fold:
			walkExpr(s.E, visit)
			walkExpr(s.At, visit)
			walkRef(s.Dst, visit)
			walkRef(s.Place, visit)
		}
	}
}

// walkStored visits the buffers that statements store into.
func walkStored(list []ir.Stmt, visit func(*ir.Buf)) {
	for _, s := range list {
		switch s := s.(type) {
		case *ir.Loop:
			walkStored(s.Body, visit)
		case *ir.Set:
			visit(s.Dst.Buf)
		case *ir.Fold:
			if s.Dst != nil {
				visit(s.Dst.Buf)
			}
			if s.Place != nil {
				visit(s.Place.Buf)
			}
		}
	}
}

func walkExpr(e *ir.Expr, visit func(*ir.Buf)) {
	if e == nil {
		return
	}
	e.Walk(func(x *ir.Expr) { walkRef(x.Ref, visit) })
}

func walkRef(r *ir.Ref, visit func(*ir.Buf)) {
	if r == nil {
		return
	}
	for _, t := range r.Index.Terms {
		walkRef(t.At, visit)
	}
	if r.Buf != nil && !r.Random {
		visit(r.Buf)
	}
}

// stepLoops visits the loops of a step.
func stepLoops(s *ir.Step, visit func(*ir.Loop)) {
	walkLoops(s.Body, visit)
	if s.Time != nil {
		for _, x := range s.Time.Steps {
			stepLoops(x, visit)
		}
	}
}

func walkLoops(list []ir.Stmt, visit func(*ir.Loop)) {
	for _, s := range list {
		switch s := s.(type) {
		case *ir.Loop:
			visit(s)
			walkLoops(s.Body, visit)
		case *ir.Fold:
			for _, l := range s.Loops {
				visit(l)
			}
		}
	}
}

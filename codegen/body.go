package codegen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// function is a Go function while its body is printed: the steps of serial phases, or of one phase that workers share.
type function struct {
	s      *space
	name   string // of the plan's function: forward
	split  ir.Split
	shared bool      // a phase of its own, called with lo and hi
	total  int       // ByElement: the length of the vector that lo and hi are a range of
	of     *ir.Block // the body of a block: its buffers are fields of b
	own    []uint32  // the block's random streams that are read

	usesN    bool
	keys     []uint32
	clock    []string        // the ir.Clock scalars read
	names    map[string]bool // variables of the outermost block
	declared map[string]bool
	pending  []jen.Code // declarations to put in front of the step at hand
	loops    map[string]ir.Extent
	row      *rowLoop // the loop over rows that is being printed
	leading  string   // ByShare: what from and to are shares of
	choices  int
	last     paragraph
	blank    jen.Code // the empty line between paragraphs
}

// rowLoop is a loop over rows in a workspace of scalars: a batched buffer is a pointer to its row there.
type rowLoop struct {
	declared map[string]bool
	pending  []jen.Code
}

// paragraph is what the steps under one heading share.
type paragraph struct {
	line *ir.Line
	back bool
}

func (s *space) function(name string, split ir.Split, shared bool) *function {
	return &function{s: s, name: name, split: split, shared: shared, names: map[string]bool{}, declared: map[string]bool{}, loops: map[string]ir.Extent{}, blank: jen.Line()}
}

// code is the whole body: what stands before the steps, the steps, and what follows them.
func (f *function) code(body []jen.Code, after ...jen.Code) []jen.Code {
	code := append(f.top(), body...)
	if len(code) > 0 && code[0] == f.blank {
		code = code[1:]
	}
	return append(code, after...)
}

// extent prints a size; n is the rows at hand.
func (f *function) extent(e ir.Extent) string {
	if e.Rows {
		f.usesN = true
	}
	return e.String()
}

// top is what stands before the steps: the rows at hand, the keys of random streams, the training clock.
func (f *function) top() []jen.Code {
	var code []jen.Code
	recv := f.s.recv
	if f.usesN {
		if f.shared && f.split == ir.ByRow {
			code = append(code, stmt("n := hi - lo"))
		} else {
			code = append(code, stmt("n := %s.rows", recv))
		}
	}
	slices.Sort(f.own)
	for _, k := range f.own {
		code = append(code, stmt("%s := rt.Key(%s.config.Seed, uint64(%s.clock.Step), b.stream%d)", ownKeyName(k), recv, recv, k+1))
	}
	slices.Sort(f.keys)
	for _, k := range f.keys {
		code = append(code, stmt("%s := rt.Key(%s.config.Seed, uint64(%s.clock.Step), %d)", keyName(k), recv, recv, k))
	}
	epoch := false
	for _, c := range []string{ir.ClockStep, ir.ClockEpoch, ir.ClockEpochs, ir.ClockSteps} {
		if !slices.Contains(f.clock, c) {
			continue
		}
		if (c == ir.ClockEpoch || c == ir.ClockSteps) && !epoch {
			epoch = true
			code = append(code, jen.If(stmt("%s.clock.StepsPerEpoch == 0", recv)).Block(stmt("rt.NeedStepsPerEpoch(%q)", f.s.p.Name)))
		}
		code = append(code, stmt("%s := %s", clockNames[c], fmt.Sprintf(clockValues[c], recv)))
	}
	return code
}

// The scalars of the training clock: their variables, and where they come from.
var (
	clockNames  = map[string]string{ir.ClockStep: "step", ir.ClockEpoch: "epoch", ir.ClockEpochs: "epochs", ir.ClockSteps: "stepsPerEpoch"}
	clockValues = map[string]string{
		ir.ClockStep:   "float64(%[1]s.clock.Step)",
		ir.ClockEpoch:  "float64(%[1]s.clock.Step) / float64(%[1]s.clock.StepsPerEpoch)",
		ir.ClockEpochs: "float64(%[1]s.clock.Epochs)",
		ir.ClockSteps:  "float64(%[1]s.clock.StepsPerEpoch)",
	}
)

func keyName(stream uint32) string { return fmt.Sprintf("key%d", stream) }

func ownKeyName(stream uint32) string { return fmt.Sprintf("ownKey%d", stream+1) }

// key is the variable that holds the key of a random stream.
func (f *function) key(r *ir.Ref) string {
	stream := r.Stream
	if r.Formal {
		if !slices.Contains(f.own, stream) {
			f.own = append(f.own, stream)
		}
		return ownKeyName(stream)
	}
	if !slices.Contains(f.keys, stream) {
		f.keys = append(f.keys, stream)
	}
	return keyName(stream)
}

// firstPlace is where a random number's place starts: a worker's rows are not the batch's first.
func (f *function) firstPlace(r *ir.Ref) string {
	if !f.shared || f.split != ir.ByRow {
		return ""
	}
	return times("lo", r.Width)
}

// scalar is a field of one number, or a scalar of the training clock.
func (f *function) scalar(b *ir.Buf) string {
	if c := clockOf(b); c != "" {
		if !slices.Contains(f.clock, c) {
			f.clock = append(f.clock, c)
		}
		return clockNames[c]
	}
	return f.place(b)
}

// place is the field that holds a buffer: t.dense1Weight, or in a block b.weight.
func (f *function) place(b *ir.Buf) string {
	if f.of != nil && slices.Contains(f.of.Bufs, b) {
		return "b." + f.s.names[b]
	}
	return f.s.recv + "." + f.s.names[b]
}

func clockOf(b *ir.Buf) string {
	if b.Value != nil && b.Value.Kind == ir.Clock {
		return b.Value.Name
	}
	return ""
}

// rounded is a float64 field as a variable of the model's type, converted once.
func (f *function) rounded(b *ir.Buf) string {
	name := f.s.names[b]
	f.declare(name, "%s := %s(%s)", name, f.s.p.Type, f.scalar(b))
	return name
}

// declare puts a declaration in front of the step at hand, once a function.
func (f *function) declare(name, format string, a ...any) {
	if !f.declared[name] {
		f.declared[name] = true
		f.pending = append(f.pending, stmt(format, a...))
	}
}

// slice is the variable that holds a buffer, cut to what the function works on: its rows, or its range of theta.
func (f *function) slice(b *ir.Buf) string {
	name := f.s.names[b]
	switch {
	case b.Store == ir.InPort || b.Store == ir.InOutput:
		f.declare(name, "%s := %s // %s", name, f.s.outside(b, f.cut()), f.shapeText(b))
	case b.Batched && f.shared && f.split == ir.ByRow:
		f.declare(name, "%s := %s[%s:%s] // %s", name, f.place(b), times("lo", b.Size()), times("hi", b.Size()), f.shapeText(b))
	case b.Batched:
		f.usesN = true
		f.declare(name, "%s := %s[:%s] // %s", name, f.place(b), times("n", b.Size()), f.shapeText(b))
	case f.shared && f.split == ir.ByElement && b.Size() == f.total:
		f.declare(name, "%s := %s[lo:hi]", name, f.place(b))
	case f.s.sp.Scalar:
		f.declare(name, "%s := (*[%d]%s)(%s)", name, b.Size(), f.s.elem(b), f.place(b))
	default:
		f.declare(name, "%s := %s", name, f.place(b))
	}
	return name
}

// cut is the part of a slice of rows that the function works on.
func (f *function) cut() string {
	if f.shared && f.split == ir.ByRow {
		return "[lo:hi]"
	}
	return ""
}

func (f *function) shapeText(b *ir.Buf) string { return strings.Replace(b.ShapeText(), "[B", "[n", 1) }

// rowPointer is the variable that points to the row of a batched buffer, within the loop over rows of a workspace of
// scalars, and the place in the row: h[3]. Its length is a constant, so that no bound is checked.
func (f *function) rowPointer(r *ir.Ref) (name string, rest ir.Index, ok bool) {
	b := r.Buf
	if f.row == nil || !b.Batched || b.Size() == 1 || b.Store == ir.InOutput {
		return "", rest, false
	}
	rest.Add = r.Index.Add
	found := false
	for _, t := range r.Index.Terms {
		if t.At == nil && t.Var == ir.Row {
			if found || t.Mul != b.Size() {
				return "", rest, false
			}
			found = true
			continue
		}
		rest.Terms = append(rest.Terms, t)
	}
	if !found {
		return "", rest, false
	}
	name = f.s.names[b]
	if !f.row.declared[name] {
		f.row.declared[name] = true
		if b.Store == ir.InPort {
			f.row.pending = append(f.row.pending, stmt("%s := &%s[r]", name, f.s.portSlice(b)))
		} else {
			f.row.pending = append(f.row.pending, stmt("%s := (*[%d]%s)(%s[%s:])", name, b.Size(), f.s.elem(b), f.place(b), times("r", b.Size())))
		}
	}
	return name, rest, true
}

// steps prints steps in paragraphs.
func (f *function) steps(steps []*ir.Step) []jen.Code {
	var code []jen.Code
	for _, g := range f.groups(steps) {
		if g.loop {
			code = append(code, f.rows(g.steps)...)
			continue
		}
		s := g.steps[0]
		if s.Repeat != nil {
			args := ""
			if f.shared {
				args = "w, lo, hi"
			}
			code = append(code, f.repeat(s.Repeat, args)...)
			continue
		}
		code = append(code, f.heading(s)...)
		var body []jen.Code
		if s.Call != nil {
			body = f.call(s)
		} else {
			body = f.body(s)
		}
		code = append(code, f.pending...)
		f.pending = nil
		code = append(code, f.formula(s)...)
		code = append(code, body...)
	}
	return code
}

// heading is the comment that opens a paragraph: the line of the source and its shapes.
//
//	// mnist.nn:12: dense(128) -> relu  [B, 784] -> [B, 128]
func (f *function) heading(s *ir.Step) []jen.Code {
	p := paragraph{s.Line, s.Back}
	if p == f.last || s.Line == nil {
		return nil
	}
	f.last = p
	l := s.Line
	text := fmt.Sprintf("%s:%d: %s", f.s.p.File, l.Span.Start.Line, l.Text)
	in, out := l.In, l.Out
	if s.Back {
		text += ", backward"
		in, out = out, in
	}
	switch {
	case in != "" && out != "":
		text += "  " + in + " -> " + out
	case in+out != "":
		text += "  " + in + out
	}
	return []jen.Code{f.blank, comment("%s", text)}
}

// formula is the comment with a step's formulas. Where there are blocks, long ones stand once; elsewhere is said where.
func (f *function) formula(s *ir.Step) []jen.Code {
	if s.Doc == "" {
		return nil
	}
	const long = 3 // lines
	if len(f.s.blocks) > 0 && strings.Count(s.Doc, "\n") >= long {
		of, _, _ := strings.Cut(s.Doc, "\n")
		switch first := f.s.formulas[s.Doc]; first {
		case "":
			f.s.formulas[s.Doc] = f.name
		case f.name:
		default:
			return []jen.Code{comment("%s as in %s", of, first)}
		}
	}
	var code []jen.Code
	for line := range strings.SplitSeq(s.Doc, "\n") {
		code = append(code, comment("%s", line))
	}
	return code
}

// group is a step, or neighbours that run in one loop over rows.
type group struct {
	steps []*ir.Step
	loop  bool
}

// groups joins neighbouring steps in a workspace of scalars, where each is a loop over rows: a step reads of the batch only
// its own row, or what was complete before the loop.
func (f *function) groups(steps []*ir.Step) []group {
	var out []group
	var made map[*ir.Buf]bool // for the whole batch, by the group at hand
	for _, s := range steps {
		if !f.s.sp.Scalar || !overRows(s) {
			out = append(out, group{steps: []*ir.Step{s}})
			continue
		}
		waits := false
		walkStep(s, func(b *ir.Buf) { waits = waits || made[b] })
		if len(out) == 0 || !out[len(out)-1].loop || waits {
			out = append(out, group{loop: true})
			made = map[*ir.Buf]bool{}
		}
		g := &out[len(out)-1]
		g.steps = append(g.steps, s)
		walkStored(s.Body, func(b *ir.Buf) { made[b] = made[b] || !b.Batched })
	}
	return out
}

// overRows says whether a step is loops over rows that can be one, with nothing before them but sums that are set to 0.
func overRows(s *ir.Step) bool {
	zeros, loops := startAndLoops(s)
	for _, st := range zeros {
		if set, ok := st.(*ir.Set); !ok || set.Add || set.Guard != nil || !set.E.IsConst(0) || set.Dst.Buf.Batched {
			return false
		}
	}
	made := map[*ir.Buf]bool{} // for the whole batch
	for _, st := range loops {
		l, ok := st.(*ir.Loop)
		if !ok || l.Var != ir.Row || l.To != (ir.Extent{N: 1, Rows: true}) {
			return false
		}
		waits := false
		walkStmts(l.Body, func(b *ir.Buf) { waits = waits || made[b] })
		if waits {
			return false
		}
		walkStored(l.Body, func(b *ir.Buf) { made[b] = made[b] || !b.Batched })
	}
	return len(loops) > 0
}

// startAndLoops parts a step's statements before its first loop.
func startAndLoops(s *ir.Step) (start, loops []ir.Stmt) {
	i := 0
	for i < len(s.Body) {
		if _, ok := s.Body[i].(*ir.Loop); ok {
			break
		}
		i++
	}
	return s.Body[:i], s.Body[i:]
}

// rows prints steps in one loop over rows.
//
//	for r := range n { … }
func (f *function) rows(steps []*ir.Step) []jen.Code {
	var code []jen.Code
	oneLine := !slices.ContainsFunc(steps, func(s *ir.Step) bool { return s.Line != steps[0].Line || s.Back != steps[0].Back })
	if oneLine {
		code = append(code, f.heading(steps[0])...)
	} else {
		code = append(code, f.blank)
	}
	zeros := f.zeros(steps)
	k := f.block().inner()
	f.row = &rowLoop{declared: map[string]bool{}}
	over := ir.Extent{N: 1, Rows: true}
	f.loops[ir.Row] = over
	for i, s := range steps {
		if h := f.heading(s); h != nil {
			if i == 0 {
				h = h[1:] // no blank line at the start of a block
			}
			k.code = append(k.code, h...)
		}
		before := len(k.code)
		_, loops := startAndLoops(s)
		for _, l := range loops {
			k.stmts(l.(*ir.Loop).Body)
		}
		body := slices.Clone(k.code[before:])
		k.code = append(k.code[:before], f.row.pending...)
		f.row.pending = nil
		k.code = append(k.code, f.formula(s)...)
		k.code = append(k.code, body...)
	}
	delete(f.loops, ir.Row)
	f.row = nil
	code = append(code, f.pending...)
	f.pending = nil
	code = append(code, zeros...)
	return append(code, jen.For(jen.Id("r := range "+f.extent(over))).Block(k.code...))
}

// zeros prints the starts of sums over the batch: a buffer all of which is set to 0 is cleared.
func (f *function) zeros(steps []*ir.Step) []jen.Code {
	k := f.block()
	places := map[*ir.Buf]map[int]bool{}
	var order []*ir.Buf
	var sets []*ir.Set
	for _, s := range steps {
		start, _ := startAndLoops(s)
		for _, st := range start {
			set := st.(*ir.Set)
			b := set.Dst.Buf
			if places[b] == nil {
				places[b] = map[int]bool{}
				order = append(order, b)
			}
			places[b][set.Dst.Index.Add] = true
			sets = append(sets, set)
		}
	}
	for _, b := range order {
		if len(places[b]) == b.Size() && f.s.field(b) && b.Store != ir.InField {
			k.add(stmt("clear(%s)", f.place(b)))
			continue
		}
		for _, s := range sets {
			if s.Dst.Buf == b {
				k.set(s)
			}
		}
	}
	return k.code
}

// body prints the statements of a step. Where workers share it, its outermost loops run over their part.
func (f *function) body(s *ir.Step) []jen.Code {
	if s.Time != nil {
		return f.overTime(s.Time)
	}
	if !f.shared || f.split == ir.Serial || f.split == ir.ByRow {
		k := f.block()
		k.stmts(s.Body)
		return k.code
	}
	k := f.block()
	if f.split == ir.ByElement {
		for _, st := range s.Body {
			l, ok := st.(*ir.Loop)
			if !ok || l.To != (ir.Extent{N: f.total}) {
				panic(fmt.Sprintf("codegen: %s: a step of a phase by elements is no loop over all %d", s.Doc, f.total))
			}
			k.loop(l, "hi - lo", reads(l.Body, l.Var), func(in *block) { in.stmts(l.Body) })
		}
		return k.code
	}
	f.share(k, leadingOf(s.Buf))
	per := 1 // elements of a step's result for each of its leading axis
	lead := 1
	if !s.Buf.Batched && len(s.Buf.Shape) > 0 {
		lead = s.Buf.Shape[0]
		per = s.Buf.Size() / max(lead, 1)
	}
	for _, st := range s.Body {
		l, ok := st.(*ir.Loop)
		if !ok || lead == 1 && !s.Buf.Batched { // a single result: whoever has the share that holds it
			in := k.inner()
			in.stmt(st)
			k.add(jen.If(stmt("from < to")).Block(in.code...))
			continue
		}
		from, to := "from", "to"
		switch {
		case l.To == ir.Extent{N: lead, Rows: s.Buf.Batched}:
		case l.To == ir.Extent{N: lead * per, Rows: s.Buf.Batched}:
			from, to = times(from, per), times(to, per)
		default:
			panic(fmt.Sprintf("codegen: %s: the outermost loop runs to %s, not along the leading axis of %s", s.Doc, l.To, s.Buf.ShapeText()))
		}
		f.loops[l.Var] = l.To
		in := k.inner()
		in.leaveOut(l.Guard)
		in.stmts(l.Body)
		delete(f.loops, l.Var)
		k.add(jen.For(jen.Id(fmt.Sprintf("%s := %s; %s < %s; %s++", l.Var, from, l.Var, to, l.Var))).Block(in.code...))
	}
	return k.code
}

// overTime prints a loop over time. Formulas stand above what they describe.
//
//	for time := range 20 { … }
//	for time := 19; time >= 0; time-- { … }
func (f *function) overTime(l *ir.TimeLoop) []jen.Code {
	k := f.block().inner()
	f.loops[l.Var] = ir.Extent{N: l.T}
	for _, s := range l.Steps {
		k.code = append(k.code, f.formula(s)...)
		if s.Call != nil {
			k.code = append(k.code, f.call(s)...)
			continue
		}
		k.stmts(s.Body)
	}
	delete(f.loops, l.Var)
	head := fmt.Sprintf("%s := range %d", l.Var, l.T)
	if l.Reverse {
		head = fmt.Sprintf("%s := %d; %s >= 0; %s--", l.Var, l.T-1, l.Var, l.Var)
	}
	return []jen.Code{jen.For(jen.Id(head)).Block(k.code...)}
}

// shares is how many parts a phase by shares has.
const shares = 64

// leadingOf is the extent of a buffer's leading axis, as text.
func leadingOf(b *ir.Buf) string {
	switch {
	case b.Batched:
		return "n"
	case len(b.Shape) == 0:
		return "1"
	}
	return fmt.Sprint(b.Shape[0])
}

// share computes which part of an axis the shares lo to hi are.
//
//	from, to := lo*784/64, hi*784/64
func (f *function) share(k *block, leading string) {
	if leading == f.leading {
		return
	}
	op := "="
	if f.leading == "" {
		op = ":="
	}
	f.leading = leading
	if leading == "n" {
		f.usesN = true
	}
	part := func(s string) string {
		if leading != "1" {
			s += "*" + leading
		}
		return s
	}
	k.add(stmt("from, to %s %s/%d, %s/%d", op, part("lo"), shares, part("hi"), shares))
}

// call prints the call of a kernel.
//
//	rt.MatMul(relu1, image, t.dense1Weight, n, 784, 128, rt.Epilogue[float32]{Bias: t.dense1Bias, Act: rt.ActReLU})
func (f *function) call(s *ir.Step) []jen.Code {
	c := s.Call
	k := f.block()
	m, kk, n := f.extent(c.M), f.extent(c.K), f.extent(c.N)
	// The rows (of SumRows the columns) of the result that are computed here, and where they start.
	rows, start := m, ""
	if f.shared && f.split == ir.ByShare {
		lead := leadingOf(c.Dst)
		f.share(k, lead)
		scale := 1 // the result's axes before the last may be several
		if c.Kernel.Name != "SumRows" {
			scale = c.M.N
			if len(c.Dst.Shape) > 0 && !c.Dst.Batched {
				scale /= c.Dst.Shape[0]
			}
		} else if len(c.Dst.Shape) > 0 {
			scale = c.N.N / c.Dst.Shape[0]
		}
		start = times("from", scale)
		rows = "to-from"
		if scale != 1 {
			rows = fmt.Sprintf("(to-from)*%d", scale)
		}
	}
	arg := func(b *ir.Buf, from string) string {
		name := f.place(b)
		if b.Batched || b.Store == ir.InPort || b.Store == ir.InOutput {
			name = f.slice(b)
		}
		if from == "" {
			return name
		}
		return name + "[" + from + ":]"
	}
	switch c.Kernel.Name {
	case "MatMul", "MatMulNT":
		dst, a := arg(c.Dst, scaled(start, extentN(c.N))), arg(c.A, scaled(start, extentN(c.K)))
		k.add(stmt("rt.%s(%s, %s, %s, %s, %s, %s, %s)", c.Kernel.Name, dst, a, arg(c.B, ""), rows, kk, n,
			f.epilogue(c, func(b *ir.Buf) string { return arg(b, "") }, func(b *ir.Buf) string { return arg(b, scaled(start, extentN(c.N))) })))
	case "MatMulTN":
		k.add(stmt("rt.MatMulTN(%s, %s, %s, %s, %s, %s, %s)", arg(c.Dst, scaled(start, extentN(c.N))), arg(c.A, start),
			arg(c.B, ""), rows, kk, n, m))
	case "SumRows":
		cols := n
		if start != "" {
			cols = rows
		}
		k.add(stmt("rt.SumRows(%s, %s, %s, %s, %s)", arg(c.Dst, start), arg(c.A, start), m, cols, n))
	default:
		panic("codegen: the parameters of the kernel " + c.Kernel.Name + " are not known")
	}
	return k.code
}

// scaled is times, of nothing too.
func scaled(start string, k int) string {
	if start == "" {
		return ""
	}
	return times(start, k)
}

// extentN is a size that must be known now.
func extentN(e ir.Extent) int {
	if e.Rows {
		panic("codegen: a kernel's inner size depends on the batch")
	}
	return e.N
}

// epilogue prints what a product does to its sums.
func (f *function) epilogue(c *ir.KernelCall, whole, rows func(*ir.Buf) string) string {
	var set []string
	if c.Bias != nil {
		set = append(set, "Bias: "+whole(c.Bias))
	}
	if c.Act != "" {
		set = append(set, "Act: rt.Act"+c.Act)
	}
	if c.Mask != nil {
		set = append(set, "Mask: "+rows(c.Mask))
	}
	return "rt.Epilogue[" + f.s.p.Type + "]{" + strings.Join(set, ", ") + "}"
}

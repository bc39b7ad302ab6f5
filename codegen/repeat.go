package codegen

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// A block of the plan, a part of a function that repeats with other buffers, becomes a struct of these buffers, an array of
// such structs in the workspace, and one method that is called for each of them:
//
//	for i := range t.blocks.forwardDense {
//		t.forwardDense(&t.blocks.forwardDense[i], w, lo, hi)
//	}
//
// Where the buffers lie is a table in the constructor, a line an instance.

// Blocks of the same form but for their sizes (stages of a ResNet, whose channels double) become one such method, and the
// sizes fields of the struct. They are found in what would be printed: see same.

// family is the blocks that are printed as one: the first gives the names.
type family struct {
	blocks []*ir.Block
	sizes  [][]int // of each size a value for each block
	read   int     // the first of them are fields of the struct: the others are lengths of slices
	decls  string  // the struct and the methods
	fields string  // of the struct literal in the constructor
}

func (f *family) name() string { return f.blocks[0].Name }

// instances are those of all blocks.
func (f *family) instances() []ir.Instance {
	var list []ir.Instance
	for _, k := range f.blocks {
		list = append(list, k.Instances...)
	}
	return list
}

// span names the instances: dense2 to dense21.
func (f *family) span() string {
	var list []string
	for _, k := range f.blocks {
		if len(k.Instances) > 0 {
			list = append(list, span(k.Instances))
		}
	}
	return strings.Join(list, ", ")
}

func span(list []ir.Instance) string {
	first, last := list[0].Name, list[len(list)-1].Name
	if first == last {
		return first
	}
	return first + " to " + last
}

// blockName is the struct's name: forwardDenseMNIST.
func (s *space) blockName(f *family) string { return f.name() + s.p.Name }

// atHand is the field that tells workers which instance they work on, of a block of whole phases.
func atHand(f *family) string { return "at" + ir.GoName(f.name(), true) }

// makeFamilies prints the blocks, and finds which are printed as one.
func (s *space) makeFamilies() {
	s.families = nil
	s.home = map[*ir.Block]*family{}
	like := map[*ir.Block][]*ir.Block{}
	for _, k := range s.blocks {
		like[k.Like] = append(like[k.Like], k)
	}
	var add func(list []*ir.Block)
	add = func(list []*ir.Block) {
		f := &family{blocks: list}
		for _, k := range list {
			s.home[k] = f
		}
		var decls, fields []string
		for _, k := range list {
			s.marked = len(list) > 1
			decls, fields = append(decls, s.declare(f, k)), append(fields, s.literal(k))
			s.marked = false
		}
		if len(list) > 1 && !f.merge(s, decls, fields) {
			for _, k := range list {
				add([]*ir.Block{k})
			}
			return
		}
		if len(list) == 1 {
			f.decls, f.fields = decls[0], fields[0]
		}
		s.families = append(s.families, f)
	}
	for _, k := range s.blocks { // each behind those that it repeats itself
		if list := like[k.Like]; list[0] == k {
			add(list)
		}
	}
}

// declare prints the struct and the methods of a block by the names of its family.
func (s *space) declare(f *family, k *ir.Block) string {
	file := jen.NewFile("p")
	s.blockType(file, f, k)
	s.blockMethod(file, f, k)
	if !k.Within {
		for i, ph := range k.Phases {
			if s.shared(ph) {
				s.shareMethod(file, method{f.blocks[0].Phases[i].Name, ph, k})
			}
		}
	}
	var b strings.Builder
	if err := file.Render(&b); err != nil {
		panic(fmt.Sprintf("codegen: the block %s: %v", k.Name, err))
	}
	_, text, _ := strings.Cut(b.String(), "package p\n")
	return joinSlices(strings.TrimSpace(text))
}

// whole is the declaration of a slice that a method works on as it is.
var whole = regexp.MustCompile(`^\t([a-zA-Z_0-9]+) := (b\.([a-zA-Z_0-9]+))$`)

// joinSlices puts neighbouring declarations of whole slices into one: mean, std := b.mean, b.std.
func joinSlices(decls string) string {
	var out, names, fields []string
	flush := func() {
		if names != nil {
			out = append(out, "\t"+strings.Join(names, ", ")+" := "+strings.Join(fields, ", "))
		}
		names, fields = nil, nil
	}
	for line := range strings.SplitSeq(decls, "\n") {
		if m := whole.FindStringSubmatch(line); m != nil && m[1] == m[3] {
			names, fields = append(names, m[1]), append(fields, m[2])
			continue
		}
		flush()
		out = append(out, line)
	}
	flush()
	return strings.Join(out, "\n")
}

// blockType prints the struct of a block.
//
//	type forwardDenseMNIST struct {
//		weight  []float32 // [100, 100], in theta
//		bias    []float32 // [100], in theta
//		reluIn  []float32 // [B, 100]
//		relu    []float32 // [B, 100]
//	}
func (s *space) blockType(file *jen.File, f *family, k *ir.Block) {
	doc(file, fmt.Sprintf("%s is what %s works on.", s.blockName(f), f.name()))
	var fields []jen.Code
	for _, b := range s.fieldsOf(k) {
		fields = append(fields, s.slot(b))
	}
	for i := range k.Streams {
		fields = append(fields, stmt("stream%d uint32 // of random numbers", i+1))
	}
	for _, r := range nested(k.Phases) {
		fields = append(fields, stmt("%s %s", s.calls[r], s.blockName(s.home[r.Block])))
	}
	file.Type().Id(s.blockName(f)).Struct(fields...)
}

// fieldsOf are the buffers that a block's own steps mention; the others are those of blocks within it.
func (s *space) fieldsOf(k *ir.Block) []*ir.Buf {
	own := map[*ir.Buf]bool{}
	walkOwn(k.Phases, func(st *ir.Step) { walkStep(st, func(b *ir.Buf) { own[b] = true }) })
	return slices.DeleteFunc(slices.Clone(k.Bufs), func(b *ir.Buf) bool { return !own[b] })
}

// nested are the instances of other blocks in a block's body.
func nested(phases []*ir.Phase) []*ir.Repeat {
	var list []*ir.Repeat
	for _, ph := range phases {
		if ph.Repeat != nil {
			list = append(list, ph.Repeat)
		}
		for _, st := range ph.Steps {
			if st.Repeat != nil {
				list = append(list, st.Repeat)
			}
		}
	}
	return list
}

// walkOwn visits the steps of phases but those of blocks.
func walkOwn(phases []*ir.Phase, visit func(*ir.Step)) {
	for _, ph := range phases {
		for _, st := range ph.Steps {
			if st.Repeat == nil {
				visit(st)
			}
		}
	}
}

// blockFields are the workspace's fields for the blocks.
func (s *space) blockFields() []jen.Code {
	if len(s.blocks) == 0 {
		return nil
	}
	var list []jen.Code
	for _, f := range s.families {
		if n := len(f.instances()); n > 0 {
			list = append(list, stmt("%s [%d]%s // %s", f.name(), n, s.blockName(f), f.span()))
		}
		if !f.blocks[0].Within {
			list = append(list, stmt("%s *%s // the one that workers are at", atHand(f), s.blockName(f)))
		}
	}
	return []jen.Code{jen.Line(), comment("What repeats with other buffers."), jen.Id("blocks").Struct(list...)}
}

// bindBlocks prints the tables of the constructor.
//
//	for i, at := range [...][4]int{
//		{10100, 20100, 0, 100}, // dense2
//		…
//	} {
//		t.blocks.forwardDense[i] = forwardDenseMNIST{
//			weight: m.theta[at[0]:][:10000],
//			…
//		}
//	}
func (s *space) bindBlocks() []jen.Code {
	var code []jen.Code
	for _, f := range s.families {
		if len(f.instances()) == 0 {
			continue
		}
		var rows strings.Builder
		for n, k := range f.blocks {
			for _, i := range k.Instances {
				var at []string
				for _, b := range i.Bufs {
					at = append(at, strconv.Itoa(b.Offset))
				}
				for _, n := range i.Streams {
					at = append(at, strconv.FormatUint(uint64(n), 10))
				}
				for _, size := range f.sizes {
					at = append(at, strconv.Itoa(size[n]))
				}
				fmt.Fprintf(&rows, "\n{%s}, // %s", strings.Join(at, ", "), i.Name)
			}
		}
		k := f.blocks[0]
		code = append(code,
			comment("Where the buffers of %s start.", f.name()),
			jen.For(stmt("i, at := range [...][%d]int{%s\n}", len(k.Bufs)+k.Streams+len(f.sizes), packRows(rows.String()))).Block(
				stmt("%s.blocks.%s[i] = %s{%s\n}", s.recv, f.name(), s.blockName(f), packFields(f.fields))))
	}
	return code
}

// Widths of lines that hold several fields or rows.
const (
	packWidth = 120
	manyRows  = 64 // short rows that are more stand several a line, without their names
	manyLines = 12 // fields that are more stand several a line
)

// packRows puts short rows of a long table side by side.
func packRows(rows string) string {
	lines := strings.Split(strings.TrimPrefix(rows, "\n"), "\n")
	if len(lines) <= manyRows {
		return rows
	}
	for i, l := range lines {
		lines[i], _, _ = strings.Cut(l, " // ")
		if len(lines[i]) > packWidth/2 {
			return rows
		}
	}
	return pack(lines)
}

// packFields puts fields of a large struct side by side.
func packFields(fields string) string {
	lines := strings.Split(strings.TrimPrefix(fields, "\n"), "\n")
	if len(lines) <= manyLines {
		return fields
	}
	return pack(lines)
}

// pack joins lines up to a width, those that open or close braces alone apart.
func pack(lines []string) string {
	var b strings.Builder
	width := 0
	for _, l := range lines {
		brace := strings.HasSuffix(l, "{") || l == "},"
		if width == 0 || brace || width+len(l) > packWidth {
			b.WriteString("\n")
			width = 0
		} else {
			b.WriteString(" ")
		}
		b.WriteString(l)
		width += len(l) + 1
		if brace {
			width = 0
		}
	}
	return b.String()
}

// literal prints the fields of a block's struct in the constructor, from the row at of the table.
func (s *space) literal(k *ir.Block) string {
	var at []string
	for j := range len(k.Bufs) + k.Streams {
		at = append(at, fmt.Sprintf("at[%d]", j))
	}
	return s.literalOf(k, k.Bufs, at[:len(k.Bufs)], at[len(k.Bufs):])
}

// literalOf prints the fields of a struct whose buffers start at given places.
func (s *space) literalOf(k *ir.Block, bufs []*ir.Buf, at, streams []string) string {
	var fields strings.Builder
	place := map[*ir.Buf]string{} // by the block's own
	for j, b := range k.Bufs {
		place[b] = at[j]
	}
	for _, own := range s.fieldsOf(k) {
		b := bufs[slices.Index(k.Bufs, own)]
		vector, from, size := s.vector(b), place[own], strconv.Itoa(b.Size())
		switch {
		case b.Store == ir.InArena && b.Batched:
			from, size = s.most+"*"+from, times(s.most, b.Size())
			if s.marked {
				size = fmt.Sprintf("%s*%d", s.most, b.Size())
			}
		case b.Store == ir.InArena:
			from = plus(times(s.most, s.sp.Row), from)
		}
		fmt.Fprintf(&fields, "\n%s: %s[%s:][:%s],", s.names[own], vector, from, size)
	}
	for j, n := range streams {
		fmt.Fprintf(&fields, "\nstream%d: uint32(%s),", j+1, n)
	}
	for _, r := range nested(k.Phases) {
		var inner []string
		for _, b := range r.With.Bufs {
			p := place[b]
			if p == "" { // the same buffer everywhere
				p = strconv.Itoa(b.Offset)
			}
			inner = append(inner, p)
		}
		home := s.home[r.Block]
		fmt.Fprintf(&fields, "\n%s: %s{%s", s.calls[r], s.blockName(home), s.literalOf(r.Block, r.With.Bufs, inner, nil))
		for j, size := range home.sizes[:home.read] {
			fmt.Fprintf(&fields, "\ns%d: %d,", j+1, size[slices.Index(home.blocks, r.Block)])
		}
		fields.WriteString("\n},")
	}
	return fields.String()
}

// vector is the slice that a buffer is a part of.
func (s *space) vector(b *ir.Buf) string {
	switch b.Store {
	case ir.InTheta:
		return s.model + ".theta"
	case ir.InFixed:
		return s.model + ".fixed"
	case ir.InGrad:
		return s.recv + ".grad"
	case ir.InState:
		return s.recv + ".state"
	}
	if b.Elem == ir.Int {
		return "ints"
	}
	return "arena"
}

// repeat prints the loop over the instances of a block; args follow the instance.
func (f *function) repeat(r *ir.Repeat, args string) []jen.Code {
	recv, home := f.s.recv, f.s.home[r.Block]
	if r.With != nil {
		f.last = paragraph{}
		if args != "" {
			args = ", " + args
		}
		return []jen.Code{stmt("%s.%s(&b.%s%s)", recv, home.name(), f.s.calls[r], args)}
	}
	code := []jen.Code{f.blank, comment("%s", span(r.Instances()))}
	f.last = paragraph{}
	all := recv + ".blocks." + home.name()
	if args != "" {
		args = ", " + args
	}
	from := r.From
	for _, k := range home.blocks {
		if k == r.Block {
			break
		}
		from += len(k.Instances)
	}
	to := from + r.To - r.From
	switch {
	case to == from+1:
		return append(code, stmt("%s.%s(&%s[%d]%s)", recv, home.name(), all, from, args))
	case from == 0 && to == len(home.instances()):
		return append(code, jen.For(stmt("i := range %s", all)).Block(stmt("%s.%s(&%s[i]%s)", recv, home.name(), all, args)))
	}
	return append(code, jen.For(jen.Id(fmt.Sprintf("i := %d; i < %d; i++", from, to))).Block(stmt("%s.%s(&%s[i]%s)", recv, home.name(), all, args)))
}

// blockMethod prints the method of a block: of steps with the rows or shares to compute, of phases the handing of each
// to the pool.
func (s *space) blockMethod(file *jen.File, home *family, k *ir.Block) {
	name := home.name()
	what := "for one of its instances: they differ only in their buffers."
	if len(home.blocks) > 1 {
		what = "for one of its instances: they differ only in their buffers and sizes."
	}
	if !k.Within {
		f := s.function(name, ir.Serial, false)
		f.of = k
		phases := make([]*ir.Phase, len(k.Phases)) // by the names of the family
		for i, ph := range k.Phases {
			named := *ph
			named.Name = home.blocks[0].Phases[i].Name
			phases[i] = &named
		}
		body := append([]jen.Code{stmt("%s.blocks.%s = b", s.recv, atHand(home))}, f.phases(phases)...)
		doc(file, fmt.Sprintf("%s runs its phases %s", name, what))
		fn(file, s.recv+" *"+s.typ, name, "(b *"+s.blockName(home)+")", f.code(body)...)
		return
	}
	ph := k.Phases[0]
	params := ""
	f := s.function(name, ph.Split, s.shared(ph))
	f.of = k
	switch ph.Split {
	case ir.Serial:
		what = fmt.Sprintf("%s computes all %s", name, what)
	case ir.ByRow:
		what = fmt.Sprintf("%s computes rows lo to hi of the batch %s", name, what)
	case ir.ByShare:
		what = fmt.Sprintf("%s computes the shares lo to hi of %d %s", name, shares, what)
	}
	if f.shared {
		params = ", w *rt.Worker, lo, hi int"
	}
	doc(file, what)
	fn(file, s.recv+" *"+s.typ, name, "(b *"+s.blockName(home)+params+")", f.code(f.steps(ph.Steps))...)
}

// Numbers that blocks of one family may have different are found in their text. While it is printed, a number of the
// model's type that looks like an integer is marked by its type, float32_64, since a size in its place must be converted.
var (
	words     = regexp.MustCompile(`[A-Za-z_][A-Za-z_0-9]*|[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|\s+|.`)
	integers  = regexp.MustCompile(`^[0-9]+$`)
	markedInt = regexp.MustCompile(`^(float32|float64)_([0-9]+)$`)
	marks     = regexp.MustCompile(`\bfloat(?:32|64)_([0-9]+)\b`)
)

// mark marks a number while blocks of a family are printed.
func (s *space) mark(number, typ string) string {
	if s.marked && integers.MatchString(number) {
		return typ + "_" + number
	}
	return number
}

// merge makes one text of those of the blocks, where they differ in integers alone: these become fields of the struct.
func (f *family) merge(s *space, decls, fields []string) bool {
	m := &merger{sizes: map[string]int{}}
	merged, ok := m.texts(decls, "s%d", s.p.Type)
	if !ok {
		return false
	}
	read := len(m.values) // sizes that the methods read; what follows is lengths of slices
	literal, ok := m.texts(fields, fmt.Sprintf("at[%d+%%d]", len(f.blocks[0].Bufs)+f.blocks[0].Streams-1), s.p.Type)
	if !ok {
		return false
	}
	f.sizes = m.values
	var names []string
	for j := range read {
		names = append(names, fmt.Sprintf("s%d", j+1))
	}
	f.read = read
	for j := range names {
		literal += fmt.Sprintf("\ns%d: at[%d],", j+1, len(f.blocks[0].Bufs)+f.blocks[0].Streams+j)
	}
	f.fields = tableIndex.ReplaceAllStringFunc(literal, func(x string) string { // at[3+2] is at[5]
		p := tableIndex.FindStringSubmatch(x)
		a, _ := strconv.Atoi(p[1])
		b, _ := strconv.Atoi(p[2])
		return fmt.Sprintf("at[%d]", a+b)
	})
	f.decls = merged
	if names != nil {
		f.decls = withSizes(merged, names, s.blockName(f))
	}
	return true
}

var tableIndex = regexp.MustCompile(`at\[([0-9]+)\+([0-9]+)\]`)

// merger collects the sizes in which texts differ.
type merger struct {
	sizes  map[string]int // number of each row of values
	values [][]int
}

// texts merges texts line by line. Where code differs in integers, a size stands in their place; in comments too where it
// is known from the code, else the first text's number.
func (m *merger) texts(list []string, name, typ string) (string, bool) {
	lines := make([][]string, len(list))
	for i, t := range list {
		lines[i] = strings.Split(t, "\n")
		if len(lines[i]) != len(lines[0]) {
			return "", false
		}
	}
	code, notes := make([][]string, len(lines[0])), make([][]string, len(lines[0]))
	out := make([]string, len(lines[0]))
	for n := range out {
		for i := range list {
			c, note, found := strings.Cut(lines[i][n], "//")
			if found {
				note = "//" + note
			}
			code[n], notes[n] = append(code[n], strings.TrimRight(c, " \t")), append(notes[n], note)
		}
		line, ok := m.line(code[n], name, true)
		if !ok {
			return "", false
		}
		out[n] = line
	}
	for n := range out {
		note := notes[n][0]
		if merged, ok := m.line(notes[n], name, false); ok {
			note = merged
		}
		if note != "" {
			out[n] += " " + note
		}
	}
	return marks.ReplaceAllString(strings.Join(out, "\n"), "$1"), true
}

// line merges the text of one line.
func (m *merger) line(list []string, name string, code bool) (string, bool) {
	var rows [][]string
	for _, l := range list {
		row := words.FindAllString(l, -1)
		if len(rows) > 0 && len(row) != len(rows[0]) {
			return "", false
		}
		rows = append(rows, row)
	}
	var out strings.Builder
	for i, w := range rows[0] {
		values := make([]int, len(rows))
		differ, typ := false, ""
		for k, row := range rows {
			differ = differ || row[i] != w && strings.TrimSpace(row[i]+w) != "" // gofmt aligns again
			number := row[i]
			if p := markedInt.FindStringSubmatch(number); p != nil {
				typ, number = p[1], p[2]
			}
			values[k] = -1
			if integers.MatchString(number) {
				values[k], _ = strconv.Atoi(number)
			}
		}
		if !differ {
			out.WriteString(w)
			continue
		}
		if slices.Contains(values, -1) {
			return "", false
		}
		key := fmt.Sprint(values)
		n, known := m.sizes[key]
		switch {
		case known:
		case !code:
			out.WriteString(w)
			continue
		default:
			m.values = append(m.values, values)
			n = len(m.values)
			m.sizes[key] = n
		}
		size := fmt.Sprintf(name, n)
		if typ != "" {
			size = typ + "(" + size + ")"
		}
		out.WriteString(size)
	}
	return out.String(), true
}

// withSizes adds the sizes to the struct, and to each method those that it reads as variables.
func withSizes(decls string, names []string, typ string) string {
	var out []string
	lines := strings.Split(decls, "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		out = append(out, line)
		switch {
		case strings.HasPrefix(line, "type "+typ+" struct"):
			out = append(out, strings.Join(names, ", ")+" int // sizes")
		case strings.HasPrefix(line, "func "):
			if strings.HasPrefix(strings.TrimSpace(lines[i+1]), "b := ") {
				i++
				out = append(out, lines[i])
			}
			used := map[string]bool{}
			for _, l := range lines[i+1:] {
				if l == "}" {
					break
				}
				code, _, _ := strings.Cut(l, "//")
				for _, w := range words.FindAllString(code, -1) {
					used[w] = true
				}
			}
			var local, field []string
			for _, n := range names {
				if used[n] {
					local, field = append(local, n), append(field, "b."+n)
				}
			}
			if local != nil {
				out = append(out, strings.Join(local, ", ")+" := "+strings.Join(field, ", "))
			}
		}
	}
	return strings.Join(out, "\n")
}

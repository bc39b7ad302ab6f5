package codegen

import (
	"fmt"
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

// blockName is the struct's name: forwardDenseMNIST.
func (s *space) blockName(k *ir.Block) string { return k.Name + s.p.Name }

// atHand is the field that tells workers which instance they work on, of a block of whole phases.
func atHand(k *ir.Block) string { return "at" + ir.GoName(k.Name, true) }

// blockType prints the struct of a block.
//
//	type forwardDenseMNIST struct {
//		weight  []float32 // [100, 100], in theta
//		bias    []float32 // [100], in theta
//		reluIn  []float32 // [B, 100]
//		relu    []float32 // [B, 100]
//	}
func (s *space) blockType(file *jen.File, k *ir.Block) {
	doc(file, fmt.Sprintf("%s is what %s works on.", s.blockName(k), k.Name))
	var fields []jen.Code
	for _, b := range k.Bufs {
		fields = append(fields, s.slot(b))
	}
	for i := range k.Streams {
		fields = append(fields, stmt("stream%d uint32 // of random numbers", i+1))
	}
	file.Type().Id(s.blockName(k)).Struct(fields...)
}

// blockFields are the workspace's fields for the blocks.
func (s *space) blockFields() []jen.Code {
	if len(s.blocks) == 0 {
		return nil
	}
	var list []jen.Code
	for _, k := range s.blocks {
		list = append(list, stmt("%s [%d]%s // %s", k.Name, len(k.Instances), s.blockName(k), span(k.Instances)))
		if !k.Within {
			list = append(list, stmt("%s *%s // the one that workers are at", atHand(k), s.blockName(k)))
		}
	}
	return []jen.Code{jen.Line(), comment("What repeats with other buffers."), jen.Id("blocks").Struct(list...)}
}

// span names instances: dense2 to dense21.
func span(list []ir.Instance) string {
	first, last := list[0].Name, list[len(list)-1].Name
	if first == last {
		return first
	}
	return first + " to " + last
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
	for _, k := range s.blocks {
		var rows, fields strings.Builder
		for _, i := range k.Instances {
			var at []string
			for _, b := range i.Bufs {
				at = append(at, strconv.Itoa(b.Offset))
			}
			for _, n := range i.Streams {
				at = append(at, strconv.FormatUint(uint64(n), 10))
			}
			fmt.Fprintf(&rows, "\n{%s}, // %s", strings.Join(at, ", "), i.Name)
		}
		for j, b := range k.Bufs {
			vector, from, size := s.vector(b), fmt.Sprintf("at[%d]", j), strconv.Itoa(b.Size())
			switch {
			case b.Store == ir.InArena && b.Batched:
				from, size = s.most+"*"+from, times(s.most, b.Size())
			case b.Store == ir.InArena:
				from = plus(times(s.most, s.sp.Row), from)
			}
			fmt.Fprintf(&fields, "\n%s: %s[%s:][:%s],", s.names[b], vector, from, size)
		}
		for j := range k.Streams {
			fmt.Fprintf(&fields, "\nstream%d: uint32(at[%d]),", j+1, len(k.Bufs)+j)
		}
		code = append(code,
			comment("Where the buffers of %s start.", k.Name),
			jen.For(stmt("i, at := range [...][%d]int{%s\n}", len(k.Bufs)+k.Streams, rows.String())).Block(
				stmt("%s.blocks.%s[i] = %s{%s\n}", s.recv, k.Name, s.blockName(k), fields.String())))
	}
	return code
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
	recv, k := f.s.recv, r.Block
	code := []jen.Code{f.blank, comment("%s", span(r.Instances()))}
	f.last = paragraph{}
	all := recv + ".blocks." + k.Name
	if r.From > 0 || r.To < len(k.Instances) {
		code = append(code, stmt("part := %s[%d:%d]", all, r.From, r.To))
		all = "part"
	}
	if args != "" {
		args = ", " + args
	}
	loop := jen.For(stmt("i := range %s", all)).Block(stmt("%s.%s(&%s[i]%s)", recv, k.Name, all, args))
	if all == "part" {
		return append(code[:2], jen.Block(code[2], loop))
	}
	return append(code, loop)
}

// blockMethod prints the method of a block: of steps with the rows or shares to compute, of phases the handing of each
// to the pool.
func (s *space) blockMethod(file *jen.File, k *ir.Block) {
	what := fmt.Sprintf("for an instance of %s: they differ only in their buffers.", span(k.Instances))
	if !k.Within {
		f := s.function(k.Name, ir.Serial, false)
		f.of = k
		body := append([]jen.Code{stmt("%s.blocks.%s = b", s.recv, atHand(k))}, f.phases(k.Phases)...)
		doc(file, fmt.Sprintf("%s runs its phases %s", k.Name, what))
		fn(file, s.recv+" *"+s.typ, k.Name, "(b *"+s.blockName(k)+")", f.code(body)...)
		return
	}
	ph := k.Phases[0]
	params := ""
	f := s.function(k.Name, ph.Split, s.shared(ph))
	f.of = k
	switch ph.Split {
	case ir.Serial:
		what = fmt.Sprintf("%s computes all %s", k.Name, what)
	case ir.ByRow:
		what = fmt.Sprintf("%s computes rows lo to hi of the batch %s", k.Name, what)
	case ir.ByShare:
		what = fmt.Sprintf("%s computes the shares lo to hi of %d %s", k.Name, shares, what)
	}
	if f.shared {
		params = ", w *rt.Worker, lo, hi int"
	}
	doc(file, what)
	fn(file, s.recv+" *"+s.typ, k.Name, "(b *"+s.blockName(k)+params+")", f.code(f.steps(ph.Steps))...)
}

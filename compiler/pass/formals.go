package pass

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// blockFamily is blocks of the same form but for their numbers, in the making.
type blockFamily struct {
	split     ir.Split
	blocks    []*ir.Block
	firsts    [][]token      // of each block its first instance
	instances [][][]*ir.Step // of each block
	variants  [][]*variant   // of each block where it stands, and
	runs      [][]run        // from where to where
}

// fill gives the blocks of a family their names, their buffers and their instances, and gives their bodies. Their buffers
// are the same but for their shapes.
func (o *outliner) fill(fn string, family *blockFamily) [][]*ir.Step {
	// Places of one buffer in every instance are one buffer of the blocks.
	var bufs [][]*ir.Buf
	var streams [][]uint32
	var named []ir.Instance
	for _, instances := range family.instances {
		for _, steps := range instances {
			var b []*ir.Buf
			var s []uint32
			c := &ir.Copier{
				Buf:    func(x *ir.Buf) *ir.Buf { b = append(b, x); return x },
				Stream: func(x uint32) (uint32, bool) { s = append(s, x); return x, false },
			}
			for _, st := range steps {
				c.Step(st)
			}
			bufs, streams = append(bufs, b), append(streams, s)
			named = append(named, ir.Instance{Name: o.instanceName(b)})
		}
	}
	bufClass, bufPlaces := classes(bufs)
	streamClass, streamPlaces := classes(streams)

	stem := "Part"
	if n := stemOf(namesOf(named)); n != "" {
		stem = ir.GoName(strings.TrimRight(n[strings.LastIndexByte(n, '.')+1:], "0123456789"), true)
	}
	base := fn + stem
	switch first := family.instances[0][0][0]; {
	case fn == FuncGradient && first.Back:
		base += "Back"
	case family.blocks[0].Within && family.split == ir.ByShare:
		base += "Shares"
	case stem == "Rows" || stem == "Weights": // as phases are called
		base += "Part"
	}

	// What is a buffer of the blocks, and what it is called.
	steps := family.instances[0][0]
	stored := map[*ir.Buf]bool{} // of the first instance
	storedBy(steps, stored)
	formal := make([]string, len(bufPlaces)) // by class; "": the same buffer in all instances
	var order []int                          // the classes of the blocks' buffers
	names := &formalNames{prefix: ir.GoName(stem, false), names: formal}
	for c, place := range bufPlaces {
		b := bufs[0][place]
		differs := slices.ContainsFunc(bufs, func(x []*ir.Buf) bool { return x[place] != b })
		if b.Store != ir.InLoop && (fixed(b) || !differs && o.stands[b] == nil) {
			continue
		}
		var actual []string
		for k := range bufs {
			actual = append(actual, bufs[k][place].Name)
		}
		names.add(c, actual, stored[b])
		if b.Store != ir.InLoop {
			order = append(order, c)
		}
	}
	names.settle()
	slices.SortStableFunc(order, func(x, y int) int { // weights, gradients, what it is given, what it computes
		a, b := bufs[0][bufPlaces[x]], bufs[0][bufPlaces[y]]
		if a.Store != b.Store {
			return cmp.Compare(a.Store, b.Store)
		}
		return cmp.Compare(rank(stored[a]), rank(stored[b]))
	})
	formalStream := make([]int, len(streamPlaces)) // by class; -1: the same in all
	differ := 0
	for c, place := range streamPlaces {
		formalStream[c] = -1
		if slices.ContainsFunc(streams, func(x []uint32) bool { return x[place] != streams[0][place] }) {
			formalStream[c] = differ
			differ++
		}
	}

	var all [][]*ir.Step
	for _, instances := range family.instances {
		all = append(all, instances...)
	}
	k := 0 // of the instances of all blocks
	made := make([][]*ir.Step, len(family.blocks))
	for n, block := range family.blocks {
		block.Like = family.blocks[0]
		block.Name = base
		for k := 2; o.names[block.Name]; k++ {
			block.Name = fmt.Sprintf("%s%d", base, k)
		}
		o.names[block.Name] = true

		own := make([]*ir.Buf, len(formal)) // by class
		for c, name := range formal {
			if b := bufs[k][bufPlaces[c]]; name != "" {
				own[c] = &ir.Buf{Name: name, Shape: b.Shape, Batched: b.Batched, Elem: b.Elem, Store: b.Store}
				o.stands[own[c]] = b
			}
		}
		for _, c := range order {
			block.Bufs = append(block.Bufs, own[c])
		}
		block.Streams = differ

		buf, stream := 0, 0
		copier := &ir.Copier{
			Buf: func(b *ir.Buf) *ir.Buf {
				f := own[bufClass[buf]]
				buf++
				if f == nil {
					return b
				}
				return f
			},
			Stream: func(s uint32) (uint32, bool) {
				f := formalStream[streamClass[stream]]
				stream++
				if f < 0 {
					return s, false
				}
				return uint32(f), true
			},
		}
		lines := linesOf(family.instances[n][0], family.instances[0][0], all)
		for i, s := range family.instances[n][0] {
			copied := copier.Step(s)
			copied.Line = lines[i]
			made[n] = append(made[n], copied)
		}
		for range family.instances[n] {
			instance := named[k]
			for _, c := range order {
				instance.Bufs = append(instance.Bufs, bufs[k][bufPlaces[c]])
			}
			for c, f := range formalStream {
				if f >= 0 {
					instance.Streams = append(instance.Streams, streams[k][streamPlaces[c]])
				}
			}
			block.Instances = append(block.Instances, instance)
			k++
		}
	}
	return made
}

// linesOf gives the lines that the steps of a block's body belong to: the first instance's, with what others of the family
// say there, if that is something else. All blocks of a family have the paragraphs of its first.
func linesOf(first, lead []*ir.Step, all [][]*ir.Step) []*ir.Line {
	const most = 3 // texts in a heading
	lines := make([]*ir.Line, len(first))
	for i, s := range first {
		lines[i] = s.Line
		switch {
		case s.Line == nil:
			continue
		case i > 0 && lead[i].Line == lead[i-1].Line:
			lines[i] = lines[i-1]
			continue
		}
		line := *s.Line
		var said []string
		for _, steps := range all {
			if l := steps[i].Line; l != nil && !slices.Contains(said, l.Text) {
				said = append(said, l.Text)
			}
		}
		if len(said) > most {
			said = append(said[:most], "…")
		}
		line.Text = strings.Join(said, " | ")
		lines[i] = &line
	}
	return lines
}

func rank(stored bool) int {
	if stored {
		return 1
	}
	return 0
}

// storedBy adds the buffers that steps store into.
func storedBy(steps []*ir.Step, stored map[*ir.Buf]bool) {
	for _, s := range steps {
		if s.Call != nil {
			stored[s.Call.Dst] = true
		}
		for _, b := range s.Body {
			writes(b, func(r *ir.Ref) { stored[r.Buf] = true })
		}
		if s.Time != nil {
			storedBy(s.Time.Steps, stored)
		}
	}
}

// classes numbers the places of lists of equal length: places that hold the same in each list have one number. It gives
// the number of each place, and the first place of each number.
func classes[T comparable](lists [][]T) (class, places []int) {
	class = make([]int, len(lists[0]))
	for _, list := range lists {
		type key struct {
			class int
			v     T
		}
		number := map[key]int{}
		for i, v := range list {
			k := key{class[i], v}
			if _, ok := number[k]; !ok {
				number[k] = len(number)
			}
			class[i] = number[k]
		}
	}
	for i, c := range class {
		if c == len(places) {
			places = append(places, i)
		}
	}
	return class, places
}

// instanceName says which part of the net an instance is, by the layers whose weights, or else whose values, it works on.
func (o *outliner) instanceName(bufs []*ir.Buf) string {
	bufs = slices.Clone(bufs)
	for i, b := range bufs {
		for o.stands[b] != nil {
			b = o.stands[b]
		}
		bufs[i] = b
	}
	var paths []string
	note := func(path string) {
		if path != "" && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	for _, b := range bufs {
		if b.Value != nil && b.Value.Param != nil {
			path := b.Value.Param.Name
			note(path[:max(0, strings.LastIndexByte(path, '.'))])
		}
	}
	if paths == nil {
		for _, b := range bufs {
			if b.Value != nil && b.Value.Def != nil && b.Value.Def.Src != nil {
				note(b.Value.Def.Src.Name)
			}
		}
	}
	if len(paths) == 0 {
		return ""
	}
	// The innermost block that most are in: of an instance that starts amid a block some belong to the next.
	rest := make([][]string, len(paths))
	for i, p := range paths {
		rest[i] = strings.Split(p, ".")
	}
	var scope []string
	for {
		count := map[string]int{}
		most := ""
		for _, p := range rest {
			if len(p) > len(scope) {
				part := p[len(scope)]
				if count[part]++; count[part] > count[most] {
					most = part
				}
			}
		}
		if 2*count[most] <= len(paths) {
			break
		}
		rest = slices.DeleteFunc(rest, func(p []string) bool { return len(p) <= len(scope) || p[len(scope)] != most })
		scope = append(scope, most)
	}
	if scope == nil {
		return paths[0]
	}
	return strings.Join(scope, ".")
}

func namesOf(instances []ir.Instance) []string {
	var names []string
	for _, i := range instances {
		names = append(names, i.Name)
	}
	return names
}

var parts = regexp.MustCompile(`[0-9]+|[^0-9]+`)

// stemOf is what names have in common, without the numbers that differ: Residual of Residual1, Residual2, Residual3. The one in
// the middle says what is usual, and others are left aside: what the first of a row reads is seldom called like the rest.
func stemOf(names []string) string {
	typical := parts.FindAllString(names[len(names)/2], -1)
	differ := make([]bool, len(typical))
	same := 0
	for _, n := range names {
		p := parts.FindAllString(n, -1)
		if !slices.EqualFunc(p, typical, func(a, b string) bool { return a == b || digit(a) && digit(b) }) {
			continue
		}
		same++
		for i := range p {
			differ[i] = differ[i] || p[i] != typical[i]
		}
	}
	s := ""
	for i, p := range typical {
		if !differ[i] && !(same == 1 && digit(p)) {
			s += p
		}
	}
	return s
}

func digit(s string) bool { return s[0] >= '0' && s[0] <= '9' }

// formalNames names the buffers of a block after those that they stand for.
type formalNames struct {
	prefix string // the block's own name, which its buffers need not repeat
	names  []string
	list   []formalName
}

type formalName struct {
	at     int // in names
	stem   string
	stored bool
}

func (f *formalNames) add(at int, actual []string, stored bool) {
	stem := stemOf(actual)
	grad := len(stem) > 1 && stem[0] == 'd' && stem[1] >= 'A' && stem[1] <= 'Z'
	_, short, within := strings.Cut(ir.GoName(stem, true), ir.GoName(f.prefix, true))
	if short = strings.TrimLeft(short, "0123456789_"); within && short != "" && short[0] >= 'A' && short[0] <= 'Z' {
		stem = ir.GoName(short, false)
		if grad {
			stem = "d" + short
		}
	}
	f.list = append(f.list, formalName{at, stem, stored})
}

// settle gives the names, each once: what the body computes has the first right to its name, what it is given is its
// In.
func (f *formalNames) settle() {
	taken := map[string]bool{}
	for _, stored := range []bool{true, false} {
		for _, n := range f.list {
			if n.stored != stored {
				continue
			}
			name := n.stem
			if !stored && taken[name] {
				name += "In"
			}
			stem := name
			for k := 2; taken[name]; k++ {
				name = fmt.Sprintf("%s_%d", stem, k)
			}
			taken[name] = true
			f.names[n.at] = name
		}
	}
}

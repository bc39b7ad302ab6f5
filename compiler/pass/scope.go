package pass

import (
	"cmp"
	"maps"
	"slices"

	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// symbolKind says what a name stands for.
type symbolKind int

const (
	constSymbol      symbolKind = iota // const: a constant expression
	paramSymbol                        // param: one that -set may override
	blockParamSymbol                   // a parameter of a block: known where the block is used
	repeatSymbol                       // a repeat's variable: known turn by turn
	inputSymbol                        // an input of a model
	targetSymbol                       // a target of a model
	blockInputSymbol                   // a value that flows into a block
	valueSymbol                        // a line's result
)

func (k symbolKind) String() string {
	return [...]string{"const", "param", "block parameter", "repeat variable", "input", "target", "block input", "value"}[k]
}

// flows says whether the name stands for a value of the network, and not for something known before training.
func (k symbolKind) flows() bool { return k >= inputSymbol }

// A symbol is a name that was given, once in its scope.
type symbol struct {
	name string
	kind symbolKind
	span diag.Span // of the name
	used bool

	bind     *binding // of a const or param
	wordLike bool     // of a block parameter: an argument takes it that accepts words
}

// binding is the value of a const or param, computed on first use.
type binding struct {
	expr  *dsl.Expr
	scope *scope
	set   *setting // the -set that overrides it
	state int      // 0 not computed, 1 being computed, 2 computed
	value any      // float64, bool, string, []any; nil where that failed
}

// scope holds the names given in a stretch of the file. Names of the scopes around it are seen and cannot be given again.
type scope struct {
	outer   *scope
	symbols map[string]*symbol
	score   bool // of a loss or metric line, where targets may be read
	block   bool // of a block, where nothing of a model is seen
}

func newScope(outer *scope) *scope { return &scope{outer: outer, symbols: map[string]*symbol{}} }

// scores says whether s belongs to a loss or metric line.
func (s *scope) scores() bool { return s != nil && (s.score || s.outer.scores()) }

// find looks a name up, from the inside out; nil where it is unknown.
func (s *scope) find(name string) *symbol {
	for ; s != nil; s = s.outer {
		if y := s.symbols[name]; y != nil {
			return y
		}
	}
	return nil
}

// names lists, sorted, the names seen from s that stand for a value of the network, or for something known before.
func (s *scope) names(flows bool) []string {
	var names []string
	for ; s != nil; s = s.outer {
		for _, y := range s.symbols {
			if y.kind.flows() == flows {
				names = append(names, y.name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// sorted lists the scope's own symbols in the order of the file.
func (s *scope) sorted() []*symbol {
	return slices.SortedFunc(maps.Values(s.symbols), func(a, b *symbol) int {
		return cmp.Compare(a.span.Start.Offset, b.span.Start.Offset)
	})
}

// declare gives a name. A name that is taken is reported, and stands for what it stood for.
func (r *resolver) declare(s *scope, name string, kind symbolKind, at diag.Span) *symbol {
	y := &symbol{name: name, kind: kind, span: at}
	if old := s.find(name); old != nil {
		r.add(diag.DuplicateName, at, "choose another name", "%s is a name already", name).note(old.span, "%s %s is declared here", article(old.kind.String()), name)
		return y
	}
	s.symbols[name] = y
	return y
}

// unused reports the names of s that nothing reads.
func (r *resolver) unused(s *scope) {
	for _, y := range s.sorted() {
		if y.used {
			continue
		}
		help := "delete it, or use it"
		switch y.kind {
		case repeatSymbol:
			help = "leave the variable out: repeat 3 { … }"
		case valueSymbol:
			help = "leave the name out, or use it"
		}
		r.add(diag.UnusedName, y.span, help, "the %s %s is never used", y.kind, y.name)
	}
}

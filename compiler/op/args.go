package op

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// RawArg is an argument of a call as the file has it, with its expression evaluated.
//
// Value is a float64, a bool, a string (a literal), a WordValue, a []any of these, or a *RawCall.
type RawArg struct {
	Name     string // "" where it is given by its place
	NameSpan diag.Span
	Span     diag.Span // of the value
	Value    any
}

// WordValue is a name that is neither const nor param nor block parameter: pad: same.
type WordValue string

// RawCall is a call as an argument: lr: cosine(0.1), init: normal(0.02).
type RawCall struct {
	Name     string
	NameSpan diag.Span
	Span     diag.Span
	Args     []RawArg
}

// MaxSize is the largest size and count that an argument may name.
const MaxSize = 1 << 24

// Args are the arguments of one call, checked against its definition. The methods that read them panic for a name or a
// type that the definition does not declare, and for an argument that is neither given nor has a default: ask Has first.
type Args struct {
	Def  *Def
	Call diag.Span

	values map[string]any // float64, bool, string, [2]int, []float64, [][]float64 or *Args (a nested call)
	spans  map[string]diag.Span
}

// Bind checks the arguments of a call of def: their names, number, kinds and ranges, those of nested calls as well. The
// diagnostics are all that it found; where there are any, the Args are nil.
func Bind(def *Def, call diag.Span, raw []RawArg) (*Args, diag.List) {
	b := &binder{a: &Args{Def: def, Call: call, values: map[string]any{}, spans: map[string]diag.Span{}}}
	b.match(raw)
	b.fill()
	if len(b.list) == 0 && def.Check != nil {
		if err := def.Check(b.a); err != nil {
			b.list = append(b.list, b.a.Diagnostic(err))
		}
	}
	if len(b.list) > 0 {
		return nil, b.list
	}
	return b.a, nil
}

// binder is the state of one Bind.
type binder struct {
	a    *Args
	list diag.List
}

func (b *binder) fault(code diag.Code, at diag.Span, help, format string, x ...any) {
	b.list = append(b.list, &diag.Diagnostic{
		Code: code, Span: at, Help: help, Message: b.a.Def.Name + ": " + fmt.Sprintf(format, x...),
	})
}

// match gives each argument of the call its declaration, and checks its value.
func (b *binder) match(raw []RawArg) {
	decls := b.a.Def.Args
	named, tooMany := false, false
	for i, r := range raw {
		var d *Arg
		switch {
		case r.Name != "":
			named = true
			k := slices.IndexFunc(decls, func(d Arg) bool { return d.Name == r.Name })
			if k < 0 {
				b.fault(diag.UnknownArgument, r.NameSpan, b.argumentHelp(r.Name), "there is no argument %s", r.Name)
				continue
			}
			d = &decls[k]
		case named:
			b.fault(diag.BadArgument, r.Span, "give it a name, or put it in front", "an argument without a name stands behind one with a name")
			continue
		case i >= len(decls):
			if !tooMany {
				b.fault(diag.TooManyArguments, r.Span, b.argumentHelp(""), "%s, got %d", b.atMost(), len(raw))
			}
			tooMany = true
			continue
		default:
			d = &decls[i]
		}
		if at, twice := b.a.spans[d.Name]; twice {
			b.fault(diag.DuplicateName, r.Span, "", "%s is given twice", d.Name)
			last := b.list[len(b.list)-1]
			last.Notes = append(last.Notes, diag.Note{Span: at, Message: "it is given here already"})
			continue
		}
		b.a.spans[d.Name] = r.Span
		if v := b.value(d, r); v != nil {
			b.a.values[d.Name] = v
		}
	}
}

func (b *binder) atMost() string {
	switch n := len(b.a.Def.Args); n {
	case 0:
		return "it takes no arguments"
	case 1:
		return "it takes one argument"
	default:
		return fmt.Sprintf("it takes at most %d arguments", n)
	}
}

// argumentHelp proposes the nearest argument, or lists all.
func (b *binder) argumentHelp(name string) string {
	var names []string
	for _, d := range b.a.Def.Args {
		names = append(names, d.Name)
	}
	return didYouMean(name, names, b.a.Def.Name+" takes ", "and")
}

// didYouMean is the help for an unknown name: the nearest known one, or a list of all behind lead.
func didYouMean(name string, known []string, lead, conjunction string) string {
	if name != "" {
		if s := diag.Suggest(name, known); s != "" {
			return "did you mean " + s + "?"
		}
	}
	if len(known) == 0 {
		return ""
	}
	return lead + listing(known, conjunction)
}

// listing joins words as a sentence does: a, b and c.
func listing(words []string, conjunction string) string {
	if len(words) == 1 {
		return words[0]
	}
	n := len(words) - 1
	return strings.Join(words[:n], ", ") + " " + conjunction + " " + words[n]
}

// fill demands what is required and sets defaults.
func (b *binder) fill() {
	for i := range b.a.Def.Args {
		d := &b.a.Def.Args[i]
		if _, given := b.a.spans[d.Name]; given {
			continue
		}
		switch {
		case d.Required:
			b.fault(diag.MissingArgument, b.a.Call, "", "%s is missing: %s", d.Name, d.Doc)
		case d.Default != nil:
			if v := b.fallback(d); v != nil {
				b.a.values[d.Name] = v
			}
		}
	}
}

// fallback is the default of an argument as a bound value; nil where it is another's, which failed.
func (b *binder) fallback(d *Arg) any {
	switch v := d.Default.(type) {
	case SameAs:
		return b.a.values[string(v)]
	case string:
		if d.Type == Init {
			return b.nested(Initialiser, &RawCall{Name: v})
		}
	case float64:
		if d.Type == SizePair || d.Type == WholePair {
			return [2]int{int(v), int(v)}
		}
	}
	return d.Default
}

// value checks the value of r against its declaration; nil where that failed.
func (b *binder) value(d *Arg, r RawArg) any {
	wrong := func(want string) any {
		b.fault(diag.BadArgument, r.Span, "", "%s must be %s, got %s", d.Name, want, describe(r.Value))
		return nil
	}
	if w, ok := r.Value.(WordValue); ok && len(d.Words) > 0 {
		if slices.Contains(d.Words, string(w)) {
			return string(w)
		}
		may := slices.Clone(d.Words)
		if d.Type != Word {
			may = append(may, d.numberText())
		}
		b.fault(diag.UnknownWord, r.Span, didYouMean(string(w), may, "it may be ", "or"), "%s cannot be %s", d.Name, w)
		return nil
	}
	switch d.Type {
	case Size, Whole, Number:
		if x, ok := r.Value.(float64); ok {
			return b.number(d, r, x)
		}
		return wrong(d.Takes())
	case SizePair, WholePair:
		switch x := r.Value.(type) {
		case float64:
			return b.pair(d, r, []any{x, x})
		case []any:
			return b.pair(d, r, x)
		}
		return wrong(d.Takes())
	case Bool:
		if x, ok := r.Value.(bool); ok {
			return x
		}
		return wrong("true or false")
	case Word:
		return wrong(listing(d.Words, "or"))
	case Numbers, Wholes, BoolOrList:
		switch x := r.Value.(type) {
		case bool:
			if d.Type == BoolOrList {
				return x
			}
		case float64:
			if d.Type == Numbers {
				if v := b.number(d, r, x); v != nil {
					return []float64{x}
				}
				return nil
			}
		case []any:
			return b.numbers(d, r, x)
		}
		return wrong(map[ArgType]string{
			Numbers: "a number or a list of numbers", Wholes: "a list of whole numbers", BoolOrList: "true, false or a list of numbers",
		}[d.Type])
	case Matrix:
		return b.matrix(d, r)
	case Init:
		var call *RawCall
		switch x := r.Value.(type) {
		case WordValue:
			call = &RawCall{Name: string(x), NameSpan: r.Span, Span: r.Span}
		case *RawCall:
			call = x
		default:
			return wrong("an initialiser, such as he_normal")
		}
		if def := Lookup(Initialiser, call.Name); def != nil && def.Matrix && d.Vector {
			b.fault(diag.BadArgument, r.Span, "", "%s sets a vector, and %s is for matrices", d.Name, call.Name)
			return nil
		}
		return b.nested(Initialiser, call)
	case Rate:
		switch x := r.Value.(type) {
		case float64:
			return b.number(d, r, x)
		case *RawCall:
			return b.nested(Schedule, x)
		case WordValue:
			return b.nested(Schedule, &RawCall{Name: string(x), NameSpan: r.Span, Span: r.Span})
		}
		return wrong("a number or a schedule, such as cosine(0.1)")
	}
	panic("op: argument " + d.Name + " of " + b.a.Def.Name + " has the unknown type " + string(d.Type))
}

// nested binds the call of an initialiser or a schedule; its result is an *Args, or nil.
func (b *binder) nested(kind Kind, call *RawCall) any {
	def := Lookup(kind, call.Name)
	if def == nil {
		b.list = append(b.list, Unknown(kind, call.Name, call.NameSpan))
		return nil
	}
	a, list := Bind(def, call.Span, call.Args)
	b.list = append(b.list, list...)
	if a == nil {
		return nil
	}
	return a
}

// number checks a number's wholeness and range; nil where that failed.
func (b *binder) number(d *Arg, r RawArg, x float64) any {
	code := diag.Code("")
	size := d.Type == Size || d.Type == SizePair
	count := d.Type == Whole || d.Type == WholePair || d.Type == Wholes
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		code = diag.BadArgument
	case (size || count) && x != math.Trunc(x):
		code = diag.NotWhole
	case size && (x < 1 || x > MaxSize):
		code = diag.BadSize
	case count && (x < 0 || x > MaxSize):
		code = diag.BadArgument
	case !d.Bounded.hold(x, d.Min, d.Max):
		code = diag.BadArgument
	default:
		return x
	}
	want := d.numberText()
	if x > MaxSize && (size || count) {
		want = fmt.Sprintf("a whole number of at most %d", MaxSize)
	}
	b.fault(code, r.Span, "", "%s must be %s, got %s", d.Name, want, show(x))
	return nil
}

// numberText says what numbers an argument takes.
func (d *Arg) numberText() string {
	lo, hi := show(d.Min), show(d.Max)
	switch d.Type {
	case Size:
		return "a whole number of at least 1"
	case Whole, Wholes:
		return "a whole number of at least 0"
	case SizePair:
		return "a whole number of at least 1, or [h, w]"
	case WholePair:
		return "a whole number of at least 0, or [h, w]"
	}
	return map[Bounds]string{
		Unbounded: "a finite number",
		AtLeast:   "a number of at least " + lo,
		Above:     "a number above " + lo,
		Within:    "a number from " + lo + " to " + hi,
		Share:     "a number of at least " + lo + " and below " + hi,
	}[d.Bounded]
}

// hold says whether x is within bounds.
func (b Bounds) hold(x, lo, hi float64) bool {
	switch b {
	case AtLeast:
		return x >= lo
	case Above:
		return x > lo
	case Within:
		return lo <= x && x <= hi
	case Share:
		return lo <= x && x < hi
	}
	return true
}

// pair checks the numbers of [h, w], and gives a [2]int; nil where that failed.
func (b *binder) pair(d *Arg, r RawArg, list []any) any {
	if len(list) != 2 {
		b.fault(diag.BadArgument, r.Span, "", "%s must be %s, got a list of %d", d.Name, d.Takes(), len(list))
		return nil
	}
	var out [2]int
	for i, v := range list {
		x, ok := v.(float64)
		if !ok {
			b.fault(diag.BadArgument, r.Span, "", "%s must be %s, it holds %s", d.Name, d.Takes(), describe(v))
			return nil
		}
		if b.number(d, r, x) == nil {
			return nil
		}
		out[i] = int(x)
	}
	return out
}

// numbers checks a list of numbers; nil where that failed.
func (b *binder) numbers(d *Arg, r RawArg, list []any) any {
	out := make([]float64, 0, len(list))
	for _, v := range list {
		x, ok := v.(float64)
		if !ok {
			b.fault(diag.BadArgument, r.Span, "", "%s must be a list of numbers, it holds %s", d.Name, describe(v))
			return nil
		}
		if b.number(d, r, x) == nil {
			return nil
		}
		if math.Abs(x) > math.MaxFloat32 { // lists become arrays of the generated code
			b.fault(diag.BadArgument, r.Span, "", "%s must hold numbers that float32 has, below 3.4e38, it holds %s", d.Name, show(x))
			return nil
		}
		out = append(out, x)
	}
	if len(out) == 0 {
		b.fault(diag.BadArgument, r.Span, "", "%s is an empty list", d.Name)
		return nil
	}
	return out
}

// matrix checks a list of rows of equal length; nil where that failed.
func (b *binder) matrix(d *Arg, r RawArg) any {
	list, ok := r.Value.([]any)
	if !ok {
		b.fault(diag.BadArgument, r.Span, "", "%s must be a list of rows, each a list of numbers, got %s", d.Name, describe(r.Value))
		return nil
	}
	rows := make([][]float64, 0, len(list))
	for _, v := range list {
		row, ok := v.([]any)
		if !ok {
			b.fault(diag.BadArgument, r.Span, "", "%s must be a list of rows, each a list of numbers: it holds %s", d.Name, describe(v))
			return nil
		}
		x := b.numbers(d, r, row)
		if x == nil {
			return nil
		}
		rows = append(rows, x.([]float64))
		if n, first := len(row), len(rows[0]); n != first {
			b.fault(diag.BadShape, r.Span, "", "the rows of %s must be of one length, got %d and %d", d.Name, first, n)
			return nil
		}
	}
	if len(rows) == 0 {
		b.fault(diag.BadArgument, r.Span, "", "%s is an empty list", d.Name)
		return nil
	}
	return rows
}

// show writes a number as people do: 1e-8, 16777217.
func show(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e15 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strings.Replace(ir.Number(x), "e-0", "e-", 1)
}

// describe names a value in a message.
func describe(v any) string {
	switch x := v.(type) {
	case float64:
		return show(x)
	case bool:
		return fmt.Sprint(x)
	case string:
		return fmt.Sprintf("the string %q", x)
	case WordValue:
		return "the name " + string(x)
	case *RawCall:
		return x.Name + "(…)"
	case []any:
		return "a list"
	}
	panic(fmt.Sprintf("op: an argument of type %T", v))
}

// get reads an argument and holds its declaration to one of types.
func (a *Args) get(name string, types ...ArgType) any {
	k := slices.IndexFunc(a.Def.Args, func(d Arg) bool { return d.Name == name })
	if k < 0 || !slices.Contains(types, a.Def.Args[k].Type) {
		panic(fmt.Sprintf("op: %s has no argument %s of type %v", a.Def.Name, name, types))
	}
	v, ok := a.values[name]
	if !ok {
		panic(fmt.Sprintf("op: %s of %s is read, but neither given nor defaulted", name, a.Def.Name))
	}
	return v
}

// Given says whether the call itself has the argument.
func (a *Args) Given(name string) bool {
	_, ok := a.spans[name]
	return ok
}

// Has says whether the argument has a value, given or by default.
func (a *Args) Has(name string) bool {
	_, ok := a.values[name]
	return ok
}

// Span is the place of an argument's value, or of the call where it is not given.
func (a *Args) Span(name string) diag.Span {
	if s, ok := a.spans[name]; ok {
		return s
	}
	return a.Call
}

// Int reads a Size or a Whole.
func (a *Args) Int(name string) int { return int(a.get(name, Size, Whole).(float64)) }

// Float reads a Number.
func (a *Args) Float(name string) float64 { return a.get(name, Number).(float64) }

// Bool reads a Bool, or whether a BoolOrList is a list or true.
func (a *Args) Bool(name string) bool {
	v := a.get(name, Bool, BoolOrList)
	if x, ok := v.(bool); ok {
		return x
	}
	return true
}

// Pair reads a SizePair or a WholePair: height and width, equal where one number is given. It panics where a word is.
func (a *Args) Pair(name string) [2]int { return a.get(name, SizePair, WholePair).([2]int) }

// Word reads a Word, or the word that stands for a Whole or a WholePair, "" where that is in numbers.
func (a *Args) Word(name string) string {
	w, _ := a.get(name, Word, Whole, WholePair).(string)
	return w
}

// Floats reads Numbers, or the list of a BoolOrList, nil where that is true or false. A single number is a list of one.
func (a *Args) Floats(name string) []float64 {
	v, _ := a.get(name, Numbers, BoolOrList).([]float64)
	return slices.Clone(v)
}

// Ints reads Wholes.
func (a *Args) Ints(name string) []int {
	var s []int
	for _, x := range a.get(name, Wholes).([]float64) {
		s = append(s, int(x))
	}
	return s
}

// Matrix reads a Matrix by its rows.
func (a *Args) Matrix(name string) [][]float64 { return a.get(name, Matrix).([][]float64) }

// Init reads an initialiser.
func (a *Args) Init(name string) ir.Init {
	nested := a.get(name, Init).(*Args)
	return nested.Def.Init(nested)
}

// Rate reads a rate: a constant, or what a schedule makes of the clock; a scalar either way.
func (a *Args) Rate(c *Clock, name string) *ir.Value {
	switch v := a.get(name, Rate).(type) {
	case float64:
		return c.Const(v)
	case *Args:
		return v.Def.Schedule(c, v)
	}
	panic("op: a rate is neither number nor schedule")
}

// Warmup is the largest number among a and its nested calls that must be below the number of epochs trained, and what
// declares it; 0 where there is none.
func (a *Args) Warmup() (epochs float64, by *Args, arg string) {
	for _, d := range a.Def.Args {
		switch v := a.values[d.Name].(type) {
		case float64:
			if d.InEpochs && v > epochs {
				epochs, by, arg = v, a, d.Name
			}
		case *Args:
			if e, b, n := v.Warmup(); e > epochs {
				epochs, by, arg = e, b, n
			}
		}
	}
	return epochs, by, arg
}

// CheckEpochs finds a warm-up that would not end before the training of so many epochs does; nil where there is none.
func (a *Args) CheckEpochs(epochs int) *diag.Diagnostic {
	e, by, arg := a.Warmup()
	if e == 0 || e < float64(epochs) {
		return nil
	}
	return by.Diagnostic(Errorf(diag.BadArgument, "%s must be below the %d epochs that are trained, got %s", arg, epochs, show(e)).Blame(arg))
}

// Diagnostic says where a user's mistake stands: an argument's is headed by the operator's name, any other has it for its
// subject.
func (a *Args) Diagnostic(e *Error) *diag.Diagnostic {
	d := &diag.Diagnostic{Code: e.Code, Span: a.Call, Message: a.Def.Name + " " + e.Message, Help: e.Help}
	if e.Arg != "" {
		d.Span, d.Message = a.Span(e.Arg), a.Def.Name+": "+e.Message
	}
	return d
}

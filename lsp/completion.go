package lsp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/compiler/pass"
	"github.com/nnc-lang/nnc/dsl"
)

// completion lists what can stand at a place. The client matches it with what has been typed.
func (s *server) completion(p placeParams) ([]completionItem, error) {
	snap, off, err := s.place(p)
	if err != nil {
		return nil, err
	}
	cursor, ok := dsl.CursorAt([]byte(snap.src), off)
	if !ok {
		return []completionItem{}, nil
	}
	s.mu.Lock()
	client := s.client.TextDocument.Completion.CompletionItem
	s.mu.Unlock()
	c := &completer{
		snap: snap, off: off, cursor: cursor, items: []completionItem{},
		formats: client.DocumentationFormat, snippets: client.SnippetSupport,
		at: textRange{snap.position(cursor.Start), snap.position(off)},
	}
	c.complete()
	return c.items, nil
}

// completer collects what can stand at a cursor.
type completer struct {
	snap     *snapshot
	off      int
	cursor   dsl.Cursor
	formats  []string // of documentation, which the client shows
	snippets bool     // the client fills in places
	at       textRange
	items    []completionItem
}

// add adds an item. What comes first is shown first, where the client has no better order. doc is Markdown. insert is a snippet.
func (c *completer) add(label string, kind int, detail, doc, insert string) {
	it := completionItem{Label: label, Kind: kind, Detail: detail, SortText: fmt.Sprintf("%04d", len(c.items))}
	if doc != "" {
		it.Documentation = markup(c.formats, doc, plain(doc))
	}
	it.TextEdit = &textEdit{c.at, label}
	if insert != "" && c.snippets {
		it.TextEdit.NewText, it.InsertTextFormat = insert, snippetFormat
	}
	c.items = append(c.items, it)
}

// plain takes the marks of Markdown out of documentation.
func plain(doc string) string {
	var b strings.Builder
	for line := range strings.Lines(doc) {
		if !strings.HasPrefix(line, "```") {
			b.WriteString(strings.ReplaceAll(line, "`", ""))
		}
	}
	return strings.TrimSpace(b.String())
}

// complete finds out what the cursor stands in.
func (c *completer) complete() {
	i := len(c.cursor.Frames) - 1
	f := c.cursor.Frames[i]
	switch f.Place {
	case dsl.InFile:
		c.declaration(f.Tokens)
	case dsl.InModel:
		c.item(f.Tokens)
	case dsl.InSettings:
		c.setting(f.Tokens)
	case dsl.InBody:
		c.statement(f.Tokens)
	case dsl.InParams:
		if last(f.Tokens) == "=" {
			c.known()
		}
	case dsl.InArgs:
		c.arguments(i)
	case dsl.InTuple:
		if c.isConstant(i) {
			c.expression(f.Tokens)
		} else {
			c.pipe(lastPart(f.Tokens), "")
		}
	case dsl.InDims, dsl.InList:
		c.expression(lastPart(f.Tokens))
	}
}

// isConstant says whether a bracket stands where everything is known before training.
func (c *completer) isConstant(i int) bool {
	for ; i > 0; i-- {
		outer := c.cursor.Frames[i-1]
		switch outer.Place {
		case dsl.InArgs, dsl.InDims, dsl.InList, dsl.InParams, dsl.InSettings:
			return true
		case dsl.InFile:
			return true
		case dsl.InModel:
			word := first(outer.Tokens)
			return word != "loss" && word != "metric" && word != "shared"
		case dsl.InBody:
			return first(outer.Tokens) == "repeat"
		}
	}
	return true
}

func (c *completer) declaration(toks []dsl.Token) {
	switch first(toks) {
	case "":
		c.keywords(declarations)
	case "const", "param":
		c.binding(toks)
	}
}

func (c *completer) keywords(words []keyword) {
	for _, k := range words {
		c.add(k.word, kindKeyword, "", k.doc, k.snippet)
	}
}

// binding completes const or param name = value.
func (c *completer) binding(toks []dsl.Token) {
	if len(toks) > 2 && toks[2].Text == "=" {
		c.expression(toks[3:])
	}
}

// expression completes a constant expression: a name where an operand is wanted.
func (c *completer) expression(toks []dsl.Token) {
	if wantsOperand(toks) {
		c.known()
	}
}

// known adds the names of what is known before training.
func (c *completer) known() {
	c.names(func(k pass.NameKind) bool { return !k.Flows() && !k.Called() && k != pass.ModelName })
}

// names adds names of the file that are seen here.
func (c *completer) names(wanted func(pass.NameKind) bool) {
	score := slices.ContainsFunc(c.cursor.Frames, func(f dsl.Frame) bool {
		return f.Place == dsl.InModel && (first(f.Tokens) == "loss" || first(f.Tokens) == "metric")
	})
	for _, n := range c.snap.seen(c.off, score, wanted) {
		if n.Span.Start.Offset <= c.cursor.Start && c.cursor.Start <= n.Span.End.Offset {
			continue // it is being given here
		}
		kind, detail, insert := kindVariable, string(n.Kind), ""
		switch n.Kind {
		case pass.ConstName:
			kind = kindConstant
		case pass.ParamName:
			kind = kindProperty
		case pass.BlockName, pass.SharedName:
			kind = kindModule
			if n.Block != nil && hasRequired(n.Block) {
				insert = n.Name + "($0)"
			}
		}
		if n.Value != "" {
			detail += " = " + n.Value
		}
		c.add(n.Name, kind, detail, nameText(n), insert)
	}
}

func hasRequired(b *dsl.Block) bool {
	return slices.ContainsFunc(b.Params, func(p *dsl.BlockParam) bool { return p.Default == nil })
}

// item completes an item of a model.
func (c *completer) item(toks []dsl.Token) {
	switch word := first(toks); word {
	case "":
		c.keywords(items)
	case "const", "param":
		c.binding(toks)
	case "input", "target":
		if len(toks) == 2 && toks[1].Name || last(toks) == "]" {
			c.keywords([]keyword{classType})
		}
	case "shared":
		if len(toks) > 2 && toks[2].Text == "=" {
			c.pipe(toks[3:], "")
		}
	case "loss":
		c.pipe(toks[1:], op.Loss)
	case "metric":
		c.pipe(toks[1:], op.MetricKind)
	case "optimizer":
		if len(toks) == 1 {
			c.operators(op.Optimizer)
		}
	case "data":
		if len(toks) == 1 {
			c.sources()
		}
	}
}

// sources adds what a data item can name.
func (c *completer) sources() {
	for _, d := range pass.DataSources() {
		insert := ""
		if d.Args != "" {
			insert = d.Name + "($0)"
		}
		c.add(d.Name, kindFunction, d.Doc, sourceText(&d), insert)
	}
}

// operators adds the operators of a kind.
func (c *completer) operators(k op.Kind) {
	names := op.Names(k)
	slices.Sort(names)
	for _, name := range names {
		if name < "A" {
			continue // + - * / are not called by name
		}
		def, insert := op.Lookup(k, name), ""
		if slices.ContainsFunc(def.Args, func(a op.Arg) bool { return a.Required }) {
			insert = name + "($0)"
		}
		c.add(name, kindFunction, op.Signature(def), operatorText(def), insert)
	}
}

// setting completes a setting of train.
func (c *completer) setting(toks []dsl.Token) {
	if len(toks) == 0 {
		for _, t := range pass.Settings() {
			if !t.Later {
				c.add(t.Name, kindProperty, t.Takes+"; default "+t.Default, settingText(&t), t.Name+": $0")
			}
		}
		return
	}
	if len(toks) < 2 || toks[1].Text != ":" || !wantsOperand(toks[2:]) {
		return
	}
	for _, t := range pass.Settings() {
		if t.Name != toks[0].Text {
			continue
		}
		if len(toks) == 2 {
			for _, w := range t.Words {
				c.add(w, kindEnumMember, "", "", "")
			}
			if t.Metric {
				c.metrics()
			}
		}
		if len(t.Words) == 0 || len(toks) > 2 {
			c.known()
		}
	}
}

// metrics adds the metrics of the model at hand.
func (c *completer) metrics() {
	for _, d := range c.snap.parsed().best.Decls {
		if d.Model == nil || !touches(d.Span, c.off) {
			continue
		}
		for _, it := range d.Model.Items {
			if it.Metric == nil {
				continue
			}
			call := it.Metric.Head.Call
			if n := len(it.Metric.Calls); n > 0 {
				call = it.Metric.Calls[n-1]
			}
			if call != nil && op.Lookup(op.MetricKind, call.Name) != nil {
				c.add(call.Name, kindEnumMember, "metric", "", "")
			}
		}
	}
}

// statement completes a line of a body.
func (c *completer) statement(toks []dsl.Token) {
	if first(toks) == "repeat" {
		switch {
		case len(toks) == 1:
			c.known()
		case len(toks) == 2 && toks[1].Name:
			c.add("in", kindKeyword, "", "", "")
		case len(toks) > 2 && toks[2].Text == "in":
			c.expression(toks[3:])
		default:
			c.expression(toks[1:])
		}
		return
	}
	if len(toks) == 0 {
		c.pipe(nil, "")
		c.keywords([]keyword{repeatStatement})
		return
	}
	if len(toks) > 1 && toks[0].Name && toks[1].Text == "=" {
		toks = toks[2:]
	}
	c.pipe(toks, "")
}

// pipe completes a pipeline; kind is what it ends in, where that is no layer.
func (c *completer) pipe(toks []dsl.Token, kind op.Kind) {
	value := func() { c.names(func(k pass.NameKind) bool { return k.Flows() }) }
	score := func() {
		if kind != "" {
			c.operators(kind)
		}
		if kind == op.Loss && len(toks) == 0 {
			c.operators(op.Penalty)
		}
	}
	layers := func() {
		c.names(func(k pass.NameKind) bool { return k.Called() })
		c.operators(op.Layer)
	}
	switch {
	case len(toks) == 0:
		score()
		value()
		layers()
	case last(toks) == "->":
		score()
		layers()
	case isSign(last(toks)):
		value()
		c.known()
	}
}

// callee is what a call calls.
type callee struct {
	def    *op.Def
	block  *dsl.Block
	source *pass.DataSource
}

// calleeOf finds what the parenthesis of frame i belongs to.
func (c *completer) calleeOf(i int) callee {
	outer := c.cursor.Frames[i-1]
	toks := outer.Tokens
	name := last(toks)
	before := toks[:len(toks)-1]
	layer := func() callee {
		if def := op.Lookup(op.Layer, name); def != nil {
			return callee{def: def}
		}
		for _, n := range c.snap.names().names {
			if n.Kind == pass.BlockName && n.Name == name {
				return callee{block: n.Block}
			}
		}
		return callee{}
	}
	switch outer.Place {
	case dsl.InBody, dsl.InTuple:
		return layer()
	case dsl.InModel:
		switch first(toks) {
		case "shared":
			return layer()
		case "optimizer":
			return callee{def: op.Lookup(op.Optimizer, name)}
		case "data":
			return callee{source: findSource(name)}
		case "loss", "metric":
			kinds := []op.Kind{op.MetricKind}
			if first(toks) == "loss" {
				kinds = []op.Kind{op.Loss, op.Penalty}
			}
			for _, k := range kinds {
				if def := op.Lookup(k, name); def != nil {
					return callee{def: def}
				}
			}
			return layer()
		}
	case dsl.InArgs:
		to := c.calleeOf(i - 1)
		if to.source != nil {
			return callee{source: findSource(name)} // test: csv(…)
		}
		if to.def == nil {
			break
		}
		switch a := currentArg(to.def, before); {
		case a == nil:
		case a.Type == op.Init:
			return callee{def: op.Lookup(op.Initialiser, name)}
		case a.Type == op.Rate:
			return callee{def: op.Lookup(op.Schedule, name)}
		}
	}
	return callee{}
}

func findSource(name string) *pass.DataSource {
	for _, d := range pass.DataSources() {
		if d.Name == name {
			return &d
		}
	}
	return nil
}

// currentArg is the argument that the last of some tokens belong to; nil where there is none.
func currentArg(def *op.Def, toks []dsl.Token) *op.Arg {
	parts := split(toks)
	part := parts[len(parts)-1]
	if len(part) > 1 && part[1].Text == ":" {
		for i := range def.Args {
			if def.Args[i].Name == part[0].Text {
				return &def.Args[i]
			}
		}
		return nil
	}
	if n := len(parts) - 1; n < len(def.Args) && !slices.ContainsFunc(parts, isNamed) {
		return &def.Args[n]
	}
	return nil
}

func isNamed(part []dsl.Token) bool { return len(part) > 1 && part[1].Text == ":" }

// arguments completes what stands in the parentheses of a call.
func (c *completer) arguments(i int) {
	toks := c.cursor.Frames[i].Tokens
	parts := split(toks)
	part := parts[len(parts)-1]
	to := c.calleeOf(i)
	given := map[string]bool{}
	positional := 0
	for _, p := range parts[:len(parts)-1] {
		if isNamed(p) {
			given[p[0].Text] = true
		} else {
			positional++
		}
	}
	value := part
	if isNamed(part) {
		value = part[2:]
	}
	if !wantsOperand(value) {
		return
	}
	if len(part) == 0 {
		c.argumentNames(to, given, positional)
		if len(given) > 0 {
			return // what follows a named argument has a name
		}
	}
	if len(value) > 0 {
		c.known() // behind a sign
		return
	}
	switch {
	case to.def != nil:
		if a := currentArg(to.def, toks); a != nil {
			c.value(a)
		}
		c.known()
	case to.source != nil:
		if isNamed(part) {
			c.sourceValue(part[0].Text)
		}
	default:
		c.known()
	}
}

// value adds what an argument can be, besides numbers and names of the file.
func (c *completer) value(a *op.Arg) {
	for _, w := range a.Words {
		c.add(w, kindEnumMember, a.Name, "", "")
	}
	switch a.Type {
	case op.Init:
		c.operators(op.Initialiser)
	case op.Rate:
		c.operators(op.Schedule)
	case op.Bool, op.BoolOrList:
		c.add("true", kindValue, "", "", "")
		c.add("false", kindValue, "", "", "")
	}
}

// sourceValue adds what an option of data can be.
func (c *completer) sourceValue(option string) {
	switch option {
	case "standardize":
		c.add("true", kindValue, "", "", "")
		c.add("false", kindValue, "", "", "")
	case "missing":
		c.add("mean", kindEnumMember, "a gap becomes the column's mean", "", "")
		c.add("drop", kindEnumMember, "a row with a gap is left out", "", "")
	case "test":
		c.sources()
		c.known()
	}
}

// argumentNames adds the names of the arguments that are not given yet.
func (c *completer) argumentNames(to callee, given map[string]bool, positional int) {
	add := func(i int, name, detail, doc string) {
		if i >= positional && !given[name] {
			c.add(name+":", kindField, detail, doc, name+": $0")
			c.items[len(c.items)-1].FilterText = name
		}
	}
	switch {
	case to.def != nil:
		for i := range to.def.Args {
			a := &to.def.Args[i]
			add(i, a.Name, a.Takes()+"; "+defaultText(a), argumentText(a))
		}
		if to.def.Weights {
			add(positional, nameArgument, "a word", nameArgumentDoc)
		}
	case to.block != nil:
		for i, p := range to.block.Params {
			detail := "required"
			if p.Default != nil {
				detail = "default " + p.Default.String()
			}
			add(i, p.Name, detail, "")
		}
		add(positional, nameArgument, "a word", nameArgumentDoc)
	case to.source != nil:
		if to.source.Ports {
			for _, n := range c.snap.names().names {
				if (n.Kind == pass.InputName || n.Kind == pass.TargetName) && touches(n.In, c.off) {
					add(positional, n.Name, string(n.Kind), nameText(n))
				}
			}
		}
		for _, o := range to.source.Options {
			add(positional, o, "option", "")
		}
	}
}

func first(toks []dsl.Token) string {
	if len(toks) == 0 {
		return ""
	}
	return toks[0].Text
}

func last(toks []dsl.Token) string {
	if len(toks) == 0 {
		return ""
	}
	return toks[len(toks)-1].Text
}

func isSign(text string) bool { return len(text) == 1 && strings.Contains("+-*/%", text) }

// wantsOperand says whether an operand is missing at the end of an expression.
func wantsOperand(toks []dsl.Token) bool { return len(toks) == 0 || isSign(last(toks)) }

// split parts tokens at the commas that stand in no further bracket; there is one part at least.
func split(toks []dsl.Token) [][]dsl.Token {
	parts := [][]dsl.Token{nil}
	depth := 0
	for _, t := range toks {
		switch t.Text {
		case "(", "[":
			depth++
		case ")", "]":
			depth--
		}
		if t.Text == "," && depth == 0 {
			parts = append(parts, nil)
			continue
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], t)
	}
	return parts
}

func lastPart(toks []dsl.Token) []dsl.Token {
	parts := split(toks)
	return parts[len(parts)-1]
}

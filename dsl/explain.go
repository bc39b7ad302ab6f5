package dsl

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// participle says which token it did not expect, and which grammar types it did.
// A user knows nothing of the grammar's types, so the functions below look at the
// token, its neighbours and the brackets around it instead, and say what was
// probably meant.

var (
	declWords = []string{"const", "param", "block", "model"}
	itemWords = []string{"const", "param", "input", "target", "shared", "layers", "loss", "metric", "optimizer", "data", "train"}
)

// A Place is what the innermost bracket around a token belongs to.
type Place int

const (
	InFile     Place = iota // no bracket
	InModel                 // model M { … }
	InSettings              // train { … }
	InBody                  // layers { … }, and all other bodies
	InInputs                // block ( … ) -> B
	InParams                // block B( … )
	InArgs                  // dense( … )
	InTuple                 // ( … ) by itself
	InDims                  // input x [ … ]
	InList                  // [ … ] by itself
)

// A frame is an open bracket.
type frame struct {
	place   Place
	bracket int // the token that opened it; -1 is the file
	start   int // the first token of the current statement in it
}

// frames returns the brackets around token at, outermost first. The first frame
// is the file. A brace closes what is open within it, and a bracket that closes
// nothing is passed over: text that is being written need not balance.
func frames(toks []lexer.Token, at int) []frame {
	open := []frame{{InFile, -1, 0}}
	for i, t := range toks[:at] {
		top := &open[len(open)-1]
		switch {
		case t.Type == tokEnd:
			top.start = i + 1
		case isOp(t, "{"):
			open = append(open, frame{bodyOf(top.place, toks[top.start]), i, i + 1})
		case isOp(t, "("), isOp(t, "["):
			open = append(open, frame{bracketOf(*top, toks, i), i, i + 1})
		case isOp(t, "}"):
			for len(open) > 1 && top.place > InBody {
				open = open[:len(open)-1]
				top = &open[len(open)-1]
			}
			open = open[:max(1, len(open)-1)]
		case isOp(t, ")"), isOp(t, "]"):
			if top.place > InBody {
				open = open[:len(open)-1]
			}
		}
	}
	return open
}

// bodyOf returns what braces hold in a statement that starts with head.
func bodyOf(outer Place, head lexer.Token) Place {
	switch {
	case outer == InFile && head.Value == "model":
		return InModel
	case outer == InModel && head.Value == "train":
		return InSettings
	}
	return InBody
}

// bracketOf returns what the parenthesis or bracket at token i holds.
func bracketOf(outer frame, toks []lexer.Token, i int) Place {
	head := toks[outer.start]
	afterName := i > 0 && toks[i-1].Type == tokIdent
	switch {
	case isOp(toks[i], "["):
		if outer.place == InModel && i == outer.start+2 && (head.Value == "input" || head.Value == "target") {
			return InDims
		}
		return InList
	case outer.place == InFile && head.Value == "block":
		if i == outer.start+1 {
			return InInputs
		}
		return InParams
	case afterName && !(outer.place == InModel && i == outer.start+1): // loss (a, b) -> …
		return InArgs
	}
	return InTuple
}

func isOp(t lexer.Token, text string) bool { return t.Type == tokOp && t.Value == text }

// startsOperand and endsOperand report whether an expression can start, or end,
// with t.
func startsOperand(t lexer.Token) bool {
	return standsAlone(t) || isOp(t, "(") || isOp(t, "[") || isOp(t, "-")
}

func endsOperand(t lexer.Token) bool {
	return standsAlone(t) || isOp(t, ")") || isOp(t, "]") || isOp(t, "}")
}

// standsAlone reports whether t is an expression by itself: a name, a number, a
// string, true or false.
func standsAlone(t lexer.Token) bool {
	switch t.Type {
	case tokIdent, tokInt, tokFloat, tokString:
		return true
	}
	return t.Type == tokKeyword && (t.Value == "true" || t.Value == "false")
}

// describe names a token in a message.
func describe(t lexer.Token) string {
	switch t.Type {
	case tokEOF:
		return "the end of the file"
	case tokEnd:
		return "the end of the line"
	case tokOp:
		if t.Value == "->" {
			return t.Value
		}
		return `"` + t.Value + `"`
	}
	return clip(t.Value)
}

// unbalanced returns an error for the first bracket without its partner, or nil.
func unbalanced(toks []lexer.Token) *diag.Diagnostic {
	partner := map[string]string{"(": ")", "[": "]", "{": "}", ")": "(", "]": "[", "}": "{"}
	type opener struct {
		lexer.Token
		indent int // column of the first token on its line
	}
	var open []opener
	var suspect *opener // a brace whose partner is indented in another way
	missing := func(before lexer.Token) *diag.Diagnostic {
		o := open[len(open)-1]
		if o.Value == "{" && suspect != nil {
			o = *suspect
		}
		want := partner[o.Value]
		return &diag.Diagnostic{
			Code:    diag.Unclosed,
			Span:    tokenSpan(before),
			Message: fmt.Sprintf("%q is missing before %s", want, describe(before)),
			Notes:   []diag.Note{{Span: tokenSpan(o.Token), Message: fmt.Sprintf("%q is opened here", o.Value)}},
			Help:    fmt.Sprintf("close it with %q", want),
		}
	}

	indent, line := 1, 0
	for i, t := range toks {
		first := t.Pos.Line != line && t.Type != tokEnd
		if first {
			indent, line = t.Pos.Column, t.Pos.Line
		}
		switch {
		case t.Type == tokEOF && len(open) > 0:
			return missing(t)
		case first && len(open) > 0 && startsDeclaration(toks[i:]):
			return missing(t) // a model and a block are never inside anything
		case t.Type != tokOp || partner[t.Value] == "":
		case t.Value == "(" || t.Value == "[" || t.Value == "{":
			open = append(open, opener{t, indent})
		case len(open) == 0:
			return &diag.Diagnostic{
				Code: diag.Unclosed, Span: tokenSpan(t),
				Message: fmt.Sprintf("%q closes nothing", t.Value),
				Help:    "delete it, or open it before",
			}
		default:
			o := open[len(open)-1]
			if partner[t.Value] == o.Value {
				open = open[:len(open)-1]
				if first && o.Value == "{" && o.indent != indent && suspect == nil {
					suspect = &o
				}
				continue
			}
			if slices.ContainsFunc(open, func(o opener) bool { return o.Value == partner[t.Value] }) {
				return missing(t)
			}
			return &diag.Diagnostic{
				Code: diag.Unclosed, Span: tokenSpan(t),
				Message: fmt.Sprintf("%q cannot close %q", t.Value, o.Value),
				Notes:   []diag.Note{{Span: tokenSpan(o.Token), Message: fmt.Sprintf("%q is opened here", o.Value)}},
				Help:    fmt.Sprintf("write %q", partner[o.Value]),
			}
		}
	}
	return nil
}

// startsDeclaration reports whether toks start with model Name, block Name or
// block (.
func startsDeclaration(toks []lexer.Token) bool {
	switch word := toks[0]; {
	case word.Type != tokKeyword:
		return false
	case word.Value == "block":
		return toks[1].Type == tokIdent || isOp(toks[1], "(")
	default:
		return word.Value == "model" && toks[1].Type == tokIdent
	}
}

// failedAt returns the index of the token that participle did not expect.
func failedAt(err error, toks []lexer.Token) int {
	var unexpected *participle.UnexpectedTokenError
	if !errors.As(err, &unexpected) {
		panic(fmt.Sprintf("dsl: participle failed without a token: %v", err))
	}
	t := unexpected.Unexpected
	i := slices.IndexFunc(toks, func(u lexer.Token) bool { return u.Type == t.Type && u.Pos.Offset == t.Pos.Offset })
	if i < 0 {
		panic(fmt.Sprintf("dsl: participle failed at a token that it was not given: %v", err))
	}
	return i
}

// withoutStatement returns the tokens without the statement that token at is part
// of. Nothing is deleted where at ends a body in which no statement has begun.
func withoutStatement(toks []lexer.Token, at int) []lexer.Token {
	open := frames(toks, at)
	start := 0
	for _, f := range open {
		if f.place <= InBody {
			start = f.start
		}
	}
	end := statementEnd(toks, start, at)
	if open[len(open)-1].place <= InBody && missingBefore(toks, at, start) {
		end = at // the statement lacks its last part; what follows is another
	}
	return slices.Concat(toks[:start], toks[end:])
}

// missingBefore reports whether the statement from start lacks something at the end
// of the line before token at.
func missingBefore(toks []lexer.Token, at, start int) bool {
	return at > start && toks[at].Pos.Line != toks[at-1].Pos.Line && !endsOperand(toks[at-1])
}

// statementEnd returns the index behind the statement that starts at start and
// reaches at least to at. A body that follows belongs to it: it should have begun
// on the statement's line.
func statementEnd(toks []lexer.Token, start, at int) int {
	depth := 0
	for i := start; i < len(toks); i++ {
		t := toks[i]
		switch {
		case t.Type == tokEOF:
			return i
		case t.Type == tokEnd && depth == 0 && i >= at && !isOp(toks[i+1], "{"):
			return i + 1
		case isOp(t, "{"):
			depth++
		case isOp(t, "}"):
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	return len(toks)
}

// A fault is an unexpected token and what stands around it.
type fault struct {
	tok, prev, next lexer.Token
	place           Place
	start           bool        // whether tok is the first of its statement or bracket
	head            lexer.Token // the first token of the statement, or of the bracket
	second          bool        // whether tok is the second of its statement
}

// explain returns the error for the unexpected token at.
func explain(toks []lexer.Token, at int) *diag.Diagnostic {
	open := frames(toks, at)
	top := open[len(open)-1]
	f := fault{
		tok: toks[at], place: top.place, head: toks[top.start],
		start: at == top.start, second: at == top.start+1,
		prev: lexer.Token{Type: tokEnd}, next: lexer.Token{Type: tokEOF},
	}
	if at > 0 {
		f.prev = toks[at-1]
	}
	if at+1 < len(toks) {
		f.next = toks[at+1]
	}
	d := f.diagnose()
	switch {
	case d.Span.IsValid(): // a better place is known
		return d
	case missingBefore(toks, at, top.start):
		d.Span = tokenSpan(f.prev) // what is missing is missing there
	default:
		d.Span = tokenSpan(f.tok)
	}
	return d
}

func syntaxError(help, format string, args ...any) *diag.Diagnostic {
	return &diag.Diagnostic{Code: diag.Syntax, Message: fmt.Sprintf(format, args...), Help: help}
}

func (f fault) diagnose() *diag.Diagnostic {
	for _, try := range []func() *diag.Diagnostic{f.reserved, f.missingName, f.missingOperand, f.inPlace, f.misplaced} {
		if d := try(); d != nil {
			return d
		}
	}
	if endsOperand(f.prev) && f.tok.Pos.Line == f.prev.Pos.Line {
		return syntaxError("", "%s cannot stand after %s", describe(f.tok), describe(f.prev))
	}
	return syntaxError("", "%s cannot stand here", describe(f.tok))
}

// reserved explains a reserved word where something else is wanted.
func (f fault) reserved() *diag.Diagnostic {
	if f.tok.Type != tokKeyword {
		return nil
	}
	word := f.tok.Value
	sameLine := f.tok.Pos.Line == f.prev.Pos.Line
	asName := f.start && (isOp(f.next, "=") || f.place == InSettings) || f.wantsName() || f.place == InInputs || f.place == InParams
	asValue := !startsOperand(f.tok) && sameLine && !endsOperand(f.prev) && (!f.start || f.place > InBody)
	switch {
	case word == "repeat" && isOp(f.prev, "->"):
		return syntaxError("end the line before it", "repeat starts a line of its own")
	case asName, asValue, isOp(f.next, ":"), isOp(f.prev, "->") && sameLine:
		return &diag.Diagnostic{Code: diag.ReservedName, Message: word + " is a reserved word and cannot be a name", Help: "choose another name"}
	case !f.start:
		return nil
	case word == "repeat" && f.place == InModel:
		return syntaxError("put it between the braces of layers { … }", "repeat stands in a body, not in the model itself")
	case word == "repeat" && f.place == InFile:
		return syntaxError("put it into a block or into the layers of a model", "repeat stands in a body, not by itself")
	case f.place == InBody && (word == "const" || word == "param"):
		return syntaxError("declare it in the model or at the top of the file", "%s does not stand in a body", word)
	}
	return nil
}

// wantsName reports whether the token before is a word that a name must follow.
func (f fault) wantsName() bool {
	if !f.second {
		return false
	}
	switch f.place {
	case InFile:
		return slices.Contains(declWords, f.head.Value)
	case InModel:
		return slices.Contains([]string{"const", "param", "input", "target", "shared", "optimizer", "data"}, f.head.Value)
	}
	return false
}

// missingName explains a declaration or an item without its name.
func (f fault) missingName() *diag.Diagnostic {
	if !f.wantsName() || f.tok.Type == tokIdent {
		return nil
	}
	word := f.head.Value
	form := map[string]string{
		"const": "const name = value", "param": "param name = value", "model": "model Name { … }", "block": "block Name { … }",
		"input": "input name [sizes]", "target": "target name [sizes]", "shared": "shared Name = layers",
		"optimizer": "optimizer name(arguments)", "data": "data name(arguments)",
	}[word]
	switch {
	case (isOp(f.tok, "=") || isOp(f.tok, ":")) && (word == "optimizer" || word == "data"):
		return syntaxError("write "+form, "no %s belongs after %s", describe(f.tok), word)
	case f.tok.Type == tokString && word != "optimizer" && word != "data":
		return syntaxError("write it without quotes", "a name is missing after %s, found a string", word)
	}
	return syntaxError("write "+form, "a name is missing after %s", word)
}

// missingOperand explains an operator, comma or bracket that nothing follows.
func (f fault) missingOperand() *diag.Diagnostic {
	if f.start && f.place <= InBody || f.prev.Type != tokOp || endsOperand(f.prev) || isOp(f.prev, "{") {
		return nil
	}
	found := ""
	if f.tok.Type != tokEnd && f.tok.Type != tokEOF && f.tok.Pos.Line == f.prev.Pos.Line {
		found = ", found " + describe(f.tok)
	}
	switch prev := f.prev.Value; {
	case prev == "->" && isOp(f.tok, "->"):
		return syntaxError("delete one of them", "two arrows in a row")
	case prev == "->" && f.place == InFile && f.head.Value == "block":
		return syntaxError("write block (inputs) -> Name { … }", "the block's name is missing after ->")
	case prev == "->" && isOp(f.tok, "("):
		return syntaxError("give the values names, and start a line with (a, b)", "to the right of -> stands a layer, not a tuple of values")
	case prev == "->" && startsOperand(f.tok) && f.tok.Pos.Line == f.prev.Pos.Line:
		return syntaxError("", "to the right of -> stands a layer, not %s", describe(f.tok))
	case prev == "->":
		return syntaxError("write a layer, or delete the arrow", "a layer is missing after ->%s", found)
	case prev == "," && isOp(f.tok, ","):
		return syntaxError("delete one of them", "two commas in a row")
	case (prev == "(" || prev == "[") && isOp(f.tok, ","):
		return syntaxError("delete the comma, or write what belongs before it", "nothing stands before this comma")
	case f.place == InDims && isOp(f.tok, "]"):
		return syntaxError("leave the brackets out for one number", "this shape has no sizes")
	case prev == "(" && isOp(f.tok, ")"):
		return syntaxError("write a name between them", "these parentheses are empty")
	case prev == "=" && isOp(f.tok, "="), prev == "=" && isOp(f.tok, ":"):
		return syntaxError("there are no comparisons; a single = gives a name", "%s cannot stand after \"=\"", describe(f.tok))
	case prev == ":" && isOp(f.tok, "="):
		return syntaxError(f.assign(), "\"=\" cannot stand after \":\"")
	case isOp(f.tok, "{"):
		return nil
	case f.place == InInputs, f.place == InParams:
		return syntaxError("", "a name is missing after %s%s", describe(f.prev), found)
	}
	return syntaxError("", "a value is missing after %s%s", describe(f.prev), found)
}

// assign says how a name gets its value in the fault's place.
func (f fault) assign() string {
	switch f.place {
	case InArgs:
		return "a named argument is written name: value"
	case InSettings:
		return "a setting is written name: value"
	}
	return "a name is given with =, as in name = value"
}

// inPlace explains what the brackets around the token tell.
func (f fault) inPlace() *diag.Diagnostic {
	switch f.place {
	case InFile:
		return f.inFile()
	case InModel:
		return f.inModel()
	case InSettings:
		return f.inSettings()
	case InBody:
		return f.inBody()
	}
	return f.inBrackets()
}

func (f fault) inFile() *diag.Diagnostic {
	if f.start {
		return f.notADeclaration()
	}
	switch head := f.head.Value; {
	case head == "const" || head == "param":
		return f.inBinding()
	case head == "model" && isOp(f.tok, "("):
		return syntaxError("declare param name = value between its braces", "a model takes no parameters")
	case head == "block" && isOp(f.tok, "->"):
		return syntaxError("write block (inputs) -> Name { … }", "a block's inputs stand in parentheses")
	case head == "block" && isOp(f.prev, ")") && f.tok.Type == tokIdent:
		return syntaxError("write block (inputs) -> Name { … }", "-> is missing between the block's inputs and its name")
	}
	return f.missingBody()
}

// notADeclaration explains a line of the file that starts with another word.
func (f fault) notADeclaration() *diag.Diagnostic {
	help := "a file holds const, param, block and model declarations"
	if f.tok.Type == tokIdent || f.tok.Type == tokKeyword {
		if near := diag.Suggest(f.tok.Value, declWords); near != "" {
			help = "did you mean " + near + "?"
		}
		if slices.Contains(itemWords, f.tok.Value) {
			return syntaxError("put it between the braces of model Name { … }", "%s stands in a model, not by itself", f.tok.Value)
		}
	}
	return syntaxError(help, "%s does not start a declaration", describe(f.tok))
}

// inBinding explains a fault in name = value behind const or param.
func (f fault) inBinding() *diag.Diagnostic {
	word := f.head.Value
	switch {
	case isOp(f.tok, ":") && f.prev.Type == tokIdent:
		return syntaxError(fmt.Sprintf("write %s %s = …", word, f.prev.Value), "%s gives a value with \"=\", not with \":\"", word)
	case isOp(f.tok, "->"):
		return syntaxError("layers stand in layers, in a block or in shared", "the value of a %s is a number, a string or a list, not a pipeline", word)
	case f.prev.Type == tokIdent && (f.tok.Type == tokEnd || startsOperand(f.tok)) && !isOp(f.tok, "-"):
		return syntaxError(fmt.Sprintf("write %s %s = value", word, f.prev.Value), "\"=\" is missing after %s", f.prev.Value)
	}
	return nil
}

// missingBody explains a word or name that braces must follow.
func (f fault) missingBody() *diag.Diagnostic {
	switch {
	case !endsOperand(f.prev):
		return nil
	case f.tok.Type == tokEnd && isOp(f.next, "{"):
		return syntaxError(fmt.Sprintf("put it after %s", describe(f.prev)), "\"{\" stands on the line that it belongs to")
	case (isOp(f.tok, "=") || isOp(f.tok, ":")) && isOp(f.next, "{"):
		return syntaxError("delete it", "no %s belongs before \"{\"", describe(f.tok))
	}
	return syntaxError("", "\"{\" is missing after %s", describe(f.prev))
}

func (f fault) inModel() *diag.Diagnostic {
	if f.start {
		return f.notAnItem()
	}
	switch head := f.head.Value; {
	case head == "const" || head == "param":
		return f.inBinding()
	case head == "layers" || head == "train":
		return f.missingBody()
	case isOp(f.tok, "{"):
		return f.misplaced()
	case f.second && (isOp(f.tok, "=") || isOp(f.tok, ":")):
		return syntaxError("delete it", "no %s belongs after %s", describe(f.tok), head)
	case f.second && f.tok.Type == tokEnd:
		return syntaxError("", "nothing stands after %s", head)
	case head == "input" || head == "target":
		return f.inPort()
	case head == "shared" && f.prev.Type == tokIdent && f.tok.Type != tokOp:
		return syntaxError(fmt.Sprintf("write shared %s = layers, or shared %[1]s { … }", f.prev.Value), "\"=\" is missing after %s", f.prev.Value)
	case (head == "optimizer" || head == "data") && isOp(f.tok, "->"):
		return syntaxError("delete the arrow and what follows", "%s is a single call, not a pipeline", head)
	}
	return f.afterOperand()
}

// notAnItem explains a line of a model that starts with another word.
func (f fault) notAnItem() *diag.Diagnostic {
	help := "a model holds " + strings.Join(itemWords[:len(itemWords)-1], ", ") + " and " + itemWords[len(itemWords)-1]
	if f.tok.Type != tokIdent {
		return syntaxError(help, "%s does not start an item of a model", describe(f.tok))
	}
	word := f.tok.Value
	switch near := diag.Suggest(word, itemWords); {
	case near != "":
		help = "did you mean " + near + "?"
	case isOp(f.next, "->") || isOp(f.next, "(") || isOp(f.next, "="):
		help = "layers stand between the braces of layers { … }"
	}
	return &diag.Diagnostic{Code: diag.UnknownItem, Message: fmt.Sprintf("a model has no item %s", clip(word)), Help: help}
}

// inPort explains a fault in input name [sizes] or target name [sizes].
func (f fault) inPort() *diag.Diagnostic {
	word := f.head.Value
	switch {
	case isOp(f.tok, ":") || isOp(f.tok, "="):
		return syntaxError("delete it", "no %s belongs after the name", describe(f.tok))
	case f.prev.Type == tokIdent && (f.tok.Type == tokInt || isOp(f.tok, "(")):
		return syntaxError(fmt.Sprintf("write %s %s [%s]", word, f.prev.Value, f.sizes()), "a shape stands in brackets")
	case isOp(f.tok, ","):
		return syntaxError("put each on a line of its own", "a line declares a single %s", word)
	}
	return nil
}

// sizes returns what may have been meant as a shape.
func (f fault) sizes() string {
	if f.tok.Type == tokInt {
		return f.tok.Value
	}
	return "sizes"
}

func (f fault) inSettings() *diag.Diagnostic {
	switch {
	case f.start:
		return syntaxError("a setting is written name: value", "%s does not start a setting", describe(f.tok))
	case isOp(f.tok, "="):
		return syntaxError(fmt.Sprintf("write %s: %s", f.prev.Value, f.next.Value), "a setting is written with \":\", not with \"=\"")
	case f.second && startsOperand(f.tok):
		return syntaxError(fmt.Sprintf("write %s: %s", f.prev.Value, clip(f.tok.Value)), "\":\" is missing after %s", f.prev.Value)
	case f.second:
		return syntaxError(fmt.Sprintf("write %s: value", f.prev.Value), "%s has no value", f.prev.Value)
	case isOp(f.tok, ",") || isOp(f.next, ":"):
		return syntaxError("put each on a line of its own", "a line holds a single setting")
	case isOp(f.tok, "->"):
		return syntaxError("", "the value of a setting is not a pipeline")
	}
	return f.afterOperand()
}

func (f fault) inBody() *diag.Diagnostic {
	if f.start {
		if isOp(f.tok, "->") {
			return syntaxError("drop the arrow: the first line starts by itself", "nothing stands before this arrow")
		}
		return nil
	}
	word := f.prev.Value
	named := f.second && f.prev.Type == tokIdent
	switch {
	case named && slices.Contains(itemWords, word) && (f.tok.Type == tokIdent || isOp(f.tok, "{")):
		d := syntaxError("put it in the model, outside the braces", "%s does not stand in a body", word)
		d.Span = tokenSpan(f.prev)
		return d
	case named && word == "for" && f.tok.Type == tokIdent:
		d := syntaxError("write repeat instead", "there is no for")
		d.Span = tokenSpan(f.prev)
		return d
	case named && isOp(f.tok, ":"):
		return syntaxError(fmt.Sprintf("write %s = …", word), "a value gets its name with \"=\", not with \":\"")
	case f.head.Value == "repeat" && f.prev.Type == tokKeyword:
		return syntaxError("write repeat count { … }, or repeat i in list { … }", "a count is missing after repeat")
	case f.head.Value == "repeat" && f.prev.Value == "in":
		return syntaxError("write a count or a list", "a value is missing after in")
	case f.head.Value == "repeat" && f.prev.Type == tokIdent && startsOperand(f.tok):
		return syntaxError(fmt.Sprintf("write repeat %s in …", word), "in is missing after %s", word)
	case f.head.Value == "repeat":
		return f.missingBody()
	case isOp(f.tok, "="):
		return syntaxError("a line that gives a name starts with it: name = …", "\"=\" cannot stand after %s", describe(f.prev))
	}
	return f.afterOperand()
}

// afterOperand explains a token behind a complete expression.
func (f fault) afterOperand() *diag.Diagnostic {
	sameLine := f.tok.Pos.Line == f.prev.Pos.Line
	switch {
	case !endsOperand(f.prev):
		return nil
	case isOp(f.tok, ","):
		return syntaxError("several values stand in parentheses, (a, b)", "a line has a single value")
	case f.prev.Type == tokIdent && sameLine && (f.tok.Type == tokInt || f.tok.Type == tokFloat || f.tok.Type == tokString):
		return syntaxError(fmt.Sprintf("write %s(%s)", f.prev.Value, clip(f.tok.Value)), "arguments stand in parentheses")
	case f.tok.Type == tokIdent && sameLine:
		return syntaxError(fmt.Sprintf("write -> %s, or start a new line", clip(f.tok.Value)), "-> is missing before %s", clip(f.tok.Value))
	}
	return nil
}

// inBrackets explains a fault in parentheses and brackets.
func (f fault) inBrackets() *diag.Diagnostic {
	switch {
	case isOp(f.tok, "{"):
		return syntaxError("", "no body stands in parentheses or brackets")
	case f.place == InInputs && !isOp(f.tok, "="):
		if f.tok.Type == tokIdent {
			return syntaxError("insert a comma", "a comma is missing before %s", clip(f.tok.Value))
		}
		return syntaxError("an input has neither size nor default", "an input of a block is a name, found %s", describe(f.tok))
	case f.place == InParams && isOp(f.tok, ":"):
		return syntaxError(fmt.Sprintf("write %s = …", f.prev.Value), "a default is given with \"=\", not with \":\"")
	case f.place == InParams && f.tok.Type != tokIdent && (f.start || isOp(f.prev, ",")):
		return syntaxError("", "a parameter of a block is a name, found %s", describe(f.tok))
	case f.place == InArgs && isOp(f.tok, "=") && f.prev.Type == tokIdent:
		return syntaxError(fmt.Sprintf("write %s: %s", f.prev.Value, clip(f.next.Value)), "a named argument is written with \":\", not with \"=\"")
	case isOp(f.tok, "=") || isOp(f.tok, ":"):
		return syntaxError("", "%s names nothing here", describe(f.tok))
	case isOp(f.tok, "->") && f.place == InArgs:
		return syntaxError("give the pipeline a line and a name before", "an argument is known before training; no pipeline stands here")
	case isOp(f.tok, "->"):
		return syntaxError("", "no pipeline stands in brackets")
	case endsOperand(f.prev) && (startsOperand(f.tok) || f.tok.Type == tokKeyword):
		return syntaxError("insert a comma", "a comma is missing before %s", describe(f.tok))
	}
	return nil
}

// misplaced explains braces and operators that nothing above has explained.
func (f fault) misplaced() *diag.Diagnostic {
	switch {
	case isOp(f.tok, "{") && f.prev.Type == tokIdent, isOp(f.tok, "{") && endsOperand(f.prev):
		return syntaxError("only model, block, layers, train, shared and repeat have one", "no body belongs after %s", describe(f.prev))
	case isOp(f.tok, "{"):
		return syntaxError("", "no body belongs here")
	case f.tok.Type == tokOp && strings.Contains("+*/%", f.tok.Value) && !endsOperand(f.prev):
		return syntaxError("", "a value is missing before %s", describe(f.tok))
	}
	return nil
}

package dsl

// This file holds the tests of lexical and syntax errors: that each stands at its
// place, says what is wrong and what to do; that whole renderings read well; and
// that the limits hold.

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nnc-lang/nnc/dsl/diag"
	"github.com/rogpeppe/go-internal/diff"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// The wrappings put a fault where it can occur.
func body(s string) string  { return "block B {\n\t" + s + "\n}\n" }
func item(s string) string  { return "model M {\n\t" + s + "\n}\n" }
func train(s string) string { return item("train {\n\t\t" + s + "\n\t}") }

// TestErrors has in each row a text with one error, whose place is between ‹ and ›.
func TestErrors(t *testing.T) {
	tests := []struct {
		src     string
		code    diag.Code
		message string
		help    string
	}{
		// The file.
		{"‹modle› M {\n}", diag.Syntax, `modle does not start a declaration`, `did you mean model?`},
		{"‹flatten›", diag.Syntax, `flatten does not start a declaration`, `a file holds const, param, block and model declarations`},
		{"‹3›", diag.Syntax, `3 does not start a declaration`, `a file holds const, param, block and model declarations`},
		{"‹input› x [3]", diag.Syntax, `input stands in a model, not by itself`, `put it between the braces of model Name { … }`},
		{"‹repeat› 3 { relu }", diag.Syntax, `repeat stands in a body, not by itself`, `put it into a block or into the layers of a model`},
		{"const ‹=› 3", diag.Syntax, `a name is missing after const`, `write const name = value`},
		{"const ‹\"x\"› = 3", diag.Syntax, `a name is missing after const, found a string`, `write it without quotes`},
		{"const x ‹3›", diag.Syntax, `"=" is missing after x`, `write const x = value`},
		{"const x‹›\n", diag.Syntax, `"=" is missing after x`, `write const x = value`},
		{"param x‹:› 3", diag.Syntax, `param gives a value with "=", not with ":"`, `write param x = …`},
		{"const x =‹›", diag.Syntax, `a value is missing after "="`, ``},
		{"const x ‹=›\nmodel M {}", diag.Syntax, `a value is missing after "="`, ``},
		{"const x =‹=› 3", diag.Syntax, `"=" cannot stand after "="`, `there are no comparisons; a single = gives a name`},
		{"const x = 3 ‹4›", diag.Syntax, `4 cannot stand after 3`, ``},
		{"const x = relu ‹->› relu", diag.Syntax, `the value of a const is a number, a string or a list, not a pipeline`, `layers stand in layers, in a block or in shared`},
		{"const ‹model› = 3", diag.ReservedName, `model is a reserved word and cannot be a name`, `choose another name`},
		{"const x = ‹param›", diag.ReservedName, `param is a reserved word and cannot be a name`, `choose another name`},

		// Heads of models and blocks.
		{"model ‹{› }", diag.Syntax, `a name is missing after model`, `write model Name { … }`},
		{"model M‹›\n{\n}\n", diag.Syntax, `"{" stands on the line that it belongs to`, `put it after M`},
		{"model M ‹=› {\n}\n", diag.Syntax, `no "=" belongs before "{"`, `delete it`},
		{"model M‹(›3) {\n}\n", diag.Syntax, `a model takes no parameters`, `declare param name = value between its braces`},
		{"block B‹›", diag.Syntax, `"{" is missing after B`, ``},
		{"block x ‹->› B { relu }", diag.Syntax, `a block's inputs stand in parentheses`, `write block (inputs) -> Name { … }`},
		{"block (x) ‹B› { relu }", diag.Syntax, `-> is missing between the block's inputs and its name`, `write block (inputs) -> Name { … }`},
		{"block (x) -> ‹{› relu }", diag.Syntax, `the block's name is missing after ->`, `write block (inputs) -> Name { … }`},
		{"block (x ‹y›) -> B { relu }", diag.Syntax, `a comma is missing before y`, `insert a comma`},
		{"block (x‹:› 3) -> B { relu }", diag.Syntax, `an input of a block is a name, found ":"`, `an input has neither size nor default`},
		{"block (‹)› -> B { relu }", diag.Syntax, `these parentheses are empty`, `write a name between them`},
		{"block (‹model›) -> B { relu }", diag.ReservedName, `model is a reserved word and cannot be a name`, `choose another name`},
		{"block B(ch‹:› 3) { relu }", diag.Syntax, `a default is given with "=", not with ":"`, `write ch = …`},
		{"block B(ch ‹d›) { relu }", diag.Syntax, `a comma is missing before d`, `insert a comma`},
		{"block B(‹3›) { relu }", diag.Syntax, `a name is missing after "(", found 3`, ``},

		// Items.
		{item("‹optimiser› sgd"), diag.UnknownItem, `a model has no item optimiser`, `did you mean optimizer?`},
		{item("‹dense›(10) -> relu"), diag.UnknownItem, `a model has no item dense`, `layers stand between the braces of layers { … }`},
		{item("‹batch›"), diag.UnknownItem, `a model has no item batch`, `a model holds const, param, input, target, shared, layers, loss, metric, optimizer, data and train`},
		{item("‹3›"), diag.Syntax, `3 does not start an item of a model`, `a model holds const, param, input, target, shared, layers, loss, metric, optimizer, data and train`},
		{item("‹repeat› 3 {\n}"), diag.Syntax, `repeat stands in a body, not in the model itself`, `put it between the braces of layers { … }`},
		{item("input ‹[›3]"), diag.Syntax, `a name is missing after input`, `write input name [sizes]`},
		{item("input x ‹28›"), diag.Syntax, `a shape stands in brackets`, `write input x [28]`},
		{item("target x ‹(›28)"), diag.Syntax, `a shape stands in brackets`, `write target x [sizes]`},
		{item("input x‹:› [28]"), diag.Syntax, `no ":" belongs after the name`, `delete it`},
		{item("input x [‹]›"), diag.Syntax, `this shape has no sizes`, `leave the brackets out for one number`},
		{item("input x [1 ‹2›]"), diag.Syntax, `a comma is missing before 2`, `insert a comma`},
		{item("input x [2]‹,› y [3]"), diag.Syntax, `a line declares a single input`, `put each on a line of its own`},
		{item("target x class(2) ‹float›"), diag.Syntax, `float cannot stand after ")"`, ``},
		{item("shared E ‹relu›"), diag.Syntax, `"=" is missing after E`, `write shared E = layers, or shared E { … }`},
		{item("shared ‹=› relu"), diag.Syntax, `a name is missing after shared`, `write shared Name = layers`},
		{item("layers ‹=› {\n\t}"), diag.Syntax, `no "=" belongs before "{"`, `delete it`},
		{item("layers‹›\n\t{\n\t}"), diag.Syntax, `"{" stands on the line that it belongs to`, `put it after layers`},
		{item("loss‹›"), diag.Syntax, `nothing stands after loss`, ``},
		{item("loss ‹=› mse"), diag.Syntax, `no "=" belongs after loss`, `delete it`},
		{item("loss a‹,› b -> mse"), diag.Syntax, `a line has a single value`, `several values stand in parentheses, (a, b)`},
		{item("optimizer ‹=› sgd"), diag.Syntax, `no "=" belongs after optimizer`, `write optimizer name(arguments)`},
		{item("optimizer sgd ‹->› adam"), diag.Syntax, `optimizer is a single call, not a pipeline`, `delete the arrow and what follows`},
		{item("data ‹\"f.csv\"›"), diag.Syntax, `a name is missing after data`, `write data name(arguments)`},
		{item("loss mse ‹{› }"), diag.Syntax, `no body belongs after mse`, `only model, block, layers, train, shared and repeat have one`},

		// Settings.
		{train("batch ‹32›"), diag.Syntax, `":" is missing after batch`, `write batch: 32`},
		{train("batch ‹=› 32"), diag.Syntax, `a setting is written with ":", not with "="`, `write batch: 32`},
		{train("batch‹›"), diag.Syntax, `batch has no value`, `write batch: value`},
		{train("batch: 1‹,› seed: 2"), diag.Syntax, `a line holds a single setting`, `put each on a line of its own`},
		{train("lr: a ‹->› b"), diag.Syntax, `the value of a setting is not a pipeline`, ``},
		{train("‹3›: 4"), diag.Syntax, `3 does not start a setting`, `a setting is written name: value`},
		{train("‹model›: 3"), diag.ReservedName, `model is a reserved word and cannot be a name`, `choose another name`},

		// Bodies.
		{body("dense ‹10›"), diag.Syntax, `arguments stand in parentheses`, `write dense(10)`},
		{body("dense ‹relu›"), diag.Syntax, `-> is missing before relu`, `write -> relu, or start a new line`},
		{body("dense(10) ‹relu›"), diag.Syntax, `-> is missing before relu`, `write -> relu, or start a new line`},
		{body("dense(10) ‹3›"), diag.Syntax, `3 cannot stand after ")"`, ``},
		{body("h‹:› relu"), diag.Syntax, `a value gets its name with "=", not with ":"`, `write h = …`},
		{body("h ‹:›= relu"), diag.Syntax, `a value gets its name with "=", not with ":"`, `write h = …`},
		{body("(a, b) ‹=› relu"), diag.Syntax, `"=" cannot stand after ")"`, `a line that gives a name starts with it: name = …`},
		{body("x -> h ‹=› relu"), diag.Syntax, `"=" cannot stand after h`, `a line that gives a name starts with it: name = …`},
		{body("mean‹,› spread"), diag.Syntax, `a line has a single value`, `several values stand in parentheses, (a, b)`},
		{body("‹->› relu"), diag.Syntax, `nothing stands before this arrow`, `drop the arrow: the first line starts by itself`},
		{body("x -> ‹->› relu"), diag.Syntax, `two arrows in a row`, `delete one of them`},
		{body("x ‹->›"), diag.Syntax, `a layer is missing after ->`, `write a layer, or delete the arrow`},
		{body("x -> ‹3›"), diag.Syntax, `to the right of -> stands a layer, not 3`, ``},
		{body("x -> ‹(›a, b)"), diag.Syntax, `to the right of -> stands a layer, not a tuple of values`, `give the values names, and start a line with (a, b)`},
		{body("x -> ‹true›"), diag.ReservedName, `true is a reserved word and cannot be a name`, `choose another name`},
		{body("x -> ‹repeat› 3 { relu }"), diag.Syntax, `repeat starts a line of its own`, `end the line before it`},
		{body("relu ‹{› x }"), diag.Syntax, `no body belongs after relu`, `only model, block, layers, train, shared and repeat have one`},
		{body("repeat ‹{› relu }"), diag.Syntax, `a count is missing after repeat`, `write repeat count { … }, or repeat i in list { … }`},
		{body("repeat 3 ‹relu›"), diag.Syntax, `"{" is missing after 3`, ``},
		{body("repeat i ‹3› { relu }"), diag.Syntax, `in is missing after i`, `write repeat i in …`},
		{body("repeat i in ‹{› relu }"), diag.Syntax, `a value is missing after in`, `write a count or a list`},
		{body("‹for› i in 3 { relu }"), diag.Syntax, `there is no for`, `write repeat instead`},
		{body("‹const› n = 3"), diag.Syntax, `const does not stand in a body`, `declare it in the model or at the top of the file`},
		{body("‹model› = relu"), diag.ReservedName, `model is a reserved word and cannot be a name`, `choose another name`},
		{body("‹loss› mse"), diag.Syntax, `loss does not stand in a body`, `put it in the model, outside the braces`},
		{body("1 + ‹*› 2"), diag.Syntax, `a value is missing after "+", found "*"`, ``},
		{body("‹*› 2"), diag.Syntax, `a value is missing before "*"`, ``},
		{body("x = y ‹=› z"), diag.Syntax, `"=" cannot stand after y`, `a line that gives a name starts with it: name = …`},

		// Parentheses and brackets.
		{body("f(1, ‹,› 2)"), diag.Syntax, `two commas in a row`, `delete one of them`},
		{body("f(‹,› 2)"), diag.Syntax, `nothing stands before this comma`, `delete the comma, or write what belongs before it`},
		{body("f(1 ‹2›)"), diag.Syntax, `a comma is missing before 2`, `insert a comma`},
		{body("f(1\n‹relu›)"), diag.Syntax, `a comma is missing before relu`, `insert a comma`},
		{body("f(init ‹=› he)"), diag.Syntax, `a named argument is written with ":", not with "="`, `write init: he`},
		{body("f(init: ‹)›"), diag.Syntax, `a value is missing after ":", found ")"`, ``},
		{body("f(x ‹->› relu)"), diag.Syntax, `an argument is known before training; no pipeline stands here`, `give the pipeline a line and a name before`},
		{body("f(‹repeat›: 3)"), diag.ReservedName, `repeat is a reserved word and cannot be a name`, `choose another name`},
		{body("f(a, ‹model›)"), diag.ReservedName, `model is a reserved word and cannot be a name`, `choose another name`},
		{body("f(a ‹{› })"), diag.Syntax, `no body stands in parentheses or brackets`, ``},
		{body("(‹)›"), diag.Syntax, `these parentheses are empty`, `write a name between them`},
		{body("[a ‹->› b]"), diag.Syntax, `no pipeline stands in brackets`, ``},
		{body("[a‹:› 3]"), diag.Syntax, `":" names nothing here`, ``},

		// Brackets without their partner.
		{"‹}›", diag.Unclosed, `"}" closes nothing`, `delete it, or open it before`},
		{body("f(1‹]›"), diag.Unclosed, `"]" cannot close "("`, `write ")"`},
		{"block B {\n\tf(1\n‹}›\n", diag.Unclosed, `")" is missing before "}"`, `close it with ")"`},
		{"block B {‹›\n", diag.Unclosed, `"}" is missing before the end of the file`, `close it with "}"`},
		{"block B {\n\trelu\n\n‹model› M {\n}\n", diag.Unclosed, `"}" is missing before model`, `close it with "}"`},

		// Characters.
		{body("‹#› note"), diag.BadCharacter, `a comment starts with //, not with #`, `write // instead`},
		{body("‹/*› a\n b */ relu"), diag.BadCharacter, `/* does not start a comment`, `write // before each line`},
		{body("x ‹→› relu"), diag.BadCharacter, `"→" means nothing here`, `write ->`},
		{body("x ‹–› y"), diag.BadCharacter, `"–" means nothing here`, `write -`},
		{body("x ‹||› y"), diag.BadCharacter, `"|" means nothing here`, `write -> between layers`},
		{body("relu‹;› relu"), diag.BadCharacter, `";" means nothing here`, `end the line instead`},
		{body("a‹.›b"), diag.BadCharacter, `"." means nothing here`, `a name has no parts; a block's parameters are its arguments`},
		{body("gr‹ö›ßer"), diag.BadCharacter, `"ö" cannot stand in a name`, `a name has the letters a to z and A to Z, digits and _`},
		{body("‹ß›x"), diag.BadCharacter, `"ß" cannot stand in a name`, `a name has the letters a to z and A to Z, digits and _`},
		{body("f(‹“x y”›)"), diag.BadCharacter, `a string does not start with “`, `write " around a string`},
		{body("f(‹'x'›)"), diag.BadCharacter, `a string does not start with '`, `write " around a string`},
		{body("x‹\u00a0›-> relu"), diag.BadCharacter, `U+00A0 is a special space`, `write a plain space`},
		{body("x‹\u200b› -> relu"), diag.BadCharacter, `the invisible character U+200B stands here`, `delete it`},
		{body("x ‹\x00\x00› y"), diag.BadCharacter, `a NUL byte stands here`, `is this a .nn file?`},
		{body("x // ‹\x00›"), diag.BadCharacter, `a NUL byte stands here`, `is this a .nn file?`},
		{body("f(\"‹\x00›\")"), diag.BadCharacter, `a NUL byte stands here`, `is this a .nn file?`},
		{body("x‹\r›y"), diag.BadCharacter, `a carriage return stands alone`, `end lines with \n or \r\n`},
		{body("x ‹\xff\xfe› y"), diag.NotUTF8, `this is not UTF-8 text`, `save the file as UTF-8`},
		{body("x // caf‹\xe9›"), diag.NotUTF8, `this is not UTF-8 text`, `save the file as UTF-8`},
		{body("f(\"caf‹\xe9›\")"), diag.NotUTF8, `this is not UTF-8 text`, `save the file as UTF-8`},

		// Numbers and strings.
		{body("f(‹12ab›)"), diag.BadNumber, `12ab is not a number`, `a name does not start with a digit`},
		{body("f(‹0x10›)"), diag.BadNumber, `0x10 is not a number`, `write numbers to base ten`},
		{body("f(‹1.2.3›)"), diag.BadNumber, `1.2.3 is not a number`, `a number has one point`},
		{body("f(‹0..9›)"), diag.BadNumber, `0..9 is not a number`, `a number has one point`},
		{body("f(‹1e›)"), diag.BadNumber, `1e is not a number`, `write digits after the e`},
		{body("f(‹1e›-)"), diag.BadNumber, `1e is not a number`, `write digits after the e`},
		{body("f(‹9007199254740993›)"), diag.BadNumber, `this integer is larger than 9007199254740992`, ``},
		{body("f(‹1e999›)"), diag.BadNumber, `this number is too large`, ``},
		{body("f(‹\"abc)›"), diag.BadString, `this string does not end on its line`, `write " at its end`},
		{body("f(\"a‹\\q›b\")"), diag.BadString, `\q is not an escape`, `write \\ for a backslash`},
		{body("f(\"C:\\new‹\\ü›\")"), diag.BadString, `\ü is not an escape`, `write \\ for a backslash`},
	}
	for _, tt := range tests {
		t.Run(tt.src, func(t *testing.T) {
			before, rest, ok := strings.Cut(tt.src, "‹")
			inside, after, ok2 := strings.Cut(rest, "›")
			if !ok || !ok2 {
				t.Fatal("no place is marked")
			}
			src := before + inside + after
			f, ds := Parse("t.nn", []byte(src))
			if f == nil || f.Name != "t.nn" || string(f.Source) != src {
				t.Error("the file is not there")
			}
			if len(ds) != 1 {
				t.Fatalf("%d errors: %v", len(ds), ds)
			}
			d := ds[0]
			if from, to := d.Span.Start.Offset, d.Span.End.Offset; from != len(before) || to != len(before)+len(inside) {
				t.Errorf("stands at %q‹%s›, offset %d", src[:from], src[from:to], from)
			}
			if d.Code != tt.code || d.Message != tt.message || d.Help != tt.help {
				t.Errorf("got %s, `%s`, `%s`", d.Code, d.Message, d.Help)
			}
		})
	}
}

// TestSeveral holds that one run reports all lexical errors, or up to ten
// statements that the grammar does not allow, and that a faulty statement causes no
// further errors.
func TestSeveral(t *testing.T) {
	tests := []struct {
		name, src string
		lines     []int
	}{
		{"lexical", "const a = 1x\n# b\nconst c = \"\nconst d d\n", []int{1, 2, 3}},
		{"statements", body("a b\n-> c\nd\n3 4\ne = f = g\nh"), []int{2, 5, 6}},
		{"bodies", "block A\n{\n\ta b\n}\nmodel M {\n\ttrain = {\n\t\tx: 1\n\t}\n\tinput x 3\n\tlayers {\n\t\tdense(3) { relu }\n\t\trelu relu\n\t}\n}\nconst x\n", []int{1, 6, 9, 11, 12, 15}},
		{"more than ten", body(strings.Repeat("a b\n", 15)), []int{2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
		{"a statement without its end", "const a = 1 +\n\nmodel M {\n\tlayers {\n\t\tx ->\n\t}\n\tloss mse +\n}\nconst b =\nconst c =\n", []int{1, 5, 7, 9, 10}},
		{"at the end of a body", body("a -> }\nblock C {\n\tb b"), []int{2, 4}},
		{"only brackets", "}\nconst a b\n", []int{1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, ds := Parse("t.nn", []byte(tt.src))
			var lines []int
			for _, d := range ds {
				lines = append(lines, d.Span.Start.Line)
			}
			if fmt.Sprint(lines) != fmt.Sprint(tt.lines) {
				t.Errorf("errors on lines %v, want %v:\n%v", lines, tt.lines, ds.Err())
			}
		})
	}

	// What has no errors is in the tree.
	f, _ := Parse("t.nn", []byte("const a = 1\nconst b 2\nblock B {\n\trelu\n\tx x\n}\n"))
	if got, want := dump(f), "(const a 1) (block B () () {relu})"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestLimits holds that what is too large or too deep is an error, and is found
// quickly.
func TestLimits(t *testing.T) {
	nest := func(n int) string { return "const a = " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n) + "\n" }
	repeats := func(n int) string {
		return "block B {\n" + strings.Repeat("repeat 2 {\n", n) + "relu\n" + strings.Repeat("}\n", n) + "}\n"
	}
	tests := []struct {
		name, src string
		want      diag.Code // "" where the text is fine
	}{
		{"64 brackets", nest(64), ""},
		{"65 brackets", nest(65), diag.TooDeep},
		{"300,000 brackets", nest(300_000), diag.TooDeep},
		{"300,000 brackets open", "const a = " + strings.Repeat("[", 300_000), diag.TooDeep},
		{"63 repeats", repeats(63), ""},
		{"64 repeats", repeats(64), diag.TooDeep},
		{"16 signs", "const a = " + strings.Repeat("-", 16) + "1", ""},
		{"17 signs", "const a = " + strings.Repeat("-", 17) + "1", diag.TooDeep},
		{"17 signs apart", "const a = " + strings.Repeat("- ", 17) + "1", diag.TooDeep},
		{"minus and 16 signs", "const a = 1 - " + strings.Repeat("-", 16) + "1", ""},
		{"minus and 17 signs", "const a = 1 - " + strings.Repeat("-", 17) + "1", diag.TooDeep},
		{"1 MiB", "//" + strings.Repeat(" ", 1<<20-2), ""},
		{"1 MiB and a byte", "//" + strings.Repeat(" ", 1<<20-1), diag.TooLong},
		{"100 MiB", strings.Repeat("const a = 1\n", 100<<20/12), diag.TooLong},
		{"1 KiB name", "const " + strings.Repeat("a", 1<<10) + " = 1", ""},
		{"longer name", "const " + strings.Repeat("a", 1<<10+1) + " = 1", diag.TooLong},
		{"longer string", "const a = \"" + strings.Repeat("a", 1<<10) + "\"", diag.TooLong},
		{"longer number", "const a = " + strings.Repeat("0", 1<<10) + "1", diag.TooLong},
		{"10,000 tokens", "const a = " + strings.Repeat("1 + ", 4998) + "1", ""},
		{"more tokens", "const a = " + strings.Repeat("1 + ", 4999) + "1", diag.TooLong},
		{"more tokens in a list", "const a = [" + strings.Repeat("1,\n", 5000) + "]", diag.TooLong},
		{"a long body", "block B {\n" + strings.Repeat("a -> b\n", 100_000) + "}\n", ""},
		{"one line of 1 MiB", "block B { " + strings.Repeat("a -> ", 200_000) + "b }\n", diag.TooLong},
		{"one line of signs", "const a = " + strings.Repeat("-", 1<<20-20), diag.TooDeep},
		{"one line of closing brackets", strings.Repeat("}", 1<<20), diag.Unclosed},
		{"one line of NUL", strings.Repeat("\x00", 1<<20), diag.BadCharacter},
		{"one line of other bytes", strings.Repeat("\xff", 1<<20), diag.NotUTF8},
		{"only errors", strings.Repeat("@\n", 1<<19), diag.BadCharacter},
		{"one line of models", strings.Repeat("model ", 100_000), diag.TooLong},
		{"models without names", strings.Repeat("model\n", 4_000), diag.ReservedName},
		{"models with errors", strings.Repeat("model M {\n\tfoo\n}\n", 50_000), diag.UnknownItem},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			f, ds := Parse("t.nn", []byte(tt.src))
			if took := time.Since(start); took > time.Minute { // of a machine that has other things to do: what this finds is time without end
				t.Errorf("took %v", took)
			}
			var got diag.Code
			if len(ds) > 0 {
				got = ds[0].Code
			}
			if got != tt.want {
				t.Errorf("got %q, want %q: %.200v", got, tt.want, ds.Err())
			}
			if err := diag.Render(&strings.Builder{}, ds, func(string) []byte { return f.Source }, 10); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestCodeExamples holds that the examples of the codes that Parse reports produce
// them, and that all others parse.
func TestCodeExamples(t *testing.T) {
	reported := map[diag.Code]bool{
		diag.Syntax: true, diag.BadCharacter: true, diag.BadNumber: true, diag.BadString: true, diag.Unclosed: true, diag.TooDeep: true,
		diag.TooLong: true, diag.NotUTF8: true, diag.ReservedName: true, diag.UnknownItem: true,
	}
	for _, e := range diag.Codes() {
		_, ds := Parse(string(e.Code)+".nn", []byte(e.Example))
		switch {
		case reported[e.Code] && (len(ds) != 1 || ds[0].Code != e.Code):
			t.Errorf("%s: its example gives %v", e.Code, ds)
		case !reported[e.Code] && len(ds) > 0:
			t.Errorf("%s: its example does not parse: %v", e.Code, ds.Err())
		}
	}
}

// TestRender compares whole renderings with the goldens of testdata/render/syntax.
// Each has the text of mlp.nn, a line -- stderr --, and what is said of the text.
func TestRender(t *testing.T) {
	const mark = "-- stderr --\n"
	files, err := filepath.Glob("../testdata/render/syntax/*.txt")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d goldens, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			golden, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			src, want, ok := strings.Cut(string(golden), mark)
			if !ok {
				t.Fatalf("no line %q", mark)
			}
			_, ds := Parse("mlp.nn", []byte(src))
			var got strings.Builder
			if err := diag.Render(&got, ds, func(string) []byte { return []byte(src) }, 10); err != nil {
				t.Fatal(err)
			}
			if got.String() == want {
				return
			}
			if !*update {
				t.Errorf("\n%s", diff.Diff("want", []byte(want), "got", []byte(got.String())))
				return
			}
			if err := os.WriteFile(name, []byte(src+mark+got.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

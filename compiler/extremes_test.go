package compiler_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nnc-lang/nnc/compiler"
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// Hostile and broken files: each is checked in less than a second, and laid out in less than another, with success or a clear
// error. (Parsing takes 12 µs a statement: a file of 1 MiB that has nothing but the shortest takes a few seconds, and no more.) The
// test allows more, since it may share its machine; what it catches is time without end, and panics.
func TestExtremes(t *testing.T) {
	const mebibyte = 1 << 20
	fill := func(s string) string { return strings.Repeat(s, mebibyte/len(s)) }
	model := func(lines string) string {
		return "model Net {\n\tinput x [4]\n\n\tlayers {\n" + lines + "\t}\n}\n"
	}
	doubling := func(n int) string { // blocks of which each has the next one twice
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "block B%d {\n\tB%d -> B%d\n}\n", i, i+1, i+1)
		}
		return b.String() + fmt.Sprintf("block B%d {\n\trelu\n}\n", n) + model("\t\tB0\n")
	}
	each := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i, i+1)
		}
		return b.String()
	}
	nested := func(n int) string {
		return model("\t\t" + strings.Repeat("(", n) + "x" + strings.Repeat(")", n) + " -> relu\n")
	}

	for _, c := range []struct {
		name, src string
		code      diag.Code // of the first fault; "" is success
	}{
		{"parentheses, 64 deep", nested(62), ""},
		{"parentheses, 65 deep", nested(63), diag.TooDeep},
		{"parentheses, 300,000 deep", nested(300_000), diag.TooDeep},
		{"parentheses that stand open", model("\t\tx -> " + strings.Repeat("dense(", 100_000) + "\n"), diag.TooDeep},
		{"lists, 300,000 deep", "const a = " + strings.Repeat("[", 300_000), diag.TooDeep},
		{"braces, 300,000 deep", strings.Repeat("model M {", 100_000), diag.TooDeep},
		{"closing brackets", strings.Repeat(")", 300_000), diag.TooLong},
		{"signs, 300,000 in a row", "const a = " + strings.Repeat("-", 300_000) + "1\n", diag.TooDeep},
		{"a sum of 5,000", model("\t\tx" + strings.Repeat(" + x", 4_999) + "\n"), ""},
		{"a statement of 20,000 tokens", "const a = 1" + strings.Repeat(" + 1", 10_000) + "\n", diag.TooLong},
		{"a name of 1 MiB", strings.Repeat("x", mebibyte), diag.TooLong},
		{"a number of 1 MiB", "const a = " + strings.Repeat("9", mebibyte-20), diag.TooLong},
		{"a string of 1 MiB", "const a = \"" + strings.Repeat("x", mebibyte-20) + "\"", diag.TooLong},
		{"a comment of 1 MiB", "//" + strings.Repeat("x", mebibyte-2), ""},
		{"more than 1 MiB", strings.Repeat("\n", mebibyte+1), diag.TooLong},
		{"1 MiB of empty lines", strings.Repeat("\n", mebibyte), ""},
		{"1 MiB of strange characters on one line", fill("$é\x01"), diag.BadCharacter},
		{"1 MiB of invalid UTF-8", strings.Repeat("\xff\n", mebibyte/2), diag.NotUTF8},
		{"1 MiB of NUL", strings.Repeat("\x00", mebibyte), diag.BadCharacter},
		{"a huge integer", "const a = 99999999999999999999\n", diag.BadNumber},
		{"a huge float", "const a = 1e999\n", diag.BadNumber},
		{"a huge product", model("\t\tdense(1e300 * 1e300)\n"), diag.BadExpression},
		{"a huge size", model("\t\tdense(1e15)\n"), diag.BadSize},
		{"huge weights", model("\t\tdense(16777216) -> dense(16777216)\n"), diag.TooLarge},
		{"a huge port", "model Net {\n\tinput x [16777216, 16777216, 16777216]\n\n\tlayers {\n\t\trelu\n\t}\n}\n", diag.TooLarge},
		{"blocks that double 30 times", doubling(30), diag.TooLarge},
		{"blocks that double 40 times, never used", strings.Replace(doubling(40), "B0\n\t}", "relu\n\t}", 1), ""},
		{"blocks 100 deep", each(100, "block B%d {\n\tB%d\n}\n") + "block B100 {\n\trelu\n}\n" + model("\t\tB0\n"), diag.TooLarge},
		{"10,000 blocks in a circle", each(9_999, "block B%d {\n\tB%d\n}\n") + "block B9999 {\n\tB0\n}\n" + model("\t\trelu\n"), diag.RecursiveBlock},
		{"lists that double 60 times", "const a0 = [1]\n" + strings.ReplaceAll(each(60, "const a%[2]d = [a%[1]d, a%[1]d]\n"), "\n\n", "\n") + model("\t\tslice(axis: 0, from: 0, to: 2) -> reshape(a60)\n"), diag.BadArgument},
		{"a circle of 20,000 consts", each(19_999, "const a%d = a%d\n") + "const a19999 = a0\n", diag.BadExpression},
		{"repeats within repeats", model("\t\trepeat 4096 {\n\t\t\trepeat 4096 {\n\t\t\t\trepeat 4096 {\n\t\t\t\t\trelu\n\t\t\t\t}\n\t\t\t}\n\t\t}\n"), diag.TooLarge},
		{"repeats that do nothing", model("\t\trepeat 4096 {\n\t\t\trepeat 4096 {\n\t\t\t\trepeat 0 {\n\t\t\t\t\trelu\n\t\t\t\t}\n\t\t\t}\n\t\t}\n\t\trelu\n"), diag.TooLarge},
		{"10,000 lines", model(strings.Repeat("\t\trelu\n", 10_000)), ""},
		{"10,000 faulty lines", model(strings.Repeat("\t\trelluu\n", 10_000)), diag.UnknownLayer},
		{"10,000 lines of layers with weights", model(strings.Repeat("\t\tdense(4)\n", 10_000)), ""},
		{"10,000 named lines", model("\t\th0 = x\n" + each(9_999, "\t\th%[2]d = h%[1]d -> relu\n")), ""},
		{"50,000 lines", model(strings.Repeat("\t\tx\n", 50_000)), diag.UnusedValue},
		{"30,000 losses", "model Net {\n" + strings.Repeat("loss x\n", 30_000) + "}\n", diag.MissingItem},
		{"30,000 consts of one name", strings.Repeat("const a=1\n", 30_000), diag.DuplicateName},
		{"20,000 models", each(20_000, "model M%d{}//%d\n"), diag.MissingItem},
		{"CRLF", strings.ReplaceAll(model("\t\trelu\n"), "\n", "\r\n"), ""},
		{"a byte order mark", "\uFEFF" + model("\t\trelu\n"), ""},
		{"NUL", model("\t\trelu\x00\n"), diag.BadCharacter},
		{"invalid UTF-8", model("\t\trelu // \xff\n"), diag.NotUTF8},
		{"half a character", model("\t\trelu // ")[:45] + "\xe2\x82", diag.NotUTF8},
	} {
		t.Run(c.name, func(t *testing.T) {
			const most = 2 * time.Minute // of a machine that has other things to do
			start := time.Now()
			done := make(chan diag.List, 1)
			go func() {
				_, faults := compiler.Check("net.nn", []byte(c.src))
				dsl.Format("net.nn", []byte(c.src))
				done <- faults
			}()
			var faults diag.List
			select {
			case faults = <-done:
			case <-time.After(most):
				t.Fatalf("it takes more than %v", most)
			}
			t.Logf("%v, %d faults", time.Since(start).Round(time.Millisecond), len(faults))
			switch {
			case c.code == "" && len(faults) > 0:
				t.Errorf("it has a fault: %v", faults)
			case c.code != "" && len(faults) == 0:
				t.Errorf("it has no fault, want %s", c.code)
			case c.code != "" && faults[0].Code != c.code:
				t.Errorf("its first fault is %v, want %s", faults[0], c.code)
			}
		})
	}
}

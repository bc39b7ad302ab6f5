package compiler_test

// How long checking takes: an editor checks a file as one types, so a model of 1,000 layers is to take less than 100 ms.

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/compiler"
)

// BenchmarkCheck checks models of 1,000 layers, from text to diagnostics: one written out line by line, one whose layers come
// from blocks and repeats, and the first with a mistake in its last line.
func BenchmarkCheck(b *testing.B) {
	const head, tail = "model Deep {\n\tinput  x [64]\n\ttarget y class(10)\n\n\tlayers {\n", "\t}\n\n\tloss      cross_entropy\n\toptimizer adam\n\tmetric    accuracy\n}\n"

	// Each turn has five layers: dense, relu, dropout, dense and the sum.
	var lines strings.Builder
	lines.WriteString("\t\th0 = dense(64) -> relu -> dropout(0.1)\n") // 3
	for i := range 199 {
		fmt.Fprintf(&lines, "\t\tr%d = h%d -> dense(64) -> relu -> dropout(0.1) -> dense(64)\n\t\th%d = h%d + r%d\n", i+1, i, i+1, i, i+1) // 5
	}
	last := "\t\th199 -> dense(10) -> softmax\n" // 2
	const block = "block (x) -> Residual(units) {\n\tr = x -> dense(units) -> relu -> dropout(0.1) -> dense(units)\n\tx + r\n}\n"

	for _, c := range []struct {
		name, text string
		faults     int
	}{
		{"Lines", head + lines.String() + last + tail, 0},
		{"Blocks", block + "\n" + head + "\t\tdense(64) -> relu -> dropout(0.1)\n\t\trepeat 199 {\n\t\t\tResidual(64)\n\t\t}\n\t\tdense(10) -> softmax\n" + tail, 0},
		{"Faulty", head + lines.String() + strings.Replace(last, "h199 ->", "h199 -> reshape([8, 8, 1]) ->", 1) + tail, 1},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, faults := compiler.Check("deep.nn", []byte(c.text)); len(faults) != c.faults {
					b.Fatalf("%d diagnostics, want %d: %v", len(faults), c.faults, faults)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/model")
		})
	}
}

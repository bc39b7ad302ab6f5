package compiler_test

import (
	"testing"

	"github.com/nnc-lang/nnc/compiler"
	"github.com/nnc-lang/nnc/compiler/ir"
)

// TestCosts counts by hand what a layer behind a dense one costs for a row: multiply-adds, and of some the bytes.
func TestCosts(t *testing.T) {
	for _, c := range []struct {
		before, layer     string
		forward, backward ir.Cost // no bytes: not counted here
	}{
		// The product is a variable on its way to the bias: the image, the weights, the biases and the result, in float32.
		{"dense(192) -> reshape([3, 8, 8])", "conv(8, kernel: 3, pad: 1)", ir.Cost{MACs: 8 * 8 * 8 * 3 * 3 * 3, Bytes: 4 * (3*8*8 + 8*3*3*3 + 8 + 8*8*8)}, ir.Cost{MACs: 2 * 8 * 8 * 8 * 3 * 3 * 3}},
		{"dense(192) -> reshape([3, 8, 8])", "conv(6, kernel: 2, stride: 2, groups: 3)", ir.Cost{MACs: 6 * 4 * 4 * 2 * 2}, ir.Cost{MACs: 2 * 6 * 4 * 4 * 2 * 2}},
		{"dense(20)", "dense(7)", ir.Cost{MACs: 20 * 7, Bytes: 4 * (20 + 20*7 + 7 + 7)}, ir.Cost{MACs: 2 * 20 * 7}},
		{"dense(50) -> reshape([5, 10])", "lstm(16)", ir.Cost{MACs: 5 * (10 + 16) * 4 * 16}, ir.Cost{MACs: 2 * 5 * (10 + 16) * 4 * 16}},
		{"dense(50) -> reshape([5, 10])", "gru(16, bidirectional: true)", ir.Cost{MACs: 2 * 5 * (10 + 16) * 3 * 16}, ir.Cost{MACs: 2 * 2 * 5 * (10 + 16) * 3 * 16}},
	} {
		text := "model Cost {\n\tinput x [4]\n\ttarget y [1]\n\tlayers {\n\t\t" + c.before + "\n\t\t" + c.layer + "\n\t\tflatten -> dense(1)\n\t}\n\tloss mse\n\toptimizer sgd(lr: 0.1)\n\ttrain {\n\t\tbatch: 32\n\t}\n}\n"
		p, faults, err := compiler.Compile("cost.nn", []byte(text), compiler.Options{})
		if err != nil || len(faults) > 0 {
			t.Fatal(err, faults)
		}
		var l *ir.Layer
		for _, k := range p.Layers {
			if k.Text == c.layer {
				l = k
			}
		}
		for _, part := range []struct {
			name      string
			got, want ir.Cost
		}{{"forward", l.Forward, c.forward}, {"backward", l.Backward, c.backward}} {
			if part.want.Bytes == 0 {
				part.got.Bytes = 0
			}
			if part.got != part.want {
				t.Errorf("%s, %s: %+v, by hand %+v", c.layer, part.name, part.got, part.want)
			}
		}
	}
}

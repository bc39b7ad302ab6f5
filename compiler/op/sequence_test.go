package op_test

// Layers for sequences: what PyTorch's references cannot see, and the weights by name.

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/ir/irtest"
	"github.com/nnc-lang/nnc/compiler/op"
)

// TestSequenceWeights holds names, layouts, initial values and penalties to those of a state_dict and the language.
func TestSequenceWeights(t *testing.T) {
	for _, c := range []struct {
		call, in string
		want     []string
	}{
		{"embed(3)", "[4]class(5)", []string{"weight (5, 3) NormalInit [0.02]"}},
		{"positions(learned)", "[4, 3]", []string{"weight (4, 3) NormalInit [0.02]"}},
		{"positions", "[2, 2]", []string{"in code: sinusoids (2, 2) Sinusoids [2]"}},
		{"rnn(4)", "[3, 2]", []string{
			"weight_ih_l0 (4, 2) UniformInit [-0.5 0.5] penalised", "weight_hh_l0 (4, 4) UniformInit [-0.5 0.5] penalised",
			"bias_ih_l0 (4) Zeros []", "bias_hh_l0 (4) Zeros []",
		}},
		{"gru(4, init: normal(0.1), bias: false)", "[3, 2]", []string{
			"weight_ih_l0 (12, 2) NormalInit [0.1] penalised", "weight_hh_l0 (12, 4) NormalInit [0.1] penalised",
		}},
		{"lstm(4, reverse: true)", "[3, 2]", []string{
			"weight_ih_l0 (16, 2) UniformInit [-0.5 0.5] penalised", "weight_hh_l0 (16, 4) UniformInit [-0.5 0.5] penalised",
			"bias_ih_l0 (16) Zeros []", "bias_hh_l0 (16) Zeros []",
		}},
		{"lstm(4, bidirectional: true, bias: false)", "[3, 2]", []string{
			"weight_ih_l0 (16, 2) UniformInit [-0.5 0.5] penalised", "weight_hh_l0 (16, 4) UniformInit [-0.5 0.5] penalised",
			"weight_ih_l0_reverse (16, 2) UniformInit [-0.5 0.5] penalised", "weight_hh_l0_reverse (16, 4) UniformInit [-0.5 0.5] penalised",
		}},
		{"attention(2)", "[3, 4]", []string{
			"in_proj_weight (12, 4) XavierUniform [] penalised", "in_proj_bias (12) Zeros []",
			"out_proj.weight (4, 4) XavierUniform [] penalised", "out_proj.bias (4) Zeros []",
		}},
		{"attention(2, bias: false)", "[3, 4]", []string{
			"in_proj_weight (12, 4) XavierUniform [] penalised", "out_proj.weight (4, 4) XavierUniform [] penalised",
		}},
	} {
		n, a, err := build(t, op.Layer, op.Case{Call: c.call, In: []string{c.in}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range n.Leafs {
			w := v.Param
			if w == nil {
				continue
			}
			shape := v.Shape
			if w.Perm != nil {
				shape = make([]int, len(v.Shape))
				for i, a := range w.Perm {
					shape[a] = v.Shape[i]
				}
			}
			s := fmt.Sprintf("%s (%s) %s %v", strings.TrimPrefix(w.Name, a.Def.Name+"1."), strings.Trim(ir.ShapeText(shape), "[]"), w.Init.Func, w.Init.Args)
			if w.InCode {
				s = "in code: " + s
			}
			if w.Penalised {
				s += " penalised"
			}
			got = append(got, s)
		}
		if g, w := strings.Join(got, "\n"), strings.Join(c.want, "\n"); g != w {
			t.Errorf("%s:\n got\n%s\nwant\n%s", c.call, g, w)
		}
	}
}

// TestAttentionDropout: without scores, two steps have weights of ½ each, each of which stays, doubled, or is 0; every pair of
// steps draws by itself.
func TestAttentionDropout(t *testing.T) {
	const rows = 500
	n, _, err := build(t, op.Layer, op.Case{Call: "attention(1, dropout: 0.5)", In: []string{"[2, 1]"}})
	if err != nil {
		t.Fatal(err)
	}
	leaf := map[*ir.Value][]float64{n.in[0]: make([]float64, 2*rows)}
	for _, v := range n.Leafs {
		if v.Param == nil {
			continue
		}
		leaf[v] = map[string][]float64{
			"attention1.in_proj_weight": {0, 0, 0}, "attention1.in_proj_bias": {0, 0, 1}, // a value of 1 at every step
			"attention1.out_proj.weight": {1}, "attention1.out_proj.bias": {0},
		}[v.Param.Name]
	}
	seen := map[[2]float64]int{}
	y := irtest.Eval(n.Graph, leaf, rows)[n.out]
	for r := range rows {
		seen[[2]float64(y[2*r:2*r+2])]++
	}
	// Each step keeps neither, one or both of its weights: 0, 1 or 2, as often as 1 to 2 to 1, whatever the other has.
	for i, a := range []float64{1, 2, 1} {
		for j, b := range []float64{1, 2, 1} {
			want := rows * a * b / 16
			if got := float64(seen[[2]float64{float64(i), float64(j)}]); math.Abs(got-want) > 4*math.Sqrt(want) {
				t.Errorf("%d and %d came %v times of %d, want about %v", i, j, got, rows, want)
			}
		}
	}
	if len(seen) != 9 {
		t.Errorf("the outputs are %v", seen)
	}
}

// TestCausal: what comes later has no part in a step, neither in its value nor by a gradient that is not a number.
func TestCausal(t *testing.T) {
	n, _, err := build(t, op.Layer, op.Case{Call: "attention(2, causal: true)", In: []string{"[4, 2]"}})
	if err != nil {
		t.Fatal(err)
	}
	leaf := map[*ir.Value][]float64{}
	for _, v := range n.Leafs {
		x := make([]float64, v.Size())
		for i := range x {
			x[i] = math.Sin(float64(3*i + 1))
		}
		leaf[v] = x
	}
	before := irtest.Eval(n.Graph, leaf, 1)[n.out]
	for step := range 4 {
		x := &leaf[n.in[0]][2*step]
		was := *x
		*x = 700
		after := irtest.Eval(n.Graph, leaf, 1)[n.out]
		*x = was
		for i := range before {
			if same := before[i] == after[i]; same != (i/2 < step) || math.IsNaN(after[i]) {
				t.Errorf("a change at step %d takes step %d from %v to %v", step, i/2, before[i], after[i])
			}
		}
	}
}

package op_test

// Values: activations against their formulas in Go, losses, penalties and the other layers against numbers worked out by
// hand.

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/ir/irtest"
	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/compiler/pass"
)

func text(x []float64) string { return fmt.Sprint(x) }

// TestActivations compares each activation and elementwise layer with its formula, and its derivative with the formula's at
// the kinks, where PyTorch decides.
func TestActivations(t *testing.T) {
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	softplus := func(x float64) float64 { return math.Log1p(math.Exp(x)) }
	where := func(c bool, a, b float64) float64 {
		if c {
			return a
		}
		return b
	}
	none := map[float64]float64(nil)
	for _, c := range []struct {
		call  string
		want  func(x float64) float64
		kinks map[float64]float64 // derivatives
	}{
		{"identity", func(x float64) float64 { return x }, none},
		{"step", func(x float64) float64 { return where(x > 0, 1, 0) }, map[float64]float64{0: 0}},
		{"sigmoid", sigmoid, map[float64]float64{0: 0.25}},
		{"hard_sigmoid", func(x float64) float64 { return math.Min(1, math.Max(0, x/6+.5)) }, map[float64]float64{-3: 0, 3: 0, 0: 1.0 / 6}},
		{"tanh", math.Tanh, map[float64]float64{0: 1}},
		{"hard_tanh", func(x float64) float64 { return math.Min(1, math.Max(-1, x)) }, map[float64]float64{-1: 0, 1: 0, 0: 1}},
		{"relu", func(x float64) float64 { return math.Max(0, x) }, map[float64]float64{0: 0}},
		{"relu6", func(x float64) float64 { return math.Min(6, math.Max(0, x)) }, map[float64]float64{0: 0, 6: 0, 3: 1}},
		{"leaky_relu", func(x float64) float64 { return where(x > 0, x, 0.01*x) }, map[float64]float64{0: 0.01}},
		{"leaky_relu(0.2)", func(x float64) float64 { return where(x > 0, x, 0.2*x) }, map[float64]float64{0: 0.2}},
		{"prelu", func(x float64) float64 { return where(x > 0, x, 0.25*x) }, map[float64]float64{0: 0.25}},
		{"elu", func(x float64) float64 { return where(x > 0, x, math.Exp(x)-1) }, map[float64]float64{0: 1}},
		{"elu(0.5)", func(x float64) float64 { return where(x > 0, x, .5*(math.Exp(x)-1)) }, map[float64]float64{0: .5}},
		{"selu", func(x float64) float64 {
			return 1.0507009873554805 * where(x > 0, x, 1.6732632423543772*(math.Exp(x)-1))
		}, map[float64]float64{0: 1.0507009873554805 * 1.6732632423543772}},
		{"gelu", func(x float64) float64 { return x * math.Erfc(-x/math.Sqrt2) / 2 }, map[float64]float64{0: .5}},
		{"silu", func(x float64) float64 { return x * sigmoid(x) }, map[float64]float64{0: .5}},
		{"mish", func(x float64) float64 { return x * math.Tanh(softplus(x)) }, map[float64]float64{0: math.Tanh(math.Ln2)}},
		{"softplus", softplus, map[float64]float64{0: .5, 1000: 1, -1000: 0}},
		{"softsign", func(x float64) float64 { return x / (1 + math.Abs(x)) }, map[float64]float64{0: 1}},
		{"neg", func(x float64) float64 { return -x }, none},
		{"square", func(x float64) float64 { return x * x }, none},
		{"sqrt", math.Sqrt, map[float64]float64{0: 0, 4: 0.25}},
		{"exp", math.Exp, none},
		{"log", math.Log, none},
		{"abs", math.Abs, map[float64]float64{0: 0, -1: -1, 2: 1}},
		{"clip(-1, 2)", func(x float64) float64 { return math.Min(2, math.Max(-1, x)) }, map[float64]float64{-1: 0, 2: 0, -1.5: 0, 2.5: 0}},
		{"scale(3)", func(x float64) float64 { return 3 * x }, none},
	} {
		n, _, err := build(t, op.Layer, op.Case{Call: c.call, In: []string{"[1]"}})
		if err != nil {
			t.Fatal(err)
		}
		x, g := n.in[0], n.Graph
		d := pass.Differentiate(g, map[*ir.Value]*ir.Value{n.out: g.Const(1, n.out.Shape...)}, x)[x]
		at := func(v float64) map[*ir.Value][]float64 {
			leaf := map[*ir.Value][]float64{x: {v}}
			for _, l := range g.Leafs {
				if l.Param != nil { // prelu's slope
					leaf[l] = l.Param.Init.Args
				}
			}
			return irtest.Eval(g, leaf, 1)
		}
		for _, v := range []float64{-30, -6, -3, -1.5, -1, -0.1, 0, 0.1, 1, 1.5, 3, 6, 30} {
			if got, want := at(v)[n.out][0], c.want(v); !near(got, want, 1e-13) {
				t.Errorf("%s(%v) is %v, want %v", c.call, v, got, want)
			}
		}
		for v, want := range c.kinks {
			got := 0.0
			if d != nil {
				got = at(v)[d][0]
			}
			if !near(got, want, 1e-13) {
				t.Errorf("the derivative of %s at %v is %v, want %v", c.call, v, got, want)
			}
		}
	}
}

// TestLayers holds layers to numbers worked out by hand.
func TestLayers(t *testing.T) {
	e := math.E
	for _, c := range []struct {
		call string
		in   []string
		x    [][]float64
		want []float64
	}{
		{"dense(2, weights: [[1, 2, 3], [4, 5, 6]], bias: [10, 20])", []string{"[3]"}, [][]float64{{1, 0, 0, 1, 1, 1}}, []float64{11, 24, 16, 35}},
		{"dense(1, weights: [[1, 2]], bias: false)", []string{"[3, 2]"}, [][]float64{{1, 0, 0, 1, 1, 1, 2, 0, 0, 2, 2, 2}}, []float64{1, 2, 3, 2, 4, 6}},
		{"max_pool(2)", []string{"[1, 2, 5]"}, [][]float64{{1, 2, 3, 4, 9, 5, 0, 3, 3, 9, -1, -2, -3, -4, 9, -5, -6, -7, -3, 9}}, []float64{5, 4, -1, -3}},
		{"max_pool(3, stride: 2, pad: 1)", []string{"[1, 3, 3]"}, [][]float64{{-1, -2, -3, -4, -5, -6, -7, -8, -9, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
			[]float64{-1, -2, -4, -5, 5, 6, 8, 9}},
		{"avg_pool(2, stride: 1, pad: 1)", []string{"[1, 1, 2]"}, [][]float64{{4, 8, 0, 4}}, []float64{1, 3, 2, 1, 3, 2, 0, 1, 1, 0, 1, 1}},
		{"avg_pool([1, 2])", []string{"[2, 1, 3]"}, [][]float64{{1, 2, 9, 3, 5, 9, 0, 4, 9, 6, 6, 9}}, []float64{1.5, 4, 2, 6}},
		{"max_pool1d(2, stride: 1)", []string{"[2, 3]"}, [][]float64{{1, 3, 2, 4, 0, -1, 0, 0, 0, 1, 2, 3}}, []float64{3, 3, 4, 0, 0, 0, 2, 3}},
		{"avg_pool1d(2, pad: 1)", []string{"[1, 3]"}, [][]float64{{2, 4, 6, 1, 0, 1}}, []float64{1, 5, .5, .5}},
		{"global_max_pool", []string{"[2, 1, 2]"}, [][]float64{{1, 2, -4, -3, 0, 0, 7, 5}}, []float64{2, -3, 0, 7}},
		{"global_avg_pool", []string{"[2, 1, 2]"}, [][]float64{{1, 2, -4, -3, 0, 0, 7, 5}}, []float64{1.5, -3.5, 0, 6}},
		{"global_max_pool1d", []string{"[1, 3]"}, [][]float64{{1, 5, 2, -1, -2, -3}}, []float64{5, -1}},
		{"global_avg_pool1d", []string{"[1, 3]"}, [][]float64{{1, 5, 3, -1, -2, -3}}, []float64{3, -2}},
		{"pad([1, 0])", []string{"[2, 1, 2]"}, [][]float64{{1, 2, 3, 4, 5, 6, 7, 8}}, []float64{0, 0, 1, 2, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0, 5, 6, 0, 0, 0, 0, 7, 8, 0, 0}},
		{"pad(1)", []string{"[1, 1, 1]"}, [][]float64{{1, 2}}, []float64{0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0}},
		{"upsample([2, 1])", []string{"[1, 2, 2]"}, [][]float64{{1, 2, 3, 4, 5, 6, 7, 8}}, []float64{1, 2, 1, 2, 3, 4, 3, 4, 5, 6, 5, 6, 7, 8, 7, 8}},
		{"upsample(2)", []string{"[1, 1, 2]"}, [][]float64{{1, 2, 3, 4}}, []float64{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4}},
		{"flatten", []string{"[2, 1]"}, [][]float64{{1, 2, 3, 4}}, []float64{1, 2, 3, 4}},
		{"transpose([1, 0])", []string{"[2, 3]"}, [][]float64{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}, []float64{1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12}},
		{"concat", []string{"[2]", "[1]"}, [][]float64{{1, 2, 3, 4}, {5, 6}}, []float64{1, 2, 5, 3, 4, 6}},
		{"concat(axis: 1)", []string{"[2, 1]", "[2, 1]"}, [][]float64{{1, 2, 3, 4}, {5, 6, 7, 8}}, []float64{1, 5, 2, 6, 3, 7, 4, 8}},
		{"slice(0, 1, 3)", []string{"[4]"}, [][]float64{{1, 2, 3, 4, 5, 6, 7, 8}}, []float64{2, 3, 6, 7}},
		{"normalize(mean: [1, 2], std: [2, 4])", []string{"[2]"}, [][]float64{{1, 2, 3, 6}}, []float64{0, 0, 1, 1}},
		{"normalize(mean: 1, std: [1, 2])", []string{"[2, 1, 1]"}, [][]float64{{1, 2, 3, 6}}, []float64{0, .5, 2, 2.5}},
		{"softmax", []string{"[2]"}, [][]float64{{0, 1, 1000, 1000}}, []float64{1 / (1 + e), e / (1 + e), .5, .5}},
		{"log_softmax", []string{"[2]"}, [][]float64{{0, 1, 1000, 0}}, []float64{-math.Log(1 + e), 1 - math.Log(1+e), 0, -1000}},
		{"sum", []string{"[2]"}, [][]float64{{1, 2, 3, 4}}, []float64{3, 7}},
		{"mean", []string{"[2]"}, [][]float64{{1, 2, 3, 4}}, []float64{1.5, 3.5}},
		{"+", []string{"[2]", "[2]"}, [][]float64{{1, 2, 3, 4}, {5, 6, 7, 8}}, []float64{6, 8, 10, 12}},
		{"-", []string{"[2]", "[2]"}, [][]float64{{1, 2, 3, 4}, {5, 6, 7, 9}}, []float64{-4, -4, -4, -5}},
		{"*", []string{"[2]", "[2]"}, [][]float64{{1, 2, 3, 4}, {5, 6, 7, 8}}, []float64{5, 12, 21, 32}},
		{"/", []string{"[2]", "[2]"}, [][]float64{{1, 3, 3, 4}, {2, 6, 4, 8}}, []float64{.5, .5, .75, .5}},
	} {
		n, _, err := build(t, op.Layer, op.Case{Call: c.call, In: c.in})
		if err != nil {
			t.Fatal(err)
		}
		leaf := map[*ir.Value][]float64{}
		for i, v := range n.in {
			leaf[v] = c.x[i]
		}
		for _, v := range n.Leafs {
			if v.Param != nil {
				leaf[v] = v.Param.Values
			}
		}
		if got := irtest.Eval(n.Graph, leaf, 2)[n.out]; !nearAll(got, c.want, 1e-14) {
			t.Errorf("%s: got %v, want %v", c.call, got, c.want)
		}
	}
}

// TestDropout: a share p is 0, the rest is scaled, and two dropouts have masks of their own.
func TestDropout(t *testing.T) {
	b := op.NewBuilder(true)
	n := &network{Builder: b}
	x := port(t, b.Graph, "x", "[1000]")
	one, two := n.pipeline(t, x, "dropout(0.2)"), n.pipeline(t, x, "dropout(0.2)")
	ones := make([]float64, 1000)
	for i := range ones {
		ones[i] = 1
	}
	values := irtest.Eval(b.Graph, map[*ir.Value][]float64{x: ones}, 1)
	dropped, both := 0, 0
	for i, y := range values[one] {
		if y != 0 && y != 1.25 {
			t.Fatalf("dropout(0.2) made %v of 1", y)
		}
		if y == 0 {
			dropped++
			if values[two][i] == 0 {
				both++
			}
		}
	}
	if dropped < 150 || dropped > 250 || both > 80 {
		t.Errorf("%d of 1000 were dropped, %d by a second dropout too", dropped, both)
	}
}

// TestLinks: the stable logarithms of softmax and sigmoid are the logarithms where those have some, and finite where not.
func TestLinks(t *testing.T) {
	for _, call := range []string{"softmax", "sigmoid"} {
		n, _, err := build(t, op.Layer, op.Case{Call: call, In: []string{"[2]"}})
		if err != nil {
			t.Fatal(err)
		}
		values := irtest.Eval(n.Graph, map[*ir.Value][]float64{n.in[0]: {0.5, -1, 2000, -2000}}, 2)
		for i, y := range values[n.out] {
			log := values[n.out.LogOf][i]
			if i < 2 && !near(log, math.Log(y), 1e-14) || math.IsInf(log, 0) || math.IsNaN(log) {
				t.Errorf("%s: the logarithm of %v is %v", call, y, log)
			}
			if call == "sigmoid" {
				log := values[n.out.Log1mOf][i]
				if i < 2 && !near(log, math.Log(1-y), 1e-14) || math.IsInf(log, 0) || math.IsNaN(log) {
					t.Errorf("%s: the logarithm of 1 - %v is %v", call, y, log)
				}
			}
		}
	}
	if n, _, _ := build(t, op.Layer, op.Case{Call: "step", In: []string{"[2]"}}); n.out.NoSlope == "" {
		t.Error("step has no reason why nothing can learn through it")
	}
}

// TestLosses holds losses to numbers worked out by hand, on two rows.
func TestLosses(t *testing.T) {
	ln := math.Log
	// Scores whose softmax is 1/4, 3/4 in the first row and 1/2, 1/2 in the second.
	scores := []float64{0, ln(3), 0, 0}
	for _, c := range []struct {
		call, y, target, before string
		ys, ts                  []float64
		want                    float64
	}{
		{"mse", "[2]", "[2]", "", []float64{1, 2, 3, 4}, []float64{1, 0, 3, 2}, (2.0 + 2) / 2},
		{"mse(weight: 3)", "[2]", "[2]", "", []float64{1, 2, 3, 4}, []float64{1, 0, 3, 2}, 6},
		{"mse(reduction: sum)", "[2]", "[2]", "", []float64{1, 2, 3, 4}, []float64{1, 0, 3, 2}, 4},
		{"mse", "[2]", "class(2)", "", []float64{1, 2, 3, 4}, []float64{0, 1}, (2.0 + 9) / 2},
		{"mse", "[2]", "class(2)", "", []float64{1, 2, 3, 4}, []float64{0, -1}, 2},
		{"mse(reduction: sum)", "[2]", "class(2)", "", []float64{1, 2, 3, 4}, []float64{0, -1}, 2},
		{"mse", "[2]", "class(2)", "", []float64{1, 2, 3, 4}, []float64{-1, -1}, 0},
		{"mse", "[1]", "class(2)", "", []float64{3, 4}, []float64{0, 1}, 9},
		{"half_mse", "[2]", "[2]", "", []float64{1, 2, 3, 4}, []float64{1, 0, 0, 4}, (2 + 4.5) / 2},
		{"half_mse", "[2]", "class(2)", "", []float64{1, 2, 3, 4}, []float64{0, -1}, 2},
		{"half_mse", "[2, 1]", "[2]class(1)", "", []float64{1, 2, 3, 4}, []float64{0, 0, 0, 0}, (0 + .5 + 2 + 4.5) / 2},
		// Three labels count; by label the squares are 0 + 4, 9 + 9 and 0 + 4.
		{"mse", "[2, 2]", "[2]class(2)", "", []float64{1, 2, 3, 4, 1, 2, 3, 4}, []float64{0, 1, 0, -1}, (2.0 + 9 + 2) / 3},
		{"mse(reduction: sum)", "[2, 2]", "[2]class(2)", "", []float64{1, 2, 3, 4, 1, 2, 3, 4}, []float64{0, 1, 0, -1}, (2.0+9)/2 + 2},
		{"half_mse", "[2, 2]", "[2]class(2)", "", []float64{1, 2, 3, 4, 1, 2, 3, 4}, []float64{0, 1, 0, -1}, 2 * (2.0 + 9 + 2) / 3},
		{"mae", "[2]", "[2]", "", []float64{1, 2, 3, 4}, []float64{1, 0, 3, 3}, 0.75},
		{"huber", "[2]", "[2]", "", []float64{0, 0, 0, 0}, []float64{.5, -3, 1, -1}, (.125 + 2.5 + .5 + .5) / 4},
		{"huber(2)", "[1]", "[1]", "", []float64{0, 0}, []float64{1, -3}, (.5 + 4) / 2},
		{"hinge", "[1]", "[1]", "", []float64{.5, .5}, []float64{1, -1}, (.5 + 1.5) / 2},
		{"hinge", "[1]", "class(2)", "", []float64{.5, .5}, []float64{1, 0}, (.5 + 1.5) / 2},
		{"hinge", "[3]", "class(3)", "", []float64{1, 2, 0, 1, 2, 0}, []float64{0, 1}, (2.0/3 + 0) / 2},
		{"hinge", "[3]", "class(3)", "", []float64{1, 2, 0, 1, 2, 0}, []float64{0, -1}, 2.0 / 3},
		{"cross_entropy", "[2]", "class(2)", "softmax", scores, []float64{0, 1}, (ln(4) + ln(2)) / 2},
		{"cross_entropy", "[2]", "class(2)", "softmax", scores, []float64{0, -1}, ln(4)},
		{"cross_entropy(reduction: sum)", "[2]", "class(2)", "softmax", scores, []float64{0, 1}, ln(4) + ln(2)},
		{"cross_entropy", "[2]", "[2]", "softmax", scores, []float64{.5, .5, 0, 1}, ((ln(4)+ln(4.0/3))/2 + ln(2)) / 2},
		{"cross_entropy(label_smoothing: 0.2)", "[2]", "class(2)", "softmax", scores, []float64{0, -1}, .9*ln(4) + .1*ln(4.0/3)},
		{"cross_entropy(label_smoothing: 0.2)", "[2]", "[2]", "softmax", scores, []float64{1, 0, 0, 0}, (.9*ln(4) + .1*ln(4.0/3) + .2*ln(2)) / 2},
		{"cross_entropy", "[2]", "class(2)", "softmax", []float64{-4000, 0, 0, 0}, []float64{0, -1}, 4000},
		{"cross_entropy", "[2, 2]", "[2]class(2)", "softmax", append(scores, scores...), []float64{0, 1, 0, -1}, (2*ln(4) + ln(2)) / 3},
		{"cross_entropy(reduction: sum)", "[2, 2]", "[2]class(2)", "softmax", append(scores, scores...), []float64{0, 1, 0, -1}, (ln(4)+ln(2))/2 + ln(4)},
		{"cross_entropy", "[2, 2]", "[2, 2]", "softmax", append(scores, scores...), []float64{1, 0, 0, 1, 1, 0, 0, 1}, (ln(4) + ln(2)) / 2},
		{"nll", "[2]", "class(2)", "log_softmax", scores, []float64{0, 1}, (ln(4) + ln(2)) / 2},
		{"kl_div", "[2]", "[2]", "softmax", scores, []float64{.25, .75, 0, 1}, ln(2) / 2},
		{"binary_cross_entropy", "[1]", "[1]", "sigmoid", []float64{0, ln(3)}, []float64{.5, .25}, (ln(2) - .25*ln(.75) - .75*ln(.25)) / 2},
		{"binary_cross_entropy", "[1]", "class(2)", "sigmoid", []float64{ln(3), ln(3)}, []float64{1, 0}, (ln(4.0/3) + ln(4)) / 2},
		{"binary_cross_entropy", "[1]", "class(2)", "sigmoid", []float64{-1000, ln(3)}, []float64{1, -1}, 1000},
		{"contrastive", "[1]", "[1]", "", []float64{.5, .5}, []float64{0, 1}, (.125 + .125) / 2},
		{"contrastive(margin: 2)", "[1]", "class(2)", "", []float64{3, 1}, []float64{1, 1}, .5 / 2},
	} {
		n, _, err := build(t, op.Loss, op.Case{Call: c.call, In: []string{c.y, c.target}, Before: c.before})
		if err != nil {
			t.Fatalf("%s: %v", c.call, err)
		}
		if len(n.out.Shape) != 0 {
			t.Errorf("%s is no scalar", c.call)
		}
		got := irtest.Eval(n.Graph, map[*ir.Value][]float64{n.in[0]: c.ys, n.in[1]: c.ts}, 2)[n.out][0]
		if !near(got, c.want, 1e-14) {
			t.Errorf("%s of %v and %v: got %v, want %v", c.call, c.ys, c.ts, got, c.want)
		}
	}
}

// TestPenalties: weights count, biases, slopes and what is frozen do not.
func TestPenalties(t *testing.T) {
	for _, c := range []struct {
		call string
		want float64
	}{{"l2(0.5)", 0.25 * (1 + 4 + 9)}, {"l1(0.5)", 0.5 * (1 + 2 + 3)}} {
		n, _, err := build(t, op.Penalty, op.Case{Call: c.call, In: []string{"[2]"},
			Before: "dense(1, weights: [[1, -2]], bias: [5], trainable: true) -> prelu -> dense(1, weights: [[7]]) -> dense(1, weights: [[3]], trainable: true, bias: false)"})
		if err != nil {
			t.Fatal(err)
		}
		leaf := map[*ir.Value][]float64{n.in[0]: {0, 0}}
		for _, v := range n.Leafs {
			if v.Param != nil {
				leaf[v] = v.Param.Values
				if leaf[v] == nil {
					leaf[v] = []float64{100}
				}
			}
		}
		if got := irtest.Eval(n.Graph, leaf, 1)[n.out][0]; !near(got, c.want, 1e-14) {
			t.Errorf("%s: got %v, want %v", c.call, got, c.want)
		}
	}
}

// weightsText lists the weights of a network, whose names begin with prefix.
func weightsText(n *network, prefix string) string {
	got := ""
	for _, v := range n.Leafs {
		w := v.Param
		if w == nil {
			continue
		}
		if got != "" {
			got += "; "
		}
		kind := map[ir.Kind]string{ir.Param: "param", ir.Fixed: "fixed"}[v.Kind]
		got += fmt.Sprintf("%s %s %s perm %v %s %d %d", w.Name[len(prefix):], kind, ir.ShapeText(v.Shape), w.Perm, w.Init.Func, w.Init.FanIn, w.Init.FanOut)
		if w.Values != nil {
			got += " " + text(w.Values)
		}
		if w.Penalised {
			got += " penalised"
		}
	}
	return got
}

// TestDenseWeights: names, layouts, fans, and what trains.
func TestDenseWeights(t *testing.T) {
	for _, c := range []struct{ call, want string }{
		{"dense(2)", "weight param [3, 2] perm [1 0] XavierUniform 3 2 penalised; bias param [2] perm [] Zeros 3 2"},
		{"dense(2, bias: false, init: he_normal)", "weight param [3, 2] perm [1 0] HeNormal 3 2 penalised"},
		{"dense(2, frozen: true)", "weight fixed [3, 2] perm [1 0] XavierUniform 3 2 penalised; bias fixed [2] perm [] Zeros 3 2"},
		{"dense(1, weights: [[1, 2, 3]])", "weight fixed [3, 1] perm [1 0] XavierUniform 3 1 [1 2 3] penalised; bias param [1] perm [] Zeros 3 1"},
		{"dense(1, bias: [4])", "weight param [3, 1] perm [1 0] XavierUniform 3 1 penalised; bias fixed [1] perm [] Zeros 3 1 [4]"},
		{"dense(2, weights: [[1, 2, 3], [4, 5, 6]], trainable: true)", "weight param [3, 2] perm [1 0] XavierUniform 3 2 [1 4 2 5 3 6] penalised; bias param [2] perm [] Zeros 3 2"},
	} {
		n, _, err := build(t, op.Layer, op.Case{Call: c.call, In: []string{"[3]"}})
		if err != nil {
			t.Fatal(err)
		}
		got := weightsText(n, "dense1.")
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.call, got, c.want)
		}
	}
	// A shared layer has one set of weights.
	b := op.NewBuilder(true)
	x, a := port(t, b.Graph, "x", "[3]"), bind(t, op.Layer, "dense(3)")
	b.Name = "Enc.dense1"
	y, _ := a.Def.Layer(b, []*ir.Value{x}, a)
	if _, err := a.Def.Layer(b, []*ir.Value{y}, a); err != nil {
		t.Fatal(err)
	}
	if n := len(b.Leafs); n != 3 || b.Leafs[1].Name != "Enc.dense1.weight" {
		t.Errorf("a dense layer used twice has %d leafs", n)
	}
}

// TestConvolutions holds convolutions to numbers worked out by hand; the kernels are 1, 2, 3, … and the biases 100, 200, ….
func TestConvolutions(t *testing.T) {
	for _, c := range []struct {
		call, in string
		x, want  []float64 // of one row
	}{
		{"conv(1, kernel: 2)", "[1, 2, 3]", []float64{1, 0, 2, 0, 1, 0}, []float64{1 + 4 + 100, 4 + 3 + 100}},
		{"conv(1, kernel: [1, 2], bias: false)", "[1, 2, 2]", []float64{1, 10, 2, 20}, []float64{21, 42}},
		{"conv(2, kernel: 1)", "[2, 1, 2]", []float64{1, 2, 10, 20}, []float64{21 + 100, 42 + 100, 43 + 200, 86 + 200}},
		// Of an even kernel the odd zero is behind: at 0 the kernel covers x₀ and x₁.
		{"conv(1, kernel: [1, 2], pad: same, bias: false)", "[1, 1, 3]", []float64{1, 10, 100}, []float64{21, 210, 100}},
		// ⌈3/2⌉ = 2 positions, which reach over 4 places: one zero, behind.
		{"conv(1, kernel: [1, 2], stride: 2, pad: same, bias: false)", "[1, 1, 3]", []float64{1, 10, 100}, []float64{21, 100}},
		{"conv(1, kernel: [1, 3], pad: same, bias: false)", "[1, 1, 3]", []float64{1, 10, 100}, []float64{32, 321, 210}},
		{"conv(1, kernel: [1, 2], dilation: 2, pad: [0, 1], bias: false)", "[1, 1, 3]", []float64{1, 10, 100}, []float64{20, 201, 10}},
		{"conv(4, kernel: 1, groups: 2, bias: false)", "[2, 1, 1]", []float64{1, 10}, []float64{1, 2, 30, 40}},
		{"conv1d(1, kernel: 2, stride: 2, pad: 1)", "[2, 2]", []float64{1, 10, 100, 1000}, []float64{2 + 400 + 100, 10 + 3000 + 100}},
		{"conv1d(2, kernel: 1, groups: 2, bias: false)", "[2, 2]", []float64{1, 2, 3, 4}, []float64{1, 2, 6, 8}},
		{"conv_transpose(1, kernel: 2)", "[1, 1, 2]", []float64{1, 10}, []float64{101, 112, 120, 103, 134, 140}},
		{"conv_transpose(1, kernel: [1, 2], stride: 3, bias: false)", "[1, 1, 2]", []float64{1, 10}, []float64{1, 2, 0, 10, 20}},
		{"conv_transpose(1, kernel: [1, 2], pad: [0, 1], output_padding: [0, 1], stride: 2, bias: false)", "[1, 1, 2]", []float64{1, 10}, []float64{2, 10, 20}},
		{"conv_transpose(1, kernel: [1, 2], dilation: 2, bias: false)", "[1, 1, 2]", []float64{1, 10}, []float64{1, 10, 2, 20}},
		{"conv_transpose(4, kernel: 1, groups: 2, bias: false)", "[2, 1, 1]", []float64{1, 10}, []float64{1, 2, 30, 40}},
		{"conv_transpose(2, kernel: 1, bias: false)", "[2, 1, 1]", []float64{1, 10}, []float64{31, 42}},
	} {
		n, _, err := build(t, op.Layer, op.Case{Call: c.call, In: []string{c.in}})
		if err != nil {
			t.Errorf("%s of %s: %v", c.call, c.in, err)
			continue
		}
		leaf := map[*ir.Value][]float64{n.in[0]: c.x}
		for _, v := range n.Leafs {
			if v.Param == nil {
				continue
			}
			step := map[bool]float64{true: 100, false: 1}[strings.HasSuffix(v.Name, "bias")]
			for i := range v.Size() {
				leaf[v] = append(leaf[v], step*float64(i+1))
			}
		}
		if got := irtest.Eval(n.Graph, leaf, 1)[n.out]; !nearAll(got, c.want, 1e-14) {
			t.Errorf("%s of %s: got %v, want %v", c.call, c.in, got, c.want)
		}
	}
}

// TestMaxPoolTies: the gradient of a maximum goes to the first of several, row by row.
func TestMaxPoolTies(t *testing.T) {
	for _, c := range []struct {
		call, in string
		x, want  []float64
	}{
		{"max_pool(2)", "[1, 2, 2]", []float64{1, 3, 3, 3}, []float64{0, 1, 0, 0}},
		{"max_pool(2, stride: 1)", "[1, 2, 3]", []float64{1, 3, 1, 3, 1, 1}, []float64{0, 2, 0, 0, 0, 0}},
		{"max_pool(3, stride: 3, pad: 1)", "[1, 2, 2]", []float64{2, 2, 2, 2}, []float64{1, 0, 0, 0}},
		{"max_pool1d(3)", "[1, 3]", []float64{5, 5, 5}, []float64{1, 0, 0}},
		{"global_max_pool", "[1, 2, 2]", []float64{0, 4, 4, 4}, []float64{0, 1, 0, 0}},
		{"global_max_pool1d", "[1, 3]", []float64{0, 4, 4}, []float64{0, 1, 0}},
	} {
		n, _, err := build(t, op.Layer, op.Case{Call: c.call, In: []string{c.in}})
		if err != nil {
			t.Fatal(err)
		}
		x, g := n.in[0], n.Graph
		d := pass.Differentiate(g, map[*ir.Value]*ir.Value{n.out: g.Const(1, n.out.Shape...)}, x)[x]
		if got := irtest.Eval(g, map[*ir.Value][]float64{x: c.x}, 1)[d]; !nearAll(got, c.want, 0) {
			t.Errorf("%s at %v: the gradient is %v, want %v", c.call, c.x, got, c.want)
		}
	}
}

// TestConvolutionWeights: names, layouts, fans, and what trains.
func TestConvolutionWeights(t *testing.T) {
	for _, c := range []struct{ call, in, want string }{
		{"conv(6, kernel: [2, 3])", "[4, 5, 5]", "weight param [6, 4, 2, 3] perm [] XavierUniform 24 36 penalised; bias param [6] perm [] Zeros 24 36"},
		{"conv(6, kernel: 3, groups: 2, bias: false, init: he_normal)", "[4, 5, 5]", "weight param [6, 2, 3, 3] perm [] HeNormal 18 54 penalised"},
		{"conv(2, kernel: 1, frozen: true, bias_init: ones)", "[4, 5, 5]", "weight fixed [2, 4, 1, 1] perm [] XavierUniform 4 2 penalised; bias fixed [2] perm [] Ones 4 2"},
		{"conv1d(6, kernel: 3, groups: 2)", "[4, 5]", "weight param [6, 2, 3] perm [] XavierUniform 6 18 penalised; bias param [6] perm [] Zeros 6 18"},
		{"conv_transpose(6, kernel: [2, 3])", "[4, 5, 5]", "weight param [4, 6, 2, 3] perm [] XavierUniform 36 24 penalised; bias param [6] perm [] Zeros 36 24"},
		{"conv_transpose(6, kernel: 2, groups: 2, bias: false)", "[4, 5, 5]", "weight param [4, 3, 2, 2] perm [] XavierUniform 12 16 penalised"},
	} {
		n, a, err := build(t, op.Layer, op.Case{Call: c.call, In: []string{c.in}})
		if err != nil {
			t.Fatal(err)
		}
		if got := weightsText(n, a.Def.Name+"1."); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.call, got, c.want)
		}
	}
}

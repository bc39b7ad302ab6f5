package op_test

// Bind: what it accepts, the values that it hands out, and what it says of mistakes, on operators of the language and on one
// of this file that has an argument of every type.

import (
	"reflect"
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/op"
)

// everything has an argument of every type.
var everything = &op.Def{
	Name: "everything", Kind: op.Layer,
	Args: []op.Arg{
		{Name: "size", Type: op.Size, Default: 1.0, Doc: "a size"},
		{Name: "count", Type: op.Whole, Default: 0.0},
		{Name: "x", Type: op.Number, Default: 0.5},
		{Name: "low", Type: op.Number, Bounded: op.AtLeast, Min: -1},
		{Name: "positive", Type: op.Number, Bounded: op.Above},
		{Name: "share", Type: op.Number, Bounded: op.Within, Max: 1},
		{Name: "part", Type: op.Number, Bounded: op.Share, Max: 1},
		{Name: "flag", Type: op.Bool, Default: false},
		{Name: "kernel", Type: op.SizePair, Default: 3.0},
		{Name: "stride", Type: op.SizePair, Default: op.SameAs("kernel")},
		{Name: "pad", Type: op.WholePair, Words: []string{"valid", "same"}, Default: "valid"},
		{Name: "border", Type: op.Whole, Words: []string{"none"}, Default: 0.0},
		{Name: "kind", Type: op.Word, Words: []string{"same", "valid", "full"}, Default: "same"},
		{Name: "numbers", Type: op.Numbers},
		{Name: "axes", Type: op.Wholes},
		{Name: "table", Type: op.Matrix},
		{Name: "init", Type: op.Init, Default: "zeros"},
		{Name: "lr", Type: op.Rate, Default: 0.1, Bounded: op.AtLeast},
		{Name: "bias", Type: op.BoolOrList, Default: true},
	},
}

func bindEverything(t *testing.T, call string) (*op.Args, string) {
	t.Helper()
	r := rawCall(t, call)
	a, list := op.Bind(everything, r.Span, r.Args)
	if (a == nil) != (len(list) > 0) {
		t.Errorf("%s: arguments %v and diagnostics %v", call, a, list)
	}
	var messages []string
	for _, d := range list {
		m := string(d.Code) + ": " + d.Message
		if d.Help != "" {
			m += " (" + d.Help + ")"
		}
		messages = append(messages, m)
	}
	return a, strings.Join(messages, "\n")
}

func TestBindGood(t *testing.T) {
	read := map[string]func(*op.Args) any{
		"size": func(a *op.Args) any { return a.Int("size") }, "count": func(a *op.Args) any { return a.Int("count") },
		"x": func(a *op.Args) any { return a.Float("x") }, "flag": func(a *op.Args) any { return a.Bool("flag") },
		"kind": func(a *op.Args) any { return a.Word("kind") }, "numbers": func(a *op.Args) any { return a.Floats("numbers") },
		"axes": func(a *op.Args) any { return a.Ints("axes") }, "table": func(a *op.Args) any { return a.Matrix("table") },
		"init": func(a *op.Args) any { return a.Init("init") }, "bias": func(a *op.Args) any { return a.Bool("bias") },
		"biases": func(a *op.Args) any { return a.Floats("bias") }, "part": func(a *op.Args) any { return a.Float("part") },
		"kernel": func(a *op.Args) any { return a.Pair("kernel") }, "stride": func(a *op.Args) any { return a.Pair("stride") },
		"pad": func(a *op.Args) any { return a.Pair("pad") }, "padding": func(a *op.Args) any { return a.Word("pad") },
		"border": func(a *op.Args) any { return a.Int("border") }, "bordering": func(a *op.Args) any { return a.Word("border") },
		"low": func(a *op.Args) any { return a.Float("low") }, "share": func(a *op.Args) any { return a.Float("share") },
	}
	for _, c := range []struct {
		call, arg string
		want      any
	}{
		{"everything", "size", 1},
		{"everything", "x", 0.5},
		{"everything", "kind", "same"},
		{"everything", "flag", false},
		{"everything", "bias", true},
		{"everything", "biases", []float64(nil)},
		{"everything", "init", ir.Init{Func: "Zeros"}},
		{"everything(3)", "size", 3},
		{"everything(1e2, 4)", "count", 4},
		{"everything(size: 16777216)", "size", 1 << 24},
		{"everything(3, kind: full, x: -2)", "x", -2.0},
		{"everything(kind: full)", "kind", "full"},
		{"everything", "kernel", [2]int{3, 3}},
		{"everything(kernel: 2)", "kernel", [2]int{2, 2}},
		{"everything(kernel: [2, 5])", "kernel", [2]int{2, 5}},
		{"everything", "stride", [2]int{3, 3}},
		{"everything(kernel: [2, 5])", "stride", [2]int{2, 5}},
		{"everything(kernel: [2, 5], stride: 1)", "stride", [2]int{1, 1}},
		{"everything", "padding", "valid"},
		{"everything(pad: same)", "padding", "same"},
		{"everything(pad: 0)", "pad", [2]int{0, 0}},
		{"everything(pad: [0, 1])", "pad", [2]int{0, 1}},
		{"everything(pad: [0, 1])", "padding", ""},
		{"everything", "border", 0},
		{"everything", "bordering", ""},
		{"everything(border: none)", "bordering", "none"},
		{"everything(low: -1)", "low", -1.0},
		{"everything(share: 1)", "share", 1.0},
		{"everything(part: 0)", "part", 0.0},
		{"everything(flag: true)", "flag", true},
		{"everything(numbers: 2.5)", "numbers", []float64{2.5}},
		{"everything(numbers: [2.5, -1])", "numbers", []float64{2.5, -1}},
		{"everything(axes: [1, 0])", "axes", []int{1, 0}},
		{"everything(table: [[1, 2], [3, -4]])", "table", [][]float64{{1, 2}, {3, -4}}},
		{"everything(init: orthogonal(2))", "init", ir.Init{Func: "Orthogonal", Args: []float64{2}}},
		{"everything(init: he_normal)", "init", ir.Init{Func: "HeNormal", Fans: 1}},
		{"everything(init: ones())", "init", ir.Init{Func: "Ones"}},
		{"everything(init: normal(0.02))", "init", ir.Init{Func: "NormalInit", Args: []float64{0.02}}},
		{"everything(init: uniform(b: 1, a: -1))", "init", ir.Init{Func: "UniformInit", Args: []float64{-1, 1}}},
		{"everything(bias: false)", "bias", false},
		{"everything(bias: [1, 2])", "bias", true},
		{"everything(bias: [1, 2])", "biases", []float64{1, 2}},
	} {
		a, messages := bindEverything(t, c.call)
		if messages != "" {
			t.Errorf("%s: %s", c.call, messages)
			continue
		}
		if got := read[c.arg](a); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %s is %#v, want %#v", c.call, c.arg, got, c.want)
		}
	}
}

func TestBindHas(t *testing.T) {
	a, _ := bindEverything(t, "everything(2, numbers: 1)")
	for name, want := range map[string][2]bool{"size": {true, true}, "x": {true, false}, "numbers": {true, true}, "table": {false, false}} {
		if got := [2]bool{a.Has(name), a.Given(name)}; got != want {
			t.Errorf("%s: has and given are %v, want %v", name, got, want)
		}
	}
	if a.Span("size") == a.Call || a.Span("x") != a.Call {
		t.Error("the span of what is given is its own, of what is not the call's")
	}
}

func TestBindBad(t *testing.T) {
	for _, c := range []struct{ call, want string }{
		{"everything(0)", "bad-size: everything: size must be a whole number of at least 1, got 0"},
		{"everything(-3)", "bad-size: everything: size must be a whole number of at least 1, got -3"},
		{"everything(2.5)", "not-whole: everything: size must be a whole number of at least 1, got 2.5"},
		{"everything(16777217)", "bad-size: everything: size must be a whole number of at most 16777216, got 16777217"},
		{"everything(true)", "bad-argument: everything: size must be a whole number of at least 1, got true"},
		{"everything(count: -1)", "bad-argument: everything: count must be a whole number of at least 0, got -1"},
		{"everything(x: \"a\")", `bad-argument: everything: x must be a finite number, got the string "a"`},
		{"everything(x: [1])", "bad-argument: everything: x must be a finite number, got a list"},
		{"everything(low: -2)", "bad-argument: everything: low must be a number of at least -1, got -2"},
		{"everything(positive: 0)", "bad-argument: everything: positive must be a number above 0, got 0"},
		{"everything(share: 1.5)", "bad-argument: everything: share must be a number from 0 to 1, got 1.5"},
		{"everything(part: 1)", "bad-argument: everything: part must be a number of at least 0 and below 1, got 1"},
		{"everything(flag: 1)", "bad-argument: everything: flag must be true or false, got 1"},
		{"everything(kind: vaild)", "unknown-word: everything: kind cannot be vaild (did you mean valid?)"},
		{"everything(kind: other)", "unknown-word: everything: kind cannot be other (it may be same, valid or full)"},
		{"everything(kind: 1)", "bad-argument: everything: kind must be same, valid or full, got 1"},
		{"everything(kernel: 0)", "bad-size: everything: kernel must be a whole number of at least 1, or [h, w], got 0"},
		{"everything(kernel: [2, 0])", "bad-size: everything: kernel must be a whole number of at least 1, or [h, w], got 0"},
		{"everything(kernel: [1.5, 1])", "not-whole: everything: kernel must be a whole number of at least 1, or [h, w], got 1.5"},
		{"everything(kernel: [3])", "bad-argument: everything: kernel must be a whole number of at least 1, or [h, w], got a list of 1"},
		{"everything(kernel: [1, 2, 3])", "bad-argument: everything: kernel must be a whole number of at least 1, or [h, w], got a list of 3"},
		{"everything(kernel: [1, true])", "bad-argument: everything: kernel must be a whole number of at least 1, or [h, w], it holds true"},
		{"everything(kernel: same)", "bad-argument: everything: kernel must be a whole number of at least 1, or [h, w], got the name same"},
		{"everything(kernel: [1, 16777217])", "bad-size: everything: kernel must be a whole number of at most 16777216, got 16777217"},
		{"everything(pad: -1)", "bad-argument: everything: pad must be a whole number of at least 0, or [h, w], got -1"},
		{"everything(pad: true)", "bad-argument: everything: pad must be valid, same or a whole number of at least 0, or [h, w], got true"},
		{"everything(pad: saem)", "unknown-word: everything: pad cannot be saem (did you mean same?)"},
		{"everything(pad: reflected)", "unknown-word: everything: pad cannot be reflected (it may be valid, same or a whole number of at least 0, or [h, w])"},
		{"everything(pad: [same, 1])", "bad-argument: everything: pad must be valid, same or a whole number of at least 0, or [h, w], it holds the name same"},
		{"everything(border: [1, 2])", "bad-argument: everything: border must be none or a whole number of at least 0, got a list"},
		{"everything(numbers: [1, -1e39])", "bad-argument: everything: numbers must hold numbers that float32 has, below 3.4e38, it holds -1e+39"},
		{"everything(numbers: [])", "bad-argument: everything: numbers is an empty list"},
		{"everything(numbers: [1, true])", "bad-argument: everything: numbers must be a list of numbers, it holds true"},
		{"everything(axes: 1)", "bad-argument: everything: axes must be a list of whole numbers, got 1"},
		{"everything(axes: [1, 0.5])", "not-whole: everything: axes must be a whole number of at least 0, got 0.5"},
		{"everything(table: [1, 2])", "bad-argument: everything: table must be a list of rows, each a list of numbers: it holds 1"},
		{"everything(table: 1)", "bad-argument: everything: table must be a list of rows, each a list of numbers, got 1"},
		{"everything(table: [])", "bad-argument: everything: table is an empty list"},
		{"everything(table: [[1, 2], [3]])", "bad-shape: everything: the rows of table must be of one length, got 2 and 1"},
		{"everything(init: he_norml)", "unknown-word: there is no initialiser he_norml (did you mean he_normal?)"},
		{"everything(init: 3)", "bad-argument: everything: init must be an initialiser, such as he_normal, got 3"},
		{"everything(init: normal)", "missing-argument: normal: std is missing: the standard deviation"},
		{"everything(init: uniform(1, 0))", "bad-argument: uniform: b must be above a, 1, got 0"},
		{"everything(lr: -1)", "bad-argument: everything: lr must be a number of at least 0, got -1"},
		{"everything(lr: cosin(1))", "unknown-word: there is no schedule cosin (did you mean cosine?)"},
		{"everything(lr: one_cycle(1, three_phase: true, pct_start: 0.6))", "bad-argument: one_cycle: pct_start must be at most 0.5 where three_phase is true, got 0.6 (the rate takes as long to come back as it takes to rise)"},
		{"everything(lr: step_decay(0.1, every: 0, by: 0.5))", "bad-size: step_decay: every must be a whole number of at least 1, got 0"},
		{"everything(lr: cosine(0.1, min: 0.2))", "bad-argument: cosine: min must be at most lr, 0.1, got 0.2"},
		{"everything(bias: 1)", "bad-argument: everything: bias must be true, false or a list of numbers, got 1"},
		{"everything(szie: 1)", "unknown-argument: everything: there is no argument szie (did you mean size?)"},
		{"everything(size: 1, size: 2)", "duplicate-name: everything: size is given twice"},
		{"everything(1, size: 2)", "duplicate-name: everything: size is given twice"},
		{"everything(size: 1, 2)", "bad-argument: everything: an argument without a name stands behind one with a name (give it a name, or put it in front)"},
		{"everything(0, x: true)", "bad-size: everything: size must be a whole number of at least 1, got 0\n" +
			"bad-argument: everything: x must be a finite number, got true"},
	} {
		if _, got := bindEverything(t, c.call); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.call, got, c.want)
		}
	}
}

// TestBindOperators: mistakes in calls of the language's own operators.
func TestBindOperators(t *testing.T) {
	for _, c := range []struct {
		kind       op.Kind
		call, want string
	}{
		{op.Layer, "dense", "missing-argument: dense: units is missing: the number of units, which is the number of outputs"},
		{op.Layer, "dense(0)", "bad-size: dense: units must be a whole number of at least 1, got 0"},
		{op.Layer, "dense(2, trainable: true)", "bad-argument: dense: trainable is for values given by hand, and there are none"},
		{op.Layer, "dense(1, weights: [[1]], trainable: true, frozen: true)", "bad-argument: dense: trainable and frozen exclude each other"},
		{op.Layer, "dense(1, weights: [[1]], init: ones)", "bad-argument: dense: init and weights exclude each other"},
		{op.Layer, "dense(1, bias: false, bias_init: ones)", "bad-argument: dense: bias_init has nothing to set: bias is false"},
		{op.Layer, "dense(1, bias: [1], bias_init: ones)", "bad-argument: dense: bias_init and the values of bias exclude each other"},
		{op.Layer, "dense(2, bias: [1])", "bad-shape: dense: bias must have 2 numbers, one a unit, got 1"},
		{op.Layer, "dense(1, bias_init: orthogonal)", "bad-argument: dense: bias_init sets a vector, and orthogonal is for matrices"},
		{op.Layer, "conv(2)", "missing-argument: conv: kernel is missing: the size of the kernels"},
		{op.Layer, "conv(4, kernel: 1, groups: 3)", "bad-argument: conv: groups must divide the output channels, 4, got 3"},
		{op.Layer, "conv(4, kernel: 1, bias: false, bias_init: ones)", "bad-argument: conv: bias_init has nothing to set: bias is false"},
		{op.Layer, "conv(4, kernel: 1, pad: ful)", "unknown-word: conv: pad cannot be ful"},
		{op.Layer, "conv1d(4, kernel: [1, 2])", "bad-argument: conv1d: kernel must be a whole number of at least 1, got a list"},
		{op.Layer, "conv1d(4, kernel: 1, groups: 3)", "bad-argument: conv1d: groups must divide the output channels, 4, got 3"},
		{op.Layer, "conv_transpose(4, kernel: 1, groups: 3)", "bad-argument: conv_transpose: groups must divide the output channels, 4, got 3"},
		{op.Layer, "conv_transpose(4, kernel: 1, pad: same)", "bad-argument: conv_transpose: pad must be a whole number of at least 0, or [h, w], got the name same"},
		{op.Layer, "conv_transpose(4, kernel: 1, stride: [2, 3], output_padding: 2)", "bad-argument: conv_transpose: output_padding must be below stride or dilation, 2, got 2"},
		{op.Layer, "max_pool", "missing-argument: max_pool: k is missing: the size of the windows"},
		{op.Layer, "max_pool(0)", "bad-size: max_pool: k must be a whole number of at least 1, or [h, w], got 0"},
		{op.Layer, "max_pool([2, 5], pad: [0, 3])", "bad-argument: max_pool: pad must be at most half of k, 2, got 3"},
		{op.Layer, "avg_pool1d(3, pad: 2)", "bad-argument: avg_pool1d: pad must be at most half of k, 1, got 2"},
		{op.Layer, "gru(1, reverse: true, bidirectional: true)", "bad-argument: gru: reverse and bidirectional exclude each other"},
		{op.Layer, "relu(1)", "too-many-arguments: relu: it takes no arguments, got 1"},
		{op.Layer, "scale(1, 2)", "too-many-arguments: scale: it takes one argument, got 2"},
		{op.Layer, "clip(1, 2, 3, 4)", "too-many-arguments: clip: it takes at most 2 arguments, got 4"},
		{op.Layer, "clip(1, 0)", "bad-argument: clip: hi must be at least lo, 1, got 0"},
		{op.Layer, "dropout(1)", "bad-argument: dropout: p must be a number of at least 0 and below 1, got 1"},
		{op.Layer, "reshape([2, 0])", "bad-size: reshape: every size in shape must be at least 1, got 0"},
		{op.Layer, "slice(0, 3, 3)", "bad-argument: slice: to must be above from, 3, got 3"},
		{op.Layer, "normalize(mean: 0, std: [1, 0])", "bad-argument: normalize: std must be a number above 0, got 0"},
		{op.Loss, "mse(reduction: men)", "unknown-word: mse: reduction cannot be men"},
		{op.Loss, "cross_entropy(label_smoothing: 1.1)", "bad-argument: cross_entropy: label_smoothing must be a number from 0 to 1, got 1.1"},
		{op.Penalty, "l2", "missing-argument: l2: lambda is missing: how much it weighs"},
		{op.Penalty, "l2(-1)", "bad-argument: l2: lambda must be a number of at least 0, got -1"},
		{op.Optimizer, "sgd", "missing-argument: sgd: lr is missing: the learning rate, or a schedule of it"},
		{op.Optimizer, "sgd(0.1, nesterov: true)", "bad-argument: sgd: nesterov needs a momentum and no dampening"},
		{op.Optimizer, "sgd(0.1, dampening: 0.1)", "bad-argument: sgd: dampening is of the momentum, and there is none"},
		{op.Optimizer, "adam(betas: [0.9])", "bad-argument: adam: betas must be two numbers, got 1"},
		{op.Optimizer, "adam(betas: [0.9, 1])", "bad-argument: adam: betas must be a number of at least 0 and below 1, got 1"},
		{op.Optimizer, "adamw(clip_norm: 1, clip_value: 1)", "bad-argument: adamw: clip_norm and clip_value exclude each other"},
		{op.Optimizer, "lion(betas: [0.9, 0.8, 0.7])", "bad-argument: lion: betas must be two numbers, got 3"},
		{op.Optimizer, "nadam(momentum_decay: -1)", "bad-argument: nadam: momentum_decay must be a number of at least 0, got -1"},
		{op.Optimizer, "adam(clip_norm: 0)", "bad-argument: adam: clip_norm must be a number above 0, got 0"},
		{op.MetricKind, "top_k", "missing-argument: top_k: k is missing: how many outputs may hold the label"},
	} {
		r := rawCall(t, c.call)
		_, list := op.Bind(lookup(t, c.kind, r.Name), r.Span, r.Args)
		if got := first(list); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.call, got, c.want)
		}
	}
}

// TestUnknown: names that Lookup does not find.
func TestUnknown(t *testing.T) {
	for _, c := range []struct {
		kind       op.Kind
		name, want string
	}{
		{op.Layer, "dens", "unknown-layer: there is no layer dens (did you mean dense?)"},
		{op.Layer, "Residul", "unknown-layer: there is no layer Residul (did you mean Residual?)"},
		{op.Layer, "xyz", "unknown-layer: there is no layer xyz"},
		{op.Loss, "mes", "unknown-name: there is no loss mes (did you mean mse?)"},
		{op.Optimizer, "ladam", "unknown-name: there is no optimizer ladam (did you mean adam?)"},
		{op.MetricKind, "acuracy", "unknown-name: there is no metric acuracy (did you mean accuracy?)"},
		{op.Penalty, "abc", "unknown-name: there is no penalty abc (it may be l1, l2 or Residual)"},
	} {
		d := op.Unknown(c.kind, c.name, rawCall(t, "x").NameSpan, "Residual")
		got := string(d.Code) + ": " + d.Message
		if d.Help != "" {
			got += " (" + d.Help + ")"
		}
		if got != c.want {
			t.Errorf("%s %s: got %s, want %s", c.kind, c.name, got, c.want)
		}
	}
}

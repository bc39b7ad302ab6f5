package onnx_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A translation writes one of ONNX's nodes in the language. Its semantics are those of ONNX's own documents
// (https://github.com/onnx/onnx/blob/v1.12.0/docs/Operators.md). What cannot be said is an inexpressible, with the reason
// in terms of the language.

// number writes a number as the language has it.
func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// size writes one number, or several in brackets where they differ.
func size(n []int) string {
	for _, v := range n {
		if v != n[0] {
			return list(n)
		}
	}
	return strconv.Itoa(n[0])
}

// up counts from 0.
func up(n int) []int {
	axes := make([]int, n)
	for i := range axes {
		axes[i] = i
	}
	return axes
}

// transpose is the layer that gives axis perm[i] the place i; "" where all stay.
func transpose(perm []int) string {
	if slices.IsSorted(perm) {
		return ""
	}
	return "transpose(" + list(perm) + ")"
}

// reshape is the layer that goes from one shape to another; "" where they are one.
func reshape(from, to []int) string {
	if slices.Equal(from, to) {
		return ""
	}
	if len(to) == 0 {
		to = []int{1}
	}
	return "reshape(" + list(to) + ")"
}

// pick gives elements by place.
func pick(from, at []int) []int {
	out := make([]int, len(at))
	for i, a := range at {
		out[i] = from[a]
	}
	return out
}

// inverse undoes a permutation.
func inverse(perm []int) []int {
	out := make([]int, len(perm))
	for i, a := range perm {
		out[a] = i
	}
	return out
}

// whole is an input's shape as that of one row.
func whole(t *tensor) []int {
	if len(t.dims) == 0 {
		return []int{1}
	}
	return t.dims
}

// translation fills a model.
type translation func(c *testCase, m *model) error

// elementwise is a node of one value, as the line that is made of x.
func elementwise(line func(c *testCase) string) translation {
	return func(c *testCase, m *model) error {
		if err := c.values(); err != nil {
			return err
		}
		m.input("x", c.in[0], min(1, len(c.in[0].dims)))
		m.line("%s", line(c))
		m.result(c.out[0])
		return nil
	}
}

// layer is an elementwise node that is a layer.
func layer(name string) translation { return elementwise(func(*testCase) string { return name }) }

// formula is an elementwise node with numbers of attributes in it.
func formula(line string, attrs ...any) translation {
	return elementwise(func(c *testCase) string {
		var numbers []any
		for i := 0; i < len(attrs); i += 2 {
			numbers = append(numbers, number(c.float(attrs[i].(string), attrs[i+1].(float64))))
		}
		return fmt.Sprintf(line, numbers...)
	})
}

// joined is a node of values of one shape, joined by an operator, or of one; behind is what follows several.
func joined(operator string, behind func(n int) string) translation {
	return func(c *testCase, m *model) error {
		if len(c.in) == 1 {
			return layer(alone("identity"))(c, m)
		}
		if err := c.values(); err != nil {
			return err
		}
		var names []string
		for i, t := range c.in {
			if !slices.Equal(t.dims, c.out[0].dims) {
				return noBroadcasting
			}
			name := fmt.Sprintf("x%d", i)
			m.input(name, t, min(1, len(t.dims)))
			names = append(names, name)
		}
		m.chain(strings.Join(names, operator), behind(len(names)))
		m.result(c.out[0])
		return nil
	}
}

func nothing(int) string { return "" }

// alone is a layer that leaves its input as it is, with others around it that come to nothing: a model that computes nothing
// is refused.
func alone(layer string) string { return "neg -> " + layer + " -> neg" }

// onlyOne is a node of several values that is none where there is but one.
func onlyOne(why error) translation {
	return func(c *testCase, m *model) error {
		if len(c.in) > 1 {
			return why
		}
		return layer(alone("identity"))(c, m)
	}
}

// onRow is a node that changes the shape of one value, by layers that take the whole of it as a row.
func onRow(layers func(c *testCase, shape []int) ([]string, error)) translation {
	return func(c *testCase, m *model) error {
		if err := c.values(0); err != nil {
			return err
		}
		m.input("x", c.in[0], 0)
		l, err := layers(c, whole(c.in[0]))
		if err != nil {
			return err
		}
		m.chain(l...)
		for _, t := range c.out {
			m.result(t)
		}
		return nil
	}
}

// toOutput is a node whose output is its input in another shape.
func toOutput(attrs ...string) translation {
	return onRow(func(c *testCase, shape []int) ([]string, error) {
		for _, a := range attrs {
			c.attr(a)
		}
		return []string{reshape(shape, whole(c.out[0]))}, nil
	})
}

// alongLast is a layer that works along the last axis of [D] and [T, D], along any axis of any shape.
func alongLast(name string) translation {
	return func(c *testCase, m *model) error {
		if err := c.values(); err != nil {
			return err
		}
		x := c.in[0]
		rank := len(x.dims)
		axis := c.axis("axis", -1, rank)
		m.result(c.out[0])
		if axis == rank-1 && (rank == 2 || rank == 3) {
			m.input("x", x, 1)
			m.chain(name)
			return nil
		}
		perm := append(slices.Delete(up(rank), axis, axis+1), axis)
		turned := pick(x.dims, perm)
		flat := []int{product(turned) / x.dims[axis], x.dims[axis]}
		m.input("x", x, 0)
		m.chain(transpose(perm), reshape(turned, flat), name, reshape(flat, turned), transpose(inverse(perm)))
		return nil
	}
}

// reduction is a node that reduces some axes: layers before, sum, mean, max or min, and layers behind.
func reduction(how string, before, behind []string) translation {
	return onRow(func(c *testCase, shape []int) ([]string, error) {
		c.attr("keepdims")
		axes := c.ints("axes")
		if axes == nil {
			axes = c.wholes(1)
		}
		if len(axes) == 0 {
			if c.int("noop_with_empty_axes", 0) != 0 {
				return []string{alone("identity")}, nil
			}
			axes = up(len(shape))
		}
		// Those that are reduced go to the front.
		var reduced, kept []int
		for a := range shape {
			if slices.Contains(axes, a) || slices.Contains(axes, a-len(shape)) {
				reduced = append(reduced, a)
			} else {
				kept = append(kept, a)
			}
		}
		perm := slices.Concat(reduced, kept)
		n := product(pick(shape, reduced)) // elements that become one
		layers := slices.Clone(before)
		if n == product(shape) && (how == "sum" || how == "mean") {
			return slices.Concat(layers, []string{how}, behind), nil
		}
		turned := pick(shape, perm)
		layers = append(layers, transpose(perm), reshape(turned, []int{n, product(shape) / n}))
		switch how {
		case "sum":
			layers = append(layers, "mean_over_time", fmt.Sprintf("scale(%d)", n))
		case "mean":
			layers = append(layers, "mean_over_time")
		case "max":
			layers = append(layers, "max_over_time")
		case "min":
			layers = append(layers, "neg", "max_over_time", "neg")
		}
		return append(layers, behind...), nil
	})
}

// refuse is a node that cannot be written.
func refuse(why inexpressible) translation { return func(*testCase, *model) error { return why } }

// translations are those of all of ONNX's operators that there are tests of.
var translations = map[string]translation{
	"Abs":         layer("abs"),
	"Exp":         layer("exp"),
	"Log":         layer("log"),
	"Neg":         layer("neg"),
	"Sqrt":        layer("sqrt"),
	"Relu":        layer("relu"),
	"Sigmoid":     layer("sigmoid"),
	"Softplus":    layer("softplus"),
	"Softsign":    layer("softsign"),
	"Tanh":        layer("tanh"),
	"Identity":    layer(alone("identity")),
	"LeakyRelu":   formula("leaky_relu(%s)", "alpha", 0.01),
	"Elu":         formula("elu(%s)", "alpha", 1.0),
	"Reciprocal":  formula("1 / x"),
	"Sign":        formula("(x -> step) - (x -> neg -> step)"),
	"HardSigmoid": formula("x * %s + %s -> clip(0, 1)", "alpha", 0.2, "beta", 0.5),
	"HardSwish":   formula("x * (x -> hard_sigmoid)"),
	"Celu": elementwise(func(c *testCase) string {
		a := c.float("alpha", 1)
		return fmt.Sprintf("x / %s -> elu -> scale(%s)", number(a), number(a))
	}),
	"Selu": elementwise(func(c *testCase) string {
		if len(c.node.attrs) == 0 {
			return "selu"
		}
		return fmt.Sprintf("elu(%s) -> scale(%s)", number(c.float("alpha", 1.67326319217681884765625)), number(c.float("gamma", 1.05070102214813232421875)))
	}),
	"ThresholdedRelu": elementwise(func(c *testCase) string { return fmt.Sprintf("x * (x - %s -> step)", number(c.float("alpha", 1))) }),
	"Shrink": elementwise(func(c *testCase) string {
		l, b := number(c.float("lambd", 0.5)), number(c.float("bias", 0))
		return fmt.Sprintf("(x - %[2]s) * (x - %[1]s -> step) + (x + %[2]s) * (0 - x - %[1]s -> step)", l, b)
	}),
	"Clip":       clip,
	"Pow":        pow,
	"PRelu":      prelu,
	"Softmax":    alongLast("softmax"),
	"LogSoftmax": alongLast("log_softmax"),

	"Add":  joined(" + ", nothing),
	"Sub":  joined(" - ", nothing),
	"Mul":  joined(" * ", nothing),
	"Div":  joined(" / ", nothing),
	"Sum":  joined(" + ", nothing),
	"Mean": joined(" + ", func(n int) string { return fmt.Sprintf("scale(1 / %d)", n) }),
	"Max":  onlyOne(noComparison),
	"Min":  onlyOne(noComparison),

	"ReduceSum":       reduction("sum", nil, nil),
	"ReduceMean":      reduction("mean", nil, nil),
	"ReduceMax":       reduction("max", nil, nil),
	"ReduceMin":       reduction("min", nil, nil),
	"ReduceL1":        reduction("sum", []string{"abs"}, nil),
	"ReduceL2":        reduction("sum", []string{"square"}, []string{"sqrt"}),
	"ReduceSumSquare": reduction("sum", []string{"square"}, nil),
	"ReduceLogSum":    reduction("sum", nil, []string{"log"}),
	"ReduceLogSumExp": reduction("sum", []string{"exp"}, []string{"log"}),
	"ReduceProd":      refuse("there is no product over an axis"),

	"Reshape":      toOutput("allowzero"),
	"Squeeze":      toOutput("axes"),
	"Unsqueeze":    toOutput("axes"),
	"Flatten":      flatten,
	"Transpose":    onRow(transposed),
	"DepthToSpace": onRow(depthToSpace),
	"SpaceToDepth": onRow(spaceToDepth),
	"Tile":         tile,
	"Expand":       expand,
	"Slice":        onRow(slice),
	"Split":        split,
	"Concat":       concat,
	"Pad":          pad,
	"Resize":       resize,
	"Upsample":     resize,
	"Gather":       gather,
	"Einsum":       einsum,

	"Gemm":                      gemm,
	"MatMul":                    matMul,
	"Conv":                      conv,
	"ConvTranspose":             convTranspose,
	"MaxPool":                   pool("max_pool"),
	"AveragePool":               pool("avg_pool"),
	"GlobalMaxPool":             globalPool("global_max_pool"),
	"GlobalAveragePool":         globalPool("global_avg_pool"),
	"BatchNormalization":        batchNorm,
	"InstanceNormalization":     instanceNorm,
	"LayerNormalization":        layerNorm,
	"Dropout":                   dropout,
	"RNN":                       recurrent("rnn", 0),
	"GRU":                       recurrent("gru", 1, 0, 2),
	"LSTM":                      recurrent("lstm", 0, 2, 3, 1),
	"SoftmaxCrossEntropyLoss":   crossEntropy,
	"NegativeLogLikelihoodLoss": refuse("nll takes what log_softmax gives, and these inputs are no logarithms of probabilities"),

	"Adagrad":  adagrad,
	"Adam":     adam,
	"Momentum": momentum,
}

// refusals are the operators without a translation, by the reason.
var refusals = []struct {
	why inexpressible
	ops string
}{
	{noOperator, `Acos Acosh Asin Asinh Atan Atanh BlackmanWindow Ceil Cos Cosh CumSum DFT Det Erf Floor GridSample HammingWindow HannWindow Hardmax LRN
		MeanVarianceNormalization MelWeightMatrix Mod NonMaxSuppression OneHot ReverseSequence RoiAlign Round STFT Sin Sinh Tan TfIdfVectorizer Trilu Unique`},
	{noTruth, "And Equal Greater GreaterOrEqual IsInf IsNaN Less LessOrEqual Not Or Where Xor"},
	{noIntegers, "BitShift ConvInteger DequantizeLinear DynamicQuantizeLinear MatMulInteger QLinearConv QLinearMatMul QuantizeLinear"},
	{noTypes, "Cast CastLike"},
	{noStrings, "StringNormalizer"},
	{noFlow, "If Loop OptionalGetElement OptionalHasElement Scan SequenceInsert SequenceMap"},
	{noShapes, "Shape Size"},
	{noConstants, "Constant ConstantOfShape EyeLike Range"},
	{noIndices, "ArgMax ArgMin Compress GatherElements GatherND MaxUnpool NonZero Scatter ScatterElements ScatterND TopK"},
	{noRandom, "Bernoulli"},
}

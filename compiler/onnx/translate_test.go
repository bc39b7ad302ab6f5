package onnx_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A translation writes one of ONNX's nodes in the language. Its semantics are those of ONNX's own documents
// (https://github.com/onnx/onnx/blob/v1.12.0/docs/Operators.md). What cannot be said is an inexpressible, with the reason
// in terms of the language.

// inexpressible says why a test cannot be written in the language.
type inexpressible string

func (e inexpressible) Error() string { return string(e) }

// Reasons that several operators have.
const (
	noOperator     inexpressible = "there is no such operator"
	noTruth        inexpressible = "there are no truth values"
	noIntegers     inexpressible = "values are floats, not integers"
	noShort        inexpressible = "values are floats of 32 or 64 bits"
	noStrings      inexpressible = "values are floats, not strings"
	noFlow         inexpressible = "no control flow, and no sequences of tensors or values that may be missing"
	noBroadcasting inexpressible = "values are not broadcast"
	noProducts     inexpressible = "there are no products of two values, but with weights"
	noEmpty        inexpressible = "there are no empty tensors"
	noShapes       inexpressible = "shapes are not values"
	noComparison   inexpressible = "there is no maximum or minimum of several values"
	noIndices      inexpressible = "indices are not values"
	noConstants    inexpressible = "there are no tensors of constants but weights"
	noTypes        inexpressible = "all values have the model's one type"
	noRandom       inexpressible = "random numbers are those of another generator"
	noThreeAxes    inexpressible = "there are no convolutions and pools over three axes"
)

// testCase is a node with its inputs and outputs; nil is one that is left out.
type testCase struct {
	name    string // without test_
	node    node
	in, out []*tensor
	read    map[string]bool // attributes that have been asked for
}

// attr gives an attribute, which counts as heeded.
func (c *testCase) attr(name string) (attribute, bool) {
	c.read[name] = true
	a, ok := c.node.attrs[name]
	return a, ok
}

func (c *testCase) float(name string, otherwise float64) float64 {
	if a, ok := c.attr(name); ok {
		return a.f
	}
	return otherwise
}

func (c *testCase) int(name string, otherwise int) int {
	if a, ok := c.attr(name); ok {
		return a.i
	}
	return otherwise
}

func (c *testCase) word(name, otherwise string) string {
	if a, ok := c.attr(name); ok {
		return a.s
	}
	return otherwise
}

func (c *testCase) ints(name string, otherwise ...int) []int {
	if a, ok := c.attr(name); ok {
		return a.ints
	}
	return otherwise
}

// axis is an attribute that counts from the end where it is negative.
func (c *testCase) axis(name string, otherwise, rank int) int {
	return fromStart(c.int(name, otherwise), rank)
}

func fromStart(axis, rank int) int {
	if axis < 0 {
		return axis + rank
	}
	return axis
}

// given is an input, nil where it is left out.
func (c *testCase) given(i int) *tensor {
	if i < len(c.in) {
		return c.in[i]
	}
	return nil
}

// wholes are an input's elements as integers, nil where it is left out.
func (c *testCase) wholes(i int) []int {
	t := c.given(i)
	if t == nil {
		return nil
	}
	n := make([]int, len(t.data))
	for i, v := range t.data {
		n[i] = int(v)
	}
	return n
}

// checkFloats refuses tensors that are not of floats, and empty ones.
func checkFloats(all ...*tensor) error {
	for _, t := range all {
		switch {
		case t == nil:
		case t.dtype == boolType:
			return noTruth
		case t.dtype == stringType:
			return noStrings
		case t.dtype == float16Type || t.dtype == bfloat16Type:
			return noShort
		case t.dtype.whole():
			return noIntegers
		case t.size() == 0:
			return noEmpty
		}
	}
	return nil
}

// values checks the node's outputs and the inputs that are values, all by default.
func (c *testCase) values(inputs ...int) error {
	checked := slices.Clone(c.out)
	for i, t := range c.in {
		if len(inputs) == 0 || slices.Contains(inputs, i) {
			checked = append(checked, t)
		}
	}
	return checkFloats(checked...)
}

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

func clip(c *testCase, m *model) error {
	if err := c.values(); err != nil {
		return err
	}
	bound := func(i int, otherwise float64) string {
		if t := c.given(i); t != nil {
			otherwise = t.data[0]
		}
		return number(otherwise)
	}
	m.input("x", c.in[0], 1)
	m.line("clip(%s, %s)", bound(1, -math.MaxFloat32), bound(2, math.MaxFloat32))
	m.result(c.out[0])
	return nil
}

func pow(c *testCase, m *model) error {
	if err := c.values(); err != nil {
		return err
	}
	if y := c.in[1]; y.size() != 1 || y.data[0] != 2 {
		return inexpressible("there are no powers but square and sqrt")
	}
	m.input("x", c.in[0], 1)
	m.line("square")
	m.result(c.out[0])
	return nil
}

func prelu(c *testCase, m *model) error {
	if err := c.values(); err != nil {
		return err
	}
	if !slices.Equal(c.in[0].dims, c.in[1].dims) {
		return inexpressible("prelu has one slope for all, and values are not broadcast")
	}
	m.input("x", c.in[0], 1)
	m.input("slope", c.in[1], 1)
	m.line("(x -> relu) - slope * (x -> neg -> relu)")
	m.result(c.out[0])
	return nil
}

func flatten(c *testCase, m *model) error {
	if c.axis("axis", 1, len(c.in[0].dims)) != 1 {
		return toOutput()(c, m)
	}
	return layer("flatten")(c, m)
}

func transposed(c *testCase, shape []int) ([]string, error) {
	perm := c.ints("perm")
	if perm == nil {
		perm = up(len(shape))
		slices.Reverse(perm)
	}
	return []string{transpose(perm)}, nil
}

func depthToSpace(c *testCase, shape []int) ([]string, error) {
	b := c.int("blocksize", 0)
	n, ch, h, w := shape[0], shape[1]/b/b, shape[2], shape[3]
	cut, perm := []int{n, b, b, ch, h, w}, []int{0, 3, 4, 1, 5, 2}
	if c.word("mode", "DCR") == "CRD" {
		cut, perm = []int{n, ch, b, b, h, w}, []int{0, 1, 4, 2, 5, 3}
	}
	return []string{reshape(shape, cut), transpose(perm), reshape(nil, []int{n, ch, h * b, w * b})}, nil
}

func spaceToDepth(c *testCase, shape []int) ([]string, error) {
	b := c.int("blocksize", 0)
	n, ch, h, w := shape[0], shape[1], shape[2]/b, shape[3]/b
	return []string{reshape(shape, []int{n, ch, h, b, w, b}), transpose([]int{0, 3, 5, 1, 2, 4}), reshape(nil, []int{n, ch * b * b, h, w})}, nil
}

// repeat adds lines that repeat x, of a shape, along every axis so many times.
func repeat(m *model, from string, times []int) {
	last := from
	for a, n := range times {
		if n > 1 {
			name := fmt.Sprintf("axis%d", a)
			m.line("%s = (%s) -> concat(axis: %d)", name, strings.Join(slices.Repeat([]string{last}, n), ", "), a)
			last = name
		}
	}
	m.line("%s", last)
}

func tile(c *testCase, m *model) error {
	m.input("x", c.in[0], 0)
	repeat(m, "x", c.wholes(1))
	m.result(c.out[0])
	return c.values(0)
}

func expand(c *testCase, m *model) error {
	shape, want := whole(c.in[0]), whole(c.out[0])
	from := slices.Concat(slices.Repeat([]int{1}, len(want)-len(shape)), shape)
	times := make([]int, len(want))
	for i, n := range want {
		times[i] = n / from[i]
	}
	m.input("x", c.in[0], 0)
	first := "x"
	if r := reshape(shape, from); r != "" {
		first = "shaped"
		m.line("shaped = x -> %s", r)
	}
	repeat(m, first, times)
	m.result(c.out[0])
	return c.values(0)
}

func slice(c *testCase, shape []int) ([]string, error) {
	starts, ends, axes, steps := c.wholes(1), c.wholes(2), c.wholes(3), c.wholes(4)
	if axes == nil {
		axes = up(len(starts))
	}
	var layers []string
	for i, a := range axes {
		if steps != nil && steps[i] != 1 {
			return nil, inexpressible("slice takes every element")
		}
		a = fromStart(a, len(shape))
		n := shape[a]
		from, to := min(max(fromStart(starts[i], n), 0), n), min(max(fromStart(ends[i], n), 0), n)
		if from > 0 || to < n {
			layers = append(layers, fmt.Sprintf("slice(axis: %d, from: %d, to: %d)", a, from, to))
		}
	}
	return layers, nil
}

func split(c *testCase, m *model) error {
	if err := c.values(0); err != nil {
		return err
	}
	x := c.in[0]
	axis := c.axis("axis", 0, len(x.dims))
	m.input("x", x, 0)
	var names []string
	from := 0
	for i, t := range c.out {
		n := t.dims[axis]
		names = append(names, fmt.Sprintf("part%d", i))
		m.line("%s = x -> slice(axis: %d, from: %d, to: %d)", names[i], axis, from, from+n)
		m.result(t)
		from += n
	}
	m.line("(%s)", strings.Join(names, ", "))
	return nil
}

func concat(c *testCase, m *model) error {
	if err := c.values(); err != nil {
		return err
	}
	var names []string
	for i, t := range c.in {
		names = append(names, fmt.Sprintf("x%d", i))
		m.input(names[i], t, 0)
	}
	m.line("(%s) -> concat(axis: %d)", strings.Join(names, ", "), c.axis("axis", 0, len(c.in[0].dims)))
	m.result(c.out[0])
	return nil
}

func pad(c *testCase, m *model) error {
	switch mode := c.word("mode", "constant"); {
	case mode != "constant":
		return inexpressible("pad adds zeros, not the edge or what is beside it")
	case c.given(2) != nil && c.in[2].data[0] != 0:
		return inexpressible("pad adds zeros, and as many on both sides")
	}
	if err := c.values(0); err != nil {
		return err
	}
	p := c.wholes(1)
	if len(p) != 8 || p[0]+p[1]+p[4]+p[5] > 0 || p[2] != p[6] || p[3] != p[7] {
		return inexpressible("pad adds zeros, and as many on both sides")
	}
	m.input("x", c.in[0], 1)
	m.line("pad(%s)", size(p[2:4]))
	m.result(c.out[0])
	return nil
}

// resize is Resize and, with its scales as the second input, Upsample.
func resize(c *testCase, m *model) error {
	if err := c.values(0); err != nil {
		return err
	}
	const why inexpressible = "upsample repeats the nearest element a whole number of times"
	x, y := c.in[0], c.out[0]
	mode, coordinates, nearest := c.word("mode", "nearest"), c.word("coordinate_transformation_mode", "half_pixel"), c.word("nearest_mode", "round_prefer_floor")
	for _, name := range []string{"cubic_coeff_a", "exclude_outside", "extrapolation_value"} { // of other modes
		c.attr(name)
	}
	if mode != "nearest" || len(x.dims) != 4 || x.dims[1] != y.dims[1] || y.dims[2]%x.dims[2] != 0 || y.dims[3]%x.dims[3] != 0 {
		return why
	}
	// Both take element ⌊i/k⌋.
	if s := coordinates + " " + nearest; c.node.op == "Resize" && s != "half_pixel round_prefer_floor" && s != "asymmetric floor" {
		return why
	}
	m.input("x", x, 1)
	m.line("upsample(%s)", size([]int{y.dims[2] / x.dims[2], y.dims[3] / x.dims[3]}))
	m.result(y)
	return nil
}

// gather is a table of embeddings: what is gathered from are its weights.
func gather(c *testCase, m *model) error {
	if err := c.values(0); err != nil {
		return err
	}
	data, at := c.in[0], c.in[1]
	rank := len(data.dims)
	axis := c.axis("axis", 0, rank)
	for _, v := range at.data {
		if v < 0 {
			return inexpressible("labels count from 0 upwards")
		}
	}
	n := data.dims[axis]
	others := slices.Delete(up(rank), axis, axis+1)
	table := data.transpose(append([]int{axis}, others...)...)
	shape := slices.Concat([]int{at.size()}, table.dims[1:])
	dim := product(table.dims[1:])
	m.port(port{name: "x", shape: []int{at.size()}, classes: n, values: at.data}, 1)
	m.weight("embed1.weight", table.reshape(n, dim))
	// The places stand first, and go where the axis was.
	perm := slices.Insert(up(rank)[1:], axis, 0)
	m.chain(fmt.Sprintf("embed(%d)", dim), reshape([]int{at.size(), dim}, shape), transpose(perm))
	m.result(c.out[0])
	return nil
}

func einsum(c *testCase, m *model) error {
	switch equation := strings.ReplaceAll(c.word("equation", ""), " ", ""); equation {
	case "ij->ji":
		return onRow(func(*testCase, []int) ([]string, error) { return []string{"transpose([1, 0])"}, nil })(c, m)
	case "ij->i":
		return layer("sum")(c, m)
	case "i,i":
		m.input("a", c.in[0], 0)
		m.input("b", c.in[1], 0)
		m.line("a * b -> sum")
		m.result(c.out[0])
		return c.values()
	case "bij,bjk->bik":
		return noProducts
	}
	return inexpressible("there are no diagonals")
}

func gemm(c *testCase, m *model) error {
	if err := c.values(); err != nil {
		return err
	}
	a, b, bias := c.in[0], c.in[1], c.given(2)
	alpha, beta := c.float("alpha", 1), c.float("beta", 1)
	first := ""
	if c.int("transA", 0) != 0 {
		first = "transpose([1, 0])"
		m.input("a", a, 0)
	} else {
		m.input("a", a, 1)
	}
	if c.int("transB", 0) == 0 {
		b = b.transpose(1, 0) // dense has (units, inputs)
	}
	m.weight("dense1.weight", b.times(alpha))
	m.result(c.out[0])
	units := b.dims[0]
	switch {
	case bias == nil:
		m.chain("a", first, fmt.Sprintf("dense(%d, bias: false)", units))
	case bias.size() == 1:
		m.chain("h = a", first, fmt.Sprintf("dense(%d, bias: false)", units))
		m.line("h + %s", number(beta*bias.data[0]))
	case len(bias.dims) == 1 || bias.dims[0] == 1:
		m.weight("dense1.bias", bias.reshape(units).times(beta))
		m.chain("a", first, fmt.Sprintf("dense(%d)", units))
	default:
		m.input("c", bias, 1)
		m.line("(a -> dense(%d, bias: false)) + %s * c", units, number(beta))
	}
	return nil
}

func matMul(c *testCase, m *model) error {
	if err := c.values(); err != nil {
		return err
	}
	if len(c.in[1].dims) != 2 {
		return noProducts
	}
	w := c.in[1].transpose(1, 0)
	m.input("x", c.in[0], 1)
	m.weight("dense1.weight", w)
	m.line("dense(%d, bias: false)", w.dims[0])
	m.result(c.out[0])
	return nil
}

// windows are the attributes of convolutions and pools.
type windows struct {
	axes                     int
	kernel, stride, dilation []int
	begin, end               []int // padding
}

// windows reads them for an input (N, C, …) and kernels of a size, nil where the attribute has it.
func (c *testCase) windows(x *tensor, kernel []int) windows {
	n := len(x.dims) - 2
	ones := slices.Repeat([]int{1}, n)
	w := windows{axes: n, kernel: c.ints("kernel_shape", kernel...), stride: c.ints("strides", ones...), dilation: c.ints("dilations", ones...)}
	pads := c.ints("pads", make([]int, 2*n)...)
	w.begin, w.end = slices.Clone(pads[:n]), slices.Clone(pads[n:])
	auto := c.word("auto_pad", "NOTSET")
	if auto != "SAME_UPPER" && auto != "SAME_LOWER" || c.node.op == "ConvTranspose" {
		return w
	}
	for i, in := range x.dims[2:] {
		out := (in + w.stride[i] - 1) / w.stride[i]
		all := max((out-1)*w.stride[i]+(w.kernel[i]-1)*w.dilation[i]+1-in, 0)
		w.begin[i], w.end[i] = all/2, all-all/2
		if auto == "SAME_LOWER" {
			w.begin[i], w.end[i] = w.end[i], w.begin[i]
		}
	}
	return w
}

// options writes what is not the default.
func (w windows) options(dilation bool) string {
	s := ""
	if size(w.stride) != "1" {
		s += ", stride: " + size(w.stride)
	}
	if dilation && size(w.dilation) != "1" {
		s += ", dilation: " + size(w.dilation)
	}
	return s
}

func conv(c *testCase, m *model) error {
	if err := c.values(); err != nil {
		return err
	}
	x, weight, bias := c.in[0], c.in[1], c.given(2)
	w := c.windows(x, weight.dims[2:])
	name := "conv"
	switch w.axes {
	case 1:
		name = "conv1d"
	case 3:
		return noThreeAxes
	}
	line := fmt.Sprintf("%s(%d, kernel: %s%s", name, weight.dims[0], size(w.kernel), w.options(true))
	switch {
	case c.word("auto_pad", "") == "SAME_UPPER":
		line += ", pad: same"
	case !slices.Equal(w.begin, w.end):
		return inexpressible("pads are the same on both sides")
	case slices.Max(w.begin) > 0:
		line += ", pad: " + size(w.begin)
	}
	if g := c.int("group", 1); g > 1 {
		line += fmt.Sprintf(", groups: %d", g)
	}
	instance := map[string]string{"conv": "conv1", "conv1d": "conv1d_1"}[name]
	m.weight(instance+".weight", weight)
	if bias == nil {
		line += ", bias: false"
	} else {
		m.weight(instance+".bias", bias)
	}
	m.input("x", x, 1)
	m.line("%s)", line)
	m.result(c.out[0])
	return nil
}

// convTranspose cuts by slices what is not cut the same on both sides.
func convTranspose(c *testCase, m *model) error {
	if err := c.values(); err != nil {
		return err
	}
	x, weight := c.in[0], c.in[1]
	w := c.windows(x, weight.dims[2:])
	if w.axes > 2 {
		return noThreeAxes
	}
	in := x.dims[2:]
	extra := slices.Clone(c.ints("output_padding", make([]int, w.axes)...))
	shape := c.ints("output_shape")
	upper := c.word("auto_pad", "NOTSET") != "SAME_LOWER"
	if shape == nil && c.word("auto_pad", "NOTSET") != "NOTSET" {
		for i, n := range in {
			shape = append(shape, n*w.stride[i])
		}
	}
	for i := range shape {
		all := w.stride[i]*(in[i]-1) + extra[i] + (w.kernel[i]-1)*w.dilation[i] + 1 - shape[i]
		if all < 0 {
			extra[i], all = extra[i]-all, 0
		}
		w.begin[i], w.end[i] = all/2, all-all/2
		if !upper {
			w.begin[i], w.end[i] = w.end[i], w.begin[i]
		}
	}
	channels := weight.dims[1] * c.int("group", 1)
	var cuts []string
	line := fmt.Sprintf("%d, kernel: %s%s", channels, size(w.kernel), w.options(true))
	if w.axes == 1 { // an image of one line
		line = fmt.Sprintf("%d, kernel: [1, %d], stride: [1, %d], dilation: [1, %d]", channels, w.kernel[0], w.stride[0], w.dilation[0])
	}
	if slices.Equal(w.begin, w.end) {
		if slices.Max(w.begin) > 0 {
			line += ", pad: " + size(w.begin)
		}
	} else {
		for i, n := range in {
			uncut := w.stride[i]*(n-1) + extra[i] + (w.kernel[i]-1)*w.dilation[i] + 1
			cuts = append(cuts, fmt.Sprintf("slice(axis: %d, from: %d, to: %d)", i+1, w.begin[i], uncut-w.end[i]))
		}
	}
	if slices.Max(extra) > 0 {
		line += ", output_padding: " + size(extra)
	}
	if g := c.int("group", 1); g > 1 {
		line += fmt.Sprintf(", groups: %d", g)
	}
	m.input("x", x, 1)
	layer := "conv_transpose(" + line + ", bias: false)"
	if w.axes == 1 {
		weight = weight.reshape(weight.dims[0], weight.dims[1], 1, weight.dims[2])
		m.chain(fmt.Sprintf("reshape(%s)", list([]int{x.dims[1], 1, in[0]})), layer, reshape(nil, c.out[0].dims[1:]))
	} else {
		m.chain(append([]string{layer}, cuts...)...)
	}
	m.weight("conv_transpose1.weight", weight)
	m.result(c.out[0])
	return nil
}

func pool(name string) translation {
	return func(c *testCase, m *model) error {
		if err := c.values(); err != nil {
			if len(c.out) > 1 {
				return noIndices
			}
			return err
		}
		x := c.in[0]
		w := c.windows(x, nil)
		c.attr("storage_order")
		one := ""
		switch w.axes {
		case 1:
			one = "1d"
		case 3:
			return noThreeAxes
		}
		counts := c.int("count_include_pad", 0) != 0
		padded := slices.Max(slices.Concat(w.begin, w.end)) > 0
		half := true // as max_pool and avg_pool allow it
		for i, k := range w.kernel {
			half = half && w.begin[i] <= k/2
		}
		before, option := "", ""
		switch {
		case c.int("ceil_mode", 0) != 0:
			return inexpressible("pools round down")
		case size(w.dilation) != "1":
			return inexpressible("pools have no dilation")
		case padded && name == "avg_pool" && !counts:
			return inexpressible("averages count the zeros of the padding")
		case !slices.Equal(w.begin, w.end):
			return inexpressible("pads are the same on both sides")
		case padded && half:
			option = ", pad: " + size(w.begin)
		case padded && name == "avg_pool" && w.axes == 2:
			before = "pad(" + size(w.begin) + ")"
		case padded:
			return inexpressible("a pool's padding is at most half of its window")
		}
		m.input("x", x, 1)
		m.chain(before, fmt.Sprintf("%s%s(%s, stride: %s%s)", name, one, size(w.kernel), size(w.stride), option))
		m.result(c.out[0])
		return nil
	}
}

func globalPool(name string) translation {
	return func(c *testCase, m *model) error {
		m.input("x", c.in[0], 1)
		m.line("%s", name)
		m.result(c.out[0])
		return c.values()
	}
}

func batchNorm(c *testCase, m *model) error {
	if err := c.values(); err != nil {
		return err
	}
	c.attr("momentum") // of training
	if c.int("training_mode", 0) != 0 {
		return inexpressible("the running variance is the unbiased one, as PyTorch's; ONNX's is not")
	}
	m.input("x", c.in[0], 1)
	for i, name := range []string{"weight", "bias", "running_mean", "running_var"} {
		m.weight("batch_norm1."+name, c.in[i+1])
	}
	m.line("batch_norm(eps: %s)", number(c.float("epsilon", 1e-5)))
	m.result(c.out[0])
	return nil
}

func instanceNorm(c *testCase, m *model) error {
	m.input("x", c.in[0], 1)
	m.weight("group_norm1.weight", c.in[1])
	m.weight("group_norm1.bias", c.in[2])
	m.line("group_norm(%d, eps: %s)", c.in[0].dims[1], number(c.float("epsilon", 1e-5)))
	m.result(c.out[0])
	return c.values()
}

// layerNorm normalises over an axis and all behind it: those before are the batch.
func layerNorm(c *testCase, m *model) error {
	if err := c.values(); err != nil {
		return err
	}
	x := c.in[0]
	axis := c.axis("axis", -1, len(x.dims))
	eps := number(c.float("epsilon", 1e-5))
	n := product(x.dims[axis:])
	m.input("x", x, axis)
	m.weight("layer_norm1.weight", c.in[1].reshape(n))
	m.weight("layer_norm1.bias", c.in[2].reshape(n))
	m.line("row = x -> flatten")
	m.line("y = row -> layer_norm(eps: %s)", eps)
	m.line("center = row -> mean")
	m.line("variance = (row -> square -> mean) - (center -> square)")
	m.line("inverse = 1 / (variance + %s -> sqrt)", eps)
	m.line("(y, center, inverse)")
	for _, t := range c.out {
		m.result(t)
	}
	return nil
}

func dropout(c *testCase, m *model) error {
	c.attr("seed")
	p := c.float("ratio", 0.5) // of old versions, which only predict
	if t := c.given(1); t != nil {
		p = t.data[0]
	}
	if t := c.given(2); t != nil && t.data[0] != 0 && p > 0 {
		return noRandom
	}
	if len(c.out) > 1 {
		return inexpressible("the mask of dropout is no value")
	}
	if err := c.values(0); err != nil {
		return err
	}
	m.input("x", c.in[0], 1)
	m.line("%s", alone("dropout("+number(p)+")"))
	m.result(c.out[0])
	return nil
}

// recurrent is a recurrent layer; order is where its gates, in PyTorch's order, stand in ONNX's.
func recurrent(name string, order ...int) translation {
	return func(c *testCase, m *model) error {
		if err := c.values(0, 1, 2, 3); err != nil {
			return err
		}
		unlike := func(i int, v float64) bool {
			return c.given(i) != nil && slices.ContainsFunc(c.in[i].data, func(x float64) bool { return x != v })
		}
		x, batchFirst := c.in[0], c.int("layout", 0) == 1
		if !batchFirst {
			x = x.transpose(1, 0, 2)
		}
		switch {
		case unlike(4, float64(x.dims[1])):
			return inexpressible("all sequences have one length")
		case unlike(5, 0), unlike(6, 0):
			return inexpressible("states start from zero")
		case unlike(7, 0):
			return inexpressible("lstm has no peepholes")
		}
		units := c.int("hidden_size", 0)
		bias := c.given(3)
		if name == "gru" && c.int("linear_before_reset", 0) == 0 && x.dims[1] > 1 {
			return inexpressible("gru resets behind the product, as PyTorch's; ONNX's linear_before_reset=0 is before it")
		}
		blocks := func(t *tensor, from int) *tensor { // of rows in ONNX's order, units to each, in PyTorch's
			width := t.size() / t.dims[1]
			out := &tensor{dtype: t.dtype}
			for _, g := range order {
				out.data = append(out.data, t.data[(from+g)*units*width:][:units*width]...)
			}
			return out
		}
		rows := len(order) * units
		layer := name + "1."
		m.weight(layer+"weight_ih_l0", blocks(c.in[1], 0).reshape(rows, x.dims[2]))
		m.weight(layer+"weight_hh_l0", blocks(c.in[2], 0).reshape(rows, units))
		with := ""
		if bias == nil {
			with = ", bias: false"
		} else {
			m.weight(layer+"bias_ih_l0", blocks(bias, 0).reshape(rows))
			m.weight(layer+"bias_hh_l0", blocks(bias, len(order)).reshape(rows))
		}
		m.input("x", x, 1)
		m.line("all = %s(%d%s)", name, units, with)
		m.line("end = all -> last")
		// All steps, of which ONNX has the direction as an axis, and the last.
		if all := c.out[0]; all != nil {
			m.line("(all, end)")
			if !batchFirst {
				all = all.transpose(2, 0, 1, 3)
			}
			m.result(all)
		} else {
			m.layers = []string{fmt.Sprintf("%s(%d%s) -> last", name, units, with)}
		}
		if c.out[1] != nil {
			m.result(c.out[1])
		}
		return nil
	}
}

// crossEntropy has classes on axis 1, and labels for each place of the others.
func crossEntropy(c *testCase, m *model) error {
	if c.given(2) != nil {
		return inexpressible("classes have no weights")
	}
	if err := c.values(0); err != nil {
		return err
	}
	x, labels := c.in[0], slices.Clone(c.in[1].data)
	classes, places := x.dims[1], product(x.dims[2:])
	if ignored, ok := c.attr("ignore_index"); ok {
		for i, v := range labels {
			if int(v) == ignored.i {
				labels[i] = -1
			}
		}
	}
	loss := "cross_entropy"
	reduction := c.word("reduction", "mean")
	m.input("x", x, 1)
	target := port{name: "y", target: true, classes: classes, values: labels}
	turned := []string{}
	if len(x.dims) > 2 {
		target.shape = []int{places}
		turned = []string{reshape(x.dims[1:], []int{classes, places}), "transpose([1, 0])"}
	}
	switch {
	case reduction == "none" && len(x.dims) > 2:
		return inexpressible("a loss is a number a row, not one a step")
	case reduction == "none":
		m.rowwise = true
	case reduction == "sum" && len(x.dims) > 2:
		return inexpressible("a loss averages the steps of a row")
	case reduction == "sum":
		loss += "(reduction: sum)"
	}
	m.port(target, m.rows)
	if len(c.out) == 1 {
		m.chain(append(turned, "softmax")...)
		m.loss = loss
	} else { // the logarithms of the probabilities, too
		m.chain(slices.Concat([]string{"p = x"}, turned, []string{"softmax"})...)
		back := []string{}
		if len(turned) > 0 {
			back = []string{"transpose([1, 0])", reshape([]int{classes, places}, x.dims[1:])}
		}
		m.chain(slices.Concat([]string{"logs = x"}, turned, []string{"log_softmax"}, back)...)
		m.line("(logs, p)")
		m.loss = "(p, y) -> " + loss
		m.result(c.out[1])
	}
	m.results = append(m.results, result{"softmax", nil}, result{"the loss", c.out[0].data})
	return nil
}

// optimizer is a step of an optimizer over the tensors of X, from states that it keeps, behind so many; text is its call.
func optimizer(c *testCase, m *model, done float64, text string, names []string) error {
	n := (len(c.in) - 2) / (2 + len(names)) // tensors
	tensors := func(i int) []*tensor { return c.in[2+i*n:][:n] }
	u := &step{done: done, names: names, weights: tensors(0), grads: tensors(1), states: map[string][]*tensor{}}
	for i, name := range names {
		u.states[name] = tensors(2 + i)
	}
	m.port(port{name: "x", shape: []int{1}}, 1)
	var parts []string
	total := 0
	for i, t := range u.weights {
		parts = append(parts, fmt.Sprintf("part%d", i))
		m.line("%s = x -> dense(%d, bias: false)", parts[i], t.size())
		total += t.size()
	}
	m.port(port{name: "y", target: true, shape: []int{total}}, 1)
	if n > 1 {
		m.line("(%s) -> concat", strings.Join(parts, ", "))
	} else {
		m.layers = []string{fmt.Sprintf("dense(%d, bias: false)", total)}
	}
	m.loss, m.optimizer, m.step = "mse", text, u
	for _, t := range c.out {
		m.result(t)
	}
	return c.values(slices.Delete(up(len(c.in)), 1, 2)...)
}

func adagrad(c *testCase, m *model) error {
	text := fmt.Sprintf("adagrad(lr: %s, lr_decay: %s, weight_decay: %s, eps: %s)", number(c.in[0].data[0]), number(c.float("decay_factor", 0)),
		number(c.float("norm_coefficient", 0)), number(c.float("epsilon", 1e-6)))
	return optimizer(c, m, c.in[1].data[0], text, []string{"squares"})
}

// adam: ONNX corrects for the start from the second step on. A step so late that nothing is left to correct is its first.
func adam(c *testCase, m *model) error {
	if c.in[1].data[0] != 0 || c.float("norm_coefficient_post", 0) != 0 {
		return inexpressible("adam adds eps behind the correction, and has no decay behind the step")
	}
	text := fmt.Sprintf("adam(lr: %s, betas: [%s, %s], weight_decay: %s, eps: %s)", number(c.in[0].data[0]), number(c.float("alpha", 0.9)), number(c.float("beta", 0.999)),
		number(c.float("norm_coefficient", 0)), number(c.float("epsilon", 1e-6)))
	return optimizer(c, m, 1e9, text, []string{"mean", "squares"})
}

// momentum: the factor of ONNX's first step is 1 whatever its beta, which is one less our dampening.
func momentum(c *testCase, m *model) error {
	t := c.in[1].data[0]
	dampening := 1 - c.float("beta", 1)
	if t == 0 {
		dampening = 0
	}
	nesterov := c.word("mode", "standard") == "nesterov"
	text := fmt.Sprintf("sgd(lr: %s, momentum: %s, weight_decay: %s, dampening: %s, nesterov: %v)", number(c.in[0].data[0]), number(c.float("alpha", 0)),
		number(c.float("norm_coefficient", 0)), number(dampening), nesterov)
	return optimizer(c, m, t, text, []string{"momentum"})
}

package onnx_test

import (
	"fmt"
	"slices"
)

// Operators with weights, pools, recurrent layers, losses.

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

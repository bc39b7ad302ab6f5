package op

import (
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// convolutionArgs declares the arguments of a convolution over so many axes.
func convolutionArgs(axes int) []Arg {
	size, pad := SizePair, WholePair
	if axes == 1 {
		size, pad = Size, Whole
	}
	return slices.Concat([]Arg{
		{Name: "channels", Type: Size, Required: true, Doc: "the number of kernels, which is the number of output channels"},
		{Name: "kernel", Type: size, Required: true, Doc: "the size of the kernels"},
		{Name: "stride", Type: size, Default: 1.0, Doc: "the distance from one position of the kernel to the next"},
		{Name: "pad", Type: pad, Words: []string{"valid", "same"}, Default: "valid",
			Doc: "how many zeros surround the input, the same on both sides; valid is none, same as many as give ⌈n/stride⌉ positions, an odd one behind"},
		{Name: "dilation", Type: size, Default: 1.0, Doc: "the distance from one element of the kernel to the next"},
	}, kernelArgs)
}

// kernelArgs are the arguments that all convolutions have in common.
var kernelArgs = []Arg{
	{Name: "groups", Type: Size, Default: 1.0, Doc: "into how many groups the channels are cut: each group of outputs reads its group of inputs alone"},
	{Name: "bias", Type: Bool, Default: true, Doc: "whether every output channel adds a bias"},
	{Name: "init", Type: Init, Default: "xavier_uniform", Doc: "how the kernels start"},
	{Name: "bias_init", Type: Init, Default: "zeros", Vector: true, Doc: "how the biases start"},
	{Name: "frozen", Type: Bool, Default: false, Doc: "true keeps kernels and biases as they are loaded"},
}

// checkConvolution finds groups that do not divide the output channels, and what excludes each other.
func checkConvolution(a *Args) *Error {
	switch channels, groups := a.Int("channels"), a.Int("groups"); {
	case channels%groups != 0:
		return Errorf(diag.BadArgument, "groups must divide the output channels, %d, got %d", channels, groups).Blame("groups").
			WithHelp("take %d channels", (channels+groups-1)/groups*groups)
	case a.Given("bias_init") && !a.Bool("bias"):
		return Errorf(diag.BadArgument, "bias_init has nothing to set: bias is false").Blame("bias_init")
	}
	return nil
}

// groupsOf reads groups, which must divide the channels of x.
func groupsOf(x *ir.Value, a *Args) (int, *Error) {
	channels, groups := x.Row()[0], a.Int("groups")
	if channels%groups != 0 {
		return 0, Errorf(diag.BadShape, "groups must divide the input's channels, %d of %s, got %d", channels, rowText(x), groups).Blame("groups").
			WithHelp("groups: 1 joins all channels, groups: %d keeps each by itself", channels)
	}
	return groups, nil
}

// grouped cuts an axis into groups, which become an axis in front of it; one group is none.
func grouped(b *Builder, v *ir.Value, axis, groups int) *ir.Value {
	if groups == 1 {
		return v
	}
	shape := slices.Insert(slices.Clone(v.Shape), axis, groups)
	shape[axis+1] /= groups
	return b.Reshape(v, shape...)
}

// joined undoes grouped.
func joined(b *Builder, v *ir.Value, axis, groups int) *ir.Value {
	if groups == 1 {
		return v
	}
	shape := slices.Delete(slices.Clone(v.Shape), axis, axis+1)
	shape[axis] *= groups
	return b.Reshape(v, shape...)
}

// groupLabel is the label of the groups in a Dot.
func groupLabel(groups int) string {
	if groups == 1 {
		return ""
	}
	return "g"
}

// kernels declares the weights of a convolution. Fans are PyTorch's (torch.nn.init._calculate_fan_in_and_fan_out): the
// second axis and the first, each times the area of a kernel.
func kernels(b *Builder, a *Args, shape []int) (weight, bias *ir.Value) {
	area := 1
	for _, n := range shape[2:] {
		area *= n
	}
	w := Weight{Init: a.Init("init"), FanIn: shape[1] * area, FanOut: shape[0] * area, Frozen: a.Bool("frozen"), Penalised: true}
	weight = b.Weight("weight", shape, w)
	if a.Bool("bias") {
		w.Init, w.Penalised = a.Init("bias_init"), false
		bias = b.Weight("bias", []int{a.Int("channels")}, w)
	}
	return weight, bias
}

// withBias adds a bias to every channel of y; nil is none.
func withBias(b *Builder, y, bias *ir.Value) *ir.Value {
	if bias == nil {
		return y
	}
	return b.Map(y.Shape, ir.Add(ir.A(0), ir.A(1)), ir.Whole(y), ir.Along(bias, 1))
}

// convolution is a layer that weighs what a window over the given number of axes shows.
func convolution(axes int) layerFunc {
	return func(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
		x := in[0]
		if err := wantChannels(x, axes); err != nil {
			return nil, err
		}
		groups, err := groupsOf(x, a)
		if err != nil {
			return nil, err
		}
		s := sliding{
			size: numbersOf(a, "kernel", axes), stride: numbersOf(a, "stride", axes), dilation: numbersOf(a, "dilation", axes), arg: "kernel",
		}
		switch a.Word("pad") {
		case "same":
			s.same = true
		case "valid":
			s.pad = allOf(axes, 0)
		default:
			s.pad = numbersOf(a, "pad", axes)
		}
		xs := grouped(b, x, 1, groups)
		wins, err := s.over(x, len(xs.Shape)-axes)
		if err != nil {
			return nil, err
		}
		for _, w := range wins {
			if err := wantSize(w.Out, "pad"); err != nil {
				return nil, err
			}
		}

		weight, bias := kernels(b, a, append([]int{a.Int("channels"), x.Row()[0] / groups}, s.size...))
		// b is the batch, g the group, c input channels, o output channels; y and x are positions, u and v places in a kernel.
		g, yx, uv := groupLabel(groups), positions[axes], places[axes]
		y := b.Dot("b"+g+"c"+yx+uv+","+g+"oc"+uv+"->b"+g+"o"+yx, b.Window(xs, 0, wins...), grouped(b, weight, 0, groups))
		return withBias(b, joined(b, y, 1, groups), bias), nil
	}
}

package op

import (
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var convTransposeLayer = &Def{
	Name: "conv_transpose",
	Kind: Layer,
	Doc: `A transposed convolution of an image, which enlarges it by its stride: every element, times a kernel, is added into the
result. It leads from the shape that conv gives to the shape that conv takes, with the same kernel, stride, pad and dilation.

Sizes are a number or [h, w]. pad cuts off the border. Where conv rounds down it takes several heights to one:
output_padding is added to the smallest of them.`,
	Shapes: []string{
		"[C, H, W] -> [channels, H', W']",
		"H' = (H - 1)·stride + dilation·(kernel - 1) + 1 - 2·pad + output_padding",
		"W' likewise",
	},
	Formula: `y[o, p, q] = b[o] + Σ W[c, o, u, v]·x[c, i, j], over c and all i, u, j and v
with p = i·stride + u·dilation - pad and q = j·stride + v·dilation - pad
with W (C, channels/groups, kernel height, kernel width) and b (channels)`,
	Gradient: `dx[c, i, j] = Σ W[c, o, u, v]·dy[o, p, q], over o, u and v
dW[c, o, u, v] = Σ x[c, i, j]·dy[o, p, q], over i, j and the rows
db[o] = Σ dy[o, p, q], over p, q and the rows`,
	Source:  torch("nn.ConvTranspose2d") + "; its initial values differ: xavier_uniform and zeros here",
	Example: "conv_transpose(16, kernel: 4, stride: 2, pad: 1) -> relu",
	Weights: true,
	Args: slices.Concat([]Arg{
		{Name: "channels", Type: Size, Required: true, Doc: "the number of output channels"},
		{Name: "kernel", Type: SizePair, Required: true, Doc: "the size of the kernels"},
		{Name: "stride", Type: SizePair, Default: 1.0, Doc: "the distance between what two neighbours are added into"},
		{Name: "pad", Type: WholePair, Default: 0.0, Doc: "how much of the border is cut off, the same on both sides"},
		{Name: "output_padding", Type: WholePair, Default: 0.0, Doc: "how many rows at the bottom and columns at the right are added"},
		{Name: "dilation", Type: SizePair, Default: 1.0, Doc: "the distance from one element of the kernel to the next"},
	}, kernelArgs),
	Check: func(a *Args) *Error {
		stride, dilation, extra := a.Pair("stride"), a.Pair("dilation"), a.Pair("output_padding")
		for i, n := range extra {
			if limit := max(stride[i], dilation[i]); n >= limit {
				return Errorf(diag.BadArgument, "output_padding must be below stride or dilation, %d, got %d", limit, n).Blame("output_padding")
			}
		}
		return checkConvolution(a)
	},
	Layer: buildConvTranspose,
	Cases: []Case{
		{Call: "conv_transpose(2, kernel: 2)", In: []string{"[2, 2, 3]"}},
		{Call: "conv_transpose(2, kernel: [2, 3], stride: 2, bias: false)", In: []string{"[1, 2, 3]"}},
		{Call: "conv_transpose(1, kernel: 3, stride: [2, 3], pad: [1, 0], output_padding: [1, 2])", In: []string{"[2, 2, 2]"}},
		{Call: "conv_transpose(1, kernel: 2, pad: 1, dilation: [2, 1])", In: []string{"[2, 2, 3]"}},
		{Call: "conv_transpose(4, kernel: 2, stride: 2, groups: 2)", In: []string{"[2, 2, 2]"}},
		{Call: "conv_transpose(2, kernel: 2, groups: 2, dilation: 2, output_padding: 1)", In: []string{"[2, 2, 2]"}},
		{Call: "conv_transpose(2, kernel: 1, stride: 2)", In: []string{"[1, 2, 2]"}},
		{Call: "conv_transpose(2, kernel: 2, init: he_normal, bias_init: uniform(-1, 1))", In: []string{"[1, 2, 2]"}},
		{Call: "conv_transpose(2, kernel: 2, frozen: true)", In: []string{"[1, 2, 2]"}},
	},
}

func buildConvTranspose(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
	x := in[0]
	if err := wantChannels(x, 2); err != nil {
		return nil, err
	}
	groups, err := groupsOf(x, a)
	if err != nil {
		return nil, err
	}
	xs := grouped(b, x, 1, groups)
	kernel, stride, pad, dilation, extra := a.Pair("kernel"), a.Pair("stride"), a.Pair("pad"), a.Pair("dilation"), a.Pair("output_padding")
	shape := append(slices.Clone(xs.Shape[:len(xs.Shape)-3]), a.Int("channels")/groups)
	var wins []ir.Win
	for i, n := range x.Row()[1:] {
		w := ir.Win{Axis: len(xs.Shape) - 2 + i, Size: kernel[i], Stride: stride[i], Dilation: dilation[i], Pad: pad[i], Out: n}
		out := w.Reach() - w.Pad + extra[i]
		if out < 1 {
			return nil, Errorf(diag.BadShape, "pad %d cuts off all of axis %d, which is %d without it", pad[i], 1+i, out+2*pad[i]).Blame("pad").
				WithHelp("take at most %d", (out+2*pad[i]-1)/2)
		}
		if err := wantSize(out, "stride"); err != nil {
			return nil, err
		}
		wins, shape = append(wins, w), append(shape, out)
	}

	weight, bias := kernels(b, a, []int{x.Row()[0], a.Int("channels") / groups, kernel[0], kernel[1]})
	// The labels are those of convolution, whose gradient by its input this is.
	g := groupLabel(groups)
	d := b.Dot("b"+g+"cyx,"+g+"couv->b"+g+"oyxuv", xs, grouped(b, weight, 0, groups))
	return withBias(b, joined(b, b.OverlapAdd(d, shape, wins...), 1, groups), bias), nil
}

package op

var convLayer = &Def{
	Name: "conv",
	Kind: Layer,
	Doc: `A convolution of an image: kernels slide over it, and at every position each weighs what it covers in all channels, and
adds its bias. As in all libraries for neural networks the kernel is not turned round.

Sizes are a number or [h, w]. pad: same keeps height and width where stride is 1. As many groups as channels are a depthwise
convolution: every kernel reads one channel.`,
	Shapes: []string{
		"[C, H, W] -> [channels, H', W']",
		"H' = ⌊(H + 2·pad - dilation·(kernel - 1) - 1)/stride⌋ + 1, W' likewise",
		"H' = ⌈H/stride⌉, W' likewise, where pad is same",
	},
	Formula: `y[o, i, j] = b[o] + Σ W[o, c, u, v]·x[c, p, q], over c, u and v
at p = i·stride + u·dilation - pad and q = j·stride + v·dilation - pad; x is 0 outside
with W (channels, C/groups, kernel height, kernel width) and b (channels)`,
	Gradient: `dx[c, p, q] = Σ W[o, c, u, v]·dy[o, i, j], over all that read x[c, p, q]
dW[o, c, u, v] = Σ dy[o, i, j]·x[c, p, q], over i, j and the rows
db[o] = Σ dy[o, i, j], likewise`,
	Source:  torch("nn.Conv2d") + "; its initial values differ: xavier_uniform and zeros here, and pad: same takes strides",
	Example: "conv(32, kernel: 3, pad: same, init: he_normal) -> relu",
	Weights: true,
	Args:    convolutionArgs(2),
	Check:   checkConvolution,
	Layer:   convolution(2),
	Cases: []Case{
		{Call: "conv(3, kernel: 2)", In: []string{"[2, 4, 3]"}},
		{Call: "conv(2, kernel: [2, 3], bias: false)", In: []string{"[2, 3, 4]"}},
		{Call: "conv(2, kernel: 3, stride: 2, pad: 1)", In: []string{"[1, 5, 4]"}},
		{Call: "conv(1, kernel: 2, stride: [2, 1], pad: [1, 0])", In: []string{"[2, 3, 3]"}},
		{Call: "conv(2, kernel: 3, pad: same)", In: []string{"[1, 3, 4]"}},
		{Call: "conv(1, kernel: [2, 4], stride: [1, 3], pad: same)", In: []string{"[1, 3, 4]"}},
		{Call: "conv(1, kernel: 2, pad: valid, dilation: [2, 1])", In: []string{"[2, 4, 3]"}},
		{Call: "conv(2, kernel: 2, pad: same, dilation: 2)", In: []string{"[1, 3, 4]"}},
		{Call: "conv(4, kernel: 2, groups: 2)", In: []string{"[4, 3, 3]"}},
		{Call: "conv(4, kernel: [2, 1], groups: 2, bias: false, stride: 2, pad: 1)", In: []string{"[2, 3, 3]"}},
		{Call: "conv(3, kernel: 2, groups: 3)", In: []string{"[3, 3, 2]"}},
		{Call: "conv(3, kernel: 1)", In: []string{"[2, 2, 3]"}},
		{Call: "conv(2, kernel: 1, stride: 2)", In: []string{"[2, 3, 3]"}},
		{Call: "conv(2, kernel: 1, pad: 1)", In: []string{"[1, 2, 2]"}},
		{Call: "conv(2, kernel: 2, init: he_normal, bias_init: uniform(-1, 1))", In: []string{"[1, 3, 3]"}},
		{Call: "conv(2, kernel: 2, frozen: true)", In: []string{"[1, 3, 3]"}},
	},
}

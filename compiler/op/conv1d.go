package op

var conv1dLayer = &Def{
	Name: "conv1d",
	Kind: Layer,
	Doc: `A convolution along one axis: kernels slide along it, and at every position each weighs what it covers in all channels, and
adds its bias. A sequence [T, D], of embed for one, goes through transpose([1, 0]) first.`,
	Shapes: []string{
		"[C, L] -> [channels, L']",
		"L' = ⌊(L + 2·pad - dilation·(kernel - 1) - 1)/stride⌋ + 1",
		"L' = ⌈L/stride⌉, where pad is same",
	},
	Formula: `y[o, i] = b[o] + Σ W[o, c, u]·x[c, p], over c and u
at p = i·stride + u·dilation - pad; x is 0 outside
with W (channels, C/groups, kernel) and b (channels)`,
	Gradient: `dx[c, p] = Σ W[o, c, u]·dy[o, i], over all that read x[c, p]
dW[o, c, u] = Σ dy[o, i]·x[c, p], over i and the rows
db[o] = Σ dy[o, i], likewise`,
	Source:  torch("nn.Conv1d") + "; its initial values differ: xavier_uniform and zeros here, and pad: same takes strides",
	Example: "transpose([1, 0]) -> conv1d(64, kernel: 3, pad: same) -> relu",
	Weights: true,
	Args:    convolutionArgs(1),
	Check:   checkConvolution,
	Layer:   convolution(1),
	Cases: []Case{
		{Call: "conv1d(3, kernel: 2)", In: []string{"[2, 4]"}},
		{Call: "conv1d(2, kernel: 3, stride: 2, pad: 2, bias: false)", In: []string{"[2, 5]"}},
		{Call: "conv1d(2, kernel: 4, stride: 3, pad: same)", In: []string{"[1, 5]"}},
		{Call: "conv1d(2, kernel: 2, pad: valid, dilation: 3)", In: []string{"[2, 6]"}},
		{Call: "conv1d(4, kernel: 2, groups: 2)", In: []string{"[2, 4]"}},
		{Call: "conv1d(3, kernel: 2, groups: 3)", In: []string{"[3, 4]"}},
		{Call: "conv1d(2, kernel: 2, init: he_normal, bias_init: uniform(-1, 1))", In: []string{"[1, 3]"}},
		{Call: "conv1d(2, kernel: 2, frozen: true)", In: []string{"[1, 3]"}},
	},
}

package op

var avgPool1dLayer = &Def{
	Name: "avg_pool1d",
	Kind: Layer,
	Doc: `The mean of each window along the length, channel by channel. Zeros of the padding count. Places behind the last whole
window are left out. A sequence [T, D] goes through transpose([1, 0]) first.`,
	Shapes: []string{
		"[C, L] -> [C, L']",
		"L' = ⌊(L + 2·pad - k)/stride⌋ + 1",
	},
	Formula: `y[c, i] = (1/k)·Σ x[c, p]
at p = i·stride + u - pad for 0 ≤ u < k; x is 0 outside`,
	Gradient: "every element of a window gets dy/k",
	Source:   torch("nn.AvgPool1d"),
	Example:  "conv1d(32, kernel: 3) -> relu -> avg_pool1d(2)",
	Args:     poolArgs(1, "zeros"),
	Check:    checkPool(1),
	Layer:    pool(1, 0, averageOver),
	Cases: []Case{
		{Call: "avg_pool1d(2)", In: []string{"[2, 5]"}},
		{Call: "avg_pool1d(3, stride: 2, pad: 1)", In: []string{"[2, 5]"}},
	},
}

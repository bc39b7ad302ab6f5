package op

var maxPool1dLayer = &Def{
	Name: "max_pool1d",
	Kind: Layer,
	Doc: `The largest element in each window along the length, channel by channel. Places behind the last whole window are left out.
A sequence [T, D] goes through transpose([1, 0]) first.`,
	Shapes: []string{
		"[C, L] -> [C, L']",
		"L' = ⌊(L + 2·pad - k)/stride⌋ + 1",
	},
	Formula: `y[c, i] = max x[c, p]
at p = i·stride + u - pad for 0 ≤ u < k; x is -∞ outside`,
	Gradient: "dy goes to the element that was the largest, the first where there are several",
	Source:   torch("nn.MaxPool1d"),
	Example:  "conv1d(32, kernel: 3) -> relu -> max_pool1d(2)",
	Args:     poolArgs(1, "-∞"),
	Check:    checkPool(1),
	Layer:    pool(1, lowest, maximumOver),
	Cases: []Case{
		{Call: "max_pool1d(2)", In: []string{"[2, 5]"}, Kinked: true},
		{Call: "max_pool1d(3, stride: 2, pad: 1)", In: []string{"[2, 5]"}, Kinked: true},
	},
}

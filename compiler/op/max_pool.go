package op

var maxPoolLayer = &Def{
	Name: "max_pool",
	Kind: Layer,
	Doc: `The largest element in each window of an image, channel by channel. Sizes are a number or [h, w]. Rows and columns behind
the last whole window are left out.`,
	Shapes: []string{
		"[C, H, W] -> [C, H', W']",
		"H' = ⌊(H + 2·pad - k)/stride⌋ + 1, W' likewise",
	},
	Formula: `y[c, i, j] = max x[c, p, q]
at p = i·stride + u - pad and q = j·stride + v - pad for 0 ≤ u, v < k; x is -∞ outside`,
	Gradient: "dy goes to the element that was the largest, the first where there are several",
	Source:   torch("nn.MaxPool2d"),
	Example:  "conv(32, kernel: 3) -> relu -> max_pool(2)",
	Args:     poolArgs(2, "-∞"),
	Check:    checkPool(2),
	Layer:    pool(2, lowest, maximumOver),
	Cases: []Case{
		{Call: "max_pool(2)", In: []string{"[2, 4, 5]"}, Kinked: true},
		{Call: "max_pool([1, 3])", In: []string{"[1, 2, 7]"}, Kinked: true},
		{Call: "max_pool(3, stride: 2, pad: 1)", In: []string{"[2, 4, 5]"}, Kinked: true},
		{Call: "max_pool([3, 2], stride: [1, 2], pad: [1, 0])", In: []string{"[1, 3, 4]"}, Kinked: true},
		{Call: "max_pool(1, stride: 2)", In: []string{"[1, 3, 3]"}},
	},
}

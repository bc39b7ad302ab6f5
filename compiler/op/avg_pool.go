package op

var avgPoolLayer = &Def{
	Name: "avg_pool",
	Kind: Layer,
	Doc: `The mean of each window of an image, channel by channel. Sizes are a number or [h, w]. Zeros of the padding count. Rows and
columns behind the last whole window are left out.`,
	Shapes: []string{
		"[C, H, W] -> [C, H', W']",
		"H' = ⌊(H + 2·pad - k)/stride⌋ + 1, W' likewise",
	},
	Formula: `y[c, i, j] = (1/k²)·Σ x[c, p, q]
at p = i·stride + u - pad and q = j·stride + v - pad for 0 ≤ u, v < k; x is 0 outside`,
	Gradient: "every element of a window gets dy/k²",
	Source:   torch("nn.AvgPool2d"),
	Example:  "conv(6, kernel: 5) -> tanh -> avg_pool(2)",
	Args:     poolArgs(2, "zeros"),
	Check:    checkPool(2),
	Layer:    pool(2, 0, averageOver),
	Cases: []Case{
		{Call: "avg_pool(2)", In: []string{"[2, 4, 5]"}},
		{Call: "avg_pool([1, 3])", In: []string{"[1, 2, 7]"}},
		{Call: "avg_pool(3, stride: 2, pad: 1)", In: []string{"[2, 4, 5]"}},
		{Call: "avg_pool([3, 2], stride: [1, 2], pad: [1, 0])", In: []string{"[1, 3, 4]"}},
		{Call: "avg_pool(1, stride: 2)", In: []string{"[1, 3, 3]"}},
	},
}

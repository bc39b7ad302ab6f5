package op

var globalAvgPoolLayer = &Def{
	Name:     "global_avg_pool",
	Kind:     Layer,
	Doc:      "The mean of each channel of an image.",
	Shapes:   []string{"[C, H, W] -> [C]"},
	Formula:  "y[c] = (1/(H·W))·Σ x[c, i, j] over i, j",
	Gradient: "dx[c, i, j] = dy[c]/(H·W)",
	Source:   "Lin, Chen, Yan, Network In Network, 2013, section 3.2; " + torch("nn.AdaptiveAvgPool2d") + " of output_size 1, flattened",
	Example:  "conv(64, kernel: 3) -> relu -> global_avg_pool -> dense(10) -> softmax",
	Layer:    globalPool(2, averageOver),
	Cases: []Case{
		{Call: "global_avg_pool", In: []string{"[2, 3, 2]"}},
		{Call: "global_avg_pool", In: []string{"[3, 1, 1]"}},
	},
}

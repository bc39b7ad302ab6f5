package op

var globalMaxPoolLayer = &Def{
	Name:     "global_max_pool",
	Kind:     Layer,
	Doc:      "The largest element of each channel of an image.",
	Shapes:   []string{"[C, H, W] -> [C]"},
	Formula:  "y[c] = max x[c, i, j] over i, j",
	Gradient: "dy goes to the element that was the largest, the first where there are several",
	Source:   torch("nn.AdaptiveMaxPool2d") + " of output_size 1, flattened",
	Example:  "conv(64, kernel: 3) -> relu -> global_max_pool",
	Layer:    globalPool(2, maximumOver),
	Cases: []Case{
		{Call: "global_max_pool", In: []string{"[2, 3, 2]"}, Kinked: true},
		{Call: "global_max_pool", In: []string{"[3, 1, 1]"}},
	},
}

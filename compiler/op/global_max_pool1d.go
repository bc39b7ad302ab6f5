package op

var globalMaxPool1dLayer = &Def{
	Name:     "global_max_pool1d",
	Kind:     Layer,
	Doc:      "The largest element of each channel along the length. A sequence [T, D] takes max_over_time.",
	Shapes:   []string{"[C, L] -> [C]"},
	Formula:  "y[c] = max x[c, i] over i",
	Gradient: "dy goes to the element that was the largest, the first where there are several",
	Source:   torch("nn.AdaptiveMaxPool1d") + " of output_size 1, flattened",
	Example:  "conv1d(64, kernel: 3) -> relu -> global_max_pool1d",
	Layer:    globalPool(1, maximumOver),
	Cases: []Case{
		{Call: "global_max_pool1d", In: []string{"[2, 4]"}, Kinked: true},
		{Call: "global_max_pool1d", In: []string{"[3, 1]"}},
	},
}

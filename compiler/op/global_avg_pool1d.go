package op

var globalAvgPool1dLayer = &Def{
	Name:     "global_avg_pool1d",
	Kind:     Layer,
	Doc:      "The mean of each channel along the length. A sequence [T, D] takes mean_over_time.",
	Shapes:   []string{"[C, L] -> [C]"},
	Formula:  "y[c] = (1/L)·Σ x[c, i] over i",
	Gradient: "dx[c, i] = dy[c]/L",
	Source:   torch("nn.AdaptiveAvgPool1d") + " of output_size 1, flattened",
	Example:  "conv1d(64, kernel: 3) -> relu -> global_avg_pool1d",
	Layer:    globalPool(1, averageOver),
	Cases: []Case{
		{Call: "global_avg_pool1d", In: []string{"[2, 4]"}},
		{Call: "global_avg_pool1d", In: []string{"[3, 1]"}},
	},
}

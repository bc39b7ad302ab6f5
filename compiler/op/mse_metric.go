package op

var mseMetric = &Def{
	Name:    "mse",
	Kind:    MetricKind,
	Doc:     "The mean squared error over all outputs. Labels are read as one-hot, and as the number by one output. Less is better.",
	Shapes:  regressionShapes,
	Formula: "(1/n)·Σ(y - t)²",
	Source:  "scikit-learn, sklearn.metrics.mean_squared_error",
	Example: "metric mse",
	Metric:  errorMetric("MSE"),
}

package op

var maeMetric = &Def{
	Name:    "mae",
	Kind:    MetricKind,
	Doc:     "The mean absolute error over all outputs. Labels are read as one-hot, and as the number by one output. Less is better.",
	Shapes:  regressionShapes,
	Formula: "(1/n)·Σ|y - t|",
	Source:  "scikit-learn, sklearn.metrics.mean_absolute_error",
	Example: "metric mae",
	Metric:  errorMetric("MAE"),
}

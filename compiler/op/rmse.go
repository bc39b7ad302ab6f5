package op

var rmseMetric = &Def{
	Name:    "rmse",
	Kind:    MetricKind,
	Doc:     "The root of the mean squared error over all outputs, in the unit of the target. Less is better.",
	Shapes:  regressionShapes,
	Formula: "√((1/n)·Σ(y - t)²)",
	Source:  "scikit-learn, sklearn.metrics.root_mean_squared_error",
	Example: "metric rmse",
	Metric:  errorMetric("RMSE"),
}

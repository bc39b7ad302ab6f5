package op

var r2Metric = &Def{
	Name:    "r2",
	Kind:    MetricKind,
	Doc:     "The coefficient of determination: the share of the variance that the outputs explain. 1 is all; 0 is no better than the mean.",
	Shapes:  regressionShapes,
	Formula: "1 - Σ(y - t)²/Σ(t - mean(t))²",
	Source:  "scikit-learn, sklearn.metrics.r2_score",
	Example: "metric r2",
	Metric:  errorMetric("R2"),
}

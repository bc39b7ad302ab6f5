package op

var accuracyMetric = &Def{
	Name:    "accuracy",
	Kind:    MetricKind,
	Doc:     "The share of labels that are right: the largest output names the class; one output names class 1 above 0.5. A label of -1 does not count.",
	Shapes:  classShapes,
	Formula: "right / all",
	Source:  "scikit-learn, sklearn.metrics.accuracy_score",
	Example: "metric accuracy",
	Metric:  classMetric("Accuracy"),
}

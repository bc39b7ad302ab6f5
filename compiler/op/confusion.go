package op

var confusionMetric = &Def{
	Name:    "confusion",
	Kind:    MetricKind,
	Doc:     "A table of how often each class was taken for each: a row a label, a column a prediction.",
	Shapes:  classShapes,
	Formula: "count[label][prediction]",
	Source:  "scikit-learn, sklearn.metrics.confusion_matrix",
	Example: "metric confusion",
	Metric:  classMetric("Confusion"),
}

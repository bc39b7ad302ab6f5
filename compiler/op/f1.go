package op

var f1Metric = &Def{
	Name:    "f1",
	Kind:    MetricKind,
	Doc:     "The harmonic mean of precision and recall. Of class 1 where there are two classes, else the mean over the classes. 0/0 is 0.",
	Shapes:  classShapes,
	Formula: "2·TP/(2·TP + FP + FN)",
	Source:  "scikit-learn, sklearn.metrics.f1_score (binary, macro)",
	Example: "metric f1",
	Metric:  classMetric("F1"),
}

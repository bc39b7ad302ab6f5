package op

var recallMetric = &Def{
	Name:    "recall",
	Kind:    MetricKind,
	Doc:     "Of what is of a class, the share that was taken for it. Of class 1 where there are two classes, else the mean over the classes. 0/0 is 0.",
	Shapes:  classShapes,
	Formula: "TP/(TP + FN)",
	Source:  "scikit-learn, sklearn.metrics.recall_score (binary, macro)",
	Example: "metric recall",
	Metric:  classMetric("Recall"),
}

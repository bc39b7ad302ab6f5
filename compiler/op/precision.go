package op

var precisionMetric = &Def{
	Name:    "precision",
	Kind:    MetricKind,
	Doc:     "Of what was taken for a class, the share that is of it. Of class 1 where there are two classes, else the mean over the classes. 0/0 is 0.",
	Shapes:  classShapes,
	Formula: "TP/(TP + FP)",
	Source:  "scikit-learn, sklearn.metrics.precision_score (binary, macro)",
	Example: "metric precision",
	Metric:  classMetric("Precision"),
}

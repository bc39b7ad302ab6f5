package op

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var aucMetric = &Def{
	Name: "auc",
	Kind: MetricKind,
	Doc: `The area under the ROC curve: how often a row of class 1 scores higher than one of class 0, ties counting half. The score is
the one output, or class 1's of two. A label of -1 does not count; without both classes it is 0.`,
	Shapes:  []string{"[1], class(2)", "[2], class(2)", "[T, 2], [T]class(2)", "[1], [1]", "[2], [2]"},
	Formula: "(pairs of classes 1 and 0 in order + ties/2) / all such pairs",
	Source:  "Hanley, McNeil, The meaning and use of the area under a receiver operating characteristic (ROC) curve, 1982; scikit-learn, sklearn.metrics.roc_auc_score",
	Example: "metric auc",
	Metric: func(y, target *ir.Value, _ *Args) (ir.Metric, error) {
		n, err := classes(y, target)
		switch {
		case err != nil:
			return ir.Metric{}, err
		case n != 2:
			return ir.Metric{}, Errorf(diag.BadShape, "wants two classes, that is one output or two, got %s", rowText(y)).WithHelp("use accuracy or f1 for more classes")
		}
		return ir.Metric{Func: "AUC"}, nil
	},
}

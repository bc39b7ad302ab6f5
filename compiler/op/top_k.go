package op

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var topKMetric = &Def{
	Name:    "top_k",
	Kind:    MetricKind,
	Doc:     "The share of labels that are among the k largest outputs. A label of -1 does not count.",
	Shapes:  []string{"[n], class(n)", "[T, n], [T]class(n)", "[n], [n]"},
	Formula: "(labels among the k largest) / all",
	Source:  "scikit-learn, sklearn.metrics.top_k_accuracy_score",
	Example: "metric top_k(5)",
	Args:    []Arg{{Name: "k", Type: Size, Required: true, Doc: "how many outputs may hold the label"}},
	Metric: func(y, target *ir.Value, a *Args) (ir.Metric, error) {
		if _, err := classes(y, target); err != nil {
			return ir.Metric{}, err
		}
		row := y.Row()
		if n, k := row[len(row)-1], a.Int("k"); k > n {
			return ir.Metric{}, Errorf(diag.BadArgument, "k must be at most %d, the number of outputs, got %d", n, k).Blame("k")
		} else if n == 1 {
			return ir.Metric{}, Errorf(diag.BadShape, "wants an output for each class, got %s", rowText(y)).WithHelp("use accuracy for one output")
		}
		return ir.Metric{Func: "TopK", Args: []float64{float64(a.Int("k"))}}, nil
	},
}

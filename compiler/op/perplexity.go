package op

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var perplexityMetric = &Def{
	Name: "perplexity",
	Kind: MetricKind,
	Doc: `Among how many equally likely classes a guess would be as uncertain as the outputs are: e to the mean of the labels' negative
log-likelihoods. 1 is certainty, n no better than chance. It wants softmax or log_softmax before it. A label of -1 does not
count. Less is better.`,
	Shapes:  []string{"[n], class(n)", "[T, n], [T]class(n)"},
	Formula: "exp(-(1/n)·Σ log y[label])",
	Source:  "Jelinek, Mercer, Bahl, Baker, Perplexity: a measure of the difficulty of speech recognition tasks, 1977",
	Example: "metric perplexity",
	Metric: func(y, target *ir.Value, _ *Args) (ir.Metric, error) {
		function := "Perplexity"
		if y.IsLog {
			function = "LogPerplexity"
		} else if err := wantSoftmax(y); err != nil {
			return ir.Metric{}, err.WithHelp("end the layers in softmax")
		}
		if target.Elem != ir.Int {
			return ir.Metric{}, Errorf(diag.BadType, "wants class labels for a target, got %s", rowText(target))
		}
		if _, err := classes(y, target); err != nil {
			return ir.Metric{}, err
		}
		return ir.Metric{Func: function}, nil
	},
}

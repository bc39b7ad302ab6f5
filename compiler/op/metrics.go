package op

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// BuildMetric says how the runtime measures the output y against a target. The error is an *Error.
func BuildMetric(y, target *ir.Value, a *Args) (ir.Metric, error) {
	m, err := a.Def.Metric(y, target, a)
	m.Name, m.Output, m.Target = a.Def.Name, y, target
	return m, err
}

// metricFunc finds the runtime's constructor and its numbers.
type metricFunc = func(y, target *ir.Value, a *Args) (ir.Metric, error)

// classMetric compares classes: the runtime's function takes how many there are.
func classMetric(function string) metricFunc {
	return func(y, target *ir.Value, _ *Args) (ir.Metric, error) {
		n, err := classes(y, target)
		if err != nil {
			return ir.Metric{}, err
		}
		return ir.Metric{Func: function, Args: []float64{float64(n)}}, nil
	}
}

// classes counts the classes that an output tells apart, two for one output. The target is a label, or numbers of the
// output's shape that name a class as outputs do: one-hot, a distribution, or one number that is cut at 0.5.
func classes(y, target *ir.Value) (int, *Error) {
	if _, err := pair(y, target); err != nil {
		return 0, err
	}
	row := y.Row()
	if len(row) != 1 && len(row) != 2 {
		return 0, Errorf(diag.BadRank, "wants an output of [n] or [T, n], got %s", rowText(y))
	}
	return max(row[len(row)-1], 2), nil
}

// errorMetric measures distances between numbers: the runtime's function takes nothing.
func errorMetric(function string) metricFunc {
	return func(y, target *ir.Value, _ *Args) (ir.Metric, error) {
		if _, err := pair(y, target); err != nil {
			return ir.Metric{}, err
		}
		return ir.Metric{Func: function}, nil
	}
}

// classShapes are what the metrics of classes take: an output, and its target.
var classShapes = []string{"[n], class(n)", "[1], class(2)", "[T, n], [T]class(n)", "[n], [n]"}

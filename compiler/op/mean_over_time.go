package op

import "github.com/nnc-lang/nnc/compiler/ir"

var meanOverTimeLayer = &Def{
	Name:     "mean_over_time",
	Kind:     Layer,
	Doc:      "The mean of all steps of a sequence, a feature each.",
	Shapes:   []string{"[T, D] -> [D]"},
	Formula:  "y = (1/T)·Σₜ x[t]",
	Gradient: "dx[t] = dy/T at every step",
	Source:   torch("mean") + ", over the axis of time",
	Example:  "embed(32) -> mean_over_time -> dense(2)",
	Layer: overTime(func(b *Builder, x *ir.Value, steps int) *ir.Value {
		return over(b, b.Named("sum", b.ReduceSum(x, lead(x))), steps)
	}),
	Cases: []Case{
		{Call: "mean_over_time", In: []string{"[3, 4]"}},
		{Call: "mean_over_time", In: []string{"[1, 2]"}},
	},
}

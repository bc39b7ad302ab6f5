package op

import "github.com/nnc-lang/nnc/compiler/ir"

var maxOverTimeLayer = &Def{
	Name:     "max_over_time",
	Kind:     Layer,
	Doc:      "The largest value that each feature has at any step of a sequence. Where several steps have it, the first gets the gradient.",
	Shapes:   []string{"[T, D] -> [D]"},
	Formula:  "y[d] = maxₜ x[t, d]",
	Gradient: "dx[t, d] = dy[d] where step t is the first that has the maximum, else 0",
	Source:   torch("max") + ", over the axis of time",
	Example:  "gru(64) -> max_over_time -> dense(10)",
	Layer: overTime(func(b *Builder, x *ir.Value, _ int) *ir.Value {
		y, _ := b.ReduceMax(x, lead(x))
		return y
	}),
	Cases: []Case{
		{Call: "max_over_time", In: []string{"[3, 4]"}, Kinked: true},
		{Call: "max_over_time", In: []string{"[1, 2]"}},
	},
}

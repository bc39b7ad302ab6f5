package op

import "github.com/nnc-lang/nnc/compiler/ir"

var lastLayer = &Def{
	Name:     "last",
	Kind:     Layer,
	Doc:      "The last step of a sequence: of a recurrent layer, what it has made of all the steps. (Of one that runs in reverse that is the first step: slice(axis: 0, from: 0, to: 1) -> flatten.)",
	Shapes:   []string{"[T, D] -> [D]"},
	Formula:  "y = x[T - 1]",
	Gradient: "dx[T - 1] = dy, and 0 at the other steps",
	Source:   torch("select"),
	Example:  "lstm(64) -> last -> dense(10)",
	Layer: overTime(func(b *Builder, x *ir.Value, steps int) *ir.Value {
		if steps > 1 {
			x = b.Split(x, lead(x), steps-1, 1)[1]
		}
		return withRow(b, x, x.Row()[1])
	}),
	Cases: []Case{
		{Call: "last", In: []string{"[3, 4]"}},
		{Call: "last", In: []string{"[1, 2]"}},
	},
}

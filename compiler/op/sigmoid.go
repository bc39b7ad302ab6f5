package op

import "github.com/nnc-lang/nnc/compiler/ir"

var sigmoidLayer = &Def{
	Name: "sigmoid",
	Kind: Layer,
	Doc: `The logistic function: a number in (0, 1) that reads as a probability. binary_cross_entropy behind it is computed from
the input of the sigmoid, so that log(0) cannot arise.`,
	Shapes:   []string{"any -> the same"},
	Formula:  "y = 1/(1 + e⁻ˣ)",
	Gradient: "dx = dy·y·(1 - y); in front of binary_cross_entropy (y - t)/n, from log y and log(1 - y)",
	Source:   torch("nn.Sigmoid"),
	Example:  "dense(1) -> sigmoid",
	Layer: func(b *Builder, in []*ir.Value, _ *Args) (*ir.Value, error) {
		if err := wantNumbers(in...); err != nil {
			return nil, err
		}
		x := in[0]
		y := b.Each(ir.E(ir.OpSigmoid, ir.A(0)), x)
		// log σ(x) = -softplus(-x) and log(1 - σ(x)) = -softplus(x).
		y.LogOf = b.Each(ir.Neg(ir.E(ir.OpSoftplus, ir.Neg(ir.A(0)))), x)
		y.Log1mOf = b.Each(ir.Neg(ir.E(ir.OpSoftplus, ir.A(0))), x)
		b.Named("log", y.LogOf)
		b.Named("log_complement", y.Log1mOf)
		return y, nil
	},
	Cases: []Case{
		{Call: "sigmoid", In: []string{"[4]"}},
		{Call: "sigmoid", In: []string{"[2, 3, 2]"}},
	},
}

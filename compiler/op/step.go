package op

import "github.com/nnc-lang/nnc/compiler/ir"

var stepLayer = &Def{
	Name: "step",
	Kind: Layer,
	Doc: `A threshold, the perceptron's activation: 1 above 0, else 0. It is flat wherever it has a derivative, so nothing that
trains can stand before it; with fixed weights it computes and predicts.`,
	Shapes:  []string{"any -> the same"},
	Formula: "y = 1 where x > 0, else 0",
	Source:  "Rosenblatt, The Perceptron, 1958; torch.heaviside with 0 at 0",
	Example: "dense(1, weights: [[0.5, 0.5]], bias: [-0.7]) -> step",
	Layer: func(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
		y, err := threshold(b, in, a)
		if err != nil {
			return nil, err
		}
		y.NoSlope = "step is flat: nothing before it can learn; use sigmoid, hard_sigmoid or tanh in its place"
		return y, nil
	},
	Cases: []Case{{Call: "step", In: []string{"[4]"}, Kinked: true}},
}

var threshold = each(ir.Select(positive(ir.A(0)), ir.C(1), ir.C(0)))

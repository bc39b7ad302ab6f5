package op

import "github.com/nnc-lang/nnc/compiler/ir"

var logSoftmaxLayer = &Def{
	Name:     "log_softmax",
	Kind:     Layer,
	Doc:      "The logarithm of softmax over the last axis, computed so that log(0) cannot arise. The loss nll wants it before it; predictions are then logarithms of probabilities.",
	Shapes:   []string{"[D] -> [D]", "[T, D] -> [T, D], each step by itself"},
	Formula:  "yᵢ = xᵢ - log Σⱼ exp(xⱼ)",
	Gradient: "dxᵢ = dyᵢ - exp(yᵢ)·Σⱼ dyⱼ",
	Source:   torch("nn.LogSoftmax"),
	Example:  "dense(10) -> log_softmax",
	Layer: func(b *Builder, in []*ir.Value, _ *Args) (*ir.Value, error) {
		s, err := exponentials(b, in[0])
		if err != nil {
			return nil, err
		}
		y := s.log(b)
		y.IsLog = true
		return y, nil
	},
	Cases: []Case{
		{Call: "log_softmax", In: []string{"[4]"}},
		{Call: "log_softmax", In: []string{"[3, 4]"}},
	},
}

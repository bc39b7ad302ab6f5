package op

import "github.com/nnc-lang/nnc/compiler/ir"

var gruLayer = &Def{
	Name: "gru",
	Kind: Layer,
	Doc: "A recurrent layer with two gates: one says how much of the hidden state is kept, the other how much of it the new one sees." +
		recurrentDoc,
	Shapes: recurrentShapes,
	Formula: `r = σ(x[t]·Wᵢᵣᵀ + bᵢᵣ + h[t - 1]·Wₕᵣᵀ + bₕᵣ)
z = σ(x[t]·Wᵢ_zᵀ + bᵢ_z + h[t - 1]·Wₕ_zᵀ + bₕ_z)
n = tanh(x[t]·Wᵢₙᵀ + bᵢₙ + r·(h[t - 1]·Wₕₙᵀ + bₕₙ))
h[t] = (1 - z)·n + z·h[t - 1]; the weights hold the rows of r, z, n in this order`,
	Source:  "Cho and others, Learning Phrase Representations using RNN Encoder–Decoder, 2014, with the reset gate behind the product as " + torch("nn.GRU") + " has it",
	Example: "embed(16) -> gru(64)",
	Weights: true,
	Args:    recurrentArgs(),
	Check:   checkRecurrent,
	Layer: recurrent(cell{
		gates:  3,
		states: []string{"hidden"},
		inside: true, // the reset gate is on one of them
		step: func(s *step, x *ir.Value, recur func(*ir.Value) *ir.Value, states []*ir.Value) []*ir.Value {
			from, back := s.parts(x), s.parts(s.named("recurrent", recur(states[0])))
			reset := s.gate("reset_gate", ir.OpSigmoid, from[0], back[0])
			update := s.gate("update_gate", ir.OpSigmoid, from[1], back[1])
			candidate := s.Each(ir.E(ir.OpTanh, ir.Add(ir.A(0), ir.Mul(ir.A(1), ir.A(2)))), from[2], reset, back[2])
			s.named("candidate", candidate)
			kept := ir.Add(ir.Mul(ir.Sub(ir.C(1), ir.A(0)), ir.A(1)), ir.Mul(ir.A(0), ir.A(2)))
			return []*ir.Value{s.Each(kept, update, candidate, states[0])}
		},
	}),
	Cases: []Case{
		{Call: "gru(2)", In: []string{"[3, 4]"}},
		{Call: "gru(2, reverse: true, init: normal(0.5))", In: []string{"[3, 2]"}},
		{Call: "gru(2, bidirectional: true)", In: []string{"[3, 2]"}},
		{Call: "gru(2, bias: false)", In: []string{"[2, 3]"}},
		{Call: "gru(2)", In: []string{"[1, 3]"}},
	},
}

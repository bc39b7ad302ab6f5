package op

import "github.com/nnc-lang/nnc/compiler/ir"

var gruLayer = &Def{
	Name: "gru",
	Kind: Layer,
	Doc: "A recurrent layer with two gates: one says how much of the hidden state is kept, the other how much of it the new one sees." +
		recurrentDoc,
	Shapes: recurrentShapes,
	Formula: `r = σ(x[t]·W_irᵀ + b_ir + h[t - 1]·W_hrᵀ + b_hr)
z = σ(x[t]·W_izᵀ + b_iz + h[t - 1]·W_hzᵀ + b_hz)
n = tanh(x[t]·W_inᵀ + b_in + r·(h[t - 1]·W_hnᵀ + b_hn))
h[t] = (1 - z)·n + z·h[t - 1]
with the reset gate r, the update gate z and the candidate n, whose rows the weights hold in this order`,
	Gradient: `from the last step to the first: dh[t] = dy[t] + z[t + 1]·dh[t + 1] + (dr, dz, r·dn)[t + 1]·W_hh
by what σ and tanh are of: dn = dh[t]·(1 - z)·(1 - n²), dz = dh[t]·(h[t - 1] - n)·z·(1 - z)
and dr = dn·(h[t - 1]·W_hnᵀ + b_hn)·r·(1 - r)
dx = (dr, dz, dn)·W_ih; over all steps dW_ih = Σ (dr, dz, dn)ᵀ·x[t] and dW_hh = Σ (dr, dz, r·dn)ᵀ·h[t - 1]`,
	Source:  "Cho and others, Learning Phrase Representations using RNN Encoder–Decoder, 2014, with the reset gate behind the product as " + torch("nn.GRU") + " has it",
	Example: "embed(16) -> gru(64)",
	Weights: true,
	Args:    recurrentArgs(),
	Check:   checkRecurrent,
	Layer: recurrent(cell{
		gates:  3,
		states: []string{"hidden"},
		step: func(s *step, input, hidden *ir.Value, states []*ir.Value) []*ir.Value {
			from := s.parts(input, "reset_input", "update_input", "candidate_input")
			back := s.parts(hidden, "reset_recurrent", "update_recurrent", "candidate_recurrent")
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

package op

import "github.com/nnc-lang/nnc/compiler/ir"

var lstmLayer = &Def{
	Name: "lstm",
	Kind: Layer,
	Doc: "A recurrent layer with a memory beside its hidden state, the cell, which gates write to, forget and read: long short-term memory." +
		recurrentDoc,
	Shapes: recurrentShapes,
	Formula: `i = σ(x[t]·W_iiᵀ + b_ii + h[t - 1]·W_hiᵀ + b_hi)
f = σ(x[t]·W_ifᵀ + b_if + h[t - 1]·W_hfᵀ + b_hf)
g = tanh(x[t]·W_igᵀ + b_ig + h[t - 1]·W_hgᵀ + b_hg)
o = σ(x[t]·W_ioᵀ + b_io + h[t - 1]·W_hoᵀ + b_ho)
c[t] = f·c[t - 1] + i·g
h[t] = o·tanh(c[t])
with the input gate i, the forget gate f, the content g and the output gate o, whose rows the weights hold in this order`,
	Gradient: `from the last step to the first: dh[t] = dy[t] + (di, df, dg, do)[t + 1]·W_hh
dc[t] = f[t + 1]·dc[t + 1] + dh[t]·o·(1 - tanh²(c[t]))
by what σ and tanh are of: di = dc[t]·g·i·(1 - i), df = dc[t]·c[t - 1]·f·(1 - f),
dg = dc[t]·i·(1 - g²) and do = dh[t]·tanh(c[t])·o·(1 - o)
dx = (di, df, dg, do)·W_ih; over all steps dW_ih = Σ (di, df, dg, do)ᵀ·x[t] and dW_hh = Σ (di, df, dg, do)ᵀ·h[t - 1]`,
	Source:  "Hochreiter, Schmidhuber, Long Short-Term Memory, 1997, with the forget gate of Gers, Schmidhuber, Cummins, Learning to Forget, 2000; " + torch("nn.LSTM"),
	Example: "embed(32) -> lstm(64) -> lstm(64) -> last -> dense(5)",
	Weights: true,
	Args:    recurrentArgs(),
	Check:   checkRecurrent,
	Layer: recurrent(cell{
		gates:  4,
		states: []string{"hidden", "cell"},
		step: func(s *step, input, hidden *ir.Value, states []*ir.Value) []*ir.Value {
			sums := s.parts(s.named("gates", s.Sum(input, hidden)), "input_gate_sum", "forget_gate_sum", "content_sum", "output_gate_sum")
			write := s.gate("input_gate", ir.OpSigmoid, sums[0])
			keep := s.gate("forget_gate", ir.OpSigmoid, sums[1])
			content := s.gate("content", ir.OpTanh, sums[2])
			read := s.gate("output_gate", ir.OpSigmoid, sums[3])
			cell := s.Each(ir.Add(ir.Mul(ir.A(0), ir.A(1)), ir.Mul(ir.A(2), ir.A(3))), keep, states[1], write, content)
			shown := s.gate("cell_tanh", ir.OpTanh, s.named("cell", cell))
			return []*ir.Value{s.Each(ir.Mul(ir.A(0), ir.A(1)), read, shown), cell}
		},
	}),
	Cases: []Case{
		{Call: "lstm(2)", In: []string{"[3, 4]"}},
		{Call: "lstm(2, reverse: true, init: uniform(-0.5, 0.5))", In: []string{"[3, 2]"}},
		{Call: "lstm(2, bidirectional: true)", In: []string{"[3, 2]"}},
		{Call: "lstm(2, bias: false)", In: []string{"[2, 3]"}},
		{Call: "lstm(2)", In: []string{"[1, 3]"}},
	},
}

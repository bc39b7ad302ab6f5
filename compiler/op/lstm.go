package op

import "github.com/nnc-lang/nnc/compiler/ir"

var lstmLayer = &Def{
	Name: "lstm",
	Kind: Layer,
	Doc: "A recurrent layer with a memory beside its hidden state, the cell, which gates write to, forget and read: long short-term memory." +
		recurrentDoc,
	Shapes: recurrentShapes,
	Formula: `i = σ(x[t]·Wᵢᵢᵀ + bᵢᵢ + h[t - 1]·Wₕᵢᵀ + bₕᵢ), and likewise
f = σ(…), g = tanh(…) and o = σ(…), the gates to forget, the new content and the gate of the output
c[t] = f·c[t - 1] + i·g
h[t] = o·tanh(c[t]); the weights hold the rows of i, f, g, o in this order`,
	Source:  "Hochreiter, Schmidhuber, Long Short-Term Memory, 1997, with the forget gate of Gers, Schmidhuber, Cummins, Learning to Forget, 2000; " + torch("nn.LSTM"),
	Example: "embed(32) -> lstm(64) -> lstm(64) -> last -> dense(5)",
	Weights: true,
	Args:    recurrentArgs(),
	Check:   checkRecurrent,
	Layer: recurrent(cell{
		gates:  4,
		states: []string{"hidden", "cell"},
		step: func(s *step, x *ir.Value, recur func(*ir.Value) *ir.Value, states []*ir.Value) []*ir.Value {
			gates := s.parts(s.named("gates", s.Sum(x, recur(states[0]))))
			input := s.gate("input_gate", ir.OpSigmoid, gates[0])
			forget := s.gate("forget_gate", ir.OpSigmoid, gates[1])
			content := s.gate("content", ir.OpTanh, gates[2])
			output := s.gate("output_gate", ir.OpSigmoid, gates[3])
			cell := s.named("cell", s.Each(ir.Add(ir.Mul(ir.A(0), ir.A(1)), ir.Mul(ir.A(2), ir.A(3))), forget, states[1], input, content))
			hidden := s.Each(ir.Mul(ir.A(0), ir.E(ir.OpTanh, ir.A(1))), output, cell)
			return []*ir.Value{hidden, cell}
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

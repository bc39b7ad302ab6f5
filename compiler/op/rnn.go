package op

import "github.com/nnc-lang/nnc/compiler/ir"

var rnnLayer = &Def{
	Name:     "rnn",
	Kind:     Layer,
	Doc:      "A recurrent layer in its simplest form: every step sees its input and what the step before made. It forgets soon; gru and lstm keep longer." + recurrentDoc,
	Shapes:   recurrentShapes,
	Formula:  "h[t] = tanh(x[t]·W_ihᵀ + b_ih + h[t - 1]·W_hhᵀ + b_hh), or relu in place of tanh",
	Gradient: "dz[t] = (1 - h[t]²)·(dy[t] + dz[t + 1]·W_hh) for tanh, from the last step to the first; dx = dz·W_ih, dW_ih = Σ dz[t]ᵀ·x[t], dW_hh = Σ dz[t]ᵀ·h[t - 1]",
	Source:   "Elman, Finding Structure in Time, 1990; " + torch("nn.RNN"),
	Example:  "rnn(64, nonlinearity: relu) -> last",
	Weights:  true,
	Args:     recurrentArgs(Arg{Name: "nonlinearity", Type: Word, Words: []string{"tanh", "relu"}, Default: "tanh", Doc: "what is done to the sum"}),
	Check:    checkRecurrent,
	Layer: recurrent(cell{
		gates:  1,
		states: []string{"hidden"},
		step: func(s *step, input, hidden *ir.Value, _ []*ir.Value) []*ir.Value {
			f := map[string]ir.Op{"tanh": ir.OpTanh, "relu": ir.OpReLU}[s.a.Word("nonlinearity")]
			return []*ir.Value{s.gate("hidden", f, input, hidden)}
		},
	}),
	Cases: []Case{
		{Call: "rnn(2)", In: []string{"[3, 4]"}},
		{Call: "rnn(3, nonlinearity: relu)", In: []string{"[3, 2]"}, Kinked: true},
		{Call: "rnn(2, reverse: true, init: orthogonal)", In: []string{"[3, 2]"}},
		{Call: "rnn(2, bidirectional: true, bias: false)", In: []string{"[3, 2]"}},
		{Call: "rnn(2)", In: []string{"[1, 3]"}},
	},
}

package op

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var softmaxLayer = &Def{
	Name: "softmax",
	Kind: Layer,
	Doc: `Turns scores into probabilities over the last axis: positive, and 1 in sum. A classifier ends in it. The largest score is
taken off first, so that no score overflows; cross_entropy behind it is computed from the scores themselves.`,
	Shapes:   []string{"[D] -> [D]", "[T, D] -> [T, D], each step by itself"},
	Formula:  "yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ)",
	Gradient: "dxᵢ = yᵢ·(dyᵢ - Σⱼ yⱼ·dyⱼ); in front of cross_entropy (yᵢ - tᵢ)/rows, where t is 1 for the label and 0 for the others",
	Source:   torch("nn.Softmax"),
	Example:  "dense(10) -> softmax",
	Layer: func(b *Builder, in []*ir.Value, _ *Args) (*ir.Value, error) {
		s, err := exponentials(b, in[0])
		if err != nil {
			return nil, err
		}
		y := b.Each(ir.Div(ir.A(0), ir.A(1)), s.exp, s.sum)
		y.LogOf = s.log(b)
		return y, nil
	},
	Cases: []Case{
		{Call: "softmax", In: []string{"[4]"}},
		{Call: "softmax", In: []string{"[3, 4]"}},
	},
}

// scores are the parts of a softmax over the last axis of x.
type scores struct {
	x, max   *ir.Value
	exp, sum *ir.Value // exp(x - max), and its sum over the last axis
}

// exponentials builds what softmax and log_softmax share.
func exponentials(b *Builder, x *ir.Value) (scores, error) {
	if err := wantNumbers(x); err != nil {
		return scores{}, err
	}
	if n := len(x.Row()); n != 1 && n != 2 {
		return scores{}, Errorf(diag.BadRank, "wants [D] or [T, D], got %s", rowText(x)).WithHelp("insert flatten before this layer")
	}
	return lastAxis(b, x), nil
}

// lastAxis builds the parts of a softmax of numbers of any rank.
func lastAxis(b *Builder, x *ir.Value) scores {
	s := scores{x: x}
	last := len(x.Shape) - 1
	s.max, _ = b.ReduceMax(x, last)
	s.max.Stop = true // any constant in its place gives the same result, so it has no part in the gradient
	s.exp = b.Each(ir.E(ir.OpExp, ir.Sub(ir.A(0), ir.A(1))), x, s.max)
	s.sum = b.ReduceSum(s.exp, last)
	b.Named("max", s.max)
	b.Named("exp", s.exp)
	b.Named("sum", s.sum)
	return s
}

// log is the logarithm of the softmax: x - max - log(sum).
func (s scores) log(b *Builder) *ir.Value {
	logSum := b.Named("log_sum", b.Each(ir.E(ir.OpLog, ir.A(0)), s.sum))
	return b.Named("log", b.Each(ir.Sub(ir.Sub(ir.A(0), ir.A(1)), ir.A(2)), s.x, s.max, logSum))
}

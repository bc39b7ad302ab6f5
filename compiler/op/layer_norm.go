package op

import "github.com/nnc-lang/nnc/compiler/ir"

var layerNormLayer = &Def{
	Name: "layer_norm",
	Kind: Layer,
	Doc: `Normalises the features of a row, or of each step of a sequence, by their own mean and biased variance: alike in training
and in predictions, and whatever else is in the batch. An image takes group_norm(1).`,
	Shapes:   []string{"[D] -> [D]", "[T, D] -> [T, D]"},
	Formula:  "y = (x - mean)/√(variance + eps)·weight + bias, over the last axis",
	Gradient: "with z = (x - mean)/√(variance + eps), dbias = Σ dy and dweight = Σ dy·z, summed over the rows, and with g = dy·weight dx = (g - (Σ g + z·Σ g·z)/D)/√(variance + eps), summed over the features",
	Source:   "Ba, Kiros, Hinton, Layer Normalization, 2016, section 3; " + torch("nn.LayerNorm"),
	Example:  "x + (x -> attention(4)) -> layer_norm",
	Weights:  true,
	Args:     []Arg{normEps(1e-5)},
	Layer: func(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
		x := in[0]
		axis, err := featureAxis(x)
		if err != nil {
			return nil, err
		}
		weight, bias := normWeight(b, x.Shape[axis]), normBias(b, x.Shape[axis])
		m := momentsOf(b, x, axis)
		scale := inverse(b, "scale", rootOf(b, "std", m.squares, m.count, a.Float("eps")))
		e := ir.Add(ir.Mul(ir.Mul(ir.Sub(ir.A(0), ir.A(1)), ir.A(2)), ir.A(3)), ir.A(4))
		return b.Map(x.Shape, e, ir.Whole(x), ir.Whole(m.mean), ir.Whole(scale), ir.Along(weight, axis), ir.Along(bias, axis)), nil
	},
	Cases: []Case{
		{Call: "layer_norm", In: []string{"[4]"}},
		{Call: "layer_norm(eps: 0.01)", In: []string{"[3, 4]"}},
	},
}

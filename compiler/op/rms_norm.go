package op

import "github.com/nnc-lang/nnc/compiler/ir"

var rmsNormLayer = &Def{
	Name: "rms_norm",
	Kind: Layer,
	Doc: `Divides the features of a row, or of each step of a sequence, by their root mean square. It takes no mean off and has a
weight a feature, but no bias. (PyTorch's eps is the smallest number that changes 1, unless given.)`,
	Shapes:   []string{"[D] -> [D]", "[T, D] -> [T, D]"},
	Formula:  "y = x/√(mean(x²) + eps)·weight, over the last axis",
	Gradient: "with s = √(mean(x²) + eps), dweight = Σ dy·x/s, summed over the rows, and with g = dy·weight dx = (g - x·Σ g·x/(D·s²))/s, summed over the features",
	Source:   "Zhang, Sennrich, Root Mean Square Layer Normalization, 2019, section 3; " + torch("nn.RMSNorm"),
	Example:  "dense(64) -> rms_norm",
	Weights:  true,
	Args:     []Arg{normEps(1e-6)},
	Layer: func(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
		x := in[0]
		axis, err := featureAxis(x)
		if err != nil {
			return nil, err
		}
		weight := normWeight(b, x.Shape[axis])
		squares := b.Named("squares", b.ReduceSum(b.Each(square, x), axis))
		scale := inverse(b, "scale", rootOf(b, "rms", squares, countOf(x, []int{axis}), a.Float("eps")))
		e := ir.Mul(ir.Mul(ir.A(0), ir.A(1)), ir.A(2))
		return b.Map(x.Shape, e, ir.Whole(x), ir.Whole(scale), ir.Along(weight, axis)), nil
	},
	Cases: []Case{
		{Call: "rms_norm", In: []string{"[4]"}},
		{Call: "rms_norm(eps: 0.01)", In: []string{"[3, 4]"}},
	},
}

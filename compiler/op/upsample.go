package op

import "github.com/nnc-lang/nnc/compiler/ir"

var upsampleLayer = &Def{
	Name:     "upsample",
	Kind:     Layer,
	Doc:      "Enlarges an image by repeating every element k times in both directions: the nearest neighbour. k is a number or [h, w].",
	Shapes:   []string{"[C, H, W] -> [C, k·H, k·W]"},
	Formula:  "y[c, i, j] = x[c, ⌊i/k⌋, ⌊j/k⌋]",
	Gradient: "dx[c, i, j] is the sum of dy over the k² elements that repeat it",
	Source:   torch("nn.Upsample") + " of mode nearest",
	Example:  "upsample(2) -> conv(16, kernel: 3, pad: same)",
	Args:     []Arg{{Name: "k", Type: SizePair, Required: true, Doc: "how often an element is repeated"}},
	Layer: func(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
		x, k := in[0], a.Pair("k")
		if err := wantChannels(x, 2); err != nil {
			return nil, err
		}
		rows, channels, h, w := x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]
		for _, n := range []int{h * k[0], w * k[1]} {
			if err := wantSize(n, "k"); err != nil {
				return nil, err
			}
		}
		repeated := b.Map([]int{rows, channels, h, k[0], w, k[1]}, ir.A(0), ir.Along(x, 0, 1, 2, 4))
		return b.Reshape(repeated, rows, channels, h*k[0], w*k[1]), nil
	},
	Cases: []Case{
		{Call: "upsample(2)", In: []string{"[2, 2, 3]"}},
		{Call: "upsample([1, 3])", In: []string{"[1, 2, 2]"}},
		{Call: "upsample(1)", In: []string{"[1, 2, 2]"}},
	},
}

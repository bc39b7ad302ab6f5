package op

import "github.com/nnc-lang/nnc/compiler/ir"

var padLayer = &Def{
	Name:    "pad",
	Kind:    Layer,
	Doc:     "Surrounds an image with zeros, channel by channel. n is a number or [h, w].",
	Shapes:  []string{"[C, H, W] -> [C, H + 2·n, W + 2·n]"},
	Formula: "y[c, i, j] = x[c, i - n, j - n], 0 outside of x",
	Source:  torch("nn.ZeroPad2d"),
	Example: "pad(2) -> conv(6, kernel: 5)",
	Args:    []Arg{{Name: "n", Type: WholePair, Required: true, Doc: "how many zeros stand on each side"}},
	Layer: func(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
		x, n := in[0], a.Pair("n")
		if err := wantChannels(x, 2); err != nil {
			return nil, err
		}
		for i := range n {
			axis := len(x.Shape) - 2 + i
			if n[i] == 0 {
				continue
			}
			if err := wantSize(x.Shape[axis]+2*n[i], "n"); err != nil {
				return nil, err
			}
			border := append([]int{}, x.Shape...)
			border[axis] = n[i]
			zeros := b.Const(0, border...)
			x = b.Concat(axis, zeros, x, zeros)
		}
		return x, nil
	},
	Cases: []Case{
		{Call: "pad(1)", In: []string{"[2, 2, 3]"}},
		{Call: "pad([0, 2])", In: []string{"[1, 2, 2]"}},
		{Call: "pad([2, 1])", In: []string{"[1, 1, 2]"}},
		{Call: "pad(0)", In: []string{"[1, 2, 2]"}},
	},
}

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
		// Windows of one element, which stand on the border too: what lies outside is 0.
		s := sliding{size: allOf(2, 1), stride: allOf(2, 1), dilation: allOf(2, 1), pad: n[:]}
		wins, err := s.over(x, len(x.Shape)-2)
		if err != nil {
			return nil, err
		}
		for _, w := range wins {
			if err := wantSize(w.Out, "n"); err != nil {
				return nil, err
			}
		}
		return withRow(b, b.Window(x, 0, wins...), x.Row()[0], wins[0].Out, wins[1].Out), nil
	},
	Cases: []Case{
		{Call: "pad(1)", In: []string{"[2, 2, 3]"}},
		{Call: "pad([0, 2])", In: []string{"[1, 2, 2]"}},
		{Call: "pad([2, 1])", In: []string{"[1, 1, 2]"}},
		{Call: "pad(0)", In: []string{"[1, 2, 2]"}},
	},
}

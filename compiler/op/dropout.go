package op

import "github.com/nnc-lang/nnc/compiler/ir"

var dropoutLayer = &Def{
	Name: "dropout",
	Kind: Layer,
	Doc: `Sets a random share p of the elements to 0 while training, and scales the rest by 1/(1 - p) so that their mean stays.
In predictions it does nothing. Every step and every dropout draws a mask of its own, the same again from the same seed.`,
	Shapes:   []string{"any -> the same"},
	Formula:  "y = x/(1 - p) where r ≥ p, else 0, with r uniform in [0, 1)",
	Gradient: "dx = dy/(1 - p) where r ≥ p, else 0; r is drawn again, the same",
	Source:   "Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, Dropout, 2014; " + torch("nn.Dropout"),
	Example:  "dropout(0.2)",
	Args:     []Arg{{Name: "p", Type: Number, Required: true, Max: 1, Bounded: Share, Doc: "the share that is set to 0"}},
	Layer: func(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
		if err := wantNumbers(in...); err != nil {
			return nil, err
		}
		x, p := in[0], a.Float("p")
		if !b.Training || p == 0 {
			return x, nil
		}
		kept := ir.E(ir.OpGE, ir.A(1), ir.C(p))
		return b.Each(ir.Select(kept, ir.Mul(ir.C(1/(1-p)), ir.A(0)), ir.C(0)), x, b.Random(x.Shape...)), nil
	},
	Cases: []Case{
		{Call: "dropout(0.3)", In: []string{"[8]"}},
		{Call: "dropout(p: 0.5)", In: []string{"[2, 3]"}},
		{Call: "dropout(0)", In: []string{"[3]"}},
	},
}

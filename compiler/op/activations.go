package op

import "github.com/nnc-lang/nnc/compiler/ir"

var relu = &Def{
	Name:    "relu",
	Kind:    Layer,
	Doc:     "The rectified linear unit, element by element: what is negative becomes 0. Any shape. Its derivative at 0 is 0.",
	Formula: "y = max(0, x)",
	Source:  "torch.nn.ReLU, https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html",
	Example: "dense(128) -> relu",
	Layer:   each(ir.E(ir.OpReLU, ir.A(0))),
	Cases:   []Case{{Call: "relu", In: []string{"[4]"}, Kinked: true}, {Call: "relu", In: []string{"[2, 3, 2]"}, Kinked: true}},
}

// each is a layer that computes one expression element by element, on numbers of any shape.
func each(e *ir.Expr) func(*Builder, []*ir.Value, *Args) (*ir.Value, error) {
	return func(b *Builder, in []*ir.Value, _ *Args) (*ir.Value, error) {
		if err := wantNumbers(in...); err != nil {
			return nil, err
		}
		return b.Each(e, in[0]), nil
	}
}

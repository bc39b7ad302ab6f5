package op

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var normalizeLayer = &Def{
	Name: "normalize",
	Kind: Layer,
	Doc: `Takes fixed means off and divides by fixed deviations: a number for all elements, or a list with one for each channel of
[C, H, W] or each feature of [D] and [T, D]. The numbers stand in the generated code and not in weight files. (standardize: true
of a data item measures them from the data instead.)`,
	Shapes:  []string{"[D] -> [D]", "[T, D] -> [T, D]", "[C, H, W] -> [C, H, W]", "any -> the same, where mean and std are numbers"},
	Formula: "y = (x - mean)/std",
	Source:  "torchvision.transforms.Normalize, https://pytorch.org/vision/stable/generated/torchvision.transforms.Normalize.html",
	Example: "normalize(mean: 0.1307, std: 0.3081)",
	Args: []Arg{
		{Name: "mean", Type: Numbers, Required: true, Doc: "what is taken off"},
		{Name: "std", Type: Numbers, Required: true, Bounded: Above, Doc: "what is divided by"},
	},
	Layer: func(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
		if err := wantNumbers(in...); err != nil {
			return nil, err
		}
		x := in[0]
		// The operands: x, and behind it those of mean and std that are lists.
		operands := []ir.At{ir.Whole(x)}
		number := func(name string) (*ir.Expr, *Error) {
			values := a.Floats(name)
			if len(values) == 1 {
				return ir.C(values[0]), nil
			}
			axis := len(x.Row()) - 1
			if axis == 2 {
				axis = 0
			} else if axis > 2 {
				return nil, Errorf(diag.BadRank, "wants [D], [T, D] or [C, H, W] for a list, got %s", rowText(x))
			}
			if n := x.Row()[axis]; len(values) != n {
				return nil, Errorf(diag.BadShape, "%s must be one number or %d, one along axis %d of %s, got %d", name, n, axis, rowText(x), len(values)).Blame(name)
			}
			w := b.Weight(name, []int{len(values)}, Weight{Values: values, Frozen: true, InCode: true})
			operands = append(operands, ir.Along(w, axis+lead(x)))
			return ir.A(len(operands) - 1), nil
		}
		mean, err := number("mean")
		if err != nil {
			return nil, err
		}
		std, err := number("std")
		if err != nil {
			return nil, err
		}
		return b.Map(x.Shape, ir.Div(ir.Sub(ir.A(0), mean), std), operands...), nil
	},
	Cases: []Case{
		{Call: "normalize(mean: 0.5, std: 2)", In: []string{"[4]"}},
		{Call: "normalize(mean: [1, 2, 3], std: [0.5, 1, 2])", In: []string{"[3]"}},
		{Call: "normalize([1, 2, 3], 2)", In: []string{"[2, 3]"}},
		{Call: "normalize(mean: 0, std: [0.5, 2])", In: []string{"[2, 3, 2]"}},
	},
}

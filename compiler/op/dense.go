package op

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var denseLayer = &Def{
	Name: "dense",
	Kind: Layer,
	Doc: `A fully connected layer: every unit weighs all inputs and adds its bias. On a sequence it works on every step with the same
weights. An image goes through flatten first.

weights and bias set values by hand, a row of weights a unit. What is given is frozen unless trainable is true; what is not
given trains, from init and bias_init. frozen: true freezes all: the values then come from a weight file.`,
	Shapes:   []string{"[D] -> [units]", "[T, D] -> [T, units]"},
	Formula:  "y = x·Wᵀ + b, with W (units, D) and b (units)",
	Gradient: "dx = dy·W, dW = Σ dyᵀ·x and db = Σ dy, summed over the rows",
	Source:   "torch.nn.Linear, https://pytorch.org/docs/stable/generated/torch.nn.Linear.html; its initial values differ: xavier_uniform and zeros here",
	Example:  "dense(128, init: he_normal) -> relu",
	Weights:  true,
	Args: []Arg{
		{Name: "units", Type: Size, Required: true, Doc: "the number of units, which is the number of outputs"},
		{Name: "bias", Type: BoolOrList, Default: true, Doc: "whether there is a bias; or its values, one a unit"},
		{Name: "weights", Type: Matrix, Doc: "the weights by hand: a list for each unit, a number for each input"},
		{Name: "init", Type: Init, Default: "xavier_uniform", Doc: "how the weights start"},
		{Name: "bias_init", Type: Init, Default: "zeros", Vector: true, Doc: "how the biases start"},
		{Name: "frozen", Type: Bool, Default: false, Doc: "true keeps weights and biases as they are loaded"},
		{Name: "trainable", Type: Bool, Default: false, Doc: "true trains values given by hand from there on"},
	},
	Check: checkDense,
	Layer: buildDense,
	Cases: []Case{
		{Call: "dense(3)", In: []string{"[4]"}},
		{Call: "dense(3, bias: false)", In: []string{"[4]"}},
		{Call: "dense(2)", In: []string{"[3, 4]"}},
		{Call: "dense(2, weights: [[1, -2, 3], [0.5, 0, -1]], bias: [0.1, -0.2])", In: []string{"[3]"}},
		{Call: "dense(2, weights: [[1, -2, 3], [0.5, 0, -1]], trainable: true, bias_init: normal(0.1))", In: []string{"[3]"}},
		{Call: "dense(2, init: he_normal, bias_init: uniform(-1, 1))", In: []string{"[3]"}},
		{Call: "dense(2, frozen: true)", In: []string{"[3]"}},
	},
}

func buildDense(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
	x, units := in[0], a.Int("units")
	if err := wantNumbers(x); err != nil {
		return nil, err
	}
	row := x.Row()
	if len(row) != 1 && len(row) != 2 {
		return nil, Errorf(diag.BadRank, "wants [D] or [T, D], got %s", ir.ShapeText(row)).WithHelp("insert flatten before this layer")
	}
	inputs := row[len(row)-1]
	if a.Has("weights") {
		if rows := a.Matrix("weights"); len(rows) != units || len(rows[0]) != inputs {
			return nil, Errorf(diag.BadShape, "weights must be %d rows of %d numbers (units × inputs), got %d of %d", units, inputs, len(rows), len(rows[0])).Blame("weights")
		}
	}

	// (inputs, units) is PyTorch's (units, inputs) turned round: a row of the product then reads whole rows of W.
	w := Weight{Perm: []int{1, 0}, Init: a.Init("init"), FanIn: inputs, FanOut: units, Penalised: true, Frozen: a.Bool("frozen")}
	if a.Has("weights") {
		rows := a.Matrix("weights")
		for i := range inputs {
			for u := range units {
				w.Values = append(w.Values, rows[u][i])
			}
		}
		w.Frozen = w.Frozen || !a.Bool("trainable")
	}
	// b is the batch, t time, i inputs, o outputs (units).
	axes := "bt"[:len(x.Shape)-1]
	y := b.Dot(axes+"i,io->"+axes+"o", x, b.Weight("weight", []int{inputs, units}, w))
	if !a.Bool("bias") {
		return y, nil
	}
	bias := Weight{Init: a.Init("bias_init"), FanIn: inputs, FanOut: units, Frozen: a.Bool("frozen")}
	if values := a.Floats("bias"); values != nil {
		bias.Values = values
		bias.Frozen = bias.Frozen || !a.Bool("trainable")
	}
	last := len(y.Shape) - 1
	return b.Map(y.Shape, ir.Add(ir.A(0), ir.A(1)), ir.Whole(y), ir.Along(b.Weight("bias", []int{units}, bias), last)), nil
}

// checkDense finds what excludes each other, and a bias of another length than units.
func checkDense(a *Args) *Error {
	biases := a.Floats("bias")
	switch {
	case a.Given("init") && a.Has("weights"):
		return Errorf(diag.BadArgument, "init and weights exclude each other").Blame("init")
	case a.Given("bias_init") && !a.Bool("bias"):
		return Errorf(diag.BadArgument, "bias_init has nothing to set: bias is false").Blame("bias_init")
	case a.Given("bias_init") && biases != nil:
		return Errorf(diag.BadArgument, "bias_init and the values of bias exclude each other").Blame("bias_init")
	case a.Bool("trainable") && a.Bool("frozen"):
		return Errorf(diag.BadArgument, "trainable and frozen exclude each other").Blame("trainable")
	case a.Bool("trainable") && !a.Has("weights") && biases == nil:
		return Errorf(diag.BadArgument, "trainable is for values given by hand, and there are none").Blame("trainable").
			WithHelp("leave it out: what is not given trains")
	case biases != nil && len(biases) != a.Int("units"):
		return Errorf(diag.BadShape, "bias must have %d numbers, one a unit, got %d", a.Int("units"), len(biases)).Blame("bias")
	}
	return nil
}

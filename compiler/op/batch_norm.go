package op

import "github.com/nnc-lang/nnc/compiler/ir"

var batchNormLayer = &Def{
	Name: "batch_norm",
	Kind: Layer,
	Doc: `Normalises each channel over the batch: in training by the mean and the variance of the batch's real rows, in predictions
by running ones, which training keeps in NAME.running_mean and NAME.running_var; momentum is the share that a batch has in
them. They are saved with the weights, and no optimizer moves them. The variance that normalises is biased, as in PyTorch,
and the running one is not.

Where a row has one value a channel, [D], a batch of one row has nothing to normalise by: training then refuses such a batch,
and a data set that would end with one asks for drop_last: true. In a shared net each application normalises by itself and
updates the running statistics in the order of the file.`,
	Shapes:   []string{"[D] -> [D]", "[T, D] -> [T, D]", "[C, H, W] -> [C, H, W]", "[C, L] -> [C, L], with axis: 0"},
	Formula:  "y = (x - mean)/√(variance + eps)·weight + bias, a channel each",
	Gradient: "with z = (x - mean)/√(variance + eps), dbias = Σ dy, dweight = Σ dy·z and dx = weight/√(variance + eps)·(dy - (dbias + z·dweight)/n), summed over the n values of the channel",
	Source:   "Ioffe, Szegedy, Batch Normalization, 2015, algorithm 1; " + torch("nn.BatchNorm2d"),
	Example:  "conv(32, kernel: 3, pad: 1, bias: false) -> batch_norm -> relu",
	Weights:  true,
	Args: []Arg{
		{Name: "momentum", Type: Number, Default: 0.1, Max: 1, Bounded: Within, Doc: "the share of a batch in the running statistics"},
		normEps(1e-5),
		normAxis,
	},
	Layer: buildBatchNorm,
	Cases: []Case{
		{Call: "batch_norm", In: []string{"[4]"}},
		{Call: "batch_norm(momentum: 0.3, eps: 0.01)", In: []string{"[3, 2]"}},
		{Call: "batch_norm", In: []string{"[2, 3, 2]"}},
		{Call: "batch_norm(axis: 0)", In: []string{"[2, 5]"}},
		{Call: "batch_norm(axis: 1)", In: []string{"[2, 3, 2]"}},
	},
}

func buildBatchNorm(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
	x, momentum, eps := in[0], a.Float("momentum"), a.Float("eps")
	axis, err := channelAxis(x, a)
	if err != nil {
		return nil, err
	}
	channels := x.Shape[axis]
	weight, bias := normWeight(b, channels), normBias(b, channels)
	runningMean := b.Weight("running_mean", []int{channels}, Weight{Init: ir.Init{Func: "Zeros"}, Running: true})
	runningVar := b.Weight("running_var", []int{channels}, Weight{Init: ir.Init{Func: "Ones"}, Running: true})

	var mean, scale *ir.Value
	if b.Training {
		others := rest(x, []int{axis})
		m := momentsOf(b, x, others...)
		if x.Size() == channels {
			b.NeedRows(2)
		}
		// Both running statistics: what they were, and a share of this batch's.
		move := func(running, now *ir.Value, value *ir.Expr) {
			e := ir.Add(ir.Mul(ir.C(1-momentum), ir.A(0)), ir.Mul(ir.C(momentum), value))
			b.Assign(running, b.Each(e, b.Current(running), now))
		}
		move(runningMean, m.mean, ir.A(1))
		move(runningVar, m.squares, ir.Div(ir.A(1), ir.Sub(m.count, ir.C(1))))
		mean = m.mean
		scale = b.Each(ir.Div(ir.A(0), ir.A(1)), weight, rootOf(b, "std", m.squares, m.count, eps))
	} else {
		mean = runningMean
		scale = b.Each(ir.Div(ir.A(0), ir.E(ir.OpSqrt, ir.Add(ir.A(1), ir.C(eps)))), weight, runningVar)
	}
	b.Named("scale", scale)
	e := ir.Add(ir.Mul(ir.Sub(ir.A(0), ir.A(1)), ir.A(2)), ir.A(3))
	return b.Map(x.Shape, e, ir.Whole(x), ir.Along(mean, axis), ir.Along(scale, axis), ir.Along(bias, axis)), nil
}

package op

import "github.com/nnc-lang/nnc/compiler/ir"

var huberLoss = &Def{
	Name: "huber",
	Kind: Loss,
	Doc: `Squared where the error is below delta, and straight beyond: outliers pull no harder than delta. A mean over a row's
elements, then over the batch. Labels are read as one-hot, and as 0 and 1 where one output meets class(2).`,
	Shapes:  regressionShapes,
	Formula: "L = (1/n)·Σ l(|y - t|), with l(d) = ½d² where d ≤ delta, else delta·(d - ½delta)",
	Source:  "Huber, Robust Estimation of a Location Parameter, 1964; " + torch("nn.HuberLoss") + "; reduction: sum adds the rows' means",
	Example: "loss huber(delta: 0.5)",
	Args:    lossArgs(Arg{Name: "delta", Type: Number, Default: 1.0, Bounded: Above, Doc: "the error from which on it is straight"}),
	Loss: elementLoss(func(y, t *ir.Expr, a *Args) *ir.Expr {
		delta := a.Float("delta")
		d := ir.Sub(y, t)
		size := ir.E(ir.OpAbs, d)
		return ir.Select(ir.E(ir.OpLE, size, ir.C(delta)),
			ir.Mul(ir.C(.5), ir.Mul(d, d)),
			ir.Mul(ir.C(delta), ir.Sub(size, ir.C(.5*delta))))
	}),
	Cases: append(regressionCases("huber", true), Case{Call: "huber(delta: 0.5)", In: []string{"[4]", "[4]"}, Kinked: true}),
}

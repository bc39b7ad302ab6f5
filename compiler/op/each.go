package op

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// layerFunc builds a layer.
type layerFunc = func(*Builder, []*ir.Value, *Args) (*ir.Value, error)

// each is a layer that computes e of every element, on numbers of any shape.
func each(e *ir.Expr) layerFunc {
	return eachOf(func(*Args) *ir.Expr { return e })
}

// eachOf is each where the arguments have a part in the expression.
func eachOf(e func(a *Args) *ir.Expr) layerFunc {
	return func(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
		if err := wantNumbers(in...); err != nil {
			return nil, err
		}
		return b.Each(e(a), in[0]), nil
	}
}

// join is a layer that computes e of the elements of two values of equal shape.
func join(e *ir.Expr) layerFunc {
	return func(b *Builder, in []*ir.Value, _ *Args) (*ir.Value, error) {
		if err := wantNumbers(in...); err != nil {
			return nil, err
		}
		if !sameShape(in[0], in[1]) {
			return nil, Errorf(diag.BadShape, "wants two values of equal shape, got %s and %s", rowText(in[0]), rowText(in[1]))
		}
		return b.Each(e, in...), nil
	}
}

// Derivatives at a tie: maximum and minimum take their first operand's. So a constant in front makes the derivative 0 at
// the limit itself, as PyTorch's hardtanh and clamp have it.
func maximum(a, b *ir.Expr) *ir.Expr { return ir.E(ir.OpMax, a, b) }
func minimum(a, b *ir.Expr) *ir.Expr { return ir.E(ir.OpMin, a, b) }

// positive is the condition x > 0.
func positive(x *ir.Expr) *ir.Expr { return ir.E(ir.OpGT, x, ir.C(0)) }

// torch is PyTorch's page on one of its functions or modules.
func torch(name string) string {
	return "torch." + name + ", https://pytorch.org/docs/stable/generated/torch." + name + ".html"
}

package op

import (
	"math"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// poolArgs declares the arguments of a pooling over so many axes. outside is what the padding holds.
func poolArgs(axes int, outside string) []Arg {
	size, pad := SizePair, WholePair
	if axes == 1 {
		size, pad = Size, Whole
	}
	return []Arg{
		{Name: "k", Type: size, Required: true, Doc: "the size of the windows"},
		{Name: "stride", Type: size, Default: SameAs("k"), Doc: "the distance from one window to the next"},
		{Name: "pad", Type: pad, Default: 0.0, Doc: "how much padding of " + outside + " surrounds the input, the same on both sides; at most half of k"},
	}
}

// checkPool holds the padding to half of the window, as PyTorch does: else a window could lie outside altogether.
func checkPool(axes int) func(*Args) *Error {
	return func(a *Args) *Error {
		k, pad := numbersOf(a, "k", axes), numbersOf(a, "pad", axes)
		for i := range k {
			if pad[i] > k[i]/2 {
				return Errorf(diag.BadArgument, "pad must be at most half of k, %d, got %d", k[i]/2, pad[i]).Blame("pad")
			}
		}
		return nil
	}
}

// pool is a layer that shows each channel through windows, and reduces what each of them holds.
func pool(axes int, outside float64, reduce func(b *Builder, shown *ir.Value, axes ...int) *ir.Value) layerFunc {
	return func(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
		x := in[0]
		if err := wantChannels(x, axes); err != nil {
			return nil, err
		}
		s := sliding{
			size: numbersOf(a, "k", axes), stride: numbersOf(a, "stride", axes), pad: numbersOf(a, "pad", axes), dilation: allOf(axes, 1), arg: "k",
		}
		wins, err := s.over(x, len(x.Shape)-axes)
		if err != nil {
			return nil, err
		}
		return reduce(b, b.Window(x, outside, wins...), behind(x, axes, axes)...), nil
	}
}

// globalPool is a layer that reduces each channel to one number.
func globalPool(axes int, reduce func(b *Builder, x *ir.Value, axes ...int) *ir.Value) layerFunc {
	return func(b *Builder, in []*ir.Value, _ *Args) (*ir.Value, error) {
		x := in[0]
		if err := wantChannels(x, axes); err != nil {
			return nil, err
		}
		return reduce(b, x, behind(x, axes, 0)...), nil
	}
}

// behind lists the last axes of x, each moved by so many.
func behind(x *ir.Value, axes, by int) []int {
	var list []int
	for i := len(x.Shape) - axes; i < len(x.Shape); i++ {
		list = append(list, i+by)
	}
	return list
}

// maximumOver and averageOver reduce axes.
func maximumOver(b *Builder, x *ir.Value, axes ...int) *ir.Value {
	y, _ := b.ReduceMax(x, axes...)
	return y
}

func averageOver(b *Builder, x *ir.Value, axes ...int) *ir.Value {
	n := 1
	for _, a := range axes {
		n *= x.Shape[a]
	}
	return over(b, b.ReduceSum(x, axes...), n)
}

// lowest is less than every element.
var lowest = math.Inf(-1)

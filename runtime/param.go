package rt

import (
	"fmt"
	"slices"
)

// Param is a named tensor of a model: a trainable weight, or one that training
// leaves alone. It is a view; copying it copies no numbers.
type Param[F Float] struct {
	Name  string // as in PyTorch's state_dict, "dense1.weight"
	Shape []int  // PyTorch's shape
	// Perm says how Data is laid out: its axis i is axis Perm[i] of Shape, both
	// row-major. nil: the same layout. A dense layer's weight, (out, in) for
	// PyTorch and (in, out) here, has [1, 0].
	Perm      []int
	Data      []F  // the numbers in the model's own layout
	Trainable bool // updated by the optimizer
	Fixed     bool // written by hand in the model: it may be missing in a file, and other values than the model's are refused
	Optional  bool // may be missing in a file, and then keeps its values
}

// Get copies the tensor into dst in PyTorch's layout. It panics where dst has
// another length than the tensor.
func (p Param[F]) Get(dst []F) {
	if len(dst) != len(p.Data) {
		panic(fmt.Sprintf("rt: %s has %d numbers, dst has %d", p.Name, len(p.Data), len(dst)))
	}
	p.eachRun(func(here, there, stride, n int) {
		for i, v := range p.Data[here:][:n] {
			dst[there+i*stride] = v
		}
	})
}

// Set copies src, in PyTorch's layout, into the tensor. It is an error, and
// nothing is set, where src has another length than the tensor, or where the
// tensor is fixed and src differs from it as float32.
func (p Param[F]) Set(src []F) error {
	if len(src) != len(p.Data) {
		return fmt.Errorf("%s %s has %d numbers, got %d", p.Name, shapeString(p.Shape), len(p.Data), len(src))
	}
	if p.Fixed {
		return p.checkFixed(src)
	}
	p.eachRun(func(here, there, stride, n int) {
		row := p.Data[here:][:n]
		for i := range row {
			row[i] = src[there+i*stride]
		}
	})
	return nil
}

// checkFixed compares the tensor with src, in PyTorch's layout, as float32.
func (p Param[F]) checkFixed(src []F) (err error) {
	p.eachRun(func(here, there, stride, n int) {
		for i, v := range p.Data[here:][:n] {
			if w := src[there+i*stride]; float32(w) != float32(v) && err == nil {
				err = fmt.Errorf("%s is fixed in the model: its number %d is %v, not %v", p.Name, there+i*stride, v, w)
			}
		}
	})
	return err
}

// eachRun calls f for the runs of n neighbours of Data: the i-th of a run is
// Data[here+i], and number there+i·stride in PyTorch's layout.
func (p Param[F]) eachRun(f func(here, there, stride, n int)) {
	axes := len(p.Shape)
	if p.Perm == nil || axes == 0 {
		f(0, 0, 1, len(p.Data))
		return
	}
	// By the axes of Data: extent, and the step in PyTorch's layout.
	extent, step := make([]int, axes), make([]int, axes)
	for i, axis := range p.Perm {
		extent[i], step[i] = p.Shape[axis], 1
		for _, n := range p.Shape[axis+1:] {
			step[i] *= n
		}
	}
	last := axes - 1
	n := extent[last]
	if slices.Contains(extent, 0) {
		return
	}
	at, there := make([]int, axes), 0
	for here := 0; here < len(p.Data); here += n {
		f(here, there, step[last], n)
		// The next place: an odometer over all axes but the last.
		for i := last - 1; i >= 0; i-- {
			at[i]++
			there += step[i]
			if at[i] < extent[i] {
				break
			}
			there -= at[i] * step[i]
			at[i] = 0
		}
	}
}

// shapeString writes a shape as weight files' users know it: (128, 784).
func shapeString(shape []int) string {
	s := "("
	for i, n := range shape {
		if i > 0 {
			s += ", "
		}
		s += fmt.Sprint(n)
	}
	return s + ")"
}

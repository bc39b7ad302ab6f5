package onnx_test

import "slices"

// inexpressible says why a test cannot be written in the language.
type inexpressible string

func (e inexpressible) Error() string { return string(e) }

// Reasons that several operators have.
const (
	noOperator     inexpressible = "there is no such operator"
	noTruth        inexpressible = "there are no truth values"
	noIntegers     inexpressible = "values are floats, not integers"
	noShort        inexpressible = "values are floats of 32 or 64 bits"
	noStrings      inexpressible = "values are floats, not strings"
	noFlow         inexpressible = "no control flow, and no sequences of tensors or values that may be missing"
	noBroadcasting inexpressible = "values are not broadcast"
	noProducts     inexpressible = "there are no products of two values, but with weights"
	noEmpty        inexpressible = "there are no empty tensors"
	noShapes       inexpressible = "shapes are not values"
	noComparison   inexpressible = "there is no maximum or minimum of several values"
	noIndices      inexpressible = "indices are not values"
	noConstants    inexpressible = "there are no tensors of constants but weights"
	noTypes        inexpressible = "all values have the model's one type"
	noRandom       inexpressible = "random numbers are those of another generator"
	noThreeAxes    inexpressible = "there are no convolutions and pools over three axes"
)

// testCase is a node with its inputs and outputs; nil is one that is left out.
type testCase struct {
	node    node
	in, out []*tensor
	read    map[string]bool // attributes that have been asked for
}

// attr gives an attribute, which counts as heeded.
func (c *testCase) attr(name string) (attribute, bool) {
	c.read[name] = true
	a, ok := c.node.attrs[name]
	return a, ok
}

func (c *testCase) float(name string, otherwise float64) float64 {
	if a, ok := c.attr(name); ok {
		return a.f
	}
	return otherwise
}

func (c *testCase) int(name string, otherwise int) int {
	if a, ok := c.attr(name); ok {
		return a.i
	}
	return otherwise
}

func (c *testCase) word(name, otherwise string) string {
	if a, ok := c.attr(name); ok {
		return a.s
	}
	return otherwise
}

func (c *testCase) ints(name string, otherwise ...int) []int {
	if a, ok := c.attr(name); ok {
		return a.ints
	}
	return otherwise
}

// axis is an attribute that counts from the end where it is negative.
func (c *testCase) axis(name string, otherwise, rank int) int {
	return fromStart(c.int(name, otherwise), rank)
}

func fromStart(axis, rank int) int {
	if axis < 0 {
		return axis + rank
	}
	return axis
}

// given is an input, nil where it is left out.
func (c *testCase) given(i int) *tensor {
	if i < len(c.in) {
		return c.in[i]
	}
	return nil
}

// wholes are an input's elements as integers, nil where it is left out.
func (c *testCase) wholes(i int) []int {
	t := c.given(i)
	if t == nil {
		return nil
	}
	n := make([]int, len(t.data))
	for i, v := range t.data {
		n[i] = int(v)
	}
	return n
}

// checkFloats refuses tensors that are not of floats, and empty ones.
func checkFloats(all ...*tensor) error {
	for _, t := range all {
		switch {
		case t == nil:
		case t.dtype == boolType:
			return noTruth
		case t.dtype == stringType:
			return noStrings
		case t.dtype == float16Type || t.dtype == bfloat16Type:
			return noShort
		case t.dtype.whole():
			return noIntegers
		case t.size() == 0:
			return noEmpty
		}
	}
	return nil
}

// values checks the node's outputs and the inputs that are values, all by default.
func (c *testCase) values(inputs ...int) error {
	checked := slices.Clone(c.out)
	for i, t := range c.in {
		if len(inputs) == 0 || slices.Contains(inputs, i) {
			checked = append(checked, t)
		}
	}
	return checkFloats(checked...)
}

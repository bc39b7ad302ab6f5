package onnx_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Elementwise operators with inputs of their own, and those that change shapes.

func clip(c *testCase, m *model) error {
	if err := c.values(); err != nil {
		return err
	}
	bound := func(i int, otherwise float64) string {
		if t := c.given(i); t != nil {
			otherwise = t.data[0]
		}
		return number(otherwise)
	}
	m.input("x", c.in[0], 1)
	m.line("clip(%s, %s)", bound(1, -math.MaxFloat32), bound(2, math.MaxFloat32))
	m.result(c.out[0])
	return nil
}

func pow(c *testCase, m *model) error {
	if err := c.values(); err != nil {
		return err
	}
	if y := c.in[1]; y.size() != 1 || y.data[0] != 2 {
		return inexpressible("there are no powers but square and sqrt")
	}
	m.input("x", c.in[0], 1)
	m.line("square")
	m.result(c.out[0])
	return nil
}

func prelu(c *testCase, m *model) error {
	if err := c.values(); err != nil {
		return err
	}
	if !slices.Equal(c.in[0].dims, c.in[1].dims) {
		return inexpressible("prelu has one slope for all, and values are not broadcast")
	}
	m.input("x", c.in[0], 1)
	m.input("slope", c.in[1], 1)
	m.line("(x -> relu) - slope * (x -> neg -> relu)")
	m.result(c.out[0])
	return nil
}

func flatten(c *testCase, m *model) error {
	if c.axis("axis", 1, len(c.in[0].dims)) != 1 {
		return toOutput()(c, m)
	}
	return layer("flatten")(c, m)
}

func transposed(c *testCase, shape []int) ([]string, error) {
	perm := c.ints("perm")
	if perm == nil {
		perm = up(len(shape))
		slices.Reverse(perm)
	}
	return []string{transpose(perm)}, nil
}

func depthToSpace(c *testCase, shape []int) ([]string, error) {
	b := c.int("blocksize", 0)
	n, ch, h, w := shape[0], shape[1]/b/b, shape[2], shape[3]
	cut, perm := []int{n, b, b, ch, h, w}, []int{0, 3, 4, 1, 5, 2}
	if c.word("mode", "DCR") == "CRD" {
		cut, perm = []int{n, ch, b, b, h, w}, []int{0, 1, 4, 2, 5, 3}
	}
	return []string{reshape(shape, cut), transpose(perm), reshape(nil, []int{n, ch, h * b, w * b})}, nil
}

func spaceToDepth(c *testCase, shape []int) ([]string, error) {
	b := c.int("blocksize", 0)
	n, ch, h, w := shape[0], shape[1], shape[2]/b, shape[3]/b
	return []string{reshape(shape, []int{n, ch, h, b, w, b}), transpose([]int{0, 3, 5, 1, 2, 4}), reshape(nil, []int{n, ch * b * b, h, w})}, nil
}

// repeat adds lines that repeat x, of a shape, along every axis so many times.
func repeat(m *model, from string, times []int) {
	last := from
	for a, n := range times {
		if n > 1 {
			name := fmt.Sprintf("axis%d", a)
			m.line("%s = (%s) -> concat(axis: %d)", name, strings.Join(slices.Repeat([]string{last}, n), ", "), a)
			last = name
		}
	}
	m.line("%s", last)
}

func tile(c *testCase, m *model) error {
	m.input("x", c.in[0], 0)
	repeat(m, "x", c.wholes(1))
	m.result(c.out[0])
	return c.values(0)
}

func expand(c *testCase, m *model) error {
	shape, want := whole(c.in[0]), whole(c.out[0])
	from := slices.Concat(slices.Repeat([]int{1}, len(want)-len(shape)), shape)
	times := make([]int, len(want))
	for i, n := range want {
		times[i] = n / from[i]
	}
	m.input("x", c.in[0], 0)
	first := "x"
	if r := reshape(shape, from); r != "" {
		first = "shaped"
		m.line("shaped = x -> %s", r)
	}
	repeat(m, first, times)
	m.result(c.out[0])
	return c.values(0)
}

func slice(c *testCase, shape []int) ([]string, error) {
	starts, ends, axes, steps := c.wholes(1), c.wholes(2), c.wholes(3), c.wholes(4)
	if axes == nil {
		axes = up(len(starts))
	}
	var layers []string
	for i, a := range axes {
		if steps != nil && steps[i] != 1 {
			return nil, inexpressible("slice takes every element")
		}
		a = fromStart(a, len(shape))
		n := shape[a]
		from, to := min(max(fromStart(starts[i], n), 0), n), min(max(fromStart(ends[i], n), 0), n)
		if from > 0 || to < n {
			layers = append(layers, fmt.Sprintf("slice(axis: %d, from: %d, to: %d)", a, from, to))
		}
	}
	return layers, nil
}

func split(c *testCase, m *model) error {
	if err := c.values(0); err != nil {
		return err
	}
	x := c.in[0]
	axis := c.axis("axis", 0, len(x.dims))
	m.input("x", x, 0)
	var names []string
	from := 0
	for i, t := range c.out {
		n := t.dims[axis]
		names = append(names, fmt.Sprintf("part%d", i))
		m.line("%s = x -> slice(axis: %d, from: %d, to: %d)", names[i], axis, from, from+n)
		m.result(t)
		from += n
	}
	m.line("(%s)", strings.Join(names, ", "))
	return nil
}

func concat(c *testCase, m *model) error {
	if err := c.values(); err != nil {
		return err
	}
	var names []string
	for i, t := range c.in {
		names = append(names, fmt.Sprintf("x%d", i))
		m.input(names[i], t, 0)
	}
	m.line("(%s) -> concat(axis: %d)", strings.Join(names, ", "), c.axis("axis", 0, len(c.in[0].dims)))
	m.result(c.out[0])
	return nil
}

func pad(c *testCase, m *model) error {
	switch mode := c.word("mode", "constant"); {
	case mode != "constant":
		return inexpressible("pad adds zeros, not the edge or what is beside it")
	case c.given(2) != nil && c.in[2].data[0] != 0:
		return inexpressible("pad adds zeros, and as many on both sides")
	}
	if err := c.values(0); err != nil {
		return err
	}
	p := c.wholes(1)
	if len(p) != 8 || p[0]+p[1]+p[4]+p[5] > 0 || p[2] != p[6] || p[3] != p[7] {
		return inexpressible("pad adds zeros, and as many on both sides")
	}
	m.input("x", c.in[0], 1)
	m.line("pad(%s)", size(p[2:4]))
	m.result(c.out[0])
	return nil
}

// resize is Resize and, with its scales as the second input, Upsample.
func resize(c *testCase, m *model) error {
	if err := c.values(0); err != nil {
		return err
	}
	const why inexpressible = "upsample repeats the nearest element a whole number of times"
	x, y := c.in[0], c.out[0]
	mode, coordinates, nearest := c.word("mode", "nearest"), c.word("coordinate_transformation_mode", "half_pixel"), c.word("nearest_mode", "round_prefer_floor")
	for _, name := range []string{"cubic_coeff_a", "exclude_outside", "extrapolation_value"} { // of other modes
		c.attr(name)
	}
	if mode != "nearest" || len(x.dims) != 4 || x.dims[1] != y.dims[1] || y.dims[2]%x.dims[2] != 0 || y.dims[3]%x.dims[3] != 0 {
		return why
	}
	// Both take element ⌊i/k⌋.
	if s := coordinates + " " + nearest; c.node.op == "Resize" && s != "half_pixel round_prefer_floor" && s != "asymmetric floor" {
		return why
	}
	m.input("x", x, 1)
	m.line("upsample(%s)", size([]int{y.dims[2] / x.dims[2], y.dims[3] / x.dims[3]}))
	m.result(y)
	return nil
}

// gather is a table of embeddings: what is gathered from are its weights.
func gather(c *testCase, m *model) error {
	if err := c.values(0); err != nil {
		return err
	}
	data, at := c.in[0], c.in[1]
	rank := len(data.dims)
	axis := c.axis("axis", 0, rank)
	for _, v := range at.data {
		if v < 0 {
			return inexpressible("labels count from 0 upwards")
		}
	}
	n := data.dims[axis]
	others := slices.Delete(up(rank), axis, axis+1)
	table := data.transpose(append([]int{axis}, others...)...)
	shape := slices.Concat([]int{at.size()}, table.dims[1:])
	dim := product(table.dims[1:])
	m.port(port{name: "x", shape: []int{at.size()}, classes: n, values: at.data}, 1)
	m.weight("embed1.weight", table.reshape(n, dim))
	// The places stand first, and go where the axis was.
	perm := slices.Insert(up(rank)[1:], axis, 0)
	m.chain(fmt.Sprintf("embed(%d)", dim), reshape([]int{at.size(), dim}, shape), transpose(perm))
	m.result(c.out[0])
	return nil
}

func einsum(c *testCase, m *model) error {
	switch equation := strings.ReplaceAll(c.word("equation", ""), " ", ""); equation {
	case "ij->ji":
		return onRow(func(*testCase, []int) ([]string, error) { return []string{"transpose([1, 0])"}, nil })(c, m)
	case "ij->i":
		return layer("sum")(c, m)
	case "i,i":
		m.input("a", c.in[0], 0)
		m.input("b", c.in[1], 0)
		m.line("a * b -> sum")
		m.result(c.out[0])
		return c.values()
	case "bij,bjk->bik":
		return noProducts
	}
	return inexpressible("there are no diagonals")
}

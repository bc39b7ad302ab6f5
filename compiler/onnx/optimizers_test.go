package onnx_test

import (
	"fmt"
	"slices"
	"strings"
)

// ONNX's optimizers: a single step from given weights, gradients and states.

// optimizer is a step of an optimizer over the tensors of X, from states that it keeps, behind so many; text is its call.
func optimizer(c *testCase, m *model, done float64, text string, names []string) error {
	n := (len(c.in) - 2) / (2 + len(names)) // tensors
	tensors := func(i int) []*tensor { return c.in[2+i*n:][:n] }
	u := &step{done: done, names: names, weights: tensors(0), grads: tensors(1), states: map[string][]*tensor{}}
	for i, name := range names {
		u.states[name] = tensors(2 + i)
	}
	m.port(port{name: "x", shape: []int{1}}, 1)
	var parts []string
	total := 0
	for i, t := range u.weights {
		parts = append(parts, fmt.Sprintf("part%d", i))
		m.line("%s = x -> dense(%d, bias: false)", parts[i], t.size())
		total += t.size()
	}
	m.port(port{name: "y", target: true, shape: []int{total}}, 1)
	if n > 1 {
		m.line("(%s) -> concat", strings.Join(parts, ", "))
	} else {
		m.layers = []string{fmt.Sprintf("dense(%d, bias: false)", total)}
	}
	m.loss, m.optimizer, m.step = "mse", text, u
	for _, t := range c.out {
		m.result(t)
	}
	return c.values(slices.Delete(up(len(c.in)), 1, 2)...)
}

func adagrad(c *testCase, m *model) error {
	text := fmt.Sprintf("adagrad(lr: %s, lr_decay: %s, weight_decay: %s, eps: %s)", number(c.in[0].data[0]), number(c.float("decay_factor", 0)),
		number(c.float("norm_coefficient", 0)), number(c.float("epsilon", 1e-6)))
	return optimizer(c, m, c.in[1].data[0], text, []string{"squares"})
}

// adam: ONNX corrects for the start from the second step on. A step so late that nothing is left to correct is its first.
func adam(c *testCase, m *model) error {
	if c.in[1].data[0] != 0 || c.float("norm_coefficient_post", 0) != 0 {
		return inexpressible("adam adds eps behind the correction, and has no decay behind the step")
	}
	text := fmt.Sprintf("adam(lr: %s, betas: [%s, %s], weight_decay: %s, eps: %s)", number(c.in[0].data[0]), number(c.float("alpha", 0.9)), number(c.float("beta", 0.999)),
		number(c.float("norm_coefficient", 0)), number(c.float("epsilon", 1e-6)))
	return optimizer(c, m, 1e9, text, []string{"mean", "squares"})
}

// momentum: the factor of ONNX's first step is 1 whatever its beta, which is one less our dampening.
func momentum(c *testCase, m *model) error {
	t := c.in[1].data[0]
	dampening := 1 - c.float("beta", 1)
	if t == 0 {
		dampening = 0
	}
	nesterov := c.word("mode", "standard") == "nesterov"
	text := fmt.Sprintf("sgd(lr: %s, momentum: %s, weight_decay: %s, dampening: %s, nesterov: %v)", number(c.in[0].data[0]), number(c.float("alpha", 0)),
		number(c.float("norm_coefficient", 0)), number(dampening), nesterov)
	return optimizer(c, m, t, text, []string{"momentum"})
}

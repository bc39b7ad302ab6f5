package op_test

// Every case of every operator builds; gradients of layers, losses and penalties agree with central differences.

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/ir/irtest"
	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/compiler/pass"
)

// TestGradients differentiates each case's result, weighed by random numbers, by all inputs and weights.
func TestGradients(t *testing.T) {
	for _, def := range op.All {
		if def.Kind != op.Layer && def.Kind != op.Loss && def.Kind != op.Penalty {
			continue
		}
		for i, c := range def.Cases {
			t.Run(string(def.Kind)+" "+c.Call, func(t *testing.T) {
				n, _, err := build(t, def.Kind, c)
				if err != nil {
					t.Fatal(err)
				}
				checkGradients(t, n, c, uint64(i))
			})
		}
	}
}

const (
	rows = 3
	h    = 1e-5
)

func checkGradients(t *testing.T, n *network, c op.Case, seed uint64) {
	g := n.Graph
	weights := g.Leaf(ir.Input, "weights", ir.Float, n.out.Shape...)
	loss := g.Total(g.Each(ir.Mul(ir.A(0), ir.A(1)), n.out, weights))
	var wrt []*ir.Value
	for _, v := range g.Leafs {
		if v.Elem == ir.Float && v != weights && v.Kind != ir.Fixed {
			wrt = append(wrt, v)
		}
	}
	grads := pass.Differentiate(g, map[*ir.Value]*ir.Value{loss: g.Const(1)}, wrt...)

	rng := rand.New(rand.NewPCG(seed, 1))
	leaf := draw(rng, g, rows, true)
	values := irtest.Eval(g, leaf, rows)
	kinks, checked := 0, 0
	at := func(x []float64, i int, by float64) float64 {
		old := x[i]
		x[i] += by
		defer func() { x[i] = old }()
		return irtest.Eval(g, leaf, rows)[loss][0]
	}
	here := values[loss][0]
	for _, v := range wrt {
		for i := range leaf[v] {
			up, down := at(leaf[v], i, h), at(leaf[v], i, -h)
			if c.Kinked && math.Abs(up-2*here+down) > 1e-3*h {
				kinks++
				continue
			}
			checked++
			got, want := 0.0, (up-down)/(2*h)
			if d := grads[v]; d != nil {
				got = values[d][i]
			}
			if !near(got, want, 1e-7) {
				t.Errorf("d/d%s[%d] at %v: got %v, central differences %v", v.Name, i, leaf[v][i], got, want)
			}
		}
	}
	if kinks > checked || checked == 0 {
		t.Errorf("%d of %d points were at a kink", kinks, kinks+checked)
	}
}

// TestOptimizerCases builds a step of each case of every optimizer and schedule.
func TestOptimizerCases(t *testing.T) {
	for _, def := range op.All {
		for _, c := range def.Cases {
			switch def.Kind {
			case op.Optimizer:
				o := newOptimizer(t, c.Call, []float64{1, -2, 3})
				before := append([]float64{}, o.theta...)
				o.step(t, []float64{0.11, 0.23, -0.31})
				for i := range before {
					if before[i] == o.theta[i] || math.IsNaN(o.theta[i]) {
						t.Errorf("%s: a step left θ[%d] at %v, from %v", c.Call, i, o.theta[i], before[i])
					}
				}
			case op.Schedule:
				if lr := rateAt(t, c.Call, clock{epochs: 10, step: 30, perEpoch: 10}); !(lr > 0 && lr <= 0.1) {
					t.Errorf("%s is %v after 3 of 10 epochs", c.Call, lr)
				}
			}
		}
	}
}

// TestWeights holds Def.Weights to what the cases build: a layer can be named where it has weights of its own.
func TestWeights(t *testing.T) {
	for _, def := range op.All {
		if def.Kind != op.Layer {
			continue
		}
		has := false
		for _, c := range def.Cases {
			c.Before = ""
			n, _, err := build(t, op.Layer, c)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range n.Leafs {
				has = has || v.Param != nil && !v.Param.InCode
			}
		}
		if has != def.Weights {
			t.Errorf("%s: Weights is %v, its cases say %v", def.Name, def.Weights, has)
		}
	}
}

// TestPredicting builds every layer for prediction: dropout is gone, and nothing draws random numbers.
func TestPredicting(t *testing.T) {
	for _, def := range op.All {
		if def.Kind != op.Layer {
			continue
		}
		for _, c := range def.Cases {
			a := bind(t, op.Layer, c.Call)
			b := op.NewBuilder(false)
			var in []*ir.Value
			for _, text := range c.In {
				in = append(in, port(t, b.Graph, "x", text))
			}
			if _, err := def.Layer(b, in, a); err != nil {
				t.Fatal(err)
			}
			for _, n := range b.Nodes {
				if _, random := n.Prim.(*ir.Random); random {
					t.Errorf("%s draws random numbers in a prediction", c.Call)
				}
			}
		}
	}
}

// TestStreams: weights and dropouts each draw from a stream of their own.
func TestStreams(t *testing.T) {
	b := op.NewBuilder(true)
	v := port(t, b.Graph, "x", "[4]")
	n := &network{Builder: b}
	n.pipeline(t, v, "dense(4) -> dropout(0.5) -> dense(4) -> dropout(0.5)")
	seen := map[uint32]bool{}
	count := 0
	add := func(stream uint32) {
		count++
		seen[stream] = true
	}
	for _, v := range b.Leafs {
		if v.Param != nil {
			add(v.Param.Init.Stream)
		}
	}
	for _, n := range b.Nodes {
		if r, ok := n.Prim.(*ir.Random); ok {
			add(r.Stream)
		}
	}
	if count != 6 || len(seen) != 6 {
		t.Errorf("4 weights and 2 dropouts draw from %d streams", len(seen))
	}
}

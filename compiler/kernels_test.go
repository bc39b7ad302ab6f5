package compiler_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/ir/irtest"
	rt "github.com/nnc-lang/nnc/runtime"
)

// The table of kernels that the compiler selects from, held against the functions of the runtime: what each computes for
// its labels, and each epilogue for its expression.
func TestKernelTable(t *testing.T) {
	acts := map[string]rt.Act{"": rt.ActNone, "ReLU": rt.ActReLU, "Sigmoid": rt.ActSigmoid, "Tanh": rt.ActTanh}
	for _, k := range ir.Kernels {
		// Each alone, and bias with each activation.
		cases := [][]ir.Epilogue{nil}
		for i, e := range k.Epilogues {
			cases = append(cases, []ir.Epilogue{e})
			if e.Field == "Act" {
				cases = append(cases, []ir.Epilogue{k.Epilogues[0], k.Epilogues[i]})
			}
		}
		for _, es := range cases {
			name := k.Name
			for _, e := range es {
				name += "/" + e.Field + e.Act
			}
			t.Run(name, func(t *testing.T) { checkKernel(t, k, es, acts) })
		}
	}
	var epilogue rt.Epilogue[float32]
	for _, k := range ir.Kernels {
		for _, e := range k.Epilogues {
			if !reflect.ValueOf(epilogue).FieldByName(e.Field).IsValid() {
				t.Errorf("%s: the runtime's Epilogue has no field %s", k.Name, e.Field)
			}
		}
	}
}

func checkKernel(t *testing.T, k *ir.Kernel, es []ir.Epilogue, acts map[string]rt.Act) {
	const m, kk, n = 5, 7, 3
	r := rand.New(rand.NewPCG(1, 2))
	numbers := func(n int) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = r.NormFloat64()
		}
		return x
	}
	a, b, bias, mask := numbers(m*kk), numbers(kk*n), numbers(n), numbers(m*n)
	in, out, _ := strings.Cut(k.Labels, "->")
	la, lb, _ := strings.Cut(in, ",")
	extent := map[byte]int{'m': m, 'k': kk, 'n': n}
	at := func(labels string, idx map[byte]int) int {
		i := 0
		for j := range len(labels) {
			i = i*extent[labels[j]] + idx[labels[j]]
		}
		return i
	}
	if k.Name == "SumRows" { // of a (k, n)
		a = numbers(kk * n)
	}
	want := make([]float64, n)
	if out == "mn" {
		want = make([]float64, m*n)
	}
	for i := range m {
		for j := range n {
			sum := 0.0
			for p := range kk {
				idx := map[byte]int{'m': i, 'n': j, 'k': p}
				x := a[at(la, idx)]
				if lb != "" {
					x *= b[at(lb, idx)]
				}
				sum += x
			}
			for _, e := range es {
				other := bias[j]
				if e.Field == "Mask" {
					other = mask[i*n+j]
				}
				sum = irtest.Apply(e.E, []float64{sum, other})
			}
			want[at(out, map[byte]int{'m': i, 'n': j})] = sum
		}
	}
	epi := rt.Epilogue[float64]{}
	for _, e := range es {
		switch e.Field {
		case "Bias":
			epi.Bias = bias
		case "Mask":
			epi.Mask = mask
		case "Act":
			act, ok := acts[e.Act]
			if !ok {
				t.Fatalf("the runtime has no activation %s", e.Act)
			}
			epi.Act = act
		}
	}
	got := make([]float64, len(want))
	switch k.Name {
	case "MatMul":
		rt.MatMul(got, a, b, m, kk, n, epi)
	case "MatMulNT":
		rt.MatMulNT(got, a, b, m, kk, n, epi)
	case "MatMulTN":
		rt.MatMulTN(got, a, b, m, kk, n, m)
	case "SumRows":
		rt.SumRows(got, a, kk, n, n)
	default:
		t.Fatalf("the runtime has no kernel %s that this test knows", k.Name)
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-12 {
			t.Fatalf("element %d is %g, not %g", i, got[i], want[i])
		}
	}
}

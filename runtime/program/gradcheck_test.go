package program

// The gradient check's mathematics on checkers whose gradients are known: right
// ones pass to far below the bound, wrong ones are found, kinks are neither.

import (
	"context"
	"errors"
	"math"
	"testing"
)

// fake is a checker over closures.
type fake struct {
	tensors []CheckTensor
	labels  [][]int32
	classes []int
	f       func(t []CheckTensor) float64
	g       func(t []CheckTensor)
}

func (f *fake) Tensors() []CheckTensor { return f.tensors }
func (f *fake) Labels() [][]int32      { return f.labels }
func (f *fake) LabelClasses() []int    { return f.classes }
func (f *fake) Objective() float64     { return f.f(f.tensors) }
func (f *fake) Gradients()             { f.g(f.tensors) }

func tensor(name string, port bool, n int) CheckTensor {
	return CheckTensor{Name: name, Port: port, Values: make([]float64, n), Grads: make([]float64, n)}
}

// each is Σ f(w·x) over the elements of w and x, with the derivative df.
func each(n int, f, df func(float64) float64) *fake {
	return &fake{
		tensors: []CheckTensor{tensor("w", false, n), tensor("x", true, n)},
		f: func(t []CheckTensor) float64 {
			var s float64
			for i, w := range t[0].Values {
				s += f(w * t[1].Values[i])
			}
			return s
		},
		g: func(t []CheckTensor) {
			for i, w := range t[0].Values {
				x := t[1].Values[i]
				d := df(w * x)
				t[0].Grads[i], t[1].Grads[i] = d*x, d*w
			}
		},
	}
}

func runCheck(t *testing.T, c Checker) ([]Checked, Verdict) {
	t.Helper()
	rows, verdict, err := check(context.Background(), c, 1, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	return rows, verdict
}

func TestRightGradients(t *testing.T) {
	relu := func(x float64) float64 { return max(0, x) }
	step := func(x float64) float64 {
		if x > 0 {
			return 1
		}
		return 0
	}
	zero := func(float64) float64 { return 0 }
	for _, c := range []struct {
		name  string
		f, df func(float64) float64
		n     int
	}{
		{"tanh", math.Tanh, func(x float64) float64 { y := math.Tanh(x); return 1 - y*y }, 50},
		{"exp", math.Exp, math.Exp, 50},
		{"steep sine", func(x float64) float64 { return math.Sin(20 * x) }, func(x float64) float64 { return 20 * math.Cos(20*x) }, 50},
		{"relu", relu, step, 3000},
		{"step", step, zero, 3000},
		{"abs, started on its kink", math.Abs, func(x float64) float64 { return math.Copysign(1, x) }, 3000},
		{"sqrt needs its domain", math.Sqrt, func(x float64) float64 { return 0.5 / math.Sqrt(x) }, 20},
		{"past the limit: a sample and directions", math.Tanh, func(x float64) float64 { y := math.Tanh(x); return 1 - y*y }, 15000},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := each(c.n, c.f, c.df)
			if c.name == "sqrt needs its domain" {
				for i := range k.tensors[0].Values {
					k.tensors[0].Values[i] = 2
				}
			}
			rows, v := runCheck(t, k)
			if !v.OK {
				t.Errorf("refused: %+v %+v", v, rows)
			}
			for _, r := range rows {
				if c.n > 10000 && (r.Directions != checkLines || r.Elements < checkSample/3 || r.Elements > checkSample) {
					t.Errorf("%s: %d elements, %d directions", r.Name, r.Elements, r.Directions)
				}
				if c.n < 10000 && (r.Elements != c.n || r.Directions != 0) {
					t.Errorf("%s: %d elements, %d directions", r.Name, r.Elements, r.Directions)
				}
			}
		})
	}
}

func TestWrongGradients(t *testing.T) {
	tanh := func(x float64) float64 { y := math.Tanh(x); return 1 - y*y }
	for _, c := range []struct {
		name  string
		wrong func(t []CheckTensor)
		n     int
		names []string // of the tensors at fault
	}{
		{"a sign", func(t []CheckTensor) { t[0].Grads[3] *= -1 }, 10, []string{"w"}},
		{"two parts in a million", func(t []CheckTensor) {
			for i := range t[1].Grads {
				t[1].Grads[i] *= 1 + 4e-6
			}
		}, 10, []string{"x"}},
		{"all zero", func(t []CheckTensor) { clear(t[0].Grads) }, 10, []string{"w"}},
		{"huge", func(t []CheckTensor) { t[0].Grads[0] = 1e9 }, 10, []string{"w"}},
		{"an eighth of a large tensor, seen along directions", func(t []CheckTensor) { clear(t[0].Grads[:len(t[0].Grads)/8]) }, 15000, []string{"w"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := each(c.n, math.Tanh, tanh)
			right := k.g
			k.g = func(t []CheckTensor) { right(t); c.wrong(t) }
			rows, v := runCheck(t, k)
			if v.OK {
				t.Errorf("accepted: %+v", rows)
			}
			for _, r := range rows {
				at := r.Name == c.names[0]
				if (r.Error > checkBound) != at {
					t.Errorf("%s: error %v", r.Name, r.Error)
				}
			}
		})
	}
}

func TestKinksAreDrawnAgain(t *testing.T) {
	// A relu for each of many wide sums: any one weight moves 40 of them.
	const n, m = 40, 30
	k := &fake{tensors: []CheckTensor{tensor("w", false, n), tensor("x", true, n*m)}}
	k.f = func(t []CheckTensor) float64 {
		var s float64
		for j := range m {
			var z float64
			for i := range n {
				z += t[0].Values[i] * t[1].Values[j*n+i]
			}
			s += max(0, z)
		}
		return s
	}
	k.g = func(t []CheckTensor) {
		clear(t[0].Grads)
		for j := range m {
			var z float64
			for i := range n {
				z += t[0].Values[i] * t[1].Values[j*n+i]
			}
			for i := range n {
				t[1].Grads[j*n+i] = 0
				if z > 0 {
					t[0].Grads[i] += t[1].Values[j*n+i]
					t[1].Grads[j*n+i] = t[0].Values[i]
				}
			}
		}
	}
	if rows, v := runCheck(t, k); !v.OK {
		t.Errorf("refused: %+v %+v", v, rows)
	}

	// A kink within every distance that is tried: never checked, and so never accepted.
	k = &fake{tensors: []CheckTensor{tensor("w", false, 2)}}
	k.f = func(t []CheckTensor) float64 { return math.Abs(math.Sin(1e7*t[0].Values[0])) + t[0].Values[1] }
	k.g = func(t []CheckTensor) { t[0].Grads[0], t[0].Grads[1] = 1, 1 }
	rows, v := runCheck(t, k)
	if v.OK || rows[0].Redrawn != 1 || rows[0].Unchecked != 1 || v.Points != checkPoints {
		t.Errorf("%+v %+v", v, rows)
	}
}

func TestTargetsAndLabelsAreFilled(t *testing.T) {
	// Σ t·log t·x is finite for positive targets only.
	k := each(4, math.Tanh, func(x float64) float64 { y := math.Tanh(x); return 1 - y*y })
	target := tensor("t", true, 4)
	target.Grads = nil
	k.tensors = append(k.tensors, target)
	k.labels, k.classes = [][]int32{make([]int32, 100)}, []int{7}
	f, g := k.f, k.g
	entropy := func(t []CheckTensor) (s float64) {
		for _, v := range t[2].Values {
			s += v * math.Log(v)
		}
		return s
	}
	k.f = func(t []CheckTensor) float64 { return f(t) * entropy(t) }
	k.g = func(t []CheckTensor) {
		g(t)
		for _, part := range t[:2] {
			for i := range part.Grads {
				part.Grads[i] *= entropy(t)
			}
		}
	}
	rows, v := runCheck(t, k)
	if !v.OK || len(rows) != 2 {
		t.Errorf("%+v %+v", v, rows)
	}
	seen := map[int32]bool{}
	for _, l := range k.labels[0] {
		if l < 0 || l >= 7 {
			t.Fatalf("label %d", l)
		}
		seen[l] = true
	}
	if len(seen) < 5 {
		t.Errorf("%d of 7 classes drawn", len(seen))
	}
}

func TestNoFinitePoint(t *testing.T) {
	k := each(4, func(float64) float64 { return math.NaN() }, func(float64) float64 { return 0 })
	if _, _, err := check(context.Background(), k, 1, func(int, int) {}); !errors.Is(err, errNotFinite) {
		t.Errorf("got %v", err)
	}
}

func TestCheckIsRepeatable(t *testing.T) {
	make := func() *fake { return each(50, math.Exp, math.Exp) }
	_, a := runCheck(t, make())
	_, b := runCheck(t, make())
	if a != b {
		t.Errorf("%+v, then %+v", a, b)
	}
}

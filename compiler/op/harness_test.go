package op_test

// What the tests of this package share: calls and ports written as in a .nn file become bound arguments and leafs.

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// rawCall parses a call: dense(3, bias: false). + and its like have no arguments.
func rawCall(t *testing.T, text string) *op.RawCall {
	t.Helper()
	if text < "A" {
		return &op.RawCall{Name: text}
	}
	file, list := dsl.Parse("test.nn", []byte("model M {\n\toptimizer "+text+"\n}\n"))
	if len(list) > 0 {
		t.Fatalf("%s: %v", text, list)
	}
	return raw(t, file.Decls[0].Model.Items[0].Optimizer)
}

func raw(t *testing.T, c *dsl.Call) *op.RawCall {
	r := &op.RawCall{Name: c.Name, NameSpan: c.NameSpan, Span: c.Span}
	for _, a := range c.Args {
		r.Args = append(r.Args, op.RawArg{Name: a.Name, NameSpan: a.NameSpan, Span: a.Value.Span, Value: value(t, a.Value)})
	}
	return r
}

func value(t *testing.T, x *dsl.Expr) any {
	switch x.Kind {
	case dsl.NumberExpr:
		return x.Number
	case dsl.BoolExpr:
		return x.Bool
	case dsl.StringExpr:
		return x.Str
	case dsl.UnaryExpr:
		return -value(t, x.X).(float64)
	case dsl.CallExpr:
		if !x.Call.Parens {
			return op.WordValue(x.Call.Name)
		}
		return raw(t, x.Call)
	case dsl.ListExpr:
		list := []any{}
		for _, y := range x.Items {
			list = append(list, value(t, y))
		}
		return list
	}
	t.Fatalf("an expression of kind %d has no place in a test", x.Kind)
	return nil
}

// lookup finds an operator that must exist.
func lookup(t *testing.T, kind op.Kind, name string) *op.Def {
	t.Helper()
	d := op.Lookup(kind, name)
	if d == nil {
		t.Fatalf("there is no %s %s", kind, name)
	}
	return d
}

// bind binds a call that must be fine.
func bind(t *testing.T, kind op.Kind, call string) *op.Args {
	t.Helper()
	r := rawCall(t, call)
	a, list := op.Bind(lookup(t, kind, r.Name), r.Span, r.Args)
	if len(list) > 0 {
		t.Fatalf("%s: %v", call, list)
	}
	return a
}

// port adds the leaf of a port: [4], class(3), [5]class(3).
func port(t *testing.T, g *ir.Graph, name, text string) *ir.Value {
	t.Helper()
	dims, class, labels := strings.Cut(text, "class(")
	p := &ir.Port{Name: name, Text: text}
	if dims = strings.Trim(dims, "[]"); dims != "" {
		for d := range strings.SplitSeq(dims, ",") {
			p.Shape = append(p.Shape, whole(t, d))
		}
	}
	elem := ir.Float
	if labels {
		elem, p.Classes = ir.Int, whole(t, strings.TrimSuffix(class, ")"))
	}
	v := g.Leaf(ir.Input, name, elem, append([]int{ir.Batch}, p.Shape...)...)
	v.Port = p
	return v
}

func whole(t *testing.T, s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// network is a graph with one result, built from a case.
type network struct {
	*op.Builder
	in  []*ir.Value // the ports
	out *ir.Value
}

// pipeline builds a -> b -> c on v.
func (n *network) pipeline(t *testing.T, v *ir.Value, calls string) *ir.Value {
	t.Helper()
	if calls == "" {
		return v
	}
	for i, call := range strings.Split(calls, " -> ") {
		a := bind(t, op.Layer, call)
		n.Name = fmt.Sprintf("%s_before%d", a.Def.Name, i)
		y, err := a.Def.Layer(n.Builder, []*ir.Value{v}, a)
		if err != nil {
			t.Fatalf("%s: %v", call, err)
		}
		v = y
	}
	return v
}

// build builds a layer, loss or penalty on ports. The error is the operator's.
func build(t *testing.T, kind op.Kind, c op.Case) (*network, *op.Args, error) {
	t.Helper()
	a := bind(t, kind, c.Call)
	n := &network{Builder: op.NewBuilder(true)}
	for i, text := range c.In {
		n.in = append(n.in, port(t, n.Graph, fmt.Sprintf("in%d", i), text))
	}
	var err error
	switch kind {
	case op.Layer:
		var in []*ir.Value
		for _, v := range n.in {
			in = append(in, n.pipeline(t, v, c.Before))
		}
		n.Name = a.Def.Name + "1"
		n.out, err = a.Def.Layer(n.Builder, in, a)
	case op.Loss:
		n.in[1].Port.Target = true
		n.out, err = op.BuildLoss(n.Builder, n.pipeline(t, n.in[0], c.Before), n.in[1], a)
	case op.Penalty:
		n.pipeline(t, n.in[0], c.Before)
		n.out, err = op.BuildPenalty(n.Builder, a)
	}
	return n, a, err
}

// draw gives every leaf random elements: numbers in (-2, 2), targets of losses that want shares in (0, 1), labels.
func draw(rng *rand.Rand, g *ir.Graph, rows int, shares bool) map[*ir.Value][]float64 {
	leaf := map[*ir.Value][]float64{}
	for _, v := range g.Leafs {
		n := v.Size()
		if v.Batched() {
			n *= rows
		}
		x := make([]float64, n)
		for i := range x {
			switch {
			case v.Elem == ir.Int:
				x[i] = float64(rng.IntN(v.Port.Classes+1) - 1) // -1 is ignored
			case shares && v.Kind == ir.Input && v.Name == "in1":
				x[i] = rng.Float64()
			default:
				x[i] = 4*rng.Float64() - 2
			}
			if v.Param != nil && v.Param.Values != nil {
				x[i] = v.Param.Values[i]
			}
		}
		leaf[v] = x
	}
	return leaf
}

// near says whether two numbers are equal to a relative tolerance, or to that much absolutely near 0.
func near(a, b, tolerance float64) bool {
	if a == b {
		return true
	}
	if math.IsNaN(a) || math.IsNaN(b) {
		return math.IsNaN(a) && math.IsNaN(b)
	}
	return math.Abs(a-b) <= tolerance*math.Max(1, math.Max(math.Abs(a), math.Abs(b)))
}

// nearAll compares two lists.
func nearAll(a, b []float64, tolerance float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !near(a[i], b[i], tolerance) {
			return false
		}
	}
	return true
}

// first is the first diagnostic of a list, as code and message.
func first(list diag.List) string {
	if len(list) == 0 {
		return ""
	}
	return string(list[0].Code) + ": " + list[0].Message
}

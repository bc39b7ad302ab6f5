package codegen

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/dave/jennifer/jen"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// The tests of this file hold scalar expressions and lowered statements, small ones built by hand, to the Go that is
// printed for them.

// testSpace is a workspace with buffers x, y (a row of 4), labels (one a row), weight (8), rate (float64), and loss.
type testSpace struct {
	*function
	x, y, labels, weight, rate, loss, row *ir.Buf
}

func newTestSpace(typ string) *testSpace {
	t := &testSpace{
		x:      &ir.Buf{Name: "x", Shape: []int{4}, Batched: true, Store: ir.InArena},
		y:      &ir.Buf{Name: "y", Shape: []int{4}, Batched: true, Store: ir.InArena},
		labels: &ir.Buf{Name: "labels", Batched: true, Elem: ir.Int, Store: ir.InArena},
		weight: &ir.Buf{Name: "weight", Shape: []int{8}, Store: ir.InTheta},
		rate:   &ir.Buf{Name: "rate", Elem: ir.Double, Store: ir.InField},
		loss:   &ir.Buf{Name: "loss", Store: ir.InField},
		row:    &ir.Buf{Name: "top", Batched: true, Store: ir.InLoop},
	}
	s := newSpace(&ir.Plan{Type: typ, File: "test.nn", Name: "Test"}, &ir.Space{}, "TestTrainer", "t")
	for _, b := range []*ir.Buf{t.x, t.y, t.labels, t.weight, t.rate, t.loss, t.row} {
		s.names[b] = s.unique(b.Name)
	}
	t.function = s.function("forward", ir.Serial, false)
	return t
}

func ref(b *ir.Buf, add int, terms ...ir.Term) *ir.Ref {
	return &ir.Ref{Buf: b, Index: ir.Index{Terms: terms, Add: add}}
}

func val(b *ir.Buf, add int, terms ...ir.Term) *ir.Expr {
	return &ir.Expr{Op: ir.OpRef, Ref: ref(b, add, terms...)}
}

func term(v string, mul int) ir.Term { return ir.Term{Var: v, Mul: mul} }

func place(terms ...ir.Term) *ir.Expr {
	return &ir.Expr{Op: ir.OpIndex, Ref: &ir.Ref{Index: ir.Index{Terms: terms}}}
}

// text prints statements without indentation.
func text(t *testing.T, code []jen.Code) string {
	t.Helper()
	f := jen.NewFile("p")
	f.Func().Id("f").Params().Block(code...)
	var b strings.Builder
	if err := f.Render(&b); err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(b.String(), "{\n")
	body = body[:strings.LastIndex(body, "}")]
	var lines []string
	for l := range strings.SplitSeq(strings.TrimRight(body, "\n"), "\n") {
		lines = append(lines, strings.TrimPrefix(l, "\t"))
	}
	return strings.Join(lines, "\n")
}

func TestExpr(t *testing.T) {
	for _, typ := range []string{"float32", "float64"} {
		s := newTestSpace(typ)
		i := term("i", 1)
		x, y, label, rate := val(s.x, 0, i), val(s.y, 0, i), val(s.labels, 0, term("r", 1)), val(s.rate, 0)
		nine := 0.9 // not a constant, which Go would fold exactly
		tests := []struct {
			e        *ir.Expr
			f32, f64 string
		}{
			{ir.Mul(x, y), "x[i] * y[i]", ""},
			{ir.Add(ir.Mul(x, y), ir.C(1)), "x[i]*y[i] + 1", ""},
			{ir.Mul(ir.Add(x, y), ir.C(.5)), "0.5 * (x[i] + y[i])", ""},
			{ir.Sub(x, ir.Sub(y, x)), "x[i] - (y[i] - x[i])", ""},
			{ir.Div(x, ir.Mul(y, x)), "x[i] / (y[i] * x[i])", ""},
			{ir.Neg(ir.Mul(x, y)), "-(x[i] * y[i])", ""},
			{ir.C(1e-8), "1e-8", ""},
			{ir.C(-3), "-3", ""},
			{ir.C(1 - nine), "0.1", "0.09999999999999998"},
			{ir.C(math.Inf(-1)), "rt.Inf[float32](-1)", "rt.Inf[float64](-1)"},
			{ir.C(1e300), "rt.Inf[float32](1)", "1e+300"},
			{ir.E(ir.OpReLU, x), "max(0, x[i])", ""},
			{ir.E(ir.OpMax, x, y), "max(x[i], y[i])", ""},
			{ir.E(ir.OpExp, ir.Neg(x)), "rt.Exp(-x[i])", ""},
			{ir.E(ir.OpPow, x, ir.C(3)), "rt.Pow(x[i], 3)", ""},
			{ir.E(ir.OpSigmoid, ir.C(2)), "rt.Sigmoid[float32](2)", "rt.Sigmoid[float64](2)"},
			{ir.Mul(rate, x), "rate * x[i]", "t.rate * x[i]"},
			{label, "float32(labels[r])", "float64(labels[r])"},
			{ir.Mul(label, x), "float32(labels[r]) * x[i]", "float64(labels[r]) * x[i]"},
			{ir.Div(x, ir.Rows()), "x[i] / float32(t.rows)", "x[i] / float64(t.rows)"},
			{place(term("i", 3), term("j", 1)), "float32(i*3 + j)", "float64(i*3 + j)"},
			{val(s.x, 2, term("r", 4), ir.Term{At: ref(s.labels, 0, term("r", 1)), Mul: 1}), "x[r*4+int(labels[r])+2]", ""},
			{&ir.Expr{Op: ir.OpRef, Ref: &ir.Ref{Random: true, Stream: 7, Index: ir.Index{Terms: []ir.Term{i}}}}, "rt.Uniform[float32](key7, i)", "rt.Uniform[float64](key7, i)"},
		}
		for _, test := range tests {
			k := s.block()
			got := text(t, append(k.code, stmt("v := %s", k.expr(test.e, float, 0))))
			got = strings.TrimPrefix(got, "v := ")
			want := test.f32
			if typ == "float64" && test.f64 != "" {
				want = test.f64
			}
			if got != want {
				t.Errorf("%s, %s: got %s, want %s", test.e, typ, got, want)
			}
		}
	}
}

func TestCondition(t *testing.T) {
	s := newTestSpace("float32")
	x, label := val(s.x, 0, term("i", 1)), val(s.labels, 0, term("r", 1))
	for _, test := range []struct {
		e    *ir.Expr
		want string
	}{
		{ir.E(ir.OpGT, x, ir.C(0)), "x[i] > 0"},
		{ir.E(ir.OpEQ, place(term("i", 1)), label), "i == int(labels[r])"},
		{ir.E(ir.OpGE, label, ir.C(0)), "labels[r] >= 0"},
		{ir.E(ir.OpEQ, label, label), "labels[r] == labels[r]"},
		{ir.E(ir.OpLT, label, x), "float32(labels[r]) < x[i]"},
		{ir.E(ir.OpGT, label, ir.C(.5)), "float32(labels[r]) > 0.5"},
		{ir.E(ir.OpAnd, ir.E(ir.OpGE, label, ir.C(0)), ir.E(ir.OpOr, ir.E(ir.OpLT, x, ir.C(1)), ir.E(ir.OpGT, x, ir.C(2)))), "labels[r] >= 0 && (x[i] < 1 || x[i] > 2)"},
	} {
		if got := text(t, []jen.Code{stmt("v := %s", s.block().condition(test.e, 0))}); got != "v := "+test.want {
			t.Errorf("%s: got %s, want %s", test.e, got, test.want)
		}
	}
}

func TestStatements(t *testing.T) {
	s := newTestSpace("float32")
	i, r := term("i", 1), term("r", 4)
	x, y := val(s.x, 0, r, i), val(s.y, 0, r, i)
	positive := func(e *ir.Expr) *ir.Expr { return ir.E(ir.OpGT, e, ir.C(0)) }
	loop := func(v string, n int, body ...ir.Stmt) *ir.Loop {
		return &ir.Loop{Var: v, To: ir.Extent{N: n}, Body: body}
	}
	for _, test := range []struct {
		name string
		s    []ir.Stmt
		want string
	}{
		{"a loop", []ir.Stmt{&ir.Loop{Var: "i", To: ir.Extent{N: 4, Rows: true}, Body: []ir.Stmt{&ir.Set{Dst: ref(s.y, 0, i), E: val(s.x, 0, i)}}}}, `
for i := range n * 4 {
	y[i] = x[i]
}`},
		{"a loop whose variable is not read", []ir.Stmt{loop("i", 3, &ir.Set{Dst: ref(s.loss, 0), E: ir.C(1), Add: true})}, `
for range 3 {
	t.loss += 1
}`},
		{"a choice", []ir.Stmt{&ir.Set{Dst: ref(s.y, 0, r, i), E: ir.Select(positive(x), y, ir.C(0))}}, `
if x[r*4+i] > 0 {
	y[r*4+i] = y[r*4+i]
} else {
	y[r*4+i] = 0
}`},
		{"a choice within a choice", []ir.Stmt{&ir.Set{Dst: ref(s.loss, 0), E: ir.Select(positive(x), ir.C(1), ir.Select(positive(y), ir.C(2), ir.C(3)))}}, `
if x[r*4+i] > 0 {
	t.loss = 1
} else if y[r*4+i] > 0 {
	t.loss = 2
} else {
	t.loss = 3
}`},
		{"a choice within an expression", []ir.Stmt{&ir.Set{Dst: ref(s.loss, 0), E: ir.Add(y, ir.Select(positive(x), y, ir.C(0)))}}, `
var choice float32
if x[r*4+i] > 0 {
	choice = y[r*4+i]
}
t.loss = y[r*4+i] + choice`},
		{"adding a choice", []ir.Stmt{&ir.Set{Dst: ref(s.loss, 0), Add: true, E: ir.Select(positive(x), ir.C(0), y)}}, `
if !(x[r*4+i] > 0) {
	t.loss += y[r*4+i]
}`},
		{"subtracting", []ir.Stmt{&ir.Set{Dst: ref(s.loss, 0), Add: true, E: ir.Neg(x)}}, `
t.loss -= x[r*4+i]`},
		{"a guard", []ir.Stmt{&ir.Set{Dst: ref(s.y, 0, i), Add: true, E: x, Guard: positive(x)}}, `
if x[r*4+i] > 0 {
	y[i] += x[r*4+i]
}`},
		{"a sum into a variable of the row", []ir.Stmt{&ir.Fold{Dst: ref(s.row, 0, term("r", 1)), E: x, Loops: []*ir.Loop{loop("i", 4)}}}, `
top := float32(0)
for i := range 4 {
	top += x[r*4+i]
}`},
		{"two sums", []ir.Stmt{
			&ir.Fold{Dst: ref(s.loss, 0), E: x, Loops: []*ir.Loop{loop("r", 2), loop("i", 4)}},
			&ir.Fold{Dst: ref(s.loss, 0), E: y, Loops: []*ir.Loop{loop("i", 4)}},
		}, `
sum := float32(0)
for r := range 2 {
	for i := range 4 {
		sum += x[r*4+i]
	}
}
t.loss = sum
sum = float32(0)
for i := range 4 {
	sum += y[r*4+i]
}
t.loss = sum`},
		{"a sum in double precision", []ir.Stmt{&ir.Fold{Dst: ref(s.loss, 0), E: ir.Mul(x, x), Wide: true, Loops: []*ir.Loop{loop("i", 4)}}}, `
total := 0.0
for i := range 4 {
	total += float64(x[r*4+i] * x[r*4+i])
}
t.loss = float32(total)`},
		{"a maximum and its place", []ir.Stmt{&ir.Fold{Max: true, Dst: ref(s.loss, 0), Place: ref(s.labels, 0, term("r", 1)), At: place(i), E: x, Loops: []*ir.Loop{loop("i", 4)}}}, `
best, at := rt.Inf[float32](-1), 0
for i := range 4 {
	if it := x[r*4+i]; it > best {
		best, at = it, i
	}
}
t.loss = best
labels[r] = int32(at)`},
		{"a maximum", []ir.Stmt{&ir.Fold{Max: true, Dst: ref(s.loss, 0), E: x, Loops: []*ir.Loop{loop("i", 4)}}}, `
best := rt.Inf[float32](-1)
for i := range 4 {
	best = max(best, x[r*4+i])
}
t.loss = best`},
	} {
		s.function = s.s.function("forward", ir.Serial, false)
		k := s.block()
		k.stmts(test.s)
		if got := text(t, k.code); got != strings.TrimPrefix(test.want, "\n") {
			t.Errorf("%s: got\n%s\nwant%s", test.name, got, test.want)
		}
	}
}

// TestPlaces prints places in buffers: what moves along one axis stands together.
func TestPlaces(t *testing.T) {
	s := newTestSpace("float32")
	image := &ir.Buf{Name: "image", Shape: []int{2, 5, 4}, Batched: true}
	line := &ir.Buf{Name: "line", Shape: []int{3, 1, 7}}
	for _, b := range []*ir.Buf{image, line} {
		s.s.names[b] = b.Name
	}
	for _, test := range []struct {
		buf   *ir.Buf
		add   int
		terms []ir.Term
		want  string
	}{
		{image, 0, []ir.Term{term("r", 40), term("i", 20), term("j", 4), term("k", 1)}, "r*40+i*20+j*4+k"},
		{image, 22, []ir.Term{term("r", 40), term("j", 4), term("k", 1)}, "r*40+j*4+k+22"},
		{image, -5, []ir.Term{term("r", 40), term("i", 20), term("j", 4), term("u", 4), term("k", 1), term("v", 1)}, "r*40+i*20+(j+u-1)*4+k+v-1"},
		{image, -1, []ir.Term{term("r", 40), term("j", 8), term("u", 4), term("k", 2), term("v", 1)}, "r*40+(j*2+u)*4+k*2+v-1"},
		{image, -8, []ir.Term{term("j", 8), term("u", 12), term("k", 1)}, "(j*2+u*3-2)*4+k"},
		{image, 20, []ir.Term{term("r", 40), term("j", 4), term("u", 4), term("k", 1)}, "r*40+(j+u)*4+k+20"}, // channel 1
		{line, -1, []ir.Term{term("i", 7), term("j", 2), term("u", 1)}, "i*7+j*2+u-1"},
		{line, 0, []ir.Term{term("i", 14), term("c", 7), term("j", 1)}, "(i*2+c)*7+j"}, // two groups of channels
	} {
		s.function = s.s.function("forward", ir.Serial, false)
		if got := s.block().place(ir.Index{Terms: test.terms, Add: test.add}, test.buf); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

func TestShares(t *testing.T) {
	s := newTestSpace("float32")
	s.function = s.s.function("backward", ir.ByShare, true)
	w := &ir.Buf{Name: "dweight", Shape: []int{6, 4}, Store: ir.InGrad}
	b := &ir.Buf{Name: "dbias", Shape: []int{4}, Store: ir.InGrad}
	c := &ir.Buf{Name: "dscale", Store: ir.InGrad}
	for _, x := range []*ir.Buf{w, b, c} {
		s.s.names[x] = x.Name
	}
	kernel := func(name string) *ir.Kernel { return &ir.Kernel{Name: name} }
	rows := ir.Extent{N: 1, Rows: true}
	steps := []*ir.Step{
		{Buf: w, Call: &ir.KernelCall{Kernel: kernel("MatMulTN"), Dst: w, A: s.x, B: s.y, M: ir.Extent{N: 6}, K: rows, N: ir.Extent{N: 4}}},
		{Buf: b, Call: &ir.KernelCall{Kernel: kernel("SumRows"), Dst: b, A: s.y, M: rows, N: ir.Extent{N: 4}, K: ir.Extent{N: 1}}},
		{Buf: w, Body: []ir.Stmt{&ir.Loop{Var: "i", To: ir.Extent{N: 24}, Body: []ir.Stmt{&ir.Set{Dst: ref(w, 0, term("i", 1)), Add: true, E: ir.C(1)}}}}},
		{Buf: c, Body: []ir.Stmt{&ir.Set{Dst: ref(c, 0), E: ir.C(2)}}},
	}
	code := s.code(s.steps(steps))
	const want = `n := t.rows
x := t.x[:n*4] // [n, 4]
y := t.y[:n*4] // [n, 4]
from, to := lo*6/64, hi*6/64
rt.MatMulTN(t.dweight[from*4:], x[from:], y, to-from, n, 4, 6)
from, to = lo*4/64, hi*4/64
rt.SumRows(t.dbias[from:], y[from:], n, to-from, 4)
dweight := t.dweight
from, to = lo*6/64, hi*6/64
for i := from * 4; i < to*4; i++ {
	dweight[i] += 1
}
dscale := t.dscale
from, to = lo/64, hi/64
if from < to {
	dscale[0] = 2
}`
	if got := text(t, code); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestText(t *testing.T) {
	for _, test := range [][2]string{
		{count(101770), "101,770"}, {count(999), "999"}, {count(1234567), "1,234,567"},
		{times("n", 1), "n"}, {times("n", 128), "n*128"}, {times("", 3), "3"}, {times("lo", 0), "0"},
		{plus("", "r*4", "i", "2"), "r*4+i+2"}, {plus("", "0"), "0"}, {plus("i", "-1"), "i-1"},
		{literal(1e-8), "1e-8"}, {literal(2), "2"}, {literal(1e21), "1e+21"},
		{strings.Join(wrap("aa bb cc", 5), "|"), "aa bb|cc"}, {fmt.Sprint(len(wrap("", 5))), "1"},
		{tuple([]int{128, 784}), "(128, 784)"}, {tuple([]int{3}), "(3)"}, {arrayLen([]int{1, 28, 28}), "1 * 28 * 28"}, {arrayLen(nil), "1"},
	} {
		if test[0] != test[1] {
			t.Errorf("got %q, want %q", test[0], test[1])
		}
	}
}

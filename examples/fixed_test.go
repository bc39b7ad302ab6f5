package examples_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	root "github.com/nnc-lang/nnc"
	"github.com/nnc-lang/nnc/codegen"
	"github.com/nnc-lang/nnc/compiler"
)

// Models with fixed weights give exact answers, by nnc predict; apples.nn also its gradients, by the generated Go.

var square = [][]float64{{0, 0}, {0, 1}, {1, 0}, {1, 1}}

func checkGates(t *testing.T, n *nnc, r row) {
	got := n.predict(t, r, map[string][][]float64{"x": square}, "", "and", "nand", "or")
	for name, want := range map[string][]float64{
		"and":  {0, 0, 0, 1},
		"nand": {1, 1, 1, 0},
		"or":   {0, 1, 1, 1},
	} {
		checkTruth(t, name, got[name], want)
	}
}

func checkXORGates(t *testing.T, n *nnc, r row) {
	checkTruth(t, "xor", n.predict(t, r, map[string][][]float64{"x": square}, "", "")[""], []float64{0, 1, 1, 0})
}

func checkTruth(t *testing.T, gate string, got [][]float64, want []float64) {
	t.Helper()
	if len(got) != len(square) {
		t.Fatalf("%s gives %d rows for %d", gate, len(got), len(square))
	}
	for i, x := range square {
		if len(got[i]) != 1 || got[i][0] != want[i] {
			t.Errorf("%s of %v is %v, want %v", gate, x, got[i], want[i])
		}
	}
}

// The lecture prints two decimals; they are held to these, and to the formulas in float64.
func checkForwardByHand(t *testing.T, n *nnc, r row) {
	inputs := [][]float64{{1, -1}, {0, 0}}
	got := n.predict(t, r, map[string][][]float64{"x": inputs}, "", "first", "second", "third")
	printed := map[string][][]float64{
		"first":  {{0.98, 0.12}, {0.73, 0.50}},
		"second": {{0.86, 0.11}, {0.72, 0.12}},
		"third":  {{0.62, 0.83}, {0.51, 0.85}},
	}
	layers := []struct {
		name string
		w    [2][2]float64
		b    [2]float64
	}{
		{"first", [2][2]float64{{1, -2}, {-1, 1}}, [2]float64{1, 0}},
		{"second", [2][2]float64{{2, -1}, {-2, -1}}, [2]float64{0, 0}},
		{"third", [2][2]float64{{3, -1}, {-1, 4}}, [2]float64{-2, 2}},
	}
	for i, x := range inputs {
		for _, l := range layers {
			y := make([]float64, 2)
			for u := range y {
				y[u] = 1 / (1 + math.Exp(-(l.w[u][0]*x[0] + l.w[u][1]*x[1] + l.b[u])))
			}
			if !near(got[l.name][i], printed[l.name][i], 0.0051) || !near(got[l.name][i], y, 1e-6) {
				t.Errorf("%s layer of %v is %v, want %v, in print %v", l.name, inputs[i], got[l.name][i], y, printed[l.name][i])
			}
			x = y
		}
	}
}

func checkHardSigmoid(t *testing.T, n *nnc, r row) {
	var x [][]float64
	for i := -1000; i <= 1000; i++ {
		x = append(x, []float64{float64(i) / 100})
	}
	got := n.predict(t, r, map[string][][]float64{"x": x}, "", "relus", "hard", "soft")
	for i, v := range x {
		relus, hard, soft := got["relus"][i][0], got["hard"][i][0], got["soft"][i][0]
		want := min(max(v[0]/6+0.5, 0), 1)
		if math.Abs(hard-want) > 1e-6 || math.Abs(relus-hard) > 1e-6 {
			t.Errorf("at %v two ReLUs give %v, hard_sigmoid %v, want %v", v[0], relus, hard, want)
		}
		if math.Abs(soft-hard) > 0.1 {
			t.Errorf("at %v a sigmoid gives %v, hard_sigmoid %v", v[0], soft, hard)
		}
	}
}

func checkApples(t *testing.T, n *nnc, r row) {
	got := n.predict(t, r, map[string][][]float64{"price": {{100}}, "count": {{2}}, "tax": {{1.1}}}, "", "")[""]
	if len(got) != 1 || !near(got[0], []float64{220}, 1e-4) {
		t.Errorf("the bill is %v, want 220", got)
	}

	// The same from Go, with the gradients.
	const main = `package main

import (
	"encoding/json"
	"os"
)

func main() {
	p := NewApples().Predictor(1)
	price, count, tax := []ApplesPrice{{100}}, []ApplesCount{{2}}, []ApplesTax{{1.1}}
	g := p.Gradient(ApplesGradient{}, price, count, tax, []ApplesOutput{{1}})
	json.NewEncoder(os.Stdout).Encode([]float32{p.Predict(nil, price, count, tax)[0][0], g.Price[0][0], g.Count[0][0], g.Tax[0][0]})
}
`
	out := runProgram(t, r.source(), compiler.Options{Grad: true}, main)
	var values []float64
	if err := json.Unmarshal(out, &values); err != nil {
		t.Fatal(err)
	}
	if want := []float64{220, 2.2, 110, 200}; !near(values, want, 1e-4) {
		t.Errorf("total, d/dprice, d/dcount, d/dtax are %v, want %v", values, want)
	}
}

// runProgram runs a main package that links the code that an example compiles to, and returns what it prints. The package is in
// the runtime's own module, so that nothing is downloaded.
func runProgram(t *testing.T, file string, o compiler.Options, main string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	plan, faults, err := compiler.Compile(file, text, o)
	if len(faults) > 0 || err != nil {
		t.Fatal(faults, err)
	}
	model, err := codegen.File(plan, "main")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, root.Runtime); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "program"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"go.mod":           "module github.com/nnc-lang/nnc\n\ngo 1.26\n",
		"program/model.go": string(model),
		"program/main.go":  main,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var message bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "go", "run", "-trimpath", "./program")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0")
	cmd.Stderr = &message
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go run: %v\n%s", err, &message)
	}
	return out
}

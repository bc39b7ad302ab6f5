package compiler_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/compiler"
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/ir/irtest"
	"github.com/nnc-lang/nnc/compiler/pass"
)

// TestFold compiles models for inference alone, where a factor and a shift a channel go into the product before them, and
// otherwise, where they do not, and compares what they predict.
func TestFold(t *testing.T) {
	for _, c := range []struct {
		name, input, layers string
		folded              bool
	}{
		{"dense", "[5]", "dense(4, bias: false) -> batch_norm -> relu", true},
		{"dense with a bias", "[5]", "dense(4) -> batch_norm -> relu", true},
		{"dense on steps", "[3, 5]", "dense(4) -> batch_norm", true},
		{"two in a row", "[5]", "dense(4) -> batch_norm -> scale(-2) -> batch_norm -> tanh", true},
		{"two products", "[5]", "dense(4) -> batch_norm -> relu -> dense(3) -> batch_norm", true},
		{"numbers alone", "[5]", "dense(4) -> scale(3)", true},
		{"arithmetic", "[5]", "h = dense(4) -> neg\n1 - h / 4 -> tanh", true},
		{"known means", "[5]", "dense(3) -> normalize(mean: [1, 2, 3], std: [0.5, 1, 2])", true},
		{"convolution", "[2, 4, 3]", "conv(3, kernel: 2, bias: false) -> batch_norm -> relu", true},
		{"convolution with a bias", "[2, 4, 3]", "conv(3, kernel: 2, pad: 1, stride: 2) -> batch_norm", true},
		{"groups", "[4, 3, 3]", "conv(6, kernel: 2, groups: 2) -> batch_norm -> relu", true},
		{"a group a channel", "[4, 3, 3]", "conv(4, kernel: 2, groups: 4, bias: false) -> batch_norm", true},
		{"one dimension", "[3, 6]", "conv1d(4, kernel: 3) -> batch_norm(axis: 0)", true},
		{"transposed convolution", "[2, 3, 2]", "conv_transpose(3, kernel: 2, stride: 2) -> batch_norm", true},
		{"transposed convolution in groups", "[4, 2, 2]", "conv_transpose(6, kernel: 2, groups: 2, bias: false) -> batch_norm -> relu", true},
		{"residual", "[2, 3, 3]", "h = conv(2, kernel: 3, pad: 1, bias: false) -> batch_norm\nh + x -> relu", true},
		{"a product behind a permutation", "[3, 5]", "dense(4, bias: false) -> transpose([1, 0]) -> batch_norm(axis: 0)", true},

		{"not along another axis", "[3, 5]", "dense(4) -> batch_norm(axis: 0)", false},
		{"not along the places", "[2, 4, 3]", "conv(3, kernel: 2) -> batch_norm(axis: 1)", false},
		{"not behind a curve", "[5]", "dense(4) -> tanh -> batch_norm", false},
		{"not where somebody else reads the product", "[5]", "h = dense(4)\nh + (h -> batch_norm)", false},
		{"not without a product", "[5]", "batch_norm -> tanh", false},
		{"not what depends on the row", "[5]", "dense(4) -> layer_norm", false},
		{"not a square", "[5]", "h = dense(4)\nh * h -> batch_norm", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := "model Folded {\n\tinput x " + c.input + "\n\n\tlayers {\n" + c.layers + "\n\t}\n}\n"
			var outputs [][]float64
			for _, infer := range []bool{false, true} {
				p, faults, err := compiler.Compile("folded.nn", []byte(text), compiler.Options{Float64: true, Infer: infer})
				if err != nil || len(faults) > 0 {
					t.Fatal(err, faults)
				}
				m := irtest.NewMachine(p, p.Predict, 4)
				r := rand.New(rand.NewPCG(5, 7))
				for _, b := range p.Params {
					if b.Value.Param.Values != nil {
						copy(m.Buf(b), b.Value.Param.Values)
						continue
					}
					for i := range m.Buf(b) {
						m.Buf(b)[i] = r.NormFloat64()
						if strings.HasSuffix(b.Name, "RunningVar") {
							m.Buf(b)[i] = 0.2 + r.Float64()
						}
					}
				}
				x := make([]float64, 4*ir.Size(p.Inputs[0].Shape))
				for i := range x {
					x[i] = r.NormFloat64()
				}
				m.Floats["x"] = x
				if infer && has(p.Predict, pass.FuncPrepare) {
					m.Run(pass.FuncPrepare)
				}
				if infer {
					folded := slices.ContainsFunc(p.Predict.Bufs, func(b *ir.Buf) bool { return strings.HasSuffix(b.Name, "Folded") })
					if folded != c.folded {
						t.Fatalf("a weight has taken something in: %v", folded)
					}
				}
				if infer && c.folded { // a prediction reads nothing of the normalisation
					for _, b := range p.Params {
						if b.Value.Param.Running || b.Value.Param.InCode {
							fill(m.Buf(b), math.NaN())
						}
					}
				}
				for range 2 { // what is prepared stays
					m.Run(pass.FuncPredict)
				}
				outputs = append(outputs, slices.Clone(m.Buf(p.Outputs[0].Buf)))
			}
			for i, want := range outputs[0] {
				if got := outputs[1][i]; !(math.Abs(got-want) <= 1e-10*max(1, math.Abs(want))) {
					t.Fatalf("output %d is %v, want %v", i, got, want)
				}
			}
		})
	}
}

func fill(x []float64, v float64) {
	for i := range x {
		x[i] = v
	}
}

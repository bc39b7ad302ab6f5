package compiler_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/codegen"
	"github.com/nnc-lang/nnc/compiler"
	"github.com/nnc-lang/nnc/compiler/ir"
)

// deepModel is a random model that repeats: stages of blocks, whose sizes are the same or grow, as of vectors or of images;
// with and without what waits for all rows, and with random numbers.
func deepModel(r *rand.Rand) string {
	var lines []string
	add := func(format string, a ...any) { lines = append(lines, "\t\t"+fmt.Sprintf(format, a...)) }
	stages := 1 + r.IntN(3)
	input := "[5]"
	if r.IntN(3) == 0 {
		input = "[1, 4, 4]"
		for s := range stages {
			ch := 2 + s
			if s > 0 && r.IntN(2) == 0 {
				add("Down(%d)", ch)
			} else {
				add("ConvBN(%d, 1) -> relu", ch)
			}
			add("repeat %d { Residual(%d) }", 2+r.IntN(3), ch)
		}
		add("global_avg_pool")
	} else {
		for s := range stages {
			d := 3 + s*r.IntN(2)
			add("dense(%d) -> tanh", d)
			n := 3 + r.IntN(12)
			switch r.IntN(6) {
			case 0:
				add("repeat %d { dense(%d) -> tanh }", n, d)
			case 1:
				add("repeat %d {\n\t\t\tdense(%d) -> relu\n\t\t\tdropout(0.3)\n\t\t}", n, d)
			case 2:
				add("repeat %d { dense(%d) -> layer_norm -> gelu }", n, d)
			case 3:
				add("repeat %d { dense(%d) -> batch_norm -> tanh }", n, d)
			case 4:
				add("repeat %d { Norm(%d) }", 2+r.IntN(5), d)
			case 5: // lines written alike
				for range n {
					add("dense(%d) -> softsign", d)
				}
			}
		}
	}
	return `block ConvBN(ch, stride) {
	conv(ch, 3, stride: stride, pad: 1, bias: false)
	batch_norm
}

block (x) -> Residual(ch) {
	h = x -> ConvBN(ch, 1) -> relu -> ConvBN(ch, 1)
	h + x -> relu
}

block (x) -> Down(ch) {
	h = x -> ConvBN(ch, 2) -> relu -> ConvBN(ch, 1)
	s = x -> conv(ch, 1, stride: 2, bias: false) -> batch_norm
	h + s -> relu
}

block (x) -> Norm(k) {
	h = x -> dense(k) -> batch_norm -> relu -> dense(k) -> batch_norm
	h + x -> tanh
}

model Deep {
	input  x ` + input + `
	target y class(3)

	layers {
` + strings.Join(lines, "\n") + `
		dense(3) -> softmax
	}

	loss      cross_entropy
	optimizer sgd(lr: 0.1, momentum: 0.9)

	train {
		batch: 5
	}
}
`
}

// TestDeepPlans holds plans with blocks against the graph's interpreter, as TestPlans does those without, and sees that all
// kinds of blocks were among them.
func TestDeepPlans(t *testing.T) {
	count := 60
	if testing.Short() {
		count = 20
	}
	seen := map[string]int{}
	for seed := range count {
		r := rand.New(rand.NewPCG(uint64(seed), 31))
		text := deepModel(r)
		plan, faults, err := compiler.Compile("deep.nn", []byte(text), compiler.Options{Float64: true, Grad: true})
		if err != nil || len(faults) > 0 {
			t.Fatalf("seed %d: %v %v in\n%s", seed, err, faults, text)
		}
		for _, s := range []*ir.Space{plan.Predict, plan.Train, plan.VJP} {
			for _, k := range s.Blocks() {
				kind := "phases"
				if k.Within {
					kind = "within a phase"
				}
				seen[kind]++
				if k.Like != k {
					seen["other sizes"]++
				}
				if k.Streams > 0 {
					seen["random numbers"]++
				}
				for _, p := range k.Phases {
					if p.Repeat != nil {
						seen["blocks of phases in blocks"]++
					}
					for _, st := range p.Steps {
						if st.Repeat != nil {
							seen["blocks in a block's phase"]++
						}
					}
				}
			}
		}
		rows := max(2, plan.Settings.LeastRows) + r.IntN(3)
		if err := checkPlan(plan, rows, r); err != nil {
			t.Fatalf("seed %d, %d rows: %v in\n%s", seed, rows, err, text)
		}
	}
	for _, kind := range []string{"phases", "within a phase", "other sizes", "random numbers", "blocks of phases in blocks", "blocks in a block's phase"} {
		if seen[kind] == 0 && !testing.Short() {
			t.Errorf("no plan had %s: %v", kind, seen)
		}
	}
}

// resNet is the source of the ResNet-110.
func resNet(t testing.TB) []byte {
	t.Helper()
	src, err := os.ReadFile("../testdata/deep/resnet110.nn")
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// TestResNet110 compiles a net of 110 layers: the code is short, since its blocks are methods of their own, it has a row for
// each of the 52 blocks of one kind, and it builds.
func TestResNet110(t *testing.T) {
	plan, faults, err := compiler.Compile("resnet110.nn", resNet(t), compiler.Options{})
	if err != nil || len(faults) > 0 {
		t.Fatal(faults, err)
	}
	code, err := codegen.File(plan, "main")
	if err != nil {
		t.Fatal(err)
	}
	const most = 3000
	if n := strings.Count(string(code), "\n"); n >= most {
		t.Errorf("%d lines, want fewer than %d", n, most)
	}
	for _, want := range []string{
		"[52]forwardResidualResNet // Residual1 to Residual18, Residual19 to Residual35, Residual36 to Residual52",
		"[52]backwardResidualResNet // Residual52 to Residual36, Residual35 to Residual19, Residual18 to Residual1",
		"[2]forwardDownResNet // Down1, Down2",
	} {
		if !strings.Contains(strings.Join(strings.Fields(string(code)), " "), want) {
			t.Errorf("no %s", want)
		}
	}
	if testing.Short() {
		t.Skip("builds it")
	}
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "resnet_nn.go"), string(code))
	writeFile(t, filepath.Join(dir, "main.go"), `package main

import (
	"encoding/gob"
	"os"

	rt "github.com/nnc-lang/nnc/runtime"
)

// main trains a step of two rows on one thread and on three.
func main() {
	all := map[string]map[string][]float64{}
	for _, threads := range []int{1, 3} {
		m := NewResNet()
		t := m.Trainer(rt.BatchSize(2), rt.Threads(threads), rt.StepsPerEpoch(2))
		b := makeResNetBatch(2)
		for i := range rt.Flat[float32](b.Image) {
			rt.Flat[float32](b.Image)[i] = float32(i%17) / 17
		}
		b.Label[1] = 3
		losses := []float64{float64(t.Step(b))}
		all[[]string{1: "one", 3: "three"}[threads]] = map[string][]float64{"losses": losses, "theta": {float64(m.theta[0]), float64(m.theta[len(m.theta)/2])}}
	}
	if err := gob.NewEncoder(os.Stdout).Encode(all); err != nil {
		panic(err)
	}
}
`)
	got := runModule(t, dir, "resnet")
	if one, three := fmt.Sprint(got["one"]), fmt.Sprint(got["three"]); one != three || !strings.Contains(one, "losses") {
		t.Errorf("%s on one thread, %s on three", one, three)
	}
}

// BenchmarkResNet110 compiles the net of 110 layers to Go.
func BenchmarkResNet110(b *testing.B) {
	src := resNet(b)
	for b.Loop() {
		plan, faults, err := compiler.Compile("resnet110.nn", src, compiler.Options{})
		if err != nil || len(faults) > 0 {
			b.Fatal(faults, err)
		}
		if _, err := codegen.File(plan, "main"); err != nil {
			b.Fatal(err)
		}
	}
}

package examples_test

import (
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	rt "github.com/nnc-lang/nnc/runtime"
)

// checkSiamese holds siamese.nn to its figure, and its gradients to the meaning of sharing: those of the shared weights are the
// sum of the gradients of both branches. These come from a twin that has a network a branch, with equal weights. Of one step of plain
// descent over all rows, the change of the weights is the gradient times the rate.
func checkSiamese(t *testing.T, n *nnc, r row) {
	checkTrained(t, n, r)

	text, err := os.ReadFile(r.source())
	if err != nil {
		t.Fatal(err)
	}
	data, err := filepath.Abs("data")
	if err != nil {
		t.Fatal(err)
	}
	shared := regexp.MustCompile(`(?s)\tshared Point (\{.*?\n\t\}\n)`)
	plain := strings.ReplaceAll(string(text), `"data/`, `"`+filepath.ToSlash(data)+"/")
	plain = regexp.MustCompile(`optimizer .*`).ReplaceAllString(plain, "optimizer sgd(lr: 100)")
	twin := shared.ReplaceAllString(plain, "\tshared Left $1\n\tshared Right $1")
	twin = strings.NewReplacer("left -> Point", "left -> Left", "right -> Point", "right -> Right").Replace(twin)
	if strings.Contains(twin, "> Point") || !strings.Contains(twin, "> Right") {
		t.Fatalf("the twin is not what it should be:\n%s", twin)
	}

	dir := t.TempDir()
	step := func(name, text, start string) map[string]rt.Tensor {
		source, weights := filepath.Join(dir, name+".nn"), filepath.Join(dir, name+".safetensors")
		if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if start == "" {
			n.run(t, "train", source, "-quiet", "-epochs", "0", "-o", weights)
		} else {
			n.run(t, "train", source, "-quiet", "-epochs", "1", "-batch", "2000", "-weights", start, "-o", weights)
		}
		tensors, _, err := rt.ReadTensors(weights)
		if err != nil {
			t.Fatal(err)
		}
		return tensors
	}
	start := step("start", plain, "")
	var both []rt.Param[float64]
	names := slices.Sorted(maps.Keys(start))
	if len(names) != 4 {
		t.Fatalf("the shared network has %v, want the weights and biases of two layers", names)
	}
	for _, name := range names {
		w, part := start[name], strings.TrimPrefix(name, "Point.")
		for _, branch := range []string{"Left.", "Right."} {
			both = append(both, rt.Param[float64]{Name: branch + part, Shape: w.Shape, Data: w.Data})
		}
	}
	twins := filepath.Join(dir, "twins.safetensors")
	if err := rt.SaveWeights(twins, both, nil); err != nil {
		t.Fatal(err)
	}
	one := step("shared", plain, filepath.Join(dir, "start.safetensors"))
	two := step("twin", twin, twins)

	for _, name := range names {
		w, part := start[name], strings.TrimPrefix(name, "Point.")
		largest, apart, branches := 0.0, 0.0, 0.0
		for i, v := range w.Data {
			left, right := two["Left."+part].Data[i]-v, two["Right."+part].Data[i]-v
			largest = max(largest, math.Abs(one[name].Data[i]-v))
			apart = max(apart, math.Abs(one[name].Data[i]-v-(left+right)))
			branches = max(branches, math.Abs(left-right))
		}
		// The last layer's bias is the same for both points and leaves their difference as it is: each branch has a gradient, their sum is 0.
		t.Logf("%s: the steps are up to %.3g, %.1e from the sum of the branches', which differ by up to %.3g", name, largest, apart, branches)
		if apart > 1e-5*max(largest, branches) {
			t.Errorf("%s: the step of the shared weights is up to %g away from the sum of both branches' steps, which are up to %g", name, apart, largest)
		}
		if branches == 0 {
			t.Errorf("%s: both branches have the same gradient: this compares nothing", name)
		}
	}
}

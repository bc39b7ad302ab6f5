package examples_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/nnc-lang/nnc/codegen"
	"github.com/nnc-lang/nnc/compiler"
	"github.com/nnc-lang/nnc/dsl"
)

// Every model of this folder is held to the figure that it has to reach, by the command itself: nnc train, nnc eval and nnc
// predict as a user runs them, one nnc built for the whole run.
//
//	go test ./examples                                 models with fixed weights and on small data, gradients, summaries,
//	                                                   and that the long ones start to learn
//	go test ./examples -run Models -full -timeout 0    also the long ones, three seeds each, and writes what they reached
//	                                                   to results/; but for those that take hours
//	go test ./examples -run Models -row mnist -full    one row of the table, however long
//
// The data of the long ones comes from nnc data mnist and nnc data fashion_mnist, the texts from where the examples say;
// where it is missing, they are skipped.

var (
	full    = flag.Bool("full", false, "also train the models on MNIST and Fashion-MNIST, and write results/")
	onlyRow = flag.String("row", "", "only the model of this `NAME`")
)

// A row is a model and the figure it has to reach.
type row struct {
	name  string
	file  string // "" is name.nn
	model string // where the file has several
	set   []string

	small []string // settings with which the gradients are checked, where the whole model takes long
	image int      // height and width of the pictures with which they are

	metric string  // of nnc eval, or loss
	least  float64 // what it has to be, as a median of three seeds; 0 where there is no such bound
	most   float64 // what it may be; 0 where there is no such bound
	note   string  // on the figure, for results/

	train string                            // more flags of nnc train
	ngram int                               // the loss is to be below that of counting so many characters of needs, a text
	like  string                            // the row of the same model with other numbers: its gradients and its start are checked there
	needs string                            // the data set or file that a long row is trained on
	hours bool                              // so long that it has to be asked for by name
	start *start                            // that a long row starts to learn
	check func(t *testing.T, n *nnc, r row) // in place of training
}

// table has every example. Where a row says so, the figure is from elsewhere.
var table = []row{
	// Fixed weights.
	{name: "gates", check: checkGates},
	{name: "xor_gates", check: checkXORGates},
	{name: "forward_by_hand", check: checkForwardByHand},
	{name: "hard_sigmoid", check: checkHardSigmoid},
	{name: "apples", check: checkApples},

	// Small data.
	{name: "xor_logistic", metric: "accuracy", most: 0.75},
	{name: "xor", metric: "accuracy", least: 1},
	{name: "curve_sigmoid", check: checkCurve},
	{name: "curve_relu", check: checkCurve},
	{name: "curve_deep", check: checkCurve},
	{name: "iris", metric: "accuracy", least: 0.95},
	{name: "wine", metric: "accuracy", least: 0.95},
	{name: "breast_cancer", metric: "accuracy", least: 0.95},
	// The least-squares optimum, to a tenth of a percent.
	{name: "boston", metric: "mse", least: 21.894831 * 0.999, most: 21.894831 * 1.001},
	{name: "diabetes", metric: "mse", least: 2859.696348 * 0.999, most: 2859.696348 * 1.001},
	{name: "penguins", metric: "accuracy", least: 0.95},
	{name: "sensor", metric: "f1", least: 0.9, check: checkSensor},
	// The best that a table of pairs can do, counted: to a tenth of a percent.
	{name: "names_bigram", metric: "loss", least: 2.273246 * 0.999, most: 2.273246 * 1.001},
	{name: "names_bigram_male", like: "names_bigram", file: "names_bigram.nn", set: []string{"symbols=27", `list="data/names_male.txt"`},
		metric: "loss", least: 2.463210 * 0.999, most: 2.463210 * 1.001},
	{name: "siamese", metric: "accuracy", least: 0.88, check: checkSiamese},
	{name: "digits", metric: "accuracy", least: 0.96},

	// MNIST and Fashion-MNIST.
	{name: "mnist_logistic", metric: "accuracy", least: 0.92, needs: "mnist",
		start: &start{rows: 1000, flags: "-epochs 3 -batch 32", falls: 0.7, least: 0.6}},
	{name: "mnist_binary", metric: "accuracy", least: 0.97, needs: "mnist",
		start: &start{rows: 1000, flags: "-epochs 3", falls: 0.7, least: 0.6}},
	{name: "mnist_relu", metric: "accuracy", least: 0.98, needs: "mnist", note: "without L2",
		start: &start{rows: 500, flags: "-epochs 3", falls: 0.7, least: 0.6}},
	{name: "mnist_relu_l2", like: "mnist_relu", file: "mnist_relu.nn", set: []string{"decay=1e-4"}, metric: "accuracy", least: 0.98, needs: "mnist", note: "with L2"},
	{name: "mnist", metric: "accuracy", least: 0.978, needs: "mnist", note: "in 10 epochs",
		start: &start{rows: 1000, flags: "-epochs 3", falls: 0.7, least: 0.6}},
	{name: "mnist_deep", model: "MNISTDeep", metric: "accuracy", needs: "mnist", note: "nothing required: what plain descent on the squared error reaches",
		start: &start{rows: 1000, flags: "-epochs 8 -batch 1", falls: 0.8, least: 0.5}},
	{name: "mnist_deep_norm", file: "mnist_deep.nn", model: "MNISTDeepNorm", metric: "accuracy", least: 0.98, needs: "mnist",
		start: &start{rows: 1000, flags: "-epochs 3", falls: 0.5, least: 0.65}},
	{name: "mnist_keras_mlp", metric: "accuracy", least: 0.984, needs: "mnist", note: "Keras' mnist_mlp, with a rate that falls",
		start: &start{rows: 500, flags: "-epochs 3", falls: 0.7, least: 0.6}},
	{name: "nielsen", model: "Nielsen", metric: "accuracy", least: 0.975, needs: "mnist",
		start: &start{rows: 1000, flags: "-epochs 3", falls: 0.7, least: 0.6}},
	{name: "nielsen_normal", file: "nielsen.nn", model: "NielsenNormal", metric: "accuracy", needs: "mnist",
		note:  "nothing required: Nielsen's own N(0, 1) start, 96.6 % or, on some seeds, 85 to 88 %",
		start: &start{rows: 1000, flags: "-epochs 3", falls: 0.8, least: 0.3}},
	{name: "fashion_mlp", metric: "accuracy", least: 0.883, needs: "fashion_mnist", note: "the data set's own table",
		start: &start{rows: 1000, flags: "-epochs 3", falls: 0.7, least: 0.6}},
	{name: "lenet1", metric: "accuracy", least: 0.983, needs: "mnist", image: 16,
		start: &start{rows: 250, flags: "-epochs 4 -batch 8", falls: 0.5, least: 0.6}},
	{name: "lenet5", metric: "accuracy", least: 0.9905, needs: "mnist", image: 16,
		start: &start{rows: 300, flags: "-epochs 4 -batch 8", falls: 0.5, least: 0.7}},
	{name: "mnist_cnn", metric: "accuracy", least: 0.9925, needs: "mnist", hours: true, note: "Keras' mnist_cnn", image: 8, small: []string{"width=2"},
		start: &start{rows: 300, flags: "-epochs 4 -batch 8 -set width=4", falls: 0.8, least: 0.35}},
	{name: "fashion_cnn", metric: "accuracy", least: 0.916, needs: "fashion_mnist", hours: true, note: "the data set's own table", image: 8, small: []string{"width=2"},
		start: &start{rows: 300, flags: "-epochs 4 -batch 8 -set width=4", falls: 0.7, least: 0.5}},
	{name: "resnet20", model: "ResNet20", metric: "accuracy", needs: "data/cifar10/train/", hours: true, note: "nothing required: on CIFAR-10", image: 8, small: []string{"width=2", "blocks=2"},
		start: &start{rows: 120, flags: "-epochs 5 -batch 6 -set width=4 -set blocks=1", falls: 0.8, least: 0.25}},
	{name: "resnet20_fashion", file: "resnet20.nn", model: "FashionResNet20", metric: "accuracy", least: 0.925, needs: "fashion_mnist", hours: true,
		image: 8, small: []string{"width=2", "blocks=2"},
		start: &start{rows: 120, flags: "-epochs 5 -batch 6 -set width=4 -set blocks=1", falls: 0.8, least: 0.25}},

	// Texts.
	{name: "char_rnn", metric: "loss", ngram: 3, needs: "data/names_female.txt", note: "names: below counted trigrams", small: []string{"units=6", "length=5"},
		start: &start{flags: "-epochs 3 -batch 8 -set units=32", falls: 0.9, least: 0.25}},
	{name: "char_rnn_book", like: "char_rnn", file: "char_rnn.nn", set: []string{"symbols=81", `list="data/moby_dick.txt"`}, train: "-epochs 4",
		metric: "loss", ngram: 3, needs: "data/moby_dick.txt", note: "Moby-Dick: below counted trigrams"},
	{name: "char_gru", metric: "loss", ngram: 3, needs: "data/names_female.txt", note: "names: below counted trigrams", small: []string{"units=6", "length=5"},
		start: &start{flags: "-epochs 3 -batch 8 -set units=32", falls: 0.9, least: 0.25}},
	{name: "char_gru_book", like: "char_gru", file: "char_gru.nn", set: []string{"symbols=81", `list="data/moby_dick.txt"`}, train: "-epochs 4",
		metric: "loss", ngram: 3, needs: "data/moby_dick.txt", note: "Moby-Dick: below counted trigrams"},
	{name: "char_lstm", metric: "loss", ngram: 3, needs: "data/names_female.txt", note: "names: below counted trigrams", small: []string{"units=6", "length=5"},
		start: &start{flags: "-epochs 3 -batch 8 -set units=32", falls: 0.9, least: 0.25}},
	{name: "char_lstm_book", like: "char_lstm", file: "char_lstm.nn", set: []string{"symbols=81", `list="data/moby_dick.txt"`}, train: "-epochs 4",
		metric: "loss", ngram: 3, needs: "data/moby_dick.txt", note: "Moby-Dick: below counted trigrams"},
	{name: "transformer", metric: "loss", ngram: 4, needs: "data/tinyshakespeare.txt", hours: true, note: "below counted 4-grams",
		small: []string{"width=8", "heads=2", "layers=2", "length=4", "symbols=20"},
		start: &start{flags: `-epochs 5 -batch 4 -set width=32 -set layers=1 -set symbols=63 -set file="data/loomings.txt"`, falls: 0.85, least: 0.25}},
}

func (r row) source() string { return cmp.Or(r.file, r.name+".nn") }

// flags are the model's flags of a command.
func (r row) flags() []string {
	var f []string
	if r.model != "" {
		f = append(f, "-model", r.model)
	}
	for _, s := range r.set {
		f = append(f, "-set", s)
	}
	return f
}

// judge says what is wrong with the median of a figure.
func (r row) judge(median float64) error {
	if r.least > 0 && median < r.least {
		return fmt.Errorf("%s %s: the median is %g, at least %g is required", r.name, r.metric, median, r.least)
	}
	if r.most > 0 && median > r.most {
		return fmt.Errorf("%s %s: the median is %g, at most %g is required", r.name, r.metric, median, r.most)
	}
	return nil
}

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if dir, err := work(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

func TestModels(t *testing.T) {
	n := build(t)
	found := false
	for _, r := range table {
		if *onlyRow != "" && *onlyRow != r.name {
			continue
		}
		found = true
		t.Run(r.name, func(t *testing.T) {
			if r.ngram > 0 && r.there() == nil {
				r.most = ngramLoss(t, r.needs, r.ngram)
			}
			if r.needs == "" {
				t.Parallel() // the long ones are timed: they have the machine to themselves
			}
			switch {
			case r.check != nil:
				r.check(t, n, r)
			case r.needs == "":
				checkTrained(t, n, r)
			case *full && (!r.hours || *onlyRow != ""):
				record(t, n, r)
			default:
				t.Skip("a long one: -full trains it, with -row " + r.name + " where it takes hours")
			}
		})
	}
	if !found {
		t.Errorf("the table has no row %s", *onlyRow)
	}
}

// checkTrained trains three times, holds the median to the figure and returns it.
func checkTrained(t *testing.T, n *nnc, r row) float64 {
	t.Helper()
	var got []float64
	for seed := 1; seed <= 3; seed++ {
		weights := filepath.Join(t.TempDir(), "w.safetensors")
		n.run(t, "train", r.source(), "-quiet", "-seed", strconv.Itoa(seed), "-o", weights, r.flags())
		got = append(got, n.eval(t, r, weights))
	}
	t.Logf("%s %.4f, median %.6f", r.metric, got, median(got))
	if err := r.judge(median(got)); err != nil {
		t.Error(err)
	}
	return median(got)
}

// median is the middle one of an odd number of values.
func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	return s[len(s)/2]
}

// The table has every file of this folder, and every model of each. All are in the canonical layout.
func TestTableIsComplete(t *testing.T) {
	for _, file := range sources(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if layout, faults := dsl.Format(file, text); len(faults) > 0 || !bytes.Equal(layout, text) {
			t.Errorf("%s is not laid out as nnc fmt has it: %s%v", file, diff.Diff("there", text, "should be", layout), faults)
		}
		models, faults := compiler.Check(file, text)
		for _, f := range faults {
			t.Errorf("%v", f)
		}
		for _, m := range models {
			if !slices.ContainsFunc(table, func(r row) bool { return r.source() == file && (r.model == m || r.model == "" && len(models) == 1) }) {
				t.Errorf("model %s of %s is not in the table", m, file)
			}
		}
	}
}

// Every example compiles to Go in all that compile offers, and twice to the same bytes.
func TestCompile(t *testing.T) {
	for _, r := range table {
		text, err := os.ReadFile(r.source())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []compiler.Options{{}, {Grad: true}, {Float64: true}, {Infer: true}} {
			o.Model = r.model
			var first []byte
			for range 2 {
				plan, faults, err := compiler.Compile(r.source(), text, o)
				if len(faults) > 0 || err != nil {
					t.Fatalf("%s: %v %v", r.name, faults, err)
				}
				code, err := codegen.File(plan, "examples")
				if err != nil {
					t.Fatalf("%s: %v", r.name, err)
				}
				if first != nil && !bytes.Equal(first, code) {
					t.Errorf("%s compiles to other bytes the second time", r.name)
				}
				first = code
			}
		}
	}
}

// Every example's gradients agree with central differences, as nnc gradcheck judges: relative errors up to 1e-6.
func TestGradients(t *testing.T) {
	n := build(t)
	for _, r := range table {
		if r.like != "" {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			source := r.source()
			if r.image > 0 {
				source = smallPictures(t, source, r.image)
			}
			r.set = append(slices.Clip(r.set), r.small...)
			n.run(t, "gradcheck", source, r.flags())
		})
	}
}

// smallPictures writes a copy of an example whose input is a smaller picture, without its data, which is of the size that it was. What a
// convolution computes is the same at every place.
func smallPictures(t *testing.T, source string, size int) string {
	t.Helper()
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	picture := regexp.MustCompile(`(input +image +\[\d), \d+, \d+\]`)
	if !picture.Match(text) {
		t.Fatalf("%s has no input image", source)
	}
	text = picture.ReplaceAll(text, fmt.Appendf(nil, "$1, %d, %d]", size, size))
	text = regexp.MustCompile(`(?m)^\tdata .*\n`).ReplaceAll(text, nil)
	file := filepath.Join(t.TempDir(), source)
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// The figures of nnc summary that textbooks and papers print, and those that follow from the shapes.
func TestSummary(t *testing.T) {
	n := build(t)
	for _, c := range []struct {
		file    string
		model   string
		params  int
		macs    int // of a row, forward: a product a layer
		first   int // of them, the first layer's, where it has no weights before it
		updates int // an epoch, ⌈rows/batch⌉; -1: the data is not part of the repository
	}{
		{"mnist_logistic.nn", "", 7850, 784 * 10, 784 * 10, (60000 + 127) / 128},
		{"mnist.nn", "", 101_770, 784*128 + 128*10, 784 * 128, (60000 + 127) / 128},
		{"digits.nn", "", 64*32 + 32 + 32*10 + 10, 64*32 + 32*10, 64 * 32, (1797 - 359 + 31) / 32},
		{"lenet1.nn", "", 3246, 4*25*24*24 + 12*4*25*8*8 + 192*10, 4 * 25 * 24 * 24, (60000 + 63) / 64},
		{"lenet5.nn", "", 61_706, 6*25*28*28 + 16*6*25*10*10 + 400*120 + 120*84 + 84*10, 6 * 25 * 28 * 28, (60000 + 63) / 64},
		{"mnist_cnn.nn", "", 1_199_882, 32*9*26*26 + 64*32*9*24*24 + 9216*128 + 128*10, 32 * 9 * 26 * 26, (60000 + 127) / 128},
		// 0.27 million, as the paper has it: 16·27 + 6·16·16·9 + 16·32·9 + 5·32·32·9 + 32·64·9 + 5·64·64·9 of the convolutions,
		// two a channel of normalisation, and 650 of the dense layer. Each convolution but the first and those that halve the
		// picture has 2,359,296 products.
		{"resnet20.nn", "ResNet20", 269_722, 16*27*32*32 + 16*2_359_296 + 2*1_179_648 + 64*10, 16 * 27 * 32 * 32, -1},
		// Four gates see the 32 numbers of a letter and the 128 of the state, with two biases each; a step a letter.
		{"char_lstm.nn", "", 28*32 + 4*128*(32+128+2) + 128*28 + 28, 32 * (4*128*(32+128) + 128*28), 0, ((35153+31)/32 + 15) / 16},
		// A block has 12·128² weights in its products: queries, keys, values and heads 4, the dense layers 8. Attention's own
		// products are of 64 positions with 64, twice.
		{"transformer.nn", "", 65*128 + 64*128 + 4*(12*128*128+(3*128+128+512+128)+4*128) + 2*128 + 128*65 + 65,
			64*(4*(12*128*128+2*64*128)) + 64*128*65, 0, -1},
	} {
		args := []any{"summary", c.file, "-json"}
		if c.model != "" {
			args = append(args, "-model", c.model)
		}
		type cost struct{ MACs, Bytes int }
		var got struct {
			Params, Theta     int
			Forward, Backward cost
			Updates           int `json:"updates_per_epoch"`
			TrainBytes        int `json:"train_bytes"`
		}
		if err := json.Unmarshal(n.run(t, args...), &got); err != nil {
			t.Fatal(err)
		}
		if got.Params != c.params || got.Theta != c.params {
			t.Errorf("%s: %d parameters, θ of %d, want %d", c.file, got.Params, got.Theta, c.params)
		}
		// Backward has a product for the gradient of a layer's weights and one for that of its input, which the first layer does
		// not need.
		if backward := 2*c.macs - c.first; got.Forward.MACs != c.macs || got.Backward.MACs != backward {
			t.Errorf("%s: %d multiply-adds forward and %d backward, want %d and %d", c.file, got.Forward.MACs, got.Backward.MACs, c.macs, backward)
		}
		if got.Updates != c.updates && c.updates >= 0 {
			t.Errorf("%s: %d updates an epoch, want %d", c.file, got.Updates, c.updates)
		}
		const number = 4 // bytes of a float32
		if weights := number * c.params; got.TrainBytes < 2*weights || got.Forward.Bytes < weights || got.Backward.Bytes < weights {
			t.Errorf("%s: %d bytes planned for training, %d bytes moved forward and %d backward, with %d of weights alone",
				c.file, got.TrainBytes, got.Forward.Bytes, got.Backward.Bytes, weights)
		}
	}
}

// sources lists the .nn files of this folder.
func sources(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.nn")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	return files
}

// nnc is the command.
type nnc struct{ path string }

// work is a folder that lives as long as the tests run.
var work = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "nnc-examples-*") })

var buildOnce = sync.OnceValues(func() (*nnc, error) {
	dir, err := work()
	if err != nil {
		return nil, err
	}
	// The go command takes a test's result from its cache while the files that the test read are the same. It does not see
	// what go build reads, so the command's source is read here.
	err = filepath.WalkDir("../cmd", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			_, err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	n := &nnc{filepath.Join(dir, "nnc")}
	if runtime.GOOS == "windows" {
		n.path += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", n.path, "../cmd/nnc").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %v\n%s", err, out)
	}
	return n, nil
})

// build builds the command, once.
func build(t *testing.T) *nnc {
	t.Helper()
	n, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// run runs a command to its end and returns what it printed. args are strings and lists of them.
func (n *nnc) run(t *testing.T, args ...any) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), n.path, flatten(args)...)
	var out, message bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &message
	if err := cmd.Run(); err != nil {
		t.Fatalf("nnc %s: %v\n%s%s", strings.Join(cmd.Args[1:], " "), err, &out, &message)
	}
	return out.Bytes()
}

func flatten(args []any) []string {
	var all []string
	for _, a := range args {
		switch a := a.(type) {
		case string:
			all = append(all, a)
		case []string:
			all = append(all, a...)
		default:
			panic(fmt.Sprintf("an argument is a string or a list of them, not %T", a))
		}
	}
	return all
}

// eval measures a row's metric with the weights of a file, on the model's own data or on what the flags name.
func (n *nnc) eval(t *testing.T, r row, weights string, flags ...string) float64 {
	t.Helper()
	args := []any{"eval", r.source(), "-json", "-weights", weights, flags}
	if r.model != "" {
		args = append(args, "-model", r.model)
	}
	var score struct {
		Loss    float64
		Metrics map[string]json.RawMessage
	}
	if err := json.Unmarshal(n.run(t, args...), &score); err != nil {
		t.Fatal(err)
	}
	if r.metric == "loss" {
		return score.Loss
	}
	var v float64
	if err := json.Unmarshal(score.Metrics[r.metric], &v); err != nil {
		t.Fatalf("%s: metric %s: %v", r.name, r.metric, err)
	}
	return v
}

// predict gives a model the rows of its inputs, and returns the rows of its outputs by name, "" where there is one. A row of
// an input is as many numbers as the port has, and goes into columns named like the port. weights may be "": the model has none to load.
func (n *nnc) predict(t *testing.T, r row, inputs map[string][][]float64, weights string, outputs ...string) map[string][][]float64 {
	t.Helper()
	dir := t.TempDir()
	args := []any{"predict", r.source(), r.flags()}
	if weights != "" {
		args = append(args, "-weights", weights)
	}
	for port, rows := range inputs {
		var b strings.Builder
		for i := range rows[0] {
			fmt.Fprintf(&b, ",%s", port)
			if i > 0 {
				fmt.Fprint(&b, i)
			}
		}
		for _, row := range rows {
			b.WriteByte('\n')
			for _, v := range row {
				fmt.Fprintf(&b, ",%g", v)
			}
		}
		file := filepath.Join(dir, port+".csv")
		text := strings.ReplaceAll("\n"+b.String()+"\n", "\n,", "\n")[1:]
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, "-input", port+"="+file)
	}
	for _, name := range outputs {
		args = append(args, "-output", strings.TrimPrefix(name+"="+filepath.Join(dir, "out_"+name+".json"), "="))
	}
	n.run(t, args...)
	got := map[string][][]float64{}
	for _, name := range outputs {
		text, err := os.ReadFile(filepath.Join(dir, "out_"+name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var rows []struct{ Output []float64 }
		if err := json.Unmarshal(text, &rows); err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			got[name] = append(got[name], row.Output)
		}
	}
	return got
}

// near says whether two rows of numbers differ by at most bound each.
func near(got, want []float64, bound float64) bool {
	return slices.EqualFunc(got, want, func(a, b float64) bool { return math.Abs(a-b) <= bound })
}

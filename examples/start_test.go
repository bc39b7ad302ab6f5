package examples_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A start is a training of seconds that shows that a long row's model learns at all: on some of the digits in testdata/mnist, or on
// the first chapter of a book.
type start struct {
	rows  int     // digits to learn from; as many of the test digits are held out. 0: the model's own data, or what flags say
	flags string  // of nnc train
	falls float64 // the last epoch's loss is at most this share of the first one's
	least float64 // the accuracy that eval measures afterwards
}

func TestStarts(t *testing.T) {
	n := build(t)
	for _, r := range table {
		if *onlyRow != "" && *onlyRow != r.name {
			continue
		}
		if r.start == nil {
			if r.needs != "" && r.like == "" {
				t.Errorf("%s is trained by no test: it needs a start", r.name)
			}
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			checkStart(t, n, r)
		})
	}
}

func checkStart(t *testing.T, n *nnc, r row) {
	dir := t.TempDir()
	weights, log := filepath.Join(dir, "w.safetensors"), filepath.Join(dir, "log.jsonl")
	var digits, held []string
	if r.start.rows > 0 {
		held = []string{"-data", someDigits(t, dir, r, "t10k")}
		digits = []string{"-data", someDigits(t, dir, r, "train"), "-test", held[1]}
	}
	n.run(t, "train", r.source(), "-quiet", "-o", weights, "-log", log, r.flags(), digits, strings.Fields(r.start.flags))

	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var losses []float64
	for line := range strings.Lines(string(text)) {
		var e struct {
			Epoch int
			Loss  float64
			Done  bool
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if !e.Done {
			losses = append(losses, e.Loss)
		}
	}
	if len(losses) < 2 {
		t.Fatalf("the log has losses of %d epochs", len(losses))
	}
	r.metric = "accuracy"
	accuracy := n.eval(t, r, weights, held...)
	t.Logf("losses %.4f, accuracy %.4f", losses, accuracy)
	if first, last := losses[0], losses[len(losses)-1]; last > r.start.falls*first {
		t.Errorf("the loss goes from %g to %g: to %g at most is required", first, last, r.start.falls*first)
	}
	if accuracy < r.start.least {
		t.Errorf("the accuracy is %g, at least %g is required", accuracy, r.start.least)
	}
}

// someDigits writes the first rows of a part of testdata/mnist to dir in the form that the model's input has, and returns the data
// item that names them. Where the picture is a colour one of 32×32, its channels are the digit, padded: as it is, half as bright
// and negative.
func someDigits(t *testing.T, dir string, r row, part string) string {
	t.Helper()
	source, err := os.ReadFile(r.source())
	if err != nil {
		t.Fatal(err)
	}
	if r.model != "" {
		_, after, _ := strings.Cut(string(source), "model "+r.model+" ")
		source = []byte(after)
	}
	target := regexp.MustCompile(`target\s+(\w+)`).FindSubmatch(source)
	shape := regexp.MustCompile(`input\s+image\s+\[(\d), (\d+), \d+\]`).FindSubmatch(source)
	if target == nil || shape == nil {
		t.Fatalf("%s has no input image or no target", r.source())
	}
	rows := r.start.rows
	images := idxBytes(t, "../testdata/mnist/"+part+"-images-idx3-ubyte.gz", 16)[:rows*28*28]
	labels := idxBytes(t, "../testdata/mnist/"+part+"-labels-idx1-ubyte.gz", 8)[:rows]
	size := []int{rows, 28, 28}
	if string(shape[1]) == "3" {
		images, size = coloured(images), []int{rows, 3, 32, 32}
	}
	x, y := filepath.Join(dir, part+"-images"), filepath.Join(dir, part+"-labels")
	writeIDX(t, x, images, size...)
	writeIDX(t, y, labels, rows)
	return fmt.Sprintf("idx(image: %q, %s: %q)", filepath.ToSlash(x), target[1], filepath.ToSlash(y))
}

// coloured pads digits of 28×28 to 32×32 and makes three channels of each.
func coloured(digits []byte) []byte {
	var all []byte
	for len(digits) > 0 {
		var padded [32 * 32]byte
		for i := range 28 {
			copy(padded[(i+2)*32+2:], digits[i*28:][:28])
		}
		digits = digits[28*28:]
		for c := range 3 {
			for _, v := range padded {
				all = append(all, [3]byte{v, v / 2, 255 - v}[c])
			}
		}
	}
	return all
}

// idxBytes reads the bytes of a packed IDX file behind its header.
func idxBytes(t *testing.T, file string, header int) []byte {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return content[header:]
}

// writeIDX writes bytes as an IDX file.
func writeIDX(t *testing.T, file string, content []byte, shape ...int) {
	t.Helper()
	var b bytes.Buffer
	b.Write([]byte{0, 0, 8, byte(len(shape))})
	for _, n := range shape {
		binary.Write(&b, binary.BigEndian, uint32(n))
	}
	b.Write(content)
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

package examples_test

import (
	"math"
	"os"
	"testing"
)

// ngramLoss is what counting reaches on a text: the mean over its characters of -ln p, p being how often the character follows the
// n-1 before it, among all that follow these in the same text. So it is a training loss, and the least for models that see no
// further back.
func ngramLoss(t *testing.T, file string, n int) float64 {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := []rune(string(content))
	grams, contexts := map[string]int{}, map[string]int{}
	for i := range len(text) - n + 1 {
		grams[string(text[i:i+n])]++
		contexts[string(text[i:i+n-1])]++
	}
	sum := 0.0
	for i := range len(text) - n + 1 {
		sum -= math.Log(float64(grams[string(text[i:i+n])]) / float64(contexts[string(text[i:i+n-1])]))
	}
	return sum / float64(len(text)-n+1)
}

// The pairs of letters in the names have the losses that names_bigram.nn is held to.
func TestCountedLosses(t *testing.T) {
	for _, c := range []struct {
		file string
		n    int
		want float64
	}{
		{"data/names_female.txt", 2, 2.273246},
		{"data/names_male.txt", 2, 2.463210},
		{"data/names_female.txt", 3, 1.896250},
	} {
		if got := ngramLoss(t, c.file, c.n); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("%s: the loss by counting %d characters is %.6f, want %.6f", c.file, c.n, got, c.want)
		}
	}
}

package program

import (
	"context"
	"fmt"
	"math"
	"slices"

	rt "github.com/nnc-lang/nnc/runtime"
)

// sample writes text with a model that predicts, for each of a row of characters,
// the one that follows: its input is [T]class(n), its output [T, n] probabilities.
//
// The model sees the last T characters. While there are fewer, they stand at the
// front of the row and the prediction at the last of them counts, so that what
// stands behind, characters of class 0, must not matter: it does not to a model
// that reads from front to back (recurrent layers, causal attention).
func (p *program[F]) sample(ctx context.Context) error {
	m, err := p.model()
	if err != nil {
		return err
	}
	if len(p.net.Inputs) != 1 || len(p.net.Outputs) != 1 || p.job.Chars < 1 {
		return internal("a text is sampled from a model of one input and one output, a character at least")
	}
	port := p.net.Inputs[0]
	length, n := port.Size(), port.Classes
	if !slices.Equal(p.net.Outputs[0].Shape, []int{length, n}) {
		return internal("a text is sampled from probabilities of the next characters")
	}
	vocabulary := m.Labels(port.Name)
	if !rt.IsVocabulary(vocabulary) {
		return fmt.Errorf("%s has no vocabulary: the model was not trained on a text", p.job.Weights)
	}
	text, err := rt.Labels{"the prompt": vocabulary}.Encode("the prompt", p.job.Prompt)
	if err != nil {
		return err
	}
	if len(text) > 0 {
		p.out.send(Event{Text: p.job.Prompt})
	} else {
		text = append(text, int32(max(0, slices.Index(vocabulary, "\n")))) // as if a line began
	}

	seed := uint64(1)
	if p.job.Seed != nil {
		seed = *p.job.Seed
	}
	key := rt.Key(seed, 0, 0)
	row, out := make([]int32, length), make([]F, length*n)
	for i := range p.job.Chars {
		if err := ctx.Err(); err != nil {
			return err
		}
		text = text[max(0, len(text)-length):]
		clear(row)
		last := copy(row, text) - 1
		if err := m.Predict([][]F{out}, [][]F{nil}, [][]int32{row}, 1); err != nil {
			return err
		}
		probabilities := out[last*n : (last+1)*n]
		if !distribution(probabilities) {
			return fmt.Errorf("the output is no probabilities of the next character: a model that writes text ends in softmax")
		}
		c := draw(probabilities, p.job.Temperature, rt.Uniform[float64](key, i))
		text = append(text, int32(c))
		if p.out.send(Event{Text: vocabulary[c]}); p.out.err != nil {
			return p.out.err
		}
	}
	return nil
}

// distribution tells whether values are probabilities, which add up to 1.
func distribution[F rt.Float](values []F) bool {
	sum := 0.0
	for _, v := range values {
		if !(v >= 0) { // NaN too
			return false
		}
		sum += float64(v)
	}
	return math.Abs(sum-1) < 1e-3
}

// draw chooses a class by u, a number in [0, 1), with the given probabilities
// raised to the power 1/temperature and scaled to add up to 1 again: the softmax
// of the logits over the temperature. At 0 it is the likeliest class.
func draw[F rt.Float](probabilities []F, temperature, u float64) int {
	if temperature == 0 {
		class, _ := rt.Class(probabilities)
		return class
	}
	likeliest := float64(slices.Max(probabilities))
	weight := func(p F) float64 {
		if temperature == 1 {
			return float64(p)
		}
		return math.Pow(float64(p)/likeliest, 1/temperature)
	}
	total := 0.0
	for _, p := range probabilities {
		total += weight(p)
	}
	sum, chosen := 0.0, 0
	for i, p := range probabilities {
		w := weight(p)
		if w > 0 {
			chosen = i // where rounding keeps the sum below u·total, the last that is possible
		}
		if sum += w; sum > u*total {
			break
		}
	}
	return chosen
}

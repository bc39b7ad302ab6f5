package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/runtime/program"
)

var sampleCommand = &command{
	name:    "sample",
	usage:   "x.nn [flags]",
	summary: "have a trained network write text",
	about: `For networks that are trained on a text: the input is [T]class(n), the output
the probabilities of the character that follows each. The network reads the
last T characters and the next one is drawn, again and again. The prompt is
written too; without one, it is as if a line began. The same seed gives the same
text. The weights are those of x.safetensors beside x.nn.`,
	example: "nnc sample shakespeare.nn -n 500 -prompt ROMEO: -temperature 0.8",
	setup: func(f *flags) func(*env, []string) error {
		s := &sampling{n: optional{least: 1}, temperature: 1}
		s.model.declare(f)
		f.StringVar(&s.weights, "weights", "", "the `FILE` of the weights")
		f.Var(&s.n, "n", "write `N` characters; 200 unless said")
		f.StringVar(&s.prompt, "prompt", "", "go on from a `TEXT`")
		f.Var(&s.seed, "seed", "`N`, which what is drawn follows from; 1 unless said")
		f.Var(&s.temperature, "temperature", "`X`: 0 takes the likeliest, above 1 dares more; 1 unless said")
		return s.run
	},
}

type sampling struct {
	model           modelFlags
	weights, prompt string
	n               optional
	seed            optionalSeed
	temperature     temperature
}

// temperature is a number from 0 on.
type temperature float64

func (t *temperature) String() string { return strconv.FormatFloat(float64(*t), 'g', -1, 64) }

func (t *temperature) Set(s string) error {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= 0) || math.IsInf(v, 0) { // NaN too
		return errors.New("a number from 0 on is wanted")
	}
	*t = temperature(v)
	return nil
}

func (s *sampling) run(e *env, args []string) error {
	src, o, err := s.model.read(args)
	if err != nil {
		return err
	}
	weights, err := src.weights(s.weights)
	if err != nil {
		return err
	}
	o.Infer = true
	plan, err := src.compileFor(e, o, weights)
	if err != nil {
		return err
	}
	if err := writesText(src, plan); err != nil {
		return err
	}
	if weights == "" {
		return faultf("%s has no weights, which know the characters too: train it first (nnc train %s), or name a file by -weights", plan.Name, src.path)
	}
	if err := src.trained(plan, weights); err != nil {
		return err
	}
	job := program.Job{Do: "sample", Weights: weights, Chars: 200, Prompt: s.prompt, Seed: s.seed.value, Temperature: float64(s.temperature)}
	if s.n.value != nil {
		job.Chars = *s.n.value
	}
	last := "\n"
	err = e.do(plan, job, func(event program.Event) error {
		if event.Text == "" {
			return nil
		}
		last = event.Text
		_, err := io.WriteString(e.stdout, last)
		return err
	})
	if !strings.HasSuffix(last, "\n") {
		fmt.Fprintln(e.stdout)
	}
	return err
}

// writesText complains about a model that predicts no characters.
func writesText(s *source, p *ir.Plan) error {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("%s: model %s writes no text: %s; wanted are one input [T]class(n) and, for each of its characters, probabilities of the next, [T, n]",
			s.path, p.Name, fmt.Sprintf(format, args...))
	}
	if len(p.Inputs) != 1 {
		return refuse("it has %s", count(len(p.Inputs), "input"))
	}
	if len(p.Outputs) != 1 {
		return refuse("it has %s", count(len(p.Outputs), "output"))
	}
	in, out := p.Inputs[0], p.Outputs[0].Buf
	if in.Classes == 0 || len(in.Shape) != 1 {
		return refuse("its input is %s", strings.Join(strings.Fields(in.Text)[1:], " "))
	}
	if want := []int{in.Shape[0], in.Classes}; !slices.Equal(out.Shape, want) {
		return refuse("its output is %s, not %s", ir.ShapeText(out.Shape), ir.ShapeText(want))
	}
	return nil
}

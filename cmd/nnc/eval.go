package main

import (
	"encoding/json"
	"fmt"

	"github.com/nnc-lang/nnc/runtime/program"
)

var evalCommand = &command{
	name:    "eval",
	usage:   "x.nn [flags]",
	summary: "measure a trained network: loss and metrics",
	about: `It measures the rows that training held out, or all rows where none are held
out. The weights are those of x.safetensors beside x.nn.`,
	example: "nnc eval digits.nn -json",
	setup: func(f *flags) func(*env, []string) error {
		v := &evaluation{}
		v.model.declare(f)
		v.data.declare(f)
		f.StringVar(&v.weights, "weights", "", "the `FILE` of the weights")
		f.BoolVar(&v.json, "json", false, "print one JSON object")
		return v.run
	},
}

type evaluation struct {
	model   modelFlags
	data    dataFlags
	weights string
	json    bool
}

func (v *evaluation) run(e *env, args []string) error {
	s, o, err := v.model.read(args)
	if err != nil {
		return err
	}
	weights, err := s.weights(v.weights)
	if err != nil {
		return err
	}
	o.Data = v.data.data
	plan, err := s.compileFor(e, o, weights)
	if err != nil {
		return err
	}
	if !hasLoss(plan) {
		return fmt.Errorf("%s: model %s has no loss, so there is nothing to measure", s.path, plan.Name)
	}
	if plan.Data == nil {
		return fmt.Errorf("%s: model %s has no data item: name the data by -data", s.path, plan.Name)
	}
	if err := s.trained(plan, weights); err != nil {
		return err
	}
	job := program.Job{Do: "eval", Data: v.data.spec(s, plan)}
	if len(plan.Params) > 0 {
		job.Weights = weights
	}
	return e.do(plan, job, func(event program.Event) error {
		score := event.Score
		switch {
		case score == nil:
			return nil
		case v.json:
			return json.NewEncoder(e.stdout).Encode(score)
		}
		rows := [][]string{{"rows", grouped(score.Rows)}, {"loss", fmt.Sprintf("%.6g", score.Loss)}}
		for _, m := range score.Metrics {
			if m.Matrix == nil {
				rows = append(rows, []string{m.Name, fmt.Sprintf("%.6g", m.Value)})
			}
		}
		grid(e.stdout, rows, 2)
		confusions(e.stdout, score.Metrics)
		return nil
	})
}

package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
	"github.com/nnc-lang/nnc/runtime/program"
)

var trainCommand = &command{
	name:    "train",
	usage:   "x.nn [flags]",
	summary: "train a network and write its weights",
	about: `The data is what the file's data item says. The weights go to x.safetensors
beside x.nn. An interrupt (Ctrl-C) ends training after the step in progress and
saves the weights so far.`,
	example: "nnc train digits.nn -epochs 20 -set lr=0.003",
	setup: func(f *flags) func(*env, []string) error {
		t := &trainer{epochs: optional{least: 0}, batch: optional{least: 1}}
		t.model.declare(f)
		t.data.declare(f)
		f.StringVar(&t.data.test, "test", "", "hold out the data of this `ITEM` instead")
		f.Var(&t.epochs, "epochs", "train `N` epochs; 0 writes the start")
		f.Var(&t.batch, "batch", "`N` rows a step")
		f.Var(&t.seed, "seed", "`N`, which initial weights, shuffle and dropout follow from")
		f.StringVar(&t.weights, "weights", "", "start from the weights of a `FILE`, with a fresh optimizer")
		f.StringVar(&t.out, "o", "", "write the weights to a `FILE`")
		f.StringVar(&t.log, "log", "", "write a line of JSON an epoch to a `FILE`")
		f.BoolVar(&t.quiet, "quiet", false, "say nothing but errors")
		f.later(true, "checkpoint", "plot", "report")
		f.later(false, "resume", "stats")
		return t.run
	},
}

// declare declares -data, which eval has too.
func (d *dataFlags) declare(f *flags) {
	f.StringVar(&d.data, "data", "", "read this `ITEM`, such as 'csv(\"f.csv\", y: \"kind\")', instead")
}

type trainer struct {
	model             modelFlags
	data              dataFlags
	epochs, batch     optional
	seed              optionalSeed
	weights, out, log string
	quiet             bool
}

func (t *trainer) run(e *env, args []string) (err error) {
	s, o, err := t.model.read(args)
	if err != nil {
		return err
	}
	o.Data, o.Test = t.data.data, t.data.test
	plan, err := s.compileFor(e, o, t.weights)
	if err != nil {
		return err
	}
	if err := trainable(e, s, plan); err != nil {
		return err
	}
	job := program.Job{Do: "train", Data: t.data.spec(s, plan), Weights: t.weights, Out: t.out,
		Epochs: t.epochs.value, Batch: t.batch.value, Seed: t.seed.value}
	if job.Out == "" {
		job.Out = s.beside(".safetensors")
	}
	log := func(any) error { return nil }
	if t.log != "" {
		f, e := os.Create(t.log)
		if e != nil {
			return e
		}
		defer func() {
			if e := f.Close(); err == nil {
				err = e
			}
		}()
		log = json.NewEncoder(f).Encode
	}

	view := newTrainingView(e.stdout)
	var done *program.Done
	see := func(event program.Event) error {
		if !t.quiet {
			view.see(event)
		}
		switch {
		case event.Epoch != nil:
			return log(event.Epoch)
		case event.Done != nil:
			done = event.Done
			return log(done)
		}
		return nil
	}
	err = e.do(plan, job, see)
	if done != nil && !t.quiet {
		t.summarise(e, s, plan, view, done)
	}
	return err
}

// trainable reports what a model lacks to be trained.
func trainable(e *env, s *source, p *ir.Plan) error {
	fault := func(message, help string) error {
		err := e.diagnose(diag.List{{Code: diag.MissingItem, Span: p.Span, Message: message, Help: help}}, s)
		if err != nil {
			return err
		}
		return exit(exitProblem)
	}
	switch {
	case !hasLoss(p):
		return fault("model "+p.Name+" has no loss, so there is nothing to train for", "add a target, a loss and an optimizer, such as loss mse and optimizer adam")
	case p.Train == nil:
		return fault("model "+p.Name+" has no optimizer, so it cannot be trained", "add one, such as optimizer adam")
	case p.Data == nil:
		return fault("model "+p.Name+" has no data to train on", "add a data item, or name one by -data")
	}
	return nil
}

// hasLoss says whether a model has one: then the predictor's space computes it.
func hasLoss(p *ir.Plan) bool {
	for _, f := range p.Predict.Funcs {
		if f.Result != nil {
			return true
		}
	}
	return false
}

// summarise ends what training has shown: what was reached, where the weights
// are, and what can be done with them.
func (t *trainer) summarise(e *env, s *source, p *ir.Plan, v *trainingView, done *program.Done) {
	w := e.stdout
	switch {
	case done.Stopped == "canceled":
		fmt.Fprintf(w, "\nInterrupted after %s, %s.\n", count(done.Epochs, "epoch"), count(done.Steps, "step"))
	case done.Stopped != "":
		fmt.Fprintf(w, "\nTraining %s after %s.\n", done.Stopped, count(done.Steps, "step"))
	case done.Epochs == 0:
		fmt.Fprintln(w, "No epochs: the weights are those of the start.")
	default:
		fmt.Fprintf(w, "\nTrained %s in %s.\n", count(done.Epochs, "epoch"), seconds(done.Seconds))
	}
	if v.best != nil {
		of := "on the held-out rows"
		loss := v.best.TestLoss
		if loss == nil {
			of, loss = "on the training rows", &v.best.Loss
		}
		reached := "loss " + number(*loss)
		if m := measured(v.best.Metrics); m != "" {
			reached = m
		}
		kept := ""
		if p.Settings.Keep == "best" {
			kept = "; its weights are kept"
		} else if done.Stopped != "" || v.last.Epoch != v.best.Epoch {
			kept = "; the weights are those of the last step"
		}
		fmt.Fprintf(w, "Best epoch %d: %s %s%s.\n", v.best.Epoch, reached, of, kept)
	}
	if v.last != nil {
		confusions(w, v.last.Metrics)
	}
	if done.Weights == "" {
		fmt.Fprintln(w, "Nothing was trained, so no weights were written.")
		return
	}
	fmt.Fprintf(w, "Weights: %s\n", done.Weights)
	if done.Stopped != "" {
		return
	}
	next, how := "nnc predict "+s.path, inputsWanted(p)
	if p.Data.Kind == "text" && writesText(s, p) == nil {
		next, how = "nnc sample "+s.path, ""
	}
	if done.Weights != s.beside(".safetensors") {
		next += " -weights " + done.Weights
	}
	fmt.Fprintf(w, "Next:    %s%s\n", next, how)
}

// inputsWanted are the -input flags that a model's prediction needs, with a
// placeholder for each file.
func inputsWanted(p *ir.Plan) string {
	if len(p.Inputs) == 1 {
		return " -input FILE"
	}
	s := ""
	for _, in := range p.Inputs {
		s += " -input " + in.Name + "=FILE"
	}
	return s
}

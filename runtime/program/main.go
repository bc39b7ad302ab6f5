package program

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"slices"
	"syscall"

	rt "github.com/nnc-lang/nnc/runtime"
	"github.com/nnc-lang/nnc/runtime/atomicfile"
	"github.com/nnc-lang/nnc/runtime/data"
)

// The exit codes of a program, which are those of the command too.
const (
	exitFine        = 0
	exitProblem     = 1   // the input has problems, or a gradient disagrees
	exitFault       = 2   // a file cannot be opened; an internal fault
	exitInterrupted = 130 // as a shell reports SIGINT
)

// Main does the job that the program's argument describes and exits: with 0 where
// it is done, 1 where the input has problems or a gradient disagrees, 2 where a
// file cannot be opened, 130 after an interrupt.
func Main[F rt.Float](n Net[F]) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// Whoever reads the events may go away; a training then saves what it has.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(run(ctx, n, os.Args[1:], os.Stdout))
}

// run is Main without the process.
func run[F rt.Float](ctx context.Context, n Net[F], args []string, stdout io.Writer) int {
	out := newSink(stdout)
	var job Job
	if len(args) != 1 {
		return fail(out, internal("a program takes one argument, its job"), exitFault)
	}
	if err := json.Unmarshal([]byte(args[0]), &job); err != nil {
		return fail(out, internal("the job: "+err.Error()), exitFault)
	}
	p := &program[F]{net: n, job: job, out: out}
	var err error
	switch job.Do {
	case "train":
		err = p.train(ctx)
	case "eval":
		err = p.evaluate(ctx)
	case "predict":
		err = p.predict(ctx)
	case "sample":
		err = p.sample(ctx)
	case "gradcheck":
		err = p.gradcheck(ctx)
	default:
		err = internal("no job is called " + job.Do)
	}
	switch {
	case err == nil:
		return exitFine
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, errDisagree): // the verdict has said it
		return exitProblem
	}
	return fail(out, err, exitCode(err))
}

// internal is a fault of whoever wrote the program or its job: of nnc.
type internal string

func (i internal) Error() string { return "internal fault, please report it: " + string(i) }

// fail sends a Failure and returns its code.
func fail(out *sink, err error, code int) int {
	out.send(Event{Failure: &Failure{Message: err.Error(), Code: code}})
	return code
}

// exitCode is 2 for what the operating system refused and for faults of nnc, and
// 1 for what is wrong with the content of a file.
func exitCode(err error) int {
	var (
		path    *fs.PathError
		link    *os.LinkError
		system  *os.SyscallError
		missing *data.MissingError
		fault   internal
	)
	if errors.As(err, &fault) || errors.As(err, &path) || errors.As(err, &link) || errors.As(err, &system) || errors.As(err, &missing) {
		return exitFault
	}
	return exitProblem
}

// program is a net with a job.
type program[F rt.Float] struct {
	net Net[F]
	job Job
	out *sink
}

// model makes the model and loads the job's weights into it.
func (p *program[F]) model() (Model[F], error) {
	seed := p.net.Seed
	if p.job.Seed != nil {
		seed = *p.job.Seed
	}
	m := p.net.New(seed)
	if p.job.Weights != "" {
		if err := m.Load(p.job.Weights); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// open reads the job's data for all ports of the model. The classes of loaded
// weights have their names already, and the data has to agree.
func (p *program[F]) open(ctx context.Context, m Model[F]) (train, test *data.Set, err error) {
	if p.job.Data == nil {
		return nil, nil, internal("the job has no data")
	}
	ports := p.ports(m, slices.Concat(p.net.Inputs, p.net.Targets))
	sets, err := until(ctx, func() (sets [2]*data.Set, err error) {
		sets[0], sets[1], err = data.Open(*p.job.Data, "", ports, p.net.Sources...)
		return sets, err
	})
	return sets[0], sets[1], err
}

// ports are the given ports with the class names that the model knows.
func (p *program[F]) ports(m Model[F], ports []data.Port) []data.Port {
	known := make([]data.Port, len(ports))
	for i, port := range ports {
		if port.Classes > 0 {
			port.Labels = m.Labels(port.Name)
		}
		known[i] = port
	}
	return known
}

// train trains, and saves the weights however training ended, unless it ended
// before anything was trained.
func (p *program[F]) train(ctx context.Context) error {
	// An hour of training must not end at a folder that is not there.
	if err := atomicfile.Check(p.job.Out); err != nil {
		return err
	}
	m, err := p.model()
	if err != nil {
		return err
	}
	t, ok := m.(Trainer[F])
	if !ok {
		return internal("the program was built without training")
	}
	train, test, err := p.open(ctx, m)
	if err != nil {
		return err
	}
	start := &Start{Model: p.net.Name, TrainRows: train.Len(), Epochs: p.net.Epochs, Batch: p.net.Batch, Seed: p.net.Seed}
	if test != nil {
		start.TestRows = test.Len()
	}
	var options []rt.Option
	if p.job.Epochs != nil {
		start.Epochs = *p.job.Epochs
		options = append(options, rt.Epochs(start.Epochs))
	}
	if p.job.Batch != nil {
		start.Batch = *p.job.Batch
	}
	room := start.Batch
	if !p.net.DropLast { // else a batch that is larger than the data is an error
		room = min(room, train.Len())
	}
	options = append(options, rt.BatchSize(room))
	if p.job.Seed != nil {
		start.Seed = *p.job.Seed
		options = append(options, rt.Seed(start.Seed))
	}
	p.out.send(Event{Start: start})

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	options = append(options,
		rt.OnStep(func(r rt.Progress) {
			if p.out.step(r); p.out.err != nil {
				cancel()
			}
		}),
		rt.OnEpoch(p.out.epoch))
	report, err := t.Train(ctx, train, test, options...)
	done := &Done{Done: true, Stopped: string(report.Stopped), Epochs: len(report.Epochs), Steps: report.Steps, Best: report.Best, Seconds: Number(report.Seconds)}
	canceled := errors.Is(err, context.Canceled)
	switch {
	case err != nil && !canceled && report.Steps == 0:
		return err
	case canceled && report.Steps == 0:
		// The weights are those of the start: a file of trained ones must not
		// give way to them.
	default:
		if e := m.Save(p.job.Out); e != nil {
			e = fmt.Errorf("the weights are lost: %w", e)
			if canceled { // an interrupt that cost the weights is a failure
				return e
			}
			return errors.Join(err, e)
		}
		done.Weights = p.job.Out
	}
	p.out.send(Event{Done: done})
	return err
}

// until is what f returns, or ctx's error as soon as ctx ends: the process is then
// about to exit, and f, which changes nothing outside of it, is not waited for.
func until[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// evaluate measures the held-out rows, or all of them where none is held out.
func (p *program[F]) evaluate(ctx context.Context) error {
	m, err := p.model()
	if err != nil {
		return err
	}
	e, ok := m.(Evaluator)
	if !ok {
		return internal("the program was built without evaluation")
	}
	set, test, err := p.open(ctx, m)
	if err != nil {
		return err
	}
	if test != nil {
		set = test
	}
	score, err := until(ctx, func() (rt.Score, error) { return e.Evaluate(set) })
	if err != nil {
		return err
	}
	p.out.send(Event{Score: &Score{Loss: Number(score.Loss), Metrics: metrics(score.Metrics), Rows: score.Rows}})
	return nil
}

// errDisagree says that a gradient check failed.
var errDisagree = errors.New("a gradient disagrees with the differences")

// gradcheck compares gradients with differences.
func (p *program[F]) gradcheck(ctx context.Context) error {
	m, err := p.model()
	if err != nil {
		return err
	}
	c, ok := m.(Checkable)
	if !ok {
		return internal("the program was built without the gradient check")
	}
	seed := uint64(1)
	if p.job.Seed != nil {
		seed = *p.job.Seed
	}
	rows, verdict, err := check(ctx, c.Check(checkRows), seed, func(done, all int) {
		p.out.step(rt.Progress{Step: done, Steps: all})
	})
	if err != nil {
		return err
	}
	for i := range rows {
		p.out.send(Event{Checked: &rows[i]})
	}
	p.out.send(Event{Verdict: &verdict})
	if !verdict.OK {
		return errDisagree
	}
	return nil
}

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
	"path/filepath"
	"syscall"

	rt "github.com/nnc-lang/nnc/runtime"
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
		err = p.evaluate()
	case "predict":
		err = p.predict(ctx)
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
func (p *program[F]) open(m Model[F]) (train, test *data.Set, err error) {
	if p.job.Data == nil {
		return nil, nil, internal("the job has no data")
	}
	return data.Open(*p.job.Data, "", p.ports(m, append(p.net.Inputs[:len(p.net.Inputs):len(p.net.Inputs)], p.net.Targets...)), p.net.Sources...)
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

// train trains, and saves the weights however training ended.
func (p *program[F]) train(ctx context.Context) error {
	// An hour of training must not end at a folder that is not there.
	if err := writable(p.job.Out); err != nil {
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
	train, test, err := p.open(m)
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
		options = append(options, rt.BatchSize(start.Batch))
	}
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
	if saved := m.Save(p.job.Out); saved != nil {
		return errors.Join(err, fmt.Errorf("the weights are lost: %w", saved))
	}
	p.out.send(Event{Done: &Done{Done: true, Stopped: string(report.Stopped), Epochs: len(report.Epochs), Steps: report.Steps, Best: report.Best,
		Weights: p.job.Out, Seconds: Number(report.Seconds)}})
	return err
}

// writable says why no file can be written at a path.
func writable(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return &fs.PathError{Op: "write", Path: path, Err: errors.New("is a folder")}
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".nnc-*")
	if err != nil {
		return &fs.PathError{Op: "write", Path: path, Err: cause(err)}
	}
	f.Close()
	return os.Remove(f.Name())
}

// cause is what is wrong, without the name of the file it is wrong with.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// evaluate measures the held-out rows, or all of them where none is held out.
func (p *program[F]) evaluate() error {
	m, err := p.model()
	if err != nil {
		return err
	}
	e, ok := m.(Evaluator)
	if !ok {
		return internal("the program was built without evaluation")
	}
	set, test, err := p.open(m)
	if err != nil {
		return err
	}
	if test != nil {
		set = test
	}
	score, err := e.Evaluate(set)
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

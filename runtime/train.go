package rt

import "context"

// Clock is where training is: what a learning rate schedule reads.
type Clock struct {
	Step          int // steps done
	StepsPerEpoch int // steps an epoch
	Epochs        int // epochs that will be trained
}

// Run is a training run as the generated code hands it to [Train].
type Run struct {
	Rows  int    // rows of training data
	Clock *Clock // kept up to date before each step, for the schedule; nil: none is kept
	// Step trains on the rows with these indices and returns their mean loss.
	Step func(rows []int) (loss float64, err error)
	LR   func() float64 // the rate of the last step; nil: reported as 0
	// Evaluate measures the weights on held-out data, or on the training data
	// where there is none; nil: nothing is measured and the epoch's own loss is
	// what is monitored.
	Evaluate     func() (Score, error)
	EvaluateName string      // whose rows Evaluate reads: "test" or "train"
	Metrics      []string    // names of the metrics that Evaluate measures, in order
	Snapshot     func()      // stores the weights aside, over those stored before
	Restore      func()      // puts the stored weights back
	Finite       func() bool // whether all weights are finite; nil: not asked
}

// Score is what an evaluation measured.
type Score struct {
	Loss    float64
	Metrics []MetricValue
	Rows    int
}

// Progress is where an epoch is after a step.
type Progress struct {
	Epoch, Epochs int     // this epoch, from 1, of how many
	Step, Steps   int     // this step, from 1, of how many in the epoch
	Rows          int     // rows done in the epoch
	Loss          float64 // mean over the epoch's rows so far
	Seconds       float64 // since the epoch began
}

// EpochReport is what happened in an epoch.
type EpochReport struct {
	Epoch    int           // from 1
	Step     int           // steps done since training began
	Loss     float64       // training loss, the mean over the epoch's rows
	LR       float64       // learning rate of the epoch's last step
	TestLoss float64       // loss that Evaluate measured
	Watched  string        // the rows that TestLoss and Metrics are of: "test" or "train"; "" where nothing was evaluated
	Metrics  []MetricValue // what Evaluate measured
	Seconds  float64       // the epoch and its evaluation
	Best     bool          // the best epoch so far
}

// Report is what happened in a training run.
type Report struct {
	Epochs  []EpochReport
	Best    int // number of the best epoch; 0 where no epoch was finished
	Steps   int // steps done
	Seconds float64
	Stopped string // "" where all epochs were trained, else "canceled", "diverged" or "failed"
}

// Train runs the training loop.
func Train(ctx context.Context, run Run, cfg Config) (Report, error) { panic("skeleton") }

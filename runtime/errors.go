package rt

import (
	"fmt"
	"math"
)

// DataError says which row of the data cannot be used, and why.
type DataError struct {
	Port    string // the input or target of the model
	Row     int    // counted from 0 in the data set; -1 where no single row is at fault
	Value   string // the value as it was read, "" where there is none to show
	Message string // what is wrong with it
}

// Error returns a line such as "digit, row 17: 12 is not a class: there are 10".
func (e *DataError) Error() string {
	s := e.Port
	if e.Row >= 0 {
		if s != "" {
			s += ", "
		}
		s += fmt.Sprintf("row %d", e.Row)
	}
	if s != "" {
		s += ": "
	}
	if e.Value != "" {
		s += e.Value + ": "
	}
	return s + e.Message
}

// DivergedError says that training stopped because a loss, or a weight, was no
// longer a finite number. The model holds its last good weights.
type DivergedError struct {
	Step  int // the step that failed, counted from 1
	Epoch int // the epoch it is in, counted from 1
	// Loss is the loss of that step: infinite or NaN, or finite where the step's
	// update made a weight infinite or NaN.
	Loss float64
}

// Error returns one line that says what to try.
func (e *DivergedError) Error() string {
	what := fmt.Sprintf("the loss is %v", e.Loss)
	if !math.IsNaN(e.Loss) && !math.IsInf(e.Loss, 0) {
		what = "the update made a weight infinite or NaN"
	}
	return fmt.Sprintf("training diverged at step %d (epoch %d): %s; the last good weights are kept (try a smaller learning rate, clip_norm, or standardized inputs)",
		e.Step, e.Epoch, what)
}

// WeightsError says why the content of a weight file is refused. A file that
// cannot be opened or read gives the operating system's error instead.
type WeightsError struct {
	Path    string
	Message string
}

// Error returns the path and the message.
func (e *WeightsError) Error() string { return e.Path + ": " + e.Message }

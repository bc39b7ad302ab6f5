package program

import "github.com/nnc-lang/nnc/runtime/data"

// Job says what a program is to do. The command hands it over as JSON, the
// program's one argument. Relative paths start at the working directory.
type Job struct {
	Do      string     `json:"do"`                // train, eval, predict, sample or gradcheck
	Data    *data.Spec `json:"data,omitempty"`    // train, eval: what to read
	Weights string     `json:"weights,omitempty"` // a weight file to start from; "" is the initial weights

	// train

	Out    string  `json:"out,omitempty"` // where the trained weights go
	Epochs *int    `json:"epochs,omitempty"`
	Batch  *int    `json:"batch,omitempty"` // predict too: the rows at a time
	Seed   *uint64 `json:"seed,omitempty"`  // of initial weights, shuffle and random layers; sample: of what is drawn; gradcheck too: of the point

	// predict

	Inputs  []InputFile  `json:"inputs,omitempty"`  // one for each input
	Outputs []OutputFile `json:"outputs,omitempty"` // none: the rows are events

	// sample

	Chars       int     `json:"chars,omitempty"`       // to write behind the prompt, at least 1
	Prompt      string  `json:"prompt,omitempty"`      // "": as if a line began
	Temperature float64 `json:"temperature,omitempty"` // 1: the model's probabilities; 0: the likeliest character
}

// InputFile is where an input's rows are read: a file that data.ReadInput knows,
// or "-", standard input, and the columns that it takes of a csv; for an input
// that was trained on a text, one that data.ReadInputText knows.
type InputFile struct {
	Port string         `json:"port"`
	Path string         `json:"path"`
	Bind []data.Binding `json:"bind,omitempty"`
	Text bool           `json:"text,omitempty"`
}

// OutputFile is where predictions are written; the ending says how: .npy, .csv
// or .json.
type OutputFile struct {
	Name string `json:"name"` // of the output; "" where it is the only one
	Path string `json:"path"`
}

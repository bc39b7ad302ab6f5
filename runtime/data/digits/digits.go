// Package digits carries the 8×8 handwritten digits.
package digits

import "github.com/nnc-lang/nnc/runtime/data"

// Set is the data set `digits`.
var Set = data.Source{Name: "digits"}

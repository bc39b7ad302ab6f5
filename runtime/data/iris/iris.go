// Package iris carries Fisher's iris flowers.
package iris

import "github.com/nnc-lang/nnc/runtime/data"

// Set is the data set `iris`.
var Set = data.Source{Name: "iris"}

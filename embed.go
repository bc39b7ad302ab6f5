// Package nnc carries the source of the runtime that generated code links
// against, so that the nnc command can build a generated program on a machine
// that has Go but neither this module nor a network.
package nnc

import "embed"

// Runtime is the folder runtime/ as it is, package rt and the packages below it
// with their embedded data sets. Its test files and testdata folders are in it
// too, since an embed pattern cannot leave them out: whoever writes the tree to
// disk skips names that end in _test.go and folders called testdata.
//
//go:embed runtime
var Runtime embed.FS

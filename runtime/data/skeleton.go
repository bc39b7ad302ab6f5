package data

import (
	"context"
	"errors"
	"io"
)

var errSkeleton = errors.New("data: not written yet")

// Open reads what spec describes ...
func Open(spec Spec, dir string, ports []Port, sources ...Source) (train, test *Set, err error) {
	return nil, nil, errSkeleton
}

// Split ...
func Split(n int, share float64) (train, held []int) { return nil, nil }

// ReadInput ...
func ReadInput(path string, port Port) (*Set, error) { return nil, errSkeleton }

// WriteNPY ...
func WriteNPY[E float32 | float64 | int32](w io.Writer, shape []int, data []E) error {
	return errSkeleton
}

// Info describes a built-in set.
type Info struct {
	Name, Title string
	Rows, Test  int
	Shape       []int
	Classes     int
	Licence     string
	Source      string
	Embedded    bool
	Files       []File
}

// File is a raw file of a set that is fetched.
type File struct {
	Name   string
	Size   int64
	SHA256 string
	URL    string
}

// Builtin lists the built-in sets.
func Builtin() []Info { return nil }

// Dir is the folder of fetched sets.
func Dir() (string, error) { return "", errSkeleton }

// Locate ...
func Locate(name string) (dir string, err error) { return "", errSkeleton }

// Fetch ...
func Fetch(ctx context.Context, name, from string, progress func(file string, done, total int64)) error {
	return errSkeleton
}

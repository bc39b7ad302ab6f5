package data

import (
	"bufio"
	"bytes"
	"io"
	"os"
)

// ReadInput reads what a model is to predict for: the rows of one input port.
// The content decides what the file is, not its name: npy, idx (numbers of
// bytes scaled to 0…1), PNG or JPEG (one row), any of them packed by gzip but
// npy, or else csv. "-" is csv on standard input. Labels of a class port are the
// port's own Labels, or the numbers 0 to n-1.
//
// A csv has a header row. bind is what the model's data item says of columns:
// those of the port are found by their names, in whatever order they stand; a
// port without a binding gets all columns but those of other ports.
//
// An image must have the size of the port, [C, H, W] with C 1 (luma, by ITU-R
// BT.601) or 3 (red, green, blue), [H, W], or a vector of as many values. It is
// read as [Open] reads a folder of images: scaled to 0…1, opaque, and as its
// pixels stand, whatever way up a camera says that it was held.
func ReadInput(path string, port Port, bind ...Binding) (*Set, error) {
	if path == "-" {
		return readInputCSV(os.Stdin, "standard input", port, bind)
	}
	f, size, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readInput(f, size, path, port, bind)
}

func readInput(r io.Reader, size int64, file string, port Port, bind []Binding) (*Set, error) {
	packed := bufio.NewReader(r)
	if magic, _ := packed.Peek(len(npyMagic)); string(magic) == npyMagic {
		a, err := readNPY(packed, size, file)
		if err != nil {
			return nil, err
		}
		return a.set(port, file)
	}
	b, err := gunzip(packed, file)
	if err != nil {
		return nil, err
	}
	magic, _ := b.Peek(len(npyMagic))
	switch {
	case bytes.HasPrefix(magic, []byte(npyMagic)):
		return nil, fault(file, "", "is a packed npy file; unpack it first")
	case isImage(b):
		return readImage(b, file, port)
	case bytes.HasPrefix(magic, []byte{0, 0}):
		a, err := readIDX(b, size, file)
		if err != nil {
			return nil, err
		}
		return a.set(port, file)
	}
	return readInputCSV(b, file, port, bind)
}

// readInputCSV reads the port's columns of a csv.
func readInputCSV(r io.Reader, file string, port Port, bind []Binding) (*Set, error) {
	port.Target = false
	if port.Classes > 0 && port.Labels == nil {
		port.Labels = digitNames(port.Classes)
	}
	return readCSV(r, file, &Spec{Kind: "csv", Bind: bind}, []Port{port}, nil)
}

// set is a set of one port.
func (a *array) set(port Port, file string) (*Set, error) {
	c, err := a.column(port, file)
	if err != nil {
		return nil, err
	}
	return newSet([]Port{port}, []column{c}, a.shape[0]), nil
}

// readImage reads an image as a single row.
func readImage(b *bufio.Reader, file string, port Port) (*Set, error) {
	var p pixels
	if err := p.decode(b, file, port); err != nil {
		return nil, err
	}
	c := column{width: port.Size(), u8: p.u8, scale: unit, u16: p.u16, origin: origin{file: file}}
	return newSet([]Port{port}, []column{c}, 1), nil
}

package data

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"slices"
)

// ReadInput reads what a model is to predict for: the rows of one input port.
// The content decides what the file is, not its name: npy, idx (numbers of
// bytes scaled to 0…1), png (one row), any of them packed by gzip but npy, or
// else csv. "-" is csv on standard input. Labels of a class port are the port's
// own Labels, or the numbers 0 to n-1.
//
// A csv has a header row. bind is what the model's data item says of columns:
// those of the port are found by their names, in whatever order they stand; a
// port without a binding gets all columns but those of other ports.
//
// A png must have the size of the port, [C, H, W] with C 1 (luma, by ITU-R
// BT.601) or 3 (red, green, blue), or H·W values in all; it is scaled to 0…1
// and must be opaque.
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
	magic, _ := b.Peek(8)
	switch {
	case bytes.HasPrefix(magic, []byte(npyMagic)):
		return nil, fault(file, "", "is a packed npy file; unpack it first")
	case bytes.HasPrefix(magic, []byte("\x89PNG\r\n\x1a\n")):
		return readPNG(b, file, port)
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

// readPNG reads an image as a single row.
func readPNG(b *bufio.Reader, file string, port Port) (*Set, error) {
	// An image of another size is refused before memory is taken for it: its
	// first chunk, behind eight bytes that every png has, is IHDR, and says
	// width and height first (ISO/IEC 15948, 11.2.2).
	head, _ := b.Peek(24)
	if len(head) < 24 || string(head[12:16]) != "IHDR" {
		return nil, fault(file, "", "is not a png that can be read: it has no header")
	}
	w, h, channels := int(binary.BigEndian.Uint32(head[16:])), int(binary.BigEndian.Uint32(head[20:])), 1
	fits := port.Size() == w*h
	if len(port.Shape) == 3 {
		channels = port.Shape[0]
		fits = slices.Equal(port.Shape[1:], []int{h, w}) && (channels == 1 || channels == 3)
	}
	if !fits || port.Classes > 0 {
		return nil, fault(file, "", "is an image of %d×%d pixels (width × height), but %s wants %s; bring it to that size first",
			w, h, port.describe(), rowShape(port.Shape, port.Size()))
	}
	img, err := png.Decode(b)
	if err != nil {
		return nil, fault(file, "", "is cut or altered: %v", err)
	}
	if o, ok := img.(interface{ Opaque() bool }); ok && !o.Opaque() {
		return nil, fault(file, "", "has transparent pixels; put it on a background first")
	}
	x := make([]float64, 0, channels*w*h)
	for c := range channels {
		x = appendChannel(x, img, c, channels)
	}
	a := &array{shape: append([]int{1}, port.Shape...), f64: x}
	return a.set(port, file)
}

// appendChannel appends one channel's values, 0…1, row by row.
func appendChannel(x []float64, img image.Image, channel, channels int) []float64 {
	r := img.Bounds()
	for j := r.Min.Y; j < r.Max.Y; j++ {
		for i := r.Min.X; i < r.Max.X; i++ {
			if channels == 1 {
				x = append(x, float64(color.Gray16Model.Convert(img.At(i, j)).(color.Gray16).Y)/0xffff)
				continue
			}
			red, green, blue, _ := img.At(i, j).RGBA()
			x = append(x, float64([3]uint32{red, green, blue}[channel])/0xffff)
		}
	}
	return x
}

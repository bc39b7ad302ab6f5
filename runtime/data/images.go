package data

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A folder of images has a folder for each class, named as the class is, and in
// these the class's images and nothing else. What begins with a dot is passed
// over at either level; a symbolic link is what it leads to.

// loadImages reads such a folder: the images for the one input and the classes
// for the one target, class by class. The classes are the folders in sorted
// order: by value where all their names are numbers, else by bytes, as the words
// of a csv. Those of the training set (like) and those that a weight file fixed
// go before, and then not each needs a folder.
func (o *opener) loadImages(s *Spec, like *Set) (*Set, error) {
	x, y, err := o.roles("images")
	if err != nil {
		return nil, err
	}
	in := o.ports[x]
	if in.Classes > 0 {
		return nil, fault("", "data images", "fills %s with pixels: write it as [C, H, W]", in.describe())
	}
	dir := o.path(s.Path)
	folders, err := classFolders(dir)
	if err != nil {
		return nil, err
	}
	labels := folders
	if y >= 0 {
		var known []string
		if like != nil {
			if known = like.cols[y].labels; known == nil {
				known = digitNames(o.ports[y].Classes) // the training set has numbers for labels
			}
		}
		if labels, err = folderLabels(folders, dir, o.ports[y], known); err != nil {
			return nil, err
		}
	}
	var files []string
	var classes []int32
	for _, folder := range folders {
		images, err := imageFiles(filepath.Join(dir, folder))
		if err != nil {
			return nil, err
		}
		files = append(files, images...)
		class := int32(slices.Index(labels, folder))
		for range images {
			classes = append(classes, class)
		}
	}
	var p pixels
	p.u8 = make([]byte, 0, len(files)*in.Size())
	for _, file := range files {
		if err := p.read(file, in); err != nil {
			return nil, err
		}
	}
	cols := make([]column, len(o.ports))
	cols[x] = column{width: in.Size(), u8: p.u8, scale: unit, u16: p.u16, origin: origin{file: dir}}
	if y >= 0 {
		cols[y] = column{width: 1, class: classes, labels: labels, origin: origin{file: dir}}
	}
	return newSet(o.ports, cols, len(files)), nil
}

// classFolders are the names of the folders in dir, sorted.
func classFolders(dir string) ([]string, error) {
	info, err := os.Stat(dir)
	if p, is := errors.AsType[*fs.PathError](err); is {
		err = &fs.PathError{Op: "open", Path: dir, Err: p.Err}
	}
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, &fs.PathError{Op: "open", Path: dir, Err: errors.New("is a file, not a folder with a folder for each class")}
	}
	var names []string
	err = eachEntry(dir, func(path string, info fs.FileInfo) error {
		if !info.IsDir() {
			return fault(path, "", "stands beside the folders of the classes: move it into the folder of its class, or away")
		}
		names = append(names, filepath.Base(path))
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fault(dir, "", "has no folders: a folder is wanted for each class, named as the class is, with its images")
	}
	return sortNames(names), nil
}

// sortNames sorts by value where all names are numbers and different ones, else
// by bytes.
func sortNames(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	value := make(map[string]float64, len(names))
	seen := make(map[float64]bool, len(names))
	for _, name := range names {
		v, ok := finite(name)
		if !ok || seen[v] {
			return names
		}
		value[name], seen[v] = v, true
	}
	slices.SortFunc(names, func(a, b string) int {
		if value[a] < value[b] {
			return -1
		}
		return 1 // no two have one value
	})
	return names
}

// folderLabels are the classes of a target: the folders, unless they are known.
func folderLabels(folders []string, dir string, p Port, known []string) ([]string, error) {
	switch {
	case p.Classes == 0:
		return nil, fault(dir, "", "gives a class to each image, but %s is numbers; write target %s class(%d)", p.describe(), p.Name, max(2, len(folders)))
	case p.Size() != 1:
		return nil, fault(dir, "", "gives a class to each image, but %s has %d", p.describe(), p.Size())
	case p.Labels != nil:
		known = p.Labels
	case known == nil && len(folders) != p.Classes:
		return nil, fault(dir, "", "has %s (%s), but %s has %d; %s", count(len(folders), "folder"), list(folders), p.describe(), p.Classes, classes(len(folders)))
	}
	if known == nil {
		return folders, nil
	}
	for _, folder := range folders {
		if !slices.Contains(known, folder) {
			return nil, fault(filepath.Join(dir, folder), "", "is not one of the model's %s: %s%s", count(len(known), "class"), list(known), suggest(folder, known))
		}
	}
	return known, nil
}

// imageFiles are the files in a class's folder, sorted by name.
func imageFiles(dir string) (files []string, err error) {
	err = eachEntry(dir, func(path string, info fs.FileInfo) error {
		if info.IsDir() {
			return fault(path, "", "is a folder in the folder of a class, where images are wanted")
		}
		files = append(files, path)
		return nil
	})
	if err == nil && len(files) == 0 {
		err = fault(dir, "", "has no images: put some in, or remove the folder, which makes a class")
	}
	return files, err
}

// eachEntry calls f for what stands in a folder, in the order of the names. f is
// told what a symbolic link leads to.
func eachEntry(dir string, f func(path string, info fs.FileInfo) error) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		path := filepath.Join(dir, entry.Name())
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if err := f(path, info); err != nil {
			return err
		}
	}
	return nil
}

// pixels are the values of images, 0…1, one image behind the other, each channel
// by channel: bytes as long as every value is a byte over 255, else numbers over
// 65535, which deep images and the luma of colours need.
type pixels struct {
	u8  []byte
	u16 []uint16
}

// read appends an image file.
func (p *pixels) read(file string, port Port) error {
	f, _, err := open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := gunzip(f, file)
	if err != nil {
		return err
	}
	if !isImage(b) {
		return fault(file, "", "is neither a PNG nor a JPEG")
	}
	return p.decode(b, file, port)
}

// The bytes that an image begins with: ISO/IEC 15948, 5.2, and ISO/IEC 10918-1,
// B.2.1, with the marker that follows.
const (
	pngMagic  = "\x89PNG\r\n\x1a\n"
	jpegMagic = "\xff\xd8\xff"
)

// isImage tells whether a file begins as an image does.
func isImage(b *bufio.Reader) bool {
	magic, _ := b.Peek(len(pngMagic))
	return bytes.HasPrefix(magic, []byte(pngMagic)) || bytes.HasPrefix(magic, []byte(jpegMagic))
}

// decode appends the image that b holds; isImage has seen it.
func (p *pixels) decode(b *bufio.Reader, file string, port Port) error {
	readConfig, readImage := png.DecodeConfig, png.Decode
	if magic, _ := b.Peek(len(jpegMagic)); string(magic) == jpegMagic {
		readConfig, readImage = jpeg.DecodeConfig, jpeg.Decode
	}
	// An image of another size is refused before memory is taken for it.
	var head bytes.Buffer
	config, err := readConfig(io.TeeReader(b, &head))
	if err != nil {
		return imageError(file, err)
	}
	channels, err := port.channels(file, config.Width, config.Height)
	if err != nil {
		return err
	}
	img, err := readImage(io.MultiReader(&head, b))
	if err != nil {
		return imageError(file, err)
	}
	if o, ok := img.(interface{ Opaque() bool }); ok && !o.Opaque() {
		return fault(file, "", "has transparent pixels; put it on a background first")
	}
	for c := range channels {
		p.add(img, c, channels)
	}
	return nil
}

// imageError is an [*Error] where an image cannot be decoded, and the system's
// own error where it failed by the disk.
func imageError(file string, err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path
	}
	var png png.UnsupportedError
	var jpeg jpeg.UnsupportedError
	if errors.As(err, &png) || errors.As(err, &jpeg) {
		return fault(file, "", "is of a kind that cannot be read: %v; save it as a PNG", err)
	}
	return fault(file, "", "is cut or altered: %v", err)
}

// channels is 1 (gray) or 3 (colours), as the port takes an image of w by h
// pixels: [1, h, w], [3, h, w] or [h, w], or a vector of as many values.
func (p Port) channels(file string, w, h int) (int, error) {
	if p.Classes == 0 {
		switch n := len(p.Shape); {
		case n == 3 && (p.Shape[0] == 1 || p.Shape[0] == 3) && p.Shape[1] == h && p.Shape[2] == w:
			return p.Shape[0], nil
		case n == 2 && p.Shape[0] == h && p.Shape[1] == w:
			return 1, nil
		case n < 2 && w*h == p.Size():
			return 1, nil
		case n < 2 && 3*w*h == p.Size():
			return 3, nil
		case n == 3 && p.Shape[0] != 1 && p.Shape[0] != 3:
			return 0, fault(file, "", "is an image of %d×%d pixels (width × height), but %s has %d channels; an image gives 1 (gray) or 3 (colours)", w, h, p.describe(), p.Shape[0])
		}
	}
	wants := count(p.Size(), "value")
	if n := len(p.Shape); p.Classes == 0 && (n == 2 || n == 3) {
		wants = fmt.Sprintf("%d×%d", p.Shape[n-1], p.Shape[n-2])
	}
	return 0, fault(file, "", "is an image of %d×%d pixels (width × height), but %s wants %s; bring it to that size first", w, h, p.describe(), wants)
}

// add appends one channel's values, row by row. A single channel is the luma of
// ITU-R BT.601, which leaves gray as it is; of three, each is one of red, green
// and blue. The colours of a JPEG are bytes, as its makers' decoder has them.
func (p *pixels) add(img image.Image, channel, channels int) {
	at := func(x, y int) color.RGBA64 {
		r, g, b, _ := img.At(x, y).RGBA()
		return color.RGBA64{R: uint16(r), G: uint16(g), B: uint16(b)}
	}
	switch img := img.(type) {
	case *image.YCbCr:
		at = func(x, y int) color.RGBA64 {
			c := img.YCbCrAt(x, y)
			r, g, b := color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
			return color.RGBA64{R: uint16(r) * 257, G: uint16(g) * 257, B: uint16(b) * 257}
		}
	case image.RGBA64Image: // all others of the standard library: no memory for each pixel
		at = img.RGBA64At
	}
	r := img.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c := at(x, y)
			switch {
			case channels == 1:
				p.append(uint16((19595*uint32(c.R) + 38470*uint32(c.G) + 7471*uint32(c.B) + 1<<15) >> 16))
			case channel == 0:
				p.append(c.R)
			case channel == 1:
				p.append(c.G)
			default:
				p.append(c.B)
			}
		}
	}
}

// append appends a value, over 65535.
func (p *pixels) append(v uint16) {
	const step = math.MaxUint16 / math.MaxUint8 // 257: exactly
	switch {
	case p.u16 != nil:
		p.u16 = append(p.u16, v)
	case v%step == 0:
		p.u8 = append(p.u8, byte(v/step))
	default:
		p.u16 = make([]uint16, len(p.u8), max(cap(p.u8), len(p.u8)+1))
		for i, b := range p.u8 {
			p.u16[i] = uint16(b) * step
		}
		p.u16, p.u8 = append(p.u16, v), nil
	}
}

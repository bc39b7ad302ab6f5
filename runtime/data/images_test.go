package data

// Held here: a folder of images becomes rows and classes as they stand there,
// with the very values that ReadInput gives; and every fault names its file.

import (
	"bufio"
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// shade is a gray image of one pixel a column.
func shade(t *testing.T, pixels ...byte) string {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, len(pixels), 1))
	copy(img.Pix, pixels)
	return encode(t, img)
}

// folder writes files, whose names have their folders in front; one without
// content and with a slash at the end is a folder.
func folder(t *testing.T, files ...[2]string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f[0]))
		if f[0][len(f[0])-1] == '/' {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Dir(path), filepath.Base(path), f[1])
	}
	return dir
}

// pets are the ports of most cases.
var pets = []Port{{Name: "image", Shape: []int{1, 1, 2}}, {Name: "pet", Classes: 2, Target: true}}

func TestImages(t *testing.T) {
	dir := folder(t,
		[2]string{"dog/b.png", shade(t, 0, 255)},
		[2]string{"dog/a.png", shade(t, 51, 102)},
		[2]string{"cat/10.png", shade(t, 255, 255)},
		[2]string{"cat/.hidden", "not an image"},
		[2]string{".git/x", "not an image"})
	s, test, err := Open(Spec{Kind: "images", Path: dir}, "", pets)
	if err != nil {
		t.Fatal(err)
	}
	if got := floats(t, s, 0); test != nil || !slices.Equal(got, []float64{1, 1, 0.2, 0.4, 0, 1}) {
		t.Errorf("pixels %v, test %v", got, test)
	}
	if got := labels(t, s, 1); !slices.Equal(got, []int32{0, 1, 1}) || !slices.Equal(s.Labels("pet"), []string{"cat", "dog"}) {
		t.Errorf("classes %v of %q", got, s.Labels("pet"))
	}
	if s.cols[0].u8 == nil {
		t.Error("gray bytes are not held as bytes")
	}
	// A share is held out as of any source; a model without a target takes the images alone.
	train, test, err := Open(Spec{Kind: "images", Path: dir, Test: 0.3}, "", pets)
	if err != nil || train.Len() != 2 || test.Len() != 1 {
		t.Errorf("test: 0.3 gives %v, %v, %v", train, test, err)
	}
	s, _, err = Open(Spec{Kind: "images", Path: filepath.Base(dir)}, filepath.Dir(dir), pets[:1])
	if err != nil || s.Len() != 3 {
		t.Errorf("without a target: %v, %v", s, err)
	}
}

// A second folder has the first one's classes, and need not have them all; so has
// a folder for a model whose weight file has named them.
func TestImagesOfKnownClasses(t *testing.T) {
	first := folder(t, [2]string{"cat/a.png", shade(t, 0, 0)}, [2]string{"dog/a.png", shade(t, 0, 0)})
	second := folder(t, [2]string{"dog/a.png", shade(t, 0, 0)})
	spec := Spec{Kind: "images", Path: first, TestSource: &Spec{Kind: "images", Path: second}}
	_, test, err := Open(spec, "", pets)
	if err != nil || !slices.Equal(labels(t, test, 1), []int32{1}) {
		t.Errorf("a second folder gives %v, %v", test, err)
	}
	known := slices.Clone(pets)
	known[1].Labels = []string{"dog", "bird"}
	s, _, err := Open(Spec{Kind: "images", Path: second}, "", known)
	if err != nil || !slices.Equal(labels(t, s, 1), []int32{0}) || !slices.Equal(s.Labels("pet"), known[1].Labels) {
		t.Errorf("known classes give %v, %v", s, err)
	}
	_, _, err = Open(Spec{Kind: "images", Path: first}, "", known)
	wantError(t, err, filepath.Join(first, "cat"), "is not one of the model's 2 classes: dog, bird")
	spec.TestSource.Path = folder(t, [2]string{"dogs/a.png", shade(t, 0, 0)})
	_, _, err = Open(spec, "", pets)
	wantError(t, err, filepath.Join(spec.TestSource.Path, "dogs"), "is not one of the model's 2 classes: cat, dog (did you mean dog?)")
}

// Folders that are called by numbers are sorted by value, as a csv's labels are.
func TestSortNames(t *testing.T) {
	for _, c := range [][]string{
		{"9", "10", "100"}, {"-1", "0.5", "3"}, {"1", "1.0", "9"}, {"10", "9", "x"}, {"A", "a", "ä"},
	} {
		reversed := slices.Clone(c)
		slices.Reverse(reversed)
		if got := sortNames(reversed); !slices.Equal(got, c) {
			t.Errorf("%q, want %q", got, c)
		}
	}
}

// One image that bytes cannot hold makes all of the set finer, and changes none of
// the others; whatever the set, an image has the values that predict gives it.
func TestImagesAreReadAsInputs(t *testing.T) {
	deep := image.NewGray16(image.Rect(0, 0, 2, 1))
	deep.SetGray16(0, 0, color.Gray16{Y: 1})
	colours := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	colours.SetNRGBA(0, 0, color.NRGBA{255, 0, 0, 255})
	colours.SetNRGBA(1, 0, color.NRGBA{1, 2, 3, 255})
	for _, last := range []image.Image{deep, colours, image.NewYCbCr(image.Rect(0, 0, 2, 1), image.YCbCrSubsampleRatio420)} {
		content := encode(t, last)
		if _, jpeg := last.(*image.YCbCr); jpeg {
			content = photograph(t, last)
		}
		for _, shape := range [][]int{{1, 1, 2}, {3, 1, 2}, {1, 2}, {2}, {6}} {
			port := []Port{{Name: "image", Shape: shape}}
			dir := folder(t, [2]string{"a/1.png", shade(t, 7, 200)}, [2]string{"a/2", content})
			s, _, err := Open(Spec{Kind: "images", Path: dir}, "", port)
			if err != nil {
				t.Fatal(err)
			}
			var want []float64
			for _, name := range []string{"1.png", "2"} {
				one, err := ReadInput(filepath.Join(dir, "a", name), port[0])
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, floats(t, one, 0)...)
			}
			if got := floats(t, s, 0); !slices.Equal(got, want) {
				t.Errorf("%v: the folder gives %v, the files %v", shape, got, want)
			}
			if want[0] != 7./255 {
				t.Errorf("%v: 7 of 255 is %v", shape, want[0])
			}
		}
	}
}

func TestImagesFollowLinks(t *testing.T) {
	dir := folder(t, [2]string{"store/a.png", shade(t, 1, 2)}, [2]string{"set/cat/", ""})
	if err := os.Symlink(filepath.Join(dir, "store"), filepath.Join(dir, "set", "dog")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink(filepath.Join(dir, "store", "a.png"), filepath.Join(dir, "set", "cat", "a.png")); err != nil {
		t.Fatal(err)
	}
	s, _, err := Open(Spec{Kind: "images", Path: "set"}, dir, pets)
	if err != nil || s.Len() != 2 {
		t.Errorf("links give %v, %v", s, err)
	}
	if err := os.Remove(filepath.Join(dir, "store", "a.png")); err != nil {
		t.Fatal(err)
	}
	if _, _, err = Open(Spec{Kind: "images", Path: "set"}, dir, pets); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a link to nothing gives %v", err)
	}
}

func TestImagesRefuses(t *testing.T) {
	good := shade(t, 1, 2)
	number := []Port{pets[0], {Name: "pet", Target: true}}
	for _, c := range []struct {
		name  string
		files [][2]string
		ports []Port
		file  string // below the folder
		want  string
	}{
		{"nothing", [][2]string{{".x", ""}}, pets, "", "has no folders: a folder is wanted for each class"},
		{"an empty class", [][2]string{{"cat/a", good}, {"dog/", ""}}, pets, "dog", "has no images"},
		{"a class of hidden files", [][2]string{{"cat/a", good}, {"dog/.a", good}}, pets, "dog", "has no images"},
		{"a file beside", [][2]string{{"cat/a", good}, {"dog/a", good}, {"readme.txt", "hello"}}, pets, "readme.txt", "stands beside the folders of the classes"},
		{"a folder in a class", [][2]string{{"cat/a", good}, {"dog/old/a", good}}, pets, "dog/old", "is a folder in the folder of a class"},
		{"a text", [][2]string{{"cat/a", good}, {"dog/notes.txt", "hello"}}, pets, "dog/notes.txt", "is neither a PNG nor a JPEG"},
		{"an empty file", [][2]string{{"cat/a", good}, {"dog/a.png", ""}}, pets, "dog/a.png", "is neither a PNG nor a JPEG"},
		{"cut", [][2]string{{"cat/a", good}, {"dog/a.png", good[:len(good)-20]}}, pets, "dog/a.png", "is cut or altered"},
		{"another size", [][2]string{{"cat/a", good}, {"dog/a.png", shade(t, 1, 2, 3)}}, pets, "dog/a.png",
			"is an image of 3×1 pixels (width × height), but input image [1, 1, 2] wants 2×1; bring it to that size first"},
		{"too many classes", [][2]string{{"a/a", good}, {"b/a", good}, {"c/a", good}}, pets, "", "has 3 folders (a, b, c), but target pet class(2) has 2; write class(3)"},
		{"too few", [][2]string{{"a/a", good}}, pets, "", "has 1 folder (a), but target pet class(2) has 2; at least 2 are wanted"},
		{"a target of numbers", [][2]string{{"a/a", good}}, number, "", "gives a class to each image, but target pet is numbers; write target pet class(2)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := folder(t, c.files...)
			_, _, err := Open(Spec{Kind: "images", Path: dir}, "", c.ports)
			wantError(t, err, filepath.Join(dir, filepath.FromSlash(c.file)), c.want)
		})
	}
	dir := folder(t, [2]string{"cat/a", good})
	if _, _, err := Open(Spec{Kind: "images", Path: filepath.Join(dir, "none")}, "", pets); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing folder gives %v", err)
	}
	_, _, err := Open(Spec{Kind: "images", Path: filepath.Join(dir, "cat", "a")}, "", pets)
	if _, ok := errors.AsType[*fs.PathError](err); !ok {
		t.Errorf("a file in place of the folder gives %v", err)
	}
	_, _, err = Open(Spec{Kind: "images", Path: dir}, "", []Port{{Name: "x", Shape: []int{2}, Classes: 3}})
	wantError(t, err, "", "fills input x [2]class(3) with pixels: write it as [C, H, W]")
}

// Whatever a file holds, it is an image of the port's size or refused.
func FuzzImage(f *testing.F) {
	img := image.NewGray(image.Rect(0, 0, 2, 1))
	for _, content := range [][]byte{encoded(png.Encode, img), encoded(func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }, img),
		encoded(png.Encode, image.NewPaletted(img.Rect, color.Palette{color.White, color.Black})), []byte(pngMagic), []byte(jpegMagic)} {
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		b := bufio.NewReader(bytes.NewReader(content))
		if !isImage(b) {
			return
		}
		s, err := readImage(b, "f", pets[0])
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Errorf("%T: %v", err, err)
			}
			return
		}
		for _, v := range floats(t, s, 0) {
			if !(v >= 0 && v <= 1) {
				t.Errorf("a pixel is %v", v)
			}
		}
	})
}

func encoded(encode func(io.Writer, image.Image) error, img image.Image) []byte {
	var b bytes.Buffer
	if err := encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func BenchmarkImages(b *testing.B) {
	dir := b.TempDir()
	img := image.NewNRGBA(image.Rect(0, 0, 32, 32))
	for i := range img.Pix {
		if img.Pix[i] = byte(i * 7); i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	content := encoded(png.Encode, img)
	if err := os.Mkdir(filepath.Join(dir, "a"), 0o755); err != nil {
		b.Fatal(err)
	}
	const n = 100
	for i := range n {
		if err := os.WriteFile(filepath.Join(dir, "a", strconv.Itoa(i)), content, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, _, err := Open(Spec{Kind: "images", Path: dir}, "", []Port{{Name: "x", Shape: []int{3, 32, 32}}}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/image")
}

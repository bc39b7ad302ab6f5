package data

// Held here: a file to predict for is known by its content, and comes to the
// port's shape or is refused.

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io/fs"
	"math"
	"slices"
	"strings"
	"testing"
)

// picture is a 3×2 png: a row of red, green and blue above a row of grays.
func picture(t *testing.T, alpha uint8) string {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	for i := range 3 {
		c := color.NRGBA{A: 255}
		*[]*uint8{&c.R, &c.G, &c.B}[i] = 255
		img.SetNRGBA(i, 0, c)
		g := uint8(51 * i)
		img.SetNRGBA(i, 1, color.NRGBA{g, g, g, alpha})
	}
	return encode(t, img)
}

func encode(t *testing.T, img image.Image) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func photograph(t *testing.T, img image.Image) string {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReadInput(t *testing.T) {
	gray := image.NewGray(image.Rect(0, 0, 2, 1))
	gray.Pix = []byte{51, 255}
	photo := image.NewYCbCr(image.Rect(0, 0, 8, 8), image.YCbCrSubsampleRatio444) // one block: one colour survives
	for i := range photo.Y {
		photo.Y[i], photo.Cb[i], photo.Cr[i] = 128, 96, 160
	}
	red, green, blue := color.YCbCrToRGB(128, 96, 160)
	shades := slices.Repeat([]float64{float64(red) / 255}, 64)
	shades = append(shades, slices.Repeat([]float64{float64(green) / 255}, 64)...)
	shades = append(shades, slices.Repeat([]float64{float64(blue) / 255}, 64)...)
	deep := image.NewGray16(image.Rect(0, 0, 1, 1))
	deep.SetGray16(0, 0, color.Gray16{Y: 0x8000})
	few := image.NewPaletted(image.Rect(0, 0, 2, 1), color.Palette{color.Gray{Y: 255}, color.NRGBA{51, 102, 0, 255}})
	few.Pix[1] = 1
	for _, c := range []struct {
		name, content string
		port          Port
		want          []float64
	}{
		{"csv", "a,b\n1,2\n3,4\n", Port{Shape: []int{2}}, []float64{1, 2, 3, 4}},
		{"csv for a target", "a\n1\n", Port{Target: true}, []float64{1}},
		{"packed csv", string(packed([]byte("a\n1\n"))), Port{}, []float64{1}},
		{"npy", string(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), }", 0)) + "\x01\x02", Port{Shape: []int{2}}, []float64{1, 2}},
		{"idx", string(idx(8, []int{1, 2}, "\x00\xff")), Port{Shape: []int{2}}, []float64{0, 1}},
		{"packed idx", string(packed(idx(8, []int{2}, "\x00\xff"))), Port{}, []float64{0, 1}},
		{"gray png", encode(t, gray), Port{Shape: []int{1, 1, 2}}, []float64{0.2, 1}},
		{"flat png", encode(t, gray), Port{Shape: []int{2}}, []float64{0.2, 1}},
		{"jpeg", photograph(t, photo), Port{Shape: []int{3, 8, 8}}, shades},
		{"packed jpeg", string(packed([]byte(photograph(t, photo)))), Port{Shape: []int{3, 8, 8}}, shades},
		{"gray of a jpeg", photograph(t, photo), Port{Shape: []int{8, 8}}, slices.Repeat([]float64{(0.299*float64(red) + 0.587*float64(green) + 0.114*float64(blue)) / 255}, 64)},
		{"flat colours", picture(t, 255), Port{Shape: []int{18}}, []float64{1, 0, 0, 0, 0.2, 0.4, 0, 1, 0, 0, 0.2, 0.4, 0, 0, 1, 0, 0.2, 0.4}},
		{"16-bit png", encode(t, deep), Port{Shape: []int{1, 1}}, []float64{32768. / 65535}},
		{"colours of a palette", encode(t, few), Port{Shape: []int{3, 1, 2}}, []float64{1, 0.2, 1, 0.4, 1, 0}},
		{"colours", picture(t, 255), Port{Shape: []int{3, 2, 3}}, []float64{1, 0, 0, 0, 0.2, 0.4, 0, 1, 0, 0, 0.2, 0.4, 0, 0, 1, 0, 0.2, 0.4}},
		{"colours as gray", picture(t, 255), Port{Shape: []int{1, 2, 3}}, []float64{0.299, 0.587, 0.114, 0, 0.2, 0.4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.port.Name = "x"
			s, err := readInput(strings.NewReader(c.content), int64(len(c.content)), "f", c.port, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := floats(t, s, 0)
			if len(got) != len(c.want) {
				t.Fatalf("got %v, want %v", got, c.want)
			}
			for i := range got {
				if math.Abs(got[i]-c.want[i]) > 1e-4 {
					t.Errorf("element %d is %v, want %v", i, got[i], c.want[i])
				}
			}
		})
	}
}

func TestReadInputLabels(t *testing.T) {
	port := Port{Name: "x", Shape: []int{2}, Classes: 3}
	read := func(content string) (*Set, error) {
		return readInput(strings.NewReader(content), int64(len(content)), "f", port, nil)
	}
	s, err := read("a,b\n2,0\n") // not numbered anew
	if err != nil || !slices.Equal(labels(t, s, 0), []int32{2, 0}) {
		t.Errorf("got %v, %v", s, err)
	}
	_, err = read("a,b\n2,3\n")
	wantError(t, err, "f", `f:2:3: column b: "3" is not one of the model's 3 classes: 0, 1, 2`)
	_, err = read("a,b\n2,-1\n")
	wantError(t, err, "f", `"-1" is not one of`)
	port.Labels = []string{"c", "a", "b"}
	s, err = read("a,b\nb,c\n")
	if err != nil || !slices.Equal(labels(t, s, 0), []int32{2, 0}) {
		t.Errorf("got %v, %v", s, err)
	}
}

// TestReadInputColumns predicts for files whose columns stand otherwise than in
// the training data, or beside others.
func TestReadInputColumns(t *testing.T) {
	port := Port{Name: "x", Shape: []int{2}}
	named := []Binding{{Port: "x", Columns: []string{"a", "b"}}, {Port: "y", Columns: []string{"kind"}}}
	target := named[1:]
	for _, c := range []struct {
		name, content string
		bind          []Binding
		want          []float64
		fault         string
	}{
		{"in order", "a,b\n1,2\n", named, []float64{1, 2}, ""},
		{"in another order", "b,a\n1,2\n", named, []float64{2, 1}, ""},
		{"the training data itself", "kind,b,id,a\nred,1,0,2\n", named, []float64{2, 1}, ""},
		{"all but the target's", "a,kind,b\n1,red,2\n", target, []float64{1, 2}, ""},
		{"no target", "a,b\n1,2\n", target, []float64{1, 2}, ""},
		{"other names", "a,width\n1,2\n", named, nil, `f: port x: no column is called "b"; there are a, width`},
		{"too many", "a,kind,b,c\n1,red,2,3\n", target, nil, "f: input x [2] takes 2 values a row, but gets all other columns, 3 columns (a, b, c)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := readInput(strings.NewReader(c.content), int64(len(c.content)), "f", port, c.bind)
			if c.fault != "" {
				wantError(t, err, "f", c.fault)
			} else if err != nil || !slices.Equal(floats(t, s, 0), c.want) {
				t.Errorf("got %v, %v; want %v", s, err, c.want)
			}
		})
	}
}

func TestReadInputRefuses(t *testing.T) {
	square := Port{Name: "image", Shape: []int{1, 28, 28}}
	whole := picture(t, 255)
	for _, c := range []struct {
		name, content string
		port          Port
		want          string
	}{
		{"empty", "", square, "f: is empty"},
		{"no header", "1,2\n", Port{Name: "x", Shape: []int{2}}, "f:1: looks like values"},
		{"columns", "a,b\n1,2\n", Port{Name: "x", Shape: []int{3}}, "input x [3] takes 3 values a row, but gets all other columns, 2 columns (a, b)"},
		{"size", whole, square, "f: is an image of 3×2 pixels (width × height), but input image [1, 28, 28] wants 28×28; bring it to that size first"},
		{"turned", whole, Port{Name: "image", Shape: []int{1, 3, 2}}, "is an image of 3×2"},
		{"channels", whole, Port{Name: "image", Shape: []int{2, 2, 3}}, "has 2 channels; an image gives 1 (gray) or 3 (colours)"},
		{"turned, without channels", whole, Port{Name: "image", Shape: []int{3, 2}}, "is an image of 3×2"},
		{"cut jpeg", photograph(t, image.NewGray(image.Rect(0, 0, 9, 9)))[:300], Port{Name: "image", Shape: []int{9, 9}}, "f: is cut or altered"},
		{"labels", whole, Port{Name: "image", Shape: []int{6}, Classes: 2}, "is an image of 3×2"},
		{"transparent", picture(t, 128), Port{Name: "image", Shape: []int{3, 2, 3}}, "has transparent pixels"},
		{"cut png", whole[:len(whole)-20], Port{Name: "image", Shape: []int{3, 2, 3}}, "is cut or altered"},
		{"cut png header", whole[:20], Port{Name: "image", Shape: []int{3, 2, 3}}, "is cut or altered: unexpected EOF"},
		{"packed npy", string(packed(npy("{}", 0))), square, "is a packed npy file"},
		{"idx", string(idx(8, []int{2, 2}, "abcd")), square, "has rows of 2 values, but input image [1, 28, 28] is 784 values a row"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readInput(strings.NewReader(c.content), int64(len(c.content)), "f", c.port, nil)
			wantError(t, err, "f", c.want)
		})
	}
	if _, err := ReadInput("testdata/none", square); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file gives %v", err)
	}
	s, err := ReadInput("../../testdata/mnist/t10k-images-idx3-ubyte.gz", square)
	if err != nil || s.Len() != 1000 {
		t.Errorf("1000 images give %v, %v", s, err)
	}
}

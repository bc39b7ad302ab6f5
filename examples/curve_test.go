package examples_test

import (
	"encoding/csv"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// The more sigmoids or ReLUs, the nearer they come to the curve: the median error of three seeds falls with n. The plot shows
// the target and the fit of the seed in the middle; -full writes it to results/.

func checkCurve(t *testing.T, n *nnc, r row) {
	target := readCurve(t)
	r.metric = "mse"
	var x [][]float64
	for _, point := range target {
		x = append(x, []float64{point.X})
	}
	p := plot.New()
	p.Title.Text = r.source()
	p.X.Label.Text, p.Y.Label.Text = "x", "y"
	p.Legend.Top, p.Legend.XOffs = true, -vg.Inch*7/4 // where the curve is low
	draw(t, p, "target", target, color.Gray{Y: 0xc0}, vg.Points(5))

	var last float64
	for i, size := range []int{1, 2, 4, 8, 16} {
		r := r
		r.set = []string{fmt.Sprintf("n=%d", size)}
		var errors []float64
		weights := map[float64]string{}
		for seed := 1; seed <= 3; seed++ {
			file := filepath.Join(t.TempDir(), "w.safetensors")
			n.run(t, "train", r.source(), "-quiet", "-seed", strconv.Itoa(seed), "-o", file, r.flags())
			e := n.eval(t, r, file)
			errors = append(errors, e)
			weights[e] = file
		}
		m := median(errors)
		t.Logf("n = %d: mse %.6f, median %.6f", size, errors, m)
		if i > 0 && m >= last {
			t.Errorf("the error is %g at n = %d, and was %g at half of that", m, size, last)
		}
		last = m
		fit := make(plotter.XYs, len(x))
		for i, y := range n.predict(t, r, map[string][][]float64{"x": x}, weights[m], "")[""] {
			fit[i] = plotter.XY{X: x[i][0], Y: y[0]}
		}
		draw(t, p, fmt.Sprintf("n = %d, mse %.2g", size, m), fit, shades[i], vg.Points(1.25))
	}

	file := filepath.Join(t.TempDir(), r.name+".svg")
	if *full {
		file = filepath.Join("results", r.name+".svg")
	}
	if err := p.Save(8*vg.Inch, 4*vg.Inch, file); err != nil {
		t.Error(err)
	}
}

// shades go from light to dark as n grows: five of magma, S. van der Walt and N. Smith's scheme for Matplotlib.
var shades = []color.RGBA{
	{0xfe, 0xb0, 0x78, 0xff}, {0xf1, 0x60, 0x5d, 0xff}, {0xb7, 0x37, 0x79, 0xff}, {0x72, 0x1f, 0x81, 0xff}, {0x1d, 0x11, 0x47, 0xff},
}

// draw adds a line to a plot, and where it has a name to the legend.
func draw(t *testing.T, p *plot.Plot, name string, points plotter.XYs, c color.Color, width vg.Length) {
	t.Helper()
	line, err := plotter.NewLine(points)
	if err != nil {
		t.Fatal(err)
	}
	line.Color, line.Width = c, width
	p.Add(line)
	if name != "" {
		p.Legend.Add(name, line)
	}
}

// readCurve reads the target.
func readCurve(t *testing.T) plotter.XYs {
	t.Helper()
	f, err := os.Open("data/curve.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var points plotter.XYs
	for _, record := range records[1:] {
		x, err := strconv.ParseFloat(record[0], 64)
		if err != nil {
			t.Fatal(err)
		}
		y, err := strconv.ParseFloat(record[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		points = append(points, plotter.XY{X: x, Y: y})
	}
	return points
}

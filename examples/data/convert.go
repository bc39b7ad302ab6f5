//go:build ignore

// Convert writes the tables of this folder, and the ones that runtime/data/iris and runtime/data/digits carry, from their
// sources. Run it here with the folder that has them:
//
//	go run convert.go SOURCES
//
// SOURCES holds iris.csv, wine_data.csv, breast_cancer.csv, diabetes_data_raw.csv.gz, diabetes_target.csv.gz and
// digits.csv.gz of scikit-learn's sklearn/datasets/data, Harrison and Rubinfeld's boston_harrison_pddl.csv,
// penguins.json of vega-datasets, sensor_singlehop.csv.gz (the labelled single-hop readings), and names_female_cc0.txt
// and names_male_cc0.txt, one name a line.
// README.md tells where each comes from.
//
// Every table has a header row, and words for classes that have any. Numbers stay as the source writes them, but for the
// target of diabetes, where 1.510000000000000000e+02 becomes 151. Gaps are empty fields. The names are one text.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: go run convert.go SOURCES")
	}
	from := func(name string) string { return filepath.Join(os.Args[1], name) }

	iris := classes(lines(from("iris.csv")), "sepal_length,sepal_width,petal_length,petal_width,species")
	write("iris.csv", iris)
	write("../../runtime/data/iris/iris.csv", iris)
	write("wine.csv", classes(lines(from("wine_data.csv")),
		"alcohol,malic_acid,ash,alcalinity_of_ash,magnesium,total_phenols,flavanoids,nonflavanoid_phenols,"+
			"proanthocyanins,color_intensity,hue,od280_od315,proline,class"))
	write("breast_cancer.csv", classes(lines(from("breast_cancer.csv")), cancerHeader()))
	write("boston.csv", lines(from("boston_harrison_pddl.csv"))) // has its header
	write("diabetes.csv", diabetes(lines(from("diabetes_data_raw.csv.gz")), lines(from("diabetes_target.csv.gz"))))

	write("penguins.csv", penguins(from("penguins.json")))
	pack("sensor.csv.gz", []byte(strings.Join(sensor(lines(from("sensor_singlehop.csv.gz"))), "\n")+"\n"))
	check(os.WriteFile("names_female.txt", names(lines(from("names_female_cc0.txt"))), 0o644))
	check(os.WriteFile("names_male.txt", names(lines(from("names_male_cc0.txt"))), 0o644))

	images := lines(from("digits.csv.gz"))
	pairs("pairs", images[:1437], 2000)
	pairs("pairs_test", images[1437:], 500)
	digits, err := os.ReadFile(from("digits.csv.gz"))
	check(err)
	check(os.WriteFile("../../runtime/data/digits/digits.csv.gz", digits, 0o644))
}

// classes turns scikit-learn's layout into a table: the first line has rows, features and the classes' words; in
// the others the last field is the class's number.
func classes(in []string, header string) []string {
	words := strings.Split(in[0], ",")[2:]
	out := []string{header}
	for _, line := range in[1:] {
		comma := strings.LastIndexByte(line, ',')
		class, err := strconv.Atoi(line[comma+1:])
		check(err)
		out = append(out, line[:comma+1]+words[class])
	}
	return out
}

// cancerHeader names ten measures of the cell nuclei, each by its mean, its standard error and its worst (the mean of the three largest).
func cancerHeader() string {
	measures := []string{"radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave_points", "symmetry", "fractal_dimension"}
	var names []string
	for _, form := range []string{"mean_%s", "%s_error", "worst_%s"} {
		for _, m := range measures {
			names = append(names, fmt.Sprintf(form, m))
		}
	}
	return strings.Join(append(names, "diagnosis"), ",")
}

// diabetes joins the inputs, separated by spaces, with the target.
func diabetes(inputs, targets []string) []string {
	out := []string{"age,sex,bmi,bp,s1,s2,s3,s4,s5,s6,progression"}
	for i, line := range inputs {
		v, err := strconv.ParseFloat(targets[i], 64)
		check(err)
		out = append(out, strings.Join(strings.Fields(line), ",")+","+strconv.FormatFloat(v, 'g', -1, 64))
	}
	return out
}

// penguins makes a row of each bird. What was not noted, null or a sex that is only a dot, is an empty field.
func penguins(path string) []string {
	content, err := os.ReadFile(path)
	check(err)
	var birds []struct {
		Species, Island, Sex string
		BeakLength           json.Number `json:"Beak Length (mm)"`
		BeakDepth            json.Number `json:"Beak Depth (mm)"`
		FlipperLength        json.Number `json:"Flipper Length (mm)"`
		BodyMass             json.Number `json:"Body Mass (g)"`
	}
	check(json.Unmarshal(content, &birds))
	out := []string{"species,island,beak_length_mm,beak_depth_mm,flipper_length_mm,body_mass_g,sex"}
	for _, b := range birds {
		out = append(out, fmt.Sprintf("%s,%s,%s,%s,%s,%s,%s", b.Species, b.Island, b.BeakLength, b.BeakDepth, b.FlipperLength, b.BodyMass,
			strings.ToLower(strings.Trim(b.Sex, "."))))
	}
	return out
}

// sensor keeps of each reading where its mote stands, what it reads, and whether that is an anomaly.
func sensor(in []string) []string {
	const header = "reading,mote_id,indoor,humidity,temperature,label"
	if in[0] != header {
		log.Fatalf("the columns of the readings are %s, not %s", in[0], header)
	}
	out := []string{"indoor,humidity,temperature,anomaly"}
	for _, line := range in[1:] {
		out = append(out, strings.Join(strings.Split(line, ",")[2:], ","))
	}
	return out
}

// names is a list of names as one text: in lower case, a line break before the first and after each, so that the line break is
// the symbol at which a name begins and ends.
func names(in []string) []byte { return []byte("\n" + strings.ToLower(strings.Join(in, "\n")) + "\n") }

// pairs draws n pairs of digits, every second one of the same kind, and writes their images and whether they differ as packed
// IDX files. A line is 64 shades from 0 to 16 and the digit; a file's shades are 15 times as much, to have most of a byte's range.
func pairs(name string, digits []string, n int) {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	var kinds [10][][]byte
	for _, line := range digits {
		f := strings.Split(line, ",")
		shades := make([]byte, len(f)-1)
		for i := range shades {
			v, err := strconv.ParseFloat(f[i], 64)
			check(err)
			shades[i] = byte(15 * v)
		}
		digit, err := strconv.ParseFloat(f[len(f)-1], 64)
		check(err)
		kinds[int(digit)] = append(kinds[int(digit)], shades)
	}
	left := []byte{0, 0, 8, 3, 0, 0, byte(n >> 8), byte(n), 0, 0, 0, 8, 0, 0, 0, 8} // bytes, 3 axes: n, 8, 8
	right := bytes.Clone(left)
	differ := []byte{0, 0, 8, 1, 0, 0, byte(n >> 8), byte(n)}
	for i := range n {
		a := r.IntN(10)
		b := (a + i%2*(1+r.IntN(9))) % 10
		left = append(left, kinds[a][r.IntN(len(kinds[a]))]...)
		right = append(right, kinds[b][r.IntN(len(kinds[b]))]...)
		differ = append(differ, byte(i%2))
	}
	pack(name+"_left.gz", left)
	pack(name+"_right.gz", right)
	pack(name+"_differ.gz", differ)
}

// lines reads a text file, unpacking it if need be.
func lines(path string) []string {
	content, err := os.ReadFile(path)
	check(err)
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(content))
		check(err)
		content, err = io.ReadAll(z)
		check(err)
	}
	text := strings.ReplaceAll(string(content), "\r\n", "\n")
	return strings.Split(strings.TrimRight(text, "\n"), "\n")
}

func write(path string, lines []string) {
	check(os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644))
}

// pack writes the content compressed.
func pack(path string, content []byte) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	check(err)
	_, err = z.Write(content)
	check(err)
	check(z.Close())
	check(os.WriteFile(path, b.Bytes(), 0o644))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

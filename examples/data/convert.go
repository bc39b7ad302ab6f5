//go:build ignore

// Convert writes the tables of this folder, and the ones that runtime/data/iris and runtime/data/digits carry, from their
// sources. Run it here with the folder that has them:
//
//	go run convert.go SOURCES
//
// SOURCES holds iris.csv, wine_data.csv, breast_cancer.csv, diabetes_data_raw.csv.gz, diabetes_target.csv.gz and
// digits.csv.gz of scikit-learn's sklearn/datasets/data, and Harrison and Rubinfeld's boston_harrison_pddl.csv.
// README.md tells where each comes from.
//
// Every output has a header row, and words for classes. Numbers stay as the source writes them, but for the
// target of diabetes, where 1.510000000000000000e+02 becomes 151.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log"
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

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

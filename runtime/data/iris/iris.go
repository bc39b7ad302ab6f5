// Package iris carries the data set iris: 150 flowers of three species, each
// with the length and the width of its sepals and petals in centimetres. R. A.
// Fisher, "The use of multiple measurements in taxonomic problems", Annals of
// Eugenics 7 (1936); UCI Machine Learning Repository,
// https://doi.org/10.24432/C56C76, CC BY 4.0; values as scikit-learn has them.
package iris

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nnc-lang/nnc/runtime/data"
)

//go:embed iris.csv
var file string

// Set is the data set iris, for data.Open.
var Set = data.Source{Name: "iris", Open: read}

// read parses the file: a header, then four numbers and a species a row.
func read() (*data.Table, error) {
	records, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("iris: %w", err)
	}
	const features = 4
	t := &data.Table{
		Shape:  []int{features},
		Names:  records[0][:features],
		Labels: []string{"setosa", "versicolor", "virginica"},
	}
	for _, r := range records[1:] {
		for _, field := range r[:features] {
			v, err := strconv.ParseFloat(field, 64)
			if err != nil {
				return nil, fmt.Errorf("iris: %w", err)
			}
			t.X = append(t.X, v)
		}
		t.Y = append(t.Y, int32(slices.Index(t.Labels, r[features])))
	}
	return t, nil
}

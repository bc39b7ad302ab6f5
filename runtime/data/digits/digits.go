// Package digits carries the data set digits: 1797 handwritten digits of 8×8
// pixels, from 0 (paper) to 1 (ink) in steps of 1/16. E. Alpaydin and C.
// Kaynak, "Optical Recognition of Handwritten Digits" (1998), UCI Machine
// Learning Repository, https://doi.org/10.24432/C50P49, CC BY 4.0; the test
// part, as scikit-learn has it.
package digits

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"

	"github.com/nnc-lang/nnc/runtime/data"
)

//go:embed digits.csv.gz
var file []byte

// Set is the data set digits, for data.Open.
var Set = data.Source{Name: "digits", Open: read}

// read parses the file: 64 pixels of 0 to 16 and a label a row. Pixels become
// 0…1, as in all sets of images.
func read() (*data.Table, error) {
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("digits: %w", err)
	}
	records, err := csv.NewReader(z).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("digits: %w", err)
	}
	const pixels = 8 * 8
	t := &data.Table{Shape: []int{8, 8}, Labels: []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}}
	for _, r := range records {
		for i, field := range r[:pixels+1] {
			v, err := strconv.Atoi(field)
			switch {
			case err != nil:
				return nil, fmt.Errorf("digits: %w", err)
			case i < pixels:
				t.X = append(t.X, float64(v)/16)
			default:
				t.Y = append(t.Y, int32(v))
			}
		}
	}
	return t, nil
}

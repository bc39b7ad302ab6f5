package program

import (
	"encoding/json"
	"strings"
	"testing"
)

// A table of predictions names a class a row, or a class a step of a sequence,
// where the values are probabilities of classes.
func TestTableOfClasses(t *testing.T) {
	for _, c := range []struct {
		name            string
		output          Output
		values          []float64 // of one row
		csv, json, line string
	}{
		{"a class", Output{Shape: []int{3}, Classes: 3}, []float64{0.25, 0.5, 0.25},
			"class,a,b,c\nb,0.25,0.5,0.25\n",
			"[\n {\"class\":\"b\",\"probability\":0.5,\"output\":[0.25,0.5,0.25]}\n]\n",
			`{"values":[0.25,0.5,0.25],"class":"b","probability":0.5}`},
		{"one value for two classes", Output{Name: "y", Shape: []int{1}, Classes: 2}, []float64{0.25},
			"class,y\na,0.25\n",
			"[\n {\"class\":\"a\",\"probability\":0.75,\"output\":[0.25]}\n]\n",
			`{"name":"y","values":[0.25],"class":"a","probability":0.75}`},
		{"a class a step", Output{Shape: []int{2, 3}, Classes: 3}, []float64{0.25, 0.5, 0.25, 0, 0, 1},
			"class_0,class_1,output_0,output_1,output_2,output_3,output_4,output_5\nb,c,0.25,0.5,0.25,0,0,1\n",
			"[\n {\"classes\":[\"b\",\"c\"],\"probabilities\":[0.5,1],\"output\":[[0.25,0.5,0.25],[0,0,1]]}\n]\n",
			`{"values":[0.25,0.5,0.25,0,0,1],"classes":["b","c"]}`},
		{"one value a step for two classes", Output{Shape: []int{2, 1}, Classes: 2}, []float64{0.25, 0.75},
			"class_0,class_1,output_0,output_1\na,b,0.25,0.75\n",
			"[\n {\"classes\":[\"a\",\"b\"],\"probabilities\":[0.75,0.75],\"output\":[[0.25],[0.75]]}\n]\n",
			`{"values":[0.25,0.75],"classes":["a","b"]}`},
		{"numbers", Output{Shape: []int{2}}, []float64{1, 2},
			"output_0,output_1\n1,2\n", "[\n {\"output\":[1,2]}\n]\n", `{"values":[1,2]}`},
	} {
		table := table[float64]{Output: c.output, values: c.values, labels: []string{"a", "b", "c"}, rows: 1}
		var csv, list strings.Builder
		if err := table.csv(&csv); err != nil || csv.String() != c.csv {
			t.Errorf("%s: %v, csv\n%s", c.name, err, csv.String())
		}
		if err := table.json(&list); err != nil || list.String() != c.json {
			t.Errorf("%s: %v, json\n%s", c.name, err, list.String())
		}
		if line, err := json.Marshal(table.answer(0)); err != nil || string(line) != c.line {
			t.Errorf("%s: %v, event %s", c.name, err, line)
		}
	}
}

package data

// Held here: what a csv file may look like and how its columns come to ports;
// labels in sorted order; gaps; and that every fault names its file, line,
// column and remedy.

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// flowers are the ports of most cases: two numbers and one of two classes.
var flowers = []Port{{Name: "x", Shape: []int{2}}, {Name: "y", Classes: 2, Target: true}}

func columns(port string, names ...string) Binding { return Binding{Port: port, Columns: names} }

func bindY(s Spec) Spec {
	s.Kind, s.Path = "csv", "f.csv"
	if s.Bind == nil {
		s.Bind = []Binding{columns("y", "y")}
	}
	return s
}

// floats and labels are all rows of a port.
func floats(t *testing.T, s *Set, port int) []float64 {
	t.Helper()
	got := make([]float64, s.Len()*s.ports[port].Size())
	if err := Read(s, port, got, every(s)); err != nil {
		t.Fatal(err)
	}
	return got
}

func labels(t *testing.T, s *Set, port int) []int32 {
	t.Helper()
	got := make([]int32, s.Len()*s.ports[port].Size())
	if err := ReadLabels(s, port, got, every(s)); err != nil {
		t.Fatal(err)
	}
	return got
}

func every(s *Set) []int {
	rows := make([]int, s.Len())
	for i := range rows {
		rows[i] = i
	}
	return rows
}

func TestReadCSV(t *testing.T) {
	plain := "a,b,y\n1,2,no\n3,-4e1,yes\n"
	for _, c := range []struct {
		name, content string
		spec          Spec
		x             []float64
		y             []int32
		labels        []string
	}{
		{"plain", plain, Spec{}, []float64{1, 2, 3, -40}, []int32{0, 1}, []string{"no", "yes"}},
		{"packed", string(packed([]byte(plain))), Spec{}, []float64{1, 2, 3, -40}, []int32{0, 1}, []string{"no", "yes"}},
		{"byte order mark, CRLF, spaces, empty line, no end", "\xef\xbb\xbfa , b,y\r\n\r\n 1,2 , no\r\n3,4,yes", Spec{}, []float64{1, 2, 3, 4}, []int32{0, 1}, []string{"no", "yes"}},
		{"quotes", "\"a\",\"b\",\"y\"\n\"1\",2,\"x, \"\"y\"\"\"\n3,4,\"two\nlines\"\n", Spec{}, []float64{1, 2, 3, 4}, []int32{1, 0}, []string{"two\nlines", `x, "y"`}},
		{"order and unused columns", "id,y,b,name,a\n7,p,1,?,2\n8,q,3,,4\n", Spec{Bind: []Binding{columns("y", "y"), columns("x", "a", "b")}}, []float64{2, 1, 4, 3}, []int32{0, 1}, []string{"p", "q"}},
		{"numbers as labels", "a,b,y\n1,2,10\n3,4,9.0\n5,6,9\n", Spec{}, []float64{1, 2, 3, 4, 5, 6}, []int32{1, 0, 0}, []string{"9", "10"}},
		{"signs as labels", "a,b,y\n1,2,1\n3,4,-1\n", Spec{}, []float64{1, 2, 3, 4}, []int32{1, 0}, []string{"-1", "1"}},
		{"ignored labels", "a,b,y\n1,2,1\n3,4,-1\n5,6,0\n", Spec{}, []float64{1, 2, 3, 4, 5, 6}, []int32{1, -1, 0}, []string{"0", "1"}},
		{"drop", "a,b,y\n1,,no\n3,4,no\n5,NA,no\n6,7,?\n8,9,yes\n", Spec{Missing: "drop"}, []float64{3, 4, 8, 9}, []int32{0, 1}, []string{"no", "yes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := bindY(c.spec)
			s, err := readCSV(strings.NewReader(c.content), "f.csv", &spec, flowers, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := floats(t, s, 0); !slices.Equal(got, c.x) {
				t.Errorf("x is %v, want %v", got, c.x)
			}
			if got := labels(t, s, 1); !slices.Equal(got, c.y) {
				t.Errorf("y is %v, want %v", got, c.y)
			}
			if got := s.Labels("y"); !slices.Equal(got, c.labels) {
				t.Errorf("labels are %q, want %q", got, c.labels)
			}
		})
	}
}

func TestReadCSVNames(t *testing.T) {
	spec := bindY(Spec{})
	s, err := readCSV(strings.NewReader("a,y,b\n1,p,2\n1,q,2\n"), "f.csv", &spec, flowers, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Names("x"); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("names of x: %q", got)
	}
	if s.Names("z") != nil || s.Labels("z") != nil || s.Labels("x") != nil {
		t.Error("a port that is not there, or has no labels, got some")
	}
}

func TestReadCSVSequences(t *testing.T) {
	ports := []Port{{Name: "x", Shape: []int{2}, Classes: 3}, {Name: "y", Target: true}}
	spec := bindY(Spec{})
	s, err := readCSV(strings.NewReader("a,b,y\nu,v,1.5\nw,u,2\n"), "f.csv", &spec, ports, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := labels(t, s, 0); !slices.Equal(got, []int32{0, 1, 2, 0}) {
		t.Errorf("x is %v", got)
	}
	if got := floats(t, s, 1); !slices.Equal(got, []float64{1.5, 2}) {
		t.Errorf("y is %v", got)
	}
}

// Files that were made to be a burden: a word of a megabyte is not shown whole, a
// header of many columns is read in a moment.
func TestReadCSVOfHostileSizes(t *testing.T) {
	word := strings.Repeat("x", 1<<20)
	ports := []Port{{Name: "a"}, {Name: "y", Classes: 2, Target: true, Labels: []string{"p", "q"}}}
	spec := &Spec{Kind: "csv", Bind: []Binding{{Port: "a", Columns: []string{"a"}}, {Port: "y", Columns: []string{"y"}}}}
	var wide strings.Builder
	wide.WriteString("a,y")
	for i := range 200_000 {
		fmt.Fprintf(&wide, ",c%d", i)
	}
	for _, c := range []struct{ name, content, want string }{
		{"a number", "a,y\n" + word + ",p\n", "is not a number"},
		{"a label", "a,y\n1," + word + "\n", "is not one of the model's 2 classes"},
		{"a header", wide.String(), "has no rows below its header"},
	} {
		began := time.Now()
		_, err := readCSV(strings.NewReader(c.content), "f", spec, ports, nil)
		wantError(t, err, "f", c.want)
		if err != nil && len(err.Error()) > 300 {
			t.Errorf("%s: the message has %d bytes", c.name, len(err.Error()))
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s: %v", c.name, took)
		}
	}
}

func TestReadCSVRefuses(t *testing.T) {
	for _, c := range []struct {
		name, content string
		spec          Spec
		want          string
	}{
		{"empty", "", Spec{}, "f.csv: is empty"},
		{"no rows", "a,b,y\n", Spec{}, "f.csv: has no rows"},
		{"no header", "1,2,3\n4,5,6\n", Spec{}, "f.csv:1: looks like values"},
		{"semicolons", "a;b;y\n1;2;p\n", Spec{}, `f.csv:1: is one column, "a;b;y": fields are separated by commas`},
		{"UTF-16", "\xff\xfea\x00,\x00", Spec{}, "f.csv: is UTF-16"},
		{"text", "a,b,y\n1,2,p\n3,four,q\n", Spec{}, `f.csv:3:3: column b: "four" is not a number`},
		{"after lines in quotes", "a,b,y\n1,2,\"p\nq\"\n3,x,q\n", Spec{}, `f.csv:4:3: column b: "x" is not a number`},
		{"gap", "a,b,y\n1,,p\n", Spec{}, `f.csv:2:3: column b: a gap (""); missing: mean or missing: drop says what to do`},
		{"gap in words", "a,b,y\n1,NaN,p\n", Spec{}, `column b: a gap ("NaN")`},
		{"gap in a label", "a,b,y\n1,2,NA\n", Spec{}, `f.csv:2:5: column y: a gap ("NA")`},
		{"gap in a label, mean", "a,b,y\n1,2,p\n1,2,\n", Spec{Missing: "mean"}, `f.csv:3:5: column y: a gap (""); missing: mean fills numbers of an input only`},
		{"nothing left", "a,b,y\n1,,p\n", Spec{Missing: "drop"}, "f.csv: has no row without a gap"},
		{"infinite", "a,b,y\n1,-Inf,p\n", Spec{}, "f.csv:2:3: column b: -Inf is not a finite number"},
		{"large", "a,b,y\n1,1e999,p\n", Spec{}, "f.csv:2:3: column b: 1e999 is too large for a float64"},
		{"ragged", "a,b,y\n1,2,p\n1,2\n", Spec{}, "f.csv:3: has 2 fields, but the header has 3"},
		{"long row", "a,b,y\n1,2,p,q\n", Spec{}, "f.csv:2: has 4 fields, but the header has 3"},
		{"quote", "a,b,y\n1,2,\"p\n", Spec{}, `f.csv:2:8: extraneous or missing " in quoted-field`},
		{"bare quote", "a,b,y\n1,2\",p\n", Spec{}, `f.csv:2:4: bare " in non-quoted-field`},
		{"missing column", "sepal,petal,y\n1,2,p\n", Spec{Bind: []Binding{columns("x", "sepla", "petal"), columns("y", "y")}}, `f.csv: port x: no column is called "sepla" (did you mean sepal?); there are sepal, petal, y`},
		{"missing target", "a,b,y\n1,2,p\n", Spec{Bind: []Binding{columns("x", "a", "b")}}, `f.csv: which column is target y class(2)? Add y: "COLUMN"; there are a, b, y`},
		{"too many columns", "a,b,c,y\n1,2,3,p\n", Spec{}, "f.csv: input x [2] takes 2 values a row, but gets all other columns, 3 columns (a, b, c)"},
		{"too few columns", "a,b,y\n1,2,p\n", Spec{Bind: []Binding{columns("x", "a"), columns("y", "y")}}, "input x [2] takes 2 values a row, but gets 1 column (a)"},
		{"column without a name", ",b,y\n1,2,p\n", Spec{}, "f.csv:1: column 1 has no name: say by x: [...] which columns are read"},
		{"same names", "a,a,y\n1,2,p\n", Spec{}, "f.csv:1: two columns are called a"},
		{"classes", "a,b,y\n1,2,p\n1,2,q\n1,2,r\n", Spec{}, "f.csv: column y: has 3 classes (p, q, r), but target y class(2) has 2; write class(3)"},
		{"one class", "a,b,y\n1,2,p\n", Spec{}, "has 1 class (p), but target y class(2) has 2; at least 2 are wanted"},
		{"label's bytes", "a,b,y\n1,2,\xff\n", Spec{}, `f.csv:2:5: column y: "\xff" is not UTF-8`},
		{"a bitmap", "BM\x06\x00\x00(\x00\xff", Spec{}, `f.csv:1: "BM\x06\x00\x00(\x00\xff" is no name of a column: is this a csv? Arrays are npy or idx files, images PNG or JPEG`},
		{"name's bytes", "a,b\xff,y\n1,2,p\n", Spec{}, `f.csv:1: the column name "b\xff" is not UTF-8`},
		{"packed and cut", string(packed([]byte("a,b,y\n1,2,p\n"))[:20]), Spec{}, "f.csv: is cut or altered"},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := bindY(c.spec)
			_, err := readCSV(strings.NewReader(c.content), "f.csv", &spec, flowers, nil)
			wantError(t, err, "f.csv", c.want)
		})
	}
}

func TestReadCSVSecondSource(t *testing.T) {
	spec := bindY(Spec{})
	train, err := readCSV(strings.NewReader("a,b,y\n1,2,p\n3,4,q\n"), "f.csv", &spec, flowers, nil)
	if err != nil {
		t.Fatal(err)
	}
	bare := Spec{Kind: "csv", Path: "t.csv"}
	// Columns are found by name, and labels keep the training set's numbers
	// even where a class is absent.
	test, err := readCSV(strings.NewReader("y,extra,b,a\nq,?,6,5\n"), "t.csv", &bare, flowers, train)
	if err != nil {
		t.Fatal(err)
	}
	if x, y := floats(t, test, 0), labels(t, test, 1); !slices.Equal(x, []float64{5, 6}) || y[0] != 1 {
		t.Errorf("got %v, %v", x, y)
	}
	_, err = readCSV(strings.NewReader("a,b,y\n1,2,Q\n"), "t.csv", &bare, flowers, train)
	wantError(t, err, "t.csv", `t.csv:2:5: column y: "Q" is not one of the model's 2 classes: p, q (did you mean q?)`)
	_, err = readCSV(strings.NewReader("a,y\n1,q\n"), "t.csv", &bare, flowers, train)
	wantError(t, err, "t.csv", `no column is called "b"`)
}

func TestReadCSVFixedLabels(t *testing.T) {
	ports := slices.Clone(flowers)
	ports[1].Labels = []string{"yes", "no"} // in a weight file's order
	spec := bindY(Spec{})
	s, err := readCSV(strings.NewReader("a,b,y\n1,2,no\n1,2,-1\n"), "f.csv", &spec, ports, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := labels(t, s, 1); !slices.Equal(got, []int32{1, -1}) || !slices.Equal(s.Labels("y"), ports[1].Labels) {
		t.Errorf("got %v, %v", got, s.Labels("y"))
	}
}

func TestSeveralInputsWithoutColumns(t *testing.T) {
	ports := []Port{{Name: "u"}, {Name: "v"}}
	spec := Spec{Kind: "csv", Path: "f.csv"}
	_, err := readCSV(strings.NewReader("a,b\n1,2\n"), "f.csv", &spec, ports, nil)
	wantError(t, err, "f.csv", "input u and input v have no columns")
}

func BenchmarkReadCSV(b *testing.B) {
	content := "a,b,y\n" + strings.Repeat("1.25,-300.5,no\n0.001,7,yes\n", 10000)
	spec := bindY(Spec{})
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readCSV(strings.NewReader(content), "f.csv", &spec, flowers, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzCSV(f *testing.F) {
	f.Add("a,b,y\n1,2,no\n3,-4e1,yes\n", "")
	f.Add("\xef\xbb\xbfa,b,y\r\n1,,no\r\n3,4,\"yes\n\"", "mean")
	f.Add("a,b,y\n1,?,-1\n3,4,0\n5,6,1\n", "drop")
	f.Add(string(packed([]byte("a,b,y\n1,2,no\n"))), "")
	f.Fuzz(func(t *testing.T, content, missing string) {
		spec := bindY(Spec{Missing: missing})
		if err := spec.check(flowers); err != nil {
			wantError(t, err, "", "")
			return
		}
		s, err := readCSV(strings.NewReader(content), "f.csv", &spec, flowers, nil)
		if err != nil {
			wantError(t, err, "f.csv", "")
			return
		}
		if err := fillGaps(s, nil); err != nil {
			wantError(t, err, "f.csv", "")
			return
		}
		for _, v := range floats(t, s, 0) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("read %v", v)
			}
		}
		for _, l := range labels(t, s, 1) {
			if l < -1 || l > 1 {
				t.Errorf("read the label %d", l)
			}
		}
	})
}

func ExampleError() {
	spec := Spec{Kind: "csv", Path: "f.csv", Bind: []Binding{{Port: "y", Columns: []string{"price"}}}}
	ports := []Port{{Name: "x"}, {Name: "y", Target: true}}
	_, err := readCSV(strings.NewReader("size,price\n82,210\n64,about 150\n"), "homes.csv", &spec, ports, nil)
	fmt.Println(err)
	// Output: homes.csv:3:4: column price: "about 150" is not a number
}

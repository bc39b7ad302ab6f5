package data

// Held here: which rows are held out, second sources, gaps filled by the
// training rows' mean, how files and built-in sets come to ports, and what a
// spec may not say. The tables of examples/data are opened as the examples do.

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		n     int
		share float64
		held  int
	}{{150, 0.2, 30}, {1797, 0.2, 359}, {10, 0.25, 3}, {2, 0.01, 1}, {2, 0.99, 1}, {5, 0.999, 4}, {60000, 1. / 6, 10000}} {
		train, held := Split(c.n, c.share)
		if len(held) != c.held {
			t.Errorf("Split(%d, %v) holds out %d, want %d", c.n, c.share, len(held), c.held)
		}
		if !slices.IsSorted(train) || !slices.IsSorted(held) {
			t.Errorf("Split(%d, %v) does not ascend", c.n, c.share)
		}
		all := slices.Sorted(slices.Values(slices.Concat(train, held)))
		for i, r := range all {
			if i != r {
				t.Fatalf("Split(%d, %v): row %d is missing or stands twice", c.n, c.share, i)
			}
		}
	}
	// These rows are part of what a published accuracy means: they never change.
	if _, held := Split(20, 0.2); !slices.Equal(held, []int{5, 11, 12, 15}) {
		t.Errorf("Split(20, 0.2) holds out %v", held)
	}
	// Every row is as likely as any other: over many sizes, the held-out fifth
	// lies in the middle on average.
	var mean float64
	for n := 100; n < 200; n++ {
		_, held := Split(n, 0.2)
		for _, r := range held {
			mean += float64(r) / float64(n-1) / float64(len(held)) / 100
		}
	}
	if math.Abs(mean-0.5) > 0.02 {
		t.Errorf("held-out rows lie at %.3f of the file on average", mean)
	}
}

func TestOpenCSV(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "f.csv", "a,b,y\n0,0,p\n1,1,q\n2,2,p\n3,3,q\n4,4,p\n")
	spec := Spec{Kind: "csv", Path: "f.csv", Bind: []Binding{columns("y", "y")}}
	train, test, err := Open(spec, dir, flowers)
	if err != nil {
		t.Fatal(err)
	}
	if train.Len() != 5 || test != nil {
		t.Errorf("%d rows, test %v; want all 5 and no test", train.Len(), test)
	}
	spec.Test = 0.4
	train, test, err = Open(spec, dir, flowers)
	if err != nil {
		t.Fatal(err)
	}
	rows, held := Split(5, 0.4)
	for _, c := range []struct {
		set  *Set
		rows []int
	}{{train, rows}, {test, held}} {
		x := floats(t, c.set, 0)
		for i, r := range c.rows {
			if x[2*i] != float64(r) {
				t.Errorf("row %d of the part is %v, want row %d of the file", i, x[2*i], r)
			}
		}
	}
	_, _, err = Open(Spec{Kind: "csv", Path: "none.csv"}, dir, flowers)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file gives %v", err)
	}
	_, _, err = Open(Spec{Kind: "csv", Path: "."}, dir, flowers)
	if _, ok := errors.AsType[*fs.PathError](err); !ok {
		t.Errorf("a folder gives %v", err)
	}
	write(t, dir, "one.csv", "a,b,y\n0,0,1\n")
	spec.Path = "one.csv"
	_, _, err = Open(spec, dir, []Port{{Name: "x", Shape: []int{2}}, {Name: "y", Target: true}})
	wantError(t, err, filepath.Join(dir, "one.csv"), "nothing can be held out")
}

func TestMissingMean(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "f.csv", "x,y\n1,0\n?,0\n2,0\n,0\n6,0\n100,0\nNA,0\n3,0\n")
	ports := []Port{{Name: "x"}, {Name: "y", Target: true}}
	spec := Spec{Kind: "csv", Path: "f.csv", Bind: []Binding{columns("y", "y")}, Missing: "mean", Test: 0.25}
	train, test, err := Open(spec, dir, ports)
	if err != nil {
		t.Fatal(err)
	}
	rows, held := Split(8, 0.25)
	file := []float64{1, math.NaN(), 2, math.NaN(), 6, 100, math.NaN(), 3}
	var sum, n float64
	for _, r := range rows {
		if !math.IsNaN(file[r]) {
			sum, n = sum+file[r], n+1
		}
	}
	for _, c := range []struct {
		set  *Set
		rows []int
	}{{train, rows}, {test, held}} {
		for i, v := range floats(t, c.set, 0) {
			want := file[c.rows[i]]
			if math.IsNaN(want) {
				want = sum / n
			}
			if math.Abs(v-want) > 1e-12 {
				t.Errorf("row %d is %v, want %v", c.rows[i], v, want)
			}
		}
	}
	// A second source is filled by the training rows' mean as well.
	write(t, dir, "t.csv", "x,y\n?,0\n")
	spec.Test, spec.TestSource = 0, &Spec{Kind: "csv", Path: "t.csv", Missing: "mean"}
	_, test, err = Open(spec, dir, ports)
	if err != nil || math.Abs(floats(t, test, 0)[0]-112./5) > 1e-12 {
		t.Errorf("got %v, %v; want 22.4", test, err)
	}
	// Whatever type the training rows have.
	write(t, dir, "x.npy", string(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", 0))+"\x03\x04")
	bytes := Spec{Kind: "npy", Bind: []Binding{{Port: "x", File: "x.npy"}, {Port: "y", File: "x.npy"}},
		TestSource: &Spec{Kind: "csv", Path: "t.csv", Bind: []Binding{columns("y", "y")}, Missing: "mean"}}
	_, test, err = Open(bytes, dir, ports)
	if err != nil || floats(t, test, 0)[0] != 3.5 {
		t.Errorf("got %v, %v; want 3.5", test, err)
	}
	write(t, dir, "empty.csv", "x,y\n?,0\n,1\n")
	_, _, err = Open(Spec{Kind: "csv", Path: "empty.csv", Bind: []Binding{columns("y", "y")}, Missing: "mean"}, dir, ports)
	wantError(t, err, filepath.Join(dir, "empty.csv"), "empty.csv:2: column x: a gap, and no training row has a value")
}

func TestOpenArrays(t *testing.T) {
	dir := t.TempDir()
	ports := []Port{{Name: "x", Shape: []int{1, 2, 3}}, {Name: "y"}, {Name: "t", Classes: 4, Target: true}}
	write(t, dir, "x.npy", string(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 6), }", 0))+"\x00\x01\x02\x03\x04\xff\x06\x07\x08\x09\x0a\x0b")
	write(t, dir, "y.npy", string(npy("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 1), }", 0))+"\x01\x00\xff\xff")
	write(t, dir, "t.npy", string(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 0))+"\x00\x00\x40\x40\x00\x00\x80\xbf") // 3, -1
	bind := func(names ...string) (b []Binding) {
		for _, n := range names {
			b = append(b, Binding{Port: n, File: n + ".npy"})
		}
		return b
	}
	s, _, err := Open(Spec{Kind: "npy", Bind: bind("x", "y", "t")}, dir, ports)
	if err != nil {
		t.Fatal(err)
	}
	if x := floats(t, s, 0); !slices.Equal(x, []float64{0, 1, 2, 3, 4, 255, 6, 7, 8, 9, 10, 11}) {
		t.Errorf("integers of an npy file are not as they are: %v", x)
	}
	if y, l := floats(t, s, 1), labels(t, s, 2); !slices.Equal(y, []float64{1, -1}) || !slices.Equal(l, []int32{3, -1}) {
		t.Errorf("got %v, %v", y, l)
	}
	_, _, err = Open(Spec{Kind: "npy", Bind: bind("x", "t")}, dir, ports)
	wantError(t, err, "", `data npy: no file for input y: add y: "FILE"`)

	for _, c := range []struct {
		port    Port
		content string
		want    string
	}{
		{Port{Name: "t", Classes: 3, Target: true}, "", "row 0: port t: 3 is not a label of class(3)"},
		{Port{Name: "t", Classes: 4}, "", "row 1: port t: -1 is not a label of class(4), which are 0 to 3"},
		{Port{Name: "t", Shape: []int{2}}, "", "has rows of 1 value, but input t [2] is 2 values a row"},
		{Port{Name: "t"}, string(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 0)) + "\x00\x00\x40\x40\x00\x00\xc0\x7f", "row 1: port t: NaN is not a finite number"},
		{Port{Name: "t", Classes: 4}, string(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", 0)) + "\x00\x00\x00\x00\x00\x00\x00\x3f", "row 1: port t: 0.5 is not a label"},
		{Port{Name: "t"}, string(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }", 0)), "has no rows, or rows without values: its shape is [0]"},
		{Port{Name: "t", Shape: []int{0}}, string(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 0), }", 0)), "has no rows, or rows without values: its shape is [1000000000, 0]"},
		{Port{Name: "t"}, string(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", 3)), "has 3 rows, but " + filepath.Join(dir, "x.npy") + " has 2"},
		{Port{Name: "t", Shape: []int{2, 2}}, string(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3, 3), }", 18)), "has rows of [3, 3] (9 values), but input t [2, 2] is 4 values a row"},
		{Port{Name: "t", Shape: []int{3, 1, 2}}, string(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 3), }", 12)), "has rows of [2, 3], but input t [3, 1, 2] has other axes: bring them into that order, or make each row a plain one of 6 values"},
	} {
		if c.content != "" {
			write(t, dir, "t.npy", c.content)
		}
		_, _, err := Open(Spec{Kind: "npy", Bind: bind("x", "t")}, dir, []Port{ports[0], c.port})
		wantError(t, err, filepath.Join(dir, "t.npy"), c.want)
	}
}

// smallTable is a small embedded set in digits' place.
func smallTable(name string, n int) Source {
	return Source{Name: name, Open: func() (*Table, error) {
		t := &Table{Shape: []int{2}, Names: []string{"u", "v"}, Labels: digitNames(10)}
		for i := range n {
			t.X = append(t.X, float64(i), -float64(i))
			t.Y = append(t.Y, int32(i%10))
		}
		return t, nil
	}}
}

func TestOpenEmbedded(t *testing.T) {
	ports := []Port{{Name: "label", Classes: 10, Target: true}, {Name: "x", Shape: []int{2, 1}}}
	source := smallTable("digits", 20)
	train, test, err := Open(Spec{Kind: "digits"}, "", ports, smallTable("iris", 3), source)
	if err != nil {
		t.Fatal(err)
	}
	_, held := Split(20, 0.2)
	if train.Len() != 16 || !slices.Equal(test.rows, held) {
		t.Errorf("%d training rows, held out %v; want a fifth, %v", train.Len(), test.rows, held)
	}
	if x, y := floats(t, test, 1), labels(t, test, 0); x[0] != float64(held[0]) || y[0] != int32(held[0]%10) {
		t.Errorf("row %d is %v, %v", held[0], x[:2], y[0])
	}
	if !slices.Equal(train.Labels("label"), digitNames(10)) || !slices.Equal(train.Names("x"), []string{"u", "v"}) {
		t.Errorf("labels %q, names %q", train.Labels("label"), train.Names("x"))
	}
	train, test, err = Open(Spec{Kind: "digits", Test: 0.5}, "", ports, source)
	if err != nil || train.Len() != 10 || test.Len() != 10 {
		t.Errorf("test: 0.5 gives %v, %v, %v", train, test, err)
	}
	dir := t.TempDir()
	write(t, dir, "t.csv", "u,v,label\n1,2,7\n")
	second := &Spec{Kind: "csv", Path: "t.csv", Bind: []Binding{columns("label", "label")}}
	train, test, err = Open(Spec{Kind: "digits", TestSource: second}, dir, ports, source)
	if err != nil || train.Len() != 20 || test.Len() != 1 || labels(t, test, 0)[0] != 7 {
		t.Errorf("a second source gives %v, %v, %v", train, test, err)
	}
	// As a second source it gives what it would hold out.
	write(t, dir, "f.csv", "u,v,label\n1,1,0\n1,1,1\n1,1,2\n1,1,3\n1,1,4\n1,1,5\n1,1,6\n1,1,7\n1,1,8\n1,1,9\n")
	first := *second
	first.Path, first.TestSource = "f.csv", &Spec{Kind: "digits"}
	if train, test, err = Open(first, dir, ports, source); err != nil || train.Len() != 10 || !slices.Equal(test.rows, held) {
		t.Errorf("digits as a second source gives %v, %v, %v", train, test, err)
	}
	if _, _, err := Open(Spec{Kind: "digits"}, "", ports); err == nil {
		t.Error("a set that is not carried was opened")
	}

	x, label := ports[1], ports[0]
	for _, c := range []struct {
		ports []Port
		file  string
		want  string
	}{
		{[]Port{x, {Name: "x2", Shape: []int{2}}}, "", "fills one input and one target, but the model has input x [2, 1] and input x2 [2]"},
		{[]Port{x, label, label}, "", "but the model has target label class(10) and target label class(10)"},
		{[]Port{label}, "", "no input for the rows"},
		{[]Port{{Name: "x", Shape: []int{64}}}, "digits", "has rows of 2 values, but input x [64] is 64 values a row"},
		{[]Port{x, {Name: "y", Shape: []int{10}, Target: true}}, "digits", "has labels of 10 classes, but target y [10] is numbers; write target y class(10)"},
		{[]Port{x, {Name: "y", Classes: 9, Target: true}}, "digits", "has 10 classes, but target y class(9) is class(9)"},
		{[]Port{x, {Name: "y", Classes: 10, Shape: []int{2}, Target: true}}, "digits", "has one label a row, but target y [2]class(10) has 2"},
		{[]Port{x, {Name: "y", Classes: 10, Target: true, Labels: []string{"a"}}}, "digits", "has the classes 0, 1, 2, 3, 4, 5, 6, 7 and 2 more, but the model knows a"},
		{[]Port{{Name: "x", Shape: []int{2}, Classes: 3}}, "digits", "row 1: port x, element 1: -1 is not a label of class(3)"},
	} {
		_, _, err := Open(Spec{Kind: "digits"}, "", c.ports, source)
		wantError(t, err, c.file, c.want)
	}
}

func TestSpecRefuses(t *testing.T) {
	csv := func(s Spec) Spec { s.Kind, s.Path = "csv", "f.csv"; return s }
	for _, c := range []struct {
		spec Spec
		want string
	}{
		{Spec{Kind: "minst"}, "data minst: no such kind of data (did you mean mnist?); there are csv, npy, idx, images, text, digits, iris, mnist, fashion_mnist"},
		{Spec{Kind: "csv"}, "needs a file"},
		{Spec{Kind: "npy", Path: "x.npy"}, `takes no file of its own, got "x.npy"`},
		{Spec{Kind: "mnist", Missing: "drop"}, "only a csv has gaps"},
		{csv(Spec{Missing: "zero"}), `missing is mean or drop, got "zero"`},
		{Spec{Kind: "mnist", Bind: []Binding{columns("x", "a")}}, "takes no argument x"},
		{csv(Spec{Test: 0.2, TestSource: &Spec{Kind: "mnist"}}), "a share or a second source, not both"},
		{csv(Spec{Test: 1}), "a share between 0 and 1, got 1"},
		{csv(Spec{Test: -0.1}), "a share between 0 and 1, got -0.1"},
		{csv(Spec{Test: math.NaN()}), "a share between 0 and 1, got NaN"},
		{Spec{Kind: "mnist", Test: 0.1}, "has 10000 test rows of its own: leave test out"},
		{csv(Spec{Bind: []Binding{columns("yy", "a")}}), "the model has no port yy (did you mean y?)"},
		{csv(Spec{Bind: []Binding{columns("y", "a"), columns("y", "b")}}), "y is given twice"},
		{csv(Spec{Bind: []Binding{{Port: "y", File: "y.npy"}}}), "y names the columns of the file"},
		{Spec{Kind: "idx", Bind: []Binding{columns("y", "a")}}, "y names one file"},
		{csv(Spec{TestSource: &Spec{Kind: "csv", Path: "t.csv", Test: 0.1}}), "leave its test out"},
		{csv(Spec{TestSource: &Spec{Kind: "csv", Path: "t.csv", Standardize: true}}), "standardize belongs to the training source"},
		{csv(Spec{TestSource: &Spec{Kind: "csv"}}), "needs a file"},
		{Spec{Kind: "images"}, "needs a folder, which holds a folder of images for each class"},
		{Spec{Kind: "images", Path: "f", Bind: []Binding{columns("x", "a")}}, "takes no argument x: its rows go to the one input"},
		{Spec{Kind: "images", Path: "f", Length: 8}, "takes no option length: only a text is cut into rows"},
		{Spec{Kind: "images", Path: "f", Missing: "drop"}, "only a csv has gaps"},
		{Spec{Kind: "text"}, "needs a file: text(\"file.txt\", length: 64)"},
		{Spec{Kind: "text", Path: "f", Length: -1}, "length is a number of characters, got -1"},
		{Spec{Kind: "text", Path: "f", Bind: []Binding{columns("x", "a")}}, "takes no argument x: its characters go to the one input"},
		{csv(Spec{Length: 3}), "takes no option length"},
	} {
		_, _, err := Open(c.spec, "", flowers)
		wantError(t, err, "", c.want)
	}
	_, _, err := Open(Spec{Kind: "mnist"}, "", nil)
	wantError(t, err, "", "no port")
}

func TestExampleTables(t *testing.T) {
	for _, c := range []struct {
		file, target string
		inputs       int
		labels       []string // nil: a number
		rows         int
		sum          float64 // of the target, or of the labels
	}{
		{"iris.csv", "species", 4, []string{"setosa", "versicolor", "virginica"}, 150, 150},
		{"wine.csv", "class", 13, []string{"class_0", "class_1", "class_2"}, 178, 71 + 2*48},
		{"breast_cancer.csv", "diagnosis", 30, []string{"benign", "malignant"}, 569, 212},
		{"boston.csv", "medv", 13, nil, 506, 11401.6},
		{"diabetes.csv", "progression", 10, nil, 442, 67243},
	} {
		t.Run(c.file, func(t *testing.T) {
			ports := []Port{{Name: "x", Shape: []int{c.inputs}}, {Name: "y", Classes: len(c.labels), Target: true}}
			spec := Spec{Kind: "csv", Path: c.file, Bind: []Binding{columns("y", c.target)}}
			s, _, err := Open(spec, filepath.FromSlash("../../examples/data"), ports)
			if err != nil {
				t.Fatal(err)
			}
			var sum float64
			if c.labels != nil {
				for _, l := range labels(t, s, 1) {
					sum += float64(l)
				}
			} else {
				for _, v := range floats(t, s, 1) {
					sum += v
				}
			}
			if s.Len() != c.rows || !slices.Equal(s.Labels("y"), c.labels) || math.Abs(sum-c.sum) > 1e-6 {
				t.Errorf("%d rows, labels %q, targets sum to %v; want %d, %q, %v", s.Len(), s.Labels("y"), sum, c.rows, c.labels, c.sum)
			}
		})
	}
}

func TestOpenIDXSubset(t *testing.T) {
	ports := []Port{{Name: "image", Shape: []int{784}}, {Name: "digit", Classes: 10, Target: true}}
	bind := func(part string) []Binding {
		return []Binding{{Port: "image", File: part + "-images-idx3-ubyte.gz"}, {Port: "digit", File: part + "-labels-idx1-ubyte.gz"}}
	}
	spec := Spec{Kind: "idx", Bind: bind("train"), TestSource: &Spec{Kind: "idx", Bind: bind("t10k")}}
	train, test, err := Open(spec, filepath.FromSlash("../../testdata/mnist"), ports)
	if err != nil {
		t.Fatal(err)
	}
	if train.Len() != 5000 || test.Len() != 1000 {
		t.Fatalf("%d and %d rows", train.Len(), test.Len())
	}
	if y := labels(t, test, 1)[:10]; !slices.Equal(y, []int32{7, 2, 1, 0, 4, 1, 4, 9, 5, 9}) {
		t.Errorf("the first test digits are %v", y) // as in every book
	}
	x := make([]float32, 784)
	if err := Read(train, 0, x, []int{0}); err != nil || slices.Max(x) != 1 || slices.Min(x) != 0 {
		t.Errorf("pixels from %v to %v (%v)", slices.Min(x), slices.Max(x), err)
	}
}

func TestSameAxes(t *testing.T) {
	for _, c := range []struct {
		array, port []int
		want        bool
	}{
		{[]int{784}, []int{1, 28, 28}, true},
		{[]int{28, 28}, []int{784}, true},
		{[]int{28, 28}, []int{1, 28, 28}, true},
		{[]int{28, 28, 1}, []int{1, 28, 28}, true},
		{[]int{32, 32, 3}, []int{3, 32, 32}, false},
		{[]int{20, 16}, []int{16, 20}, false},
		{nil, nil, true},
	} {
		if got := sameAxes(c.array, c.port); got != c.want {
			t.Errorf("rows of %v for %v: %v", c.array, c.port, got)
		}
	}
}

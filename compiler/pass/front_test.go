package pass_test

// Tests of the front half, from the syntax tree to the graph:
//
//   - testdata/diag/*.nn: files with faults, and beside each fault what must be said of it (TestDiagnostics);
//   - the example of every diagnostic code, which must give that code and no other (TestExplanations);
//   - testdata/ir/build_*.txtar: models and the graphs that are built of them (TestBuild);
//   - -set, -data and the models of a file, which no file can show.

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/pass"
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
	"github.com/rogpeppe/go-internal/diff"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// diagnose gives all that the front half says of a file.
func diagnose(name string, src []byte) diag.List {
	f, list := dsl.Parse(name, src)
	if len(list) > 0 {
		return list
	}
	p, list := pass.Resolve(f, nil)
	for _, m := range p.Models() {
		for _, training := range []bool{true, false} {
			_, more := pass.Build(p, m, training)
			list = append(list, more...)
		}
	}
	list.Sort()
	return list
}

// expectation is a comment of a file in testdata/diag:
//
//	dense(3) -> rellu // ### unknown-layer "rellu" "no layer rellu.*did you mean relu"
//
// In this line a diagnostic starts that has the code, stands at the quoted source text, and whose message and help, with a
// blank between, match the regular expression. A line may have several, and each diagnostic needs one. The text is ""
// where it cannot be quoted.
type expectation struct {
	line  int
	code  diag.Code
	at    string
	match *regexp.Regexp
	met   bool
}

var expectationText = regexp.MustCompile(`### ([a-z0-9-]+) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"`)

func TestDiagnostics(t *testing.T) {
	files, err := filepath.Glob("../../testdata/diag/*.nn")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	cases, codes := 0, map[diag.Code]bool{}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".nn"), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var want []*expectation
			for i, line := range strings.Split(string(src), "\n") {
				found := expectationText.FindAllStringSubmatch(line, -1)
				if len(found) != strings.Count(line, "###") {
					t.Errorf("%s:%d: this expectation is not written as it should be", file, i+1)
				}
				for _, m := range found {
					unquote := strings.NewReplacer(`\"`, `"`)
					want = append(want, &expectation{line: i + 1, code: diag.Code(m[1]), at: unquote.Replace(m[2]), match: regexp.MustCompile(unquote.Replace(m[3]))})
				}
			}
			for _, d := range diagnose(filepath.Base(file), src) {
				text := strings.TrimSpace(d.Message + " " + d.Help)
				at := string(src[d.Span.Start.Offset:d.Span.End.Offset])
				met := false
				for _, w := range want {
					if !w.met && !met && w.line == d.Span.Start.Line && w.code == d.Code && (w.at == "" || w.at == at) && w.match.MatchString(text) {
						w.met, met = true, true
						cases++
						codes[d.Code] = true
					}
				}
				if !met {
					t.Errorf("not expected: %s at %q, help %q", d.Error(), at, d.Help)
				}
			}
			for _, w := range want {
				if !w.met {
					t.Errorf("%s:%d: nothing says %s at %q, matching %q", filepath.Base(file), w.line, w.code, w.at, w.match)
				}
			}
		})
	}
	if t.Failed() {
		return
	}
	if cases < 80 {
		t.Errorf("%d cases, and there should be 80", cases)
	}
	for _, e := range diag.Codes() {
		if !codes[e.Code] {
			t.Errorf("testdata/diag has no case of %s", e.Code)
		}
	}
}

// TestExplanations compiles the example of every code: it gives that code and no other.
func TestExplanations(t *testing.T) {
	for _, e := range diag.Codes() {
		t.Run(string(e.Code), func(t *testing.T) {
			list := diagnose("example.nn", []byte(e.Example))
			if len(list) == 0 {
				t.Fatal("the example has no fault")
			}
			for _, d := range list {
				if d.Code != e.Code {
					t.Errorf("the example has another fault: %s", d.Error())
				}
			}
		})
	}
}

// TestBuild holds the graphs built of testdata/ir/build_*.txtar to what stands there: model.nn, and the dumps of its first
// model for training and, where that differs, for prediction.
func TestBuild(t *testing.T) {
	files, err := filepath.Glob("../../testdata/ir/build_*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			src := a.Files[0].Data
			got := &txtar.Archive{Comment: a.Comment, Files: slices.Clone(a.Files[:1])}
			train, predict := dump(t, src, true), dump(t, src, false)
			got.Files = append(got.Files, txtar.File{Name: "train", Data: train})
			if !bytes.Equal(train, predict) {
				got.Files = append(got.Files, txtar.File{Name: "predict", Data: predict})
			}
			text, old := txtar.Format(got), txtar.Format(a)
			if bytes.Equal(text, old) {
				return
			}
			if *update {
				if err := os.WriteFile(file, text, 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			t.Errorf("%s", diff.Diff("want", old, "got", text))
		})
	}
}

// dump builds the first model of src and prints it: its layers, its outputs and the graph.
func dump(t *testing.T, src []byte, training bool) []byte {
	f, list := dsl.Parse("model.nn", src)
	p, more := pass.Resolve(f, nil)
	list = append(list, more...)
	if len(list) > 0 {
		t.Fatal(list.Err())
	}
	m, list := pass.Build(p, p.Models()[0], training)
	if len(list) > 0 {
		t.Fatal(list.Err())
	}
	pass.Verify(m.Graph)
	var b bytes.Buffer
	for _, l := range m.Layers {
		fmt.Fprintf(&b, "layer   %-20s %-30s %s -> %s", l.Name, l.Text, ir.ShapeText(l.In), ir.ShapeText(l.Out))
		if l.Params+l.Frozen > 0 {
			fmt.Fprintf(&b, "  %d + %d frozen", l.Params, l.Frozen)
		}
		b.WriteString("\n")
	}
	for _, o := range m.Outputs {
		fmt.Fprintf(&b, "output  %s %s %s", o.Name, ir.ShapeText(o.Value.Shape), o.Text)
		if o.Target != nil {
			fmt.Fprintf(&b, "  classes of %s", o.Target.Name)
		}
		b.WriteString("\n")
	}
	for _, x := range m.Metrics {
		fmt.Fprintf(&b, "metric  %s of %s and %s\n", x.Name, x.Output.Name, x.Target.Name)
	}
	fmt.Fprintf(&b, "\n%s", m.Graph)
	return b.Bytes()
}

// resolve parses and resolves a file that must parse.
func resolve(t *testing.T, src string, set ...ir.Setting) (*pass.Program, diag.List) {
	t.Helper()
	f, list := dsl.Parse("model.nn", []byte(src))
	if len(list) > 0 {
		t.Fatal(list.Err())
	}
	return pass.Resolve(f, set)
}

const twoModels = `
const width = 4
param scale = 2
param names = ["a", "b"]

model A {
	param lr    = 0.1
	param units = width

	input  x [width]
	target y [2]

	layers {
		dense(units * scale) -> dense(2)
	}

	loss      mse
	optimizer sgd(lr)
	data      csv("f.csv", y: names)
}

model B {
	param lr = 0.1
	param on = true

	input  x [4]
	target y

	layers {
		dense(1, bias: on)
	}

	loss      mse
	optimizer sgd(lr)
}
`

// TestSet overrides params.
func TestSet(t *testing.T) {
	for _, c := range []struct {
		name, value string
		units       int    // of A's first layer
		recorded    string // of A
		wrong       string // the usage error; "" is none
	}{
		{"units", "6", 12, "units=6", ""},
		{"A.units", "width * 2 + 1", 18, "units=9", ""},
		{"scale", "3", 12, "scale=3", ""},
		{"names", `["c", "d"]`, 8, `names=["c", "d"]`, ""},
		{"A.lr", "1e-2", 8, "lr=0.01", ""},
		{"B.lr", "0.5", 8, "", ""},
		{"B.on", "false", 8, "", ""},
		{"lr", "0.5", 0, "", "-set lr=0.5: several models have it: say A.lr or B.lr"},
		{"unit", "6", 0, "", "-set unit=6: there is no param unit; did you mean units?"},
		{"zzz", "6", 0, "", "-set zzz=6: there is no param zzz; there is scale, names, A.lr, A.units, B.lr and B.on"},
		{"width", "6", 0, "", "-set width=6: width is a const, and only a param can be overridden"},
		{"units", "true", 0, "", "-set units=true: units is a number, not true or false"},
		{"units", "missing", 0, "", "-set units=missing: there is no const or param missing"},
		{"units", "1 / 0", 0, "", "-set units=1 / 0: division by zero"},
		{"units", "", 0, "", "-set units=: .+"},
		{"units", "3\nconst b = 4", 0, "", "-set units=3\nconst b = 4: the value is no expression"},
	} {
		p, list := resolve(t, twoModels, ir.Setting{Name: c.name, Value: c.value})
		if len(list) > 0 {
			t.Errorf("%s=%s: %v", c.name, c.value, list.Err())
		}
		if c.wrong != "" {
			if p.Usage == nil || !regexp.MustCompile("^"+strings.ReplaceAll(c.wrong, "?", `\?`)+"$").MatchString(p.Usage.Message) {
				t.Errorf("%s=%s: the usage error is %v, not %s", c.name, c.value, p.Usage, c.wrong)
			}
			continue
		}
		if p.Usage != nil {
			t.Errorf("%s=%s: %v", c.name, c.value, p.Usage)
		}
		m, list := pass.Build(p, "A", true)
		if len(list) > 0 {
			t.Errorf("%s=%s: %v", c.name, c.value, list.Err())
			continue
		}
		if got := m.Layers[0].Out[1]; got != c.units {
			t.Errorf("%s=%s: %d units, not %d", c.name, c.value, got, c.units)
		}
		var recorded []string
		for _, s := range m.Set {
			recorded = append(recorded, s.Name+"="+s.Value)
		}
		if got := strings.Join(recorded, " "); got != c.recorded {
			t.Errorf("%s=%s: recorded is %q, not %q", c.name, c.value, got, c.recorded)
		}
	}
}

// TestModels lists the models of a file in its order.
func TestModels(t *testing.T) {
	p, _ := resolve(t, twoModels)
	if got := fmt.Sprint(p.Models()); got != "[A B]" {
		t.Error(got)
	}
}

// TestData reads data items and the -data of the command, which take the same.
func TestData(t *testing.T) {
	p, _ := resolve(t, twoModels)
	m, _ := pass.Build(p, "A", true)
	if got := dataText(m.Data); got != `csv "f.csv" y=[a b]` {
		t.Errorf("the model's own data is %s", got)
	}
	for _, c := range []struct{ text, want string }{
		{`csv("g.csv", y: ["a", "b"], x: ["c", "d", "e", "f"], test: 0.25, missing: mean)`, `csv "g.csv" y=[a b] x=[c d e f] test=0.25 missing=mean`},
		{`csv("g.csv", y: ["a", "b"], test: csv("h.csv"))`, `csv "g.csv" y=[a b] test=(csv "h.csv")`},
		{`npy(x: "x.npy", y: "y.npy", test: npy(x: "a.npy", y: "b.npy"))`, `npy x="x.npy" y="y.npy" test=(npy x="a.npy" y="b.npy")`},
		{`npy(x: "x.npy", standardize: true)`, `-data:1:1: error[bad-data]: it is not said which file goes to target y`},
		{`csv("g.csv", standardize: true)`, `-data:1:1: error[bad-data]: standardize is part of the model, which is built without it`},
		{`csv("g.csv", z: "a")`, `-data:1:14: error[unknown-argument]: z is neither a port of the model nor an option of csv`},
		{`csv "g.csv"`, `-data:1:5: error\[syntax\]: .*`},
		{`csv("g.csv"`, `-data:1:12: error\[unclosed\]: "\)" is missing`},
		{`iris }`, `-data:.*error\[.*`},
		{"mnist\n\tdata iris", `-data: error\[bad-data\]: the data is one source`},
		{``, `-data:.*error\[syntax\].*`},
	} {
		data, list := pass.ParseData("-data", c.text, m)
		got := ""
		if len(list) > 0 {
			got = list[0].Error()
		} else {
			got = dataText(data)
		}
		if got != c.want && !regexp.MustCompile("^"+c.want+"$").MatchString(got) {
			t.Errorf("%s gives\n\t%s, not\n\t%s", c.text, got, c.want)
		}
	}
}

// TestDataOfOneShape reads the data items that fill ports of one kind only: on the command line a text's length need not be said,
// since the model says it.
func TestDataOfOneShape(t *testing.T) {
	const text = "model M {\n\tinput x [8]class(5)\n\ttarget y [8]class(5)\n\tlayers {\n\t\tembed(5) -> softmax\n\t}\n\tloss cross_entropy\n\tdata text(\"f.txt\", length: 8, test: text(\"g.txt\"))\n}\n"
	const images = "model M {\n\tinput x [1, 8, 8]\n\ttarget y class(3)\n\tlayers {\n\t\tflatten -> dense(3) -> softmax\n\t}\n\tloss cross_entropy\n\tdata images(\"f\", test: images(\"g\"), standardize: true)\n}\n"
	for _, c := range []struct{ src, own, flag, want string }{
		{text, `text "f.txt" length=8 test=(text "g.txt")`, `text("h.txt")`, `text "h.txt" length=8`},
		{text, `text "f.txt" length=8 test=(text "g.txt")`, `text("h.txt", length: 8, test: 0.5)`, `text "h.txt" length=8 test=0.5`},
		{text, `text "f.txt" length=8 test=(text "g.txt")`, `text("h.txt", length: 9)`, `-data:1:1: error[bad-data]: the text has rows of 9 characters, and x is [8]class(5)`},
		{images, `images "f" test=(images "g") standardize`, `images("h", test: 0.2)`, `images "h" test=0.2 standardize`},
		{images, `images "f" test=(images "g") standardize`, `text("h")`, `-data:1:1: error[bad-data]: a text gives rows of characters, and x is [1, 8, 8]`},
	} {
		p, _ := resolve(t, c.src)
		m, _ := pass.Build(p, "M", true)
		if got := dataText(m.Data); got != c.own {
			t.Errorf("the model's own data is %s, not %s", got, c.own)
		}
		data, list := pass.ParseData("-data", c.flag, m)
		got := ""
		if len(list) > 0 {
			got = list[0].Error()
		} else {
			got = dataText(data)
		}
		if got != c.want {
			t.Errorf("%s gives\n\t%s, not\n\t%s", c.flag, got, c.want)
		}
	}
}

func dataText(d *ir.Data) string {
	s := d.Kind
	if d.Path != "" {
		s += fmt.Sprintf(" %q", d.Path)
	}
	if d.Length != 0 {
		s += fmt.Sprintf(" length=%d", d.Length)
	}
	for _, b := range d.Bind {
		if b.File != "" {
			s += fmt.Sprintf(" %s=%q", b.Port, b.File)
		} else {
			s += fmt.Sprintf(" %s=%s", b.Port, b.Columns)
		}
	}
	if d.Test != 0 {
		s += fmt.Sprintf(" test=%v", d.Test)
	}
	if d.TestSource != nil {
		s += fmt.Sprintf(" test=(%s)", dataText(d.TestSource))
	}
	if d.Standardize {
		s += " standardize"
	}
	if d.Missing != "" {
		s += " missing=" + d.Missing
	}
	return s
}

// TestTrain reads the settings of training and fills in the defaults.
func TestTrain(t *testing.T) {
	const head = "model M {\n\tinput x [4]\n\ttarget y class(3)\n\tlayers {\n\t\tdense(3) -> softmax\n\t}\n\tloss cross_entropy\n"
	for _, c := range []struct {
		items string
		want  ir.TrainSettings
	}{
		{"", ir.TrainSettings{Batch: 32, Epochs: 10, Seed: 1, Shuffle: true, Keep: "last", Monitor: "loss"}},
		{"metric accuracy", ir.TrainSettings{Batch: 32, Epochs: 10, Seed: 1, Shuffle: true, Keep: "last", Monitor: "accuracy"}},
		{
			"const n = 2\nmetric accuracy\nmetric f1\ntrain {\nbatch: n * 4\nepochs: 3\nseed: 0\nshuffle: false\nkeep: best\nmonitor: f1\ndrop_last: true\nvalidate: 0\npatience: 0\n}",
			ir.TrainSettings{Batch: 8, Epochs: 3, DropLast: true, Keep: "best", Monitor: "f1"},
		},
	} {
		p, list := resolve(t, head+c.items+"\n}\n")
		m, more := pass.Build(p, "M", true)
		if list = append(list, more...); len(list) > 0 {
			t.Error(list.Err())
		}
		if m.Settings != c.want {
			t.Errorf("%s gives %+v, not %+v", c.items, m.Settings, c.want)
		}
	}
}

// TestNotes holds the places that a diagnostic names beside its own: where a value comes from, and which block call led there.
func TestNotes(t *testing.T) {
	src := "block Wide {\n\tdense(3)\n}\n\nmodel M {\n\tinput image [1, 2, 2]\n\n\tlayers {\n\t\timage -> Wide\n\t}\n}\n"
	p, _ := resolve(t, src)
	_, list := pass.Build(p, "M", true)
	var got strings.Builder
	for _, d := range list {
		fmt.Fprintln(&got, d.Error())
		for _, n := range d.Notes {
			fmt.Fprintf(&got, "%s: %s\n", n.Span, n.Message)
		}
	}
	want := "model.nn:2:2: error[bad-rank]: dense wants [D] or [T, D], got [1, 2, 2]\nmodel.nn:6:8: input image is declared here\nmodel.nn:9:12: Wide is used here\n"
	if got.String() != want {
		t.Errorf("%s", diff.Diff("want", []byte(want), "got", []byte(got.String())))
	}
}

// TestSame builds every file of testdata/diag twice: the same file gives the same diagnostics in the same order.
func TestSame(t *testing.T) {
	files, _ := filepath.Glob("../../testdata/diag/*.nn")
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := fmt.Sprint(errors(diagnose(file, src))), fmt.Sprint(errors(diagnose(file, src))); a != b {
			t.Errorf("%s", diff.Diff("first", []byte(a), "second", []byte(b)))
		}
	}
}

// errors is all of a list as text.
func errors(list diag.List) (s []string) {
	for _, d := range list {
		s = append(s, fmt.Sprintf("%s %s %v\n", d.Error(), d.Help, d.Notes))
	}
	return s
}

package pass

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// dataKind is a kind of data source. What its arguments are stands here; the runtime opens it.
type dataKind struct {
	name    string
	doc     string
	path    string                                          // what it takes in front, if anything: the file of csv("f.csv")
	columns bool                                            // an argument named like a port gives columns
	files   bool                                            // an argument named like a port gives a file
	fits    func(d *dataReader, c *dsl.Call, data *ir.Data) // of a kind with rows of its own that are no built-in set's
	shape   []int                                           // of a built-in set's rows
	classes int                                             // of its labels
	split   bool                                            // has test rows of its own, so that none are held out
}

var dataKinds = []dataKind{
	{name: "csv", doc: "columns of a file of text, named by its first line", path: "file", columns: true},
	{name: "npy", doc: "arrays that NumPy saved, a file for each port", files: true},
	{name: "idx", doc: "arrays in the format of MNIST's files, a file for each port", files: true},
	{name: "images", doc: "PNG and JPEG files, in a folder for each class", path: "folder", fits: (*dataReader).fitsImages},
	{name: "text", doc: "rows of characters, and for each of them the character that follows", path: "file", fits: (*dataReader).fitsText},
	{name: "digits", doc: "1797 handwritten digits of 8×8 pixels, in ten classes", shape: []int{8, 8}, classes: 10},
	{name: "fashion_mnist", doc: "70,000 pictures of clothes of 28×28 pixels, in ten classes, 10,000 of them for tests", shape: []int{1, 28, 28}, classes: 10, split: true},
	{name: "iris", doc: "150 irises of three kinds, by the length and width of their sepals and petals", shape: []int{4}, classes: 3},
	{name: "mnist", doc: "70,000 handwritten digits of 28×28 pixels, in ten classes, 10,000 of them for tests", shape: []int{1, 28, 28}, classes: 10, split: true},
}

// dataOptions are the arguments of data that are no ports; no port can be called so.
var dataOptions = []string{"length", "missing", "standardize", "test"}

// DataSource documents what a data item can name.
type DataSource struct {
	Name    string
	Doc     string
	Args    string   // what it is called with, ("f.csv"); "" where it may stand alone
	Options []string // its arguments that are no ports
	Ports   bool     // an argument named like a port says what goes there
}

// DataSources lists what a data item can name.
func DataSources() []DataSource {
	var all []DataSource
	for _, k := range dataKinds {
		s := DataSource{Name: k.name, Doc: k.doc, Options: []string{"standardize", "test"}, Ports: k.columns || k.files}
		switch {
		case k.name == "text":
			s.Args, s.Options = `("file", length: 64)`, append(s.Options, "length")
		case k.path != "":
			s.Args = fmt.Sprintf("(%q)", k.path)
		case k.files:
			s.Args = "()"
		}
		if k.columns {
			s.Options = append(s.Options, "missing")
		}
		all = append(all, s)
	}
	return all
}

func findDataKind(name string) *dataKind {
	i := slices.IndexFunc(dataKinds, func(k dataKind) bool { return k.name == name })
	if i < 0 {
		return nil
	}
	return &dataKinds[i]
}

// dataNames resolves the names in the arguments of a data item.
func (r *resolver) dataNames(c *dsl.Call, s *scope) {
	for _, a := range c.Args {
		if a.Value.Kind == dsl.CallExpr && a.Value.Call.Parens {
			r.dataNames(a.Value.Call, s)
			continue
		}
		r.exprIn(a.Value, s, a.Name == "missing" || a.Name == "test")
	}
}

// dataReader makes an ir.Data of a data item.
type dataReader struct {
	*evaluator
	inputs, targets []*ir.Port
	flag            bool // what is read stands on the command line
}

// ParseData reads what the command's flag, -data or -test, gives in place of m's own data item: csv("f.csv", y: "species").
// Positions are places in the text, of a file called as the flag is. The model's normalisation stays: standardize can only be said
// again.
func ParseData(flag, text string, m *Model) (*ir.Data, diag.List) {
	const before, after = "model M { data ", "}"
	const help = `write one source, such as mnist or csv("f.csv", y: "species")`
	f, list := dsl.Parse(flag, []byte(before+text+after))
	shift := func(list diag.List) diag.List {
		move := func(s *diag.Span) {
			for _, p := range []*diag.Pos{&s.Start, &s.End} {
				p.Offset = max(0, p.Offset-len(before))
				if p.Line == 1 {
					p.Column = max(1, p.Column-len(before))
				}
			}
		}
		for _, d := range list {
			move(&d.Span)
			for i := range d.Notes {
				move(&d.Notes[i].Span)
			}
		}
		return list
	}
	if len(list) > 0 {
		for _, d := range list {
			// What the parser says of the model around the text is not about the text.
			d.Message = strings.TrimSuffix(d.Message, ` before "}"`)
			d.Help = help
		}
		return nil, shift(list)
	}
	r := &resolver{p: &Program{File: f, refs: map[*dsl.Call]*symbol{}, wrong: map[*dsl.Call]bool{}, meant: map[*dsl.Call]*symbol{}}}
	if len(f.Decls) != 1 || f.Decls[0].Model == nil || len(f.Decls[0].Model.Items) != 1 {
		return nil, diag.List{{Code: diag.BadData, Span: diag.Span{File: flag}, Message: "the data is one source", Help: help}}
	}
	c := f.Decls[0].Model.Items[0].Data
	r.dataNames(c, nil)
	d := dataReader{flag: true, evaluator: &evaluator{p: r.p, fault: &r.reporter, value: func(*symbol) any { return nil }}}
	for _, v := range m.Inputs {
		d.inputs = append(d.inputs, v.Port)
	}
	for _, v := range m.Targets {
		d.targets = append(d.targets, v.Port)
	}
	data := d.read(c)
	own := m.Data != nil && m.Data.Standardize
	if data != nil && data.Standardize && !own {
		r.add(diag.BadData, c.Span, "write standardize: true in the file's own data item", "standardize is part of the model, which is built without it")
	}
	if len(r.list) > 0 {
		r.list.Sort()
		return nil, shift(r.list)
	}
	data.Standardize = own
	return data, nil
}

// read reads a data item with all that belongs to it.
func (d *dataReader) read(c *dsl.Call) *ir.Data {
	faults := len(d.fault.list)
	data := d.source(c, false)
	if data == nil || len(d.fault.list) > faults {
		return nil
	}
	d.fits(c, data)
	if len(d.fault.list) > faults {
		return nil
	}
	return data
}

// source reads one source. second is one that is given as test.
func (d *dataReader) source(c *dsl.Call, second bool) *ir.Data {
	kind := findDataKind(c.Name)
	if kind == nil {
		var names []string
		for _, k := range dataKinds {
			names = append(names, k.name)
		}
		slices.Sort(names)
		help := guess(c.Name, names)
		if help == "" {
			help = "it may be " + listing(names, "or")
		}
		d.fault.add(diag.BadData, c.NameSpan, help, "there is no data set or kind of data %s", c.Name)
		return nil
	}
	data := &ir.Data{Kind: kind.name, Span: c.Span}
	given := map[string]diag.Span{}
	for i, a := range c.Args {
		if a.Name == "" {
			switch {
			case kind.path != "" && i == 0:
				if s, ok := d.text(a.Value, "the "+kind.path); ok {
					data.Path = s
				}
			default:
				d.fault.add(diag.TooManyArguments, a.Span, d.example(kind), "%s takes no further argument without a name", kind.name)
			}
			continue
		}
		if old, twice := given[a.Name]; twice {
			d.fault.add(diag.DuplicateName, a.NameSpan, "", "%s is given twice", a.Name).note(old, "it is given here already")
			continue
		}
		given[a.Name] = a.NameSpan
		d.argument(data, kind, a, second)
	}
	if kind.path != "" && (len(c.Args) == 0 || c.Args[0].Name != "") {
		d.fault.add(diag.MissingArgument, c.Span, d.example(kind), "%s needs a %s", kind.name, kind.path)
	}
	if _, said := given["length"]; kind.name == "text" && !said && !second && !d.flag {
		d.fault.add(diag.MissingArgument, c.Span, d.example(kind), "text needs the length of a row")
	}
	return data
}

// example shows how a kind is written.
func (d *dataReader) example(kind *dataKind) string {
	port := func(ports []*ir.Port, fallback string) string {
		if len(ports) == 0 {
			return fallback
		}
		return ports[0].Name
	}
	x, y := port(d.inputs, "x"), port(d.targets, "y")
	switch {
	case kind.columns:
		return fmt.Sprintf(`write %s("f.csv", %s: "column")`, kind.name, y)
	case kind.files:
		return fmt.Sprintf(`write %s(%s: "%s.%s", %s: "%s.%s")`, kind.name, x, x, kind.name, y, y, kind.name)
	case kind.name == "images":
		return `write images("folder"), where folder has a folder of images for each class`
	case kind.name == "text":
		length := 64
		if len(d.inputs) > 0 && len(d.inputs[0].Shape) == 1 {
			length = d.inputs[0].Shape[0]
		}
		return fmt.Sprintf(`write text("file.txt", length: %d)`, length)
	}
	return "write data " + kind.name
}

// argument reads a named argument.
func (d *dataReader) argument(data *ir.Data, kind *dataKind, a *dsl.Arg, second bool) {
	if second && (a.Name == "test" || a.Name == "standardize") {
		d.fault.add(diag.BadData, a.Span, "", "%s belongs to the first source, not to the one that is held out", a.Name)
		return
	}
	switch a.Name {
	case "test":
		d.test(data, kind, a)
		return
	case "standardize":
		switch v := d.eval(a.Value).(type) {
		case nil:
		case bool:
			data.Standardize = v
		default:
			d.fault.add(diag.BadArgument, a.Value.Span, "", "standardize is true or false, not %s", kindText(v))
		}
		return
	case "length":
		switch v := d.eval(a.Value).(type) {
		case nil:
		case float64:
			switch {
			case kind.name != "text":
				d.fault.add(diag.BadData, a.Span, "", "length is for text: %s has rows of its own", kind.name)
			case v < 1 || v != math.Trunc(v) || v > op.MaxSize:
				d.fault.add(diag.BadArgument, a.Value.Span, "", "length is a whole number from 1 on, not %s", ir.Number(v))
			default:
				data.Length = int(v)
			}
		default:
			d.fault.add(diag.BadArgument, a.Value.Span, "", "length is a whole number from 1 on, not %s", kindText(v))
		}
		return
	case "missing":
		v := d.eval(a.Value)
		w, ok := v.(op.WordValue)
		switch {
		case v == nil:
		case !kind.columns:
			d.fault.add(diag.BadData, a.Span, "", "missing is for csv: %s has no gaps", kind.name)
		case !ok || w != "mean" && w != "drop":
			d.fault.add(diag.UnknownWord, a.Value.Span, "it may be mean or drop", "missing cannot be %s", a.Value.String())
		default:
			data.Missing = string(w)
		}
		return
	}
	ports := slices.Concat(d.inputs, d.targets)
	i := slices.IndexFunc(ports, func(p *ir.Port) bool { return p.Name == a.Name })
	if i < 0 {
		names := []string{"standardize", "test"}
		if kind.columns {
			names = append(names, "missing")
		}
		if kind.name == "text" {
			names = append(names, "length")
		}
		for _, p := range ports {
			names = append(names, p.Name)
		}
		if len(d.inputs) > 0 { // else the ports themselves are missing, which is said elsewhere
			d.fault.add(diag.UnknownArgument, a.NameSpan, guess(a.Name, names), "%s is neither a port of the model nor an option of %s", a.Name, kind.name)
		}
		return
	}
	b := ir.DataBinding{Port: a.Name}
	switch {
	case kind.columns:
		b.Columns = d.columns(a)
		if n := ir.Size(ports[i].Shape); len(b.Columns) > 0 && len(b.Columns) != n && ports[i].Classes == 0 {
			d.fault.add(diag.BadData, a.Value.Span, "", "%s has %d numbers and %d columns", a.Name, n, len(b.Columns))
		} else if ports[i].Classes > 0 && len(b.Columns) > 0 && len(b.Columns) != n {
			d.fault.add(diag.BadData, a.Value.Span, "", "%s has %d labels and %d columns", a.Name, n, len(b.Columns))
		}
	case kind.files:
		b.File, _ = d.text(a.Value, a.Name)
	case kind.name == "text":
		d.fault.add(diag.BadData, a.Span, "", "a text needs no %s: its characters go to the one input, and those that follow to the one target", a.Name)
	default:
		d.fault.add(diag.BadData, a.Span, "", "%s is a data set of its own: its rows go to the one input and its labels to the one target", kind.name)
	}
	data.Bind = append(data.Bind, b)
}

// test reads what is held out: a share, or a second source.
func (d *dataReader) test(data *ir.Data, kind *dataKind, a *dsl.Arg) {
	if x := a.Value; x.Kind == dsl.CallExpr && d.p.refs[x.Call] == nil && !d.p.wrong[x.Call] {
		data.TestSource = d.source(x.Call, true)
		return
	}
	switch v := d.eval(a.Value).(type) {
	case nil:
	case float64:
		switch {
		case v <= 0 || v >= 1:
			d.fault.add(diag.BadArgument, a.Value.Span, "", "test is a share between 0 and 1, not %s", ir.Number(v))
		case kind.split:
			d.fault.add(diag.BadData, a.Span, "leave test out", "%s has test rows of its own", kind.name)
		default:
			data.Test = v
		}
	default:
		d.fault.add(diag.BadArgument, a.Value.Span, "", "test is a share between 0 and 1, or a second source, not %s", kindText(v))
	}
}

// text reads a string; what names it in the message.
func (d *dataReader) text(x *dsl.Expr, what string) (string, bool) {
	switch v := d.eval(x).(type) {
	case nil:
	case string:
		if v == "" {
			d.fault.add(diag.BadArgument, x.Span, "", "%s is an empty string", what)
			return "", false
		}
		return v, true
	default:
		d.fault.add(diag.BadArgument, x.Span, `write it in quotes: "name"`, "%s is a string, not %s", what, kindText(v))
	}
	return "", false
}

// columns reads a column, or a list of them.
func (d *dataReader) columns(a *dsl.Arg) []string {
	switch v := d.eval(a.Value).(type) {
	case nil:
		return nil
	case string:
		return []string{v}
	case []any:
		var s []string
		for _, x := range v {
			c, ok := x.(string)
			if !ok {
				d.fault.add(diag.BadArgument, a.Value.Span, `write them in quotes: ["a", "b"]`, "the columns of %s are strings, not %s", a.Name, kindText(x))
				return nil
			}
			if slices.Contains(s, c) {
				d.fault.add(diag.BadData, a.Value.Span, "", "column %q stands twice", c)
				return nil
			}
			s = append(s, c)
		}
		if len(s) == 0 {
			d.fault.add(diag.BadArgument, a.Value.Span, "", "the list of columns of %s is empty", a.Name)
		}
		return s
	default:
		d.fault.add(diag.BadArgument, a.Value.Span, `write it in quotes: "column"`, "%s wants a column or a list of columns, not %s", a.Name, kindText(v))
	}
	return nil
}

// fits checks a source against the ports, as far as that can be known without opening it.
func (d *dataReader) fits(c *dsl.Call, data *ir.Data) {
	kind := findDataKind(data.Kind)
	open := func(ports []*ir.Port) []string {
		var names []string
		for _, p := range ports {
			if !slices.ContainsFunc(data.Bind, func(b ir.DataBinding) bool { return b.Port == p.Name }) {
				names = append(names, p.Name)
			}
		}
		return names
	}
	for i, ports := range [][]*ir.Port{d.inputs, d.targets} {
		names := open(ports)
		all := kind.files && len(names) > 0 // each array is a file of its own
		if len(names) > 1 || all {
			what := "columns go"
			if kind.files {
				what = "file goes"
			} else if !kind.columns {
				what = "rows go"
			}
			d.fault.add(diag.BadData, c.Span, d.example(kind), "it is not said which %s to %s %s", what, []string{"input", "target"}[i], listing(names, "and"))
		}
	}
	if kind.fits != nil {
		kind.fits(d, c, data)
	}
	if kind.shape == nil {
		return
	}
	if len(d.inputs) == 1 && (d.inputs[0].Classes > 0 || ir.Size(d.inputs[0].Shape) != ir.Size(kind.shape)) {
		p := d.inputs[0]
		d.fault.add(diag.BadData, c.Span, fmt.Sprintf("declare input %s %s", p.Name, ir.ShapeText(kind.shape)), "the rows of %s are %s, and %s is %s", kind.name, ir.ShapeText(kind.shape), p.Name, portText(p)).
			note(p.Span, "input %s is declared here", p.Name)
	}
	if len(d.targets) == 1 && (d.targets[0].Classes != kind.classes || ir.Size(d.targets[0].Shape) != 1) {
		p := d.targets[0]
		d.fault.add(diag.BadData, c.Span, fmt.Sprintf("declare target %s class(%d)", p.Name, kind.classes), "the labels of %s are class(%d), and %s is %s", kind.name, kind.classes, p.Name, portText(p)).
			note(p.Span, "target %s is declared here", p.Name)
	}
}

// fitsImages checks that the input can hold an image, and that the target is a class.
func (d *dataReader) fitsImages(c *dsl.Call, _ *ir.Data) {
	if len(d.inputs) == 1 {
		switch p := d.inputs[0]; {
		case p.Classes > 0:
			d.fault.add(diag.BadData, c.Span, fmt.Sprintf("declare input %s [C, H, W], with 1 channel (gray) or 3 (colours)", p.Name), "images are numbers, and %s is %s", p.Name, portText(p)).
				note(p.Span, "input %s is declared here", p.Name)
		case len(p.Shape) == 3 && p.Shape[0] != 1 && p.Shape[0] != 3:
			d.fault.add(diag.BadData, c.Span, fmt.Sprintf("declare input %s %s (gray) or %s (colours)", p.Name, ir.ShapeText([]int{1, p.Shape[1], p.Shape[2]}), ir.ShapeText([]int{3, p.Shape[1], p.Shape[2]})),
				"images have 1 or 3 channels, and %s is %s", p.Name, portText(p)).
				note(p.Span, "input %s is declared here", p.Name)
		}
	}
	if len(d.targets) == 1 {
		if p := d.targets[0]; p.Classes == 0 || ir.Size(p.Shape) != 1 {
			d.fault.add(diag.BadData, c.Span, fmt.Sprintf("declare target %s class(N), N being the number of folders", p.Name), "images have a class each, and %s is %s", p.Name, portText(p)).
				note(p.Span, "target %s is declared here", p.Name)
		}
	}
}

// fitsText checks that the input and the target are rows of characters, as long as the text's.
func (d *dataReader) fitsText(c *dsl.Call, data *ir.Data) {
	for i, ports := range [][]*ir.Port{d.inputs, d.targets} {
		if len(ports) != 1 {
			continue
		}
		keyword, p := []string{"input", "target"}[i], ports[0]
		if p.Classes == 0 || len(p.Shape) != 1 {
			n := data.Length
			if n == 0 {
				n = 64
			}
			d.fault.add(diag.BadData, c.Span, fmt.Sprintf("declare %s %s [%d]class(N), N being the number of different characters", keyword, p.Name, n),
				"a text gives rows of characters, and %s is %s", p.Name, portText(p)).
				note(p.Span, "%s %s is declared here", keyword, p.Name)
			return
		}
		if data.Length == 0 { // -data and -test need not repeat what the model says
			data.Length = p.Shape[0]
		}
		if data.Length != p.Shape[0] {
			d.fault.add(diag.BadData, c.Span, fmt.Sprintf("write length: %d, or declare %s %s [%d]class(%d)", p.Shape[0], keyword, p.Name, data.Length, p.Classes),
				"the text has rows of %d characters, and %s is %s", data.Length, p.Name, portText(p)).
				note(p.Span, "%s %s is declared here", keyword, p.Name)
			return
		}
	}
	if len(d.inputs) == 1 && len(d.targets) == 1 && d.inputs[0].Classes != d.targets[0].Classes {
		x, y := d.inputs[0], d.targets[0]
		d.fault.add(diag.BadData, c.Span, fmt.Sprintf("declare target %s %s", y.Name, portText(x)), "the text has one alphabet, and %s is %s and %s is %s", x.Name, portText(x), y.Name, portText(y)).
			note(y.Span, "target %s is declared here", y.Name)
	}
}

// portText is the type of a port as the language writes it: [1, 28, 28], class(10), [5]class(10).
func portText(p *ir.Port) string {
	switch {
	case p.Classes == 0:
		return ir.ShapeText(p.Shape)
	case len(p.Shape) == 0:
		return fmt.Sprintf("class(%d)", p.Classes)
	}
	return fmt.Sprintf("%sclass(%d)", ir.ShapeText(p.Shape), p.Classes)
}

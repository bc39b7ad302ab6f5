package codegen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// embedded lists the data sets that have a package below runtime/data of their own, so that only programs which name one
// carry it.
var embedded = []string{"digits", "iris"}

// sources lists the embedded sets that a data item names.
func sources(d *ir.Data) []string {
	var list []string
	for ; d != nil; d = d.TestSource {
		if slices.Contains(embedded, d.Kind) && !slices.Contains(list, d.Kind) {
			list = append(list, d.Kind)
		}
	}
	return list
}

// openData prints Open…Data and the set's type.
func (g *generator) openData() {
	if !g.batchType() {
		return
	}
	g.setType()
	doc(g.f, fmt.Sprintf("Open%sData opens the data that the model names. Paths are relative to dir, the folder of %s. test is nil where nothing is held out.", g.t, g.p.File))
	args := []jen.Code{jen.Id(g.spec(g.p.Data)), jen.Id("dir"), jen.Id(g.dataPorts(g.ports()))}
	for _, name := range sources(g.p.Data) {
		args = append(args, jen.Qual(dataPath+"/"+name, "Set"))
	}
	fn(g.f, "", "Open"+g.t+"Data", fmt.Sprintf("(dir string) (train, test %sData, err error)", g.t),
		jen.Id("opened, held, err").Op(":=").Qual(dataPath, "Open").Call(args...),
		jen.If(stmt("err != nil")).Block(stmt("return nil, nil, err")),
		jen.If(stmt("held != nil")).Block(stmt("test = %s{held}", g.setName())),
		stmt("return %s{opened}, test, nil", g.setName()))
}

// setName is the type that makes a data set of the runtime one of the model's.
func (g *generator) setName() string { return "opened" + g.t }

// setType prints the type that makes a data set of the runtime one of the model's.
func (g *generator) setType() {
	typ := g.setName()
	doc(g.f, fmt.Sprintf("%s reads a data set into batches.", typ))
	g.f.Type().Id(typ).Struct(jen.Op("*").Qual(dataPath, "Set"))
	var body []jen.Code
	for i, p := range g.ports() {
		if p.Classes > 0 {
			body = append(body, jen.If(stmt("err := data.ReadLabels(s.Set, %d, %s, rows); err != nil", i, labelsOf(p, "dst."+portField(p)))).Block(stmt("return err")))
		} else {
			body = append(body, jen.If(stmt("err := data.Read(s.Set, %d, rt.Flat[%s](dst.%s), rows); err != nil", i, g.p.Type, portField(p))).Block(stmt("return err")))
		}
	}
	doc(g.f, fmt.Sprintf("Read implements %sData.", g.t))
	fn(g.f, "s "+typ, "Read", fmt.Sprintf("(dst %sBatch, rows []int) error", g.t), append(body, stmt("return nil"))...)
}

// dataPorts are ports as the data package describes them.
func (g *generator) dataPorts(ports []*ir.Port) string {
	var s strings.Builder
	s.WriteString("[]data.Port{")
	for _, p := range ports {
		fmt.Fprintf(&s, "\n{Name: %q", p.Name)
		if len(p.Shape) > 0 {
			s.WriteString(", Shape: " + intList(p.Shape))
		}
		if p.Classes > 0 {
			fmt.Fprintf(&s, ", Classes: %d", p.Classes)
		}
		if p.Target {
			s.WriteString(", Target: true")
		}
		s.WriteString("},")
	}
	if len(ports) > 0 {
		s.WriteString("\n")
	}
	return s.String() + "}"
}

// spec is a data item as the data package describes it.
func (g *generator) spec(d *ir.Data) string {
	s := []string{"Kind: " + strconv.Quote(d.Kind)}
	if d.Path != "" {
		s = append(s, "Path: "+strconv.Quote(d.Path))
	}
	if d.Length != 0 {
		s = append(s, fmt.Sprintf("Length: %d", d.Length))
	}
	if len(d.Bind) > 0 {
		var binds []string
		for _, b := range d.Bind {
			text := "{Port: " + strconv.Quote(b.Port)
			if len(b.Columns) > 0 {
				text += ", Columns: " + quoteList(b.Columns)
			}
			if b.File != "" {
				text += ", File: " + strconv.Quote(b.File)
			}
			binds = append(binds, text+"}")
		}
		s = append(s, "Bind: []data.Binding{"+strings.Join(binds, ", ")+"}")
	}
	if d.Test != 0 {
		s = append(s, "Test: "+literal(d.Test))
	}
	if d.TestSource != nil {
		s = append(s, "TestSource: &"+g.spec(d.TestSource))
	}
	if d.Standardize {
		s = append(s, "Standardize: true")
	}
	if d.Missing != "" {
		s = append(s, "Missing: "+strconv.Quote(d.Missing))
	}
	return "data.Spec{" + strings.Join(s, ", ") + "}"
}

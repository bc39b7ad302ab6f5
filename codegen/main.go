package codegen

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// Main prints the main.go of a program that trains, evaluates, predicts with or checks the model that File, called for package
// main, puts beside it: an adapter from the model's array types to the interfaces of runtime/program.
func Main(p *ir.Plan) ([]byte, error) {
	g := newGenerator(p, "main")
	g.mainFunc()
	g.net()
	if g.batchType() && p.Data == nil {
		g.setType()
	}
	if g.trains() && g.trainedByUpdate() {
		g.netTrain()
	}
	if g.scores() {
		doc(g.f, "Evaluate implements program.Evaluator.")
		fn(g.f, "n *net", "Evaluate", "(d *data.Set) (rt.Score, error)", stmt("return n.model.Evaluate(%s{d})", g.setName()))
	}
	switch {
	case p.Type != "float64":
	case g.trains() && len(p.DCheck) > 0:
		g.lossChecker()
	case p.VJP != nil && !g.trains():
		g.outputChecker()
	}
	return g.render()
}

func (g *generator) trainedByUpdate() bool {
	for _, f := range g.p.Train.Funcs {
		if f.Name == "update" {
			return true
		}
	}
	return false
}

// mainFunc prints main.
func (g *generator) mainFunc() {
	p := g.p
	net := []jen.Code{
		stmt("Name: %q,", g.t),
		jen.Id("Inputs: ").Add(g.qualifiedPorts(p.Inputs)).Op(","),
	}
	if g.batchType() {
		net = append(net, jen.Id("Targets: ").Add(g.qualifiedPorts(p.Targets)).Op(","))
	}
	var outputs strings.Builder
	for _, o := range p.Outputs {
		fmt.Fprintf(&outputs, "\n{Name: %q, Shape: %s", o.Name, intList(o.Buf.Shape))
		if o.Classes > 0 && o.Target != nil {
			fmt.Fprintf(&outputs, ", Classes: %d, Target: %q", o.Classes, o.Target.Name)
		}
		outputs.WriteString("},")
	}
	net = append(net, stmt("Outputs: []program.Output{%s\n},", outputs.String()))
	if list := sources(p.Data); len(list) > 0 {
		sets := make([]jen.Code, len(list))
		for i, name := range list {
			sets[i] = jen.Qual(dataPath+"/"+name, "Set")
		}
		net = append(net, jen.Id("Sources: ").Index().Qual(dataPath, "Source").Values(sets...).Op(","))
	}
	if g.trains() {
		net = append(net, stmt("Batch: %d,", p.Settings.Batch), stmt("Epochs: %d,", p.Settings.Epochs))
		if p.Settings.DropLast {
			net = append(net, stmt("DropLast: true,"))
		}
	}
	if p.Settings.Seed != 0 {
		net = append(net, stmt("Seed: %d,", p.Settings.Seed))
	}
	param, made := "seed", []jen.Code{stmt("m := make%s()", g.t), stmt("m.initialise(seed)"), stmt("return &net{model: m}")}
	if p.Embed != "" {
		param, made = "_", []jen.Code{stmt("return &net{model: New%s()}", g.t)}
	} else if !g.draws() {
		param, made = "_", []jen.Code{stmt("return &net{model: make%s()}", g.t)}
	}
	net = append(net, jen.Id(fmt.Sprintf("New: func(%s uint64) program.Model[%s]", param, p.Type)).Block(made...).Op(","))

	lines := []jen.Code{jen.Qual(programPath, "Main").Call(jen.Qual(programPath, "Net").Index(jen.Id(p.Type)).Op("{").Line().Add(join(net)...).Line().Op("}"))}
	g.f.Const().Id("_").Op("=").Qual(runtimePath, "Generated1")
	g.f.Line()
	g.f.Func().Id("main").Params().Block(lines...)
}

// join puts each piece on a line of its own.
func join(code []jen.Code) []jen.Code {
	var out []jen.Code
	for i, c := range code {
		if i > 0 {
			out = append(out, jen.Line())
		}
		out = append(out, c)
	}
	return out
}

// qualifiedPorts is dataPorts, and imports the package.
func (g *generator) qualifiedPorts(ports []*ir.Port) jen.Code {
	text := strings.TrimPrefix(g.dataPorts(ports), "[]data.Port")
	return jen.Index().Qual(dataPath, "Port").Op(text)
}

// net prints the adapter and its methods that every model has.
func (g *generator) net() {
	p := g.p
	doc(g.f, "net is the model without its array types: program.Model.")
	g.f.Type().Id("net").Struct(
		stmt("model *%s", g.t),
		stmt("predictor *%sPredictor // made for the largest call of Predict so far", g.t),
		stmt("room int // the rows that it was made for"),
	)
	doc(g.f, "Load implements program.Model.")
	fn(g.f, "n *net", "Load", "(path string) error",
		stmt("m, err := Load%s(path)", g.t),
		jen.If(stmt("err != nil")).Block(stmt("return err")),
		stmt("n.model, n.predictor, n.room = m, nil, 0"),
		stmt("return nil"))
	doc(g.f, "Save implements program.Model.")
	fn(g.f, "n *net", "Save", "(path string) error", stmt("return n.model.Save(path)"))
	doc(g.f, "Labels implements program.Model.")
	if len(g.classPorts()) > 0 {
		fn(g.f, "n *net", "Labels", "(port string) []string", stmt("return n.model.labels[port]"))
	} else {
		fn(g.f, "n *net", "Labels", "(string) []string", stmt("return nil"))
	}

	doc(g.f, "Predict implements program.Model.")
	body := []jen.Code{
		jen.If(stmt("rows == 0")).Block(stmt("return nil")),
	}
	var inputs []string
	floats, labels := "_", "_"
	for i, port := range p.Inputs {
		if port.Classes > 0 {
			labels = "labels"
			body = append(body, jen.If(stmt("err := rt.CheckLabels(%q, labels[%d], %d, false); err != nil", port.Name, i, port.Classes)).Block(stmt("return err")))
			if len(port.Shape) == 0 {
				inputs = append(inputs, fmt.Sprintf("labels[%d]", i))
				continue
			}
			inputs = append(inputs, fmt.Sprintf("rt.Arrays[%s](labels[%d])", g.portType(port), i))
			continue
		}
		floats = "floats"
		inputs = append(inputs, fmt.Sprintf("rt.Arrays[%s](floats[%d])", g.portType(port), i))
	}
	body = append(body, jen.If(stmt("n.room < rows")).Block(stmt("n.predictor, n.room = n.model.Predictor(rows), rows")))
	if len(p.Outputs) == 1 {
		body = append(body, stmt("n.predictor.Predict(rt.Arrays[%sOutput](out[0]), %s)", g.t, strings.Join(inputs, ", ")))
	} else {
		var copies []jen.Code
		for i, o := range p.Outputs {
			copies = append(copies, stmt("copy(out[%d][%s:], row.%s[:])", i, times("r", o.Buf.Size()), ir.GoName(o.Name, true)))
		}
		body = append(body, jen.For(stmt("r, row := range n.predictor.Predict(nil, %s)", strings.Join(inputs, ", "))).Block(copies...))
	}
	body = append(body, stmt("return nil"))
	params := fmt.Sprintf("out, %s [][]%s, %s [][]int32, rows int", floats, p.Type, labels)
	fn(g.f, "n *net", "Predict", "("+params+") error", body...)
}

// netTrain prints Train.
func (g *generator) netTrain() {
	set := g.setName()
	doc(g.f, "Train implements program.Trainer.")
	g.f.Func().Params(jen.Id("n *net")).Id("Train").Params(jen.Id("ctx").Qual("context", "Context"), jen.Id("train, test *data.Set, o ...rt.Option")).
		Add(stmt("(rt.Report, error)")).Block(
		stmt("t := n.model.Trainer(o...)"),
		jen.If(stmt("test != nil")).Block(stmt("t.Watch(%s{test})", set)),
		stmt("return t.Train(ctx, %s{train})", set),
	)
}

// checkedPorts prints the tensors and labels of a checker; grads gives what holds a port's gradients, "" for none.
func (g *generator) checkedPorts(ports []*ir.Port, rows func(*ir.Port) string, grads func(*ir.Port) string) {
	tensors := []jen.Code{stmt("var list []program.CheckTensor")}
	if g.trains() {
		for _, b := range g.p.Params {
			if b.Store != ir.InTheta {
				continue
			}
			w := b.Value.Param
			part := fmt.Sprintf("[%d:%d]", b.Offset, b.Offset+b.Size())
			tensors = append(tensors, stmt("list = append(list, program.CheckTensor{Name: %q, Values: c.model.theta%s, Grads: c.trainer.grad%s})", w.Name, part, part))
		}
	}
	var labels, classes []string
	for _, p := range ports {
		if p.Classes > 0 {
			labels = append(labels, labelsOf(p, rows(p)))
			classes = append(classes, fmt.Sprint(p.Classes))
			continue
		}
		text := fmt.Sprintf("program.CheckTensor{Name: %q, Port: true, Values: rt.Flat[float64](%s)", p.Name, rows(p))
		if d := grads(p); d != "" {
			text += ", Grads: " + d
		}
		tensors = append(tensors, stmt("list = append(list, %s})", text))
	}
	doc(g.f, "Tensors implements program.Checker.")
	fn(g.f, "c *checker", "Tensors", "() []program.CheckTensor", append(tensors, stmt("return list"))...)
	doc(g.f, "Labels implements program.Checker.")
	fn(g.f, "c *checker", "Labels", "() [][]int32", stmt("return [][]int32{%s}", strings.Join(labels, ", ")))
	doc(g.f, "LabelClasses implements program.Checker.")
	fn(g.f, "c *checker", "LabelClasses", "() []int", stmt("return []int{%s}", strings.Join(classes, ", ")))
}

// lossChecker prints the checker of the loss's gradients.
func (g *generator) lossChecker() {
	p := g.p
	s := newSpace(p, p.Train, "", "t", "model", "config", "clock", "pool", "batch", "rows", "grad", "state", "watched", "kept", "phases", "check")
	s.collect(p.DCheck...)
	fields := []jen.Code{stmt("model *%s", g.t), stmt("trainer *%sTrainer", g.t), stmt("batch %sBatch", g.t)}
	made := []jen.Code{stmt("c := &checker{model: n.model, trainer: n.model.Trainer(rt.BatchSize(rows)), batch: make%sBatch(rows)}", g.t)}
	backward := []jen.Code{stmt("c.trainer.Backward()")}
	grads := map[*ir.Port]string{}
	for i, b := range p.DCheck {
		if b == nil {
			continue
		}
		name := s.names[b]
		fields = append(fields, stmt("%s []float64 // a copy: the next Forward uses the trainer's", name))
		made = append(made, stmt("c.%s = make([]float64, %s)", name, times("rows", b.Size())))
		backward = append(backward, stmt("copy(c.%s, c.trainer.%s)", name, name))
		grads[p.Inputs[i]] = "c." + name
	}
	doc(g.f, "Check implements program.Checkable.")
	fn(g.f, "n *net", "Check", "(rows int) program.Checker", append(made, stmt("return c"))...)
	doc(g.f, "checker is the model's loss on one batch, and its gradients.")
	g.f.Type().Id("checker").Struct(fields...)
	g.checkedPorts(g.ports(), func(p *ir.Port) string { return "c.batch." + portField(p) }, func(p *ir.Port) string { return grads[p] })
	doc(g.f, "Objective implements program.Checker.")
	fn(g.f, "c *checker", "Objective", "() float64", stmt("return c.trainer.Forward(c.batch)"))
	doc(g.f, "Gradients implements program.Checker.")
	fn(g.f, "c *checker", "Gradients", "()", backward...)
}

// outputChecker prints the checker of a model without a loss: of a fixed random combination of its outputs.
func (g *generator) outputChecker() {
	p := g.p
	var results []*ir.Port
	for i, b := range p.DInput {
		if b != nil {
			results = append(results, p.Inputs[i])
		}
	}
	if len(results) == 0 {
		return
	}
	one := len(p.Inputs) == 1
	dst := "[]" + g.portType(p.Inputs[0])
	if !one {
		dst = g.t + "Gradient"
	}
	var made, fields []jen.Code
	made = append(made, stmt("c := &checker{predictor: n.model.Predictor(rows), out: make([]%sOutput, rows), combine: make([]%sOutput, rows)}", g.t, g.t))
	fields = append(fields, stmt("predictor *%sPredictor", g.t), stmt("out, combine []%sOutput", g.t), stmt("grad %s", dst))
	var inputs []string
	for _, port := range p.Inputs {
		name := "in" + portField(port)
		fields = append(fields, stmt("%s []%s", name, g.portType(port)))
		made = append(made, stmt("c.%s = make([]%s, rows)", name, g.portType(port)))
		inputs = append(inputs, "c."+name)
	}
	grads := map[*ir.Port]string{}
	for _, port := range results {
		field := "c.grad"
		if !one {
			field += "." + portField(port)
		}
		made = append(made, stmt("%s = make([]%s, rows)", field, g.portType(port)))
		grads[port] = fmt.Sprintf("rt.Flat[float64](%s)", field)
	}
	made = append(made,
		stmt("key := rt.Key(1, 0, 0)"),
		jen.For(stmt("i := range rt.Flat[float64](c.combine)")).Block(stmt("rt.Flat[float64](c.combine)[i] = rt.Normal[float64](key, i)")),
		stmt("return c"))
	doc(g.f, "Check implements program.Checkable.")
	fn(g.f, "n *net", "Check", "(rows int) program.Checker", made...)
	doc(g.f, "checker is a fixed combination of the model's outputs on one batch, and its gradients by the inputs.")
	g.f.Type().Id("checker").Struct(fields...)
	g.checkedPorts(p.Inputs, func(p *ir.Port) string { return "c.in" + portField(p) }, func(p *ir.Port) string { return grads[p] })
	doc(g.f, "Objective implements program.Checker.")
	fn(g.f, "c *checker", "Objective", "() float64",
		stmt("c.out = c.predictor.Predict(c.out, %s)", strings.Join(inputs, ", ")),
		stmt("sum := 0.0"),
		stmt("combine := rt.Flat[float64](c.combine)"),
		jen.For(stmt("i, v := range rt.Flat[float64](c.out)")).Block(stmt("sum += combine[i]*v")),
		stmt("return sum"))
	doc(g.f, "Gradients implements program.Checker.")
	fn(g.f, "c *checker", "Gradients", "()", stmt("c.grad = c.predictor.Gradient(c.grad, %s, c.combine)", strings.Join(inputs, ", ")))
}

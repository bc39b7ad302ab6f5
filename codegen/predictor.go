package codegen

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// inputParams are the inputs as parameters: image []MNISTImage, words []int32.
func (g *generator) inputParams(s *space) string {
	list := make([]string, len(g.p.Inputs))
	for i, p := range g.p.Inputs {
		list[i] = s.ports[p.Name] + " []" + g.portType(p)
	}
	return strings.Join(list, ", ")
}

// checkInputs prints the checks of what a caller gives for inference: lengths, and labels.
func (g *generator) checkInputs(s *space) []jen.Code {
	var code []jen.Code
	first := s.ports[g.p.Inputs[0].Name]
	for i, p := range g.p.Inputs {
		name := s.ports[p.Name]
		if i > 0 {
			code = append(code, stmt("rt.CheckRows(%q, %q, len(%s), %q, len(%s))", g.t, p.Name, name, g.p.Inputs[0].Name, first))
		}
		if p.Classes > 0 {
			code = append(code, g.mustLabels(p, name))
		}
	}
	return code
}

// mustLabels prints the check of a class port's rows.
func (g *generator) mustLabels(p *ir.Port, rows string) jen.Code {
	if len(p.Shape) == 0 {
		return stmt("rt.MustLabels(%q, %q, %s, %d, %v)", g.t, p.Name, rows, p.Classes, p.Target)
	}
	return stmt("rt.MustSequences(%q, %q, %s, len(%s), %d, %v)", g.t, p.Name, labelsOf(p, rows), rows, p.Classes, p.Target)
}

// labelsOf is a class port's rows as []int32.
func labelsOf(p *ir.Port, rows string) string {
	if len(p.Shape) == 0 {
		return rows
	}
	return "rt.Ints(" + rows + ")"
}

// direct says whether the plan writes the only output straight to the caller's rows.
func (g *generator) direct() bool {
	return len(g.p.Outputs) == 1 && g.p.Outputs[0].Buf.Store == ir.InOutput
}

// predictor prints the predictor.
func (g *generator) predictor() {
	p := g.p
	own := []string{"model", "vjp", "pool", "most", "rows", "dst", "phases", "run", "runScore", "batch", "outputs", "indices"}
	typ := g.t + "Predictor"
	s := newSpace(p, p.Predict, typ, "p", own...)
	s.most = "maxBatch"
	s.taken["maxBatch"] = true
	for _, port := range g.ports() {
		s.ports[port.Name] = s.unique(ir.GoName(port.Name, false))
	}
	var outputs []*ir.Buf
	for _, o := range p.Outputs {
		outputs = append(outputs, o.Buf)
	}
	s.collect(outputs...)
	for _, b := range s.bufs {
		if b.Store == ir.InOutput {
			s.outputs[b] = "dst"
		}
		if b.Store == ir.InPort { // its variable may have the name of its field
			s.names[b] = s.ports[b.Port.Name]
		}
	}

	prepare := s.fn("prepare")
	reads, made := "It reads the model's weights where they are.", ""
	if prepare != nil {
		reads = "It reads the model's weights where they are, and keeps what follows from them alone."
		made = " The weights must be there by now, and stay: what follows from them alone is computed here, once."
	}
	doc(g.f, fmt.Sprintf("%s is a workspace for prediction, for one goroutine at a time. %s", typ, reads))
	fields := []jen.Code{stmt("pool *rt.Pool"), stmt("most int // rows at a time")}
	if p.VJP != nil {
		fields = append(fields, stmt("model *%s", g.t), stmt("vjp *gradient%s // the workspace of Gradient", g.t))
	}
	fields = append(fields, jen.Line(), comment("The rows at hand."), stmt("rows int"))
	ports := p.Inputs
	if g.scores() {
		ports = g.ports()
	}
	for _, port := range ports {
		fields = append(fields, stmt("%s []%s // %s", s.ports[port.Name], g.portType(port), port.Text))
	}
	fields = append(fields, stmt("dst []%sOutput", g.t))
	if g.scores() {
		fields = append(fields, jen.Line(), comment("What Evaluate reads and predicts, made when it is first called."),
			stmt("batch %sBatch", g.t), stmt("outputs []%sOutput", g.t), stmt("indices []int"))
	}
	g.f.Type().Id(typ).Struct(append(fields, s.fields()...)...)

	doc(g.f, "Predictor makes a workspace that predicts up to maxBatch rows at a time; calls may have any number of rows."+made)
	body := []jen.Code{
		jen.If(stmt("maxBatch < 1")).Block(stmt("panic(%q)", "nnc: "+g.t+": Predictor: maxBatch must be at least 1")),
		stmt("p := &%s{pool: rt.NewPool(0), most: maxBatch}", typ),
	}
	if p.VJP != nil {
		body = append(body, stmt("p.model = m"))
	}
	body = append(body, s.bind()...)
	if prepare != nil {
		body = append(body, stmt("p.prepare()"))
	}
	fn(g.f, "m *"+g.t, "Predictor", "(maxBatch int) *"+typ, append(body, stmt("return p"))...)
	if prepare != nil {
		doc(g.f, "prepare computes what follows from the weights alone.")
		fn(g.f, "p *"+typ, "prepare", "()", s.run(prepare)...)
	}

	// Predict.
	first := s.ports[p.Inputs[0].Name]
	doc(g.f, fmt.Sprintf("Predict computes a row of the result for each row of the %s: dst, or a new slice where dst has no room. The rest of dst's rows is not used. "+
		"A row's result does not depend on the rows beside it.%s", inputWord(p), g.misuse()))
	body = g.checkInputs(s)
	body = append(body, stmt("dst = rt.Grow(dst, len(%s))", first))
	chunk := []jen.Code{stmt("hi := min(lo+p.most, len(%s))", first), stmt("p.rows = hi - lo")}
	for _, port := range p.Inputs {
		chunk = append(chunk, stmt("p.%s = %s[lo:hi]", s.ports[port.Name], s.ports[port.Name]))
	}
	chunk = append(chunk, stmt("p.dst = dst[lo:hi]"), stmt("p.run()"))
	body = append(body, jen.For(jen.Id(fmt.Sprintf("lo := 0; lo < len(%s); lo += p.most", first))).Block(chunk...), stmt("return dst"))
	fn(g.f, "p *"+typ, "Predict", fmt.Sprintf("(dst []%sOutput, %s) []%sOutput", g.t, g.inputParams(s), g.t), body...)

	doc(g.f, "run predicts the rows at hand.")
	predict := s.fn("predict")
	after := g.copyOutputs(s)
	if predict == nil {
		fn(g.f, "p *"+typ, "run", "()", after...)
	} else {
		fn(g.f, "p *"+typ, "run", "()", s.run(predict, after...)...)
	}
	s.shareMethods(g.f)
	if g.scores() {
		g.evaluate(s)
	}
}

// inputWord is what a model's inputs are called in a comment.
func inputWord(p *ir.Plan) string {
	if len(p.Inputs) == 1 {
		return "input"
	}
	return "inputs"
}

// misuse says in words what checkInputs panics for, if anything.
func (g *generator) misuse() string {
	var s []string
	if len(g.p.Inputs) > 1 {
		s = append(s, "the inputs have different lengths")
	}
	for _, p := range g.p.Inputs {
		if p.Classes > 0 {
			s = append(s, fmt.Sprintf("%s has a label that is not in [0, %d)", ir.GoName(p.Name, false), p.Classes))
		}
	}
	if len(s) == 0 {
		return ""
	}
	return " It panics where " + strings.Join(s, " or ") + "."
}

// copyOutputs prints the copying of results that lie in the workspace to the caller's rows.
//
//	for r := range p.dst {
//		p.dst[r].Mean = [1]float32(p.mean[r:])
//	}
func (g *generator) copyOutputs(s *space) []jen.Code {
	if g.direct() {
		return nil
	}
	var body []jen.Code
	for _, o := range g.p.Outputs {
		target := "p.dst[r]"
		typ := g.t + "Output"
		if len(g.p.Outputs) > 1 {
			target += "." + ir.GoName(o.Name, true)
			typ = fmt.Sprintf("[%d]%s", o.Buf.Size(), g.p.Type)
		}
		from := fmt.Sprintf("p.%s[%s:]", s.names[o.Buf], times("r", o.Buf.Size()))
		body = append(body, stmt("%s = %s(%s)", target, typ, from))
	}
	return []jen.Code{jen.For(jen.Id("r := range p.dst")).Block(body...)}
}

// evaluate prints Evaluate of the model and the predictor.
func (g *generator) evaluate(s *space) {
	p := g.p
	typ := s.typ
	doc(g.f, fmt.Sprintf("Evaluate measures the loss and the metrics over all rows of d. See [%s.Evaluate].", typ))
	fn(g.f, "m *"+g.t, "Evaluate", fmt.Sprintf("(d %sData) (rt.Score, error)", g.t), stmt("return m.Predictor(%d).Evaluate(d)", evaluateBatch(p)))

	doc(g.f, "Evaluate measures the loss, a mean over the rows, and the metrics over all rows of d. A label that is not one of the classes gives a *rt.DataError with its row.")
	var body []jen.Code
	body = append(body, jen.If(stmt("p.indices == nil")).Block(
		stmt("p.batch = make%sBatch(p.most)", g.t),
		stmt("p.outputs = make([]%sOutput, p.most)", g.t),
		stmt("p.indices = make([]int, p.most)"),
	))
	var metrics []string
	for _, m := range p.Metrics {
		args := make([]string, len(m.Args))
		for i, a := range m.Args {
			args[i] = literal(a)
		}
		metrics = append(metrics, fmt.Sprintf("rt.%s[%s](%s)", m.Func, p.Type, strings.Join(args, ", ")))
	}
	if len(metrics) > 0 {
		body = append(body, stmt("metrics := []rt.Metric[%s]{%s}", p.Type, strings.Join(metrics, ", ")))
	}
	body = append(body, stmt("score := rt.Score{Rows: d.Len()}"),
		jen.If(stmt("score.Rows == 0")).Block(stmt("return score, rt.NoRowsError(%q)", g.t)))
	chunk := []jen.Code{
		stmt("hi := min(lo+p.most, score.Rows)"),
		stmt("rows := p.indices[:hi-lo]"),
		jen.For(stmt("i := range rows")).Block(stmt("rows[i] = lo + i")),
		stmt("b := p.batch.rows(len(rows))"),
		jen.If(stmt("err := b.read(d, rows); err != nil")).Block(stmt("return rt.Score{}, err")),
	}
	for _, port := range p.Targets {
		chunk = append(chunk, stmt("p.%s = b.%s", s.ports[port.Name], portField(port)))
	}
	var inputs []string
	for _, port := range p.Inputs {
		inputs = append(inputs, "b."+portField(port))
	}
	out := "p.Predict(p.outputs, " + strings.Join(inputs, ", ") + ")"
	outputs := make([]string, len(p.Metrics))
	for i, m := range p.Metrics {
		outputs[i] = g.measuredRows(s, m)
	}
	if g.direct() && len(outputs) > 0 {
		chunk = append(chunk, stmt("out := %s", out))
	} else {
		chunk = append(chunk, stmt("%s", out))
	}
	chunk = append(chunk, stmt("score.Loss += float64(p.runScore()) * float64(len(rows))"))
	for i, m := range p.Metrics {
		chunk = append(chunk, stmt("metrics[%d].Add(%s)", i, g.metricArgs(m, outputs[i])))
	}
	body = append(body, jen.For(jen.Id("lo := 0; lo < score.Rows; lo += p.most")).Block(chunk...), stmt("score.Loss /= float64(score.Rows)"))
	if len(metrics) > 0 {
		names := make([]string, len(p.Metrics))
		for i, m := range p.Metrics {
			names[i] = m.Name
		}
		body = append(body,
			stmt("names := %s", quoteList(names)),
			jen.For(stmt("i, m := range metrics")).Block(
				stmt("v := m.Value()"), stmt("v.Name = names[i]"), stmt("score.Metrics = append(score.Metrics, v)")))
	}
	body = append(body, stmt("return score, nil"))
	fn(g.f, "p *"+typ, "Evaluate", fmt.Sprintf("(d %sData) (rt.Score, error)", g.t), body...)

	doc(g.f, "runScore measures the loss of the rows at hand, which have been predicted.")
	score := g.score()
	fn(g.f, "p *"+typ, "runScore", "() "+p.Type, s.run(score, stmt("return %s", s.result(score)))...)
	g.batchMethods()
}

// result is the loss at the end of forward and score.
func (s *space) result(f *ir.Func) string {
	b := f.Result
	name := s.recv + "." + s.names[b]
	if b.Store != ir.InField {
		name += "[0]"
	}
	return name
}

// measuredRows is what a metric reads: the rows of an output as numbers.
func (g *generator) measuredRows(s *space, m ir.Metric) string {
	for _, o := range g.p.Outputs {
		if o.Value != m.Output {
			continue
		}
		if g.direct() {
			return "rt.Flat[" + g.p.Type + "](out)"
		}
		return fmt.Sprintf("p.%s[:%s]", s.names[o.Buf], times("len(rows)", o.Buf.Size()))
	}
	panic("codegen: the metric " + m.Name + " measures no output")
}

// metricArgs are the arguments of Add: rows of outputs, their width, targets and labels.
func (g *generator) metricArgs(m ir.Metric, out string) string {
	port := m.Target.Port
	size := m.Output.Size()
	rows := "b." + portField(port)
	if port.Classes > 0 {
		return fmt.Sprintf("%s, %d, nil, %s", out, size/portSize(port), labelsOf(port, rows))
	}
	return fmt.Sprintf("%s, %d, rt.Flat[%s](%s), nil", out, size, g.p.Type, rows)
}

// evaluateBatch is the rows at a time of an evaluation that says nothing else.
func evaluateBatch(p *ir.Plan) int { return max(p.Settings.Batch, 128) }

// batchMethods prints what Evaluate and Train do with a batch's memory.
func (g *generator) batchMethods() {
	ports := g.ports()
	typ := g.t + "Batch"
	var made, cut []string
	for _, p := range ports {
		made = append(made, fmt.Sprintf("%s: make([]%s, rows)", portField(p), g.portType(p)))
		cut = append(cut, fmt.Sprintf("%s: b.%s[:n]", portField(p), portField(p)))
	}
	doc(g.f, fmt.Sprintf("make%s makes a batch of zeros.", typ))
	fn(g.f, "", "make"+typ, "(rows int) "+typ, stmt("return %s{%s}", typ, strings.Join(made, ", ")))
	doc(g.f, "rows is the first n rows of b.")
	fn(g.f, "b "+typ, "rows", "(n int) "+typ, stmt("return %s{%s}", typ, strings.Join(cut, ", ")))

	body := []jen.Code{jen.If(stmt("err := d.Read(b, rows); err != nil")).Block(stmt("return err"))}
	for _, p := range ports {
		if p.Classes > 0 {
			body = append(body, jen.If(stmt("err := rt.CheckRead(%q, %s, %d, %v, rows); err != nil", p.Name, labelsOf(p, "b."+portField(p)), p.Classes, p.Target)).
				Block(stmt("return err")))
		}
	}
	doc(g.f, "read fills b with rows of d and checks their labels.")
	fn(g.f, "b "+typ, "read", fmt.Sprintf("(d %sData, rows []int) error", g.t), append(body, stmt("return nil"))...)
}

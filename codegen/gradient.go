package codegen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// gradient prints Gradient, the vector-Jacobian product, and its workspace.
func (g *generator) gradient() {
	p := g.p
	typ := "gradient" + g.t
	s := newSpace(p, p.VJP, typ, "g", "pool", "most", "rows", "phases", "run", "dst", "dRows")
	s.most = "most"
	s.taken["most"], s.taken["p"] = true, true
	s.taken["dOut"] = true // a parameter beside the ports
	for _, port := range p.Inputs {
		s.ports[port.Name] = s.unique(ir.GoName(port.Name, false))
	}
	delete(s.taken, "dOut")
	// A block may be all that reads the gradient by an output: it is given to a field none the less.
	s.collect(slices.DeleteFunc(slices.Clone(p.DOut), func(b *ir.Buf) bool { return !slices.Contains(p.VJP.Bufs, b) })...)
	for _, b := range s.bufs {
		if b.Store == ir.InPort && b.Port != nil {
			s.names[b] = s.ports[b.Port.Name]
		}
	}
	// Where the result goes: one input has its rows alone, several a struct of them.
	result := fmt.Sprintf("[]%s", g.portType(p.Inputs[0]))
	var results []*ir.Port
	for i, b := range p.DInput {
		if b == nil {
			continue
		}
		results = append(results, p.Inputs[i])
		s.outputs[b] = "dst"
		if len(p.Inputs) > 1 {
			s.outputs[b] = "dst." + portField(p.Inputs[i])
			result = g.t + "Gradient"
		}
	}
	for _, b := range p.DOut {
		s.inputs[b] = "dRows"
	}

	if len(p.Inputs) > 1 {
		doc(g.f, fmt.Sprintf("%s is the gradients by the inputs, a row each; see [%sPredictor.Gradient].", result, g.t))
		var fields []jen.Code
		for _, port := range results {
			fields = append(fields, stmt("%s []%s // %s", portField(port), g.portType(port), port.Text))
		}
		g.f.Type().Id(result).Struct(fields...)
	}

	doc(g.f, fmt.Sprintf("%s is the workspace of Gradient.", typ))
	fields := []jen.Code{stmt("pool *rt.Pool"), stmt("most int // rows at a time"), jen.Line(), comment("The rows at hand."), stmt("rows int")}
	for _, port := range p.Inputs {
		fields = append(fields, stmt("%s []%s // %s", s.ports[port.Name], g.portType(port), port.Text))
	}
	fields = append(fields, stmt("dRows []%sOutput // the gradient by the outputs", g.t), stmt("dst %s", result))
	g.f.Type().Id(typ).Struct(append(fields, s.fields()...)...)

	doc(g.f, "gradient makes the workspace of Gradient.")
	body := []jen.Code{stmt("g := &%s{pool: rt.NewPool(0), most: most}", typ)}
	fn(g.f, "m *"+g.t, "gradient", fmt.Sprintf("(most int) *%s", typ), append(append(body, s.bind()...), stmt("return g"))...)

	doc(g.f, fmt.Sprintf("Gradient computes the gradient by the %s of the sum of the outputs, each multiplied by its number in dOut: the vector-Jacobian product. "+
		"The rows are independent of each other. dst takes the result, or new slices where it has no room. "+
		"The first call makes a workspace. It panics where the arguments have different lengths.", inputWord(p)))
	first := s.ports[p.Inputs[0].Name]
	body = g.checkInputs(s)
	body = append(body,
		stmt("rt.CheckRows(%q, %q, len(dOut), %q, len(%s))", g.t, "dOut", p.Inputs[0].Name, first),
		jen.If(stmt("p.vjp == nil")).Block(stmt("p.vjp = p.model.gradient(p.most)")),
		stmt("g := p.vjp"),
	)
	if len(p.Inputs) == 1 {
		body = append(body, stmt("dst = rt.Grow(dst, len(%s))", first))
	} else {
		for _, port := range results {
			body = append(body, stmt("dst.%s = rt.Grow(dst.%s, len(%s))", portField(port), portField(port), first))
		}
	}
	chunk := []jen.Code{stmt("hi := min(lo+g.most, len(%s))", first), stmt("g.rows = hi - lo"), stmt("g.dRows = dOut[lo:hi]")}
	for _, port := range p.Inputs {
		chunk = append(chunk, stmt("g.%s = %s[lo:hi]", s.ports[port.Name], s.ports[port.Name]))
	}
	if len(p.Inputs) == 1 {
		chunk = append(chunk, stmt("g.dst = dst[lo:hi]"))
	} else {
		var cut []string
		for _, port := range results {
			cut = append(cut, fmt.Sprintf("%s: dst.%s[lo:hi]", portField(port), portField(port)))
		}
		chunk = append(chunk, stmt("g.dst = %s{%s}", result, strings.Join(cut, ", ")))
	}
	chunk = append(chunk, stmt("g.run()"))
	body = append(body, jen.For(jen.Id(fmt.Sprintf("lo := 0; lo < len(%s); lo += g.most", first))).Block(chunk...), stmt("return dst"))
	fn(g.f, "p *"+g.t+"Predictor", "Gradient", fmt.Sprintf("(dst %s, %s, dOut []%sOutput) %s", result, g.inputParams(s), g.t, result), body...)

	doc(g.f, "run differentiates the rows at hand.")
	var before []jen.Code
	if len(p.Outputs) > 1 || p.DOut[0].Store != ir.InPort {
		var copies []jen.Code
		for i, o := range p.Outputs {
			b := p.DOut[i]
			if s.names[b] == "" {
				continue // no influence on the inputs
			}
			from := "g.dRows[r]"
			if len(p.Outputs) > 1 {
				from += "." + ir.GoName(o.Name, true)
			}
			copies = append(copies, stmt("copy(g.%s[%s:], %s[:])", s.names[b], times("r", b.Size()), from))
		}
		if copies != nil {
			before = append(before, jen.For(stmt("r := range g.dRows")).Block(copies...))
		}
	}
	fn(g.f, "g *"+typ, "run", "()", append(before, s.run(s.fn("gradient"))...)...)
	s.shareMethods(g.f)
}

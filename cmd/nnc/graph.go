package main

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/encoding"
	"gonum.org/v1/gonum/graph/encoding/dot"
	"gonum.org/v1/gonum/graph/simple"

	"github.com/nnc-lang/nnc/compiler"
	"github.com/nnc-lang/nnc/compiler/ir"
)

var graphCommand = &command{
	name:    "graph",
	usage:   "x.nn [flags]",
	summary: "draw the network: values, operations, gradients",
	about: `With -backward each edge has beside it, the other way, the gradient by the value
on it. dot is for Graphviz, mermaid for Markdown.`,
	example: "nnc graph -backward apples.nn | dot -Tsvg -o apples.svg",
	setup: func(f *flags) func(*env, []string) error {
		d := &drawing{}
		d.model.declare(f)
		f.BoolVar(&d.backward, "backward", false, "draw the gradients too")
		f.StringVar(&d.format, "format", "dot", "`LANGUAGE`: dot or mermaid")
		return d.run
	},
}

type drawing struct {
	model    modelFlags
	backward bool
	format   string
}

func (d *drawing) run(e *env, args []string) error {
	if d.format != "dot" && d.format != "mermaid" {
		return usagef("-format is dot or mermaid, not %q", d.format)
	}
	s, o, err := d.model.read(args)
	if err != nil {
		return err
	}
	picture, faults, err := compiler.Draw(s.path, s.text, o, d.backward)
	if err := s.verdict(e, faults, err, o); err != nil {
		return err
	}
	text := mermaid(picture)
	if d.format == "dot" {
		if text, err = graphviz(picture); err != nil {
			return err
		}
	}
	_, err = e.stdout.Write(text)
	return err
}

// label is what a node shows: an operation on two values its sign, as textbooks
// draw it; all else its name or call, and below it the shape.
func label(n ir.DrawNode) (text, shape string, sign bool) {
	if n.Sign != "" {
		return map[string]string{"+": "+", "-": "−", "*": "×", "/": "÷"}[n.Sign], "", true
	}
	return n.Label, shapeOf(n.Shape), false
}

// shapeOf leaves out the shape of a scalar, which is nothing to look at.
func shapeOf(text string) string {
	if text == "[]" {
		return ""
	}
	return text
}

// graphviz writes a drawing in the language of Graphviz.
func graphviz(d *ir.Drawing) ([]byte, error) {
	g := &dotGraph{simple.NewDirectedGraph()}
	nodes := map[string]*dotNode{}
	for i, n := range d.Nodes {
		nodes[n.ID] = &dotNode{int64(i), n}
		g.AddNode(nodes[n.ID])
	}
	for _, e := range d.Edges {
		g.SetEdge(&dotEdge{nodes[e.From], nodes[e.To], e})
	}
	text, err := dot.Marshal(g, d.Name, "", "\t")
	return append(text, '\n'), err
}

// dotGraph is a drawing for gonum to write.
type dotGraph struct{ *simple.DirectedGraph }

func (*dotGraph) DOTAttributers() (g, n, e encoding.Attributer) {
	return attributes{{Key: "rankdir", Value: "LR"}},
		attributes{{Key: "fontname", Value: "Helvetica"}},
		attributes{{Key: "fontname", Value: "Helvetica"}, {Key: "fontsize", Value: "10"}}
}

type attributes []encoding.Attribute

func (a attributes) Attributes() []encoding.Attribute { return a }

type dotNode struct {
	id int64
	ir.DrawNode
}

func (n *dotNode) ID() int64     { return n.id }
func (n *dotNode) DOTID() string { return n.DrawNode.ID }

func (n *dotNode) Attributes() []encoding.Attribute {
	text, shape, sign := label(n.DrawNode)
	a := []encoding.Attribute{{Key: "label", Value: text}}
	if shape != "" {
		a[0].Value += "\n" + shape
	}
	switch {
	case sign:
		a = append(a, encoding.Attribute{Key: "shape", Value: "circle"})
	case n.Kind == "operator":
		a = append(a, encoding.Attribute{Key: "shape", Value: "box"}, encoding.Attribute{Key: "style", Value: "rounded"})
	case n.Kind == "weight":
		a = append(a, encoding.Attribute{Key: "shape", Value: "note"})
	default:
		a = append(a, encoding.Attribute{Key: "shape", Value: "plaintext"})
	}
	return a
}

type dotEdge struct {
	from, to *dotNode
	ir.DrawEdge
}

func (e *dotEdge) From() graph.Node { return e.from }
func (e *dotEdge) To() graph.Node   { return e.to }
func (e *dotEdge) ReversedEdge() graph.Edge {
	return &dotEdge{e.to, e.from, e.DrawEdge}
}

func (e *dotEdge) Attributes() []encoding.Attribute {
	a := []encoding.Attribute{{Key: "label", Value: shapeOf(e.Label)}}
	if e.Back {
		// The gradient does not pull its nodes towards the left.
		a = append(a, encoding.Attribute{Key: "style", Value: "dashed"}, encoding.Attribute{Key: "color", Value: "firebrick"},
			encoding.Attribute{Key: "fontcolor", Value: "firebrick"}, encoding.Attribute{Key: "constraint", Value: "false"})
	}
	return a
}

// mermaid writes a drawing as a Mermaid flowchart. Its own words, such as end,
// cannot name nodes: these are numbered.
func mermaid(d *ir.Drawing) []byte {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for i, n := range d.Nodes {
		text, shape, sign := label(n)
		if shape != "" {
			text += "<br/>" + shape
		}
		open, shut := `["`, `"]`
		switch {
		case sign:
			open, shut = `(("`, `"))`
		case n.Kind == "operator":
			open, shut = `("`, `")`
		case n.Kind == "weight":
			open, shut = `[/"`, `"/]`
		}
		fmt.Fprintf(&b, "\tn%d%s%s%s\n", i, open, mermaidText(text), shut)
	}
	at := func(id string) int {
		return slices.IndexFunc(d.Nodes, func(n ir.DrawNode) bool { return n.ID == id })
	}
	for _, e := range d.Edges {
		arrow := "-->"
		if e.Back {
			arrow = "-.->"
		}
		if text := shapeOf(e.Label); text != "" {
			arrow += fmt.Sprintf(`|"%s"|`, mermaidText(text))
		}
		fmt.Fprintf(&b, "\tn%d %s n%d\n", at(e.From), arrow, at(e.To))
	}
	return []byte(b.String())
}

// mermaidText escapes what would end a label.
func mermaidText(s string) string { return strings.ReplaceAll(s, `"`, "#quot;") }

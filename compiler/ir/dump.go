package ir

import (
	"fmt"
	"strings"
)

// String prints the graph for dumps and goldens: the leafs, then a line a node in the graph's order, under the source line
// that each paragraph of nodes was built for, and last what must be computed.
//
//	input   image [B, 784]
//	param   dense1.weight [784, 10]
//
//	// dense(10)  [B, 784] -> [B, 10]
//	v4 [B, 10] = dot bi,io->bo (image, dense1.weight)
//
//	out     dense1
//
// A value without a name is v and its number; of values with one name all but the first have their number behind it.
func (g *Graph) String() string {
	var b strings.Builder
	names := map[*Value]string{}
	taken := map[string]bool{}
	name := func(v *Value) string {
		if s, ok := names[v]; ok {
			return s
		}
		s := v.Name
		switch {
		case s == "":
			s = fmt.Sprintf("v%d", v.ID)
		case taken[s]:
			s = fmt.Sprintf("%s#%d", s, v.ID)
		}
		taken[s], names[v] = true, s
		return s
	}
	for _, v := range g.Leafs {
		fmt.Fprintf(&b, "%-7s %s %s%s%s\n", v.Kind, name(v), ShapeText(v.Shape), v.elemText(), v.leafNotes())
	}
	var line *Line
	back := false
	for i, n := range g.Nodes {
		var l *Line
		if n.Src != nil {
			l = n.Src.Line
		}
		if i == 0 || l != line || n.Back != back {
			line, back = l, n.Back
			b.WriteString("\n" + heading(l, back))
		}
		for i, v := range n.Out {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(name(v) + " " + ShapeText(v.Shape) + v.elemText())
		}
		if len(n.Out) > 0 {
			b.WriteString(" = ")
		}
		in := make([]string, len(n.In))
		for i, v := range n.In {
			in[i] = name(v)
		}
		fmt.Fprintf(&b, "%s %s", primName(n.Prim), n.Prim)
		if len(in) > 0 {
			fmt.Fprintf(&b, " (%s)", strings.Join(in, ", "))
		}
		for _, v := range n.Out {
			b.WriteString(v.linkNotes(name))
		}
		b.WriteString("\n")
	}
	if len(g.Outs) > 0 {
		b.WriteString("\n")
	}
	for _, v := range g.Outs {
		fmt.Fprintf(&b, "out     %s\n", name(v))
	}
	return b.String()
}

// heading is the comment above a paragraph of nodes.
func heading(l *Line, back bool) string {
	s := "//"
	if back {
		s += " backward:"
	}
	if l == nil {
		if !back {
			return ""
		}
		return s + "\n"
	}
	s += " " + l.Text
	switch {
	case l.In != "" && l.Out != "":
		s += "  " + l.In + " -> " + l.Out
	case l.In+l.Out != "":
		s += "  " + l.In + l.Out
	}
	return s + "\n"
}

func primName(p Prim) string {
	t := fmt.Sprintf("%T", p)
	return strings.ToLower(t[strings.LastIndexByte(t, '.')+1:])
}

func (v *Value) elemText() string {
	switch v.Elem {
	case Int:
		return " int"
	case Double:
		return " double"
	}
	return ""
}

func (v *Value) leafNotes() string {
	var s string
	switch {
	case v.Port != nil && v.Port.Target:
		s += " target"
	case v.Param != nil && v.Param.Measured != "":
		s += fmt.Sprintf(" %s of %s", v.Param.Measured, v.Param.Port)
	case v.Param != nil && v.Param.Values != nil:
		s += " by hand"
	case v.Param != nil && v.Param.Init.Func != "":
		s += " " + v.Param.Init.Func
	}
	if v.Port != nil && v.Port.Classes > 0 {
		s += fmt.Sprintf(" class(%d)", v.Port.Classes)
	}
	return s
}

// linkNotes prints the links that differentiation and losses read.
func (v *Value) linkNotes(name func(*Value) string) string {
	var s string
	if v.LogOf != nil {
		s += ", log is " + name(v.LogOf)
	}
	if v.Log1mOf != nil {
		s += ", log of 1 - it is " + name(v.Log1mOf)
	}
	if v.Stop {
		s += ", stop"
	}
	return s
}

// String names the kind of a leaf.
func (k Kind) String() string {
	return [...]string{"temp", "input", "param", "fixed", "state", "clock"}[k]
}

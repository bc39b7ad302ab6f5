package ir

import (
	"fmt"
	"strings"
)

// String prints the functions of a workspace for dumps: phases, steps, statements.
func (s *Space) String() string {
	var b strings.Builder
	if s.Row+s.Whole+s.Ints+s.State > 0 { // laid out already
		fmt.Fprintf(&b, "arena %d a row, %d beside; %d integers a row; state %d\n", s.Row, s.Whole, s.Ints, s.State)
	}
	for _, f := range s.Funcs {
		fmt.Fprintf(&b, "\nfunc %s\n", f.Name)
		printPhases(&b, f.Phases)
	}
	for _, k := range s.Blocks() {
		fmt.Fprintf(&b, "\nblock %s\n", k.Name)
		for _, i := range k.Instances {
			fmt.Fprintf(&b, "  %s:", i.Name)
			for j, x := range i.Bufs {
				fmt.Fprintf(&b, " %s=%s", k.Bufs[j].Name, x.Name)
			}
			for j, x := range i.Streams {
				fmt.Fprintf(&b, " stream%d=%d", j+1, x)
			}
			b.WriteString("\n")
		}
		printPhases(&b, k.Phases)
	}
	return b.String()
}

func printPhases(b *strings.Builder, phases []*Phase) {
	for _, p := range phases {
		if p.Repeat != nil {
			fmt.Fprintf(b, "phases %s\n", p.Repeat)
			continue
		}
		fmt.Fprintf(b, "phase %s\n", p.Split)
		var last *Line
		for _, st := range p.Steps {
			if st.Repeat != nil {
				fmt.Fprintf(b, "  %s\n", st.Repeat)
				last = nil
				continue
			}
			if st.Line != last && st.Line != nil {
				last = st.Line
				b.WriteString(heading(st.Line, st.Back))
			}
			printStep(b, st, 1)
		}
	}
}

func (s Split) String() string {
	return [...]string{"serial", "by row", "by share", "by element"}[s]
}

func printStep(b *strings.Builder, s *Step, depth int) {
	in := strings.Repeat("  ", depth)
	if c := s.Call; c != nil {
		fmt.Fprintf(b, "%s%s  (%s)\n", in, c.Kernel.Name, s.Doc)
	}
	for _, x := range s.Body {
		printStmt(b, x, depth)
	}
	if l := s.Time; l != nil {
		way := ""
		if l.Reverse {
			way = ", the last first"
		}
		fmt.Fprintf(b, "%sfor %s < %d%s\n", in, l.Var, l.T, way)
		for _, x := range l.Steps {
			printStep(b, x, depth+1)
		}
	}
}

func printStmt(b *strings.Builder, s Stmt, depth int) {
	in := strings.Repeat("  ", depth)
	switch s := s.(type) {
	case *Loop:
		fmt.Fprintf(b, "%sfor %s\n", in, s.head())
		for _, x := range s.Body {
			printStmt(b, x, depth+1)
		}
	case *Set:
		op := "="
		if s.Add {
			op = "+="
		}
		fmt.Fprintf(b, "%s%s %s %s", in, s.Dst, op, s.E)
		if s.Guard != nil {
			fmt.Fprintf(b, " if %s", s.Guard)
		}
		b.WriteString("\n")
	case *Fold:
		what := "sum"
		if s.Max {
			what = "max"
		}
		var over []string
		for _, l := range s.Loops {
			over = append(over, l.head())
		}
		fmt.Fprintf(b, "%s", in)
		if s.Dst != nil {
			fmt.Fprintf(b, "%s", s.Dst)
		}
		if s.Place != nil {
			fmt.Fprintf(b, ", %s", s.Place)
		}
		op := "="
		if s.Add {
			op = "+="
		}
		fmt.Fprintf(b, " %s %s of %s over %s\n", op, what, s.E, strings.Join(over, ", "))
	}
}

func (l *Loop) head() string {
	s := l.Var + " < " + l.To.String()
	if l.Guard != nil {
		s += fmt.Sprintf(" where %s", l.Guard)
	}
	return s
}

package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"

	"github.com/nnc-lang/nnc/dsl/diag"
	"github.com/nnc-lang/nnc/runtime/program"
)

// terminal gives the width of the terminal that w is.
func terminal(w io.Writer) (width int, is bool) {
	if o, ok := w.(*checkedWriter); ok {
		w = o.w
	}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		width = 80
	}
	return width, true
}

// style is how diagnostics look on w: coloured on a terminal, unless it has no
// colours or the environment has NO_COLOR, whatever its value.
func style(w io.Writer) diag.Style {
	_, is := terminal(w)
	_, never := os.LookupEnv("NO_COLOR")
	if !is || never || os.Getenv("TERM") == "dumb" {
		return diag.Style{}
	}
	return diag.Coloured()
}

// number writes a measured value: a whole number as it is, others with four
// digits that say something.
func number(x program.Number) string {
	v := float64(x)
	switch a := math.Abs(v); {
	case v == math.Trunc(v) && a < 1e15:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 1e4 && a < 1e9:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 1e-3 && a < 1e4:
		digits := 3 - int(math.Floor(math.Log10(a)))
		return strconv.FormatFloat(v, 'f', min(6, max(1, digits)), 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// grouped writes a count as 101,770.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size writes a number of bytes as 4.1 MB, in powers of 1000.
func size(n int) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	v, i := float64(n), 0
	for v >= 999.5 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	if i == 0 || v >= 99.95 {
		return fmt.Sprintf("%.0f %s", v, units[i])
	}
	return fmt.Sprintf("%.1f %s", v, units[i])
}

// count writes "1 row" and "2 rows".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// grid writes cells in columns, two spaces between them: a column is as wide as
// its widest cell. Columns from right on are aligned to the right.
func grid(w io.Writer, rows [][]string, right int) {
	widths := columnWidths(rows)
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-len([]rune(cell)))
			if i > 0 {
				line.WriteString("  ")
			}
			if i >= right {
				line.WriteString(pad + cell)
			} else {
				line.WriteString(cell + pad)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// columnWidths are the widths of the columns of a grid.
func columnWidths(rows [][]string) []int {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	return widths
}

// gridWidth is the width of a grid's lines.
func gridWidth(rows [][]string) int {
	n := -2
	for _, w := range columnWidths(rows) {
		n += w + 2
	}
	return n
}

// measured writes the metrics of a line, "accuracy 0.9134  f1 0.91"; a confusion
// has no place in a line.
func measured(m program.Metrics) string {
	var s []string
	for _, x := range m {
		if x.Matrix == nil {
			s = append(s, x.Name+" "+number(x.Value))
		}
	}
	return strings.Join(s, "  ")
}

// confusions writes the confusion matrices among metrics.
func confusions(w io.Writer, m program.Metrics) {
	for _, x := range m {
		if x.Matrix == nil {
			continue
		}
		fmt.Fprintf(w, "\n%s (a row a label, a column a prediction)\n", x.Name)
		head := []string{""}
		for i := range x.Matrix {
			head = append(head, strconv.Itoa(i))
		}
		rows := [][]string{head}
		for i, counts := range x.Matrix {
			row := []string{strconv.Itoa(i)}
			for _, n := range counts {
				row = append(row, strconv.Itoa(n))
			}
			rows = append(rows, row)
		}
		grid(w, rows, 0)
	}
}

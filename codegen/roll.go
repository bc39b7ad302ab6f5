package codegen

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"
)

// Lists that have a row for each weight are long where a net repeats. Rows whose numbers count on from turn to turn are rolled
// into a loop:
//
//	for i := range 18 {
//		no := strconv.Itoa(i + 1)
//		list = append(list, []rt.Param[float32]{
//			{Name: "Residual" + no + ".conv1.weight", Shape: []int{16, 16, 3, 3}, Data: m.theta[464+i*4672 : 2768+i*4672], Trainable: true},
//			…

// worthRows is how many rows a loop must save.
const worthRows = 40

// chunk is rows as they are, or the rows of one turn of a loop.
type chunk struct {
	rows  []string
	turns int        // 0: no loop
	names []jen.Code // declarations of the numbers in names, in front of the rows
}

var (
	rowWords = regexp.MustCompile(`"[^"]*"|//.*|[A-Za-z_][A-Za-z_0-9]*|[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|.`)
	digits   = regexp.MustCompile(`[0-9]+`)
)

// roll finds what of a list counts on.
func roll(rows []string) []chunk {
	words := make([][]string, len(rows))
	values := make([][]int, len(rows)) // the numbers of a row
	forms := make([]string, len(rows))
	places := map[string][]int{}
	for i, r := range rows {
		words[i] = rowWords.FindAllString(r, -1)
		for _, w := range words[i] {
			switch n := numbers(w); {
			case n != nil:
				values[i] = append(values[i], n...)
				forms[i] += digits.ReplaceAllString(w, "#")
			case !strings.HasPrefix(w, "//"):
				forms[i] += w
			}
		}
		places[forms[i]] = append(places[forms[i]], i)
	}
	var out []chunk
	plain := func(row string) {
		if len(out) == 0 || out[len(out)-1].turns > 0 {
			out = append(out, chunk{})
		}
		out[len(out)-1].rows = append(out[len(out)-1].rows, row)
	}
	for i := 0; i < len(rows); {
		const tries = 32
		next, _ := slices.BinarySearch(places[forms[i]], i+1)
		var best chunk
		period, saved := 0, worthRows-1
		for _, j := range places[forms[i]][next:min(next+tries, len(places[forms[i]]))] {
			p := j - i
			turns := 1
			for i+(turns+1)*p <= len(rows) && countsOn(values, forms, i, p, turns) {
				turns++
			}
			if s := (turns-1)*p - 5; turns > 2 && s > saved { // any two count on
				best, period, saved = turn(words[i:i+p], words[j:min(j+p, len(rows))], turns), p, s
			}
		}
		if period == 0 {
			plain(rows[i])
			i++
			continue
		}
		out = append(out, best)
		i += period * best.turns
	}
	return out
}

// countsOn says whether turn number t of a loop over the rows from i counts on from the first two.
func countsOn(values [][]int, forms []string, i, p, t int) bool {
	for q := range p {
		a, b, c := i+q, i+p+q, i+t*p+q
		if forms[a] != forms[b] || forms[a] != forms[c] {
			return false
		}
		x, y, z := values[a], values[b], values[c]
		for n := range z {
			if z[n]-x[n] != t*(y[n]-x[n]) {
				return false
			}
		}
	}
	return true
}

// numbers are the integers in a word.
func numbers(w string) []int {
	if w[0] != '"' && (w[0] < '0' || w[0] > '9' || !integers.MatchString(w)) {
		return nil
	}
	var list []int
	for _, d := range digits.FindAllString(w, -1) {
		n, _ := strconv.Atoi(d)
		list = append(list, n)
	}
	return list
}

// turn makes the rows of a turn from the first two.
func turn(first, second [][]string, turns int) chunk {
	c := chunk{turns: turns}
	number := map[[2]int]string{} // by the first value and the step: the variable that has it as text
	for q, row := range first {
		var b strings.Builder
		for k, w := range row {
			if strings.HasPrefix(w, "//") {
				b.WriteString(w + " …")
				continue
			}
			x, y := numbers(w), numbers(second[q][k])
			if slices.Equal(x, y) {
				b.WriteString(w)
				continue
			}
			if w[0] != '"' {
				by := times("i", y[0]-x[0])
				if x[0] > 1<<31-1 { // of a stream
					by = times("uint32(i)", y[0]-x[0])
				}
				b.WriteString(plus(w, by))
				continue
			}
			n := -1
			quoted := digits.ReplaceAllStringFunc(w, func(d string) string {
				n++
				if x[n] == y[n] {
					return d
				}
				by := [2]int{x[n], y[n] - x[n]}
				if number[by] == "" {
					number[by] = "no"
					if len(number) > 1 {
						number[by] = fmt.Sprintf("no%d", len(number))
					}
					c.names = append(c.names, jen.Id(number[by]).Op(":=").Qual("strconv", "Itoa").Call(jen.Id(plus(times("i", by[1]), d))))
				}
				return `" + ` + number[by] + ` + "`
			})
			b.WriteString(strings.TrimPrefix(strings.TrimSuffix(quoted, ` + ""`), `"" + `))
		}
		c.rows = append(c.rows, strings.TrimRight(b.String(), " "))
	}
	return c
}

// loop prints the rows of a chunk of a loop.
func (c chunk) loop(body ...jen.Code) jen.Code {
	return jen.For(stmt("i := range %d", c.turns)).Block(append(slices.Clone(c.names), body...)...)
}

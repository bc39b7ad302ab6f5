package codegen

import (
	"fmt"
	"slices"
	"testing"
)

func TestRoll(t *testing.T) {
	weights := func(n int, row func(i int) []string) (rows []string) {
		for i := range n {
			rows = append(rows, row(i)...)
		}
		return rows
	}
	two := func(i int) []string {
		return []string{
			fmt.Sprintf(`{Name: "dense%d.weight", Data: m.theta[%d:%d]}, // a`, 2*i+1, 12*i, 12*i+9),
			fmt.Sprintf(`{Name: "dense%d.weight", Data: m.theta[%d:%d]}, // b`, 2*i+2, 12*i+9, 12*i+12),
		}
	}
	for _, c := range []struct {
		what string
		rows []string
		want []chunk
		nos  []string // the declarations of the first chunk
	}{
		{"few rows stay", weights(5, two), []chunk{{rows: weights(5, two)}}, nil},
		{"two layers a turn", weights(50, two), []chunk{{turns: 50, rows: []string{
			`{Name: "dense" + no + ".weight", Data: m.theta[i*12:9+i*12]}, // a …`,
			`{Name: "dense" + no2 + ".weight", Data: m.theta[9+i*12:12+i*12]}, // b …`,
		}}}, []string{"no := strconv.Itoa(i*2 + 1)", "no2 := strconv.Itoa(i*2 + 2)"}},
		{"in one of a hundred another number", weights(100, func(i int) []string {
			if i == 99 {
				return []string{"rt.Constant(w[99:100], 0.5)"}
			}
			return []string{fmt.Sprintf("rt.Constant(w[%d:%d], 0.1)", i, i+1)}
		}), []chunk{{turns: 99, rows: []string{"rt.Constant(w[i:1+i], 0.1)"}}, {rows: []string{"rt.Constant(w[99:100], 0.5)"}}}, nil},
		{"streams do not fit an int of 32 bits", weights(50, func(i int) []string { return []string{fmt.Sprintf("rt.Key(seed, 0, %d)", 1<<31+1+3*i)} }),
			[]chunk{{turns: 50, rows: []string{"rt.Key(seed, 0, 2147483649+uint32(i)*3)"}}}, nil},
		{"what does not count on stays", weights(60, func(i int) []string { return []string{fmt.Sprintf("a(%d)", i*i)} }),
			[]chunk{{rows: weights(60, func(i int) []string { return []string{fmt.Sprintf("a(%d)", i*i)} })}}, nil},
	} {
		t.Run(c.what, func(t *testing.T) {
			got := roll(c.rows)
			if !slices.EqualFunc(got, c.want, func(a, b chunk) bool { return a.turns == b.turns && slices.Equal(a.rows, b.rows) }) {
				t.Errorf("got %v", got)
			}
			var nos []string
			for _, n := range got[0].names {
				nos = append(nos, fmt.Sprintf("%#v", n))
			}
			if !slices.Equal(nos, c.nos) {
				t.Errorf("got %q", nos)
			}
		})
	}
}

package op

import (
	"fmt"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// sliding is how a kernel slides along the axes behind the channels, with a number for each: height and width of
// [C, H, W], the length of [C, L].
type sliding struct {
	size, stride, dilation, pad []int
	same                        bool   // pad is what gives ⌈n/stride⌉ positions, the odd one of it behind
	arg                         string // the argument that the sizes come from: kernel, k
}

// numbersOf reads an argument that has a number for each of axes: a pair, or a single number for one axis.
func numbersOf(a *Args, name string, axes int) []int {
	if axes == 1 {
		return []int{a.Int(name)}
	}
	hw := a.Pair(name)
	return hw[:]
}

// allOf is n for each of axes.
func allOf(axes, n int) []int { return []int{n, n}[:axes] }

// reach is how many places the kernel covers along axis i, from its first to its last.
func (s sliding) reach(i int) int { return (s.size[i]-1)*s.dilation[i] + 1 }

// over gives a window for each axis behind the channels of x, whose first is that axis of the value that is looked at:
// the channels may stand there in groups.
func (s sliding) over(x *ir.Value, first int) ([]ir.Win, *Error) {
	var wins []ir.Win
	for i, n := range x.Row()[1:] {
		w := ir.Win{Axis: first + i, Size: s.size[i], Stride: s.stride[i], Dilation: s.dilation[i]}
		if s.same {
			w.Out = (n + w.Stride - 1) / w.Stride
			w.Pad = max(0, (w.Out-1)*w.Stride+s.reach(i)-n) / 2
		} else {
			w.Pad = s.pad[i]
			if s.reach(i) > n+2*w.Pad {
				return nil, s.tooLarge(x, i)
			}
			w.Out = (n+2*w.Pad-s.reach(i))/w.Stride + 1
		}
		wins = append(wins, w)
	}
	return wins, nil
}

// tooLarge says that the kernel does not fit into axis i behind the channels of x, with its padding.
func (s sliding) tooLarge(x *ir.Value, i int) *Error {
	row := x.Row()
	kernel := fmt.Sprintf("%s %d", s.arg, s.size[i])
	if s.dilation[i] > 1 {
		kernel += fmt.Sprintf(", which dilation %d spreads over %d places,", s.dilation[i], s.reach(i))
	}
	padded := row[1+i] + 2*s.pad[i]
	room := fmt.Sprintf("axis %d of %s", 1+i, rowText(x))
	if s.pad[i] > 0 {
		room += fmt.Sprintf(", %d with its padding", padded)
	}
	e := Errorf(diag.BadShape, "%s is larger than %s", kernel, room).Blame(s.arg)
	help := fmt.Sprintf("take at most %d", (padded-1)/s.dilation[i]+1)
	if s.arg == "kernel" {
		help += ", or pad: same"
	}
	if len(row) == 2 && s.reach(i) <= row[0] {
		return e.WithHelp("insert transpose([1, 0]) before this layer if this is a sequence [T, D]; else %s", help)
	}
	return e.WithHelp("%s", help)
}

// wantChannels refuses what is not [C, H, W], and with one axis behind the channels what is not [C, L].
func wantChannels(x *ir.Value, axes int) *Error {
	if err := wantNumbers(x); err != nil {
		return err
	}
	row := x.Row()
	if len(row) == 1+axes {
		return nil
	}
	want := []string{1: "[C, L]", 2: "[C, H, W]"}[axes]
	e := Errorf(diag.BadRank, "wants %s, got %s", want, rowText(x))
	if len(row) == axes {
		return e.WithHelp("insert reshape(%s) before this layer: one channel", ir.ShapeText(append([]int{1}, row...)))
	}
	return e.WithHelp("insert a reshape to %s before this layer", want)
}

// wantSize refuses an axis that has become longer than any may be.
func wantSize(n int, arg string) *Error {
	if n > MaxSize {
		return Errorf(diag.BadSize, "%s makes an axis of %d elements, and it may have %d", arg, n, MaxSize).Blame(arg)
	}
	return nil
}

// The labels in a Dot of what a window shows: its positions, and the places in it.
var (
	positions = []string{1: "x", 2: "yx"}
	places    = []string{1: "u", 2: "uv"}
)

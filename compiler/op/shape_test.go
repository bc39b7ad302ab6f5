package op_test

// The shape rules: results of layers on every rank, and what an operator says of values that do not fit.

import (
	"errors"
	"testing"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/op"
)

func TestShapes(t *testing.T) {
	for _, c := range []struct {
		call string
		in   []string
		want string
	}{
		{"dense(5)", []string{"[4]"}, "[B, 5]"},
		{"dense(5)", []string{"[3, 4]"}, "[B, 3, 5]"},
		{"flatten", []string{"[1, 28, 28]"}, "[B, 784]"},
		{"flatten", []string{"[7]"}, "[B, 7]"},
		{"reshape([2, 3])", []string{"[6]"}, "[B, 2, 3]"},
		{"transpose([2, 0, 1])", []string{"[2, 3, 4]"}, "[B, 4, 2, 3]"},
		{"concat", []string{"[2]", "[3]", "[4]"}, "[B, 9]"},
		{"concat(axis: 1)", []string{"[2, 3]", "[2, 1]"}, "[B, 2, 4]"},
		{"slice(0, 1, 3)", []string{"[4, 2]"}, "[B, 2, 2]"},
		{"slice(1, 0, 1)", []string{"[4, 2]"}, "[B, 4, 1]"},
		{"conv(5, kernel: 3)", []string{"[2, 7, 6]"}, "[B, 5, 5, 4]"},
		{"conv(5, kernel: [3, 2], stride: [2, 3])", []string{"[2, 7, 6]"}, "[B, 5, 3, 2]"},
		{"conv(5, kernel: 3, stride: 2, pad: 1)", []string{"[2, 7, 6]"}, "[B, 5, 4, 3]"},
		{"conv(5, kernel: 3, pad: [0, 2])", []string{"[2, 7, 6]"}, "[B, 5, 5, 8]"},
		{"conv(5, kernel: 3, dilation: [3, 2], pad: valid)", []string{"[2, 7, 6]"}, "[B, 5, 1, 2]"},
		{"conv(5, kernel: [4, 9], pad: same, dilation: 3)", []string{"[2, 7, 6]"}, "[B, 5, 7, 6]"},
		{"conv(5, kernel: 2, pad: same, stride: [2, 4])", []string{"[2, 7, 6]"}, "[B, 5, 4, 2]"},
		{"conv(4, kernel: 7, pad: 3, groups: 2)", []string{"[2, 7, 6]"}, "[B, 4, 7, 6]"},
		{"conv(4, kernel: [7, 6], stride: 9)", []string{"[2, 7, 6]"}, "[B, 4, 1, 1]"},
		{"conv1d(5, kernel: 3, stride: 2, pad: 1)", []string{"[2, 8]"}, "[B, 5, 4]"},
		{"conv1d(5, kernel: 3, stride: 3, pad: same)", []string{"[2, 8]"}, "[B, 5, 3]"},
		{"conv1d(5, kernel: 3, dilation: 2)", []string{"[2, 8]"}, "[B, 5, 4]"},
		{"conv_transpose(5, kernel: 3)", []string{"[2, 4, 3]"}, "[B, 5, 6, 5]"},
		{"conv_transpose(5, kernel: 4, stride: 2, pad: 1)", []string{"[2, 4, 3]"}, "[B, 5, 8, 6]"},
		{"conv_transpose(5, kernel: [2, 3], stride: [1, 2], pad: [0, 1], output_padding: [0, 1], dilation: [3, 1])", []string{"[2, 4, 3]"}, "[B, 5, 7, 6]"},
		{"conv_transpose(4, kernel: 1, stride: 3, groups: 2)", []string{"[2, 4, 3]"}, "[B, 4, 10, 7]"},
		{"max_pool(2)", []string{"[2, 7, 6]"}, "[B, 2, 3, 3]"},
		{"max_pool([3, 2], stride: 1)", []string{"[2, 7, 6]"}, "[B, 2, 5, 5]"},
		{"avg_pool(3, stride: 2, pad: 1)", []string{"[2, 7, 6]"}, "[B, 2, 4, 3]"},
		{"avg_pool([7, 6])", []string{"[2, 7, 6]"}, "[B, 2, 1, 1]"},
		{"max_pool1d(3)", []string{"[2, 8]"}, "[B, 2, 2]"},
		{"avg_pool1d(2, stride: 3, pad: 1)", []string{"[2, 8]"}, "[B, 2, 3]"},
		{"global_max_pool", []string{"[2, 7, 6]"}, "[B, 2]"},
		{"global_avg_pool", []string{"[2, 7, 6]"}, "[B, 2]"},
		{"global_max_pool1d", []string{"[2, 8]"}, "[B, 2]"},
		{"global_avg_pool1d", []string{"[2, 8]"}, "[B, 2]"},
		{"pad(2)", []string{"[2, 7, 6]"}, "[B, 2, 11, 10]"},
		{"pad([0, 1])", []string{"[2, 7, 6]"}, "[B, 2, 7, 8]"},
		{"upsample(2)", []string{"[2, 7, 6]"}, "[B, 2, 14, 12]"},
		{"upsample([1, 3])", []string{"[2, 7, 6]"}, "[B, 2, 7, 18]"},
		{"dropout(0.5)", []string{"[2, 3, 4, 5]"}, "[B, 2, 3, 4, 5]"},
		{"normalize(mean: [1, 2], std: 1)", []string{"[2, 3, 3]"}, "[B, 2, 3, 3]"},
		{"normalize(mean: [1, 2], std: 1)", []string{"[3, 2]"}, "[B, 3, 2]"},
		{"normalize(mean: 1, std: 1)", []string{"[2, 3, 4, 5]"}, "[B, 2, 3, 4, 5]"},
		{"relu", []string{"[2, 3, 4]"}, "[B, 2, 3, 4]"},
		{"prelu", []string{"[2, 3, 4]"}, "[B, 2, 3, 4]"},
		{"softmax", []string{"[3, 4]"}, "[B, 3, 4]"},
		{"log_softmax", []string{"[4]"}, "[B, 4]"},
		{"sum", []string{"[2, 3]"}, "[B, 1]"},
		{"mean", []string{"[4]"}, "[B, 1]"},
		{"+", []string{"[4, 2]", "[4, 2]"}, "[B, 4, 2]"},
		{"embed(3)", []string{"class(5)"}, "[B, 3]"},
		{"embed(3)", []string{"[4]class(5)"}, "[B, 4, 3]"},
		{"positions", []string{"[4, 3]"}, "[B, 4, 3]"},
		{"positions(learned)", []string{"[4, 3]"}, "[B, 4, 3]"},
		{"rnn(5)", []string{"[4, 3]"}, "[B, 4, 5]"},
		{"gru(5, reverse: true)", []string{"[1, 3]"}, "[B, 1, 5]"},
		{"lstm(5, bidirectional: true)", []string{"[4, 3]"}, "[B, 4, 10]"},
		{"attention(2)", []string{"[3, 4]"}, "[B, 3, 4]"},
		{"last", []string{"[3, 4]"}, "[B, 4]"},
		{"mean_over_time", []string{"[3, 4]"}, "[B, 4]"},
		{"max_over_time", []string{"[1, 4]"}, "[B, 4]"},
		{"batch_norm", []string{"[3]"}, "[B, 3]"},
		{"batch_norm(axis: 2)", []string{"[2, 3, 4]"}, "[B, 2, 3, 4]"},
		{"layer_norm", []string{"[3, 4]"}, "[B, 3, 4]"},
		{"rms_norm", []string{"[1]"}, "[B, 1]"},
		{"group_norm(2)", []string{"[3, 4]"}, "[B, 3, 4]"},
		{"group_norm(3, axis: 0)", []string{"[3, 4]"}, "[B, 3, 4]"},
	} {
		n, _, err := build(t, op.Layer, op.Case{Call: c.call, In: c.in})
		if err != nil {
			t.Errorf("%s of %v: %v", c.call, c.in, err)
		} else if got := ir.ShapeText(n.out.Shape); got != c.want {
			t.Errorf("%s of %v: got %s, want %s", c.call, c.in, got, c.want)
		}
	}
}

func TestShapeErrors(t *testing.T) {
	for _, c := range []struct {
		kind   op.Kind
		call   string
		in     []string
		before string
		want   string // code: message (help)
	}{
		{op.Layer, "dense(5)", []string{"[1, 28, 28]"}, "", "bad-rank: dense wants [D] or [T, D], got [1, 28, 28] (insert flatten before this layer)"},
		{op.Layer, "dense(5)", []string{"class(3)"}, "", "bad-type: dense wants numbers, got class(3) (insert embed before: it makes a vector of every label)"},
		{op.Layer, "relu", []string{"[5]class(3)"}, "", "bad-type: relu wants numbers, got [5]class(3) (insert embed before: it makes a vector of every label)"},
		{op.Layer, "dense(2, weights: [[1, 2], [3, 4]])", []string{"[3]"}, "", "bad-shape: dense: weights must be 2 rows of 3 numbers (units × inputs), got 2 of 2"},
		{op.Layer, "dense(2, weights: [[1, 2]])", []string{"[2]"}, "", "bad-shape: dense: weights must be 2 rows of 2 numbers (units × inputs), got 1 of 2"},
		{op.Layer, "batch_norm", []string{"class(3)"}, "", "bad-type: batch_norm wants numbers, got class(3) (insert embed before: it makes a vector of every label)"},
		{op.Layer, "batch_norm", []string{"[1, 2, 3, 4]"}, "", "bad-rank: batch_norm wants [D], [T, D] or [C, H, W], got [1, 2, 3, 4] (put reshape before this layer)"},
		{op.Layer, "batch_norm(axis: 1)", []string{"[8]"}, "", "bad-argument: batch_norm: axis must be below 1, the number of axes of [8], got 1"},
		{op.Layer, "layer_norm", []string{"[1, 2, 3]"}, "", "bad-rank: layer_norm wants [D] or [T, D], got [1, 2, 3] (write group_norm(1), which normalises a whole image and has a weight a channel)"},
		{op.Layer, "rms_norm", []string{"[1, 2, 3]"}, "", "bad-rank: rms_norm wants [D] or [T, D], got [1, 2, 3] (write group_norm(1), which normalises a whole image and has a weight a channel)"},
		{op.Layer, "layer_norm", []string{"[1, 2, 3, 4]"}, "", "bad-rank: layer_norm wants [D] or [T, D], got [1, 2, 3, 4]"},
		{op.Layer, "group_norm(4)", []string{"[6, 2, 2]"}, "", "bad-shape: group_norm: groups must divide the 6 channels of [6, 2, 2], got 4"},
		{op.Layer, "group_norm(6)", []string{"[6]"}, "", "bad-shape: group_norm: groups must leave more than one value to a group: [6] has 6 values in all"},
		{op.Layer, "group_norm(2)", []string{"[2]class(4)"}, "", "bad-type: group_norm wants numbers, got [2]class(4) (insert embed before: it makes a vector of every label)"},
		{op.Layer, "reshape([2, 3])", []string{"[7]"}, "", "bad-shape: reshape: cannot give [7], which has 7 elements, the shape [2, 3]"},
		{op.Layer, "reshape([16777216, 16777216, 16777216, 16777216])", []string{"[7]"}, "", "bad-shape: reshape: cannot give [7], which has 7 elements, the shape [16777216, 16777216, 16777216, 16777216]"},
		{op.Layer, "transpose([0, 0])", []string{"[2, 3]"}, "", "bad-argument: transpose: axes must name each of the 2 axes of [2, 3] once, got [0, 0]"},
		{op.Layer, "transpose([1, 0])", []string{"[2, 3, 4]"}, "", "bad-argument: transpose: axes must name each of the 3 axes of [2, 3, 4] once, got [1, 0]"},
		{op.Layer, "concat", []string{"[2]"}, "", "bad-shape: concat wants two values or more, got [2] alone (put them in parentheses: (a, b) -> concat)"},
		{op.Layer, "concat(axis: 1)", []string{"[2]", "[2]"}, "", "bad-argument: concat: axis must be below 1, the number of axes of [2], got 1"},
		{op.Layer, "concat", []string{"[2, 3]", "[2, 4]"}, "", "bad-shape: concat wants values that are equal but for axis 0, got [2, 3] and [2, 4]"},
		{op.Layer, "concat", []string{"[2, 3]", "[2]"}, "", "bad-shape: concat wants values that are equal but for axis 0, got [2, 3] and [2]"},
		{op.Layer, "slice(2, 0, 1)", []string{"[2, 3]"}, "", "bad-argument: slice: axis must be below 2, the number of axes of [2, 3], got 2"},
		{op.Layer, "slice(0, 0, 4)", []string{"[3]"}, "", "bad-argument: slice: to must be at most 3, the size of axis 0 of [3], got 4"},
		{op.Layer, "conv(2, kernel: 3)", []string{"[28, 28]"}, "", "bad-rank: conv wants [C, H, W], got [28, 28] (insert reshape([1, 28, 28]) before this layer: one channel)"},
		{op.Layer, "conv(2, kernel: 3)", []string{"[784]"}, "", "bad-rank: conv wants [C, H, W], got [784] (insert a reshape to [C, H, W] before this layer)"},
		{op.Layer, "conv(2, kernel: 3)", []string{"[5, 5]class(3)"}, "", "bad-type: conv wants numbers, got [5, 5]class(3) (insert embed before: it makes a vector of every label)"},
		{op.Layer, "conv(2, kernel: 3)", []string{"[1, 2, 5]"}, "", "bad-shape: conv: kernel 3 is larger than axis 1 of [1, 2, 5] (take at most 2, or pad: same)"},
		{op.Layer, "conv(2, kernel: [2, 9], pad: 1)", []string{"[1, 2, 5]"}, "", "bad-shape: conv: kernel 9 is larger than axis 2 of [1, 2, 5], 7 with its padding (take at most 7, or pad: same)"},
		{op.Layer, "conv(2, kernel: 3, dilation: 3)", []string{"[1, 7, 5]"}, "", "bad-shape: conv: kernel 3, which dilation 3 spreads over 7 places, is larger than axis 2 of [1, 7, 5] (take at most 2, or pad: same)"},
		{op.Layer, "conv(4, kernel: 1, groups: 2)", []string{"[3, 2, 2]"}, "", "bad-shape: conv: groups must divide the input's channels, 3 of [3, 2, 2], got 2 (groups: 1 joins all channels, groups: 3 keeps each by itself)"},
		{op.Layer, "conv(1, kernel: 1, pad: 16777216)", []string{"[1, 1, 1]"}, "", "bad-size: conv: pad makes an axis of 33554433 elements, and it may have 16777216"},
		{op.Layer, "conv1d(2, kernel: 3)", []string{"[9]"}, "", "bad-rank: conv1d wants [C, L], got [9] (insert reshape([1, 9]) before this layer: one channel)"},
		{op.Layer, "conv1d(2, kernel: 3)", []string{"[1, 9, 9]"}, "", "bad-rank: conv1d wants [C, L], got [1, 9, 9] (insert a reshape to [C, L] before this layer)"},
		{op.Layer, "conv1d(2, kernel: 3)", []string{"[9, 2]"}, "", "bad-shape: conv1d: kernel 3 is larger than axis 1 of [9, 2] (insert transpose([1, 0]) before this layer if this is a sequence [T, D]; else take at most 2, or pad: same)"},
		{op.Layer, "conv1d(2, kernel: 5)", []string{"[3, 4]"}, "", "bad-shape: conv1d: kernel 5 is larger than axis 1 of [3, 4] (take at most 4, or pad: same)"},
		{op.Layer, "conv_transpose(2, kernel: 2)", []string{"[4]"}, "", "bad-rank: conv_transpose wants [C, H, W], got [4] (insert a reshape to [C, H, W] before this layer)"},
		{op.Layer, "conv_transpose(2, kernel: 2, groups: 2)", []string{"[3, 2, 2]"}, "", "bad-shape: conv_transpose: groups must divide the input's channels, 3 of [3, 2, 2], got 2 (groups: 1 joins all channels, groups: 3 keeps each by itself)"},
		{op.Layer, "conv_transpose(2, kernel: 2, pad: [0, 2])", []string{"[1, 2, 3]"}, "", "bad-shape: conv_transpose: pad 2 cuts off all of axis 2, which is 4 without it (take at most 1)"},
		{op.Layer, "conv_transpose(1, kernel: 1, stride: 16777216)", []string{"[1, 2, 2]"}, "", "bad-size: conv_transpose: stride makes an axis of 16777217 elements, and it may have 16777216"},
		{op.Layer, "max_pool(3)", []string{"[8, 8]"}, "", "bad-rank: max_pool wants [C, H, W], got [8, 8] (insert reshape([1, 8, 8]) before this layer: one channel)"},
		{op.Layer, "max_pool(3)", []string{"[1, 2, 2]"}, "", "bad-shape: max_pool: k 3 is larger than axis 1 of [1, 2, 2] (take at most 2)"},
		{op.Layer, "avg_pool(5, pad: 1)", []string{"[1, 9, 2]"}, "", "bad-shape: avg_pool: k 5 is larger than axis 2 of [1, 9, 2], 4 with its padding (take at most 4)"},
		{op.Layer, "avg_pool1d(3)", []string{"[4, 2]"}, "", "bad-shape: avg_pool1d: k 3 is larger than axis 1 of [4, 2] (insert transpose([1, 0]) before this layer if this is a sequence [T, D]; else take at most 2)"},
		{op.Layer, "global_avg_pool", []string{"[8]"}, "", "bad-rank: global_avg_pool wants [C, H, W], got [8] (insert a reshape to [C, H, W] before this layer)"},
		{op.Layer, "global_max_pool1d", []string{"[8]"}, "", "bad-rank: global_max_pool1d wants [C, L], got [8] (insert reshape([1, 8]) before this layer: one channel)"},
		{op.Layer, "pad(1)", []string{"[8, 8]"}, "", "bad-rank: pad wants [C, H, W], got [8, 8] (insert reshape([1, 8, 8]) before this layer: one channel)"},
		{op.Layer, "pad(16777216)", []string{"[1, 1, 1]"}, "", "bad-size: pad: n makes an axis of 33554433 elements, and it may have 16777216"},
		{op.Layer, "upsample([1, 16777216])", []string{"[1, 1, 2]"}, "", "bad-size: upsample: k makes an axis of 33554432 elements, and it may have 16777216"},
		{op.Layer, "upsample(2)", []string{"class(3)"}, "", "bad-type: upsample wants numbers, got class(3) (insert embed before: it makes a vector of every label)"},
		{op.Layer, "normalize(mean: [1, 2], std: 1)", []string{"[3]"}, "", "bad-shape: normalize: mean must be one number or 3, one along axis 0 of [3], got 2"},
		{op.Layer, "normalize(mean: 1, std: [1, 2])", []string{"[3, 2, 2]"}, "", "bad-shape: normalize: std must be one number or 3, one along axis 0 of [3, 2, 2], got 2"},
		{op.Layer, "normalize(mean: [1, 2], std: 1)", []string{"[2, 3, 4, 5]"}, "", "bad-rank: normalize wants [D], [T, D] or [C, H, W] for a list, got [2, 3, 4, 5]"},
		{op.Layer, "softmax", []string{"[1, 2, 3]"}, "", "bad-rank: softmax wants [D] or [T, D], got [1, 2, 3] (insert flatten before this layer)"},
		{op.Layer, "log_softmax", []string{"[1, 2, 3]"}, "", "bad-rank: log_softmax wants [D] or [T, D], got [1, 2, 3] (insert flatten before this layer)"},
		{op.Layer, "+", []string{"[3]", "[4]"}, "", "bad-shape: + wants two values of equal shape, got [3] and [4]"},
		{op.Layer, "*", []string{"[3]", "class(3)"}, "", "bad-type: * wants numbers, got class(3) (insert embed before: it makes a vector of every label)"},
		{op.Layer, "embed(3)", []string{"[4]"}, "", "bad-type: embed wants class labels, got [4] (declare the input as class(n) or [T]class(n); for numbers there is dense(3))"},
		{op.Layer, "embed(3)", []string{"[4, 2]class(5)"}, "", "bad-rank: embed wants class(n) or [T]class(n), got [4, 2]class(5)"},
		{op.Layer, "lstm(3)", []string{"[28]"}, "", "bad-rank: lstm wants [T, D], got [28] (insert reshape([28, 1]) before this layer, so that every number is a step)"},
		{op.Layer, "gru(3)", []string{"[3, 28, 28]"}, "", "bad-rank: gru wants [T, D], got [3, 28, 28] (insert reshape([84, 28]) before this layer, so that every line is a step)"},
		{op.Layer, "rnn(3)", []string{"[2, 3, 4, 5]"}, "", "bad-rank: rnn wants [T, D], got [2, 3, 4, 5]"},
		{op.Layer, "lstm(3)", []string{"[7]class(10)"}, "", "bad-type: lstm wants [T, D], got [7]class(10) (insert embed before this layer: it makes a vector of every label)"},
		{op.Layer, "attention(2)", []string{"class(10)"}, "", "bad-type: attention wants [T, D], got class(10) (declare the input as a sequence of labels, [T]class(10), and insert embed before this layer)"},
		{op.Layer, "attention(4)", []string{"[5, 6]"}, "", "bad-argument: attention: heads must divide 6, the size of a step of [5, 6], got 4 (it may be 1, 2, 3 or 6)"},
		{op.Layer, "positions", []string{"[8]"}, "", "bad-rank: positions wants [T, D], got [8] (insert reshape([8, 1]) before this layer, so that every number is a step)"},
		{op.Layer, "positions", []string{"[16777216, 2]"}, "", "bad-shape: positions wants a sequence of at most 16777216 numbers, got [16777216, 2]"},
		{op.Layer, "last", []string{"[3]class(4)"}, "", "bad-type: last wants [T, D], got [3]class(4) (insert embed before this layer: it makes a vector of every label)"},
		{op.Layer, "mean_over_time", []string{"[1, 2, 3]"}, "", "bad-rank: mean_over_time wants [T, D], got [1, 2, 3] (insert reshape([2, 3]) before this layer, so that every line is a step)"},
		{op.Layer, "max_over_time", []string{"[3]"}, "", "bad-rank: max_over_time wants [T, D], got [3] (insert reshape([3, 1]) before this layer, so that every number is a step)"},

		{op.Loss, "mse", []string{"[3]", "[4]"}, "", "bad-shape: mse wants output and target of one shape, got [3] and [4]"},
		{op.Loss, "mse", []string{"[3]", "class(4)"}, "", "bad-shape: mse wants an output of [4] for the target class(4), got [3]"},
		{op.Loss, "mae", []string{"[1]", "class(3)"}, "", "bad-shape: mae wants an output of [3] for the target class(3), got [1]"},
		{op.Loss, "huber", []string{"[4, 3]", "[5]class(3)"}, "", "bad-shape: huber wants an output of [5, 3] for the target [5]class(3), got [4, 3]"},
		{op.Loss, "hinge", []string{"[3]", "[5]class(3)"}, "", "bad-shape: hinge wants an output of [5, 3] for the target [5]class(3), got [3]"},
		{op.Loss, "cross_entropy", []string{"[3]", "class(3)"}, "", "needs-softmax: cross_entropy wants an output that comes from softmax (put -> softmax at the end of the layers: the loss wants probabilities, not scores)"},
		{op.Loss, "cross_entropy", []string{"[3]", "class(3)"}, "softmax -> scale(2)", "needs-softmax: cross_entropy wants an output that comes from softmax (put -> softmax at the end of the layers: the loss wants probabilities, not scores)"},
		{op.Loss, "cross_entropy", []string{"[3]", "class(3)"}, "sigmoid", "needs-softmax: cross_entropy wants an output that comes from softmax (end the layers in softmax in place of sigmoid, or use binary_cross_entropy)"},
		{op.Loss, "cross_entropy", []string{"[3]", "class(3)"}, "log_softmax", "needs-softmax: cross_entropy wants an output that comes from softmax (end the layers in softmax in place of log_softmax, or use nll)"},
		{op.Loss, "cross_entropy", []string{"[3]", "class(4)"}, "softmax", "bad-shape: cross_entropy wants an output of [4] for the target class(4), got [3]"},
		{op.Loss, "cross_entropy", []string{"[1]", "class(2)"}, "softmax", "bad-shape: cross_entropy wants an output for each class of class(2), got [1] (use dense(2) -> softmax, or dense(1) -> sigmoid with binary_cross_entropy)"},
		{op.Loss, "binary_cross_entropy", []string{"[3]", "[3]"}, "", "needs-softmax: binary_cross_entropy wants an output that comes from sigmoid (put -> sigmoid at the end of the layers: the loss wants probabilities, not scores)"},
		{op.Loss, "binary_cross_entropy", []string{"[3]", "[3]"}, "softmax", "needs-softmax: binary_cross_entropy wants an output that comes from sigmoid (use cross_entropy behind softmax)"},
		{op.Loss, "binary_cross_entropy", []string{"[3]", "class(3)"}, "sigmoid", "bad-shape: binary_cross_entropy wants one output for class(2), or numbers for a target, got [3] and class(3) (use softmax with cross_entropy for one class of several)"},
		{op.Loss, "nll", []string{"[3]", "class(3)"}, "softmax", "needs-softmax: nll wants an output that comes from log_softmax (put -> log_softmax at the end of the layers, or use cross_entropy behind softmax)"},
		{op.Loss, "nll", []string{"[3]", "[3]"}, "log_softmax", "bad-type: nll wants class labels for a target, got [3] (use cross_entropy behind softmax: it takes a distribution too)"},
		{op.Loss, "nll", []string{"[1]", "class(2)"}, "log_softmax", "bad-shape: nll wants an output for each class of class(2), got [1]"},
		{op.Loss, "kl_div", []string{"[3]", "[3]"}, "", "needs-softmax: kl_div wants an output that comes from softmax (put -> softmax at the end of the layers: the loss wants probabilities, not scores)"},
		{op.Loss, "kl_div", []string{"[3]", "class(3)"}, "softmax", "bad-type: kl_div wants a distribution for a target, got class(3) (use cross_entropy for class labels)"},
		{op.Loss, "contrastive", []string{"[2]", "[2]"}, "", "bad-shape: contrastive wants a distance, which is [1], got [2] (end the layers in one number: a - b -> square -> sum -> sqrt)"},
		{op.Loss, "contrastive", []string{"[1]", "class(3)"}, "", "bad-shape: contrastive wants an output of [3] for the target class(3), got [1]"},
		{op.Loss, "contrastive", []string{"[1]", "class(1)"}, "", "bad-shape: contrastive wants a target of [1] or class(2), got class(1)"},
		{op.Penalty, "l2(1)", []string{"[3]"}, "", "bad-loss: l2 finds no weights to penalise (leave it out: it counts the weights of layers such as dense that train, and there are none)"},
		{op.Penalty, "l1(1)", []string{"[3]"}, "dense(2, frozen: true)", "bad-loss: l1 finds no weights to penalise (leave it out: it counts the weights of layers such as dense that train, and there are none)"},
	} {
		_, a, err := build(t, c.kind, op.Case{Call: c.call, In: c.in, Before: c.before})
		if got := message(a, err); got != c.want {
			t.Errorf("%s of %v:\n got %s\nwant %s", c.call, c.in, got, c.want)
		}
	}
}

// message is an operator's error as its diagnostic: code: message (help).
func message(a *op.Args, err error) string {
	var e *op.Error
	if !errors.As(err, &e) {
		return "no error of an operator"
	}
	d := a.Diagnostic(e)
	s := string(d.Code) + ": " + d.Message
	if d.Help != "" {
		s += " (" + d.Help + ")"
	}
	return s
}

func TestMetrics(t *testing.T) {
	for _, c := range []struct{ call, y, target, want string }{
		{"accuracy", "[10]", "class(10)", "Accuracy [10]"},
		{"accuracy", "[1]", "class(2)", "Accuracy [2]"},
		{"accuracy", "[1]", "[1]", "Accuracy [2]"},
		{"accuracy", "[3]", "[3]", "Accuracy [3]"},
		{"accuracy", "[5, 3]", "[5]class(3)", "Accuracy [3]"},
		{"top_k(5)", "[10]", "class(10)", "TopK [5]"},
		{"precision", "[3]", "class(3)", "Precision [3]"},
		{"recall", "[2]", "class(2)", "Recall [2]"},
		{"f1", "[1]", "class(2)", "F1 [2]"},
		{"confusion", "[3]", "class(3)", "Confusion [3]"},
		{"mae", "[3]", "[3]", "MAE []"},
		{"mse", "[3]", "class(3)", "MSE []"},
		{"rmse", "[1]", "[1]", "RMSE []"},
		{"r2", "[2, 3]", "[2, 3]", "R2 []"},
		{"auc", "[1]", "class(2)", "AUC []"},
		{"auc", "[4, 2]", "[4]class(2)", "AUC []"},
		{"auc", "[2]", "[2]", "AUC []"},
		{"auc", "[3]", "class(3)", "bad-shape: auc wants two classes, that is one output or two, got [3] (use accuracy or f1 for more classes)"},
		{"auc", "[3]", "class(2)", "bad-shape: auc wants an output of [2] for the target class(2), got [3]"},
		{"perplexity", "[3]", "class(3)", "needs-softmax: perplexity wants an output that comes from softmax (end the layers in softmax)"},
		{"accuracy", "[3]", "class(10)", "bad-shape: accuracy wants an output of [10] for the target class(10), got [3]"},
		{"accuracy", "[2, 3, 4]", "[2, 3, 4]", "bad-rank: accuracy wants an output of [n] or [T, n], got [2, 3, 4]"},
		{"f1", "[3]", "[4]", "bad-shape: f1 wants output and target of one shape, got [3] and [4]"},
		{"top_k(4)", "[3]", "class(3)", "bad-argument: top_k: k must be at most 3, the number of outputs, got 4"},
		{"top_k(1)", "[1]", "class(2)", "bad-shape: top_k wants an output for each class, got [1] (use accuracy for one output)"},
		{"r2", "[3]", "[1]", "bad-shape: r2 wants output and target of one shape, got [3] and [1]"},
	} {
		a := bind(t, op.MetricKind, c.call)
		g := ir.NewGraph()
		y, target := port(t, g, "y", c.y), port(t, g, "t", c.target)
		m, err := op.BuildMetric(y, target, a)
		var got string
		if err != nil {
			got = message(a, err)
		} else {
			got = m.Func + " " + text(m.Args)
			if m.Output != y || m.Target != target || m.Name != a.Def.Name {
				t.Errorf("%s: %+v", c.call, m)
			}
		}
		if got != c.want {
			t.Errorf("%s of %s and %s:\n got %s\nwant %s", c.call, c.y, c.target, got, c.want)
		}
	}
}

// TestPerplexity: it measures what comes out of softmax or log_softmax, against labels.
func TestPerplexity(t *testing.T) {
	for _, c := range []struct{ before, in, target, want string }{
		{"softmax", "[3]", "class(3)", "Perplexity"},
		{"softmax", "[4, 3]", "[4]class(3)", "Perplexity"},
		{"log_softmax", "[3]", "class(3)", "LogPerplexity"},
		{"sigmoid", "[1]", "class(2)", "needs-softmax: perplexity wants an output that comes from softmax (end the layers in softmax)"},
		{"softmax", "[3]", "[3]", "bad-type: perplexity wants class labels for a target, got [3]"},
		{"softmax", "[3]", "class(4)", "bad-shape: perplexity wants an output of [4] for the target class(4), got [3]"},
	} {
		n, _, err := build(t, op.Layer, op.Case{Call: c.before, In: []string{c.in}})
		if err != nil {
			t.Fatal(err)
		}
		a := bind(t, op.MetricKind, "perplexity")
		m, err := op.BuildMetric(n.out, port(t, n.Graph, "t", c.target), a)
		got := m.Func
		if err != nil {
			got = message(a, err)
		}
		if got != c.want {
			t.Errorf("perplexity of %s %s and %s:\n got %s\nwant %s", c.before, c.in, c.target, got, c.want)
		}
	}
}

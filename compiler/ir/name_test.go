package ir

import "testing"

// TestGoName holds the Go names of names of the language and of weight files.
func TestGoName(t *testing.T) {
	for _, c := range []struct{ in, exported, local string }{
		{"image_size", "ImageSize", "imageSize"},
		{"dense1.weight", "Dense1Weight", "dense1Weight"},
		{"Residual1.conv1.running_mean", "Residual1Conv1RunningMean", "residual1Conv1RunningMean"},
		{"conv1d_1.bias", "Conv1d1Bias", "conv1d1Bias"},
		{"Layer2_1.dense1", "Layer2_1Dense1", "layer2_1Dense1"},
		{"x", "X", "x"},
		{"_x_", "X", "x"},
		{"__", "X", "x"},
		{"_1", "X1", "x1"},
		{"type", "Type", "type_"},
		{"len", "Len", "len_"},
		{"MNIST", "MNIST", "mNIST"},
	} {
		if got := GoName(c.in, true); got != c.exported {
			t.Errorf("GoName(%q, true) is %s, not %s", c.in, got, c.exported)
		}
		if got := GoName(c.in, false); got != c.local {
			t.Errorf("GoName(%q, false) is %s, not %s", c.in, got, c.local)
		}
	}
}

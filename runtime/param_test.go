package rt

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Params: conversion between the model's layout and PyTorch's for every
// permutation of up to four axes, and what Set refuses.

func TestParamLayout(t *testing.T) {
	for _, c := range []struct {
		shape, perm []int
		data        []float64 // what stands in the model when PyTorch's numbers are 0, 1, 2 …
	}{
		{[]int{}, nil, []float64{0}},
		{[]int{}, []int{}, []float64{0}},
		{[]int{3}, nil, []float64{0, 1, 2}},
		{[]int{3}, []int{0}, []float64{0, 1, 2}},
		{[]int{2, 3}, nil, []float64{0, 1, 2, 3, 4, 5}},
		{[]int{2, 3}, []int{1, 0}, []float64{0, 3, 1, 4, 2, 5}},
		{[]int{2, 2, 3}, []int{2, 0, 1}, []float64{0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11}},
		{[]int{2, 0}, []int{1, 0}, []float64{}},
	} {
		n := len(c.data)
		p := Param[float64]{Name: "w", Shape: c.shape, Perm: c.perm, Data: make([]float64, n)}
		torch := make([]float64, n)
		for i := range torch {
			torch[i] = float64(i)
		}
		if err := p.Set(torch); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(p.Data, c.data) {
			t.Errorf("shape %v, perm %v: data is %v, want %v", c.shape, c.perm, p.Data, c.data)
		}
		back := make([]float64, n)
		p.Get(back)
		if !slices.Equal(back, torch) {
			t.Errorf("shape %v, perm %v: Get after Set gives %v", c.shape, c.perm, back)
		}
	}
}

// Against the definition, element by element.
func TestParamLayoutByIndex(t *testing.T) {
	shape := []int{2, 3, 4, 5}
	for _, perm := range [][]int{{0, 1, 2, 3}, {2, 3, 1, 0}, {3, 2, 1, 0}, {1, 0, 3, 2}, {0, 2, 3, 1}} {
		p := Param[float32]{Shape: shape, Perm: perm, Data: make([]float32, 120)}
		torch := noise[float32](120, 1)
		if err := p.Set(torch); err != nil {
			t.Fatal(err)
		}
		for here, v := range p.Data {
			// The index of Data's element by its own axes, then by PyTorch's.
			index, rest := make([]int, 4), here
			for i := 3; i >= 0; i-- {
				n := shape[perm[i]]
				index[perm[i]] = rest % n
				rest /= n
			}
			there := 0
			for axis, n := range shape {
				there = there*n + index[axis]
			}
			if torch[there] != v {
				t.Fatalf("perm %v: element %d is not PyTorch's %v", perm, here, index)
			}
		}
	}
}

func TestParamRefuses(t *testing.T) {
	p := Param[float32]{Name: "a.weight", Shape: []int{1, 2}, Perm: []int{1, 0}, Data: []float32{0.5, -0.5}, Fixed: true}
	if err := p.Set([]float32{1}); err == nil || !strings.Contains(err.Error(), "a.weight (1, 2) has 2 numbers, got 1") {
		t.Errorf("wrong length: %v", err)
	}
	if err := p.Set([]float32{0.5, -0.5}); err != nil {
		t.Errorf("a fixed tensor refuses its own values: %v", err)
	}
	if err := p.Set([]float32{0.5, 1}); err == nil || !strings.Contains(err.Error(), "a.weight is fixed in the model: its number 1 is -0.5, not 1") {
		t.Errorf("fixed: %v", err)
	}
	if fmt.Sprint(p.Data) != "[0.5 -0.5]" {
		t.Errorf("a refused Set changed the tensor to %v", p.Data)
	}
	defer func() {
		if recover() == nil {
			t.Error("Get into a slice of another length")
		}
	}()
	p.Get(make([]float32, 3))
}

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The files in runtime are what this program writes now.
func TestFresh(t *testing.T) {
	all, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		got, err := os.ReadFile(filepath.Join("..", "runtime", f.name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, f.text) {
			t.Errorf("runtime/%s is not what the generator writes: run go generate ./runtime", f.name)
		}
	}
}

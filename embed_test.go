package nnc

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The embedded runtime is the folder runtime/, byte for byte: every source file,
// and every data file that a source file embeds in turn.

func TestRuntimeIsEmbedded(t *testing.T) {
	sources := 0
	err := filepath.WalkDir("runtime", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_") {
			return err
		}
		want, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		got, err := Runtime.ReadFile(filepath.ToSlash(path))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not embedded as it is: %v", path, err)
		}
		if strings.HasSuffix(path, ".go") {
			sources++
		}
		return nil
	})
	if err != nil || sources == 0 {
		t.Errorf("%d source files, %v", sources, err)
	}
}

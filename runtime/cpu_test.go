package rt

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// NNC_CPU: what it means, and that a wish that cannot be met stops a program.

func TestChooseLevel(t *testing.T) {
	for _, c := range []struct {
		name string
		best level
		want level
		err  string
	}{
		{"", avx512, avx512, ""},
		{"", plain, plain, ""},
		{"portable", avx512, plain, ""},
		{"avx2", avx512, avx2, ""},
		{"avx512", avx512, avx512, ""},
		{"avx512", avx2, 0, "rt: NNC_CPU=avx512: this processor has no avx512; its best is avx2"},
		{"avx2", plain, 0, "rt: NNC_CPU=avx2: this processor has no avx2; its best is portable"},
		{"sse", avx512, 0, "rt: NNC_CPU=sse: want portable, avx2 or avx512"},
	} {
		got, err := chooseLevel(c.name, c.best)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("%q with %v: %v, %v; want %v, %q", c.name, c.best, got, err, c.want, c.err)
		}
	}
}

// The variable is read at the start of a program, this one run again.
func TestLevelOfAProgram(t *testing.T) {
	run := func(value string) (string, error) {
		cmd := exec.Command(os.Args[0], "-test.run=^TestPrintLevel$", "-test.v")
		cmd.Env = append(os.Environ(), "NNC_CPU="+value)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for _, l := range levels() {
		if out, err := run(l.String()); err != nil || !strings.Contains(out, "level "+l.String()+"\n") {
			t.Errorf("NNC_CPU=%v: %v\n%s", l, err, out)
		}
	}
	if out, err := run("fast"); err == nil || !strings.Contains(out, "NNC_CPU=fast: want portable, avx2 or avx512") {
		t.Errorf("NNC_CPU=fast: %v\n%s", err, out)
	}
}

func TestPrintLevel(t *testing.T) { t.Log("level " + cpu.String()) }

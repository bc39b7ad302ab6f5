package rt

import (
	"fmt"
	"os"
)

// level is a set of kernels, by the instructions that it needs. Kernels of a
// level have those of all lower ones too.
type level int

const (
	plain  level = iota // Go: portable.go
	avx2                // AVX2, FMA and BMI2: vectors of 256 bits
	avx512              // AVX-512 F, DQ, BW and VL: vectors of 512 bits
)

var levelNames = [...]string{"portable", "avx2", "avx512"}

func (l level) String() string { return levelNames[l] }

// cpu is the level of the kernels in use. It is the best that the processor and
// the operating system have, or what the environment variable NNC_CPU says:
// portable, avx2 or avx512. A level that is not there, or no level's name, stops
// the program at its start: whoever sets the variable compares levels, and must
// not be given another.
var cpu = func() level {
	l, err := chooseLevel(os.Getenv("NNC_CPU"), bestLevel())
	if err != nil {
		panic(err.Error())
	}
	return l
}()

// chooseLevel returns the level called name, best for "".
func chooseLevel(name string, best level) (level, error) {
	if name == "" {
		return best, nil
	}
	for l, s := range levelNames {
		switch {
		case s != name:
		case level(l) > best:
			return 0, fmt.Errorf("rt: NNC_CPU=%s: this processor has no %s; its best is %s", name, name, best)
		default:
			return level(l), nil
		}
	}
	return 0, fmt.Errorf("rt: NNC_CPU=%s: want portable, avx2 or avx512", name)
}

package data

// Held here: a text becomes rows of characters and of those that follow them,
// each character once; its alphabet; and that every fault names its place.

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// letters are the ports of a text of rows of three and n characters.
func letters(n int) []Port {
	return []Port{{Name: "x", Shape: []int{3}, Classes: n}, {Name: "y", Shape: []int{3}, Classes: n, Target: true}}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		name, content string
		n             int
		x, y          []int32
		alphabet      string
	}{
		{"rows side by side", "abcabca", 3, []int32{0, 1, 2, 0, 1, 2}, []int32{1, 2, 0, 1, 2, 0}, "abc"},
		{"the last one starts earlier", "abcabcab", 3, []int32{0, 1, 2, 0, 1, 2, 1, 2, 0}, []int32{1, 2, 0, 1, 2, 0, -1, -1, 1}, "abc"},
		{"one row", "dcba", 4, []int32{3, 2, 1}, []int32{2, 1, 0}, "abcd"},
		{"code points in order", "é\nz世", 4, []int32{2, 0, 1}, []int32{0, 1, 3}, "\nzé世"},
		{"byte order mark", "\xef\xbb\xbfabab", 2, []int32{0, 1, 0}, []int32{1, 0, 1}, "ab"},
		{"packed", string(packed([]byte("abab"))), 2, []int32{0, 1, 0}, []int32{1, 0, 1}, "ab"},
		{"carriage returns are characters", "\r\n\r\n", 2, []int32{1, 0, 1}, []int32{0, 1, 0}, "\n\r"},
		{"the replacement character is one too", "�a�a", 2, []int32{1, 0, 1}, []int32{0, 1, 0}, "a�"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "f.txt", c.content)
			s, test, err := Open(Spec{Kind: "text", Path: "f.txt", Length: 3}, dir, letters(c.n))
			if err != nil {
				t.Fatal(err)
			}
			if x, y := labels(t, s, 0), labels(t, s, 1); !slices.Equal(x, c.x) || !slices.Equal(y, c.y) || test != nil {
				t.Errorf("x %v, y %v, test %v; want %v, %v and no test", x, y, test, c.x, c.y)
			}
			for _, port := range []string{"x", "y"} {
				if got := strings.Join(s.Labels(port), ""); got != c.alphabet {
					t.Errorf("%s has the alphabet %q, want %q", port, got, c.alphabet)
				}
			}
		})
	}
}

// TestTextCountsOnce reads texts of all lengths: behind the first, every
// character is a target just once, each at its place behind the one before it.
func TestTextCountsOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := 4; n < 40; n++ {
		text := []byte("ab")
		for len(text) < n {
			text = append(text, "ab"[r.IntN(2)])
		}
		dir := t.TempDir()
		write(t, dir, "f.txt", string(text))
		s, _, err := Open(Spec{Kind: "text", Path: "f.txt"}, dir, letters(2))
		if err != nil {
			t.Fatal(err)
		}
		var followed []byte // by place
		x, y := labels(t, s, 0), labels(t, s, 1)
		for i, target := range y {
			if target < 0 {
				continue
			}
			if at := len(followed); text[at] != "ab"[x[i]] || text[at+1] != "ab"[target] {
				t.Fatalf("%q: place %d has %d and %d", text, at, x[i], target)
			}
			followed = append(followed, text[len(followed)+1])
		}
		if len(followed) != n-1 {
			t.Errorf("%q: %d characters are targets, want %d", text, len(followed), n-1)
		}
	}
}

// The rows of a text are split as any others; a second text is read in the first
// one's alphabet, and either in the one that the model has.
func TestTextParts(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "f.txt", strings.Repeat("abc", 10)+"a")
	write(t, dir, "g.txt", "ccccc")
	write(t, dir, "h.txt", "cab\ncäb")
	spec := Spec{Kind: "text", Path: "f.txt", Length: 3, Test: 0.3}
	train, test, err := Open(spec, dir, letters(3))
	if err != nil || train.Len() != 7 {
		t.Fatalf("got %v, %v", train, err)
	}
	if _, held := Split(10, 0.3); !slices.Equal(test.rows, held) {
		t.Errorf("held out %v, want %v", test.rows, held)
	}
	spec.Test, spec.TestSource = 0, &Spec{Kind: "text", Path: "g.txt"}
	_, test, err = Open(spec, dir, letters(3))
	if err != nil || !slices.Equal(labels(t, test, 0), []int32{2, 2, 2, 2, 2, 2}) || !slices.Equal(labels(t, test, 1), []int32{2, 2, 2, -1, -1, 2}) {
		t.Errorf("a second text gives %v, %v", test, err)
	}
	spec.TestSource.Path = "h.txt"
	_, _, err = Open(spec, dir, letters(3))
	wantError(t, err, filepath.Join(dir, "h.txt"), `h.txt:1:4: '\n' is none of the 3 characters that the model knows: "abc"`)

	known := letters(5)
	known[0].Labels = []string{"\n", "ä", "a", "c", "b"}
	known[1].Labels = known[0].Labels
	s, _, err := Open(Spec{Kind: "text", Path: "h.txt"}, dir, known)
	if err != nil || !slices.Equal(labels(t, s, 0), []int32{3, 2, 4, 0, 3, 1}) {
		t.Errorf("a known alphabet gives %v, %v", s, err)
	}
	known[0].Labels, known[1].Labels = known[0].Labels[1:], known[0].Labels[1:]
	write(t, dir, "h.txt", "cäb\n")
	_, _, err = Open(Spec{Kind: "text", Path: "h.txt"}, dir, known)
	wantError(t, err, filepath.Join(dir, "h.txt"), `h.txt:1:5: '\n' is none of the 4 characters`)

	// The training set's classes are numbers, and no characters.
	write(t, dir, "x.npy", string(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 3), }", 3)))
	arrays := Spec{Kind: "npy", Bind: []Binding{{Port: "x", File: "x.npy"}, {Port: "y", File: "x.npy"}}, TestSource: &Spec{Kind: "text", Path: "f.txt"}}
	_, _, err = Open(arrays, dir, letters(11))
	wantError(t, err, "", "gives input x [3]class(11) characters, but its classes are called 0, 1, 2")
}

func TestTextRefuses(t *testing.T) {
	x, y := letters(3)[0], letters(3)[1]
	numbers, short, few := x, y, y
	numbers.Classes, short.Shape, few.Classes = 0, []int{2}, 2
	long := letters(150)
	var many strings.Builder
	for i := range 120 {
		many.WriteRune(rune('a' + i))
	}
	for _, c := range []struct {
		name, content string
		ports         []Port
		file          bool
		want          string
	}{
		{"alphabet", "a cat", []Port{x, y}, true, `f.txt: has an alphabet of 4 characters (" act"), but input x [3]class(3) has 3; write class(4)`},
		{"large alphabet", many.String(), long, true, " and 20 more), but input x [3]class(150) has 150; write class(120)"},
		{"empty", "", []Port{x, y}, true, "is empty"},
		{"short", "abc", []Port{x, y}, true, "has 3 characters, but a row of input x [3]class(3) takes 3 and the target one more"},
		{"not UTF-8", "abä\nab\xffc", []Port{x, y}, true, "f.txt:2:3: is not UTF-8 at byte 7 of the file, counted from 0"},
		{"not UTF-8 behind a mark", "\xef\xbb\xbfab\xc3", []Port{x, y}, true, "f.txt:1:3: is not UTF-8 at byte 5 of the file"},
		{"UTF-16", "\xff\xfea\x00", []Port{x, y}, true, "is UTF-16; save it as UTF-8"},
		{"cut gzip", string(packed([]byte("abcabcabc"))[:24]), []Port{x, y}, true, "is cut or altered"},
		{"numbers", "abca", []Port{numbers, y}, false, "fills input x [3] with characters: write it as [LENGTH]class(N)"},
		{"one label", "abca", []Port{x, {Name: "y", Classes: 3, Target: true}}, false, "fills target y class(3) with characters"},
		{"length", "abca", []Port{x, short}, false, "has rows of length 3, but target y [2]class(3) has 2"},
		{"classes", "abca", []Port{x, few}, false, "gives input x [3]class(3) and target y [3]class(2) the same characters"},
		{"two inputs", "abca", []Port{x, x}, false, "fills one input and one target"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "f.txt", c.content)
			_, _, err := Open(Spec{Kind: "text", Path: "f.txt", Length: 3}, dir, c.ports)
			file := ""
			if c.file {
				file = filepath.Join(dir, "f.txt")
			}
			wantError(t, err, file, c.want)
		})
	}
}

// What is predicted for are rows of the whole text, the last of which starts
// earlier where the text is not a number of rows long.
func TestReadInputText(t *testing.T) {
	port := Port{Name: "x", Shape: []int{3}, Classes: 3, Labels: []string{"a", "b", "c"}}
	read := func(content string, port Port) (*Set, error) {
		return readInputText(strings.NewReader(content), int64(len(content)), "f", port)
	}
	for _, c := range []struct {
		content string
		want    []int32
	}{
		{"abc", []int32{0, 1, 2}},
		{"abcc", []int32{0, 1, 2, 1, 2, 2}},
		{"\xef\xbb\xbfabccba", []int32{0, 1, 2, 2, 1, 0}},
		{string(packed([]byte("cab"))), []int32{2, 0, 1}},
		{string(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 3), }", 0)) + "\x00\x02\x02", []int32{0, 2, 2}},
		{string(packed(idx(8, []int{1, 3}, "\x01\x01\x02"))), []int32{1, 1, 2}},
	} {
		s, err := read(c.content, port)
		if err != nil || !slices.Equal(labels(t, s, 0), c.want) {
			t.Errorf("%q gives %v, %v; want %v", c.content, s, err, c.want)
		}
	}
	_, err := read("ab", port)
	wantError(t, err, "f", "has 2 characters, but a row of input x [3]class(3) takes 3")
	_, err = read("ab\nd", port)
	wantError(t, err, "f", `f:1:3: '\n' is none of the 3 characters that the model knows: "abc"`)
	port.Labels = nil
	_, err = read("abc", port)
	wantError(t, err, "f", "the model has no vocabulary")
}

// A row of a text is read without memory of its own.
func TestTextAllocatesNothing(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "f.txt", "abcabcab")
	s, _, err := Open(Spec{Kind: "text", Path: "f.txt"}, dir, letters(3))
	if err != nil {
		t.Fatal(err)
	}
	dst, rows := make([]int32, 9), []int{0, 1, 2}
	if n := testing.AllocsPerRun(10, func() {
		if err := ReadLabels(s, 1, dst, rows); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Whatever a file holds, it is read or refused; what is read has an alphabet of the
// port's size, and is the same text again in that alphabet.
func FuzzText(f *testing.F) {
	for _, text := range []string{"", "ab\nba", "\xef\xbb\xbfaé", "a\xffb", "\xff\xfea\x00", string(packed([]byte("abab")))} {
		f.Add([]byte(text), 2)
	}
	f.Fuzz(func(t *testing.T, content []byte, classes int) {
		read := func(vocabulary []string) ([]int32, []string, error) {
			b, err := gunzip(bytes.NewReader(content), "f")
			if err != nil {
				return nil, nil, err
			}
			return readText(b, "f", Port{Name: "x", Shape: []int{2}, Classes: classes}, vocabulary)
		}
		text, names, err := read(nil)
		if err != nil {
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Errorf("%T: %v", err, err)
			}
			return
		}
		if len(names) != classes || !slices.IsSorted(names) || len(text) == 0 {
			t.Fatalf("%d characters of %q for class(%d)", len(text), names, classes)
		}
		again, _, err := read(names)
		if err != nil || !slices.Equal(again, text) {
			t.Errorf("read again it is %v, %v; it was %v", again, err, text)
		}
	})
}

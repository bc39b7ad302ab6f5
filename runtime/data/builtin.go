package data

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/nnc-lang/nnc/runtime/atomicfile"
)

// An Info describes a built-in set.
type Info struct {
	Name     string // as a `data` item has it
	Title    string
	Rows     int      // that are trained on, the held-out ones of an embedded set among them
	Test     int      // test rows of its own; 0: a fifth of Rows is held out
	Shape    []int    // of a row
	Labels   []string // the classes
	Licence  string
	Origin   string // who made it, and where it is described
	Embedded bool   // carried by a Go package; otherwise fetched:
	URL      string // the folder that has Files, each with .gz appended
	Files    []File // train images, train labels, test images, test labels
}

// A File is one file of a set that is fetched.
type File struct {
	Name   string // of the raw IDX file; a folder may hold it as Name or packed as Name.gz
	Size   int64  // of the raw file, in bytes
	SHA256 string // of the raw file, in hex: a packed file differs from mirror to mirror
}

var builtins = []Info{
	{
		Name: "digits", Title: "Handwritten digits, 8×8 pixels of 0…1 in steps of 1/16",
		Rows: 1797, Shape: []int{8, 8}, Labels: digitNames(10), Embedded: true,
		Licence: "CC BY 4.0",
		Origin:  "E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits (1998), UCI Machine Learning Repository, https://doi.org/10.24432/C50P49, the test part, as scikit-learn has it",
	},
	{
		Name: "iris", Title: "Iris flowers: sepal and petal, length and width in cm",
		Rows: 150, Shape: []int{4}, Labels: []string{"setosa", "versicolor", "virginica"}, Embedded: true,
		Licence: "CC BY 4.0",
		Origin:  "R. A. Fisher, The use of multiple measurements in taxonomic problems (1936); UCI Machine Learning Repository, https://doi.org/10.24432/C56C76, as scikit-learn has it",
	},
	{
		Name: "mnist", Title: "Handwritten digits, 28×28 pixels of 0…1",
		Rows: 60000, Test: 10000, Shape: []int{28, 28}, Labels: digitNames(10),
		Licence: "CC BY-SA 3.0",
		Origin:  "Y. LeCun, C. Cortes and C. J. C. Burges, The MNIST database of handwritten digits (1998), http://yann.lecun.com/exdb/mnist/",
		URL:     "https://ossci-datasets.s3.amazonaws.com/mnist/",
		Files: []File{
			{"train-images-idx3-ubyte", 47040016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
			{"train-labels-idx1-ubyte", 60008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
			{"t10k-images-idx3-ubyte", 7840016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
			{"t10k-labels-idx1-ubyte", 10008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"},
		},
	},
	{
		Name: "fashion_mnist", Title: "Clothes, 28×28 pixels of 0…1",
		Rows: 60000, Test: 10000, Shape: []int{28, 28},
		Labels:  []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"},
		Licence: "MIT",
		Origin:  "H. Xiao, K. Rasul and R. Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms (2017), https://github.com/zalandoresearch/fashion-mnist",
		URL:     "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
		Files: []File{
			{"train-images-idx3-ubyte", 47040016, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"},
			{"train-labels-idx1-ubyte", 60008, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"},
			{"t10k-images-idx3-ubyte", 7840016, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"},
			{"t10k-labels-idx1-ubyte", 10008, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"},
		},
	},
}

// Builtin describes the built-in sets, the embedded ones first.
func Builtin() []Info { return slices.Clone(builtins) }

func builtin(name string) (Info, bool) {
	k := slices.IndexFunc(builtins, func(i Info) bool { return i.Name == name })
	if k < 0 {
		return Info{}, false
	}
	return builtins[k], true
}

// Dir is the folder of the fetched sets, each in a folder of its name:
// NNC_DATA, or else nnc/data in the user's cache folder.
func Dir() (string, error) {
	if dir := os.Getenv("NNC_DATA"); dir != "" {
		return dir, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for data sets (%w); name one by NNC_DATA", err)
	}
	return filepath.Join(cache, "nnc", "data"), nil
}

// Locate is the folder of a set that is fetched. Every file is there and has
// its checksum; else the error is a [*MissingError] or an [*Error]. It reads
// all of them: 0.03 s for MNIST, 0.2 s where its files are packed.
func Locate(name string) (dir string, err error) {
	info, ok := builtin(name)
	switch {
	case !ok:
		return "", UnknownSet(name)
	case info.Embedded:
		return "", fmt.Errorf("%s is part of nnc: there is nothing to fetch", name)
	}
	if dir, err = Dir(); err != nil {
		return "", err
	}
	dir = filepath.Join(dir, name)
	for _, f := range info.Files {
		if err := f.Check(dir); err != nil {
			return "", missing(err, name)
		}
	}
	return dir, nil
}

// UnknownSet is the error for a name that no built-in set has.
func UnknownSet(name string) error {
	known := make([]string, len(builtins))
	for i, b := range builtins {
		known[i] = b.Name
	}
	return fmt.Errorf("no built-in data set is called %s%s; there are %s", name, suggest(name, known), list(known))
}

// A MissingError says that a built-in set has not been fetched. It is an
// fs.ErrNotExist.
type MissingError struct {
	Name string // of the set
	File string // one that is missing, with its folder
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("%s is missing; to fetch it run nnc data %s, or nnc data %s -from DIR where DIR has the files; or let NNC_DATA name the folder in which there is %s",
		e.File, e.Name, e.Name, filepath.Join(e.Name, filepath.Base(e.File)))
}

// Unwrap is fs.ErrNotExist.
func (e *MissingError) Unwrap() error { return fs.ErrNotExist }

// missing turns a file that is not there into a MissingError.
func missing(err error, name string) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok && errors.Is(err, fs.ErrNotExist) {
		return &MissingError{Name: name, File: p.Path}
	}
	return err
}

// loadFetched reads the wanted parts of a set of IDX files; one that is not
// wanted is nil.
func (o *opener) loadFetched(info Info, p part) (train, test *Set, err error) {
	dir, err := Dir()
	if err != nil {
		return nil, nil, err
	}
	dir = filepath.Join(dir, info.Name)
	x, y, err := o.roles(info.Name)
	if err != nil {
		return nil, nil, err
	}
	load := func(images, labels File) (*Set, error) {
		cols := make([]column, len(o.ports))
		a, err := images.read(dir)
		if err != nil {
			return nil, missing(err, info.Name)
		}
		if cols[x], err = a.column(o.ports[x], info.Name); err != nil {
			return nil, err
		}
		if y >= 0 {
			b, err := labels.read(dir)
			if err != nil {
				return nil, missing(err, info.Name)
			}
			class := make([]int32, b.shape[0])
			for i := range class {
				class[i] = int32(b.u8[i])
			}
			if cols[y], err = labelColumn(o.ports[y], info.Name, class, info.Labels); err != nil {
				return nil, err
			}
		}
		return newSet(o.ports, cols, a.shape[0]), nil
	}
	if p.train {
		if train, err = load(info.Files[0], info.Files[1]); err != nil {
			return nil, nil, err
		}
	}
	if p.test {
		if test, err = load(info.Files[2], info.Files[3]); err != nil {
			return nil, nil, err
		}
	}
	return train, test, nil
}

// open opens the file in dir, raw or packed; r gives the raw bytes. f is to be
// closed.
func (f File) open(dir string) (file *os.File, r io.Reader, size int64, err error) {
	path := filepath.Join(dir, f.Name)
	file, size, err = open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if packed, n, err := open(path + ".gz"); !errors.Is(err, fs.ErrNotExist) {
			if err != nil {
				return nil, nil, 0, err
			}
			r, err := gunzip(packed, packed.Name())
			if err != nil {
				packed.Close()
				return nil, nil, 0, err
			}
			return packed, r, n, nil
		}
	}
	return file, file, size, err
}

// read reads and checks the file.
func (f File) read(dir string) (*array, error) {
	file, r, size, err := f.open(dir)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	// The bytes are hashed on their way: 30 ms for MNIST where the processor
	// has instructions for it, so that no record of earlier checks has to be
	// kept and believed.
	sum := sha256.New()
	a, err := readIDX(bufio.NewReaderSize(io.TeeReader(r, sum), 1<<16), size, file.Name())
	if wrong := (*Error)(nil); err != nil && !errors.As(err, &wrong) {
		return nil, err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); err != nil || got != f.SHA256 {
		return nil, f.altered(file.Name(), err)
	}
	return a, nil
}

func (f File) altered(path string, err error) error {
	e := fault(path, "", "is not the published file: its raw content must be %d bytes with the SHA-256 %s", f.Size, f.SHA256)
	if err != nil {
		e.Message += fmt.Sprintf(" (%v)", err)
	}
	return e
}

// Check looks whether dir has the file, raw or packed, with the pinned
// checksum. The error is an fs.ErrNotExist where there is none, an [*Error]
// where it is another.
func (f File) Check(dir string) error {
	file, r, _, err := f.open(dir)
	if err != nil {
		return err
	}
	defer file.Close()
	return f.copy(io.Discard, r, file.Name())
}

// Install writes the raw file to dir, from src, which gives it raw or packed;
// from names src in errors. The file appears whole and checked or not at all:
// one that was there before stays as it was if src is not the published file.
func (f File) Install(dir string, src io.Reader, from string) error {
	r, err := gunzip(src, from)
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, f.Name), func(w io.Writer) error { return f.copy(w, r, from) })
}

// copy copies the raw file and checks it; what is longer than the file is not
// read to its end.
func (f File) copy(dst io.Writer, src io.Reader, name string) error {
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(sum, dst), io.LimitReader(src, f.Size+1))
	if err != nil {
		if wrong, ok := errors.AsType[*Error](contentError(name, err)); ok {
			return f.altered(name, wrong)
		}
		return err
	}
	if n != f.Size || hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
		return f.altered(name, nil)
	}
	return nil
}

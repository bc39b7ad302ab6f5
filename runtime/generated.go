package rt

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unsafe"
)

// What generated code does the same way in every model. Nothing here is of use to
// a program that only uses one.

// Arrays is the reverse of [Flat]: the rows of a matrix as arrays, without
// copying. It panics where s does not end with a whole row.
func Arrays[A any, E float32 | float64 | int32](s []E) []A {
	var a A
	var e E
	width := int(unsafe.Sizeof(a) / unsafe.Sizeof(e))
	if len(s)%width != 0 {
		panic(fmt.Sprintf("rt: %d numbers are not rows of %d", len(s), width))
	}
	return unsafe.Slice((*A)(unsafe.Pointer(unsafe.SliceData(s))), len(s)/width)
}

// Grow returns dst with n elements: dst itself where it has room for them, else a
// new slice.
func Grow[T any](dst []T, n int) []T {
	if cap(dst) < n {
		return make([]T, n)
	}
	return dst[:n]
}

// Grain is the smallest piece of a loop over n worth handing to another worker,
// where the whole loop costs work multiply-adds: about 20 µs.
func Grain(n, work int) int {
	const worth = 100_000
	if work <= worth {
		return n
	}
	return max(1, int(float64(n)*worth/float64(work)))
}

// Inf is an infinity of the model's type: the sign is that of sign, as in
// [math.Inf].
func Inf[F Float](sign int) F { return F(math.Inf(sign)) }

// Finite says whether no number is NaN or infinite.
func Finite[F Float](x []F) bool {
	for _, v := range x {
		if v-v != 0 {
			return false
		}
	}
	return true
}

// Class is the place of the largest of the scores of the classes, the first where
// several are, and that score. A single score is the probability of class 1
// against class 0: it is cut at one half, and the class's own probability given.
func Class[F Float](scores []F) (class int, score F) {
	if len(scores) == 1 {
		if scores[0] > 0.5 {
			return 1, scores[0]
		}
		return 0, 1 - scores[0]
	}
	for i, s := range scores {
		if i == 0 || s > score {
			class, score = i, s
		}
	}
	return class, score
}

// CheckBatch panics unless a batch has 1 to most rows.
func CheckBatch(model, port string, rows, most int) {
	switch {
	case rows == 0:
		panic(fmt.Sprintf("nnc: %s: the batch is empty", model))
	case rows > most:
		panic(fmt.Sprintf("nnc: %s: %s has %d rows, the trainer takes up to %d: make it with rt.BatchSize(%d)", model, port, rows, most, rows))
	}
}

// CheckLeast panics where a batch has fewer rows than training can measure.
func CheckLeast(model, port string, rows, least int) {
	if rows < least {
		panic(fmt.Sprintf("nnc: %s: %s has %s: training measures each batch and takes at least %d at a time", model, port, rowsText(rows), least))
	}
}

// CheckRows panics unless port has as many rows as first.
func CheckRows(model, port string, rows int, first string, want int) {
	if rows != want {
		panic(fmt.Sprintf("nnc: %s: %s has %d rows, %s has %d", model, port, rows, first, want))
	}
}

// MustLabels panics where [CheckLabels] gives an error.
func MustLabels(model, port string, labels []int32, classes int, allowIgnored bool) {
	if err := CheckLabels(port, labels, classes, allowIgnored); err != nil {
		panic("nnc: " + model + ": " + err.Error())
	}
}

// MustSequences is [MustLabels] for so many rows of several labels each.
func MustSequences(model, port string, labels []int32, rows, classes int, allowIgnored bool) {
	err := CheckLabels(port, labels, classes, allowIgnored)
	if e, is := errors.AsType[*DataError](err); is {
		e.Row /= len(labels) / rows
		panic("nnc: " + model + ": " + err.Error())
	}
}

// CheckRead is [CheckLabels] for a batch that was read from a data set: the
// error's row is the data set's, rows being those of the batch. A row has
// len(labels)/len(rows) labels.
func CheckRead(port string, labels []int32, classes int, allowIgnored bool, rows []int) error {
	err := CheckLabels(port, labels, classes, allowIgnored)
	if e, is := errors.AsType[*DataError](err); is {
		e.Row = rows[e.Row/(len(labels)/len(rows))]
	}
	return err
}

// NeedStepsPerEpoch panics: the learning rate is to follow the epoch, and a
// hand-written loop has not said how long that is.
func NeedStepsPerEpoch(model string) {
	panic("nnc: " + model + ": the learning rate follows the epoch, and the trainer does not know how many steps that is: make it with rt.StepsPerEpoch(n), or use Train")
}

// BatchError says that Train was asked for larger batches than the trainer was
// made for.
func BatchError(model string, batch, most int) error {
	return fmt.Errorf("%s: batches of %d rows: the trainer was made for 1 to %d", model, batch, most)
}

// NoRowsError says that a data set is empty.
func NoRowsError(model string) error { return fmt.Errorf("%s: the data has no rows", model) }

// TransposeRows copies rows of (m, n) numbers as (n, m) ones and returns how many
// numbers that were: [Standardize] wants a feature's numbers side by side, and in
// a sequence [T, D] they are not.
func TransposeRows[F Float](dst, src []F, m, n int) int {
	for start := 0; start < len(src); start += m * n {
		from, to := src[start:][:m*n], dst[start:][:m*n]
		for i := range m {
			for j := range n {
				to[j*m+i] = from[i*n+j]
			}
		}
	}
	return len(src)
}

// MeasureError puts the port, and where the data set names each of its features
// the feature, to an error of [Standardize]. data is the data set.
func MeasureError(err error, port string, features int, data any) error {
	if e := (*DataError)(nil); errors.As(err, &e) && e.Port == "" {
		e.Port = port
	}
	if e := (*ConstantFeatureError)(nil); errors.As(err, &e) {
		feature := fmt.Sprintf("feature %d", e.Feature)
		if d, ok := data.(interface{ Names(port string) []string }); ok {
			if names := d.Names(port); len(names) == features {
				feature = names[e.Feature]
			}
		}
		return &DataError{Port: port, Row: -1, Message: fmt.Sprintf("standardize: %s is %v in every row: drop it, or leave standardize off", feature, e.Value)}
	}
	return err
}

// Labels are the names of the classes of a model's class ports, by port.
type Labels map[string][]string

// Clone is a copy.
func (l Labels) Clone() Labels {
	c := maps.Clone(l)
	for port, names := range c {
		c[port] = slices.Clone(names)
	}
	return c
}

// Adopt takes the names of a port's classes from a data set, where it has a method
// Labels(port) and that knows them, and where the model has no names yet.
func (l *Labels) Adopt(data any, port string) {
	d, ok := data.(interface{ Labels(port string) []string })
	if !ok || (*l)[port] != nil {
		return
	}
	if names := d.Labels(port); names != nil {
		if *l == nil {
			*l = Labels{}
		}
		(*l)[port] = slices.Clone(names)
	}
}

// The metadata of a weight file: "model" is the model's name, "labels.PORT" a
// JSON list of the names of a class port's classes, "set.NAME" the value that
// -set gave to a param.
const (
	metaModel  = "model"
	metaLabels = "labels."
	metaSet    = "set."
)

// Metadata is what a weight file says beside the weights. set lists names and
// values in turn.
func (l Labels) Metadata(model string, set ...string) map[string]string {
	meta := map[string]string{metaModel: model}
	for port, names := range l {
		text, err := json.Marshal(names)
		if err != nil {
			panic("rt: labels: " + err.Error()) // strings always can be written
		}
		meta[metaLabels+port] = string(text)
	}
	for i := 0; i+1 < len(set); i += 2 {
		meta[metaSet+set[i]] = set[i+1]
	}
	return meta
}

// Recorded reads from a weight file's metadata what [Labels.Metadata] wrote: the
// model's name, "" where there is none, and the values that -set gave, names and
// values in turn, sorted by name.
func Recorded(meta map[string]string) (model string, set []string) {
	for _, key := range slices.Sorted(maps.Keys(meta)) {
		if name, is := strings.CutPrefix(key, metaSet); is {
			set = append(set, name, meta[key])
		}
	}
	return meta[metaModel], set
}

// LabelsOf reads the labels of one port from a weight file's metadata; none, or
// another number of them than classes, is nil.
func LabelsOf(meta map[string]string, port string, classes int) []string {
	var names []string
	if json.Unmarshal([]byte(meta[metaLabels+port]), &names) != nil || len(names) != classes {
		return nil
	}
	return names
}

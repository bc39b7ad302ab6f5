package pass

import (
	"fmt"
	"math"
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// Setting documents a setting of train.
type Setting struct {
	Name    string
	Takes   string   // in words, which values
	Words   []string // that it may be, besides the names of the model's metrics
	Metric  bool     // it may be the name of one of the model's metrics
	Default string   // as the language writes it
	Doc     string
	Later   bool // only its default can be written as yet
}

// settings lists what train knows, in the order of the reference.
var settings = []Setting{
	{Name: "batch", Takes: "a whole number, at least 1", Default: "32", Doc: "how many rows a step learns from"},
	{Name: "epochs", Takes: "a whole number, at least 1", Default: "10", Doc: "how often the training rows are gone through"},
	{Name: "seed", Takes: "a whole number, at least 0", Default: "1", Doc: "what all random numbers start from: the same seed gives the same weights"},
	{Name: "shuffle", Takes: "true or false", Words: []string{"true", "false"}, Default: "true", Doc: "whether each epoch goes through the rows in an order of its own"},
	{Name: "validate", Takes: "a share, at least 0 and below 1", Default: "0", Doc: "how much of the training rows is held out to choose the best epoch", Later: true},
	{Name: "monitor", Takes: "loss or a metric of the model", Words: []string{"loss"}, Metric: true, Default: "the first metric, else loss", Doc: "what decides which epoch is best"},
	{Name: "patience", Takes: "a whole number, at least 0", Default: "0", Doc: "after how many epochs without a better one training ends; 0 is never", Later: true},
	{Name: "keep", Takes: "last or best", Words: []string{"last", "best"}, Default: "last", Doc: "which epoch's weights are kept"},
	{Name: "drop_last", Takes: "true or false", Words: []string{"true", "false"}, Default: "false", Doc: "whether an epoch leaves out its last batch where that is not full"},
}

// Settings lists what train knows, in the order of the reference.
func Settings() []Setting { return slices.Clone(settings) }

// settingNames lists the names of the settings.
func settingNames() []string {
	names := make([]string, len(settings))
	for i, s := range settings {
		names[i] = s.Name
	}
	return names
}

// takesWord says whether a setting's value is a word.
func takesWord(setting string) bool { return setting == "monitor" || setting == "keep" }

// maxWhole is the largest number below which all whole numbers are exact.
const maxWhole = min(1<<53, math.MaxInt)

// train reads the settings of training; what is not set has its default.
func (b *builder) train() {
	s := &b.out.Settings
	*s = ir.TrainSettings{Batch: 32, Epochs: 10, Seed: 1, Shuffle: true, Keep: "last", Monitor: "loss"}
	if len(b.out.Metrics) > 0 {
		s.Monitor = b.out.Metrics[0].Name
	}
	if b.m.train == nil {
		return
	}
	given := map[string]diag.Span{}
	for _, it := range b.m.train.Train.Items {
		if names := settingNames(); !slices.Contains(names, it.Name) {
			help := guess(it.Name, names)
			if help == "" {
				help = "train has " + listing(names, "and")
			}
			b.add(diag.UnknownItem, it.NameSpan, help, "train has no setting %s", it.Name)
			continue
		}
		if old, twice := given[it.Name]; twice {
			b.add(diag.DuplicateItem, it.NameSpan, "delete one of them", "%s is set twice", it.Name).note(old, "the first is here")
			continue
		}
		given[it.Name] = it.NameSpan
		v := b.eval.eval(it.Value)
		if v == nil {
			continue
		}
		switch it.Name {
		case "batch":
			b.whole(it, v, 1, op.MaxSize, func(n int) { s.Batch = n })
		case "epochs":
			b.whole(it, v, 1, op.MaxSize, func(n int) { s.Epochs = n })
		case "seed":
			b.whole(it, v, 0, maxWhole, func(n int) { s.Seed = uint64(n) })
		case "shuffle":
			b.flag(it, v, &s.Shuffle)
		case "drop_last":
			b.flag(it, v, &s.DropLast)
		case "validate":
			b.later(it, v, "a share that is held out to choose the best epoch", 1)
		case "patience":
			b.later(it, v, "an early end of training", math.Inf(1))
		case "keep":
			switch v {
			case op.WordValue("last"), op.WordValue("best"):
				s.Keep = string(v.(op.WordValue))
			default:
				b.add(diag.UnknownWord, it.Value.Span, "it may be last or best", "keep cannot be %s", it.Value)
			}
		case "monitor":
			b.monitor(it, v)
		}
	}
}

// leastRows refuses a batch that is too small for a layer that measures the batch: a single row may give it a single value,
// which tells it nothing.
func (b *builder) leastRows() {
	s := &b.out.Settings
	if b.m.optimizer == nil || b.ops.LeastRows <= s.Batch {
		s.LeastRows = b.ops.LeastRows
		return
	}
	at := b.m.optimizer.Span
	for _, it := range b.m.train.Train.Items {
		if it.Name == "batch" {
			at = it.Value.Span
		}
	}
	layer := b.ops.Asks
	b.add(diag.BadArgument, at, fmt.Sprintf("set batch to %d or more", b.ops.LeastRows),
		"%s trains on batches of at least %d rows, not %d: it measures the batch", layer.Name, b.ops.LeastRows, s.Batch).note(layer.Span, "%s is here", layer.Name)
}

// whole reads a whole number from lo to hi.
func (b *builder) whole(it *dsl.Setting, v any, lo, hi int, set func(int)) {
	x, ok := v.(float64)
	switch {
	case !ok:
		b.add(diag.BadArgument, it.Value.Span, "", "%s is a whole number, not %s", it.Name, kindText(v))
	case x != math.Trunc(x):
		b.add(diag.NotWhole, it.Value.Span, "", "%s is a whole number, not %s", it.Name, ir.Number(x))
	case x < float64(lo) || x > float64(hi):
		b.add(diag.BadArgument, it.Value.Span, "", "%s is at least %d and at most %d, not %s", it.Name, lo, hi, ir.Number(x))
	default:
		set(int(x))
	}
}

// flag reads true or false.
func (b *builder) flag(it *dsl.Setting, v any, set *bool) {
	x, ok := v.(bool)
	if !ok {
		b.add(diag.BadArgument, it.Value.Span, "", "%s is true or false, not %s", it.Name, kindText(v))
		return
	}
	*set = x
}

// later checks a setting that is to come: only 0, which is off, can be written.
func (b *builder) later(it *dsl.Setting, v any, what string, below float64) {
	x, ok := v.(float64)
	switch {
	case !ok:
		b.add(diag.BadArgument, it.Value.Span, "", "%s is a number, not %s", it.Name, kindText(v))
	case x < 0 || x >= below:
		b.add(diag.BadArgument, it.Value.Span, "", "%s is at least 0, not %s", it.Name, ir.Number(x))
	case x != 0:
		b.add(diag.NotYet, it.Span, "leave it out", "%s, %s, is not in the language yet", it.Name, what)
	}
}

// monitor reads what decides which epoch is best: loss, or one of the model's metrics.
func (b *builder) monitor(it *dsl.Setting, v any) {
	var name string
	switch v := v.(type) {
	case op.WordValue:
		name = string(v)
	case string:
		name = v
	default:
		b.add(diag.BadArgument, it.Value.Span, "", "monitor is loss or a metric of the model, not %s", kindText(v))
		return
	}
	names := []string{"loss"}
	for _, m := range b.out.Metrics {
		names = append(names, m.Name)
	}
	if slices.Contains(names, name) {
		b.out.Settings.Monitor = name
		return
	}
	if len(b.out.Metrics) < len(b.m.metrics) { // a faulty one may be meant
		return
	}
	help := guess(name, names)
	if help == "" {
		help = "it may be " + listing(names, "or")
	}
	b.add(diag.UnknownWord, it.Value.Span, help, "the model has no metric %s", name)
}

// optimizer binds the optimizer.
func (b *builder) optimizer() {
	if b.m.optimizer == nil {
		return
	}
	c := b.m.optimizer.Optimizer
	def := b.p.calls[c].def
	if def == nil {
		return
	}
	b.line = nil
	args := b.bind(def, c, c.Args)
	if args == nil {
		return
	}
	if d := args.CheckEpochs(b.out.Settings.Epochs); d != nil {
		b.put(d)
		return
	}
	text := "optimizer " + c.String()
	b.out.OptimizerSrc = &ir.Src{Span: c.Span, Text: text, Name: def.Name, Line: &ir.Line{Span: b.m.optimizer.Span, Text: text}, Formula: op.Equation(def)}
	b.out.Optimizer = func(u *op.Update) { op.BuildUpdate(u, args) }
	b.out.CheckEpochs = args.CheckEpochs
}

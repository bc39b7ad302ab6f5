package codegen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nnc-lang/nnc/compiler/ir"
)

// trainer prints the trainer.
func (g *generator) trainer() {
	p := g.p
	typ := g.t + "Trainer"
	s := newSpace(p, p.Train, typ, "t", "model", "config", "clock", "pool", "batch", "rows", "grad", "state", "watched", "kept", "phases", "check", "snapshot", "restore", "finite", "measure")
	s.batch, s.most = true, "cfg.Batch"
	s.collect(p.DCheck...)

	doc(g.f, fmt.Sprintf("%s trains a model: it is a workspace for batches of up to the size that it was made for, for one goroutine.", typ))
	fields := []jen.Code{
		stmt("model *%s", g.t), stmt("config rt.Config"), stmt("clock rt.Clock"), stmt("pool *rt.Pool"),
		stmt("watched %sData // measured after each epoch; nil: the training data", g.t),
		stmt("kept []%s // the weights of the best epoch", p.Type),
		jen.Line(),
		stmt("batch %sBatch // the rows at hand", g.t), stmt("rows int"),
	}
	var vectors []jen.Code
	if p.Train.Grad && p.Theta > 0 {
		vectors = append(vectors, stmt("grad []%s // of the loss, by theta", p.Type))
	}
	if p.Train.State > 0 {
		vectors = append(vectors, stmt("state []%s // of the optimizer", p.Type))
	}
	if vectors != nil {
		fields = append(append(fields, jen.Line()), vectors...)
	}
	g.f.Type().Id(typ).Struct(append(fields, s.fields()...)...)

	g.newTrainer(s)
	forward, backward, update := s.fn("forward"), s.fn("backward"), s.fn("update")
	g.step(s, update != nil)

	doc(g.f, "Forward computes the loss of a batch, a mean over its rows, and keeps what Backward needs. It panics as Step does.")
	first := g.ports()[0]
	head := []jen.Code{stmt("t.check(b)"), stmt("t.batch, t.rows = b, len(b.%s)", portField(first))}
	body := s.run(forward, stmt("return %s", s.result(forward)))
	fn(g.f, "t *"+typ, "Forward", fmt.Sprintf("(b %sBatch) %s", g.t, p.Type), append(head, body...)...)

	text := "Backward computes the gradient of the loss of the last Forward by every parameter. It uses up what Forward kept: call it once."
	if slices.ContainsFunc(p.Params, func(b *ir.Buf) bool { return b.Value.Param.Running }) {
		text += " It also moves the running statistics, which predictions read, by those of the batch."
	}
	doc(g.f, text)
	if backward == nil {
		backward = &ir.Func{Name: "backward"}
	}
	fn(g.f, "t *"+typ, "Backward", "()", s.run(backward)...)

	if update != nil {
		doc(g.f, "Update moves the parameters along the gradient of the last Backward."+g.epochText(s, update))
		fn(g.f, "t *"+typ, "Update", "()", s.run(update, stmt("t.clock.Step++"))...)
	}
	s.shareMethods(g.f)
	g.checkBatch(s)
	if update != nil {
		g.train(s, update)
	}
}

// epochText says that a schedule must know the length of an epoch.
func (g *generator) epochText(s *space, update *ir.Func) string {
	for _, r := range update.Reads {
		if r == ir.ClockEpoch || r == ir.ClockSteps {
			return " The learning rate follows the epoch: a trainer whose Step is called by hand must be made with [rt.StepsPerEpoch], or Update panics."
		}
	}
	return ""
}

// newTrainer prints the constructor.
func (g *generator) newTrainer(s *space) {
	p := g.p
	set := p.Settings
	cfg := []string{fmt.Sprintf("Epochs: %d, Batch: %d, Seed: %d", set.Epochs, set.Batch, set.Seed)}
	if set.Shuffle {
		cfg = append(cfg, "Shuffle: true")
	}
	if set.DropLast {
		cfg = append(cfg, "DropLast: true")
	}
	keep := set.Keep
	if keep == "" {
		keep = "last"
	}
	cfg = append(cfg, fmt.Sprintf("Keep: %q", keep))
	if set.Monitor != "" {
		cfg = append(cfg, fmt.Sprintf("Monitor: %q", set.Monitor))
	}
	doc(g.f, "Trainer makes a workspace that trains m, as the file's train section says and options change it. The batch size is the most rows that a step may have.")
	body := []jen.Code{
		stmt("cfg := rt.Config{%s}.With(o...)", strings.Join(cfg, ", ")),
		jen.If(stmt("cfg.Batch < 1")).Block(stmt("panic(%q)", "nnc: "+g.t+": Trainer: the batch size must be at least 1")),
		stmt("t := &%s{model: m, config: cfg, pool: rt.NewPool(cfg.Threads)}", s.typ),
		stmt("t.clock = rt.Clock{StepsPerEpoch: cfg.StepsPerEpoch, Epochs: cfg.Epochs}"),
	}
	if p.Train.Grad && p.Theta > 0 {
		body = append(body, stmt("t.grad = make([]%s, %d)", p.Type, p.Theta))
	}
	if p.Train.State > 0 {
		body = append(body, stmt("t.state = make([]%s, %d)", p.Type, p.Train.State))
	}
	body = append(body, s.bind()...)
	fn(g.f, "m *"+g.t, "Trainer", "(o ...rt.Option) *"+s.typ, append(body, stmt("return t"))...)
}

// step prints Step.
func (g *generator) step(s *space, update bool) {
	if !update {
		return
	}
	doc(g.f, "Step trains on a batch, Forward, Backward and Update, and returns its mean loss before the update. It panics where the batch is empty or larger than the trainer's, "+
		"where its slices have different lengths, and where a label is not one of the classes; a target's may be -1, which is left out of the loss."+g.leastText())
	fn(g.f, "t *"+s.typ, "Step", fmt.Sprintf("(b %sBatch) %s", g.t, g.p.Type),
		stmt("loss := t.Forward(b)"), stmt("t.Backward()"), stmt("t.Update()"), stmt("return loss"))
}

// leastText says that a batch may be too small to be measured.
func (g *generator) leastText() string {
	if n := g.p.Settings.LeastRows; n > 1 {
		return fmt.Sprintf(" It measures the batch, and panics where that has fewer than %d rows.", n)
	}
	return ""
}

// checkBatch prints the checks of what a caller gives to Step.
func (g *generator) checkBatch(s *space) {
	ports := g.ports()
	first := ports[0]
	var body []jen.Code
	for i, p := range ports {
		rows := "b." + portField(p)
		if i == 0 {
			body = append(body, stmt("rt.CheckBatch(%q, %q, len(%s), t.config.Batch)", g.t, p.Name, rows))
			if least := g.p.Settings.LeastRows; least > 1 {
				body = append(body, stmt("rt.CheckLeast(%q, %q, len(%s), %d)", g.t, p.Name, rows, least))
			}
		} else {
			body = append(body, stmt("rt.CheckRows(%q, %q, len(%s), %q, len(b.%s))", g.t, p.Name, rows, first.Name, portField(first)))
		}
	}
	for _, p := range ports {
		if p.Classes > 0 {
			body = append(body, g.mustLabels(p, "b."+portField(p)))
		}
	}
	doc(g.f, "check panics where a batch cannot be used.")
	fn(g.f, "t *"+s.typ, "check", fmt.Sprintf("(b %sBatch)", g.t), body...)
}

// train prints Train and what belongs to it.
func (g *generator) train(s *space, update *ir.Func) {
	p := g.p
	typ := s.typ
	doc(g.f, "Watch has Train measure the weights on test after each epoch, rather than on the training data. nil ends that.")
	fn(g.f, "t *"+typ, "Watch", fmt.Sprintf("(test %sData)", g.t), stmt("t.watched = test"))

	doc(g.f, "Train trains for the epochs of the configuration, as changed by options, and reports what happened. It ends between two steps when ctx does, with ctx's error. "+
		"A row that cannot be used gives a *rt.DataError before anything is trained on it; a loss that is not finite gives a *rt.DivergedError, and the last good weights are kept.")
	body := []jen.Code{
		stmt("most := t.config.Batch // what the workspace has room for"),
		stmt("cfg := t.config.With(o...)"),
		jen.If(stmt("cfg.Batch < 1 || cfg.Batch > most")).Block(stmt("return rt.Report{}, rt.BatchError(%q, cfg.Batch, most)", g.t)),
		jen.If(stmt("d.Len() == 0")).Block(stmt("return rt.Report{}, rt.NoRowsError(%q)", g.t)),
		jen.If(stmt("cfg.Threads != t.config.Threads")).Block(stmt("t.pool = rt.NewPool(cfg.Threads)")),
		stmt("t.config = cfg"),
		stmt("t.config.Batch = most"),
	}
	if ports := g.classPorts(); len(ports) > 0 {
		for _, port := range ports {
			body = append(body, stmt("t.model.labels.Adopt(d, %q)", port.Name))
		}
	}
	if len(g.measured()) > 0 {
		body = append(body, jen.If(stmt("err := t.measure(d); err != nil")).Block(stmt("return rt.Report{}, err")))
	}
	least := ""
	if n := p.Settings.LeastRows; n > 1 {
		least = fmt.Sprintf("LeastRows: %d, ", n)
	}
	body = append(body,
		jen.Line(),
		stmt("buffer := make%sBatch(cfg.Batch)", g.t),
		stmt("run := rt.Run{Rows: d.Len(), %sClock: &t.clock, Snapshot: t.snapshot, Restore: t.restore, Finite: t.finite}", least),
		jen.Id("run.Step = func(rows []int) (float64, error)").Block(
			stmt("b := buffer.rows(len(rows))"),
			jen.If(stmt("err := b.read(d, rows); err != nil")).Block(stmt("return 0, err")),
			stmt("return float64(t.Step(b)), nil"),
		),
	)
	if rate := g.rate(s, update); rate != "" {
		body = append(body, stmt("run.LR = func() float64 { return %s }", rate))
	}
	if g.scores() {
		body = append(body,
			jen.Line(),
			stmt("watched, name := t.watched, \"test\""),
			jen.If(stmt("watched == nil")).Block(stmt("watched, name = d, \"train\"")),
			stmt("p := t.model.Predictor(%d)", evaluateBatch(p)),
			stmt("p.pool = t.pool"),
			stmt("run.EvaluateName = name"),
			stmt("run.Evaluate = func() (rt.Score, error) { return p.Evaluate(watched) }"),
		)
		if len(p.Metrics) > 0 {
			names := make([]string, len(p.Metrics))
			for i, m := range p.Metrics {
				names[i] = m.Name
			}
			body = append(body, stmt("run.Metrics = %s", quoteList(names)))
		}
	}
	body = append(body, stmt("return rt.Train(ctx, run, cfg)"))
	g.f.Func().Params(jen.Id("t *"+typ)).Id("Train").Params(jen.Id("ctx").Qual("context", "Context"), jen.Id(fmt.Sprintf("d %sData, o ...rt.Option", g.t))).
		Add(stmt("(rt.Report, error)")).Block(body...)

	vectors := []string{}
	if p.Theta > 0 {
		vectors = append(vectors, "t.model.theta")
	}
	if p.Fixed > 0 {
		vectors = append(vectors, "t.model.fixed")
	}
	snapshot := []jen.Code{stmt("t.kept = t.kept[:0]")}
	var restore []jen.Code
	finite := []string{}
	at := 0
	for _, v := range vectors {
		size := p.Theta
		if v == "t.model.fixed" {
			size = p.Fixed
		}
		snapshot = append(snapshot, stmt("t.kept = append(t.kept, %s...)", v))
		from := "t.kept"
		if at > 0 {
			from = fmt.Sprintf("t.kept[%d:]", at)
		}
		restore = append(restore, stmt("copy(%s, %s)", v, from))
		finite = append(finite, fmt.Sprintf("rt.Finite(%s)", v))
		at += size
	}
	if len(finite) == 0 {
		finite = []string{"true"}
	}
	doc(g.f, "snapshot keeps the weights of now, over those kept before.")
	fn(g.f, "t *"+typ, "snapshot", "()", snapshot...)
	doc(g.f, "restore puts the kept weights back.")
	fn(g.f, "t *"+typ, "restore", "()", restore...)
	doc(g.f, "finite says whether all weights are.")
	fn(g.f, "t *"+typ, "finite", "() bool", stmt("return %s", strings.Join(finite, " && ")))
	if len(g.measured()) > 0 {
		g.measure(typ)
	}
}

// rate is the learning rate as it is reported; "" where the plan does not say.
func (g *generator) rate(s *space, update *ir.Func) string {
	e := update.Rate
	switch {
	case e == nil:
		return ""
	case e.Op == ir.OpConst:
		return literal(e.C)
	case e.Op == ir.OpRef && e.Ref.Buf.Store == ir.InField && clockOf(e.Ref.Buf) == "":
		return "t." + s.names[e.Ref.Buf]
	}
	panic("codegen: the rate is neither a number nor a field")
}

// measure prints the measuring of the statistics that normalise inputs.
func (g *generator) measure(typ string) {
	body := []jen.Code{
		jen.If(stmt("t.model.measured")).Block(stmt("return nil")),
		stmt("m := t.model"),
		stmt("buffer := make%sBatch(t.config.Batch)", g.t),
		stmt("indices := make([]int, t.config.Batch)"),
		comment("block reads rows [lo, hi) a batch at a time and hands each to use."),
		jen.Id(fmt.Sprintf("block := func(lo, hi int, use func(b %sBatch)) error", g.t)).Block(
			jen.For(stmt("lo < hi")).Block(
				stmt("rows := indices[:min(hi-lo, len(indices))]"),
				jen.For(stmt("i := range rows")).Block(stmt("rows[i] = lo + i")),
				stmt("b := buffer.rows(len(rows))"),
				jen.If(stmt("err := b.read(d, rows); err != nil")).Block(stmt("return err")),
				stmt("use(b)"),
				stmt("lo += len(rows)"),
			),
			stmt("return nil"),
		),
		stmt("var err error"),
	}
	for _, m := range g.measured() {
		size := portSize(m.port)
		moved := fmt.Sprintf("copy(dst, rt.Flat[%s](b.%s))", g.p.Type, portField(m.port))
		if len(m.port.Shape) == 2 { // a sequence: its features are the last axis
			moved = fmt.Sprintf("rt.TransposeRows(dst, rt.Flat[%s](b.%s), %d, %d)", g.p.Type, portField(m.port), m.port.Shape[0], m.port.Shape[1])
		}
		body = append(body,
			jen.Id(fmt.Sprintf("err = rt.Standardize(%s, %s, d.Len(), %d, func(dst []%s, lo, hi int) error", view(m.mean), view(m.std), size/m.mean.Size(), g.p.Type)).
				Block(
					stmt("return block(lo, hi, func(b %sBatch) {\ndst = dst[%s:]\n})", g.t, moved),
				).Op(")"),
			jen.If(stmt("err != nil")).Block(stmt("return rt.MeasureError(err, %q, %d, d)", m.port.Name, m.mean.Size())),
		)
	}
	body = append(body, stmt("m.measured = true"), stmt("return nil"))
	doc(g.f, "measure measures the mean and the standard deviation of the inputs over the training data, unless the model has them from a weight file or an earlier training.")
	fn(g.f, "t *"+typ, "measure", fmt.Sprintf("(d %sData) error", g.t), body...)
}

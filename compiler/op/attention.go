package op

import (
	"math"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var attentionLayer = &Def{
	Name: "attention",
	Kind: Layer,
	Doc: `Multi-head self-attention: every step asks (queries), offers (keys) and answers (values), and takes the mean of all answers,
weighed by how well its query goes with their keys. Each head does so on its own part of the features. causal: true lets a step
see itself and those before it only, as a model that predicts the next one must.

dropout sets weights of the mean to 0 while training. Attention sees no order: put positions before the first. A block of a
transformer adds its input to it: x + (x -> layer_norm -> attention(8)).`,
	Shapes: []string{"[T, D] -> [T, D], where heads divides D"},
	Formula: `(q, k, v) = x·Wᵀ + b, with W (3·D, D) and b (3·D), each cut into heads of size d = D/heads
a[t, s] = softmaxₛ(q[t]·k[s]/√d); causal: over s ≤ t
y = (Σₛ a[t, s]·v[s], the heads side by side)·Wₒᵀ + bₒ, with Wₒ (D, D) and bₒ (D)`,
	Gradient: `dv[s] = Σₜ a[t, s]·dy[t], where dy is the gradient of the heads
dz[t, s] = a[t, s]·(da[t, s] - Σₛ a[t, s]·da[t, s]) with da[t, s] = dy[t]·v[s], z being what softmax is of
dq[t] = Σₛ dz[t, s]·k[s]/√d and dk[s] = Σₜ dz[t, s]·q[t]/√d`,
	Source: "Vaswani and others, Attention Is All You Need, 2017, section 3.2; " + torch("nn.MultiheadAttention") +
		", with query, key and value the same and batch_first; the initial values of its output differ: xavier_uniform here",
	Example: "x + (x -> layer_norm -> attention(8, causal: true))",
	Weights: true,
	Args: []Arg{
		{Name: "heads", Type: Size, Required: true, Doc: "the number of heads, which divides the size of a step"},
		{Name: "causal", Type: Bool, Default: false, Doc: "whether a step sees only itself and those before it"},
		{Name: "dropout", Type: Number, Default: 0.0, Max: 1, Bounded: Share, Doc: "the share of the weights of the mean that is set to 0 while training"},
		{Name: "bias", Type: Bool, Default: true, Doc: "whether queries, keys, values and the output have biases"},
	},
	Layer: buildAttention,
	Cases: []Case{
		{Call: "attention(1)", In: []string{"[3, 2]"}},
		{Call: "attention(2)", In: []string{"[3, 4]"}},
		{Call: "attention(2, causal: true)", In: []string{"[3, 4]"}},
		{Call: "attention(2, dropout: 0.3)", In: []string{"[3, 4]"}},
		{Call: "attention(2, causal: true, dropout: 0.2, bias: false)", In: []string{"[2, 4]"}},
		{Call: "attention(heads: 3)", In: []string{"[1, 3]"}},
	},
}

func buildAttention(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
	x, heads := in[0], a.Int("heads")
	if err := wantSequence(x); err != nil {
		return nil, err
	}
	steps, size := x.Row()[0], x.Row()[1]
	if size%heads != 0 {
		return nil, Errorf(diag.BadArgument, "heads must divide %d, the size of a step of %s, got %d", size, rowText(x), heads).Blame("heads").
			WithHelp("it may be %s", divisors(size))
	}
	// product is x·W + b, with weights of the layer.
	product := func(x *ir.Value, weight, bias string, outputs int) *ir.Value {
		w := b.Weight(weight, []int{size, outputs}, Weight{Perm: []int{1, 0}, Init: xavierUniformInitialiser.Init(nil), FanIn: size, FanOut: outputs, Penalised: true})
		if !a.Bool("bias") {
			return stepwise(b, x, w)
		}
		return stepwise(b, x, w, b.Weight(bias, []int{outputs}, Weight{Init: zerosInitialiser.Init(nil), FanIn: size, FanOut: outputs}))
	}
	head := size / heads
	parts := b.Split(b.Named("projected", product(x, "in_proj_weight", "in_proj_bias", 3*size)), 2, size, size, size)
	for i, part := range parts {
		name := []string{"queries", "keys", "values"}[i]
		parts[i] = b.Named(name, withRow(b, b.Named(name, part), steps, heads, head))
	}

	answers := b.Named("heads", withRow(b, b.attend(parts, a), steps, size))
	return product(answers, "out_proj.weight", "out_proj.bias", size), nil
}

// attend gives the weighted values, (B, T, heads, d), from queries, keys and values likewise: a part that one kernel can
// compute without the weights of all pairs of steps ever being stored, but where these are dropped.
func (b *Builder) attend(parts []*ir.Value, a *Args) *ir.Value {
	if a.Float("dropout") > 0 && b.Training {
		return attended(b, parts, a)
	}
	name := "attention"
	if a.Bool("causal") {
		name = "attention.causal"
	}
	return b.Call(name, parts, func(g *ir.Graph, in []*ir.Value) []*ir.Value {
		inner := *b
		inner.Graph = g
		return []*ir.Value{attended(&inner, in, a)}
	})[0]
}

// attended is what attend means.
func attended(b *Builder, parts []*ir.Value, a *Args) *ir.Value {
	queries, keys, values := parts[0], parts[1], parts[2]
	// b is the batch, t the step that asks, s the one that answers, h the head, d the features of a head.
	products := b.Named("products", b.Dot("bthd,bshd->bhts", queries, keys))
	e := ir.Mul(ir.C(1/math.Sqrt(float64(queries.Shape[3]))), ir.A(0))
	if a.Bool("causal") {
		e = ir.Select(ir.E(ir.OpLE, ir.Ix(3), ir.Ix(2)), e, ir.C(math.Inf(-1)))
	}
	s := lastAxis(b, b.Named("scores", b.Each(e, products)))
	weights := b.Named("softmax", b.Each(ir.Div(ir.A(0), ir.A(1)), s.exp, s.sum))
	if p := a.Float("dropout"); p > 0 && b.Training {
		kept := ir.E(ir.OpGE, ir.A(1), ir.C(p))
		weights = b.Each(ir.Select(kept, ir.Mul(ir.C(1/(1-p)), ir.A(0)), ir.C(0)), weights, b.Random(weights.Shape...))
		b.Named("dropped", weights)
	}
	return b.Named("heads", b.Dot("bhts,bshd->bthd", weights, values))
}

package op

import (
	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var embedLayer = &Def{
	Name: "embed",
	Kind: Layer,
	Doc: `Gives every label a vector of its own, which is learned: a row of a table, which has one for each of the n labels of
class(n).`,
	Shapes:   []string{"[T]class(n) -> [T, dim]", "class(n) -> [dim]"},
	Formula:  "y[t] = W[x[t]], with W (n, dim)",
	Gradient: "dW[v] = Σ dy[t] over all t whose label is v",
	Source:   torch("nn.Embedding") + "; its initial values differ: normal(0.02) here",
	Example:  "embed(32) -> lstm(64)",
	Weights:  true,
	Args:     []Arg{{Name: "dim", Type: Size, Required: true, Doc: "the size of a label's vector"}},
	Layer: func(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
		x, dim := in[0], a.Int("dim")
		if x.Elem != ir.Int {
			return nil, Errorf(diag.BadType, "wants class labels, got %s", rowText(x)).WithHelp("declare the input as class(n) or [T]class(n); for numbers there is dense(%d)", dim)
		}
		if n := len(x.Row()); n > 1 {
			return nil, Errorf(diag.BadRank, "wants class(n) or [T]class(n), got %s", rowText(x))
		}
		n := x.Port.Classes
		table := b.Weight("weight", []int{n, dim}, Weight{Init: smallNormal(), FanIn: n, FanOut: dim})
		return b.Gather(table, x, 0), nil
	},
	Cases: []Case{
		{Call: "embed(3)", In: []string{"[4]class(5)"}},
		{Call: "embed(dim: 2)", In: []string{"class(4)"}},
	},
}

// smallNormal is how embeddings and learned positions start, normal(0.02): as those of GPT-2 (Radford and others, Language
// Models are Unsupervised Multitask Learners, 2019, its published code).
func smallNormal() ir.Init { return ir.Init{Func: "NormalInit", Args: []float64{0.02}} }

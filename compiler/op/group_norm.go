package op

import (
	"slices"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/dsl/diag"
)

var groupNormLayer = &Def{
	Name: "group_norm",
	Kind: Layer,
	Doc: `Splits the channels into groups, neighbours together, and normalises each group of a row by its own mean and biased variance,
over all places: alike in training and in predictions, and whatever else is in the batch. Weight and bias are a number a
channel. group_norm(1) normalises a whole image; as many groups as channels is known as instance normalisation.`,
	Shapes:   []string{"[C, H, W] -> [C, H, W]", "[D] -> [D]", "[T, D] -> [T, D]", "[C, L] -> [C, L], with axis: 0"},
	Formula:  "y = (x - mean)/√(variance + eps)·weight + bias, with the mean and the variance of the channel's group",
	Gradient: "with z = (x - mean)/√(variance + eps), dbias = Σ dy and dweight = Σ dy·z, summed over rows and places, and with g = dy·weight dx = (g - (Σ g + z·Σ g·z)/n)/√(variance + eps), summed over the n values of the group",
	Source:   "Wu, He, Group Normalization, 2018, section 3.1; " + torch("nn.GroupNorm"),
	Example:  "conv(32, kernel: 3) -> group_norm(8) -> relu",
	Weights:  true,
	Args: []Arg{
		{Name: "groups", Type: Size, Required: true, Doc: "the number of groups, which divides the number of channels"},
		normEps(1e-5),
		normAxis,
	},
	Layer: buildGroupNorm,
	Cases: []Case{
		{Call: "group_norm(2)", In: []string{"[4, 2, 3]"}},
		{Call: "group_norm(1)", In: []string{"[2, 2, 3]"}},
		{Call: "group_norm(2, eps: 0.01)", In: []string{"[6]"}},
		{Call: "group_norm(3)", In: []string{"[2, 3]"}},
		{Call: "group_norm(groups: 2, axis: 0)", In: []string{"[4, 3]"}},
	},
}

func buildGroupNorm(b *Builder, in []*ir.Value, a *Args) (*ir.Value, error) {
	x, groups := in[0], a.Int("groups")
	axis, err := channelAxis(x, a)
	if err != nil {
		return nil, err
	}
	channels := x.Shape[axis]
	switch {
	case channels%groups != 0:
		return nil, Errorf(diag.BadShape, "groups must divide the %d channels of %s, got %d", channels, rowText(x), groups).Blame("groups")
	case x.Size() == groups:
		return nil, Errorf(diag.BadShape, "groups must leave more than one value to a group: %s has %d values in all", rowText(x), x.Size()).Blame("groups")
	}
	weight, bias := normWeight(b, channels), normBias(b, channels)

	// The channels' axis becomes two: groups, and channels of a group.
	each := channels / groups
	split := slices.Concat(x.Shape[:axis], []int{groups, each}, x.Shape[axis+1:])
	grouped := b.Reshape(x, split...)
	axes := slices.DeleteFunc(rest(grouped, []int{0}), func(i int) bool { return i == axis })
	m := momentsOf(b, grouped, axes...)
	scale := inverse(b, "scale", rootOf(b, "std", m.squares, m.count, a.Float("eps")))
	group, channel := []int{0, axis}, []int{axis, axis + 1}
	e := ir.Add(ir.Mul(ir.Mul(ir.Sub(ir.A(0), ir.A(1)), ir.A(2)), ir.A(3)), ir.A(4))
	y := b.Map(split, e, ir.Whole(grouped), ir.Along(m.mean, group...), ir.Along(scale, group...),
		ir.Along(b.Reshape(weight, groups, each), channel...), ir.Along(b.Reshape(bias, groups, each), channel...))
	return b.Reshape(b.Named("normalised", y), x.Shape...), nil
}

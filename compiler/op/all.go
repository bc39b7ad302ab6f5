package op

import (
	"slices"

	"github.com/nnc-lang/nnc/dsl/diag"
)

// All lists every operator: a new one needs its file and its line here.
var All = []*Def{
	denseLayer,
	convLayer, conv1dLayer, convTransposeLayer,
	maxPoolLayer, avgPoolLayer, globalAvgPoolLayer, globalMaxPoolLayer,
	maxPool1dLayer, avgPool1dLayer, globalAvgPool1dLayer, globalMaxPool1dLayer,
	flattenLayer, reshapeLayer, transposeLayer, concatLayer, sliceLayer, padLayer, upsampleLayer,
	embedLayer, positionsLayer, rnnLayer, gruLayer, lstmLayer, attentionLayer, lastLayer, meanOverTimeLayer, maxOverTimeLayer,
	dropoutLayer,
	normalizeLayer, batchNormLayer, layerNormLayer, rmsNormLayer, groupNormLayer,
	identityLayer, stepLayer, sigmoidLayer, hardSigmoidLayer, tanhLayer, hardTanhLayer, reluLayer, relu6Layer, leakyReluLayer,
	preluLayer, eluLayer, seluLayer, geluLayer, siluLayer, mishLayer, softplusLayer, softsignLayer, softmaxLayer, logSoftmaxLayer,
	addLayer, subLayer, mulLayer, divLayer,
	negLayer, squareLayer, sqrtLayer, expLayer, logLayer, absLayer, clipLayer, scaleLayer, sumLayer, meanLayer,

	crossEntropyLoss, binaryCrossEntropyLoss, mseLoss, halfMSELoss, maeLoss, huberLoss, hingeLoss, nllLoss, klDivLoss, contrastiveLoss,
	l1Penalty, l2Penalty,

	sgdOptimizer, adagradOptimizer, rmspropOptimizer, adadeltaOptimizer, adamOptimizer, adamwOptimizer, nadamOptimizer, lionOptimizer,
	stepDecaySchedule, exponentialSchedule, linearSchedule, cosineSchedule, oneCycleSchedule,

	zerosInitialiser, onesInitialiser, constantInitialiser, uniformInitialiser, normalInitialiser,
	xavierUniformInitialiser, xavierNormalInitialiser, heUniformInitialiser, heNormalInitialiser, lecunNormalInitialiser, orthogonalInitialiser,

	accuracyMetric, topKMetric, precisionMetric, recallMetric, f1Metric, confusionMetric, maeMetric, mseMetric, rmseMetric, r2Metric,
	perplexityMetric, aucMetric,
}

// Lookup gives the definition of an operator, or nil.
func Lookup(kind Kind, name string) *Def {
	for _, d := range All {
		if d.Kind == kind && d.Name == name {
			return d
		}
	}
	return nil
}

// Names lists the operators of a kind in the order of All.
func Names(kind Kind) []string {
	var names []string
	for _, d := range All {
		if d.Kind == kind {
			names = append(names, d.Name)
		}
	}
	return names
}

// Unknown is the diagnostic for a name that Lookup does not find. It proposes the nearest name among the operators of that
// kind and more, which are names of the user's that would do too.
func Unknown(kind Kind, name string, at diag.Span, more ...string) *diag.Diagnostic {
	code := diag.UnknownName
	switch kind {
	case Layer:
		code = diag.UnknownLayer
	case Initialiser, Schedule: // words of an argument
		code = diag.UnknownWord
	}
	d := &diag.Diagnostic{Code: code, Span: at, Message: "there is no " + string(kind) + " " + name}
	names := slices.Concat(Names(kind), more)
	if kind == Layer {
		names = slices.DeleteFunc(names, func(s string) bool { return s < "A" }) // + - * / are not called by name
		if s := diag.Suggest(name, names); s != "" {
			d.Help = "did you mean " + s + "?"
		}
		return d
	}
	d.Help = didYouMean(name, names, "it may be ", "or")
	return d
}

package program

import (
	"context"
	"errors"
	"math"

	rt "github.com/nnc-lang/nnc/runtime"
)

// The gradient check compares what the backward pass computes with differences
// of what the forward pass computes.
//
// The difference. For x moved by h either way the central difference
//
//	D(h) = (f(x+h) - f(x-h)) / 2h  =  f' + h²/6·f''' + O(h⁴)
//
// leaves, extrapolated to h = 0 (Richardson, "The approximate arithmetical
// solution by finite differences", 1911), (4·D(h/2) - D(h))/3 = f' + O(h⁴): so h
// may be large, and rounding, of the order of ε·f/h, stays small.
//
// Kinks. Where f is not smooth between x-h and x+h (relu, abs, max), a
// difference says nothing about the derivative at x. With a change of slope Δ at
// x+c, 0 <= c < h, the first differences disagree,
//
//	D(h/2) - D(h) = -Δc/2h  or  -Δ(h-c)/2h  (c below, above h/2)
//
// but not where c is near 0; there the second differences
//
//	S(h) = (f(x+h) - 2f(x) + f(x-h)) / h  =  h·f'' + O(h³)  [+ Δ(h-c)/h]
//
// do: S(h) - 2·S(h/2) is O(h³) where f is smooth and -Δ where c = 0. A
// difference is believed only where both agree, at the first of a few h where
// they do. Neither looks at the gradient under test, so that a wrong gradient
// cannot pass for a kink. A probe that finds no such h waits for the next point:
// inputs and targets drawn anew, parameters moved a little from where they start
// (at zero they may sit on the kink of a penalty).
//
// The error is relative to the larger of both and the tensor's scale, the root
// mean square of its gradient: an element that happens to be near zero is not
// asked for digits that rounding took. Where a whole tensor's gradient vanishes
// beside the objective, the objective is the scale.
const (
	checkRows   = 3      // of the batch
	checkAll    = 20_000 // values up to which every one is checked
	checkSample = 1_000  // values checked one by one beyond that
	checkLeast  = 32     // of each tensor, where it has so many
	checkLines  = 8      // random directions a tensor beyond that
	checkPoints = 12     // points drawn at most
	checkBound  = 1e-6   // relative error allowed
	checkAgree  = 5e-7   // relative disagreement of two differences that are both believed
	checkFloor  = 1e-5   // of the objective: the least scale
	checkJitter = 0.1    // of a parameter's root mean square: how far a point moves it
)

// checkSteps are the h that are tried, relative to an x above 1.
var checkSteps = [...]float64{1e-3, 1e-4, 1e-5}

// errNotFinite says that there is no point at which to check.
var errNotFinite = errors.New("the objective, or its gradient, is not a finite number at any point that was drawn")

// A probe is a value of a tensor, or a direction in it.
type probe struct {
	tensor  int
	element int // -1: along direction
	line    int // which direction of the tensor
	redrawn bool
}

// checker is a gradient check in progress.
type checker struct {
	Checker
	tensors []CheckTensor
	start   [][]float64 // the parameters as they came
	seed    uint64
	value   float64   // the objective at the point
	scale   []float64 // of each tensor's gradient there
	line    []float64 // a direction
	saved   []float64 // a tensor's values while it is moved along one
}

// check runs the gradient check. tick is called before each probe with how many
// are settled and how many there are.
func check(ctx context.Context, c Checker, seed uint64, tick func(done, all int)) ([]Checked, Verdict, error) {
	k := &checker{Checker: c, tensors: c.Tensors(), seed: seed}
	k.scale = make([]float64, len(k.tensors))
	longest := 0
	for _, t := range k.tensors {
		k.start = append(k.start, append([]float64(nil), t.Values...))
		longest = max(longest, len(t.Values))
	}
	k.line, k.saved = make([]float64, longest), make([]float64, longest)

	pending := k.probes()
	all := len(pending)
	rows := make([]Checked, len(k.tensors))
	for i, t := range k.tensors {
		rows[i] = Checked{Name: t.Name, Size: len(t.Values), Worst: -1}
	}
	for _, p := range pending {
		if p.element < 0 {
			rows[p.tensor].Directions++
		} else {
			rows[p.tensor].Elements++
		}
	}

	points := 0
	for ; len(pending) > 0 && points < checkPoints; points++ {
		if err := k.draw(points); err != nil {
			return nil, Verdict{}, err
		}
		var again []probe
		for i, p := range pending {
			if err := ctx.Err(); err != nil {
				return nil, Verdict{}, err
			}
			tick(all-len(pending)+i-len(again), all)
			gradient, difference, scale, smooth := k.compare(p)
			row := &rows[p.tensor]
			if !smooth {
				if !p.redrawn {
					row.Redrawn++
				}
				p.redrawn = true
				again = append(again, p)
				continue
			}
			if e := Number(relative(gradient, difference, scale)); e > row.Error {
				row.Error, row.Worst, row.Gradient, row.Difference = e, p.element, Number(gradient), Number(difference)
			}
		}
		pending = again
	}
	for _, p := range pending {
		rows[p.tensor].Unchecked++
	}

	verdict := Verdict{OK: len(pending) == 0, Bound: checkBound, Points: points}
	kept := rows[:0]
	for i, row := range rows {
		if k.tensors[i].Grads == nil {
			continue
		}
		kept = append(kept, row)
		verdict.Error = max(verdict.Error, row.Error)
	}
	if verdict.Error > checkBound {
		verdict.OK = false
	}
	return kept, verdict, nil
}

// relative is the error of a gradient: 0 where both are 0.
func relative(gradient, difference, scale float64) float64 {
	if d := math.Abs(gradient - difference); d > 0 {
		return d / max(math.Abs(gradient), math.Abs(difference), scale)
	}
	return 0
}

// probes lists what is to be checked: every value, or a sample spread evenly
// over each tensor and a few directions in it.
func (k *checker) probes() []probe {
	total := 0
	for _, t := range k.tensors {
		total += len(t.Grads)
	}
	var list []probe
	for i, t := range k.tensors {
		n := len(t.Grads)
		if total <= checkAll {
			for e := range n {
				list = append(list, probe{tensor: i, element: e})
			}
			continue
		}
		share := min(n, max(checkLeast, checkSample*n/total))
		key := rt.Key(k.seed, sampleStep, uint32(i))
		for s := range share {
			// One of each of the tensor's equal stretches.
			lo, hi := s*n/share, (s+1)*n/share
			list = append(list, probe{tensor: i, element: lo + int(rt.Uniform[float64](key, s)*float64(hi-lo))})
		}
		for l := 0; l < checkLines && n > 0; l++ {
			list = append(list, probe{tensor: i, element: -1, line: l})
		}
	}
	return list
}

// Random numbers for the check come from the runtime's generator; a point is a
// step from 0 on, and these are the steps of everything else.
const (
	sampleStep = 1 << 32
	lineStep   = 2 << 32
)

// A spread says how ports are drawn.
type spread int

const (
	bothNormal      spread = iota // inputs and targets standard normal
	targetsPositive               // targets uniform in [0.05, 0.95): probabilities
	allPositive                   // inputs uniform in [0.5, 1.5) beside: in the domain of log and sqrt
	spreads
)

// draw goes to a point: the first spread of values at which objective and
// gradient are finite.
func (k *checker) draw(point int) error {
	for s := range spreads {
		k.fill(point, s)
		k.value = k.Objective()
		if !finite(k.value) {
			continue
		}
		k.Gradients()
		good := true
		for i, t := range k.tensors {
			var sum float64
			for _, g := range t.Grads {
				sum += g * g
			}
			k.scale[i] = math.Sqrt(sum / float64(max(1, len(t.Grads))))
			good = good && finite(k.scale[i])
		}
		if good {
			return nil
		}
	}
	return errNotFinite
}

// fill sets parameters, ports and labels for a point.
func (k *checker) fill(point int, s spread) {
	for i, t := range k.tensors {
		key := rt.Key(k.seed, uint64(point), uint32(i))
		switch {
		case !t.Port:
			width := checkJitter * rms(k.start[i])
			if width == 0 {
				width = checkJitter
			}
			for e := range t.Values {
				t.Values[e] = k.start[i][e] + width*rt.Normal[float64](key, e)
			}
		case s == allPositive && t.Grads != nil:
			for e := range t.Values {
				t.Values[e] = 0.5 + rt.Uniform[float64](key, e)
			}
		case s >= targetsPositive && t.Grads == nil:
			for e := range t.Values {
				t.Values[e] = 0.05 + 0.9*rt.Uniform[float64](key, e)
			}
		default:
			for e := range t.Values {
				t.Values[e] = rt.Normal[float64](key, e)
			}
		}
	}
	classes := k.LabelClasses()
	for i, labels := range k.Labels() {
		key := rt.Key(k.seed, uint64(point), uint32(len(k.tensors)+i))
		for e := range labels {
			labels[e] = int32(rt.Uniform[float64](key, e) * float64(classes[i]))
		}
	}
}

// compare gives the gradient and the difference of the objective at a probe, and
// the scale of its error; smooth is false where no difference is to be believed.
func (k *checker) compare(p probe) (gradient, difference, scale float64, smooth bool) {
	t := k.tensors[p.tensor]
	var at func(h float64) float64
	length := 1.0
	if p.element >= 0 {
		x := t.Values[p.element]
		gradient = t.Grads[p.element]
		length = max(1, math.Abs(x))
		at = func(h float64) float64 {
			t.Values[p.element] = x + h
			return k.Objective()
		}
		defer func() { t.Values[p.element] = x }()
	} else {
		line, saved := k.line[:len(t.Values)], k.saved[:len(t.Values)]
		key := rt.Key(k.seed, lineStep+uint64(p.line), uint32(p.tensor))
		var norm float64
		for e := range line {
			line[e] = rt.Normal[float64](key, e)
			norm += line[e] * line[e]
		}
		norm = math.Sqrt(norm)
		for e := range line {
			line[e] /= norm
			gradient += line[e] * t.Grads[e]
		}
		copy(saved, t.Values)
		at = func(h float64) float64 {
			for e := range line {
				t.Values[e] = saved[e] + h*line[e]
			}
			return k.Objective()
		}
		defer copy(t.Values, saved)
	}

	for _, step := range checkSteps {
		h := step * length
		up, down, upHalf, downHalf := at(h), at(-h), at(h/2), at(-h/2)
		whole, half := (up-down)/(2*h), (upHalf-downHalf)/h
		bend := (up - 2*k.value + down) / h
		bendHalf := (upHalf - 2*k.value + downHalf) / (h / 2)
		difference = (4*half - whole) / 3
		scale = max(k.scale[p.tensor], checkFloor*math.Abs(k.value))
		allowed := checkAgree * max(scale, math.Abs(gradient), math.Abs(difference))
		// NaN, where a difference leaves the domain, compares false.
		if math.Abs(half-whole) <= allowed && math.Abs(bend-2*bendHalf) <= allowed {
			return gradient, difference, scale, true
		}
	}
	return gradient, difference, scale, false
}

func rms(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v * v
	}
	return math.Sqrt(sum / float64(max(1, len(x))))
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

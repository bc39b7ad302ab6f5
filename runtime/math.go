package rt

import "math"

// The scalar functions of generated loops. Each computes in float64 and rounds
// once, so a float32 result is within one unit in the last place.

// Exp returns e**x.
func Exp[F Float](x F) F { return F(math.Exp(float64(x))) }

// Log returns the natural logarithm of x: -Inf of 0, NaN of a negative x.
func Log[F Float](x F) F { return F(math.Log(float64(x))) }

// Sqrt returns the square root of x, NaN of a negative x.
func Sqrt[F Float](x F) F { return F(math.Sqrt(float64(x))) }

// Tanh returns the hyperbolic tangent of x.
func Tanh[F Float](x F) F { return F(math.Tanh(float64(x))) }

// Sigmoid returns 1/(1 + e**-x). The exponent is never positive, so that no x
// overflows.
func Sigmoid[F Float](x F) F {
	e := math.Exp(-math.Abs(float64(x)))
	if x < 0 {
		return F(e / (1 + e))
	}
	return F(1 / (1 + e))
}

// Softplus returns log(1 + e**x) as max(x, 0) + log1p(e**-|x|), so that no x
// overflows and a small result keeps its digits.
func Softplus[F Float](x F) F {
	v := float64(x)
	return F(max(v, 0) + math.Log1p(math.Exp(-math.Abs(v))))
}

// Erf returns the error function of x.
func Erf[F Float](x F) F { return F(math.Erf(float64(x))) }

// Pow returns x**y, with the special cases of [math.Pow].
func Pow[F Float](x, y F) F { return F(math.Pow(float64(x), float64(y))) }

// Abs returns |x|.
func Abs[F Float](x F) F { return F(math.Abs(float64(x))) }

// Floor returns the greatest whole number that is at most x.
func Floor[F Float](x F) F { return F(math.Floor(float64(x))) }

// Cos returns the cosine of x radians.
func Cos[F Float](x F) F { return F(math.Cos(float64(x))) }

// Sin returns the sine of x radians.
func Sin[F Float](x F) F { return F(math.Sin(float64(x))) }

// Max returns the larger of x and y, NaN where one is NaN.
func Max[F Float](x, y F) F { return max(x, y) }

// Min returns the smaller of x and y, NaN where one is NaN.
func Min[F Float](x, y F) F { return min(x, y) }

package pass

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/nnc-lang/nnc/compiler/ir"
	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/dsl"
	"github.com/nnc-lang/nnc/dsl/diag"
)

// evaluator computes what is known before training. Values are as op.RawArg has them: float64, bool, string, op.WordValue,
// []any, *op.RawCall. nil is a value that could not be computed; the reason is reported, here or by Resolve.
type evaluator struct {
	p     *Program
	fault *reporter
	value func(*symbol) any // of a const, param, block parameter or repeat variable
}

// constant computes a constant expression: a number, bool, string or list.
func (e *evaluator) constant(x *dsl.Expr) any {
	v := e.eval(x)
	switch v := v.(type) {
	case op.WordValue:
		e.fault.add(diag.BadExpression, x.Span, "", "%s is a word, which only an argument can be", v)
		return nil
	case *op.RawCall:
		e.fault.add(diag.BadExpression, x.Span, "", "%s(…) is no number, string, true, false or list", v.Name)
		return nil
	}
	return v
}

// eval computes an expression; a name that is nothing else is a word, and a call stays a call.
func (e *evaluator) eval(x *dsl.Expr) any {
	switch x.Kind {
	case dsl.NumberExpr:
		return x.Number
	case dsl.StringExpr:
		return x.Str
	case dsl.BoolExpr:
		return x.Bool
	case dsl.CallExpr:
		return e.call(x.Call)
	case dsl.ListExpr:
		list := make([]any, 0, len(x.Items))
		known := true
		for _, y := range x.Items {
			v := e.constant(y)
			known = known && v != nil
			list = append(list, v)
		}
		if !known {
			return nil
		}
		return list
	case dsl.TupleExpr:
		if len(x.Pipes) == 1 && len(x.Pipes[0].Calls) == 0 {
			return e.eval(x.Pipes[0].Head)
		}
		e.fault.add(diag.BadExpression, x.Span, "", "what flows cannot be an argument or a constant")
		return nil
	case dsl.UnaryExpr:
		if v, ok := e.number(x.X, x.Op); ok {
			return -v
		}
		return nil
	case dsl.BinaryExpr:
		return e.binary(x)
	}
	panic(fmt.Sprintf("pass: an expression of kind %d", x.Kind))
}

func (e *evaluator) call(c *dsl.Call) any {
	if !c.Parens {
		switch y := e.p.refs[c]; {
		case y != nil:
			return e.value(y)
		case e.p.wrong[c]:
			return nil
		}
		return op.WordValue(c.Name)
	}
	args, ok := e.args(c)
	if !ok {
		return nil
	}
	return &op.RawCall{Name: c.Name, NameSpan: c.NameSpan, Span: c.Span, Args: args}
}

// args computes the arguments of a call. ok is false where one could not be computed.
func (e *evaluator) args(c *dsl.Call) (args []op.RawArg, ok bool) {
	ok = true
	for _, a := range c.Args {
		v := e.eval(a.Value)
		ok = ok && v != nil
		args = append(args, op.RawArg{Name: a.Name, NameSpan: a.NameSpan, Span: a.Value.Span, Value: v})
	}
	return args, ok
}

// number computes an operand.
func (e *evaluator) number(x *dsl.Expr, sign string) (float64, bool) {
	switch v := e.constant(x).(type) {
	case nil:
	case float64:
		return v, true
	default:
		e.fault.add(diag.BadExpression, x.Span, "", "%s works on numbers, not on %s", sign, kindText(v))
	}
	return 0, false
}

func (e *evaluator) binary(x *dsl.Expr) any {
	a, okA := e.number(x.X, x.Op)
	b, okB := e.number(x.Y, x.Op)
	if !okA || !okB {
		return nil
	}
	v, ok := arithmetic(x.Op, a, b)
	switch {
	case !ok:
		e.fault.add(diag.BadExpression, x.Span, "", "division by zero")
		return nil
	case math.IsNaN(v) || math.IsInf(v, 0):
		e.fault.add(diag.BadExpression, x.Span, "", "the result is too large for a number")
		return nil
	}
	return v
}

// arithmetic joins two numbers; it fails where b is a zero that divides. The remainder has the sign of a, as Go's.
func arithmetic(sign string, a, b float64) (v float64, ok bool) {
	switch sign {
	case "+":
		return a + b, true
	case "-":
		return a - b, true
	case "*":
		return a * b, true
	case "/":
		return a / b, b != 0
	case "%":
		return math.Mod(a, b), b != 0
	}
	panic("pass: the operator " + sign)
}

// size computes a size: whole, at least 1 and at most 2^24. what names it in messages. 0 is a fault that is reported.
func (e *evaluator) size(x *dsl.Expr, what string) int {
	v := e.constant(x)
	if v == nil {
		return 0
	}
	n, ok := v.(float64)
	switch {
	case !ok:
		e.fault.add(diag.BadArgument, x.Span, "", "%s is a whole number, not %s", what, kindText(v))
	case n != math.Trunc(n):
		e.fault.add(diag.NotWhole, x.Span, "", "%s is a whole number, not %s", what, ir.Number(n))
	case n < 1:
		e.fault.add(diag.BadSize, x.Span, "", "%s is at least 1, not %s", what, ir.Number(n))
	case n > op.MaxSize:
		e.fault.add(diag.BadSize, x.Span, "", "%s is at most %d (2^24), not %s", what, op.MaxSize, ir.Number(n))
	default:
		return int(n)
	}
	return 0
}

// kindText names the kind of a value.
func kindText(v any) string {
	switch v.(type) {
	case float64:
		return "a number"
	case bool:
		return "true or false"
	case string:
		return "a string"
	case op.WordValue:
		return "a word"
	case []any:
		return "a list"
	case *op.RawCall:
		return "a call"
	}
	return "nothing"
}

// valueText writes a value as the language does.
func valueText(v any) string {
	switch v := v.(type) {
	case float64:
		return ir.Number(v)
	case bool:
		return strconv.FormatBool(v)
	case string:
		return strconv.Quote(v)
	case []any:
		var s []string
		for _, x := range v {
			s = append(s, valueText(x))
		}
		return "[" + strings.Join(s, ", ") + "]"
	}
	panic(fmt.Sprintf("pass: a value of type %T", v))
}

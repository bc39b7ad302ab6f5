package codegen

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"

	"github.com/nnc-lang/nnc/compiler"
)

// checker type-checks generated files against the runtime's source.
type checker struct {
	fset *token.FileSet
	from types.Importer
}

func newChecker() *checker {
	fset := token.NewFileSet()
	return &checker{fset, importer.ForCompiler(fset, "source", nil)}
}

// check gives what a Go compiler would complain about.
func (c *checker) check(src []byte) error {
	f, err := parser.ParseFile(c.fset, "x_nn.go", src, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	_, err = (&types.Config{Importer: c.from}).Check("gen", c.fset, []*ast.File{f}, nil)
	return err
}

// nasty are names that generated code uses for itself, or might.
var nasty = strings.Fields(`n t m i j k l u v w x y p b o d r s e g a lo hi from to sum total best at it choice choice2 dst data rt len cap max min copy append make new
	clear panic float32 float64 int int32 string bool error any nil true_ false_ iota type_ range_ func_ context ctx err model config clock pool batch rows grad state
	watched kept phases check step epoch epochs theta fixed arena ints cfg outputs indices score loss loss_ key key1 seed labels most max_batch predict forward backward
	update run run_score vjp d_out d_rows dx dy d_x x_ X dw image output input target params save load clone train trainer predictor evaluate gradient classify
	forward_rows backward_rows backward_weights buffer metrics out mean std measured block b1 dense dense1 dense1_weight dense1_bias d_dense1_weight learning_rate rate steps_per_epoch
	i1 i2 x0 it_ fn key2 measure finite adopt finite snapshot restore read write report option worker lr result value term`)

// TestNames (the only test of this file) compiles models whose ports and values have names that generated code uses for itself: whatever checks clean
// is Go that type-checks.
func TestNames(t *testing.T) {
	c := newChecker()
	checked := 0
	for i, name := range nasty {
		other := nasty[(i+7)%len(nasty)]
		third := nasty[(i+19)%len(nasty)]
		for _, batch := range [][]int{{4}, {32}}[i%2] { // unrolled to scalars, and not
			texts := []string{
				fmt.Sprintf("model M {\n\tinput %[1]s [3]\n\ttarget %[2]s class(2)\n\tlayers {\n\t\t%[3]s = %[1]s -> dense(4) -> tanh -> softmax\n\t\t%[3]s -> dropout(0.2)\n\t\tdense(2) -> softmax\n\t}\n\tloss cross_entropy\n\toptimizer adam(lr: cosine(0.1))\n\tmetric accuracy\n\ttrain {\n\t\tbatch: %[4]d\n\t}\n}\n", name, other, third, batch),
				fmt.Sprintf("model M {\n\tinput %s [2, 3]\n\tinput %s [2]\n\ttarget %s [2]\n\ttarget z [3]\n\tlayers {\n\t\t%s1 = %[1]s -> transpose([1, 0]) -> dense(2)\n\t\t%[1]s_a = %[1]s1 -> flatten -> dense(2)\n\t\t%[2]s_b = %[2]s + %[1]s_a -> dense(3)\n\t\t(%[1]s_a, %[2]s_b)\n\t}\n\tloss (%[1]s_a, %[3]s) -> mse\n\tloss (%[2]s_b, z) -> mae\n\toptimizer sgd(lr: 0.1, momentum: 0.9, clip_norm: 1)\n\tmetric (%[1]s_a, %[3]s) -> rmse\n\ttrain {\n\t\tbatch: %[5]d\n\t}\n}\n", name, other, third, name, batch),
				fmt.Sprintf("block (%s) -> B(%s) {\n\t%s = %[1]s -> dense(%[2]s) -> relu\n\t%[3]s -> sigmoid\n}\nmodel M {\n\tinput q [1]\n\ttarget %[1]s\n\tlayers {\n\t\t%[2]s = dense(5) -> B(2, name: %[3]s)\n\t\t%[2]s -> dense(1)\n\t}\n\tloss mse\n\toptimizer sgd(lr: 0.1)\n\ttrain {\n\t\tbatch: %[4]d\n\t}\n}\n", name, other, third, batch),
			}
			for k, text := range texts {
				if k != i%2 && (k != 2 || i%3 > 0) {
					continue
				}
				p, faults, err := compiler.Compile("m.nn", []byte(text), compiler.Options{Grad: true, Check: batch == 4})
				if err != nil {
					t.Fatalf("%v in\n%s", err, text)
				}
				if len(faults) > 0 {
					t.Log(faults)
					continue
				}
				checked++
				src, err := File(p, "gen")
				if err == nil {
					err = c.check(src)
				}
				if err != nil {
					t.Errorf("%v in\n%s", err, text)
				}
			}
		}
	}
	t.Logf("%d models checked", checked)
}

package op

import "github.com/nnc-lang/nnc/compiler/ir"

// draw is an initialiser that is a function of the runtime with so many of fan-in and fan-out, and the numbers of args.
func draw(function string, fans int, args ...string) func(*Args) ir.Init {
	return func(a *Args) ir.Init {
		i := ir.Init{Func: function, Fans: fans}
		for _, name := range args {
			i.Args = append(i.Args, a.Float(name))
		}
		return i
	}
}

// torchInit is PyTorch's page on its initialisers.
func torchInit(name string) string {
	return "torch.nn.init." + name + ", https://pytorch.org/docs/stable/nn.init.html"
}

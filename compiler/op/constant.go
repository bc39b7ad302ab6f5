package op

var constantInitialiser = &Def{
	Name:    "constant",
	Kind:    Initialiser,
	Doc:     "All the same number.",
	Formula: "w = c",
	Source:  torchInit("constant_"),
	Example: "dense(10, bias_init: constant(0.1))",
	Args: []Arg{
		{Name: "c", Type: Number, Required: true, Doc: "the number"},
	},
	Init: draw("Constant", 0, "c"),
}

package op

var normalInitialiser = &Def{
	Name:    "normal",
	Kind:    Initialiser,
	Doc:     "Normally distributed around 0.",
	Formula: "w ~ N(0, std²)",
	Source:  torchInit("normal_"),
	Example: "dense(10, init: normal(0.02))",
	Args: []Arg{
		{Name: "std", Type: Number, Required: true, Bounded: AtLeast, Doc: "the standard deviation"},
	},
	Init: draw("NormalInit", 0, "std"),
}

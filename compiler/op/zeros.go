package op

var zerosInitialiser = &Def{
	Name:    "zeros",
	Kind:    Initialiser,
	Doc:     "All 0: what biases start from.",
	Formula: "w = 0",
	Source:  torchInit("zeros_"),
	Example: "dense(10, init: zeros)",
	Init:    draw("Zeros", 0),
}

package op

var onesInitialiser = &Def{
	Name:    "ones",
	Kind:    Initialiser,
	Doc:     "All 1.",
	Formula: "w = 1",
	Source:  torchInit("ones_"),
	Example: "dense(1, init: ones)",
	Init:    draw("Ones", 0),
}

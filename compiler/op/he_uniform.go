package op

var heUniformInitialiser = &Def{
	Name:    "he_uniform",
	Kind:    Initialiser,
	Doc:     "Evenly spread, so widely that signals keep their size through relu layers.",
	Formula: "w ~ U[-b, b) with b = √(6/fan in)",
	Source:  "He, Zhang, Ren, Sun, Delving Deep into Rectifiers, 2015, section 2.2; " + torchInit("kaiming_uniform_"),
	Example: "dense(128, init: he_uniform) -> relu",
	Init:    draw("HeUniform", 1),
}

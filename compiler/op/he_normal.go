package op

var heNormalInitialiser = &Def{
	Name:    "he_normal",
	Kind:    Initialiser,
	Doc:     "As he_uniform, normally distributed.",
	Formula: "w ~ N(0, 2/fan in)",
	Source:  "He, Zhang, Ren, Sun, Delving Deep into Rectifiers, 2015, equation 10; " + torchInit("kaiming_normal_"),
	Example: "dense(128, init: he_normal) -> relu",
	Init:    draw("HeNormal", 1),
}

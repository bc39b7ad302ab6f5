package op

var xavierNormalInitialiser = &Def{
	Name:    "xavier_normal",
	Kind:    Initialiser,
	Doc:     "As xavier_uniform, normally distributed.",
	Formula: "w ~ N(0, 2/(fan in + fan out))",
	Source:  "Glorot, Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks, 2010; " + torchInit("xavier_normal_"),
	Example: "dense(10, init: xavier_normal)",
	Init:    draw("XavierNormal", 2),
}

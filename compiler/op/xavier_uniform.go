package op

var xavierUniformInitialiser = &Def{
	Name:    "xavier_uniform",
	Kind:    Initialiser,
	Doc:     "Evenly spread, so widely that signals keep their size through tanh and sigmoid layers, forward and backward: what weights start from.",
	Formula: "w ~ U[-b, b) with b = √(6/(fan in + fan out))",
	Source:  "Glorot, Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks, 2010, equation 16; " + torchInit("xavier_uniform_"),
	Example: "dense(10, init: xavier_uniform)",
	Init:    draw("XavierUniform", 2),
}

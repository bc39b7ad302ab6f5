package op

var orthogonalInitialiser = &Def{
	Name: "orthogonal",
	Kind: Initialiser,
	Doc: `A random orthogonal matrix times gain, which keeps lengths and angles: rows of units that are orthogonal to each other, or
columns where there are more units than inputs. A unit's weights are one row, a convolution's its whole kernel. It is for weights,
not for biases.`,
	Formula: "w = gain·Q, with QᵀQ = 1 or QQᵀ = 1: Q of the QR decomposition of normal numbers, R's diagonal being positive",
	Source:  "Saxe, McClelland, Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural networks, 2013; " + torchInit("orthogonal_"),
	Example: "dense(64, init: orthogonal) -> tanh",
	Args: []Arg{
		{Name: "gain", Type: Number, Default: 1.0, Doc: "what the matrix is multiplied by"},
	},
	Init:   draw("Orthogonal", 0, "gain"),
	Matrix: true,
}

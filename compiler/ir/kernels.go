package ir

// Kernel is a function of the runtime that the select pass can call in place of loops. What it matches is a Dot by its
// labels alone, up to renaming and to labels that always travel together; no kernel is chosen by an operator's name.
type Kernel struct {
	Name      string // in the runtime
	Labels    string // the contraction, m and n being the result's axes and k the summed one
	Doc       string // the loop it stands for
	Split     Split  // how a phase shares it
	Epilogues []Epilogue
}

// Epilogue is what a kernel can do to each element of its product before it stores it.
type Epilogue struct {
	Field string // of the runtime's Epilogue: Bias, Act, Mask
	Act   string // the activation, for Act
	E     *Expr  // over the element (a0) and the other operand (a1)
}

var epilogues = []Epilogue{
	{Field: "Bias", E: Add(A(0), A(1))},
	{Field: "Act", Act: "ReLU", E: E(OpReLU, A(0))},
	{Field: "Act", Act: "Sigmoid", E: E(OpSigmoid, A(0))},
	{Field: "Act", Act: "Tanh", E: E(OpTanh, A(0))},
	{Field: "Mask", E: Select(E(OpGT, A(1), C(0)), A(0), C(0))},
}

// Kernels is the table. A test of the runtime's functions holds it to their names and parameters.
var Kernels = []*Kernel{
	{Name: "MatMul", Labels: "mk,kn->mn", Doc: "dst (m, n) = a (m, k) · b (k, n)", Split: ByRow, Epilogues: epilogues},
	{Name: "MatMulNT", Labels: "mk,nk->mn", Doc: "dst (m, n) = a (m, k) · b (n, k)ᵀ", Split: ByRow, Epilogues: epilogues},
	{Name: "MatMulTN", Labels: "km,kn->mn", Doc: "dst (m, n) = a (k, m)ᵀ · b (k, n)", Split: ByShare},
	{Name: "SumRows", Labels: "kn->n", Doc: "dst (n) = Σ_k a (k, n)", Split: ByShare},
}

package ir

// Drawing is a model as a picture shows it: its ports, weights and operators, and the values between them.
type Drawing struct {
	Name  string
	Nodes []DrawNode
	Edges []DrawEdge
}

// DrawNode is a box or circle.
type DrawNode struct {
	ID    string // unique, an identifier
	Kind  string // input, target, weight, operator, output
	Label string // dense(128)
	Sign  string // of an operator between two values: + - * /
	Shape string // of what it gives: [B, 128]
}

// DrawEdge is a value on its way, or, where Back is set, the gradient by that value on its way back.
type DrawEdge struct {
	From, To string
	Label    string // the value's shape; of a gradient its formula: dh = dz·dense2Weightᵀ
	Back     bool
}

package rt

// Param is a named tensor of a model: a trainable weight, or a fixed one.
type Param[F Float] struct {
	Name  string // as in PyTorch's state_dict, "dense1.weight"
	Shape []int  // PyTorch's shape
	// Perm says how Data is laid out: its axis i is PyTorch's axis Perm[i], both
	// row-major. nil: the same layout.
	Perm      []int
	Data      []F  // the numbers in the model's own layout, a view
	Trainable bool // updated by the optimizer
	Fixed     bool // written by hand in the model: it may be missing in a file, and other values than the model's are refused
	Optional  bool // may be missing in a file, and then keeps its values
}

// Get copies the tensor into dst in PyTorch's layout. It panics where dst has
// another length.
func (p Param[F]) Get(dst []F) { panic("skeleton") }

// Set copies src, in PyTorch's layout, into the tensor. It is an error where src
// has another length, or where the tensor is fixed and src other than its values.
func (p Param[F]) Set(src []F) error { panic("skeleton") }

package rt

// Tensor is a tensor of a weight file, converted to float64.
type Tensor struct {
	Shape []int
	Data  []float64 // row-major
	DType string    // as in the file: F64, F32, F16, BF16, I64, I32
}

// SaveWeights writes the tensors, in the order given, and the metadata to a
// safetensors file.
func SaveWeights[F Float](path string, params []Param[F], meta map[string]string) error {
	panic("skeleton")
}

// LoadWeights reads a safetensors file into params.
func LoadWeights[F Float](path, model string, params []Param[F]) (meta map[string]string, err error) {
	panic("skeleton")
}

// ReadTensors reads every tensor of a safetensors file.
func ReadTensors(path string) (tensors map[string]Tensor, meta map[string]string, err error) {
	panic("skeleton")
}

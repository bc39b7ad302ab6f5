package rt

// bestLevel asks the processor. Registers that the operating system does not
// save at a switch of threads cannot be used, whatever the processor has (Intel,
// Software Developer's Manual, volume 1, 14.3 and 15.2).
func bestLevel() level {
	most, _, _, _ := cpuid(0, 0)
	if most < 7 {
		return plain
	}
	_, _, c1, _ := cpuid(1, 0)
	_, b7, _, _ := cpuid(7, 0)
	all := func(r uint32, bits ...int) bool {
		for _, b := range bits {
			if r>>b&1 == 0 {
				return false
			}
		}
		return true
	}
	const fma, osxsave, avx = 12, 27, 28                 // leaf 1, ecx
	const avx2Bit, bmi2 = 5, 8                           // leaf 7, ebx
	const avx512f, avx512dq, bw, vl = 16, 17, 30, 31     // leaf 7, ebx
	const sse, ymm, opmask, zmm, zmmHigh = 1, 2, 5, 6, 7 // XCR0
	if !all(c1, fma, osxsave, avx) || !all(b7, avx2Bit, bmi2) || !all(xgetbv(), sse, ymm) {
		return plain
	}
	if !all(b7, avx512f, avx512dq, bw, vl) || !all(xgetbv(), opmask, zmm, zmmHigh) {
		return avx2
	}
	return avx512
}

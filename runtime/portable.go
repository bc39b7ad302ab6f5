package rt

// The portable kernels. Go does not vectorise, so a product's floor is what the
// scalar units do, two multiplications and two additions a cycle on current
// processors; what keeps a loop from it are loads, stores and bounds checks.
//
//   - Two rows of a by four rows of b at once: of the eight multiply-adds at a
//     column, four share each b and four each sum, so that eight cost six loads
//     and two stores. The sums live in dst, which stays in the first-level cache.
//   - b's rows are read from end to end as slices of one length, so that the
//     inner loop has no bounds check and nothing has to be packed.
//   - a is read through two strides, so that one kernel serves a and aᵀ.
//   - Against a transpose, where rows meet rows, two rows by four rows with eight
//     sums in registers.
//
// On one core of a 4 GHz server this gives 13 and 10 GFLOP/s of about 16; a 2×4
// tile with b packed gives 9, 3×3 tiles give 7.
//
// F(x*y) + z is Go's way to forbid a fused multiply-add, which some
// architectures would put in and others not.

// portable computes dst (m, n) = a·b, where a[i,p] is a[i·rs + p·ps] and b[p,j]
// is b[p·ldb + j].
func portable[F Float](dst, a, b []F, m, k, n, rs, ps, ldb int) {
	clear(dst[:m*n])
	if n == 0 || k == 0 {
		return
	}
	i := 0
	for ; i+2 <= m; i += 2 {
		d0, d1 := dst[i*n:][:n], dst[(i+1)*n:][:n]
		x, y := i*rs, (i+1)*rs // where a[i,p] and a[i+1,p] are
		p := 0
		for ; p+4 <= k; p, x, y = p+4, x+4*ps, y+4*ps {
			x0, x1, x2, x3 := a[x], a[x+ps], a[x+2*ps], a[x+3*ps]
			y0, y1, y2, y3 := a[y], a[y+ps], a[y+2*ps], a[y+3*ps]
			b0, b1, b2, b3 := b[p*ldb:][:n], b[(p+1)*ldb:][:n], b[(p+2)*ldb:][:n], b[(p+3)*ldb:][:n]
			for j, v0 := range b0 {
				v1, v2, v3 := b1[j], b2[j], b3[j]
				d0[j] = F(x3*v3) + (F(x2*v2) + (F(x1*v1) + (F(x0*v0) + d0[j])))
				d1[j] = F(y3*v3) + (F(y2*v2) + (F(y1*v1) + (F(y0*v0) + d1[j])))
			}
		}
		for ; p < k; p, x, y = p+1, x+ps, y+ps {
			x0, y0 := a[x], a[y]
			for j, v := range b[p*ldb:][:n] {
				d0[j] += F(x0 * v)
				d1[j] += F(y0 * v)
			}
		}
	}
	if i < m {
		d := dst[i*n:][:n]
		x, p := i*rs, 0
		for ; p+4 <= k; p, x = p+4, x+4*ps {
			x0, x1, x2, x3 := a[x], a[x+ps], a[x+2*ps], a[x+3*ps]
			b0, b1, b2, b3 := b[p*ldb:][:n], b[(p+1)*ldb:][:n], b[(p+2)*ldb:][:n], b[(p+3)*ldb:][:n]
			for j, v0 := range b0 {
				d[j] = F(x3*b3[j]) + (F(x2*b2[j]) + (F(x1*b1[j]) + (F(x0*v0) + d[j])))
			}
		}
		for ; p < k; p, x = p+1, x+ps {
			x0 := a[x]
			for j, v := range b[p*ldb:][:n] {
				d[j] += F(x0 * v)
			}
		}
	}
}

// portableNT computes dst (m, n) = a (m, k) · b (n, k)ᵀ.
func portableNT[F Float](dst, a, b []F, m, k, n int) {
	i := 0
	for ; i+2 <= m; i += 2 {
		d0, d1 := dst[i*n:][:n], dst[(i+1)*n:][:n]
		a0, a1 := a[i*k:][:k], a[(i+1)*k:][:k]
		j := 0
		for ; j+4 <= n; j += 4 {
			b0, b1, b2, b3 := b[j*k:][:k], b[(j+1)*k:][:k], b[(j+2)*k:][:k], b[(j+3)*k:][:k]
			var s00, s01, s02, s03, s10, s11, s12, s13 F
			for p, x := range a0 {
				y := a1[p]
				v0, v1, v2, v3 := b0[p], b1[p], b2[p], b3[p]
				s00 += F(x * v0)
				s01 += F(x * v1)
				s02 += F(x * v2)
				s03 += F(x * v3)
				s10 += F(y * v0)
				s11 += F(y * v1)
				s12 += F(y * v2)
				s13 += F(y * v3)
			}
			d0[j], d0[j+1], d0[j+2], d0[j+3] = s00, s01, s02, s03
			d1[j], d1[j+1], d1[j+2], d1[j+3] = s10, s11, s12, s13
		}
		for ; j < n; j++ {
			b0 := b[j*k:][:k]
			var s0, s1 F
			for p, x := range a0 {
				s0 += F(x * b0[p])
				s1 += F(a1[p] * b0[p])
			}
			d0[j], d1[j] = s0, s1
		}
	}
	if i < m {
		d, a0 := dst[i*n:][:n], a[i*k:][:k]
		j := 0
		for ; j+4 <= n; j += 4 {
			b0, b1, b2, b3 := b[j*k:][:k], b[(j+1)*k:][:k], b[(j+2)*k:][:k], b[(j+3)*k:][:k]
			var s0, s1, s2, s3 F
			for p, x := range a0 {
				s0 += F(x * b0[p])
				s1 += F(x * b1[p])
				s2 += F(x * b2[p])
				s3 += F(x * b3[p])
			}
			d[j], d[j+1], d[j+2], d[j+3] = s0, s1, s2, s3
		}
		for ; j < n; j++ {
			b0 := b[j*k:][:k]
			var s F
			for p, x := range a0 {
				s += F(x * b0[p])
			}
			d[j] = s
		}
	}
}

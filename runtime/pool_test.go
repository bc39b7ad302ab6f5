package rt

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The pool: every index once and in one piece, the same pieces every time, no
// allocation, panics that reach the caller, several models at once, and no
// goroutine that outlives its work.

func TestPoolCoversRange(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		p := NewPool(threads)
		for _, n := range []int{0, 1, 2, 7, 64, 1000, 1001} {
			for _, grain := range []int{0, 1, 3, 64, 5000} {
				hits := make([]atomic.Int32, n)
				var calls atomic.Int32
				p.Run(n, grain, func(w *Worker, lo, hi int) {
					calls.Add(1)
					if hi-lo < min(grain, n) {
						t.Errorf("%d threads: piece [%d,%d) of %d is below the grain of %d", threads, lo, hi, n, grain)
					}
					for i := lo; i < hi; i++ {
						hits[i].Add(1)
					}
				})
				for i := range hits {
					if hits[i].Load() != 1 {
						t.Fatalf("%d threads, n %d, grain %d: index %d was run %d times", threads, n, grain, i, hits[i].Load())
					}
				}
				if int(calls.Load()) > threads || (n == 0) != (calls.Load() == 0) {
					t.Errorf("%d threads, n %d, grain %d: %d calls", threads, n, grain, calls.Load())
				}
			}
		}
	}
}

func TestPoolPiecesAreFixed(t *testing.T) {
	pieces := func() string {
		var mu sync.Mutex
		borders := make([]string, 103)
		NewPool(4).Run(103, 5, func(w *Worker, lo, hi int) {
			mu.Lock()
			borders[lo] = fmt.Sprintf("[%d,%d)", lo, hi)
			mu.Unlock()
		})
		return strings.Join(borders, "")
	}
	const want = "[0,26)[26,52)[52,78)[78,103)"
	for range 100 {
		if got := pieces(); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
}

func TestPoolAllocatesNothing(t *testing.T) {
	p := NewPool(2)
	sums := make([]int, 64)
	f := func(w *Worker, lo, hi int) {
		for i := lo; i < hi; i++ {
			sums[i]++
		}
	}
	if n := testing.AllocsPerRun(200, func() { p.Run(64, 1, f) }); n != 0 {
		t.Errorf("Run allocates %v times", n)
	}
}

func TestPoolPanics(t *testing.T) {
	p := NewPool(4)
	for bad := range 4 {
		var done atomic.Int32
		func() {
			defer func() {
				if e := recover(); e != "piece" {
					t.Errorf("recovered %v", e)
				}
			}()
			p.Run(4, 1, func(w *Worker, lo, hi int) {
				if lo == bad {
					panic("piece")
				}
				time.Sleep(time.Millisecond)
				done.Add(1)
			})
		}()
		if done.Load() != 3 {
			t.Errorf("Run came back when %d of 3 other pieces were done", done.Load())
		}
	}
	// The pool works on after a panic.
	var n atomic.Int32
	p.Run(4, 1, func(w *Worker, lo, hi int) { n.Add(int32(hi - lo)) })
	if n.Load() != 4 {
		t.Errorf("after a panic %d of 4 ran", n.Load())
	}
}

// runtime.Goexit in a piece, on whichever goroutine it falls, reaches the caller
// as a panic, and the pool works on.
func TestPoolGoexit(t *testing.T) {
	p := NewPool(3)
	for bad := range 3 {
		done := make(chan any)
		go func() {
			var e any
			defer func() { done <- e }()
			defer func() { e = recover() }()
			p.Run(3, 1, func(w *Worker, lo, hi int) {
				if lo == bad {
					runtime.Goexit()
				}
				time.Sleep(time.Millisecond)
			})
		}()
		if e := <-done; e == nil {
			t.Errorf("piece %d left by Goexit, and Run returned as if it had not", bad)
		}
		var n atomic.Int32
		p.Run(3, 1, func(w *Worker, lo, hi int) { n.Add(int32(hi - lo)) })
		if n.Load() != 3 {
			t.Errorf("afterwards %d of 3 ran", n.Load())
		}
	}
}

func TestPoolThreads(t *testing.T) {
	if n := NewPool(0).Threads(); n != runtime.GOMAXPROCS(0) {
		t.Errorf("by default %d threads", n)
	}
	if n := NewPool(5).Threads(); n != 5 {
		t.Errorf("%d threads, want 5", n)
	}
}

func TestPoolNestedAndShared(t *testing.T) {
	var total atomic.Int64
	var models sync.WaitGroup
	for range 4 {
		models.Go(func() {
			p := NewPool(3)
			for range 50 {
				p.Run(30, 1, func(w *Worker, lo, hi int) {
					p.Run(hi-lo, 1, func(w *Worker, lo, hi int) { total.Add(int64(hi - lo)) })
				})
			}
		})
	}
	models.Wait()
	if total.Load() != 4*50*30 {
		t.Errorf("%d of %d indices ran", total.Load(), 4*50*30)
	}
}

// A slow last piece puts the caller to sleep, and wakes it.
func TestPoolSlowPiece(t *testing.T) {
	p := NewPool(2)
	for range 20 {
		var done atomic.Int32
		p.Run(2, 1, func(w *Worker, lo, hi int) {
			if lo == 1 {
				time.Sleep(500 * time.Microsecond)
			}
			done.Add(1)
		})
		if done.Load() != 2 {
			t.Fatal("Run came back too early")
		}
	}
}

func TestPoolLeavesNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	NewPool(8).Run(64, 1, func(w *Worker, lo, hi int) { time.Sleep(100 * time.Microsecond) })
	var now int
	for range 200 {
		if now = runtime.NumGoroutine(); now <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", before, now)
}

// The same bits from a product whatever the number of threads.
func TestThreadsSameBits(t *testing.T) {
	const m, k, n = 33, 50, 21
	a, b := noise[float32](m*k, 1), noise[float32](k*n, 2)
	want := make([]float32, m*n)
	MatMul(want, a, b, m, k, n, Epilogue[float32]{Act: ActTanh})
	for threads := 1; threads <= 8; threads++ {
		got := make([]float32, m*n)
		NewPool(threads).Run(m, 1, func(w *Worker, lo, hi int) {
			MatMul(got[lo*n:], a[lo*k:], b, hi-lo, k, n, Epilogue[float32]{Act: ActTanh})
		})
		sameBits(t, fmt.Sprintf("%d threads", threads), got, want)
	}
}

func BenchmarkPool(b *testing.B) {
	p := NewPool(2)
	f := func(w *Worker, lo, hi int) {}
	b.Run("empty pieces", func(b *testing.B) {
		for b.Loop() {
			p.Run(2, 1, f)
		}
	})
	x, y, dst := noise[float32](100*784, 1), noise[float32](784*128, 2), make([]float32, 100*128)
	g := func(w *Worker, lo, hi int) {
		MatMul(dst[lo*128:hi*128], x[lo*784:hi*784], y, hi-lo, 784, 128, Epilogue[float32]{})
	}
	b.Run("100x784x128", func(b *testing.B) {
		for b.Loop() {
			p.Run(100, 4, g)
		}
	})
}

package rt

import (
	"runtime"
	"sync/atomic"
	"time"
)

// Worker is where a piece of a parallel loop runs. It has no state: kernels keep
// their tiles in registers and in dst.
type Worker struct{}

// Pool runs the pieces of a loop at once, on goroutines that all pools of the
// process share.
type Pool struct{ threads int }

// NewPool returns a pool that runs at most threads pieces at once; 0 or less
// means GOMAXPROCS as it is now. It costs nothing and need not be closed.
func NewPool(threads int) *Pool {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return &Pool{min(threads, maxPieces)}
}

// Threads returns how many pieces run at once.
func (p *Pool) Threads() int { return p.threads }

// Run calls f for contiguous pieces [lo, hi) that together are [0, n), and
// returns when all have returned. There are as many pieces as threads, or fewer
// where they would be smaller than grain, and their borders depend on n, grain
// and the number of threads alone. A single piece runs on the caller's goroutine,
// and so does all of [0, n) as one piece where another Run is under way, in
// another model or around this call. n of 0 calls nothing. Run does not allocate.
//
// A panic in f is raised again in the caller, with its value, after all other
// pieces have returned; runtime.Goexit in f becomes a panic.
func (p *Pool) Run(n, grain int, f func(w *Worker, lo, hi int)) {
	if n <= 0 {
		return
	}
	pieces := min(p.threads, n/max(grain, 1))
	if pieces <= 1 || !crew.busy.CompareAndSwap(false, true) {
		f(&alone, 0, n)
		return
	}
	crew.run(n, pieces, f)
}

// alone is the worker of all pieces; it has no state to share.
var alone Worker

// The workers of the process. A worker that has had no work for the time of idle
// ends: a goroutine is started again as fast as a parked one wakes, a few
// microseconds, so nothing is left behind and nothing has to be closed. While a
// model trains, the gaps between loops are shorter, workers spin through them,
// and handing over takes a fraction of a microsecond.
//
// Nobody waits for a worker to arrive: pieces are claimed from a counter by
// workers and the caller alike, so that a late worker costs parallelism only.

// crew is one loop at a time, and the workers that look for its pieces.
var crew = &workers{wake: make(chan struct{}, 1)}

type workers struct {
	busy atomic.Bool // held by the Run that is under way
	f    func(w *Worker, lo, hi int)
	n    int

	// ticket is the next piece to claim: the loop's number in the upper 32 bits,
	// then 16 bits of pieces, then 16 of the next one. One word, so that a claim
	// by compare-and-swap cannot mix two loops: whoever claimed a piece holds the
	// loop's end back, and f and n with it.
	ticket atomic.Uint64
	left   atomic.Int64 // pieces that have not returned

	spinning atomic.Int64  // workers alive
	sleeping atomic.Bool   // the caller waits for wake
	wake     chan struct{} // of capacity 1; a token may be late, so whoever takes one looks again
	failed   atomic.Pointer[failure]
}

// failure is the first panic of a loop.
type failure struct{ value any }

const (
	maxPieces = 1 << 15
	// idle is how long a worker spins for work, and a caller for the last piece,
	// before it gives its thread away: about what waking up again costs.
	idle = 50 * time.Microsecond
)

// run is Run for a caller that holds busy.
func (c *workers) run(n, pieces int, f func(w *Worker, lo, hi int)) {
	defer c.end()
	c.f, c.n = f, n
	c.left.Store(int64(pieces))
	loop := c.ticket.Load()>>32 + 1
	c.ticket.Store(loop<<32 | uint64(pieces)<<16)
	for range pieces - 1 - int(c.spinning.Load()) {
		c.spinning.Add(1)
		go work()
	}
	for c.piece() {
	}
}

// end waits for the pieces under way and lets the next loop in. It is deferred,
// and looks for pieces once more, so that runtime.Goexit in a piece of the
// caller's does not leave the loop open.
func (c *workers) end() {
	for c.piece() {
	}
	c.wait()
	c.f = nil
	e := c.failed.Swap(nil)
	c.busy.Store(false)
	if e != nil {
		panic(e.value)
	}
}

// piece claims a piece and runs it, and reports whether there was one.
func (c *workers) piece() bool {
	for {
		t := c.ticket.Load()
		i, pieces := int(t&0xFFFF), int(t>>16&0xFFFF)
		if i >= pieces {
			return false
		}
		if c.ticket.CompareAndSwap(t, t+1) {
			c.call(i, pieces)
			return true
		}
	}
}

// call runs piece i. Whatever becomes of f, the piece counts as returned.
func (c *workers) call(i, pieces int) {
	returned := false
	defer func() {
		if !returned {
			e := &failure{recover()}
			if e.value == nil {
				e.value = "rt: runtime.Goexit in a piece of Pool.Run"
			}
			c.failed.CompareAndSwap(nil, e)
		}
		if c.left.Add(-1) == 0 && c.sleeping.Swap(false) {
			select {
			case c.wake <- struct{}{}:
			default:
			}
		}
	}()
	// i·n/pieces without overflow.
	q, r := c.n/pieces, c.n%pieces
	lo := i*q + min(i, r)
	hi := lo + q
	if i < r {
		hi++
	}
	c.f(&alone, lo, hi)
	returned = true
}

// wait returns when no piece is left: at once, after a short spin, or woken by
// the last one.
func (c *workers) wait() {
	for until := deadline(); c.left.Load() > 0 && !until.passed(); {
	}
	for c.left.Load() > 0 {
		c.sleeping.Store(true)
		// The last piece either sees sleeping, or is seen here to be done.
		if c.left.Load() > 0 || !c.sleeping.Swap(false) {
			<-c.wake
		}
	}
}

// work is a worker's life: pieces as long as there are any, then a spin, then
// the end.
func work() {
	defer crew.spinning.Add(-1)
	for until := deadline(); !until.passed(); {
		for crew.piece() {
			until = deadline()
		}
	}
}

// spin is the end of a spin and the number of looks so far: the clock costs as
// much as many looks, and is read at some of them.
type spin struct {
	end   time.Time
	looks uint
}

func deadline() spin { return spin{end: time.Now().Add(idle)} }

func (s *spin) passed() bool {
	s.looks++
	return s.looks%64 == 0 && time.Now().After(s.end)
}

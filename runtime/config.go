package rt

// Config says how to train. The generated code fills it from the file's train
// section, and options change it.
type Config struct {
	Epochs   int    // passes over the data; 0 trains nothing
	Batch    int    // rows a step
	Seed     uint64 // of the shuffle and of every random layer
	Shuffle  bool   // another order of rows each epoch, by (Seed, epoch)
	DropLast bool   // leave out an epoch's last batch where it is not full
	Keep     string // which weights remain: "last", or "best" by Monitor
	Monitor  string // a metric's name, or "loss"; "" is the first metric, or the loss where there is none
	Threads  int    // workers; 0 means GOMAXPROCS
	// StepsPerEpoch tells a schedule the length of an epoch in a hand-written
	// loop of Step. Train counts for itself.
	StepsPerEpoch int
	OnStep        func(Progress)    // called after every step; nil: not
	OnEpoch       func(EpochReport) // called after every epoch; nil: not
}

// Option changes a Config.
type Option func(*Config)

// With returns the configuration changed by options, the later ones winning.
func (c Config) With(options ...Option) Config {
	for _, o := range options {
		o(&c)
	}
	return c
}

// Epochs sets the number of passes over the data.
func Epochs(n int) Option { return func(c *Config) { c.Epochs = n } }

// BatchSize sets the rows a step.
func BatchSize(n int) Option { return func(c *Config) { c.Batch = n } }

// Seed sets the seed of the shuffle and of every random layer. Initial weights
// have been drawn by then: they come from the model's own constructor.
func Seed(n uint64) Option { return func(c *Config) { c.Seed = n } }

// Shuffle says whether each epoch takes the rows in an order of its own.
func Shuffle(on bool) Option { return func(c *Config) { c.Shuffle = on } }

// DropLast says whether an epoch's last batch is left out where it is not full.
func DropLast(on bool) Option { return func(c *Config) { c.DropLast = on } }

// Keep says which weights remain after training: "last" or "best".
func Keep(which string) Option { return func(c *Config) { c.Keep = which } }

// KeepBest keeps the weights of the epoch with the best monitored value.
func KeepBest() Option { return Keep("best") }

// Monitor names what "best" means: a metric, or "loss".
func Monitor(name string) Option { return func(c *Config) { c.Monitor = name } }

// Threads sets the number of workers; 0 means GOMAXPROCS. The results do not
// depend on it.
func Threads(n int) Option { return func(c *Config) { c.Threads = n } }

// StepsPerEpoch tells a schedule the length of an epoch in a hand-written loop
// of Step. Train counts for itself.
func StepsPerEpoch(n int) Option { return func(c *Config) { c.StepsPerEpoch = n } }

// OnStep has f called after every step, on the goroutine that trains.
func OnStep(f func(Progress)) Option { return func(c *Config) { c.OnStep = f } }

// OnEpoch has f called after every epoch, on the goroutine that trains.
func OnEpoch(f func(EpochReport)) Option { return func(c *Config) { c.OnEpoch = f } }

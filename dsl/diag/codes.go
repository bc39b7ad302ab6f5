package diag

// A Code names a kind of mistake. Codes are stable: they stand in scripts and in
// the reference, so a code is never given another meaning.
type Code string

// The codes of the text itself, found by the lexer and the parser.
const (
	Syntax       Code = "syntax"        // the grammar allows no such token here
	BadCharacter Code = "bad-character" // a character that means nothing in a .nn file
	BadNumber    Code = "bad-number"    // not a number, or one that is too large
	BadString    Code = "bad-string"    // a string without its end, or with an unknown escape
	Unclosed     Code = "unclosed"      // a bracket without its partner
	TooDeep      Code = "too-deep"      // brackets or signs nested beyond the limit
	TooLong      Code = "too-long"      // a file, token or statement beyond the limit
	NotUTF8      Code = "not-utf8"      // bytes that are not UTF-8 text
	ReservedName Code = "reserved-name" // a name that the language keeps for itself
)

// The codes of names.
const (
	UnknownName     Code = "unknown-name"     // neither value, const, param nor anything else in reach
	UnknownLayer    Code = "unknown-layer"    // no layer or block of that name
	UnknownArgument Code = "unknown-argument" // a named argument that the layer does not have
	UnknownItem     Code = "unknown-item"     // no such line in a model, or no such setting in train
	UnknownWord     Code = "unknown-word"     // a word that the argument does not know
	DuplicateName   Code = "duplicate-name"   // a name given twice in its scope
	UnusedName      Code = "unused-name"      // a name that nothing reads
	UnusedValue     Code = "unused-value"     // a line whose result nothing reads
	NameCollision   Code = "name-collision"   // two names that become one in the generated code
	Capitalisation  Code = "capitalisation"   // blocks and models are Capitalised, all else is not
)

// The codes of arguments and expressions.
const (
	MissingArgument  Code = "missing-argument"
	BadArgument      Code = "bad-argument" // an argument of the wrong kind, or outside its range
	TooManyArguments Code = "too-many-arguments"
	BadExpression    Code = "bad-expression" // an operator on what it does not work on
	NotWhole         Code = "not-whole"      // a size or count that is not a whole number
	BadSize          Code = "bad-size"       // a size below one or beyond the limit
)

// The codes of values and their flow.
const (
	BadRank        Code = "bad-rank"  // a shape with too many or too few axes for the layer
	BadShape       Code = "bad-shape" // sizes that do not fit
	BadType        Code = "bad-type"  // labels where numbers are wanted, or the reverse
	NeedsStart     Code = "needs-start"
	BadStart       Code = "bad-start"
	NeedsSoftmax   Code = "needs-softmax"
	NoGradient     Code = "no-gradient"
	RecursiveBlock Code = "recursive-block"
	TooLarge       Code = "too-large" // the expanded network is beyond a limit
)

// The codes of a model's items.
const (
	MissingItem   Code = "missing-item"
	DuplicateItem Code = "duplicate-item"
	BadData       Code = "bad-data"
	BadLoss       Code = "bad-loss"
	NotYet        Code = "not-yet" // meant to come, not in the language yet
)

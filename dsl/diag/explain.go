package diag

import (
	"cmp"
	"slices"
	"strings"
)

// An Explanation says what a code means.
type Explanation struct {
	Code    Code
	Title   string // one line
	Text    string // a paragraph, in lines of at most 80 characters
	Example string // a complete .nn file in which this code, and no other, is reported
}

// Codes returns the explanations of all codes, in alphabetical order.
func Codes() []Explanation {
	list := slices.Clone(explanations)
	for i := range list {
		list[i] = list[i].trimmed()
	}
	slices.SortFunc(list, func(a, b Explanation) int { return cmp.Compare(a.Code, b.Code) })
	return list
}

// Explain returns the explanation of a code, and whether there is such a code.
func Explain(code Code) (Explanation, bool) {
	i := slices.IndexFunc(explanations, func(e Explanation) bool { return e.Code == code })
	if i < 0 {
		return Explanation{}, false
	}
	return explanations[i].trimmed(), true
}

// trimmed returns e without the line breaks that start its texts in the table
// below.
func (e Explanation) trimmed() Explanation {
	e.Text, e.Example = strings.TrimPrefix(e.Text, "\n"), strings.TrimPrefix(e.Example, "\n")
	return e
}

var explanations = []Explanation{
	{Syntax, "the grammar allows no such token here", `
A word, number or sign stands where the grammar of .nn allows none. A line of a
body is a value or a layer, continued by arrows; arguments stand in parentheses
and are separated by commas; a body is in braces with one item a line.`, `
model M {
	input x [4]

	layers {
		dense 10
	}
}
`},
	{BadCharacter, "a character that means nothing in a .nn file", `
Apart from strings and comments a .nn file has ASCII letters, digits, _ and the
signs ( ) [ ] { } = : , + - * / % -> and //. Often the character comes from
another language (# for a comment, ; at the end of a line) or from a word
processor (a curly quote, a dash, a special space).`, `
# A comment starts with two slashes.
model M {
	input x [4]

	layers {
		dense(10)
	}
}
`},
	{BadNumber, "not a number, or a number that is too large", `
Numbers are written to base ten: 128, 60_000, 0.5, .5, 1e-3. Letters cannot
follow one directly. Integers go up to 2^53, the largest range in which every
integer is exact.`, `
const units = 12ab
`},
	{BadString, "a string without its end, or with an unknown escape", `
A string stands in double quotes and ends on its line. Its escapes are Go's: \n,
\t, \", \\, \x41, \u00e9. A backslash in a path is written twice, or as a slash.`, `
const file = "rows.csv
`},
	{Unclosed, "a bracket without its partner", `
Every ( [ and { is closed by its own kind, in the reverse order of opening. The
note points to the bracket that was opened; the error stands where it must have
been closed at the latest.`, `
model M {
	input x [4]

	layers {
		dense(10
	}
}
`},
	{TooDeep, "brackets or signs nested beyond the limit", `
At most 64 brackets are open at once, and at most 16 signs stand in a row.`, `
const n = ------------------1
`},
	{TooLong, "a file, token or statement beyond the limit", `
A file has at most 1 MiB, a name, number or string at most 1 KiB, a statement at
most 10,000 tokens.`, `
const ` + strings.Repeat("n", 1025) + ` = 1
`},
	{NotUTF8, "bytes that are not UTF-8 text", `
A .nn file is UTF-8 text, in comments and strings too. An editor that saves in
another encoding (Latin-1, UTF-16) can be told to save as UTF-8.`, `
// caf` + "\xe9" + `
const n = 1
`},
	{ReservedName, "a name that the language keeps for itself", `
The words repeat, model, block, const, param, true and false can never be names.
Besides, an input or a target cannot have the name of an option of data, such as
test or standardize, since an argument of that name would mean both.`, `
const repeat = 3
`},

	{UnknownName, "a name that nothing has", `
No value, const, param, block parameter or repeat variable of this name can be
seen here. A block sees the file's consts and params and its own parameters and
inputs, nothing of the model that uses it. A name must be given before it is
used.`, `
model M {
	input x [4]

	layers {
		skip + x -> dense(2)
	}
}
`},
	{UnknownLayer, "no layer or block of this name", `
To the right of an arrow a name is always a layer, a block of the file or a
shared net of the model. Built-in layers are lower_snake_case, blocks and shared
nets are Capitalised.`, `
model M {
	input x [4]

	layers {
		dense(2) -> rellu
	}
}
`},
	{UnknownArgument, "a named argument that does not exist", `
The layer, loss, optimizer or other thing that is called has no argument of this
name. nnc explain NAME lists the arguments of a built-in; those of a block stand
at its declaration.`, `
model M {
	input x [4]

	layers {
		dense(2, use_bias: false)
	}
}
`},
	{UnknownItem, "no such item of a model, or setting of train", `
A model holds const, param, input, target, shared, layers, loss, metric,
optimizer, data and train. Train holds batch, epochs, seed, shuffle, validate,
monitor, patience, keep and drop_last.`, `
model M {
	input x [4]

	layers {
		dense(2)
	}

	optimiser sgd(lr: 0.1)
}
`},
	{UnknownWord, "a word that the argument does not know", `
Some arguments take one of a few words, such as pad: same or init: he_normal.
This one does not know the word, and nothing else has its name either.`, `
model M {
	input x [4]

	layers {
		dense(2, init: he_norml)
	}
}
`},
	{DuplicateName, "a name given twice", `
A name is given once in its scope. A value cannot take the name of an input,
target, const or param either, so that a name means one thing throughout.`, `
const n = 2
const n = 3

model M {
	input x [4]

	layers {
		dense(n)
	}
}
`},
	{UnusedName, "a name that nothing reads", `
Values, inputs, targets, consts, params, block inputs and block parameters must be
used: a name that nothing reads is most often a slip of the pen elsewhere. Blocks
and models may be unused.`, `
const n = 2

model M {
	input x [4]

	layers {
		dense(2)
	}
}
`},
	{UnusedValue, "a line whose result nothing reads", `
Each line feeds the next, unless the next starts with a value of its own. Then the
result of this line is lost: it has no name, and nothing follows it. Give it a
name and use it, or delete it.`, `
model M {
	input x [4]

	layers {
		x -> dense(3)
		x -> dense(2)
	}
}
`},
	{NameCollision, "two names that become one in the generated code", `
The generated Go has a type for each input and target, named after model and port,
beside types of its own: of model M and input x it has M, MX, MOutput, MBatch,
MData, MPredictor and MTrainer. Two of them would have the same name; rename one
in the .nn file.`, `
model M {
	input batch [4]

	layers {
		dense(2)
	}
}
`},
	{Capitalisation, "a name in the wrong case", `
Blocks, shared nets and models are Capitalised; built-in layers never are. So a
layer that is added to the language later never collides with yours. Names of
inputs and targets start with a lower-case letter.`, `
model perceptron {
	input x [4]

	layers {
		dense(2)
	}
}
`},

	{MissingArgument, "an argument that must be given", `
This argument has no default. nnc explain NAME shows which arguments a built-in
has, in their order.`, `
model M {
	input x [4]

	layers {
		dense(bias: false)
	}
}
`},
	{BadArgument, "an argument of the wrong kind, or outside its range", `
The argument wants another kind of value (a number, true or false, a word, a list,
a string), or its value lies outside of what makes sense, or it is given twice, or
it contradicts another.`, `
model M {
	input x [4]

	layers {
		dense(2) -> dropout(1.5)
	}
}
`},
	{TooManyArguments, "more arguments than there are", `
More arguments stand in the parentheses than the layer has. Arguments without a
name go to the layer's arguments in their order.`, `
model M {
	input x [4]

	layers {
		dense(2) -> relu(1)
	}
}
`},
	{BadExpression, "an operator on what it does not work on", `
+ - * / and % compute with numbers that are known before training; + - * and /
also join values of the network, of equal shape or one of them a number. Strings,
lists and true or false are not computed with.`, `
model M {
	input x [4]

	layers {
		dense(2 * "two")
	}
}
`},
	{NotWhole, "a size or count that is not whole", `
Numbers are of one kind, so 7 / 2 is 3.5. A size or a count must be whole: 4 / 2
and 1e2 are.`, `
model M {
	input x [4]

	layers {
		dense(7 / 2)
	}
}
`},
	{BadSize, "a size below one, or beyond the limit", `
A size in a shape is at least 1 and at most 2^24.`, `
model M {
	input x [0]

	layers {
		dense(2)
	}
}
`},

	{BadRank, "a shape with too many or too few axes", `
The layer works on shapes with another number of axes. Shapes leave out the batch:
an image is [channels, height, width], a sequence [steps, features]. Often flatten
or reshape is missing before.`, `
model M {
	input image [1, 28, 28]

	layers {
		dense(10)
	}
}
`},
	{BadShape, "sizes that do not fit", `
+ - * and / join values of equal shape, or a value and a number; there is no other
broadcasting. Other layers say in their reference which sizes must agree, and a
loss compares an output with a target of its own shape.`, `
model M {
	input x [4]

	layers {
		h = dense(3)
		x + h
	}
}
`},
	{BadType, "labels where numbers are wanted, or the reverse", `
A port with class(n) holds labels, whole numbers from 0 to n-1, which layers cannot
compute with; embed turns them into vectors. Losses and metrics say which kind of
target they take.`, `
model M {
	input word class(10)

	layers {
		dense(2)
	}
}
`},
	{NeedsStart, "it is not said which input the layers start from", `
With one input the first line starts from it by itself. With several, in a model
or in a block, the first line names where it starts: a -> dense(4).`, `
model M {
	input a [4]
	input b [4]

	layers {
		h = dense(4)
		a + b + h
	}
}
`},
	{BadStart, "a line that starts with something that cannot flow", `
A line starts with a value of the network, several values in parentheses, or a
layer that continues the line before. A number, a string or a list is known before
training and does not flow.`, `
model M {
	input x [4]

	layers {
		h = 1 -> dense(4)
		x + h
	}
}
`},
	{NeedsSoftmax, "a loss that wants probabilities before it", `
cross_entropy and kl_div want softmax as the last layer, binary_cross_entropy wants
sigmoid, nll wants log_softmax. Together they compile to a form that never takes the
logarithm of zero. (PyTorch's cross_entropy takes logits; this one does not.)`, `
model M {
	input  x [4]
	target y class(3)

	layers {
		dense(3)
	}

	loss cross_entropy
}
`},
	{NoGradient, "training through a layer without a useful gradient", `
The derivative of step is zero almost everywhere, so nothing before it would ever
learn. With fixed weights, or where nothing trainable stands before it, step is
fine; for training, sigmoid is its smooth form.`, `
model M {
	input  x [2]
	target y

	layers {
		dense(3) -> step
		dense(1)
	}

	loss      mse
	optimizer sgd(lr: 0.1)
}
`},
	{RecursiveBlock, "a block that uses itself", `
Blocks are written out where they are used, so a block that uses itself, directly
or through others, would have no end. For a number of equal layers there is
repeat.`, `
block Deep {
	dense(4) -> Deep
}

model M {
	input x [4]

	layers {
		Deep
	}
}
`},
	{TooLarge, "a network beyond the limits", `
After blocks and repeats are written out a network has at most 20,000 layers and
2^31 parameters; blocks nest at most 32 deep, and a repeat turns at most 4096
times.`, `
model M {
	input x [100_000]

	layers {
		dense(100_000)
	}
}
`},

	{MissingItem, "a model without an item that it needs", `
A model needs an input and layers. An optimizer or a target needs a loss. To train,
a model needs loss, optimizer and data.`, `
model M {
	layers {
		dense(2)
	}
}
`},
	{DuplicateItem, "an item that a model has once", `
layers, optimizer, data and train stand once in a model, and each setting once in
train. input, target, loss, metric, shared, const and param may stand several
times.`, `
model M {
	input x [4]

	layers {
		dense(2)
	}

	layers {
		dense(3)
	}
}
`},
	{BadData, "data that does not fit the model", `
The rows of a data set must have as many numbers as the input has, its labels as
many classes as the target. With several inputs or targets the data item says which
column or file goes to which.`, `
model M {
	input  x     [10]
	target digit class(10)

	layers {
		dense(10) -> softmax
	}

	loss cross_entropy

	data digits
}
`},
	{BadLoss, "a loss or metric that does not fit the model", `
A loss line is a pipeline that ends in a loss. With one output and one target it may
start with the loss; otherwise it starts with a pair, (output, target) -> mse.
Several losses stand on several lines, which add; penalties stand alone.`, `
model M {
	input  x [4]
	target y

	layers {
		dense(1)
	}

	loss mse + mae
}
`},
	{NotYet, "not in the language yet", `
This is meant to come but is not there yet: sequences of variable length, shared
weights between different layers, attention to another sequence, augmentation of
data, and the built-ins that the message names.`, `
model M {
	input  x [4]
	target y [2]

	layers {
		dense(2)
	}

	loss      mse
	optimizer sgd(0.1)

	train {
		validate: 0.2
	}
}
`},
}

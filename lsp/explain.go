package lsp

import (
	"fmt"
	"strings"

	"github.com/nnc-lang/nnc/compiler/op"
	"github.com/nnc-lang/nnc/compiler/pass"
)

// Documentation as Markdown, from the operators' own definitions and the settings' own table.

// fenced is a piece of .nn.
func fenced(code string) string { return "```nn\n" + code + "\n```" }

// operatorText explains an operator.
func operatorText(d *op.Def) string {
	parts := []string{fenced(op.Signature(d)), d.Doc}
	if len(d.Shapes) > 0 {
		title := "Shapes"
		if d.Kind == op.Loss || d.Kind == op.MetricKind {
			title = "Shapes, output and target"
		}
		var shapes []string
		for _, s := range d.Shapes {
			shapes = append(shapes, "`"+s+"`")
		}
		parts = append(parts, title+": "+strings.Join(shapes, "; "))
	}
	parts = append(parts, "```text\n"+d.Formula+"\n```")
	if len(d.Args) > 0 {
		var args []string
		for i := range d.Args {
			args = append(args, "- "+argumentText(&d.Args[i]))
		}
		parts = append(parts, strings.Join(args, "\n"))
	}
	return strings.Join(append(parts, "*"+d.Source+"*"), "\n\n")
}

// argumentText explains an argument, on one line.
func argumentText(a *op.Arg) string {
	return fmt.Sprintf("`%s`: %s; %s: %s", a.Name, a.Takes(), defaultText(a), a.Doc)
}

func defaultText(a *op.Arg) string {
	switch {
	case a.Required:
		return "required"
	case a.Default == nil:
		return "none unless given"
	}
	return "default " + a.DefaultText()
}

// settingText explains a setting of train.
func settingText(t *pass.Setting) string {
	text := fmt.Sprintf("`%s`: %s; default %s: %s", t.Name, t.Takes, t.Default, t.Doc)
	if t.Later {
		text += ". It is not in this version yet"
	}
	return text
}

// sourceText explains a source of data.
func sourceText(d *pass.DataSource) string { return fenced("data "+d.Name+d.Args) + "\n\n" + d.Doc }

// nameText shows how a name is given.
func nameText(n *pass.Name) string {
	text := n.Text
	switch n.Kind {
	case pass.BlockParamName, pass.BlockInputName:
		text = "// " + string(n.Kind) + "\n" + text
	}
	parts := []string{fenced(text)}
	if n.Value != "" && !strings.HasSuffix(n.Text, "= "+n.Value) {
		parts = append(parts, "= `"+n.Value+"`")
	}
	if n.Doc != "" {
		parts = append(parts, n.Doc)
	}
	return strings.Join(parts, "\n\n")
}

// keyword is a word of the language in its place.
type keyword struct {
	word    string
	snippet string // what is written of it, with places to fill in; "" is the word
	doc     string
}

// declarations are what a file holds.
var declarations = []keyword{
	{"model", "model ${1:Name} {\n\tinput ${2:x} [${3:4}]\n\n\tlayers {\n\t\t$0\n\t}\n}", "declares a network: its inputs, layers, and how it is trained"},
	{"block", "block ${1:Name}($2) {\n\t$0\n}", "declares layers that are used as one; each use has weights of its own"},
	{"const", "const ${1:name} = $0", "gives a number, string or list a name"},
	{"param", "param ${1:name} = $0", "gives a number, string or list a name; -set overrides it on the command line"},
}

// items are what a model holds.
var items = []keyword{
	{"input", "input ${1:x} [${2:4}]", "declares what flows into the network, with its shape, the batch left out"},
	{"target", "target ${1:y} ${2:class(10)}", "declares what the output is compared with"},
	{"layers", "layers {\n\t$0\n}", "the network: each line feeds the next, and the last line's value is the output"},
	{"loss", "loss $0", "what training makes small; several losses add up"},
	{"optimizer", "optimizer $0", "how each step moves the weights"},
	{"metric", "metric $0", "what is measured beside the loss"},
	{"data", "data $0", "where the rows come from"},
	{"train", "train {\n\t$0\n}", "how the model is trained: batch, epochs, seed …"},
	{"shared", "shared ${1:Name} = $0", "declares layers with one set of weights, however often they are used"},
	{"const", "const ${1:name} = $0", "gives a number, string or list a name"},
	{"param", "param ${1:name} = $0", "gives a number, string or list a name; -set overrides it on the command line"},
}

// repeat is the one statement that is no pipeline.
var repeatStatement = keyword{"repeat", "repeat ${1:3} {\n\t$0\n}", "writes its lines out a number of times, each with weights of its own"}

// classType is the one type of ports that is written.
var classType = keyword{"class", "class(${1:10})", "one label of n, numbered from 0"}

// nameArgument is what every layer with weights and every block takes beside its own arguments.
const nameArgument = "name"

const nameArgumentDoc = "`name`: a word; what the layer is called in weight files and messages"

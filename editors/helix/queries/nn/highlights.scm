; The queries of ../tree-sitter-nn with the names that Helix has for scopes.

; A loss or metric by itself is no value, though it looks like one.
(loss_item (pipe . head: (call name: (identifier) @function) .))
(metric_item (pipe . head: (call name: (identifier) @function) .))

(comment) @comment
(string) @string
(escape) @constant.character.escape
(number) @constant.numeric
(boolean) @constant.builtin.boolean

["const" "param" "block" "model"] @keyword
["input" "target" "shared" "layers" "loss" "metric" "optimizer" "data" "train"] @keyword
["repeat" "in"] @keyword.control.repeat

(step name: (identifier) @function)
(type name: (identifier) @type.builtin)
(call !arguments name: (identifier) @variable)
(call name: (identifier) @function arguments: (arguments))
(named_line name: (identifier) @variable)
(repeat_statement variable: (identifier) @variable)
(input_item name: (identifier) @variable)
(target_item name: (identifier) @variable)

(model_declaration name: (identifier) @type)
(block_declaration name: (identifier) @function)
(shared_item name: (identifier) @function)
(const_declaration name: (identifier) @constant)
(param_declaration name: (identifier) @constant)
(inputs (identifier) @variable.parameter)
(parameter name: (identifier) @variable.parameter)
(argument name: (identifier) @variable.other.member)
(setting name: (identifier) @variable.other.member)

["->" "=" "+" "-" "*" "/" "%"] @operator
["," ":"] @punctuation.delimiter
["(" ")" "[" "]" "{" "}"] @punctuation.bracket

(comment) @comment
(string) @string
(escape) @string.escape
(number) @number
(boolean) @boolean

["const" "param" "block" "model"] @keyword
["input" "target" "shared" "layers" "loss" "metric" "optimizer" "data" "train"] @keyword
["repeat" "in"] @keyword.repeat

(step name: (identifier) @function.call)
(type name: (identifier) @type.builtin)
(call !arguments name: (identifier) @variable)
(call name: (identifier) @function.call arguments: (arguments))
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
(argument name: (identifier) @property)
(setting name: (identifier) @property)

["->" "=" "+" "-" "*" "/" "%"] @operator
["," ":"] @punctuation.delimiter
["(" ")" "[" "]" "{" "}"] @punctuation.bracket

; A loss or metric by itself is no value, though it looks like one. This stands last: where two patterns fit, the later one counts.
(loss_item (pipe . head: (call name: (identifier) @function.call) .))
(metric_item (pipe . head: (call name: (identifier) @function.call) .))

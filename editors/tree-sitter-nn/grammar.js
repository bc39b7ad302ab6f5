/**
 * @file A grammar of .nn files, which declare neural networks. It is the one in docs/language.md, rule by rule.
 */

/// <reference types="tree-sitter-cli/dsl" />
// @ts-check

const list = (rule) => seq(rule, repeat(seq(',', rule)), optional(','));

module.exports = grammar({
  name: 'nn',

  // A newline ends an item, except in ( and [ and where the next line starts with "->"; before "}" and at the end of the file
  // nothing is needed. The scanner knows.
  externals: ($) => [$._end, $._error_sentinel],

  extras: ($) => [/\s/, /\uFEFF/, $.comment],

  word: ($) => $.identifier,

  rules: {
    source_file: ($) => repeat(seq($._declaration, $._end)),

    _declaration: ($) => choice($.const_declaration, $.param_declaration, $.block_declaration, $.model_declaration),

    const_declaration: ($) => seq('const', $._binding),
    param_declaration: ($) => seq('param', $._binding),
    _binding: ($) => seq(field('name', $.identifier), '=', field('value', $._expression)),

    block_declaration: ($) =>
      seq(
        'block',
        optional(seq(field('inputs', $.inputs), '->')),
        field('name', $.identifier),
        optional(field('parameters', $.parameters)),
        field('body', $.body),
      ),
    inputs: ($) => seq('(', list($.identifier), ')'),
    parameters: ($) => seq('(', optional(list($.parameter)), ')'),
    parameter: ($) => seq(field('name', $.identifier), optional(seq('=', field('default', $._expression)))),

    model_declaration: ($) => seq('model', field('name', $.identifier), field('body', $.model_body)),
    model_body: ($) => seq('{', repeat(seq($._item, $._end)), '}'),

    _item: ($) =>
      choice(
        $.const_declaration,
        $.param_declaration,
        $.input_item,
        $.target_item,
        $.shared_item,
        $.layers_item,
        $.loss_item,
        $.metric_item,
        $.optimizer_item,
        $.data_item,
        $.train_item,
      ),
    input_item: ($) => seq('input', $._port),
    target_item: ($) => seq('target', $._port),
    _port: ($) => seq(field('name', $.identifier), optional(field('shape', $.shape)), optional(field('type', $.type))),
    shape: ($) => seq('[', list($._expression), ']'),
    shared_item: ($) => seq('shared', field('name', $.identifier), choice(seq('=', $.pipe), field('body', $.body))),
    layers_item: ($) => seq('layers', field('body', $.body)),
    loss_item: ($) => seq('loss', $.pipe),
    metric_item: ($) => seq('metric', $.pipe),
    optimizer_item: ($) => seq('optimizer', $.step),
    data_item: ($) => seq('data', $.step),
    train_item: ($) => seq('train', $.settings),
    settings: ($) => seq('{', repeat(seq($.setting, $._end)), '}'),
    setting: ($) => seq(field('name', $.identifier), ':', field('value', $._expression)),

    body: ($) => seq('{', repeat(seq($._statement, $._end)), '}'),
    _statement: ($) => choice($.repeat_statement, $.named_line, $.pipe),
    repeat_statement: ($) =>
      seq('repeat', optional(seq(field('variable', $.identifier), 'in')), field('over', $._expression), field('body', $.body)),
    named_line: ($) => seq(field('name', $.identifier), '=', $.pipe),

    // What stands behind an arrow is a step, always a layer, block, loss or metric; a call elsewhere may as well be a plain name.
    pipe: ($) => seq(field('head', $._expression), repeat(seq('->', $.step))),
    step: ($) => $._call,
    call: ($) => $._call,
    type: ($) => $._call,
    _call: ($) => seq(field('name', $.identifier), optional(field('arguments', $.arguments))),
    arguments: ($) => seq('(', optional(list($.argument)), ')'),
    argument: ($) => seq(optional(seq(field('name', $.identifier), ':')), field('value', $._expression)),

    _expression: ($) => choice($.binary_expression, $.unary_expression, $._primary),
    binary_expression: ($) =>
      choice(
        ...[
          [1, choice('+', '-')],
          [2, choice('*', '/', '%')],
        ].map(([precedence, operator]) =>
          prec.left(
            Number(precedence),
            seq(field('left', $._expression), field('operator', operator), field('right', $._expression)),
          ),
        ),
      ),
    unary_expression: ($) => prec(3, seq('-', field('operand', $._expression))),
    _primary: ($) => choice($.number, $.string, $.boolean, $.call, $.list, $.tuple),
    list: ($) => seq('[', optional(list($._expression)), ']'),
    tuple: ($) => seq('(', list($.pipe), ')'),

    boolean: (_) => choice('true', 'false'),
    number: (_) => /(\d[\d_]*(\.[\d_]*)?|\.\d[\d_]*)([eE][+-]?\d[\d_]*)?/,
    string: ($) => seq('"', repeat(choice($.escape, $._text)), token.immediate('"')),
    _text: (_) => token.immediate(prec(1, /[^"\\\r\n]+/)),
    escape: (_) => token.immediate(/\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0-7]{3}|[^xuU0-7])/),
    identifier: (_) => /[A-Za-z_][A-Za-z_0-9]*/,
    comment: (_) => token(seq('//', /[^\n]*/)),
  },
});

// The grammar, by the engine that VS Code has: words in their places, and every example without a token that it does not know.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import oniguruma from 'vscode-oniguruma';
import textmate from 'vscode-textmate';

const here = import.meta.dirname;
const root = join(here, '..', '..', '..');
const wasm = createRequire(import.meta.url).resolve('vscode-oniguruma/release/onig.wasm');

await oniguruma.loadWASM(readFileSync(wasm).buffer);
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async (scope) =>
    scope === 'source.nn'
      ? textmate.parseRawGrammar(readFileSync(join(here, '..', 'syntaxes', 'nn.tmLanguage.json'), 'utf8'), 'nn.json')
      : null,
});
const grammar = await registry.loadGrammar('source.nn');

// tokens cuts a text into tokens, each with its line and the innermost scope.
function tokens(text) {
  const all = [];
  let stack = textmate.INITIAL;
  text.split(/\r?\n/).forEach((line, number) => {
    const result = grammar.tokenizeLine(line, stack);
    for (const token of result.tokens) {
      const piece = line.slice(token.startIndex, token.endIndex);
      if (piece.trim() !== '') {
        all.push({ line: number + 1, text: piece.trim(), scope: token.scopes.at(-1).replace(/\.nn$/, ''), depth: token.scopes.length });
      }
    }
    stack = result.ruleStack;
  });
  return { all, stack };
}

const sample = `// A comment.
const wide = 1_000 // behind a line
param rate = 1e-3

model Net {
	input  data [1, 28, 28]
	target label class(10)
	shared Enc = dense(8) -> relu

	layers {
		flatten
		h = dense(wide, init: he_normal) -> relu
		data -> Enc -> dropout(0.5)
		repeat i in [1, 2] {
			dense(i * 2)
		}
		(h, data)
	}

	loss      (data, label) -> mse
	optimizer adam(lr: cosine(rate, min: .5))
	data      csv("f\\t.csv", test: 0.2, standardize: true)

	train {
		batch: 128
	}
}

block (a, b) -> Two(units, act = relu) {
	a + b -> dense(units)
}

block One {
	identity
}
`;

test('words have the scope of their place', () => {
  const { all } = tokens(sample);
  const expected = [
    [1, '// A comment.', 'comment.line.double-slash'],
    [2, 'const', 'storage.type'],
    [2, 'wide', 'variable.other.constant'],
    [2, '1_000', 'constant.numeric'],
    [2, '// behind a line', 'comment.line.double-slash'],
    [3, 'param', 'storage.type'],
    [3, '1e-3', 'constant.numeric'],
    [5, 'model', 'storage.type'],
    [5, 'Net', 'entity.name.type'],
    [6, 'input', 'keyword.control'],
    [6, 'data', 'variable.other.definition'], // not the item
    [7, 'class', 'support.type'],
    [8, 'shared', 'keyword.control'],
    [8, 'Enc', 'entity.name.function'],
    [8, 'dense', 'support.function'],
    [8, '->', 'keyword.operator.arrow'],
    [8, 'relu', 'support.function'],
    [10, 'layers', 'keyword.control'],
    [11, 'flatten', 'support.function'],
    [12, 'h', 'variable.other.definition'],
    [12, '=', 'keyword.operator.assignment'],
    [12, 'wide', 'variable.other'],
    [12, 'init', 'variable.parameter'],
    [12, 'he_normal', 'variable.other'],
    [13, 'data', 'variable.other'], // a value in a body
    [13, 'Enc', 'entity.name.function'],
    [13, 'dropout', 'support.function'],
    [14, 'repeat', 'keyword.control'],
    [14, 'i', 'variable.other.definition'],
    [14, 'in', 'keyword.control'],
    [15, '*', 'keyword.operator.arithmetic'],
    [20, 'loss', 'keyword.control'],
    [20, 'data', 'variable.other'], // a value in a loss line
    [20, 'mse', 'support.function'],
    [21, 'optimizer', 'keyword.control'],
    [21, 'adam', 'support.function'],
    [21, 'cosine', 'support.function'],
    [21, '.5', 'constant.numeric'],
    [22, 'data', 'keyword.control'],
    [22, 'csv', 'support.function'],
    [22, '\\t', 'constant.character.escape'],
    [22, 'true', 'constant.language'],
    [24, 'train', 'keyword.control'],
    [25, 'batch', 'variable.parameter'],
    [29, 'block', 'storage.type'],
    [29, 'a', 'variable.parameter'],
    [29, 'Two', 'entity.name.function'],
    [29, 'units', 'variable.parameter'],
    [29, 'act', 'variable.parameter'],
    [33, 'One', 'entity.name.function'],
    [34, 'identity', 'support.function'],
  ];
  for (const [line, text, scope] of expected) {
    const found = all.filter((token) => token.line === line && token.text === text);
    assert.ok(found.length > 0, `line ${line} has no token ${text}: ${JSON.stringify(all.filter((token) => token.line === line))}`);
    assert.ok(found.some((token) => token.scope === scope), `line ${line}: ${text} is ${found.map((token) => token.scope)}, want ${scope}`);
  }
});

// Every .nn file that is right is cut into tokens that the grammar knows, and its brackets close.
for (const folder of ['examples', join('testdata', 'deep')]) {
  for (const file of readdirSync(join(root, folder)).filter((name) => name.endsWith('.nn'))) {
    test(`${folder}/${file}`, () => {
      const { all, stack } = tokens(readFileSync(join(root, folder, file), 'utf8'));
      assert.ok(all.length > 10);
      const unknown = all.filter((token) => token.scope === 'source' || token.text.length > 1 && /^\w+$/.test(token.text) && token.depth < 2);
      assert.deepEqual(unknown, []);
      assert.equal(stack.depth, 1, 'a bracket stays open at the end of the file');
    });
  }
}

// An unfinished line does not spoil the lines behind it.
test('a string that is not closed ends with its line', () => {
  const { all } = tokens('const a = "open\nconst b = 1\n');
  assert.equal(all.find((token) => token.line === 2 && token.text === 'b').scope, 'variable.other.constant');
});

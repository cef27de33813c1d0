/** Broken models in JavaScript and TypeScript. */
import type { BrokenModel } from './broken-model.js';

const module_ = (code: string): Pick<BrokenModel, 'files' | 'model'> => ({
  files: { 'model.mjs': code },
  model: './model.mjs',
});

const directory = (code: string, more: BrokenModel['files'] = {}): Pick<BrokenModel, 'files' | 'model'> => ({
  files: { 'm/index.mjs': code, ...more },
  model: './m',
});

export const BROKEN_MODULES: readonly BrokenModel[] = [
  {
    name: 'a TypeScript module with a syntax error',
    files: { 'model.ts': 'export const predict = (items: number[]) => {\n  return items.map((x) => x * );\n};\n' },
    model: './model.ts',
    says: /model\.ts:2:\d+/,
  },
  {
    name: 'a module of a directory with a syntax error',
    ...directory('export const a = 1;\nexport const predict = (items) => {\n  return items.map((x) => x * );\n};\n'),
    says: /index\.mjs, line 3: SyntaxError/,
    kind: 'syntax',
    reach: 'everywhere',
  },
  {
    name: 'a module that exports no predict',
    ...module_('export const predicts = (x) => x;'),
    says: /must export a function predict/,
    kind: 'predict',
    reach: 'everywhere',
  },
  {
    name: 'a module whose predict is no function',
    ...module_('export const predict = 3;'),
    says: /must export a function predict/,
    kind: 'predict',
    reach: 'everywhere',
  },
  {
    name: 'a module that throws when it is imported',
    ...module_('const table = undefined;\nexport const first = table.rows;\nexport const predict = (x) => x;'),
    says: /model\.mjs, line 2: TypeError: Cannot read properties of undefined/,
    kind: 'crash',
    reach: 'unknown',
  },
  {
    name: 'a module that imports a file that is not there',
    ...module_("import { a } from './helper.mjs';\nexport const predict = (x) => a;"),
    says: /model\.mjs:1:\d+/,
  },
  {
    name: 'a module that imports a package that is not installed',
    ...module_("import a from 'no-such-package';\nexport const predict = (x) => a;"),
    says: /no-such-package/,
  },
  {
    name: 'a directory whose module imports a neighbour that an ignore file hides',
    ...directory("import { a } from './helper.mjs';\nexport const predict = (x) => x.map(a);", {
      'm/helper.mjs': 'export const a = (x) => x;',
      'm/.spotpoolignore': 'helper.mjs\n',
    }),
    says: /file that is not in what is shipped.*helper\.mjs/,
    kind: 'not-shipped',
    reach: 'everywhere',
  },
  {
    name: 'a directory whose package.json names an entry that is not there',
    files: { 'm/package.json': '{"main":"dist/main.js"}' },
    model: './m',
    says: /names the entry dist\/main\.js, which does not exist/,
  },
  {
    name: 'a module that gives too few outputs',
    ...module_('export const predict = (items) => items.slice(1);'),
    says: /was given \d+ items and gave \d+ outputs/,
    kind: 'outputs',
    reach: 'everywhere',
  },
  {
    name: 'a module that gives nothing',
    ...module_('export const predict = (items) => { items.map((x) => x); };'),
    says: /predict must give an array/,
    kind: 'outputs',
    reach: 'everywhere',
  },
  {
    name: 'a module whose async generator ends early',
    ...module_('export async function* predict(items) { if (items.length === 0) yield 1; }'),
    says: /was given \d+ items and gave 0 outputs/,
    kind: 'outputs',
    reach: 'everywhere',
  },
  {
    name: 'a module whose load throws',
    ...module_(
      "export const load = () => {\n  throw new RangeError('no such layer');\n};\nexport const predict = (x) => x;",
    ),
    says: /model\.mjs, line 2: RangeError: no such layer/,
    kind: 'crash',
  },
  {
    name: 'a module that ends the process while it loads',
    ...module_('export const predict = (x) => x;\nprocess.exit(3);'),
    says: /exit code 3/,
    kind: 'crash',
  },
  {
    name: 'a module that reads a file that is not shipped',
    ...module_(
      "import { readFileSync } from 'node:fs';\nconst words = readFileSync('words.txt', 'utf8');\nexport const predict = (items) => items.map(() => words);",
    ),
    says: /file that is not in what is shipped: model\.mjs, line 2: .*words\.txt/,
    kind: 'not-shipped',
    reach: 'everywhere',
  },
  {
    name: 'a module that needs a variable of the environment',
    ...module_("if (!process.env.TOKEN) throw new Error('TOKEN is not set');\nexport const predict = (x) => x;"),
    says: /model\.mjs, line 1: Error: TOKEN is not set/,
    kind: 'crash',
  },
  {
    name: 'a module that crashes on an item',
    ...module_(
      'export const predict = (items) => items.map((x) => {\n  if (x.n === 4) process.exit(9);\n  return x;\n});',
    ),
    says: /exit code 9/,
    shows: /It happened with item 4\./,
    kind: 'crash',
  },
  {
    name: 'a module whose outputs are NaN',
    ...module_('export const predict = (items) => items.map(() => ({ score: NaN }));'),
    says: /output\.score is NaN[\s\S]*No item came out right/,
  },
  {
    name: 'a module whose outputs are functions',
    ...module_('export const predict = (items) => items.map(() => () => 1);'),
    says: /output is a function/,
  },
  {
    name: 'a module whose outputs contain themselves',
    ...module_('export const predict = (items) => items.map(() => { const a = {}; a.a = a; return a; });'),
    says: /circular: it contains itself/,
  },
  {
    name: 'a module with an output of more than 16 MiB',
    ...module_("export const predict = (items) => items.map(() => 'x'.repeat(17 << 20));"),
    says: /more than 16 MiB/,
    kind: 'protocol',
    reach: 'everywhere',
  },
  {
    name: 'a module that hangs on an item',
    ...module_('export const predict = (items) => items.map((x) => {\n  while (x.n === 2);\n  return x;\n});'),
    options: ['--item-timeout', '1'],
    says: /gave no answer to the item within 1 s/,
    shows: /It happened with item 2\./,
    kind: 'hang',
    slow: true,
  },
  {
    name: 'a module that never ends when it is imported',
    ...module_('for (;;);\nexport const predict = (x) => x;'),
    options: ['--load-timeout', '1'],
    says: /load did not end within 1 s/,
    kind: 'never-ready',
    slow: true,
  },
  {
    name: 'a module that takes ever more memory',
    ...module_(
      'const kept = [];\nexport const predict = (items) => items.map((x) => {\n  for (;;) kept.push(Buffer.alloc(8 << 20, 1));\n});',
    ),
    options: ['--memory', '200'],
    says: /used \d+ MiB of memory; the limit of a slot is 200 MiB/,
    kind: 'memory',
    reach: 'here',
    slow: true,
  },
];

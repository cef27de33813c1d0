/** Broken models of all kinds, and the sentence with which `spotpool try` finds each of them. */
import type { FaultKind, Reach } from '../../core/probe/fault.js';

export interface BrokenModel {
  readonly name: string;
  readonly files: Readonly<Record<string, string | Buffer>>;
  /** The files that are executable. */
  readonly executable?: readonly string[];
  /** The value of `--model`, and further options. */
  readonly model: string;
  readonly options?: readonly string[];
  /** What standard error or the report must say. */
  readonly says: RegExp;
  /** Absent when the model cannot even be packed. */
  readonly kind?: FaultKind;
  readonly reach?: Reach;
  /** It waits for a time limit, or needs much memory. */
  readonly slow?: true;
}

const module_ = (code: string): Pick<BrokenModel, 'files' | 'model'> => ({
  files: { 'model.mjs': code },
  model: './model.mjs',
});

const directory = (code: string, more: BrokenModel['files'] = {}): Pick<BrokenModel, 'files' | 'model'> => ({
  files: { 'm/index.mjs': code, ...more },
  model: './m',
});

/** A command that speaks the protocol, except for what `answer` prints for an item. */
const command = (answer: string, before = ''): Pick<BrokenModel, 'files' | 'model'> => ({
  files: {
    'model.py': `import json, sys, time
${before}
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    message = json.loads(line)
    if "flush" in message:
        continue
    index, item = message["index"], message["item"]
    ${answer}
    sys.stdout.flush()
`,
  },
  model: 'python3 model.py',
});

const MODULES: readonly BrokenModel[] = [
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
    says: /exit code 9[\s\S]*item 4/,
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
    says: /gave no answer to the item within 1 s[\s\S]*item 2/,
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

const COMMANDS: readonly BrokenModel[] = [
  {
    name: 'a command that prints its log to standard output',
    ...command('print("working on", index); print(json.dumps({"index": index, "output": item}))'),
    says: /not of the protocol: .*working on 0/,
    kind: 'protocol',
    reach: 'everywhere',
  },
  {
    name: 'a command that prints a greeting first',
    ...command('pass', 'print("hello")'),
    says: /awaited is \{"ready":true\}/,
    kind: 'protocol',
    reach: 'everywhere',
  },
  {
    name: 'a command that answers an item twice',
    ...command('print(json.dumps({"index": index, "output": 1})); print(json.dumps({"index": index, "output": 1}))'),
    says: /was answered already/,
    kind: 'protocol',
    reach: 'everywhere',
  },
  {
    name: 'a command that answers with the number of another item',
    ...command('print(json.dumps({"index": index + 1000, "output": 1}))'),
    says: /is not asked for/,
    kind: 'protocol',
    reach: 'everywhere',
  },
  {
    name: 'a command that prints NaN',
    ...command('print(json.dumps({"index": index, "output": float("nan")}))'),
    says: /NaN/,
    kind: 'protocol',
    reach: 'everywhere',
  },
  {
    name: 'a command that prints bytes that are not UTF-8',
    ...command('sys.stdout.buffer.write(b\'{"index":%d,"output":"\\xff"}\\n\' % index)'),
    says: /is not UTF-8/,
    kind: 'protocol',
    reach: 'everywhere',
  },
  {
    name: 'a command that is never ready',
    files: { 'model.py': 'import sys\nsys.stdin.read()\n' },
    model: 'python3 model.py',
    options: ['--load-timeout', '1'],
    says: /printed nothing on standard output within 1 s/,
    kind: 'never-ready',
    slow: true,
  },
  {
    name: 'a command with a syntax error in Python',
    files: { 'model.py': 'import sys\ndef f(:\n  pass\n' },
    model: 'python3 model.py',
    says: /syntax error: model\.py, line 2: SyntaxError/,
    kind: 'syntax',
    reach: 'everywhere',
  },
  {
    name: 'a command that misses a package of Python',
    ...command('pass', 'import no_such_package'),
    says: /package is missing: model\.py, line 2: ModuleNotFoundError/,
    kind: 'package',
    reach: 'here',
  },
  {
    name: 'a command that imports a neighbour that is not shipped',
    files: { ...command('pass', 'import neighbour').files, 'neighbour.py': '' },
    model: 'python3 model.py',
    says: /not in what is shipped: model\.py, line 2: .*neighbour[\s\S]*--files/,
    kind: 'not-shipped',
    reach: 'everywhere',
  },
  {
    name: 'a command that opens a file that is not shipped',
    files: { ...command('pass', 'open("words.txt")').files, 'words.txt': 'a' },
    model: 'python3 model.py',
    says: /not in what is shipped: model\.py, line 2: FileNotFoundError.*words\.txt/,
    kind: 'not-shipped',
    reach: 'everywhere',
  },
  {
    name: 'a command that needs a variable of the environment',
    ...command('pass', 'import os; os.environ["HF_TOKEN"]'),
    says: /environment variable that is not set: model\.py, line 2: KeyError: 'HF_TOKEN'[\s\S]*--env/,
    kind: 'variable',
    reach: 'unknown',
  },
  { name: 'a file of data as the model', files: {}, model: 'data.jsonl', says: /file of data, not a model/ },
  {
    name: 'a Parquet file as the model',
    files: { weights: Buffer.concat([Buffer.from('PAR1'), Buffer.from([0, 1, 2, 0xff, 0xfe])]) },
    model: 'weights',
    says: /file of data, not a model/,
  },
  {
    name: 'a file of weights as the model',
    files: { 'model.onnx': Buffer.from([8, 7]) },
    model: 'model.onnx',
    says: /file of weights, not a model/,
  },
  { name: 'a program that does not exist', files: {}, model: 'no-such-program', says: /no-such-program was not found/ },
  {
    name: 'a program with arguments that does not exist',
    files: {},
    model: 'no-such-program --fast',
    says: /no-such-program of the model is not on the PATH/,
    kind: 'program',
    reach: 'here',
  },
  {
    name: 'a program of the directory that is not there',
    files: {},
    model: './bin/score --fast',
    says: /\.\/bin\/score of the model is not among what is shipped/,
    kind: 'not-shipped-program',
    reach: 'everywhere',
  },
  {
    name: 'a program that is not executable',
    files: { 'score.sh': '#!/bin/sh\ncat\n' },
    model: './score.sh',
    says: /score\.sh of the model is not executable/,
    kind: 'not-executable',
    reach: 'everywhere',
  },
  {
    name: 'a script whose interpreter does not exist',
    files: { 'score.sh': '#!/opt/no/such/sh\ncat\n' },
    executable: ['score.sh'],
    model: './score.sh',
    says: /score\.sh, line 1: the interpreter \/opt\/no\/such\/sh does not exist/,
    kind: 'interpreter',
    reach: 'here',
  },
  {
    name: 'a script with line ends of Windows',
    files: { 'score.sh': '#!/bin/sh\r\ncat\r\n' },
    executable: ['score.sh'],
    model: './score.sh',
    says: /score\.sh, line 1: the line ends with a carriage return/,
    kind: 'line-ends',
    reach: 'everywhere',
  },
  {
    name: 'a script that a shell runs, with line ends of Windows',
    files: { 'score.sh': 'set -e\r\ncat\r\n' },
    model: 'sh score.sh',
    says: /score\.sh, line 1: the line ends with a carriage return/,
    kind: 'line-ends',
    reach: 'everywhere',
  },
  {
    name: 'a script with a byte order mark',
    files: { 'score.sh': '\ufeff#!/bin/sh\ncat\n' },
    executable: ['score.sh'],
    model: './score.sh',
    says: /score\.sh, line 1: there is a byte order mark/,
    kind: 'byte-order-mark',
    reach: 'everywhere',
  },
  {
    name: 'a setup command that fails',
    ...command('pass'),
    options: ['--setup', 'echo no such index >&2; exit 4'],
    says: /setup command failed[\s\S]*no such index/,
    kind: 'setup',
    reach: 'unknown',
  },
];

const python = (code: string, more: BrokenModel['files'] = {}): Pick<BrokenModel, 'files' | 'model'> => ({
  files: { 'model.py': code, ...more },
  model: './model.py',
});

const PYTHON: readonly BrokenModel[] = [
  {
    name: 'a Python file with a syntax error',
    ...python('def predict(items):\n    return [x for x in items\n\ndef f(: pass\n'),
    says: /model\.py, line \d: SyntaxError/,
    kind: 'syntax',
    reach: 'everywhere',
  },
  {
    name: 'a Python file without predict',
    ...python('def predictt(items): return items\n'),
    says: /no function predict/,
  },
  {
    name: 'a name that the Python file does not define',
    files: { 'model.py': 'def predict(items): return items\n' },
    model: './model.py:Nope',
    says: /defines no class or function Nope/,
  },
  {
    name: 'a Python file that gives too few outputs',
    ...python('def predict(items):\n    return items[1:]\n'),
    says: /was given \d items and gave \d outputs.*model\.py, line 1/,
    kind: 'outputs',
    reach: 'everywhere',
  },
  {
    name: 'a Python file that gives nothing',
    ...python('def predict(items):\n    [x for x in items]\n'),
    says: /it gave a NoneType/,
    kind: 'outputs',
    reach: 'everywhere',
  },
  {
    name: 'a Python file that raises when it is imported',
    ...python('x = None\nx.foo\ndef predict(items): return items\n'),
    says: /model\.py, line 2: AttributeError/,
    kind: 'crash',
  },
  {
    name: 'a Python file that misses a package',
    ...python('import no_such_package\ndef predict(items): return items\n'),
    says: /package is missing: model\.py, line 1: ModuleNotFoundError/,
    kind: 'package',
    reach: 'here',
  },
  {
    name: 'a Python file that opens a file that is not shipped',
    ...python('def load():\n    open("words.txt")\ndef predict(items): return items\n', { 'words.txt': 'a' }),
    says: /not in what is shipped: model\.py, line 2: FileNotFoundError/,
    kind: 'not-shipped',
    reach: 'everywhere',
  },
  {
    name: 'a Python file that needs a variable of the environment',
    ...python('import os\nT = os.environ["HF_TOKEN"]\ndef predict(items): return items\n'),
    says: /environment variable that is not set: model\.py, line 2: KeyError: 'HF_TOKEN'/,
    kind: 'variable',
  },
  {
    name: 'a Python file that ends the process when it is imported',
    ...python('import sys\nsys.exit(3)\ndef predict(items): return items\n'),
    says: /model\.py, line 2: SystemExit/,
    kind: 'crash',
  },
  {
    name: 'a Python file whose outputs are NaN',
    ...python('def predict(items):\n    return [float("nan") for _ in items]\n'),
    says: /output is NaN[\s\S]*No item came out right/,
  },
  {
    name: 'a Python file that never ends when it is imported',
    ...python('while True: pass\ndef predict(items): return items\n'),
    options: ['--load-timeout', '1'],
    says: /load did not end within 1 s/,
    kind: 'never-ready',
    slow: true,
  },
];

export const BROKEN_MODELS: readonly BrokenModel[] = [...MODULES, ...PYTHON, ...COMMANDS];

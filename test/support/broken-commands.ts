/** Broken models that are commands or filters. */
import type { BrokenModel } from './broken-model.js';

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

export const BROKEN_COMMANDS: readonly BrokenModel[] = [
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

export const BROKEN_FILTERS: readonly BrokenModel[] = [
  {
    name: 'a filter that prints fewer lines than it reads',
    files: {},
    model: 'grep 3',
    options: ['--per-line'],
    says: /The filter printed \d+ lines? for \d+ items\. With --per-line a command prints exactly one line/,
    kind: 'lines',
  },
  {
    name: 'a filter that ends with an error',
    files: { 'f/f.sh': 'echo "no such field" >&2\nexit 3\n' },
    model: 'sh f.sh',
    options: ['--per-line', '--files', 'f'],
    says: /8 of 8 items failed:\n +8× +SlotCrashed: no such field \(first: item 0\)[\s\S]*No item came out right/,
  },
  {
    name: 'a filter whose program does not exist',
    files: {},
    model: 'no-such-filter -c .n',
    options: ['--per-line'],
    says: /The program no-such-filter of the model is not on the PATH/,
    kind: 'program',
    reach: 'here',
  },
];

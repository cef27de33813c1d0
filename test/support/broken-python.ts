/** Broken models that are Python files. */
import type { BrokenModel } from './broken-model.js';

const python = (code: string, more: BrokenModel['files'] = {}): Pick<BrokenModel, 'files' | 'model'> => ({
  files: { 'model.py': code, ...more },
  model: './model.py',
});

export const BROKEN_PYTHON: readonly BrokenModel[] = [
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

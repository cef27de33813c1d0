import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PreparedModel, Slot } from '../../../worker/slot/slot.js';
import { oldestAndNewest, PythonModels } from './python-model.js';
import { buildHost, computeWith, itemsOf, slotOf, type BuiltHost, type Computed } from './support.js';

let host: BuiltHost;
let models: PythonModels;
let slot: Slot;
/** The model that was computed last. */
let model: PreparedModel;
beforeAll(async () => {
  [host, models] = await Promise.all([buildHost(), PythonModels.open()]);
});
afterEach(() => slot.close());
afterAll(() => Promise.all([host.remove(), models.remove()]));

const unableOf = ({ end }: Computed): string => (end.kind === 'unable' ? end.message : JSON.stringify(end));

describe.each(oldestAndNewest())('the faults of Python models with Python $version', ({ path: python }) => {
  const compute = async (
    files: Parameters<PythonModels['write']>[0],
    values: readonly unknown[],
    options: Parameters<PythonModels['write']>[1] = {},
  ): Promise<Computed> => {
    slot = slotOf(host);
    model = await models.write(files, { python, ...options });
    return computeWith(slot, model, itemsOf(values));
  };

  it('fails the guilty item alone when predict raises, with the line of the model', async () => {
    const source = 'def predict(items):\n  return [1 // item for item in items]';
    const computed = await compute(source, [1, 1, 0, 1]);
    expect(computed.failed).toEqual([2]);
    expect(JSON.stringify(computed.results[2])).toContain('predict raised ZeroDivisionError: ');
    expect(JSON.stringify(computed.results[2])).toContain('(model.py, line 2).');
  });

  it('fails an item alone whose task of an asynchronous model was cancelled', async () => {
    const source = [
      'import asyncio',
      'async def predict(items):',
      '  tasks = [asyncio.ensure_future(asyncio.sleep(0.01, item)) for item in items]',
      '  for task, item in zip(tasks, items):',
      '    if item == 0: task.cancel()',
      '  return tasks',
    ].join('\n');
    const computed = await compute(source, [1, 1, 0, 1]);
    expect(computed.failed).toEqual([2]);
    expect(JSON.stringify(computed.results[2])).toContain('"code":"CancelledError"');
    expect(computed.events.filter(({ kind }) => kind === 'rebuilt')).toEqual([]);
  });

  it.each([
    [
      'a broken pipe of its own',
      'def predict(items):\n  raise BrokenPipeError("its helper is gone")',
      'predict raised BrokenPipeError: its helper is gone (model.py, line 2).',
    ],
    [
      'an error without a readable text, in threads',
      'threads = 2\nclass Odd(RuntimeError):\n  def __str__(self): raise ValueError()\ndef predict(items):\n  raise Odd()',
      'predict raised Odd (model.py, line 5).',
    ],
    [
      'trouble after a lack of memory, in threads',
      [
        'threads = 2',
        'import sys, types',
        'def empty_cache(): raise RuntimeError("CUDA error: unspecified launch failure")',
        'sys.modules["torch"] = types.SimpleNamespace(cuda=types.SimpleNamespace(is_available=lambda: True, empty_cache=empty_cache))',
        'def predict(items): raise MemoryError("out")',
      ].join('\n'),
      'predict raised RuntimeError: CUDA error: unspecified launch failure (model.py, line 3).',
    ],
    [
      'an error while sys.stderr is the model’s own',
      'import io, sys\nsys.stderr = io.StringIO()\ndef predict(items):\n  raise KeyError("a")',
      "predict raised KeyError: 'a' (model.py, line 4).",
    ],
  ])('names %s', async (_what, source, message) => {
    const computed = await compute(source, [1], { itemTimeoutSeconds: 3 });
    expect(computed.failed).toEqual([0]);
    expect(JSON.stringify(computed.results[0])).toContain(message);
  });

  it.each([
    ['a syntax error', 'def predict(items):\n  return [', /^model\.py, line \d, is not valid Python \d\.\d+: .+\.$/],
    [
      'a missing package',
      'import os\nimport nosuchpackage',
      /^model\.py raised ModuleNotFoundError: No module named 'nosuchpackage' \(model\.py, line 2\)\. A package belongs in requirements\.txt/,
    ],
    ['no predict', 'x = 1', /^model\.py has no function predict\(items\)\.$/],
    [
      'a class that is not named',
      'class A:\n  def predict(self, items): pass',
      /its class A is named as model\.py:A\.$/,
    ],
    [
      'a load that fails',
      'def load():\n\n  open("weights.bin")\ndef predict(items): pass',
      /^load raised FileNotFoundError: .*'weights\.bin' \(model\.py, line 3\)\.$/,
    ],
    ['code that fails', 'x = {}["a"]', /^model\.py raised KeyError: 'a' \(model\.py, line 1\)\.$/],
    ['an exit', 'import sys\nsys.exit(3)', /^model\.py ended the process with sys\.exit\(3\) \(model\.py, line 2\)\.$/],
    [
      'a wrong limit',
      'threads = "8"\ndef predict(items): pass',
      /^model\.py has threads = '8'; it must be a whole number above 0\.$/,
    ],
  ])('says in one sentence where %s is', async (_what, source, sentence) => {
    const message = unableOf(await compute(source, [1]));
    expect(message).toContain('could not be loaded.');
    expect(
      message
        .split('\n')
        .at(-1)
        ?.replace(/^.*The last line of its log: /, ''),
    ).toMatch(sentence);
    expect(message).not.toContain('spotpool_host');
  });

  it('names the line in a neighbour that the model imports', async () => {
    const files = { 'model.py': 'from deep import neighbour', 'deep/neighbour.py': '\n1 / 0' };
    expect(unableOf(await compute(files, [1]))).toContain(
      'model.py raised ZeroDivisionError: division by zero (deep/neighbour.py, line 2).',
    );
  });

  it.each([
    [
      'has another name',
      'def predict(items): pass',
      'Scorer',
      'model.py has nothing with the name Scorer; it has predict.',
    ],
    [
      'needs arguments',
      '\nclass Scorer:\n  def __init__(self, path): pass',
      'Scorer',
      /Scorer\(\) raised TypeError: .*path.* \(model\.py, line 3\)\.$/,
    ],
    ['has no predict', 'class Scorer: pass', 'Scorer', 'model.py has Scorer, which has no method predict(items).'],
  ])('says so when the class %s', async (_what, source, name, sentence) => {
    const message = unableOf(await compute(source, [1], { name }));
    if (typeof sentence === 'string') expect(message).toContain(sentence);
    else expect(message).toMatch(sentence);
  });

  it.each([
    [
      'gives too few outputs',
      'return []',
      'was given 1 items and gave 0 outputs; it must give one for each item, in order',
    ],
    ['ends its generator early', 'yield from []', 'was given 1 items and gave 0 outputs'],
    ['yields too much', 'yield 1; yield 2', 'was given 1 items and gave more than 1 outputs'],
    ['gives a dictionary', 'return {"a": 1}', 'it gave a dict'],
    ['gives nothing', 'pass', 'it gave a NoneType'],
    ['gives a coroutine', 'import asyncio; return asyncio.sleep(0)', 'is written \\"async def predict(items)\\"'],
  ])('fails the item with the place of a predict that %s', async (_what, body, message) => {
    const computed = await compute(`\ndef predict(items):\n  ${body}`, [1]);
    const text = JSON.stringify(computed.results[0]);
    expect(text).toContain(`predict ${message.startsWith('was') ? '' : 'must give a list'}`);
    expect(text).toContain(message);
    expect(text).toContain('(model.py, line 2).');
  });

  it('says so when the instance has no Python, or one that is too old', async () => {
    slot = slotOf(host);
    const { python: _, ...none } = await models.write('def predict(items): return items', { python });
    expect(unableOf(await computeWith(slot, none, itemsOf([1])))).toContain('this machine has no Python interpreter');
    await slot.close();
    // Python imports this file at its start. It stands for an older interpreter, which not every machine has.
    const files = { 'model.py': '', 'sitecustomize.py': 'import sys\nsys.version_info = (3, 8, 1)' };
    const old = await models.write(files, { python });
    const computed = await compute(files, [1], { env: { PYTHONPATH: old.directory } });
    expect(unableOf(computed)).toContain(`The Python at ${python} is 3.8; a Python model needs 3.9 or newer.`);
  });
});

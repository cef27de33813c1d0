import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Slot } from '../../../worker/slot/slot.js';
import { oldestAndNewest, PythonModels } from './python-model.js';
import { buildHost, computeWith, itemsOf, rebuildsIn, slotOf, type BuiltHost, type Computed } from './support.js';

let host: BuiltHost;
let models: PythonModels;
let slot: Slot;
beforeAll(async () => {
  [host, models] = await Promise.all([buildHost(), PythonModels.open()]);
});
afterEach(() => slot.close());
afterAll(() => Promise.all([host.remove(), models.remove()]));

const outputsOf = (computed: Computed): readonly unknown[] =>
  computed.results.map((line) => (line?.ok === true ? line.output : line?.error));

const messagesOf = (computed: Computed): readonly string[] =>
  computed.events.flatMap((event) => (event.kind === 'model' ? [event.message] : []));

const unableOf = ({ end }: Computed): string => (end.kind === 'unable' ? end.message : JSON.stringify(end));

describe.each(oldestAndNewest())('the host of Python models with Python $version', ({ path: python }) => {
  const compute = async (
    files: Parameters<PythonModels['write']>[0],
    values: readonly unknown[],
    options: Parameters<PythonModels['write']>[1] = {},
  ): Promise<Computed> => {
    slot = slotOf(host);
    return computeWith(slot, await models.write(files, { python, ...options }), itemsOf(values));
  };

  it('runs load once, then predict, from a file that imports nothing of ours', async () => {
    const model = [
      'import neighbour',
      'words = []',
      'def load():',
      '  words.append(neighbour.WORD)',
      'def predict(items):',
      '  return [[item, *words] for item in items]',
    ].join('\n');
    const computed = await compute({ 'model.py': model, 'neighbour.py': 'WORD = "ä"' }, ['a', 1, null, { b: [1.5] }]);
    expect(outputsOf(computed)).toEqual([
      ['a', 'ä'],
      [1, 'ä'],
      [null, 'ä'],
      [{ b: [1.5] }, 'ä'],
    ]);
  });

  it('constructs a class once, and takes a function by its name', async () => {
    const model = [
      'class Scorer:',
      '  made = 0',
      '  def __init__(self): Scorer.made += 1',
      '  def load(self): self.word = "loaded"',
      '  def predict(self, items): return [[self.word, Scorer.made] for _ in items]',
      'def twice(items): return [2 * item for item in items]',
    ].join('\n');
    expect(outputsOf(await compute(model, [1, 2], { name: 'Scorer' }))).toEqual([
      ['loaded', 1],
      ['loaded', 1],
    ]);
    await slot.close();
    expect(outputsOf(await compute(model, [1, 2], { name: 'twice' }))).toEqual([2, 4]);
  });

  it.each([
    ['a generator', 'for item in items: yield item'],
    ['a tuple', 'return tuple(items)'],
    ['an array', 'import array; return array.array("q", items)'],
    ['a frame', 'return Frame(items)'],
    ['a map', 'return map(lambda item: item, items)'],
  ])('takes %s of outputs', async (_kind, body) => {
    const frame = [
      'class Frame:', // like that of pandas, which need not be installed
      '  def __init__(self, rows): self.rows = rows',
      '  def __iter__(self): return iter(["the names of the columns"])',
      '  def iterrows(self): raise AssertionError',
      '  def to_dict(self, orient): return list(self.rows) if orient == "records" else None',
    ];
    const computed = await compute([...frame, 'def predict(items):', `  ${body}`].join('\n'), [5, 6, 7]);
    expect(outputsOf(computed)).toEqual([5, 6, 7]);
  });

  it('writes dataclasses and pydantic models as objects, and numbers and arrays as JSON', async () => {
    const model = [
      'import dataclasses, array',
      'from typing import ClassVar',
      '@dataclasses.dataclass',
      'class Point:',
      '  x: int',
      '  inner: object = None',
      '  LIMIT: ClassVar[int] = 3',
      'class Pydantic:',
      '  def model_dump(self, mode): return {"mode": mode}',
      'class Older:',
      '  __fields__ = {}',
      '  def dict(self): return {"old": Point(1)}',
      'class Number:',
      '  def tolist(self): return 7',
      'def predict(items): return [eval(item) for item in items]',
    ].join('\n');
    const sources = ['Point(1, Point(2))', '[Pydantic(), Older()]', '{"n": Number(), "a": array.array("d", [1.5])}'];
    expect(outputsOf(await compute(model, [...sources, 'Point']))).toEqual([
      { x: 1, inner: { x: 2, inner: null } },
      [{ mode: 'json' }, { old: { x: 1, inner: null } }],
      { n: 7, a: [1.5] },
      { code: 'ModelError', message: 'The output is no JSON value: output is a type.' },
    ]);
  });

  it('keeps the type and message of an exception in its place, and logs the end of its traceback', async () => {
    const model = [
      'def score(item):',
      '  return item["text"]',
      'def predict(items):',
      '  for item in items:',
      '    try: yield score(item)',
      '    except KeyError as error: yield error',
    ].join('\n');
    const computed = await compute(model, [{ text: 'a' }, {}, { text: 'b' }]);
    expect(outputsOf(computed)).toEqual(['a', { code: 'KeyError', message: "'text'" }, 'b']);
    expect(computed.log.slice(0, 2)).toEqual(['Item 1 failed:', 'Traceback (most recent call last):']);
    expect(computed.log.join('\n')).toContain('model.py", line 2, in score');
    expect(rebuildsIn(computed)).toEqual([]);
  });

  it('fails the guilty item alone when predict raises, with the line of the model', async () => {
    const model = 'def predict(items):\n  return [1 // item for item in items]';
    const computed = await compute(model, [1, 1, 0, 1]);
    expect(computed.failed).toEqual([2]);
    expect(JSON.stringify(computed.results[2])).toContain('predict raised ZeroDivisionError: ');
    expect(JSON.stringify(computed.results[2])).toContain('(model.py, line 2).');
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
  ])('says in one sentence where %s is', async (_what, model, sentence) => {
    const message = unableOf(await compute(model, [1]));
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
  ])('says so when the class %s', async (_what, model, name, sentence) => {
    const message = unableOf(await compute(model, [1], { name }));
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

  it('calls an asynchronous predict for several slices in one event loop', async () => {
    const model = [
      'import asyncio',
      'together = None',
      'count = 0',
      'async def load():',
      '  global together',
      '  together = asyncio.Event()',
      'async def predict(items):',
      '  global count',
      '  count += 1',
      '  if count == 4: together.set()',
      '  await together.wait()',
      '  return items',
    ].join('\n');
    const computed = await compute(model, ['a', 'b', 'c', 'd'], { concurrency: 4 });
    expect(outputsOf(computed)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('takes an asynchronous generator, and awaits what stands in the place of an output', async () => {
    const model = [
      'import asyncio',
      'async def one(item):',
      '  await asyncio.sleep(0)',
      '  if item == 2: raise ValueError("no 2")',
      '  return item',
      'class Yielding:',
      '  async def predict(self, items):',
      '    for item in items: yield one(item)',
      'class Listing:',
      '  async def predict(self, items): return [one(item) for item in items]',
    ].join('\n');
    const expected = [1, { code: 'ValueError', message: 'no 2' }, 3];
    expect(outputsOf(await compute(model, [1, 2, 3], { name: 'Yielding' }))).toEqual(expected);
    await slot.close();
    expect(outputsOf(await compute(model, [1, 2, 3], { name: 'Listing' }))).toEqual(expected);
  });

  it('ends the process with the line when an asynchronous predict raises or gives a wrong number', async () => {
    const model = [
      'async def predict(items):',
      '  if "bad" in items: raise ValueError("not today")',
      '  return items[1:] if "few" in items else items',
    ].join('\n');
    const computed = await compute(model, ['a', 'bad', 'few', 'b']);
    expect(computed.failed).toEqual([1, 2]);
    expect(JSON.stringify(computed.results[1])).toContain('predict raised ValueError: not today (model.py, line 2).');
    expect(JSON.stringify(computed.results[2])).toContain('predict was given 1 items and gave 0 outputs');
  });

  it('calls predict in several threads when the model says threads', async () => {
    const model = [
      'import threading',
      'threads = 4',
      'all_of_them = threading.Barrier(4)',
      'def predict(items):',
      '  if "bad" in items: raise ValueError("not today")',
      '  if "met" in items: all_of_them.wait(60)',
      '  return items',
    ].join('\n');
    const met = await compute(model, ['met', 'met', 'met', 'met'], { concurrency: 64 });
    expect(met.failed).toEqual([]);
    await slot.close();
    const computed = await compute(model, ['a', 'bad', 'b'], { concurrency: 4 });
    expect(computed).toMatchObject({ end: { kind: 'computed' }, failed: [1] });
    expect(JSON.stringify(computed.results[1])).toContain('predict raised ValueError: not today (model.py, line 5).');
  });

  it('gives each call at most batch_size items', async () => {
    const model = 'batch_size = 3\ndef predict(items): return [len(items)] * len(items)';
    const sizes = outputsOf(await compute(model, Array.from({ length: 40 }).fill(1))) as number[];
    expect(Math.max(...sizes)).toBe(3);
  });

  it.each([
    ['MemoryError', 'raise MemoryError()'],
    ["torch's error by its name", 'raise type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory.")'],
    ['the text of CUDA', 'raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")'],
  ])('halves the calls that run out of memory with %s, and loses no item', async (_kind, raising) => {
    const model = [
      'batch_size = 8',
      'def predict(items):',
      `  if len(items) > 2: ${raising}`,
      '  return [len(items)] * len(items)',
    ].join('\n');
    const computed = await compute(model, Array.from({ length: 60 }).fill(1));
    expect(computed).toMatchObject({ end: { kind: 'computed' }, failed: [], repeated: 0 });
    expect(rebuildsIn(computed)).toEqual([]);
    expect(messagesOf(computed).map((message) => message.slice(0, 90))).toEqual([
      expect.stringMatching(/^A call with \d items ran out of memory\. Each call gets at most \d items from here on\./),
      ...messagesOf(computed)
        .slice(1)
        .map((message) => message.slice(0, 90)),
    ]);
    expect(messagesOf(computed).at(-1)).toContain('Each call gets at most 2 items from here on.');
  });

  it('fails an item that runs out of memory on its own, and asks no answered item again', async () => {
    const model = [
      'def predict(items):',
      '  for item in items:',
      '    if item == "large": raise MemoryError("no room")',
      '    yield item',
    ].join('\n');
    const computed = await compute(model, ['a', 'b', 'large', 'c', 'd', 'e']);
    expect(outputsOf(computed)).toEqual(['a', 'b', { code: 'MemoryError', message: 'no room' }, 'c', 'd', 'e']);
    expect(computed.repeated).toBe(0);
    expect(rebuildsIn(computed)).toEqual([]);
  });

  it('says so when the instance has no Python, or one that is too old', async () => {
    slot = slotOf(host);
    const { python: _, ...none } = await models.write('def predict(items): return items', { python });
    expect(unableOf(await computeWith(slot, none, itemsOf([1])))).toContain('this instance has no Python interpreter');
    await slot.close();
    // Python imports this file at its start. It stands for an older interpreter, which not every machine has.
    const files = { 'model.py': '', 'sitecustomize.py': 'import sys\nsys.version_info = (3, 8, 1)' };
    const old = await models.write(files, { python });
    const computed = await compute(files, [1], { env: { PYTHONPATH: old.directory } });
    expect(unableOf(computed)).toContain(`The Python at ${python} is 3.8; a Python model needs 3.9 or newer.`);
  });

  it('keeps its channel from child processes and forks, and logs what they print', async () => {
    const model = [
      'import os, subprocess, sys',
      'def predict(items):',
      '  os.write(1, b"to descriptor 1\\n")',
      '  subprocess.run("echo of a child; cat; echo x >&4 || echo closed", shell=True, close_fds=False)',
      '  child = os.fork()',
      '  if child == 0:',
      '    os.write(4, b"not a line of the protocol\\n")',
      '    os._exit(len(os.read(3, 10)))',
      '  status = os.waitpid(child, 0)[1]',
      '  return [[item, sys.stdin.read(), status] for item in items]',
    ].join('\n');
    const computed = await compute(model, [0, 1]);
    expect(outputsOf(computed)).toEqual([
      [0, '', 0],
      [1, '', 0],
    ]);
    expect(computed.log).toEqual(expect.arrayContaining(['to descriptor 1', 'of a child', 'closed']));
    expect(rebuildsIn(computed)).toEqual([]);
  });

  it('runs a model that spawns processes of its own', async () => {
    const model = [
      'from concurrent.futures import ProcessPoolExecutor',
      'import multiprocessing',
      'def square(number): return number * number',
      'def load():',
      '  global pool',
      '  pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))',
      'def predict(items): return pool.map(square, items)',
    ].join('\n');
    expect(outputsOf(await compute(model, [3, 4]))).toEqual([9, 16]);
  });

  it("takes the model's modules for its own, not the host's", async () => {
    const files = {
      'model.py': 'import channel\ndef predict(items): return [channel.MINE] * len(items)',
      'channel.py': 'MINE = 1',
    };
    expect(outputsOf(await compute(files, [0]))).toEqual([1]);
  });

  it('runs a file that still calls spotpool_model.run', async () => {
    const model = 'import spotpool_model\nspotpool_model.run(lambda items: items, max_slice_items=2)';
    expect(outputsOf(await compute(model, [1, 2, 3]))).toEqual([1, 2, 3]);
  });
});

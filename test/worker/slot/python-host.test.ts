import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PreparedModel, Slot } from '../../../worker/slot/slot.js';
import { oldestAndNewest, PythonModels } from './python-model.js';
import {
  buildHost,
  computeWith,
  itemsOf,
  logWith,
  rebuildsIn,
  slotOf,
  type BuiltHost,
  type Computed,
} from './support.js';

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

const outputsOf = (computed: Computed): readonly unknown[] =>
  computed.results.map((line) => (line?.ok === true ? line.output : line?.error));

const messagesOf = (computed: Computed): readonly string[] =>
  computed.events.flatMap((event) => (event.kind === 'model' ? [event.message] : []));

describe.each(oldestAndNewest())('the host of Python models with Python $version', ({ path: python }) => {
  const compute = async (
    files: Parameters<PythonModels['write']>[0],
    values: readonly unknown[],
    options: Parameters<PythonModels['write']>[1] = {},
  ): Promise<Computed> => {
    slot = slotOf(host);
    model = await models.write(files, { python, ...options });
    return computeWith(slot, model, itemsOf(values));
  };

  it('runs load once, then predict, from a file that imports nothing of ours', async () => {
    const source = [
      'import neighbour',
      'words = []',
      'def load():',
      '  words.append(neighbour.WORD)',
      'def predict(items):',
      '  return [[item, *words] for item in items]',
    ].join('\n');
    const computed = await compute({ 'model.py': source, 'neighbour.py': 'WORD = "ä"' }, ['a', 1, null, { b: [1.5] }]);
    expect(outputsOf(computed)).toEqual([
      ['a', 'ä'],
      [1, 'ä'],
      [null, 'ä'],
      [{ b: [1.5] }, 'ä'],
    ]);
  });

  it('constructs a class once, and takes a function by its name', async () => {
    const source = [
      'class Scorer:',
      '  made = 0',
      '  def __init__(self): Scorer.made += 1',
      '  def load(self): self.word = "loaded"',
      '  def predict(self, items): return [[self.word, Scorer.made] for _ in items]',
      'def twice(items): return [2 * item for item in items]',
    ].join('\n');
    expect(outputsOf(await compute(source, [1, 2], { name: 'Scorer' }))).toEqual([
      ['loaded', 1],
      ['loaded', 1],
    ]);
    await slot.close();
    expect(outputsOf(await compute(source, [1, 2], { name: 'twice' }))).toEqual([2, 4]);
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
    const source = [
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
    expect(outputsOf(await compute(source, [...sources, 'Point']))).toEqual([
      { x: 1, inner: { x: 2, inner: null } },
      [{ mode: 'json' }, { old: { x: 1, inner: null } }],
      { n: 7, a: [1.5] },
      { code: 'ModelError', message: 'The output is no JSON value: output is a type.' },
    ]);
  });

  it('keeps the type and message of an exception in its place, and logs the end of its traceback', async () => {
    const source = [
      'def score(item):',
      '  return item["text"]',
      'def predict(items):',
      '  for item in items:',
      '    try: yield score(item)',
      '    except KeyError as error: yield error',
    ].join('\n');
    const computed = await compute(source, [{ text: 'a' }, {}, { text: 'b' }]);
    expect(outputsOf(computed)).toEqual(['a', { code: 'KeyError', message: "'text'" }, 'b']);
    const log = await logWith("KeyError: 'text'", { slot, model, computed });
    expect(log.slice(0, 2)).toEqual(['Item 1 failed:', 'Traceback (most recent call last):']);
    expect(log.join('\n')).toContain('model.py", line 2, in score');
    expect(rebuildsIn(computed)).toEqual([]);
  });

  it('calls an asynchronous predict for several slices in one event loop', async () => {
    const source = [
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
    const computed = await compute(source, ['a', 'b', 'c', 'd'], { concurrency: 4 });
    expect(outputsOf(computed)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('takes an asynchronous generator, and awaits what stands in the place of an output', async () => {
    const source = [
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
    expect(outputsOf(await compute(source, [1, 2, 3], { name: 'Yielding' }))).toEqual(expected);
    await slot.close();
    expect(outputsOf(await compute(source, [1, 2, 3], { name: 'Listing' }))).toEqual(expected);
  });

  it('ends the process with the line when an asynchronous predict raises or gives a wrong number', async () => {
    const source = [
      'async def predict(items):',
      '  if "bad" in items: raise ValueError("not today")',
      '  return items[1:] if "few" in items else items',
    ].join('\n');
    const computed = await compute(source, ['a', 'bad', 'few', 'b']);
    expect(computed.failed).toEqual([1, 2]);
    expect(JSON.stringify(computed.results[1])).toContain('predict raised ValueError: not today (model.py, line 2).');
    expect(JSON.stringify(computed.results[2])).toContain('predict was given 1 items and gave 0 outputs');
  });

  it('calls predict in several threads when the model says threads', async () => {
    const source = [
      'import threading',
      'threads = 4',
      'all_of_them = threading.Barrier(4)',
      'def predict(items):',
      '  if "bad" in items: raise ValueError("not today")',
      '  if "met" in items: all_of_them.wait(60)',
      '  return items',
    ].join('\n');
    const met = await compute(source, ['met', 'met', 'met', 'met'], { concurrency: 64 });
    expect(met.failed).toEqual([]);
    await slot.close();
    const computed = await compute(source, ['a', 'bad', 'b'], { concurrency: 4 });
    expect(computed).toMatchObject({ end: { kind: 'computed' }, failed: [1] });
    expect(JSON.stringify(computed.results[1])).toContain('predict raised ValueError: not today (model.py, line 5).');
  });

  it('gives each call at most batch_size items', async () => {
    const source = 'batch_size = 3\ndef predict(items): return [len(items)] * len(items)';
    const sizes = outputsOf(await compute(source, Array.from({ length: 40 }).fill(1))) as number[];
    expect(Math.max(...sizes)).toBe(3);
  });

  it.each([
    ['MemoryError', 'raise MemoryError()'],
    ["torch's error by its name", 'raise type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory.")'],
    ['the text of CUDA', 'raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")'],
  ])('halves the calls that run out of memory with %s, and loses no item', async (_kind, raising) => {
    const source = [
      'batch_size = 8',
      'def predict(items):',
      `  if len(items) > 2: ${raising}`,
      '  return [len(items)] * len(items)',
    ].join('\n');
    const computed = await compute(source, Array.from({ length: 60 }).fill(1));
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
    const source = [
      'def predict(items):',
      '  for item in items:',
      '    if item == "large": raise MemoryError("no room")',
      '    yield item',
    ].join('\n');
    const computed = await compute(source, ['a', 'b', 'large', 'c', 'd', 'e']);
    expect(outputsOf(computed)).toEqual(['a', 'b', { code: 'MemoryError', message: 'no room' }, 'c', 'd', 'e']);
    expect(computed.repeated).toBe(0);
    expect(rebuildsIn(computed)).toEqual([]);
  });

  it('keeps its channel from child processes and forks, and logs what they print', async () => {
    const source = [
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
    const computed = await compute(source, [0, 1]);
    expect(outputsOf(computed)).toEqual([
      [0, '', 0],
      [1, '', 0],
    ]);
    const log = await logWith('closed', { slot, model, computed });
    expect(log).toEqual(expect.arrayContaining(['to descriptor 1', 'of a child', 'closed']));
    expect(rebuildsIn(computed)).toEqual([]);
  });

  it('runs a model that spawns processes of its own', async () => {
    const source = [
      'from concurrent.futures import ProcessPoolExecutor',
      'import multiprocessing',
      'def square(number): return number * number',
      'def load():',
      '  global pool',
      '  pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))',
      'def predict(items): return pool.map(square, items)',
    ].join('\n');
    expect(outputsOf(await compute(source, [3, 4]))).toEqual([9, 16]);
  });

  it("takes the model's modules for its own, not the host's", async () => {
    const files = {
      'model.py': 'import channel\ndef predict(items): return [channel.MINE] * len(items)',
      'channel.py': 'MINE = 1',
    };
    expect(outputsOf(await compute(files, [0]))).toEqual([1]);
  });

  it('runs a file that still calls spotpool_model.run', async () => {
    const source = 'import spotpool_model\nspotpool_model.run(lambda items: items, max_slice_items=2)';
    expect(outputsOf(await compute(source, [1, 2, 3]))).toEqual([1, 2, 3]);
  });
});

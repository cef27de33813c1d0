import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SUPPORTED } from '../../support/pythons.js';
import { oldestAndNewest } from './python-model.js';
import type { Slot, PreparedModel } from '../../../worker/slot/slot.js';
import {
  buildHost,
  computeWith,
  fixtures,
  itemsOf,
  logWith,
  modelOf,
  rebuildsIn,
  slotOf,
  type BuiltHost,
} from './support.js';

const directory = fixtures;
/** Python writes no compiled files beside the sources. */
const env = { PYTHONDONTWRITEBYTECODE: '1' };
const pythons = oldestAndNewest();
const isCi = process.env['CI'] === 'true';

let host: BuiltHost;
let slot: Slot;
beforeAll(async () => {
  host = await buildHost();
});
afterAll(() => host.remove());

it('is tested under Python 3.9, the oldest supported version, wherever CI=true', () => {
  const versions = pythons.map(({ version }) => version);
  // Elsewhere the tests use the versions that are installed.
  expect(versions).toEqual(expect.arrayContaining(isCi ? [SUPPORTED[0]] : []));
});

describe.each(pythons)('a model with Python $version', ({ path: python }) => {
  afterEach(() => slot.close());

  it('answers items, returns errors as data, and logs its output', async () => {
    slot = slotOf(host);
    const model = modelOf([python, 'formula_mass.py'], { directory, env });
    const computed = await computeWith(slot, model, itemsOf(['H2O', 'Xx2', 'C6H12O6', '?', 'NaCl']));
    expect(computed).toMatchObject({ end: { kind: 'computed' }, failed: [1, 3], repeated: 0 });
    expect(computed.results[0]).toMatchObject({ output: { mass: 18.015 } });
    expect(computed.results[1]).toMatchObject({ error: { code: 'KeyError', message: "'unknown element Xx'" } });
    expect(computed.results[4]).toMatchObject({ output: { formula: 'NaCl', mass: 58.44 } });
    expect(await logWith('1 formulas', { slot, model, computed })).toContain('1 formulas');
    expect(rebuildsIn(computed)).toEqual([]);
  });

  it.each([
    ['raises', 'def predict(items): raise ValueError("not today")', 'ValueError: not today'],
    ['gives too few outputs', 'def predict(items): return []', 'given 1 items and gave 0 outputs'],
    ['gives a text', 'def predict(items): return "a"', 'it gave a str'],
    ['exits', 'import os\ndef predict(items): os._exit(9)', 'exit code 9'],
  ])('fails the item at which it %s', async (_what, code, message) => {
    slot = slotOf(host);
    const program = `import spotpool_model\n${code}\nspotpool_model.run(predict, max_slice_items=4)`;
    const computed = await computeWith(slot, modelOf([python, '-c', program], { directory, env }), itemsOf([1]));
    expect(computed.failed).toEqual([0]);
    expect(computed.results[0]).toMatchObject({ error: { code: 'SlotCrashed' } });
    expect(JSON.stringify(computed.results[0])).toContain(message);
  });

  it('answers several slices at once in threads, and ends when one of them raises', async () => {
    slot = slotOf(host);
    const program = [
      'import spotpool_model, threading',
      'both = threading.Barrier(2)',
      'def predict(items):',
      '  if items == ["bad"]: raise ValueError("not today")',
      '  if "met" in items: both.wait(60)',
      '  return items',
      'spotpool_model.run(predict, max_slice_items=1, threads=2)',
    ].join('\n');
    const model = modelOf([python, '-c', program], { directory, env, concurrency: 8 });
    // Each of the two items waits until the other one is asked as well.
    expect((await computeWith(slot, model, itemsOf(['met', 'met']))).failed).toEqual([]);
    const computed = await computeWith(slot, model, itemsOf(['a', 'bad', 'b']));
    expect(computed).toMatchObject({ end: { kind: 'computed' }, failed: [1] });
    expect(JSON.stringify(computed.results[1])).toContain('not today');
  });

  /** Makes a model whose outputs are the values of the items as Python expressions. */
  const evaluating = (prelude = '', options: { readonly nan?: 'null' } = {}): PreparedModel =>
    modelOf(
      [
        python,
        '-c',
        `import spotpool_model\n${prelude}\nspotpool_model.run(lambda items: [eval(item) for item in items])`,
      ],
      { directory, env, ...options },
    );

  it('fails only the items whose outputs JSON cannot express, and names the value and its place', async () => {
    slot = slotOf(host);
    const prelude = [
      'import datetime',
      'class Opaque: pass',
      'class Kind: kind = "M"',
      'class Instant:', // like numpy's datetime64[ns], which would become a bare integer
      '  dtype = Kind()',
      '  def tolist(self): return 1577836800000000000',
      'circle = {"a": []}',
      'circle["a"].append(circle)',
      'deep = []',
      'for _ in range(100_000): deep = [deep]',
    ].join('\n');
    const troubles = {
      'float("nan")': 'output is NaN; give None, or submit the job with --nan null',
      '{"scores": [1, 2, 3, float("-inf")]}':
        'output.scores[3] is -Infinity; give None, or submit the job with --nan null',
      '{1, 2}': 'output is a set',
      '{"a b": [b"x"]}': 'output["a b"][0] is a bytes',
      '[datetime.date(2020, 1, 1)]': 'output[0] is a datetime.date',
      '{"o": Opaque()}': 'output.o is a __main__.Opaque',
      '[Instant()]': 'output[0] is a __main__.Instant',
      '{(1, 2): 3}': 'output has a key that is no text: (1, 2)',
      '{"c": circle}': 'output.c.a[0] is circular: it contains itself',
      'lambda: 1': 'output is a function',
      deep: 'output is nested too deeply',
    };
    const sources = Object.keys(troubles);
    const items = itemsOf(sources.flatMap((source) => [source, '"well"']));
    const computed = await computeWith(slot, evaluating(prelude), items);
    expect(computed.end).toEqual({ kind: 'computed' });
    for (const [at, trouble] of Object.values(troubles).entries()) {
      const message = `The output is no JSON value: ${trouble}.`;
      expect(computed.results[2 * at]).toMatchObject({ error: { code: 'ModelError', message } });
      expect(computed.results[2 * at + 1]).toMatchObject({ output: 'well' });
    }
    expect(rebuildsIn(computed)).toEqual([]);
  });

  it('fails only the item whose exception has no text', async () => {
    slot = slotOf(host);
    const prelude = 'class Mute(Exception):\n  def __str__(self): raise ValueError';
    const computed = await computeWith(slot, evaluating(prelude), itemsOf(['Mute()', '"well"']));
    expect(computed.results).toMatchObject([{ error: { code: 'Mute', message: 'Mute' } }, { output: 'well' }]);
    expect(rebuildsIn(computed)).toEqual([]);
  });

  it('writes arrays and their numbers as lists and numbers', async () => {
    slot = slotOf(host);
    // These classes stand for those of numpy and torch, which need not be installed.
    const prelude = [
      'import array',
      'class Number:',
      '  def __init__(self, value): self.value = value',
      '  def tolist(self): return self.value',
    ].join('\n');
    const sources = ['array.array("f", [0.5, 2])', '{"x": [Number(3), Number([1.5])]}', '[Number(float("nan"))]'];
    const computed = await computeWith(slot, evaluating(prelude), itemsOf(sources));
    expect(computed.results[0]).toMatchObject({ output: [0.5, 2] });
    expect(computed.results[1]).toMatchObject({ output: { x: [3, [1.5]] } });
    expect(JSON.stringify(computed.results[2])).toContain('output[0] is NaN');
  });

  it('writes null for NaN and the infinities if the job asks for it, and for nothing else', async () => {
    slot = slotOf(host);
    const sources = ['[float("nan"), {"a": float("inf"), "b": (-1.0, -0.0)}]', '{"a": [float("nan"), {1}]}'];
    const computed = await computeWith(slot, evaluating('', { nan: 'null' }), itemsOf(sources));
    expect(computed.results[0]).toMatchObject({ output: [null, { a: null, b: [-1, -0] }] });
    expect(JSON.stringify(computed.results[1])).toContain('output.a[1] is a set.');
  });

  it('keeps its channel private: child processes cannot read or write the protocol', async () => {
    slot = slotOf(host);
    const program = [
      'import os, subprocess, sys, spotpool_model',
      'def predict(items):',
      '  os.write(1, b"to descriptor 1\\n")',
      '  subprocess.run("echo of a child; cat", shell=True)',
      '  return [[item, sys.stdin.read()] for item in items]',
      'spotpool_model.run(predict, max_slice_items=2)',
    ].join('\n');
    const items = itemsOf([0, 1, 2, 3, 4]);
    const model = modelOf([python, '-c', program], { directory, env });
    const computed = await computeWith(slot, model, items);
    expect(computed.results.map((line) => line?.ok === true && line.output)).toEqual(
      [0, 1, 2, 3, 4].map((item) => [item, '']),
    );
    expect(await logWith('of a child', { slot, model, computed })).toContain('to descriptor 1');
    expect(rebuildsIn(computed)).toEqual([]);
  });

  it('reads and logs UTF-8 whatever the locale is', async () => {
    slot = slotOf(host);
    const program = 'import spotpool_model\nspotpool_model.run(lambda items: [print(item) or item for item in items])';
    const latin = {
      ...env,
      LANG: 'C',
      LC_ALL: 'C',
      PYTHONIOENCODING: 'latin-1',
      PYTHONUTF8: '0',
      PYTHONCOERCECLOCALE: '0',
    };
    const texts = ['aspirinä 日本 🎉', 'a\u2028b\u0085c', '\ud800'];
    const model = modelOf([python, '-c', program], { directory, env: latin });
    const computed = await computeWith(slot, model, itemsOf(texts));
    expect(computed.results.map((line) => line?.ok === true && line.output)).toEqual(texts);
    const log = await logWith('\\ud800', { slot, model, computed });
    expect(log).toEqual(expect.arrayContaining(['aspirinä 日本 🎉', '\\ud800']));
  });

  it('fails only the items that Python cannot read', async () => {
    slot = slotOf(host);
    const program =
      'import spotpool_model\nspotpool_model.run(lambda items: [str(type(item).__name__) for item in items])';
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const items = ['1', deep, '"a"', '[1]', deep, '9'.repeat(100_000)].map((json, index) => ({
      index,
      input: { kind: 'item', json } as const,
    }));
    const computed = await computeWith(slot, modelOf([python, '-c', program], { directory, env }), items);
    expect(computed.failed).toEqual([1, 4, 5]);
    expect(computed.results[1]).toMatchObject({
      error: { code: 'ModelError', message: 'Python cannot read the item: it is nested too deeply.' },
    });
    expect(JSON.stringify(computed.results[5])).toContain('digits');
    expect(computed.results[3]).toMatchObject({ output: 'list' });
    expect(rebuildsIn(computed)).not.toContain('crashed');
  });
});

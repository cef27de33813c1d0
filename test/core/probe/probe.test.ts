import { describe, expect, it } from 'vitest';
import { decodeProbeMark, encodeProbeMark } from '../../../core/contract/probe-mark.js';
import type { FaultKind, Reach } from '../../../core/probe/fault-kinds.js';
import { classify } from '../../../core/probe/fault.js';
import { locate, withoutDirectory } from '../../../core/probe/locate.js';
import { paceOf, slotsNeeded } from '../../../core/probe/pace.js';
import type { ProbeFailure } from '../../../core/probe/probe.js';
import { SpreadSample } from '../../../core/probe/spread-sample.js';

const load = (...log: readonly string[]): ProbeFailure => ({ phase: 'load', message: 'It could not be loaded.', log });
const lost = (reason: ProbeFailure['reason'], ...log: readonly string[]): ProbeFailure => ({
  phase: 'item',
  message: 'The process ended.',
  log,
  ...(reason === undefined ? {} : { reason }),
});

const CASES: readonly (readonly [ProbeFailure, FaultKind, Reach])[] = [
  [lost('protocol'), 'protocol', 'everywhere'],
  [lost('memory'), 'memory', 'here'],
  [lost('timeout'), 'hang', 'unknown'],
  [lost('broken'), 'broken', 'unknown'],
  [lost('crashed', 'Segmentation fault'), 'crash', 'unknown'],
  [{ ...load(), found: 'line-ends' }, 'line-ends', 'everywhere'],
  [{ phase: 'setup', message: 'The setup command failed.', log: [] }, 'setup', 'unknown'],
  [{ phase: 'environment', message: 'No wheel.', log: [] }, 'environment', 'unknown'],
  [{ phase: 'load', message: "The model's load did not end within 600 s.", log: [] }, 'never-ready', 'unknown'],
  [load('RuntimeError: Found no NVIDIA driver on your system.'), 'gpu', 'here'],
  [load('AssertionError: Torch not compiled with CUDA enabled'), 'gpu', 'here'],
  [load('OSError: libcuda.so.1: cannot open shared object file: No such file or directory'), 'gpu', 'here'],
  [load('botocore.exceptions.NoCredentialsError: Unable to locate credentials'), 'role', 'here'],
  [load('getaddrinfo ENOTFOUND huggingface.co'), 'network', 'here'],
  [load('MemoryError'), 'memory', 'here'],
  [load("ImportError: /lib/libc.so.6: version `GLIBC_2.34' not found"), 'platform', 'here'],
  [load('Error: model.mjs is no model: it must export a function predict(items, context)'), 'predict', 'everywhere'],
  [
    load('Error: predict was given 4 items and gave 3 outputs; it must give one for each item'),
    'outputs',
    'everywhere',
  ],
  [load('  File "m.py", line 3', 'SyntaxError: invalid syntax'), 'syntax', 'everywhere'],
  [load('IndentationError: unexpected indent'), 'syntax', 'everywhere'],
  [load('SyntaxError: Unexpected token } in JSON at position 4'), 'crash', 'unknown'],
  [load("Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'a'"), 'not-shipped', 'everywhere'],
  [load("ModuleNotFoundError: No module named 'torch'"), 'package', 'here'],
  [load("ModuleNotFoundError: No module named 'helper.deep'"), 'not-shipped', 'everywhere'],
  [load("Can't locate Nope.pm in @INC"), 'package', 'here'],
  [load('there is no package called ‘xgboost’'), 'package', 'here'],
  [load("FileNotFoundError: [Errno 2] No such file or directory: 'words.txt'"), 'not-shipped', 'everywhere'],
  [load("ENOENT: no such file or directory, open '/opt/weights.bin'"), 'crash', 'unknown'],
  [load('  File "<frozen os>", line 7, in environ', "KeyError: 'HF_TOKEN'"), 'variable', 'unknown'],
  [load('  in environ', "KeyError: 'API_KEY'"), 'secret', 'here'],
  [{ phase: 'load', message: "The model's process ended by itself (exit code 127).", log: [] }, 'program', 'here'],
  [load('ValueError: x'), 'crash', 'unknown'],
];

describe('the failure of a probe', () => {
  it.each(CASES)('%j is %s, and concerns instances: %s', (failure, kind, reach) => {
    const surroundings = { secrets: ['API_KEY'], isNeighbour: (name: string) => name === 'helper.py' };
    expect(classify(failure, surroundings)).toMatchObject({ kind, reach });
  });

  it('is at the innermost place in a shipped file', () => {
    const isShipped = (file: string): boolean => ['model.py', 'lib/deep.py', 'model.mjs', 'score.rb'].includes(file);
    const at = (text: string) => locate(text, '/tmp/m', isShipped);
    expect(
      at('File "/tmp/m/model.py", line 3, in f\nFile "/tmp/m/lib/deep.py", line 9, in g\nFile "/usr/json.py", line 1'),
    ).toEqual({
      file: 'lib/deep.py',
      line: 9,
    });
    expect(at('at f (file:///tmp/m/model.mjs:12:7)\nat g (file:///tmp/m/model.mjs:1:1)')).toMatchObject({
      line: 12,
      column: 7,
    });
    expect(at("score.rb:4:in `f': bad (RuntimeError)")).toEqual({ file: 'score.rb', line: 4 });
    expect(at('at f (file:///elsewhere/model.mjs:12:7)')).toBeUndefined();
    expect(withoutDirectory('file:///tmp/m/model.mjs:1 in /tmp/m', '/tmp/m')).toBe('model.mjs:1 in .');
  });
});

describe('a spread sample', () => {
  it.each([3, 10, 999, 12_345])('of %s items is spread over all of them, in order and in bounded memory', (length) => {
    const sample = new SpreadSample<number>({ items: 10, bytes: 1e9 });
    for (let index = 0; index < length; index++) sample.add(index, 1, index);
    const taken = sample.take();
    expect(taken.length).toBe(Math.min(10, length));
    expect(taken[0]).toBeLessThan(Math.max(1, length * 0.2));
    expect(taken).toEqual([...new Set(taken)].sort((a, b) => a - b));
    expect(taken.at(-1)).toBeGreaterThan(length * 0.45);
  });

  it.each([2, 3, 4, 8])('has items of every kind when each %s-th item is of another kind', (kinds) => {
    const sample = new SpreadSample<number>({ items: 100, bytes: 1e9 });
    for (let index = 0; index < 5_000; index++) sample.add(index, 1, index);
    const found = sample.take().map((index) => index % kinds);
    for (let kind = 0; kind < kinds; kind++) {
      expect(found.filter((each) => each === kind).length).toBeGreaterThan(100 / kinds / 3);
    }
  });

  it('holds fewer items when they are large, and at least one', () => {
    const sample = new SpreadSample<number>({ items: 10, bytes: 100 });
    for (let index = 0; index < 50; index++) sample.add(index, 40, index);
    expect(sample.take().length).toBeLessThanOrEqual(2);
    const huge = new SpreadSample<number>({ items: 10, bytes: 100 });
    huge.add(0, 1_000, 0);
    expect(huge.take()).toEqual([0]);
  });
});

describe('a pace', () => {
  const slice = (items: number, ms: number, cold = false) => ({ items, ms, cold, firstIndex: 0, lastIndex: items });

  it('leaves the first slice of a process out, unless there is no other', () => {
    expect(paceOf([slice(1, 500, true), slice(4, 40), slice(16, 320)])).toMatchObject({
      msPerItem: 18,
      medianMsPerItem: 20,
    });
    expect(paceOf([slice(1, 500, true)])).toMatchObject({ msPerItem: 500 });
    expect(paceOf([])).toBeUndefined();
  });

  it('gives the slots that need five minutes or less', () => {
    expect(slotsNeeded(1_000_000, 12)).toEqual({ slotSeconds: 12_000, slots: 40, seconds: 300 });
    expect(slotsNeeded(100, 10)).toMatchObject({ slots: 1, seconds: 1 });
    expect(slotsNeeded(1e9, 1_000).slots).toBe(1_000);
  });
});

it('the mark of a probe is read as it was written, and nothing else is one', () => {
  const mark = {
    version: 1,
    items: 8,
    msPerItem: 1.5,
    loadMs: 20,
    memoryBytes: 7,
    machine: 'linux x64',
    at: '2026',
  } as const;
  expect(decodeProbeMark(encodeProbeMark(mark))).toEqual(mark);
  expect(decodeProbeMark('{"version":2}')).toBeUndefined();
});

/** The journal in a real directory, and what a program that outlives the worker makes of it (R4). */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeLossMark } from '../../../core/contract/loss-mark.js';
import { lossKey } from '../../../core/contract/keys.js';
import { Journal, JOURNAL_NAME } from '../../../worker/losses/journal.js';
import { readJournal } from '../../../worker/losses/journal-lines.js';
import { markLosses } from '../../../worker/losses/mark-losses.js';
import { MemoryStore } from '../support/memory-store.js';

let parent: string;
let directory: string;
let file: string;
const troubles: unknown[] = [];
beforeEach(() => {
  parent = mkdtempSync(path.join(tmpdir(), 'spotpool-journal-'));
  directory = path.join(parent, 'spotpool-i-1-abc');
  file = path.join(directory, JOURNAL_NAME);
  troubles.length = 0;
});
afterEach(() => rmSync(parent, { recursive: true }));

const open = (): Journal => new Journal(directory, (error) => troubles.push(error));
const of = (lease: string, items: readonly number[], isFirst = false) => ({
  job: 'job',
  batch: 3,
  lease: `i-1-${lease}`,
  items,
  isFirst,
});
const journal = (): string => readFileSync(file, 'utf8');
const inSlots = (): readonly unknown[] => readJournal(journal()).inSlots;

const gonePid = (): number => spawnSync(process.execPath, ['--version']).pid;
const store = (): MemoryStore => new MemoryStore();
const mark = (into: MemoryStore, isAlive: (pid: number) => boolean = () => false): Promise<void> =>
  markLosses({
    directory: parent,
    store: into,
    nowMs: Date.parse('2026-01-01T00:00:00Z'),
    isAlive,
    writeLine: () => undefined,
    signal: AbortSignal.timeout(10_000),
  });

describe('the journal of a worker', () => {
  it('names the last items of each batch that is held, and forgets a batch that is not', () => {
    const written = open();
    written.inSlots(of('a', [4, 5, 6]));
    written.inSlots(of('b', [9]));
    written.inSlots(of('a', [8, 7]));
    written.gone('i-1-b');
    expect(inSlots()).toMatchObject([{ job: 'job', batch: 3, lease: 'i-1-a', items: [{ first: 7, last: 8 }] }]);
    expect(readJournal(journal()).process).toBe(process.pid);
    expect(troubles).toEqual([]);
  });

  it('says that an item stood alone only if it was the first of its process, and no slot had another', () => {
    const written = open();
    written.inSlots(of('a', [4], true));
    expect(inSlots()).toMatchObject([{ alone: true }]);
    written.inSlots(of('b', [9], true));
    expect(inSlots()).toMatchObject([{ alone: false }, { alone: false }]);
    written.gone('i-1-b');
    written.inSlots(of('a', [4, 5], true));
    expect(inSlots()).toMatchObject([{ alone: false }]);
    written.inSlots(of('a', [5], false));
    expect(inSlots()).toMatchObject([{ alone: false }]);
  });

  it('is left by no worker that ends by itself, even when it goes on for a moment', () => {
    const written = open();
    written.inSlots(of('a', [4]));
    written.close();
    written.inSlots(of('a', [5]));
    expect(existsSync(file)).toBe(false);
  });

  it('stays small, and keeps the batches that are held', () => {
    const written = open();
    written.inSlots(of('held', [1]));
    for (let item = 0; item < 12_000; item += 1) {
      written.inSlots(of('short', [item]));
      written.gone('i-1-short');
    }
    expect(readFileSync(file).length).toBeLessThan(1_200_000);
    expect(inSlots()).toMatchObject([{ lease: 'i-1-held' }]);
  });

  it('reports a disk that refuses it, and costs no work', () => {
    writeFileSync(directory, 'a file in the place of the folder');
    open().inSlots(of('a', [4]));
    expect(troubles).toHaveLength(1);
  });

  it('loses nothing but a last line that was being written', () => {
    open().inSlots(of('a', [4]));
    writeFileSync(file, journal() + '{"job":"job","batch":4,"lease":"i-1-x","items":"1');
    expect(inSlots()).toMatchObject([{ lease: 'i-1-a' }]);
  });
});

describe('the marks of losses', () => {
  const key = lossKey('job', 3, 'i-1-a');

  it('are written for what a dead worker had in its slots, and its journal goes away', async () => {
    open().inSlots(of('a', [4], true));
    const bucket = store();
    await mark(bucket);
    const stored = await bucket.get(key, { signal: AbortSignal.timeout(1_000) });
    expect(decodeLossMark(stored?.body ?? '')).toEqual({
      at: '2026-01-01T00:00:00.000Z',
      items: [{ first: 4, last: 4 }],
      alone: true,
    });
    expect(existsSync(file)).toBe(false);
  });

  it('are not written while the worker lives', async () => {
    open().inSlots(of('a', [4]));
    const bucket = store();
    await mark(bucket, (pid) => pid === process.pid);
    expect(await bucket.head(key, { signal: AbortSignal.timeout(1_000) })).toBeUndefined();
    expect(existsSync(file)).toBe(true);
  });

  it('are tried again by the next end of a worker when the bucket did not answer', async () => {
    open().inSlots(of('a', [4]));
    const refusing = { put: async () => Promise.reject(new Error('no network')) };
    await expect(mark(refusing as unknown as MemoryStore)).rejects.toThrow('no network');
    const bucket = store();
    await mark(bucket);
    expect(await bucket.head(key, { signal: AbortSignal.timeout(1_000) })).toBeDefined();
  });

  it('are written beside a pipe that a model has put in the place of a journal, and which nobody writes', async () => {
    const planted = path.join(parent, 'planted');
    mkdirSync(planted);
    expect(spawnSync('mkfifo', [path.join(planted, JOURNAL_NAME)]).status).toBe(0);
    open().inSlots(of('a', [4]));
    const bucket = store();
    await mark(bucket);
    expect(await bucket.head(key, { signal: AbortSignal.timeout(1_000) })).toBeDefined();
  });

  it.each([
    '',
    'x',
    '{"process":1}',
    '{"job":"../x","batch":3,"lease":"i-1-a","items":"1","isFirst":true}',
    '{"gone":true}',
  ])('are none for a line that is no line of a journal: %s', async (line) => {
    mkdirSync(directory);
    writeFileSync(file, `{"process":${gonePid()}}\n${line}\n`);
    const bucket = store();
    await mark(bucket);
    const keys: string[] = [];
    for await (const found of bucket.list('', { signal: AbortSignal.timeout(1_000) })) keys.push(found.key);
    expect(keys).toEqual([]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeOutputLine } from '../../../core/contract/result-line.js';
import { HeldBatch, type StoredRun } from '../../../worker/batch/held-batch.js';
import { finishedLines, headOf, splitLines } from '../../../worker/batch/stored-lines.js';
import { MemoryStore } from '../support/memory-store.js';

const { signal } = new AbortController();
const lineOf = (index: number): string => encodeOutputLine(index, JSON.stringify(`é${index}`));

function batchOf(items: number, runs: readonly StoredRun[], inMemory: readonly number[]): HeldBatch {
  const where = { batch: 0, key: 'k', startByte: 0, endByte: 1, firstIndex: 0, items };
  const lease = { id: 'lease', receiptHandle: 'h', receivedAtMs: 0 };
  const batch = new HeldBatch({ ...where, job: 'job', manifestDigest: '' }, lease, 1);
  for (const run of runs) batch.resumeStored(run);
  batch.addResults(inMemory.map((index) => ({ index, ok: true, line: lineOf(index) })));
  return batch;
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
}

describe('lines of stored objects', () => {
  it('are the same however the object is cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string()), fc.integer({ min: 1, max: 7 }), async (texts, cut) => {
        const lines = texts.map((text) => `${text.replaceAll('\n', ' ')}\n`);
        const bytes = Buffer.from(lines.join(''));
        const chunks = async function* (): AsyncGenerator<Uint8Array> {
          for (let at = 0; at < bytes.length; at += cut) yield bytes.subarray(at, at + cut);
        };
        const found: string[] = [];
        for await (const line of splitLines(chunks())) found.push(line.toString());
        expect(found).toEqual(lines);
      }),
    );
  });

  it('give their index and whether they are ok, and other lines give nothing', () => {
    expect(headOf(Buffer.from('{"index":17,"ok":true,"output":1}\n'))).toEqual({ index: 17, ok: true });
    expect(headOf(Buffer.from('{"index":3,"ok":false,"error":{}}\n'))).toEqual({ index: 3, ok: false });
    expect(headOf(Buffer.from('{"output":1}\n'))).toBeUndefined();
    expect(headOf(Buffer.from('{"index":17,"ok":true,"output":"\u00e9"}\n', 'latin1'))).toBeUndefined();
  });
});

describe('an outcome that is not in memory', () => {
  /** Each item is in memory or in one of three runs. The runs also have lines that do not count. */
  const places = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 40 });

  function stored(store: MemoryStore, whereOf: readonly number[]): StoredRun[] {
    return [1, 2, 3].flatMap((place) => {
      const own = whereOf.flatMap((at, index) => (at === place ? [{ first: index, last: index }] : []));
      const key = `run-${place}`;
      const lines = whereOf.flatMap((at, index) => (at === place || index % place === 0 ? [lineOf(index)] : []));
      store.set(key, lines.join(''));
      return own.length === 0 ? [] : [{ key, own, items: own.length, ok: own.length }];
    });
  }

  it('is merged in order, each item once', async () => {
    await fc.assert(
      fc.asyncProperty(places, async (whereOf) => {
        const store = new MemoryStore();
        const inMemory = whereOf.flatMap((at, index) => (at === 0 ? [index] : []));
        const batch = batchOf(whereOf.length, stored(store, whereOf), inMemory.reverse());
        expect(batch.itemsLeft).toBe(0);
        expect(await textOf(finishedLines(batch, store, signal))).toBe(whereOf.map((_, at) => lineOf(at)).join(''));
      }),
    );
  });

  it('closes its bodies when its writer stops', async () => {
    const store = new MemoryStore();
    let open = 0;
    const lines = Array.from({ length: 20_000 }, (_, index) => lineOf(index));
    store.set('run', lines.join(''));
    const stream = store.stream.bind(store);
    store.stream = async function* (key, options) {
      open += 1;
      try {
        yield* stream(key, options);
      } finally {
        open -= 1;
      }
    };
    const run = { key: 'run', own: [{ first: 0, last: 19_999 }], items: 20_000, ok: 20_000 };
    for await (const _ of finishedLines(batchOf(20_000, [run], []), store, signal)) {
      expect(open).toBe(1);
      break;
    }
    expect(open).toBe(0);
  });

  it('fails when a line that counts is missing', async () => {
    const store = new MemoryStore();
    store.set('run', lineOf(0));
    const run = { key: 'run', own: [{ first: 0, last: 1 }], items: 2, ok: 2 };
    const made = textOf(finishedLines(batchOf(2, [run], []), store, signal));
    await expect(made).rejects.toThrow('The finished item 1 is not in run any more');
  });
});

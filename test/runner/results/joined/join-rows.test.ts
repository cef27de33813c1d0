import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inputPartKey, keptPartKey, planKey, sourcesKey } from '../../../../core/contract/keys.js';
import type { ResultRow } from '../../../../core/contract/result-row.js';
import { encodeSourceLine } from '../../../../core/contract/source-line.js';
import { encodePlanLine } from '../../../../core/dataset/plan.js';
import { type JoinRequest, joinRows } from '../../../../runner/results/joined/join-rows.js';
import { errorOf } from '../../../support/error-of.js';
import { MemoryStore } from '../../../support/memory-store.js';

const JOB = 'job-1';
const { signal } = new AbortController();

interface Batch {
  readonly part: number;
  readonly items: number;
}

const inputOf = (index: number): string => `{"n":${index},"text":"${'é'.repeat(index % 7)}"}`;

/** Stores the input, the kept lines, the sources and the plan of a job. Returns the indexes of each batch. */
async function plant(store: MemoryStore, batches: readonly Batch[]): Promise<readonly (readonly number[])[]> {
  const parts = new Map<number, { input: string; kept: string }>();
  let plan = '';
  let firstIndex = 0;
  const indexes: number[][] = [];
  for (const [batch, { part, items }] of batches.entries()) {
    const of = parts.get(part) ?? { input: '', kept: '' };
    const startByte = Buffer.byteLength(of.input);
    const mine = Array.from({ length: items }, (_, n) => firstIndex + n);
    for (const index of mine) {
      of.input += `${inputOf(index)}\n`;
      of.kept += `{"id":${index}.0,"kept":{"a.b":"${index}"}}\n`;
    }
    parts.set(part, of);
    const endByte = Buffer.byteLength(of.input);
    plan += encodePlanLine({ batch, key: inputPartKey(JOB, part), startByte, endByte, firstIndex, items });
    indexes.push(mine);
    firstIndex += items;
  }
  await store.put(planKey(JOB), plan, { signal });
  for (const [part, { input, kept }] of parts) {
    await store.put(inputPartKey(JOB, part), input, { signal });
    await store.put(keptPartKey(JOB, part), kept, { signal });
  }
  const half = Math.ceil(firstIndex / 2);
  const sources = [
    { file: 'a.csv', first: 0, items: half },
    {
      file: 'b.csv',
      first: half,
      items: firstIndex - half,
      rows: indexes
        .flat()
        .slice(half)
        .map((n) => 10 * n),
    },
  ];
  const lines = sources.filter(({ items }) => items > 0).map(encodeSourceLine);
  await store.put(sourcesKey(JOB), lines.join(''), { signal });
  return indexes;
}

const rowOf = (index: number): ResultRow =>
  index % 3 === 0
    ? { index, ok: false, error: { code: 'Odd', message: 'odd' } }
    : { index, ok: true, outputJson: '1.0' };

async function joined(store: MemoryStore, batches: readonly (readonly number[])[], request: Partial<JoinRequest>) {
  const stage = joinRows({ job: JOB, store, signal, ...request });
  const rows = async function* (): AsyncGenerator<readonly ResultRow[]> {
    for (const batch of batches) yield batch.map(rowOf);
  };
  const all: ResultRow[] = [];
  for await (const some of stage?.(rows()) ?? []) all.push(...some);
  return all;
}

const ALL: Partial<JoinRequest> = {
  identity: { idField: 'n', keep: ['a.b', 'c'] },
  inputOf: 'all',
  sourceOf: 'lines',
};

/** Batches of one to four items, in parts that follow each other. */
const someBatches = fc
  .array(fc.record({ isNewPart: fc.boolean(), items: fc.integer({ min: 1, max: 4 }) }), { minLength: 1, maxLength: 12 })
  .map((some) => {
    let part = -1;
    return some.map(({ isNewPart, items }) => ({ part: isNewPart || part < 0 ? (part += 1) : part, items }));
  });

it('joins each row with its own line, whatever batches are missing', async () => {
  await fc.assert(
    fc.asyncProperty(someBatches, fc.infiniteStream(fc.boolean()), async (batches, isThere) => {
      const store = new MemoryStore();
      const indexes = await plant(store, batches);
      const present = indexes.filter(() => isThere.next().value);
      const half = Math.ceil(indexes.flat().length / 2);
      expect(await joined(store, present, ALL)).toEqual(
        present.flat().map((index) => ({
          ...rowOf(index),
          idJson: `${index}.0`,
          keptJson: [`"${index}"`, undefined],
          inputJson: inputOf(index),
          source: index < half ? { file: 'a.csv', row: index + 1 } : { file: 'b.csv', row: 10 * index },
        })),
      );
    }),
    { numRuns: 60 },
  );
});

describe('a join', () => {
  const TWO_PARTS: readonly Batch[] = [
    { part: 0, items: 3 },
    { part: 1, items: 3 },
  ];

  it('is nothing when nothing is asked for', () => {
    expect(joinRows({ job: JOB, store: new MemoryStore(), signal })).toBeUndefined();
  });

  it('reads only what is asked for, and only the parts that have results', async () => {
    const store = new MemoryStore();
    const indexes = await plant(store, TWO_PARTS);
    const reads: string[] = [];
    store.beforeRead = (key) => void reads.push(key);
    await joined(store, indexes.slice(1), { identity: { idField: 'n' } });
    expect(reads).toEqual([planKey(JOB), keptPartKey(JOB, 1)]);
  });

  it('gives inputs to failed rows alone when only these are wanted', async () => {
    const store = new MemoryStore();
    const rows = await joined(store, await plant(store, TWO_PARTS), { inputOf: 'failed' });
    expect(rows.flatMap(({ index, inputJson }) => (inputJson === undefined ? [] : [index]))).toEqual([0, 3]);
  });

  it('names the file of an item that is a file, and no input for an item that could not be read', async () => {
    const store = new MemoryStore();
    const indexes = await plant(store, [{ part: 0, items: 2 }]);
    const reference = { bucket: 'b', key: 'files/1', size: 1, name: 'cats/a.png' };
    await store.put(inputPartKey(JOB, 0), `${JSON.stringify(reference)}\n!{"code":"BadItem","message":"x"}\n`, {
      signal,
    });
    const rows = await joined(store, indexes, { sourceOf: 'objects', inputOf: 'all' });
    expect(rows).toEqual([
      { ...rowOf(0), inputJson: JSON.stringify(reference), source: { file: 'cats/a.png', row: 1 } },
      rowOf(1),
    ]);
  });

  const KEPT = keptPartKey(JOB, 0);
  it.each([
    ['is missing', undefined],
    ['has fewer lines than its part of the dataset has items', '{"id":0}\n{"id":1}\n'],
    ['has more lines than its part of the dataset has items', '{"id":0}\n{"id":1}\n{"id":2}\n{"id":3}\n'],
    ['is damaged: the line of item 1 is no kept line', '{"id":0}\n{"id":null}\n{"id":2}\n'],
    ['is damaged: the line of item 2 is no kept line', '{"id":0}\n{"id":1}\n{"id":\n'],
  ])('ends with an error that names the kept part that %s', async (why, text) => {
    const store = new MemoryStore();
    const indexes = await plant(store, TWO_PARTS);
    if (text === undefined) store.objects.delete(KEPT);
    else await store.put(KEPT, text, { signal });
    const error = await errorOf(joined(store, indexes, { identity: { idField: 'n' } }));
    expect(error.message).toBe(
      `The ids and kept fields of job job-1 cannot be read: the object ${KEPT} in the stack's bucket ${why}. With --no-ids the results do not need it.`,
    );
  });

  it('ends with an error when the sources are missing', async () => {
    const store = new MemoryStore();
    const indexes = await plant(store, TWO_PARTS);
    store.objects.delete(sourcesKey(JOB));
    const error = await errorOf(joined(store, indexes, { sourceOf: 'lines' }));
    expect(error.message).toContain(`the object ${sourcesKey(JOB)} in the stack's bucket is missing.`);
  });
});

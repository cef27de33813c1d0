/** Tests the first slice of the next batch, which is sent while the slot computes the batch before. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Slot } from '../../../worker/slot/slot.js';
import { eventually } from '../../support/eventually.js';
import { buildHost, computeWith, fixtures, itemsOf, modelOf, rebuildsIn, slotOf } from './support.js';
import type { BuiltHost, Computed } from './support.js';

let host: BuiltHost;
let slot: Slot;
let directory: string;
beforeAll(async () => {
  host = await buildHost();
});
afterAll(() => host.remove());
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'spotpool-ahead-'));
  slot = slotOf(host);
});
afterEach(async () => {
  await slot.close();
  await rm(directory, { recursive: true });
});

const TAKES_AHEAD = '{"ready":true,"ahead":true}';

/** Lets the model answer the slice that begins with this index. */
const letGo = (...indexes: readonly number[]): Promise<unknown> =>
  Promise.all(indexes.map((index) => writeFile(path.join(directory, String(index)), '')));

/** A batch that was given to the slot. */
class Begun {
  readonly log: string[] = [];
  /** The items that the process had, each time that it was about to get some. */
  readonly inSlot: { readonly items: readonly number[]; readonly isFirst: boolean }[] = [];
  readonly end: Promise<Computed>;
  isNearlyDone = false;
  hasTurn = false;
  stopAtTurn = false;
  readonly #stopping = new AbortController();

  constructor(items: readonly unknown[], first: number, ready: string) {
    const model = modelOf([process.execPath, path.join(fixtures, 'ahead.mjs'), directory, ready]);
    this.end = computeWith(slot, model, itemsOf(items, first), {
      onEvent: (event) => void (event.kind === 'log' && this.log.push(event.line)),
      onStart: () => {
        this.hasTurn = true;
        if (this.stopAtTurn) this.stop();
      },
      onNearlyDone: () => void (this.isNearlyDone = true),
      onInSlot: (inSlot, isFirst) => void this.inSlot.push({ items: inSlot, isFirst }),
      signal: this.#stopping.signal,
    });
  }

  stop(): void {
    this.#stopping.abort();
  }
}

const begin = (items: readonly unknown[], first: number, ready = TAKES_AHEAD): Begun => new Begun(items, first, ready);

/**
 * Makes a slot that has measured its model, with a current batch that waits for `letGo(1)`, and the next batch sent
 * ahead.
 */
async function withOneAhead(item: unknown = 'b', next: readonly unknown[] = ['c', 'd']): Promise<[Begun, Begun]> {
  await letGo(0);
  await begin(['a'], 0).end;
  const inHand = begin([item], 1);
  await eventually(() => inHand.isNearlyDone);
  const ahead = begin(next, 2);
  await eventually(() => inHand.log.includes('asked 2,3 after'));
  return [inHand, ahead];
}

const outputs = ({ results }: Computed): readonly unknown[] =>
  results.filter((line) => line !== undefined).map((line) => (line.ok ? line.output : 'failed'));

describe('the next batch', () => {
  it('has its first slice in the slot before the current batch is answered, and starts after it', async () => {
    const [inHand, ahead] = await withOneAhead();
    expect([inHand.hasTurn, ahead.hasTurn]).toEqual([true, false]);
    await letGo(1, 2);
    expect(outputs(await inHand.end)).toEqual(['b']);
    expect(outputs(await ahead.end)).toEqual(['c', 'd']);
    expect(ahead.hasTurn).toBe(true);
    // Nothing was sent twice.
    expect(ahead.log.filter((line) => line.startsWith('asked'))).toEqual([]);
  });

  it('has its items named before the process gets them, as those of the current batch (R4)', async () => {
    await letGo(0);
    const first = begin(['a'], 0);
    await first.end;
    expect(first.inSlot).toEqual([{ items: [0], isFirst: true }]);
    const [inHand, ahead] = await withOneAhead();
    expect(inHand.inSlot).toEqual([{ items: [1], isFirst: false }]);
    expect(ahead.inSlot).toEqual([{ items: [2, 3], isFirst: false }]);
    await letGo(1, 2);
    await ahead.end;
    expect(ahead.inSlot).toHaveLength(1);
  });

  it('is not sent ahead to a model that does not allow it', async () => {
    await letGo(0);
    await begin(['a'], 0, '{"ready":true}').end;
    const inHand = begin(['b'], 1, '{"ready":true}');
    await eventually(() => inHand.log.includes('asked 1'));
    const next = begin(['c', 'd'], 2, '{"ready":true}');
    await letGo(1);
    await inHand.end;
    await eventually(() => next.log.length > 0);
    await letGo(2);
    expect(outputs(await next.end)).toEqual(['c', 'd']);
    // The model writes its log beside its answers, so a line of the first batch may come during the second.
    const ofItsOwn = inHand.log.filter((line) => line !== 'asked 0');
    expect([inHand.isNearlyDone, ofItsOwn, next.log]).toEqual([false, ['asked 1'], ['asked 2,3']]);
  });

  it('can be stopped, and the current batch and its process go on', async () => {
    const [inHand, ahead] = await withOneAhead();
    ahead.stop();
    expect((await ahead.end).end).toEqual({ kind: 'aborted' });
    await letGo(1, 2, 4);
    expect(outputs(await inHand.end)).toEqual(['b']);
    const another = await begin(['e'], 4).end;
    expect([outputs(another), another.events.filter(({ kind }) => kind === 'ready')]).toEqual([['e'], []]);
    // The slot also computes the very items that were dropped.
    expect(outputs(await begin(['c', 'd'], 2).end)).toEqual(['c', 'd']);
  });

  it('is computed again, and not blamed, when the current batch ends the process', async () => {
    const [inHand, ahead] = await withOneAhead('crash');
    await letGo(1, 2);
    expect(outputs(await inHand.end)).toEqual(['failed']);
    const computed = await ahead.end;
    expect([outputs(computed), rebuildsIn(computed)]).toEqual([['c', 'd'], []]);
  });

  it('is computed by a new process when the current batch is stopped', async () => {
    const [inHand, ahead] = await withOneAhead();
    await letGo(2);
    inHand.stop();
    expect((await inHand.end).end).toEqual({ kind: 'aborted' });
    expect(outputs(await ahead.end)).toEqual(['c', 'd']);
  });

  it('is dropped when it is stopped in the moment that it starts', async () => {
    const [inHand, ahead] = await withOneAhead();
    ahead.stopAtTurn = true;
    await letGo(1, 2);
    await inHand.end;
    expect((await ahead.end).end).toEqual({ kind: 'aborted' });
    // The slot takes another batch ahead as before.
    const another = begin(['e'], 4);
    await eventually(() => another.isNearlyDone);
    const next = begin(['f'], 5);
    await eventually(() => [...another.log, ...next.log].includes('asked 5 after'));
    await letGo(4, 5);
    expect([outputs(await another.end), outputs(await next.end)]).toEqual([['e'], ['f']]);
  });

  it('is not started early when the batch before it is stopped', async () => {
    const [inHand, ahead] = await withOneAhead();
    const third = begin(['e'], 4);
    ahead.stop();
    await ahead.end;
    await letGo(2, 4);
    expect(third.hasTurn).toBe(false);
    await letGo(1);
    expect([outputs(await inHand.end), outputs(await third.end)]).toEqual([['b'], ['e']]);
  });

  it('looks for another slot when the current batch is not done within moments after all', async () => {
    const [inHand, ahead] = await withOneAhead();
    expect((await ahead.end).end).toEqual({ kind: 'late' });
    await letGo(1, 2, 4);
    expect([outputs(await inHand.end), outputs(await begin(['e'], 4).end)]).toEqual([['b'], ['e']]);
  });

  it('is blamed for its own faults', async () => {
    const [inHand, ahead] = await withOneAhead('b', ['c', 'crash']);
    await letGo(1, 2, 3);
    expect(outputs(await inHand.end)).toEqual(['b']);
    expect(outputs(await ahead.end)).toEqual(['c', 'failed']);
  });
});

/** Jobs over one model share its slot, and each counts its items from 0. */
describe('two jobs whose items have the same indexes', () => {
  const item = (job: number, value: number, kind = 'good'): unknown => ({ kind, value: job * 100 + value });
  const doubled = (job: number, values: readonly number[]): unknown[] =>
    values.map((value) => ({ doubled: 2 * (job * 100 + value) }));
  const warm = (): Promise<Computed> => computeWith(slot, modelOf('kinds.mjs'), itemsOf([item(0, 0)], 1_000));
  /** Resolves when the batch is nearly done. */
  const give = async (
    items: readonly unknown[],
    first = 0,
    signal?: AbortSignal,
  ): Promise<{ end: Promise<Computed> }> => {
    let end!: Promise<Computed>;
    await new Promise<void>((resolve) => {
      const stop = signal === undefined ? {} : { signal };
      end = computeWith(slot, modelOf('kinds.mjs'), itemsOf(items, first), { onNearlyDone: resolve, ...stop });
      void end.then(() => resolve());
    });
    return { end };
  };

  it('are told apart when a slice that was sent ahead is forgotten', async () => {
    await warm();
    const inHand = await give([item(1, 9)], 9);
    const stopping = new AbortController();
    const forgotten = computeWith(slot, modelOf('kinds.mjs'), itemsOf([0, 1, 2].map((n) => item(2, n))), {
      signal: stopping.signal,
    });
    stopping.abort();
    const after = await give([0, 1, 2].map((n) => item(1, n)));
    expect(outputs(await inHand.end)).toEqual(doubled(1, [9]));
    expect((await forgotten).end).toEqual({ kind: 'aborted' });
    expect(outputs(await after.end)).toEqual(doubled(1, [0, 1, 2]));
  });

  it('are told apart when a witness is asked again behind a slice that was sent ahead', async () => {
    await warm();
    await (
      await give([item(1, 1), item(1, 2)], 1)
    ).end;
    const inHand = await give([item(1, 3, 'error')], 3);
    const ahead = await give([0, 1, 2, 3].map((n) => item(2, n)));
    expect(outputs(await inHand.end)).toEqual(['failed']);
    expect(outputs(await ahead.end)).toEqual(doubled(2, [0, 1, 2, 3]));
  });

  it('are told apart when items of the current batch are asked again', async () => {
    await warm();
    const model = modelOf('kinds-by-four.mjs');
    await computeWith(slot, model, itemsOf([item(0, 0)], 1_000));
    const items = Array.from({ length: 12 }, (_, n) => item(1, n, n === 0 ? 'exit' : 'good'));
    let next: Promise<Computed> | undefined;
    const first = await computeWith(slot, model, itemsOf(items), {
      onNearlyDone: () => {
        next ??= computeWith(
          slot,
          model,
          itemsOf(
            [8, 9, 10, 11].map((n) => item(2, n)),
            8,
          ),
        );
      },
    });
    expect(outputs(first)).toEqual(['failed', ...doubled(1, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])]);
    expect(rebuildsIn(first)).toHaveLength(3);
    expect(outputs((await next) as Computed)).toEqual(doubled(2, [8, 9, 10, 11]));
  });
});

it('names an item as the first of its process after each reload (R4)', async () => {
  const inSlot: (readonly [readonly number[], boolean])[] = [];
  const items = itemsOf([{ kind: 'good', value: 1 }, { kind: 'exit' }, { kind: 'good', value: 2 }]);
  const onInSlot = (named: readonly number[], isFirst: boolean): void => void inSlot.push([named, isFirst]);
  const { failed } = await computeWith(slot, modelOf('kinds.mjs'), items, { onInSlot });
  expect(failed).toEqual([1]);
  expect(inSlot.filter(([, isFirst]) => isFirst)).toEqual([
    [[0], true],
    [[1], true],
    [[1], true],
    [[2], true],
  ]);
});

it('never calls a model twice at once against its limit', async () => {
  const model = modelOf('once-at-a-time.mjs');
  const compute = (items: readonly unknown[], first: number, more: object = {}): Promise<Computed> =>
    computeWith(slot, model, itemsOf(items, first), more);
  await compute([1], 1_000);
  for (let round = 0; round < 5; round += 1) {
    const stopping = new AbortController();
    const others: Promise<Computed>[] = [];
    const inHand = await compute(['error'], 3, {
      onNearlyDone: () => {
        others.push(compute([1, 2], 10, { signal: stopping.signal }));
        if (round % 2 === 0) stopping.abort();
        others.push(compute([1], 20));
      },
    });
    expect(outputs(inHand)).toEqual(['failed']);
    for (const other of others) expect(outputs(await other).every((output) => output === 'alone')).toBe(true);
  }
});

describe('batches that overlap in a slot', () => {
  it('have the same outcomes as each has alone, whatever their items do', { timeout: 120_000 }, async () => {
    const kind = fc.oneof(
      { weight: 12, arbitrary: fc.constant('good') },
      { weight: 1, arbitrary: fc.constantFrom('error', 'exit', 'breaker') },
    );
    const batch = fc.record({
      kinds: fc.array(kind, { minLength: 1, maxLength: 6 }),
      first: fc.constantFrom(0, 3, 10, 20),
      isStopped: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 10, maxLength: 10 }), async (batches) => {
        const ends: Promise<Computed>[] = [];
        for (const [number, { kinds, first, isStopped }] of batches.entries()) {
          const items = itemsOf(
            kinds.map((name) => ({ kind: name, value: number })),
            first,
          );
          const stopping = new AbortController();
          // The next batch is given when this one is nearly done or over.
          await new Promise<void>((resolve) => {
            const how = { onNearlyDone: resolve, signal: stopping.signal };
            const end = computeWith(slot, modelOf('kinds.mjs'), items, how);
            ends.push(end);
            void end.then(() => resolve());
            if (isStopped) stopping.abort();
          });
        }
        for (const [number, end] of ends.entries()) {
          const { end: how, results, repeated } = await end;
          const { kinds = [], first = 0, isStopped = false } = batches[number] ?? {};
          const right = kinds.map((name) => (name === 'good' ? { doubled: number * 2 } : 'failed'));
          const said = kinds.map((_, n) => {
            const line = results[first + n];
            return line === undefined ? 'nothing' : line.ok ? line.output : 'failed';
          });
          expect([how.kind, repeated]).toEqual([isStopped ? 'aborted' : 'computed', 0]);
          expect(said).toEqual(isStopped ? kinds.map(() => 'nothing') : right);
        }
      }),
      { numRuns: 6 },
    );
  });
});

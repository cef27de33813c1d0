/** The first slice of the next batch, sent while the slot is at the one before. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BatchComputer } from '../../../worker/model/batch-computer.js';
import { eventually } from '../../support/eventually.js';
import { buildHost, computeWith, fixtures, itemsOf, modelOf, rebuildsIn, slotOf } from './support.js';
import type { BuiltHost, Computed } from './support.js';

let host: BuiltHost;
let slot: BatchComputer;
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
  readonly end: Promise<Computed>;
  isNearlyDone = false;
  hasTurn = false;
  private readonly stopping = new AbortController();

  constructor(items: readonly unknown[], first: number, ready: string) {
    const model = modelOf([process.execPath, path.join(fixtures, 'ahead.mjs'), directory, ready]);
    this.end = computeWith(slot, model, itemsOf(items, first), {
      onEvent: (event) => void (event.kind === 'log' && this.log.push(event.line)),
      onTurn: () => void (this.hasTurn = true),
      onNearlyDone: () => void (this.isNearlyDone = true),
      signal: this.stopping.signal,
    });
  }

  stop(): void {
    this.stopping.abort();
  }
}

const begin = (items: readonly unknown[], first: number, ready = TAKES_AHEAD): Begun => new Begun(items, first, ready);

/** A slot that has measured its model, with a batch in hand that waits for `letGo(1)`, and the next one sent ahead. */
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
  it('has its first slice in the slot before the one in hand is answered, and its turn after it', async () => {
    const [inHand, ahead] = await withOneAhead();
    expect([inHand.hasTurn, ahead.hasTurn]).toEqual([true, false]);
    await letGo(1, 2);
    expect(outputs(await inHand.end)).toEqual(['b']);
    expect(outputs(await ahead.end)).toEqual(['c', 'd']);
    expect(ahead.hasTurn).toBe(true);
    // Nothing was sent twice.
    expect(ahead.log.filter((line) => line.startsWith('asked'))).toEqual([]);
  });

  it('is not sent ahead to a model that does not say that it takes that', async () => {
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
    expect([inHand.isNearlyDone, inHand.log, next.log]).toEqual([false, ['asked 1'], ['asked 2,3']]);
  });

  it('can be stopped: the one in hand goes on, and so does the process', async () => {
    const [inHand, ahead] = await withOneAhead();
    ahead.stop();
    expect((await ahead.end).end).toEqual({ kind: 'aborted' });
    await letGo(1, 2, 4);
    expect(outputs(await inHand.end)).toEqual(['b']);
    const another = await begin(['e'], 4).end;
    expect([outputs(another), another.events.filter(({ kind }) => kind === 'ready')]).toEqual([['e'], []]);
    // Also the very items that nobody wanted.
    expect(outputs(await begin(['c', 'd'], 2).end)).toEqual(['c', 'd']);
  });

  it('is computed anew, and is not to blame, when the one in hand ends the process', async () => {
    const [inHand, ahead] = await withOneAhead('crash');
    await letGo(1, 2);
    expect(outputs(await inHand.end)).toEqual(['failed']);
    const computed = await ahead.end;
    expect([outputs(computed), rebuildsIn(computed)]).toEqual([['c', 'd'], []]);
  });

  it('is computed by a new process when the one in hand is stopped', async () => {
    const [inHand, ahead] = await withOneAhead();
    await letGo(2);
    inHand.stop();
    expect((await inHand.end).end).toEqual({ kind: 'aborted' });
    expect(outputs(await ahead.end)).toEqual(['c', 'd']);
  });

  it('is to blame for what it does itself', async () => {
    const [inHand, ahead] = await withOneAhead('b', ['c', 'crash']);
    await letGo(1, 2, 3);
    expect(outputs(await inHand.end)).toEqual(['b']);
    expect(outputs(await ahead.end)).toEqual(['c', 'failed']);
  });
});

describe('batches that overlap in a slot', () => {
  it('have the outcomes that each has alone, whatever their items do', { timeout: 120_000 }, async () => {
    const kind = fc.oneof(
      { weight: 12, arbitrary: fc.constant('good') },
      { weight: 1, arbitrary: fc.constantFrom('error', 'exit', 'breaker') },
    );
    const batches = fc.array(fc.array(kind, { minLength: 1, maxLength: 6 }), { minLength: 8, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(batches, async (jobs) => {
        const ends: Promise<Computed>[] = [];
        for (const [batch, kinds] of jobs.entries()) {
          const items = itemsOf(
            kinds.map((name) => ({ kind: name, value: batch })),
            batch * 10,
          );
          // The next one is given when this one is nearly done, or over.
          await new Promise<void>((resolve) => {
            const end = computeWith(slot, modelOf('kinds.mjs'), items, { onNearlyDone: resolve });
            ends.push(end);
            void end.then(() => resolve());
          });
        }
        for (const [batch, end] of ends.entries()) {
          const { results, repeated } = await end;
          const said = results.filter((line) => line !== undefined).map((line) => (line.ok ? line.output : 'failed'));
          const right = jobs[batch]?.map((name) => (name === 'good' ? { doubled: batch * 2 } : 'failed'));
          expect([said, repeated]).toEqual([right, 0]);
        }
      }),
      { numRuns: 6 },
    );
  });
});

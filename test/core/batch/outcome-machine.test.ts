import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rebuildBudget } from '../../../core/batch/bisection.js';
import { OutcomeMachine } from '../../../core/batch/outcome-machine.js';
import { MOST_CONCURRENCY } from '../../../core/contract/slot-shape.js';
import { SlotMemory } from '../../../core/batch/slot-memory.js';
import { FakeProcess, isGuilty, run, type FakeItem, type Kind, type Run } from './fake-model.js';

interface Scene {
  readonly batches: readonly (readonly Kind[])[];
  readonly concurrency: number;
  /** The number of slices at once changes with each call. */
  readonly changing: boolean;
  readonly buffered: boolean;
  readonly maxSlice: number;
  readonly picks: readonly number[];
}

/** Runs the batches one after another on one slot. */
function play(scene: Scene): readonly { readonly kinds: readonly Kind[]; readonly result: Run }[] {
  const memory = new SlotMemory<FakeItem>();
  const slot: { process: FakeProcess | undefined } = { process: new FakeProcess() };
  let turn = 0;
  const pick = (bound: number): number => (scene.picks[turn++ % scene.picks.length] ?? 0) % bound;
  return scene.batches.map((kinds, batch) => {
    if (slot.process === undefined) {
      slot.process = new FakeProcess();
      memory.processReplaced();
    }
    const items = kinds.map((kind, position) => ({ id: batch * 1000 + position, kind }));
    const concurrency = (): number => (scene.changing ? 1 + pick(scene.concurrency) : scene.concurrency);
    return { kinds, result: run({ ...scene, concurrency, items, memory, slot, pick }) };
  });
}

const plainScene = { concurrency: 1, changing: false, buffered: true, maxSlice: 8, picks: [7] };

const one = (kinds: readonly Kind[], options: Partial<Scene> = {}): Run =>
  play({ batches: [kinds], ...plainScene, ...options })[0]?.result as Run;

const failedIn = (result: Run): readonly number[] =>
  [...result.verdicts.values()]
    .filter((verdict) => verdict.error !== undefined)
    .map((verdict) => verdict.position)
    .sort((a, b) => a - b);

const guiltyIn = (kinds: readonly Kind[]): readonly number[] =>
  kinds.flatMap((kind, position) => (isGuilty(kind) ? [position] : []));

function scenes(kinds: fc.Arbitrary<readonly Kind[]>, maxConcurrency: number): fc.Arbitrary<Scene> {
  return fc.record({
    batches: fc.array(kinds, { minLength: 1, maxLength: 4 }),
    concurrency: fc.integer({ min: 1, max: maxConcurrency }),
    changing: fc.boolean(),
    buffered: fc.boolean(),
    maxSlice: fc.integer({ min: 1, max: 40 }),
    picks: fc.array(fc.nat(1000), { minLength: 1, maxLength: 50 }),
  });
}

const anyKind = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Kind>('good') },
  { weight: 2, arbitrary: fc.constant<Kind>('error') },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Kind>('crash', 'hang', 'breaker', 'quietBreaker', 'leak', 'unlucky'),
  },
);

/** Good items, with up to two that end the process. */
const atMostTwoCrashes = fc
  .tuple(fc.integer({ min: 1, max: 200 }), fc.nat(), fc.nat())
  .map(([size, first, second]) =>
    Array.from({ length: size }, (_, position): Kind =>
      position === first % size || position === second % size ? 'crash' : 'good',
    ),
  );

const atMostTwoBreakers = atMostTwoCrashes.map((kinds) =>
  kinds.map((kind, position): Kind => (kind === 'crash' ? (position % 2 === 0 ? 'breaker' : 'quietBreaker') : kind)),
);

describe('the outcome of a batch', () => {
  it('fails exactly the guilty items, or is an attempt with its budget used up, for any model', () => {
    fc.assert(
      fc.property(scenes(fc.array(anyKind, { maxLength: 60 }), MOST_CONCURRENCY), (scene) => {
        for (const { kinds, result } of play(scene)) {
          expect(result.repeated).toBe(0);
          for (const verdict of result.verdicts.values()) {
            expect(verdict.error !== undefined).toBe(isGuilty(kinds[verdict.position] as Kind));
            expect(verdict.error?.code).not.toBe('Broken');
          }
          if (result.end.kind === 'finished') expect(result.verdicts.size).toBe(kinds.length);
          else expect(result.rebuilds).toBeGreaterThanOrEqual(rebuildBudget(kinds.length));
          expect(result.rebuilds).toBeLessThanOrEqual(2 * rebuildBudget(kinds.length));
          expect(result.mostInFlight).toBeLessThanOrEqual(scene.concurrency);
        }
      }),
      { numRuns: 600 },
    );
  });

  it('finds two items that take the process with them, wherever they are, within the budget', () => {
    fc.assert(
      fc.property(scenes(atMostTwoCrashes, MOST_CONCURRENCY), (scene) => {
        for (const { kinds, result } of play(scene)) {
          expect(result.end.kind).toBe('finished');
          expect(failedIn(result)).toEqual(guiltyIn(kinds));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('finds two items that break the model for all later ones within the budget', () => {
    fc.assert(
      fc.property(scenes(atMostTwoBreakers, MOST_CONCURRENCY), (scene) => {
        for (const { kinds, result } of play(scene)) {
          expect(result.end.kind).toBe('finished');
          expect(failedIn(result)).toEqual(guiltyIn(kinds));
        }
      }),
      { numRuns: 300 },
    );
  });

  const good = (count: number): readonly Kind[] => Array.from({ length: count }, () => 'good');

  it.each([
    ['first', ['crash', ...good(30)], [0]],
    ['last', [...good(30), 'crash'], [30]],
    ['alone', ['crash'], [0]],
    ['among errors', ['error', 'crash', 'error', ...good(5), 'error'], [0, 1, 2, 8]],
    ['twice at the end', [...good(30), 'crash', 'hang'], [30, 31]],
  ] as const)('finds an item that takes the process with it: %s', (_where, kinds, guilty) => {
    for (const buffered of [true, false]) expect(failedIn(one(kinds, { buffered }))).toEqual(guilty);
  });

  it('redoes what a broken model got wrong, and fails only the item that broke it', () => {
    const result = one([...good(10), 'breaker', ...good(200)], { picks: [100], maxSlice: 50 });
    expect(failedIn(result)).toEqual([10]);
    expect(result.rebuilds).toBe(2);
  });

  it('is an attempt that names the last reason when every item takes the process with it', () => {
    const result = one(Array.from({ length: 16 }, () => 'crash'));
    expect(result.end).toMatchObject({ kind: 'attempt', error: { code: 'SlotCrashed' } });
    expect(result.end.kind === 'attempt' && result.end.error.message).toContain('12 times');
  });

  it('believes an error at the end of a batch after asking the last good item again, without a reload', () => {
    const result = one([...good(3), 'error']);
    expect(failedIn(result)).toEqual([3]);
    expect(result).toMatchObject({ rebuilds: 0, asked: 5 });
  });

  it('asks nothing twice when errors are followed by good answers', () => {
    expect(one(['error', ...good(9), 'error', 'error', ...good(9)])).toMatchObject({ rebuilds: 0, asked: 21 });
  });

  it('remembers a good item from an earlier batch', () => {
    const [, second] = play({ batches: [good(3), ['error', 'error', 'error']], ...plainScene });
    expect(second?.result).toMatchObject({ rebuilds: 0, asked: 4 });
    expect(failedIn(second?.result as Run)).toEqual([0, 1, 2]);
  });

  it('asks erring items again on fresh models when nothing was ever answered well', () => {
    const result = one(['error', 'error', 'error']);
    expect(failedIn(result)).toEqual([0, 1, 2]);
    expect(result.rebuilds).toBe(3);
  });

  it('never fails an item for a slot that was lost once', () => {
    const memory = new SlotMemory<string>();
    const machine = new OutcomeMachine({ items: ['only'], concurrency: () => 1, memory });
    expect(machine.next(() => 1)).toEqual({ kind: 'send', positions: [0] });
    expect(machine.lost({ reason: 'crashed', error: { code: 'SlotCrashed', message: 'taken by chance' } })).toEqual([]);
    expect(machine.next(() => 1).kind).toBe('rebuild');
    machine.rebuilt();
    expect(machine.next(() => 1)).toEqual({ kind: 'send', positions: [0] });
    expect(machine.answered(0)).toEqual([{ position: 0 }]);
    expect(machine.next(() => 1).kind).toBe('finished');
  });

  it('never fails an item for one death of its own, although it had shared a lost slice with a guilty neighbour', () => {
    const memory = new SlotMemory<string>();
    const machine = new OutcomeMachine({ items: ['unlucky', 'guilty'], concurrency: () => 1, memory });
    const loss = { reason: 'crashed', error: { code: 'SlotCrashed', message: 'gone' } } as const;
    const send = (): readonly number[] => {
      const step = machine.next((positions) => positions.length);
      return step.kind === 'send' ? step.positions : [];
    };
    const lose = (): readonly number[] => {
      const verdicts = machine.lost(loss);
      if (machine.next(() => 1).kind === 'rebuild') machine.rebuilt();
      return verdicts.map(({ position }) => position);
    };
    expect(send()).toEqual([0, 1]);
    expect(lose()).toEqual([]);
    expect(send()).toEqual([0]);
    expect(lose(), 'its process dies once, by chance').toEqual([]);
    expect(send()).toEqual([0]);
    expect(machine.answered(0)).toEqual([{ position: 0 }]);
    expect(send()).toEqual([1]);
    expect(lose()).toEqual([]);
    expect(send()).toEqual([1]);
    expect(lose()).toEqual([1]);
    expect(machine.next(() => 1).kind).toBe('finished');
  });

  it('blames nobody when a model leaks until it dies', () => {
    const result = one(Array.from({ length: 40 }, () => 'leak'));
    expect(result.end.kind).toBe('finished');
    expect(failedIn(result)).toEqual([]);
  });

  it('keeps as many slices in flight as it may', () => {
    expect(one(good(50), { concurrency: 4, maxSlice: 1, picks: [0] }).mostInFlight).toBe(4);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  convicted,
  isolatedParts,
  isToBeIsolated,
  LOSSES_TO_CONVICT,
  LOSSES_TO_ISOLATE,
  mostLosses,
} from '../../../core/batch/isolation.js';
import type { LossMark } from '../../../core/contract/loss-mark.js';
import { addToRanges, type Ranges } from '../../../core/dataset/ranges.js';

const FIRST = 1_000;

/** `late` items answer well and end the worker while it computes a later item. */
type Kind = 'good' | 'guilty' | 'late';

interface Scene {
  readonly kinds: readonly Kind[];
  readonly slice: number;
  /** By chance, some workers end at any slice, whatever they compute. */
  readonly chances: readonly boolean[];
}

interface Story {
  readonly deaths: number;
  readonly givenUp: readonly number[];
  readonly finished: readonly number[];
}

const rangesOf = (items: readonly number[]): Ranges => addToRanges([], items);

/** Workers take the batch one after another, each with fresh processes, until every item is finished or given up. */
function play({ kinds, slice, chances }: Scene): Story {
  const finished = new Set<number>();
  const losses: Pick<LossMark, 'items' | 'alone'>[] = [];
  let givenUp: readonly number[] = [];
  let turn = 0;
  const all = kinds.map((_, at) => FIRST + at);
  const isChance = (): boolean => chances[turn++] ?? false;

  const compute = (parts: readonly (readonly number[])[], savesParts: boolean): boolean => {
    let asked = 0;
    let isDoomed = false;
    const unsaved: number[] = [];
    for (const part of parts) {
      for (let start = 0; start < part.length; start += slice) {
        const items = part.slice(start, start + slice);
        const dies = isDoomed || isChance() || items.some((item) => kinds[item - FIRST] === 'guilty');
        if (dies) {
          losses.push({ items: rangesOf(items), alone: items.length === 1 && asked === 0 });
          return false;
        }
        asked += items.length;
        isDoomed = items.some((item) => kinds[item - FIRST] === 'late');
        unsaved.push(...items);
      }
      if (savesParts) for (const item of unsaved.splice(0)) finished.add(item);
    }
    for (const item of unsaved) finished.add(item);
    return true;
  };
  for (let workers = 0; workers < 10_000; workers += 1) {
    const isIsolated = isToBeIsolated(losses);
    givenUp = isIsolated ? convicted(losses) : [];
    const left = all.filter((item) => !finished.has(item) && !givenUp.includes(item));
    if (compute(isIsolated ? isolatedParts(left, losses) : [left], isIsolated)) {
      return { deaths: losses.length, givenUp, finished: [...finished].sort((a, b) => a - b) };
    }
  }
  throw new Error('The batch does not come to an end.');
}

const kindsOf = (...kinds: Kind[]): fc.Arbitrary<readonly Kind[]> =>
  fc.array(fc.oneof({ weight: 12, arbitrary: fc.constant<Kind>('good') }, fc.constantFrom(...kinds)), {
    minLength: 1,
    maxLength: 120,
  });

const sceneOf = (kinds: fc.Arbitrary<readonly Kind[]>, chances = fc.constant<boolean[]>([])): fc.Arbitrary<Scene> =>
  fc.record({ kinds, slice: fc.integer({ min: 1, max: 150 }), chances });

const itemsOf = (kinds: readonly Kind[], wanted: Kind): readonly number[] =>
  kinds.flatMap((kind, at) => (kind === wanted ? [FIRST + at] : []));

describe('a batch with which workers die (R4)', () => {
  it('gives up exactly the items that end their workers, after a bounded number of deaths', () => {
    fc.assert(
      fc.property(sceneOf(kindsOf('guilty')), (scene) => {
        const { deaths, givenUp, finished } = play(scene);
        const guilty = itemsOf(scene.kinds, 'guilty');
        expect(givenUp).toEqual(guilty);
        expect(finished).toEqual(itemsOf(scene.kinds, 'good'));
        expect(deaths).toBeLessThanOrEqual(mostLosses(scene.kinds.length, guilty.length));
      }),
      { numRuns: 300 },
    );
  });

  it('never gives up an innocent item, when other items end their worker late and some workers end by chance', () => {
    // A lone item may be first in its process in as many chance deaths as convict it, so there are fewer of them here.
    const chances = fc
      .tuple(fc.array(fc.boolean(), { maxLength: 40 }), fc.nat(LOSSES_TO_CONVICT - 1))
      .map(([drawn, most]) => drawn.map((isDeath, at) => isDeath && drawn.slice(0, at).filter(Boolean).length < most));
    fc.assert(
      fc.property(sceneOf(kindsOf('guilty', 'late'), chances), (scene) => {
        const { givenUp } = play(scene);
        expect(givenUp.filter((item) => scene.kinds[item - FIRST] !== 'guilty')).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('is isolated from the third loss on, and computed as any other before', () => {
    const loss = { items: rangesOf([4, 5]), alone: false };
    expect(isToBeIsolated(Array.from({ length: LOSSES_TO_ISOLATE - 1 }, () => loss))).toBe(false);
    expect(isToBeIsolated(Array.from({ length: LOSSES_TO_ISOLATE }, () => loss))).toBe(true);
  });

  it('asks the item that is suspected most first, and alone', () => {
    const losses = [
      { items: rangesOf([0, 1, 2, 3]), alone: false },
      { items: rangesOf([2]), alone: false },
    ];
    expect(isolatedParts([0, 1, 2, 3, 4], losses)).toEqual([[2], [0], [1], [3], [4]]);
  });

  it('keeps parts together where there are more items than parts', () => {
    const left = Array.from({ length: 64 }, (_, item) => item);
    expect(isolatedParts(left, []).map((part) => part.length)).toEqual(Array.from({ length: 16 }, () => 4));
  });

  it('believes no mark that stands for several items', () => {
    const shared = { items: rangesOf([1, 2]), alone: true };
    expect(convicted([shared, shared, shared])).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import type { ResultLine } from '../../../core/contract/result-line.js';
import { createSlot } from '../../../worker/slot/process-slot.js';
import type { Slot, SlotEvent } from '../../../worker/slot/slot.js';
import { computeWith, itemsOf, modelOf } from '../../worker/slot/support.js';
import { FakeClock } from '../../worker/support/fake-clock.js';
import { codesOfFate, drawBehaviour, type Fate, type ModelBehaviour, outputOf, soundBehaviour } from './behaviour.js';
import { startSimulatedModel } from './simulated-model.js';

const ITEMS = 12;
const GUILTY = 5;

interface World {
  readonly clock: FakeClock;
  readonly slot: Slot;
  readonly killed: number[];
}

function worldOf(given: Partial<ModelBehaviour> | ModelBehaviour): World {
  const clock = new FakeClock();
  const killed: number[] = [];
  const start = startSimulatedModel({
    clock,
    random: () => 0.5,
    behaviour: soundBehaviour(given),
    killWorker: (index) => killed.push(index),
  });
  const slot = createSlot({ clock, start, hostPath: '/host.mjs', memoryLimitBytes: () => 2 ** 30, workerEnv: {} });
  return { clock, slot, killed };
}

/** Lets the clock run until the work has ended, an hour at most. */
async function inTime<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  for (let n = 0; n < 720 && !isOver; n += 1) await clock.advance(5_000);
  expect(isOver).toBe(true);
  return over;
}

const items = itemsOf(Array.from({ length: ITEMS }, (_, n) => n * 3));

type Computed = Awaited<ReturnType<typeof computeWith>>;

async function compute({ clock, slot }: World, model = modelOf('m.js')): Promise<Computed> {
  return inTime(clock, computeWith(slot, model, items));
}

const isWell = (line: ResultLine | undefined): boolean =>
  line?.ok === true && JSON.stringify(line.output) === outputOf(line.index, String(line.index * 3));

const reasonsOf = (events: readonly SlotEvent[]): readonly string[] =>
  events.flatMap((event) => (event.kind === 'rebuilt' ? [event.reason] : []));

describe('a simulated model in a real slot', () => {
  it.each([true, false])(
    'answers every item well when it is sound (at the end of a slice: %s)',
    async (answersAtEnd) => {
      const world = worldOf({ answersAtEnd, maxSliceItems: 5 });
      const { end, results, repeated, events } = await compute(world);
      expect(end).toEqual({ kind: 'computed' });
      expect(results.filter(isWell)).toHaveLength(ITEMS);
      expect(repeated).toBe(0);
      expect(events.map(({ kind }) => kind)).toEqual(['ready']);
      expect(world.slot.msPerItem).toBeCloseTo(50, 0);
      expect(await world.slot.usage()).toMatchObject({ answered: ITEMS, process: 1 });
      await inTime(world.clock, world.slot.close());
    },
  );

  const RUINS: readonly (readonly [Fate, readonly string[]])[] = [
    ['error', []],
    ['breaks', ['broken']],
    ['exits', ['crashed']],
    ['hangs', ['timeout']],
    ['nonsense', ['protocol']],
    ['stranger', ['protocol']],
    ['grows', ['memory']],
  ];

  describe.each([true, false])('that answers at the end of a slice: %s', (answersAtEnd) => {
    it.each(RUINS)('fails the one item that %s, and no other', async (fate, reasons) => {
      const { end, results, events } = await compute(worldOf({ answersAtEnd, fates: new Map([[GUILTY, fate]]) }));
      expect(end).toEqual({ kind: 'computed' });
      expect(results.flatMap((line) => (isWell(line) ? [] : [line]))).toMatchObject([
        { index: GUILTY, ok: false, error: { code: codesOfFate(fate)[0] } },
      ]);
      expect([...new Set(reasonsOf(events))]).toEqual(reasons);
    });

    it.each(['poisons', 'straggles', 'exits-once', 'hangs-once'] as const)(
      'fails no item for one that %s',
      async (fate) => {
        const { end, results } = await compute(worldOf({ answersAtEnd, fates: new Map([[GUILTY, fate]]) }));
        expect(end).toEqual({ kind: 'computed' });
        expect(results.filter(isWell)).toHaveLength(ITEMS);
      },
    );
  });

  it('ends its process when it answers an item twice', async () => {
    const { end, results, events } = await compute(worldOf({ fates: new Map([[GUILTY, 'twice']]) }));
    expect(end).toEqual({ kind: 'computed' });
    expect(results.filter(isWell)).toHaveLength(ITEMS);
    expect(reasonsOf(events)).toEqual(['protocol']);
  });

  it.each(['kills-worker', 'kills-worker-once'] as const)('goes no further once an item %s', async (fate) => {
    const world = worldOf({ fates: new Map([[GUILTY, fate]]) });
    const answered: number[] = [];
    const work = computeWith(world.slot, modelOf('m.js'), items, { onLine: ({ index }) => answered.push(index) });
    for (let n = 0; n < 10 && world.killed.length === 0; n += 1) await world.clock.advance(1_000);
    expect(world.killed).toEqual([GUILTY]);
    const before = answered.length;
    await world.clock.advance(10_000);
    expect(answered).toHaveLength(before);
    void work;
  });

  it('kills a worker only the first time that an item does so once', async () => {
    const behaviour = soundBehaviour({ fates: new Map([[GUILTY, 'kills-worker-once']]) });
    const first = worldOf(behaviour);
    void computeWith(first.slot, modelOf('m.js'), items);
    await first.clock.advance(60_000);
    expect(first.killed).toEqual([GUILTY]);
    const second = worldOf(behaviour);
    const { results } = await compute(second);
    expect(results.filter(isWell)).toHaveLength(ITEMS);
    expect(second.killed).toEqual([]);
  });

  it.each([
    ['fails', 'the simulated weights are damaged'],
    ['hangs', 'did not end within 600 s'],
    ['says-nonsense', 'loading, please wait'],
  ] as const)('is reported as unable when its load %s', async (load, message) => {
    const { end } = await compute(worldOf({ load }));
    expect(end).toMatchObject({ kind: 'unable', message: expect.stringContaining(message) as string });
  });

  it('loads at the second time when its load fails once', async () => {
    const world = worldOf({ load: 'fails-once' });
    expect((await compute(world)).end).toMatchObject({ kind: 'unable' });
    expect((await compute(world)).end).toEqual({ kind: 'computed' });
  });

  it('says that it is not loaded yet when its load is slow', async () => {
    const { end, events } = await compute(worldOf({ loadMs: 25_000 }));
    expect(end).toEqual({ kind: 'computed' });
    expect(events.map(({ kind }) => kind)).toEqual(['slow-load', 'ready']);
  });

  it('computes a batch that was sent ahead after the one before', async () => {
    const { clock, slot } = worldOf({ loadMs: 0 });
    const lines: number[] = [];
    const onLine = ({ index }: ResultLine): number => lines.push(index);
    let second: Promise<Computed> | undefined;
    const onNearlyDone = (): void => {
      second ??= computeWith(slot, modelOf('m.js'), itemsOf([1, 2, 3], ITEMS), { onLine });
    };
    await inTime(clock, computeWith(slot, modelOf('m.js'), items.slice(0, 4), { onLine, onNearlyDone }));
    expect(second).toBeDefined();
    await inTime(clock, Promise.resolve(second));
    expect(lines).toEqual([0, 1, 2, 3, ITEMS, ITEMS + 1, ITEMS + 2]);
  });
});

describe('a drawn behaviour', () => {
  it('is the same for the same random numbers, and leaves out what its world cannot carry', () => {
    const randomOf = (seed: number) => {
      let state = seed;
      return () => {
        state = (state * 16_807) % 2_147_483_647;
        return state / 2_147_483_647;
      };
    };
    const drawn = Array.from({ length: 300 }, (_, seed) => drawBehaviour(randomOf(seed + 1), { items: 50 }));
    expect(drawBehaviour(randomOf(7), { items: 50 })).toEqual(drawn[6]);
    const fates = new Set(drawn.flatMap((behaviour) => [...behaviour.fates.values()]));
    expect(fates).toContain('kills-worker');
    const without = ['kills-worker', 'kills-worker-once'] as const;
    for (let seed = 1; seed < 300; seed += 1) {
      const { fates: harmless } = drawBehaviour(randomOf(seed), { items: 50, without });
      for (const fate of harmless.values()) expect(without).not.toContain(fate);
    }
  });
});

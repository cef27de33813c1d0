/**
 * Runs real models in real processes. Their use of the machine is measured, and the tests check the shape that follows,
 * never a speed.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NewWorkerEvent } from '../../../core/contract/events.js';
import { DEFAULT_JOB_OPTIONS, type JobOptions, type Manifest } from '../../../core/contract/job.js';
import type { SlotShape } from '../../../core/contract/slot-shape.js';
import { SlotShapeKeeper } from '../../../worker/slot/slot-shape-keeper.js';
import type { BatchWork, Slot } from '../../../worker/slot/slot.js';
import { systemClock } from '../../../worker/system-clock.js';
import { eventually } from '../../support/eventually.js';
import { type BuiltHost, buildHost, computeWith, itemsOf, modelOf, slotOf } from './support.js';

const GIB = 1024 ** 3;
const SETTLE_MS = 60_000;

let host: BuiltHost;
let events: NewWorkerEvent[];
let slots: Slot[];
let life: AbortController;

beforeAll(async () => {
  host = await buildHost();
});
afterAll(async () => host.remove());
beforeEach(() => {
  events = [];
  slots = [];
  life = new AbortController();
});
afterEach(async () => {
  life.abort();
  await Promise.all(slots.map((slot) => slot.close()));
});

const manifestOf = (options: Partial<JobOptions>): Manifest => ({
  version: 1,
  job: 'job-1',
  dataset: { name: 'd', digest: 'd', kind: 'lines', items: 0, bytes: 0, badItems: 0 },
  model: { name: 'm', digest: 'm', start: { kind: 'module', entry: 'm.js' } },
  options: { ...DEFAULT_JOB_OPTIONS, ...options },
  batches: 0,
  createdAt: '2026-01-01T00:00:00.000Z',
  createdBy: '',
  versions: { spotpool: '0.0.0', node: '20' },
});

interface Run {
  readonly keeper: SlotShapeKeeper;
  readonly shapes: readonly SlotShape[];
}

/**
 * Gives batches to as many slots as the keeper wants (at most two, because the machine is small) until the shape is
 * known.
 */
async function measure(
  start: string | readonly string[],
  item: unknown,
  options: Partial<JobOptions> = {},
  { cpus = 8, itemsOfBatch = 40, until = (keeper: SlotShapeKeeper) => keeper.status?.settled === true } = {},
): Promise<Run> {
  const shapes: SlotShape[] = [];
  const keeper = new SlotShapeKeeper({
    clock: systemClock,
    events: { emit: (event) => void events.push(event) },
    cpus,
    memoryBytes: 64 * GIB,
    otherSlots: () => 0,
    onShape: () => {
      if (keeper.status !== undefined) shapes.push(keeper.status);
    },
    signal: life.signal,
  });
  keeper.enter(manifestOf(options));
  const work = async (): Promise<void> => {
    const slot = slotOf(host);
    slots.push(slot);
    const measured = { compute: (given: BatchWork) => keeper.compute(slot, given) };
    const items = itemsOf(Array.from({ length: itemsOfBatch }, () => item));
    while (!until(keeper)) await computeWith(measured, modelOf(start), items, { signal: life.signal });
  };
  const first = work();
  void eventually(() => (shapes.at(-1)?.slots ?? 1) > 1 || until(keeper), { timeoutMs: SETTLE_MS })
    .then(async () => (until(keeper) ? undefined : work()))
    .catch(() => undefined);
  await eventually(() => until(keeper), { timeoutMs: SETTLE_MS, what: 'the shape settles' });
  life.abort();
  await first;
  return { keeper, shapes };
}

const told = (code: NewWorkerEvent['code']): readonly string[] =>
  events.flatMap((event) => (event.code === code ? [event.message] : []));

describe('a job whose slots are left to the worker', { timeout: SETTLE_MS + 10_000 }, () => {
  it('gets a slot for each core when its model fills one, however busy the machine is', async () => {
    const { keeper, shapes } = await measure('shapes.mjs', { computeMs: 20 });
    expect(keeper.status).toMatchObject({ job: 'job-1', concurrency: 1, settled: true });
    // Other work on the machine may make one core look like a little more or less.
    expect(keeper.status?.slots).toBeGreaterThanOrEqual(6);
    expect(keeper.status?.slots).toBeLessThanOrEqual(8);
    expect(keeper.status?.reason).toMatch(/slots: the model uses .* and the instance has 8$/);
    expect(shapes).toHaveLength(2);
    expect(told('slot-shape').at(-1)).toBe(`${keeper.status?.reason ?? ''}.`);
  });

  it('gets fewer when its model uses several cores by itself', async () => {
    const { keeper } = await measure('threads.mjs', { computeMs: 20 });
    expect(keeper.status?.concurrency).toBe(1);
    expect(keeper.status?.slots).toBeGreaterThanOrEqual(2);
    expect(keeper.status?.slots).toBeLessThanOrEqual(4);
  });

  it('gets several slices at once when its model waits and allows it', async () => {
    const { keeper } = await measure('shapes.mjs', { waitMs: 25 }, { slots: 1 });
    expect(keeper.status?.slots).toBe(1);
    expect(keeper.status?.concurrency).toBeGreaterThanOrEqual(4);
    expect(keeper.status?.reason).toContain('the model waits');
  });

  it('gets more slots when its model waits and takes one slice at a time', async () => {
    const { keeper, shapes } = await measure(
      ['python3', 'blocking.py'],
      { waitMs: 25 },
      {},
      { cpus: 1, until: ({ status }) => (status?.slots ?? 1) > 1 },
    );
    expect(shapes.some(({ concurrency }) => concurrency > 1)).toBe(true);
    expect(keeper.status).toMatchObject({ concurrency: 1, slots: 2 });
  });
});

describe('a slot that runs out of its share of the memory', () => {
  it(
    'has its batch computed with all of the memory, and then there are half as many slots',
    { timeout: SETTLE_MS },
    async () => {
      let looks = 0;
      const slots: number[] = [];
      const keeper = new SlotShapeKeeper({
        clock: systemClock,
        events: { emit: (event) => void events.push(event) },
        cpus: 8,
        memoryBytes: 64 * GIB,
        otherSlots: () => 0,
        onShape: () => void slots.push(keeper.slotsFor([{ message: { job: 'job-1' } }])),
        signal: life.signal,
      });
      keeper.enter(manifestOf({}));
      const slot: Slot = {
        modelKey: 'm',
        isLoading: false,
        msPerItem: 1,
        warm: () => undefined,
        memoryOf: () => undefined,
        close: async () => undefined,
        // A model that keeps one core busy all the time.
        usage: async () => {
          looks += 1;
          const busyMs = looks * 10_000;
          return { process: 1, busyMs, answered: looks, answeredAtBusyMs: busyMs, cpuMs: busyMs, memoryBytes: GIB };
        },
        compute: async ({ onEvent, onStart }) => {
          onStart?.();
          await eventually(() => keeper.status?.settled, { timeoutMs: SETTLE_MS });
          onEvent({ kind: 'rebuilt', reason: 'memory', message: 'too much' });
          expect(keeper.status?.reason).toMatch(/^1 slot: one of 8 ran out of its share of the memory/);
          return { kind: 'computed' };
        },
      };
      const measured = { compute: (given: BatchWork) => keeper.compute(slot, given) };
      await computeWith(measured, modelOf('none'), []);
      expect(slots).toEqual([1, 8, 1, 4]);
      expect(told('slot-shape').at(-1)).toBe('4 slots: with more, one ran out of memory.');
    },
  );
});

describe('a job whose slots the user chose', { timeout: SETTLE_MS + 10_000 }, () => {
  it('keeps them, and a hint says what they leave idle', async () => {
    const chosen = { slots: 1, concurrency: 1 };
    const { keeper, shapes } = await measure('shapes.mjs', { computeMs: 20 }, chosen, {
      until: ({ status }) => status?.hint !== undefined,
    });
    expect(shapes).toMatchObject([chosen]);
    expect(keeper.status).toMatchObject({ ...chosen, settled: true, reason: '1 slot, as asked for' });
    expect(keeper.status?.hint).toMatch(/^1 slot leaves \d of 8 vCPUs idle/);
    expect(told('slot-hint')).toEqual([keeper.status?.hint]);
    expect(told('slot-shape')).toEqual([]);
  });
});

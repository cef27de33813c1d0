import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hintFor, THREADS, threadsHint } from '../../../core/batch/shape-hint.js';
import { MOST_CONCURRENCY, MOST_SLOTS, type SlotShape } from '../../../core/contract/slot-shape.js';
import {
  firstShape,
  isEnough,
  isSettled,
  itemsToSkip,
  memoryIsFree,
  MOST_WINDOWS,
  outOfMemory,
  reshape,
  type ShapeBounds,
  type ShapeWindow,
  type Shaping,
} from '../../../core/batch/slot-shape.js';

const GIB = 1024 ** 3;

interface FakeModel {
  readonly cpuMs: number;
  readonly waitMs: number;
  /** The number of cores that one item keeps busy. */
  readonly threads: number;
  /** Slices at once overlap where the model waits. */
  readonly overlaps: boolean;
  /** The service that it waits for answers at most this many items per second. */
  readonly served: number;
  readonly memoryBytes: number;
}

const model = (own: Partial<FakeModel>): FakeModel => ({
  cpuMs: 0,
  waitMs: 0,
  threads: 1,
  overlaps: false,
  served: Infinity,
  memoryBytes: GIB / 10,
  ...own,
});

/** Returns the items per second of all slots, and the cores of each. */
function paceOf({ cpuMs, waitMs, threads, overlaps, served }: FakeModel, shape: SlotShape, cpus: number) {
  const lanes = overlaps ? shape.concurrency : 1;
  const itemMs = cpuMs / threads + waitMs;
  const ofSlot = Math.min((lanes * 1000) / itemMs, (threads * 1000) / cpuMs);
  const all = Math.min(ofSlot * shape.slots, (cpus * 1000) / cpuMs, served);
  return { all, cores: (Math.max(all / shape.slots, Math.min(ofSlot, served / shape.slots)) * cpuMs) / 1000 };
}

function windowOf(fake: FakeModel, shape: SlotShape, cpus: number, noise = 1): ShapeWindow {
  const { all, cores } = paceOf(fake, shape, cpus);
  const seconds = 10 + (40 * shape.slots * shape.concurrency) / all;
  const busyMs = seconds * 1000 * shape.slots;
  const items = Math.round(all * seconds * noise);
  return {
    wallMs: seconds * 1000,
    busyMs,
    cpuMs: busyMs * cores,
    items,
    answeringMs: busyMs,
    slotMemoryBytes: fake.memoryBytes,
  };
}

function settled(fake: FakeModel, bounds: ShapeBounds, noise: readonly number[] = []): readonly Shaping[] {
  const steps = [firstShape(bounds)];
  for (let at = 0; ; at += 1) {
    const last = steps.at(-1) as Shaping;
    if (isSettled(last)) return steps;
    const window = windowOf(fake, last.shape, bounds.cpus, noise[at % noise.length]);
    expect(isEnough(last, window)).toBe(true);
    steps.push(reshape(last, window, bounds));
    expect(steps.length).toBeLessThanOrEqual(MOST_WINDOWS + 1);
  }
}

const end = (fake: FakeModel, bounds: Partial<ShapeBounds> = {}): Shaping =>
  settled(fake, { cpus: 8, memoryBytes: 16 * GIB, ...bounds }).at(-1) as Shaping;

const models: fc.Arbitrary<FakeModel> = fc.record({
  cpuMs: fc.double({ min: 0.01, max: 10_000, noNaN: true }),
  waitMs: fc.double({ min: 0, max: 10_000, noNaN: true }),
  threads: fc.integer({ min: 1, max: 16 }),
  overlaps: fc.boolean(),
  served: fc.double({ min: 0.1, max: 100_000, noNaN: true }),
  memoryBytes: fc.integer({ min: 1, max: 4 * GIB }),
});

const someBounds: fc.Arbitrary<ShapeBounds> = fc.record(
  {
    cpus: fc.integer({ min: 1, max: 192 }),
    memoryBytes: fc.integer({ min: GIB, max: 64 * GIB }),
    slots: fc.integer({ min: 1, max: MOST_SLOTS }),
    concurrency: fc.integer({ min: 1, max: 1_000 }),
  },
  { requiredKeys: ['cpus', 'memoryBytes'] },
);

describe('the shape that auto finds', () => {
  it('settles, within its bounds at every step, whatever the model and however rough the measurements', () => {
    const noise = fc.array(fc.double({ min: 0.3, max: 3, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(models, someBounds, noise, (fake, bounds, rough) => {
        for (const { shape } of settled(fake, bounds, rough)) {
          if (bounds.slots === undefined) {
            expect(shape.slots).toBeGreaterThanOrEqual(1);
            expect(shape.slots).toBeLessThanOrEqual(Math.min(MOST_SLOTS, bounds.cpus * 32));
            if (shape.slots > 1) expect(shape.slots * fake.memoryBytes).toBeLessThanOrEqual(bounds.memoryBytes);
          } else expect(shape.slots).toBe(bounds.slots);
          if (bounds.concurrency === undefined) expect(shape.concurrency).toBeLessThanOrEqual(MOST_CONCURRENCY);
          else expect(shape.concurrency).toBe(bounds.concurrency);
        }
      }),
    );
  });

  it('moves no more once it has settled', () => {
    fc.assert(
      fc.property(models, someBounds, models, (fake, bounds, other) => {
        const last = settled(fake, bounds).at(-1) as Shaping;
        expect(reshape(last, windowOf(other, last.shape, bounds.cpus), bounds)).toBe(last);
      }),
    );
  });

  it('is never slower than one slot with one slice, and never tries a shape twice', () => {
    fc.assert(
      fc.property(models, someBounds, (fake, bounds) => {
        const steps = settled(fake, bounds);
        const [first, last] = [steps[0] as Shaping, steps.at(-1) as Shaping];
        const [before, after] = [first, last].map(({ shape }) => paceOf(fake, shape, bounds.cpus).all);
        expect(after).toBeGreaterThanOrEqual((before ?? 0) * 0.999);
        const tried = steps.filter(({ phase }) => phase === 'more-slots' || phase === 'more-slices');
        expect(new Set(tried.map(({ shape }) => JSON.stringify(shape))).size).toBe(tried.length);
      }),
    );
  });

  it('has no more slots for a model that uses more cores, and no fewer where there are more', () => {
    const threads = fc.integer({ min: 1, max: 32 });
    fc.assert(
      fc.property(threads, threads, fc.integer({ min: 1, max: 96 }), fc.nat(96), (one, other, cpus, more) => {
        const [few = 1, many = 1] = [one, other].sort((a, b) => a - b);
        const slotsOf = (count: number, on: number): number =>
          end(model({ cpuMs: 50, threads: count }), { cpus: on, memoryBytes: 1024 * GIB }).shape.slots;
        expect(slotsOf(many, cpus)).toBeLessThanOrEqual(slotsOf(few, cpus));
        expect(slotsOf(few, cpus + more)).toBeGreaterThanOrEqual(slotsOf(few, cpus));
      }),
    );
  });

  it.each([
    ['one slot a core when the model fills one', model({ cpuMs: 50 }), { slots: 8, concurrency: 1 }],
    ['as many as its threads leave room for', model({ cpuMs: 50, threads: 4 }), { slots: 2, concurrency: 1 }],
    ['one when the model fills all cores', model({ cpuMs: 50, threads: 16 }), { slots: 1, concurrency: 1 }],
    ['as many as memory holds', model({ cpuMs: 50, memoryBytes: 8 * GIB }), { slots: 3, concurrency: 1 }],
    ['slices at once for a model that waits', model({ cpuMs: 1, waitMs: 200, overlaps: true }), { concurrency: 64 }],
    ['slots for one that waits and cannot overlap', model({ cpuMs: 1, waitMs: 200 }), { slots: 256, concurrency: 1 }],
    [
      'both when slices at once fill a core',
      model({ cpuMs: 20, waitMs: 100, overlaps: true }),
      { slots: 8, concurrency: 16 },
    ],
    [
      'no more than what it waits for can serve',
      model({ cpuMs: 1, waitMs: 200, overlaps: true, served: 20 }),
      { slots: 1, concurrency: 4 },
    ],
  ])('is %s', (_, fake, shape) => {
    expect(end(fake, { memoryBytes: 32 * GIB }).shape).toMatchObject(shape);
  });

  it('says why in a sentence', () => {
    expect(end(model({ cpuMs: 50 })).reason).toBe('8 slots: the model uses 1.00 of a core, and the instance has 8');
    expect(end(model({ cpuMs: 50, memoryBytes: 4 * GIB })).reason).toContain('3 slots: ');
    expect(end(model({ cpuMs: 50, memoryBytes: 4 * GIB })).reason).toContain('memory has room for no more');
    expect(end(model({ cpuMs: 1, waitMs: 999, overlaps: true }), { slots: 1 }).reason).toMatch(
      /^1 slot with 64 slices at once: the model waits \(it uses 0\.06 of a core\); that is 6\d\.\d times as fast as one at a time$/,
    );
  });

  it('is one slot, and says so, where the use of cores cannot be measured', () => {
    const before = firstShape({ cpus: 8, memoryBytes: GIB });
    const window = { wallMs: 1_000, busyMs: 1_000, cpuMs: undefined, items: 3, answeringMs: 1_000, slotMemoryBytes: 0 };
    expect(isEnough(before, window)).toBe(true);
    const after = reshape(before, window, { cpus: 8, memoryBytes: GIB });
    expect(after).toMatchObject({ phase: 'settled', shape: { slots: 1, concurrency: 1 } });
    expect(after.reason).toContain('could not be measured here; --slots and --concurrency say how many');
  });

  it('takes back slots that cannot be fed', () => {
    const bounds = { cpus: 8, memoryBytes: 64 * GIB, concurrency: 1 };
    const waits = model({ cpuMs: 1, waitMs: 200 });
    const more = reshape(firstShape(bounds), windowOf(waits, { slots: 1, concurrency: 1 }, 8), bounds);
    expect(more).toMatchObject({ phase: 'more-slots', shape: { slots: 2 } });
    const window = windowOf(waits, more.shape, 8);
    // Batches come for only one of the two slots.
    const unfed = reshape(more, { ...window, wallMs: window.busyMs }, bounds);
    expect(unfed).toMatchObject({ phase: 'settled', shape: { slots: 1, concurrency: 1 } });
    expect(reshape(more, window, bounds).shape.slots).toBe(4);
  });

  it('knows a full core in the middle of a long item, and waits for answers otherwise', () => {
    const before = firstShape({ cpus: 8, memoryBytes: GIB });
    const window = { wallMs: 1_500, busyMs: 1_500, cpuMs: 1_450, items: 0, answeringMs: 0, slotMemoryBytes: 0 };
    expect(isEnough(before, window)).toBe(true);
    expect(isEnough(before, { ...window, busyMs: 500, cpuMs: 500 })).toBe(false);
    expect(isEnough(before, { ...window, cpuMs: 10 })).toBe(false);
    expect(isEnough(before, { ...window, cpuMs: 10, items: 4 })).toBe(true);
    expect(itemsToSkip(before)).toBe(0);
    expect(itemsToSkip(reshape(before, { ...window, cpuMs: 10, items: 4 }, { cpus: 8, memoryBytes: GIB }))).toBe(4);
  });

  it('looks on when a model seems to fill a core at first, and then waits', () => {
    const bounds = { cpus: 4, memoryBytes: 16 * GIB };
    const filling = reshape(
      firstShape(bounds),
      windowOf(model({ cpuMs: 50 }), { slots: 1, concurrency: 1 }, 4),
      bounds,
    );
    expect(filling).toMatchObject({ phase: 'filling', shape: { slots: 4, concurrency: 1 } });
    const waiting = reshape(filling, windowOf(model({ cpuMs: 1, waitMs: 99 }), filling.shape, 4), bounds);
    expect(waiting).toMatchObject({ phase: 'more-slices', shape: { slots: 4, concurrency: 4 } });
  });

  it('gives a slot that ran out of its share of memory all of it, and then at most half as many slots', () => {
    const bounds = { cpus: 8, memoryBytes: 16 * GIB };
    let now = end(model({ cpuMs: 50 }));
    const counts: number[] = [];
    while (now.shape.slots > 1) {
      const alone = outOfMemory(now, bounds);
      expect(alone.shape.slots).toBe(1);
      expect(outOfMemory(alone, bounds)).toBe(alone);
      now = memoryIsFree(alone);
      counts.push(now.shape.slots);
    }
    expect(counts).toEqual([4, 2, 1]);
    expect(memoryIsFree(now)).toBe(now);
    const fixed = firstShape({ ...bounds, slots: 8 });
    expect(outOfMemory(fixed, { ...bounds, slots: 8 })).toBe(fixed);
  });
});

describe('the hint for a shape that the user has chosen', () => {
  const hint = (fake: FakeModel, slots: number, concurrency: number, cpus: number): string | undefined =>
    hintFor({ slots, concurrency }, windowOf(fake, { slots, concurrency }, cpus), { cpus });

  it('names the cores that are left idle', () => {
    expect(hint(model({ cpuMs: 50 }), 1, 1, 8)).toBe(
      '1 slot leaves 7 of 8 vCPUs idle: the model uses 1.00 of a core, so that there is room for 8 slots (--slots auto).',
    );
    expect(hint(model({ cpuMs: 50, threads: 2 }), 1, 1, 8)).toMatch(/^1 slot leaves 6 of 8 .* room for 4 slots/);
  });

  it('names slots that wait for each other', () => {
    expect(hint(model({ cpuMs: 50 }), 16, 1, 2)).toBe(
      '16 slots on 2 vCPUs wait for each other: the model uses 1.00 of a core, so that 2 slots would be enough (--slots auto).',
    );
    expect(hint(model({ cpuMs: 50, threads: 4 }), 4, 1, 4)).toMatch(/uses 4\.0 cores, so that 1 slot would be enough/);
  });

  it('names a model that waits', () => {
    expect(hint(model({ cpuMs: 1, waitMs: 99 }), 1, 1, 2)).toMatch(/^1 slot with one slice at a time mostly waits/);
  });

  it('names threads for a Python model that waits', () => {
    const fake = model({ cpuMs: 1, waitMs: 99 });
    const chosen = { slots: 1, concurrency: 1 };
    expect(hintFor(chosen, windowOf(fake, chosen, 2), { cpus: 2, ways: THREADS })).toMatch(/threads = 32 in the model/);
    const hintOf = (shape: SlotShape, one = fake): string | undefined =>
      threadsHint(shape, windowOf(one, shape, 2), { cpus: 2 });
    expect(hintOf({ slots: 32, concurrency: 1 })).toMatch(
      /^32 slots on 2 vCPUs, because the Python model waits \(it uses 0\.\d+ of a core\)\. .* threads = 32 /,
    );
    expect(hintOf({ slots: 2, concurrency: 1 })).toBeUndefined();
    expect(hintOf({ slots: 2, concurrency: 64 })).toBeUndefined();
    expect(hintOf({ slots: 4, concurrency: 1 }, model({ cpuMs: 50 }))).toBeUndefined();
  });

  it('is none for a good choice', () => {
    expect(hint(model({ cpuMs: 50 }), 8, 1, 8)).toBeUndefined();
    expect(hint(model({ cpuMs: 50 }), 1, 1, 1)).toBeUndefined();
    expect(hint(model({ cpuMs: 50, threads: 4 }), 2, 1, 8)).toBeUndefined();
    expect(hint(model({ cpuMs: 1, waitMs: 99, overlaps: true }), 1, 16, 2)).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { type SlotPlace, SlotPool } from '../../../worker/slot/slot-pool.js';
import type { BatchComputation, Slot } from '../../../worker/slot/slot.js';
import { systemClock } from '../../../worker/system-clock.js';

const never = new AbortController().signal;

class StillSlot implements Slot {
  msPerItem = 1;
  isLoading = false;
  modelKey: string | undefined = 'm';
  usage = async (): Promise<undefined> => undefined;
  memoryOf = (): undefined => undefined;
  warm = (): void => undefined;
  compute = async (): Promise<BatchComputation> => ({ kind: 'computed' });
  close = async (): Promise<void> => undefined;
}

interface Use {
  readonly place: SlotPlace;
  readonly end: () => Promise<void>;
}

async function use(pool: SlotPool, modelKey = 'm', signal = never): Promise<Use> {
  const place = await pool.acquire(modelKey, signal);
  if (place === undefined) throw new Error('The batch joined another one.');
  let done = (): void => undefined;
  const computation = new Promise<BatchComputation>((resolve) => (done = () => resolve({ kind: 'computed' })));
  pool.release(place, computation);
  return {
    place,
    end: async () => {
      done();
      await computation;
      await settled();
    },
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Whether the waiter has a slot once nothing moves any more. */
async function isGiven(use: Promise<unknown>): Promise<boolean> {
  let given = false;
  void use.then(() => (given = true));
  await settled();
  return given;
}

describe('a slot that is nearly done', () => {
  const pool = (): SlotPool => new SlotPool(() => new StillSlot(), systemClock);

  it('is given one more batch of its model, and none before it is nearly done', async () => {
    const slots = pool();
    const first = await use(slots);
    const second = use(slots);
    const third = use(slots);
    expect(await isGiven(second)).toBe(false);
    slots.expectEnd(first.place);
    expect([await isGiven(second), await isGiven(third)]).toEqual([true, false]);
    expect((await second).place).toBe(first.place);
  });

  it('is given another one only when it is nearly done with that batch too', async () => {
    const slots = pool();
    const first = await use(slots);
    slots.expectEnd(first.place);
    const second = await use(slots);
    slots.expectEnd(first.place); // marked again: its process was lost, and the batch is nearly done again
    const third = use(slots);
    expect(await isGiven(third)).toBe(false);
    await first.end();
    expect(await isGiven(third)).toBe(false);
    slots.expectEnd(second.place);
    expect(await isGiven(third)).toBe(true);
  });

  it('is idle again when both batches are released', async () => {
    const slots = pool();
    const first = await use(slots);
    slots.expectEnd(first.place);
    const second = await use(slots);
    await second.end();
    await first.end();
    const third = await use(slots);
    expect(await isGiven(use(slots))).toBe(false);
    await third.end();
  });

  it('gets no batch of another model, and none that an idle slot can take', async () => {
    const slots = pool();
    slots.resize(2);
    const first = await use(slots);
    slots.expectEnd(first.place);
    const second = await use(slots);
    expect(second.place).not.toBe(first.place);
    expect(await isGiven(use(slots, 'other'))).toBe(false);
  });

  it('is given nothing when it reports that something went wrong', async () => {
    const slots = pool();
    const first = await use(slots);
    slots.expectEnd(first.place);
    slots.expectNoEnd(first.place);
    expect(await isGiven(use(slots))).toBe(false);
  });

  it('is idle again even if its model was lost while nobody waited', async () => {
    const slot = new StillSlot();
    const slots = new SlotPool(() => slot, systemClock);
    const first = await use(slots);
    slot.modelKey = undefined;
    slots.expectEnd(first.place);
    await first.end();
    expect(await isGiven(use(slots))).toBe(true);
  });

  it('is not given a model that is avoided, and serves the others', async () => {
    const slots = pool();
    slots.resize(1, { avoided: new Set(['slow']) });
    const slow = use(slots, 'slow');
    expect(await isGiven(slow)).toBe(false);
    const other = await use(slots, 'other');
    await other.end();
    expect(await isGiven(slow)).toBe(false);
    slots.resize(1);
    expect(await isGiven(slow)).toBe(true);
  });

  it('is not given a model that as many slots have as may have it, and serves the others', async () => {
    const slots = pool();
    slots.resize(2, { limits: new Map([['large', 1]]) });
    const first = await use(slots, 'large');
    const second = use(slots, 'large');
    expect(await isGiven(second)).toBe(false);
    expect(slots.othersWith(first.place.slot, 'large')).toBe(0);
    const other = await use(slots, 'other');
    expect(other.place).not.toBe(first.place);
    expect(slots.othersWith(other.place.slot, 'large')).toBe(1);
    await first.end();
    expect(await isGiven(second)).toBe(true);
  });

  it('is closed before a slot with a loaded model when there are too many', async () => {
    const made: (StillSlot & { isClosed?: boolean })[] = [];
    const slots = new SlotPool(() => {
      const slot: StillSlot & { isClosed?: boolean } = new StillSlot();
      slot.close = async () => void (slot.isClosed = true);
      made.push(slot);
      return slot;
    }, systemClock);
    slots.resize(3);
    if (made[1] !== undefined) made[1].modelKey = undefined;
    slots.resize(2);
    expect(made.map(({ isClosed }) => isClosed === true)).toEqual([false, true, false]);
  });

  it('is given nothing when there are more slots than wanted', async () => {
    const slots = pool();
    slots.resize(2);
    const first = await use(slots);
    await use(slots);
    slots.resize(1);
    slots.expectEnd(first.place);
    expect(await isGiven(use(slots))).toBe(false);
  });
});

describe('slots on GPUs', () => {
  it('are shared out among the GPUs in turn, keep theirs, and give it back when they are gone', async () => {
    const closing: (() => void)[] = [];
    const made: (string | undefined)[] = [];
    const slots = new SlotPool(
      (_slots, gpu) => {
        made.push(gpu);
        const slot = new StillSlot();
        slot.close = () => new Promise((resolve) => closing.push(resolve));
        return slot;
      },
      systemClock,
      ['0', '1'],
    );
    slots.resize(5);
    expect(made).toEqual(['0', '1', '0', '1', '0']);
    slots.resize(3);
    slots.resize(4);
    // The processes of the closed slots, on GPU 0 and on GPU 1, are still there.
    expect(made.slice(5)).toEqual(['1']);
    for (const gone of closing) gone();
    await settled();
    slots.resize(6);
    expect(made.slice(5)).toEqual(['1', '0', '1']);
  });
});

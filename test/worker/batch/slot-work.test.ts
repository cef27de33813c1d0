import { expect, it } from 'vitest';
import { type BatchPart, type OpenPart, SlotWorks } from '../../../worker/batch/slot-work.js';
import { SlotPool } from '../../../worker/slot/slot-pool.js';
import type {
  BatchComputation,
  BatchItem,
  BatchWork,
  ComputedItem,
  Slot,
  SlotEvent,
} from '../../../worker/slot/slot.js';
import { systemClock } from '../../../worker/system-clock.js';
import { settle } from '../support/fake-clock.js';
import { itemsOf, modelOf } from '../slot/support.js';

const MODEL = modelOf(['model']);
const ITEMS_PER_BATCH = 4;

/** A work that the slot was given; the test is the slot. */
interface Given {
  readonly work: BatchWork;
  readonly end: (result: BatchComputation) => void;
}

class HeldSlot implements Slot {
  readonly isLoading = false;
  readonly msPerItem = undefined;
  readonly given: Given[] = [];
  modelKey: string | undefined;

  compute(work: BatchWork): Promise<BatchComputation> {
    this.modelKey = work.model.modelKey;
    return new Promise((end) => {
      work.signal.addEventListener('abort', () => end({ kind: 'aborted' }));
      this.given.push({ work, end });
    });
  }

  async usage(): Promise<undefined> {
    return undefined;
  }

  memoryOf(): undefined {
    return undefined;
  }

  warm(): void {
    return undefined;
  }

  async close(): Promise<void> {
    return undefined;
  }
}

class Stage {
  readonly slots: HeldSlot[] = [];
  readonly pool = new SlotPool<OpenPart>(() => {
    const slot = new HeldSlot();
    this.slots.push(slot);
    return slot;
  }, systemClock);
  readonly works = new SlotWorks({ slots: this.pool, shapes: { compute: (slot, work) => slot.compute(work) } });

  /** All works that were given to slots so far. */
  get given(): readonly Given[] {
    return this.slots.flatMap(({ given }) => given);
  }

  work(at: number): Given {
    const found = this.given[at];
    if (found === undefined) throw new Error(`There are only ${this.given.length} works.`);
    return found;
  }
}

class Batch {
  readonly computed: number[] = [];
  readonly events: SlotEvent[] = [];
  readonly items: readonly BatchItem[];
  starts = 0;
  ended: string | undefined;
  readonly #stopping = new AbortController();

  constructor(
    stage: Stage,
    readonly number: number,
    options: Partial<BatchPart> = {},
  ) {
    this.items = itemsOf(Array.from({ length: ITEMS_PER_BATCH }), number * ITEMS_PER_BATCH);
    const part: BatchPart = {
      job: 'job',
      batch: number,
      model: MODEL,
      items: this.items,
      onSlot: () => undefined,
      onStart: () => void (this.starts += 1),
      onComputed: (items) => this.computed.push(...items.map(({ index }) => index)),
      onEvent: (event) => this.events.push(event),
      signal: this.#stopping.signal,
      ...options,
    };
    stage.works.compute(part).then(
      ({ kind }) => (this.ended = kind),
      () => (this.ended = 'stopped'),
    );
  }

  stop(): void {
    this.#stopping.abort(new Error('stopped'));
  }

  get indexes(): number[] {
    return this.items.map(({ index }) => index);
  }
}

const resultsOf = (indexes: readonly number[]): ComputedItem[] =>
  indexes.map((index) => ({ index, ok: true, line: `${index}\n` }));

/** Begins with the only slot for the first batch of `count`, and lets `joining` more join it. */
async function shared(stage: Stage, count: number, joining: number): Promise<Batch[]> {
  const batches = Array.from({ length: count }, (_, number) => new Batch(stage, number));
  await settle();
  const { work } = stage.work(0);
  work.onStart?.();
  for (let taken = 0; taken < joining; taken += 1) work.further?.take(taken);
  await settle();
  return batches;
}

it('lets batches that wait for a slot join the work of their job, and ends each as soon as its last item is there', async () => {
  const stage = new Stage();
  const [first, second, third] = await shared(stage, 3, 2);
  expect(stage.given).toHaveLength(1);
  expect([first?.starts, second?.starts, third?.starts]).toEqual([1, 1, 1]);
  const { work, end } = stage.work(0);
  work.onComputed(resultsOf([4, 5, 6, 0]));
  await settle();
  expect([first?.computed, second?.computed, second?.ended]).toEqual([[0], [4, 5, 6], undefined]);
  work.onComputed(resultsOf([7]));
  await settle();
  expect([first?.ended, second?.ended, third?.ended]).toEqual([undefined, 'computed', undefined]);
  work.onComputed(resultsOf([1, 2, 3, 8, 9, 10, 11]));
  end({ kind: 'computed' });
  await settle();
  expect([first?.ended, third?.ended, third?.computed]).toEqual(['computed', 'computed', [8, 9, 10, 11]]);
});

it('lets no batch of another job, and no batch whose files end with it, join', async () => {
  const stage = new Stage();
  new Batch(stage, 0);
  new Batch(stage, 1, { job: 'other' });
  new Batch(stage, 2, { itemsEndWithBatch: true });
  await settle();
  expect(stage.work(0).work.further?.take(0)).toEqual([]);
});

it('lets two messages of one batch never share a work', async () => {
  const stage = new Stage();
  new Batch(stage, 0);
  const again = new Batch(stage, 0);
  await settle();
  const { work, end } = stage.work(0);
  expect(work.further?.take(0)).toEqual([]);
  work.onComputed(resultsOf(again.indexes));
  end({ kind: 'computed' });
  await settle();
  expect(again.computed).toEqual([]);
  expect(stage.given).toHaveLength(2);
});

it('gives a slot no more than its share of the batches that wait', async () => {
  const stage = new Stage();
  stage.pool.resize(2);
  for (let number = 0; number < 7; number += 1) new Batch(stage, number);
  await settle();
  expect(stage.given).toHaveLength(2);
  const joined = [0, 1, 2, 3].map((taken) => stage.work(0).work.further?.take(taken).length);
  // Five wait: three for this slot, two for the other one.
  expect(joined).toEqual([4, 4, 4, 0]);
});

it('passes a batch of another model over only so often', async () => {
  const stage = new Stage();
  new Batch(stage, 0);
  new Batch(stage, 1, { job: 'other', model: { ...MODEL, modelKey: 'other' } });
  for (let number = 2; number < 20; number += 1) new Batch(stage, number);
  await settle();
  const joined = Array.from({ length: 12 }, () => stage.work(0).work.further?.take(0).length ?? 0);
  expect(joined.filter((items) => items > 0)).toHaveLength(8);
});

it('leaves the others alone when one batch is stopped, and aborts the work when nobody wants it', async () => {
  const stage = new Stage();
  const [first, second] = await shared(stage, 2, 1);
  const { work } = stage.work(0);
  first?.stop();
  await settle();
  expect([first?.ended, second?.ended, work.signal.aborted]).toEqual(['stopped', undefined, false]);
  work.onComputed(resultsOf([0, 4]));
  expect([first?.computed, second?.computed]).toEqual([[], [4]]);
  second?.stop();
  await settle();
  expect(work.signal.aborted).toBe(true);
});

it('aborts what is left of a stopped batch when the others of its work are done', async () => {
  const stage = new Stage();
  const [first, second] = await shared(stage, 2, 1);
  const { work } = stage.work(0);
  first?.stop();
  work.onComputed(resultsOf(second?.indexes ?? []));
  await settle();
  expect(second?.ended).toBe('computed');
  expect(work.signal.aborted).toBe(true);
});

it('counts no attempt against a batch that shared its slot: what is left is computed again by itself', async () => {
  const stage = new Stage();
  const [first, second] = await shared(stage, 2, 1);
  const { work, end } = stage.work(0);
  work.onComputed(resultsOf([0, 4, 5]));
  end({ kind: 'attempt', error: { code: 'crashed', message: '' } });
  await settle();
  expect([first?.ended, second?.ended]).toEqual([undefined, undefined]);
  const alone = stage.work(1);
  expect(alone.work.items.map(({ index }) => index)).toEqual([1, 2, 3]);
  expect(alone.work.further).toBeUndefined();
  alone.end({ kind: 'attempt', error: { code: 'crashed', message: '' } });
  await settle();
  expect(first?.ended).toBe('attempt');
  const other = stage.work(2);
  expect(other.work.items.map(({ index }) => index)).toEqual([6, 7]);
  other.work.onComputed(resultsOf([6, 7]));
  other.end({ kind: 'computed' });
  await settle();
  expect([second?.ended, second?.computed]).toEqual(['computed', [4, 5, 6, 7]]);
});

it('ends a batch that was alone in its work as the slot says', async () => {
  const stage = new Stage();
  const [first, second] = await shared(stage, 2, 0);
  stage.work(0).end({ kind: 'attempt', error: { code: 'crashed', message: '' } });
  await settle();
  expect([first?.ended, second?.ended]).toEqual(['attempt', undefined]);
});

it.each(['unable', 'late', 'stepped-back'] as const)('tells every batch of a work that it is %s', async (kind) => {
  const stage = new Stage();
  const batches = await shared(stage, 3, 2);
  stage.work(0).end(kind === 'unable' ? { kind, message: 'no' } : { kind });
  await settle();
  expect(batches.map(({ ended }) => ended)).toEqual([kind, kind, kind]);
});

it('tells the slot when a batch begins to wait', async () => {
  const stage = new Stage();
  await shared(stage, 1, 0);
  let waits = 0;
  const { further } = stage.work(0).work;
  if (further === undefined) throw new Error('Nothing may join.');
  further.onWaiting = () => void (waits += 1);
  new Batch(stage, 1);
  expect(waits).toBe(1);
  expect(further.take(0)).toHaveLength(ITEMS_PER_BATCH);
});

it('tells an event of the slot once, to a batch that is still there', async () => {
  const stage = new Stage();
  const [first, second] = await shared(stage, 2, 1);
  const { work } = stage.work(0);
  work.onComputed(resultsOf(first?.indexes ?? []));
  work.onEvent({ kind: 'rebuilt', reason: 'crashed', message: '' });
  expect([first?.events.length, second?.events.length]).toEqual([0, 1]);
});

/**
 * Gives the items of batches to slots. A batch that gets a slot begins a work, and batches of the same job that wait
 * for a slot join it while the slot has room. So short batches are computed in one slice, and a model that works on
 * many items at once gets them from several batches. Their outcomes stay separate.
 *
 * Invariants:
 * - A part is computed as soon as its last item is confirmed. It does not wait for the others of its work.
 * - A part that is stopped leaves the others alone. The work is aborted when nobody wants it any more.
 * - Only a work of one part ends as an attempt. When others had joined it, each unfinished part is computed again by
 *   itself, so that no batch pays for another one.
 * - Parts of one work have no item in common: two messages of one batch are never in the same work.
 */
import type { BatchComputation, BatchItem, BatchWork, ComputedItem, SlotEvent } from '../slot/slot.js';
import type { Joinable, SlotPlace, SlotPool } from '../slot/slot-pool.js';
import type { SlotShapeKeeper } from '../slot/slot-shape-keeper.js';
import { untilAborted } from '../until-aborted.js';

/** Little is kept of each item after its end, but a work must not grow for days. */
const MOST_ITEMS = 50_000;

export interface BatchPart extends Pick<
  BatchWork,
  'job' | 'batch' | 'model' | 'items' | 'itemsEndWithBatch' | 'onComputed' | 'beforeSlice' | 'onEvent' | 'signal'
> {
  /** The part shares its work with no other. */
  readonly isAlone?: boolean;
  /** It is called as `BatchWork.onInSlot` is, with the items of this part. */
  readonly onInSlot?: NonNullable<BatchWork['onInSlot']>;
  /** It is called when the part has a slot, or has joined the work in one. */
  readonly onSlot: (place: SlotPlace) => void;
  /** It is called when the slot begins with the part. */
  readonly onStart: () => void;
}

export type PartComputation = BatchComputation & {
  /** Others were computed at the same time, or the slot had trouble: the time says nothing about one batch. */
  readonly isMeasure: boolean;
};

export interface SlotWorksOptions {
  readonly slots: SlotPool<OpenPart>;
  readonly shapes: Pick<SlotShapeKeeper, 'compute'>;
}

export class SlotWorks {
  readonly #options: SlotWorksOptions;

  constructor(options: SlotWorksOptions) {
    this.#options = options;
  }

  /** Rejects when the part is stopped. */
  compute(part: BatchPart): Promise<PartComputation> {
    return this.#compute(part, part.itemsEndWithBatch !== true && part.isAlone !== true);
  }

  async #compute(part: BatchPart, mayShare: boolean): Promise<PartComputation> {
    const { slots } = this.#options;
    const open = new OpenPart(part, mayShare);
    const place = await slots.acquire(part.model.modelKey, part.signal, mayShare ? open : undefined);
    if (place !== undefined) {
      if (part.signal.aborted) {
        // The part was stopped after the slot had been assigned to it.
        slots.release(place, Promise.resolve({ kind: 'aborted' }));
        part.signal.throwIfAborted();
      }
      new SharedWork(place, open, this.#options).start();
    }
    const result = await untilAborted(open.result, part.signal);
    const isUnfinished = result.kind === 'attempt' || (result.kind === 'computed' && open.itemsLeft.length > 0);
    if (!isUnfinished || !open.wasShared) return { ...result, isMeasure: !open.wasShared && !open.hadEvents };
    return this.#compute({ ...part, items: open.itemsLeft }, false);
  }
}

/** The items of one batch in a work. */
export class OpenPart implements Joinable {
  readonly result: Promise<BatchComputation>;
  hadEvents = false;
  wasShared = false;
  isOver = false;
  readonly #left: Set<number>;
  #resolve: (result: BatchComputation) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  constructor(
    readonly part: BatchPart,
    readonly mayShare: boolean,
  ) {
    this.#left = new Set(part.items.map(({ index }) => index));
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // A part that was stopped is waited for by nobody.
    this.result.catch(() => undefined);
  }

  get job(): string {
    return this.part.job;
  }

  get itemsLeft(): readonly BatchItem[] {
    return this.part.items.filter(({ index }) => this.#left.has(index));
  }

  add(items: readonly ComputedItem[]): void {
    for (const { index } of items) this.#left.delete(index);
    if (this.isOver) return;
    this.part.onComputed(items);
    if (this.#left.size === 0) this.settle({ kind: 'computed' });
  }

  settle(result: BatchComputation): void {
    this.isOver = true;
    this.#resolve(result);
  }

  fail(error: unknown): void {
    this.isOver = true;
    this.#reject(error);
  }
}

class SharedWork {
  /** The parts that are not over. */
  readonly #parts = new Set<OpenPart>();
  /** The batches that are, or were, in the work. */
  readonly #batches = new Set<number>();
  readonly #partOf = new Map<number, OpenPart>();
  readonly #unwanted = new AbortController();
  readonly #turn: number;
  #items = 0;
  #started = false;

  readonly #place: SlotPlace;
  readonly #first: OpenPart;
  readonly #options: SlotWorksOptions;

  constructor(place: SlotPlace, first: OpenPart, options: SlotWorksOptions) {
    this.#place = place;
    this.#first = first;
    this.#options = options;
    this.#turn = place.turns;
  }

  start(): void {
    const { shapes, slots } = this.#options;
    const place = this.#place;
    const { batch, items, job, itemsEndWithBatch = false, model } = this.#first.part;
    this.#add(this.#first);
    const computation = shapes.compute(place.slot, {
      job,
      batch,
      model,
      items,
      itemsEndWithBatch,
      ...(this.#first.mayShare ? { further: this.#further() } : {}),
      onStart: () => {
        this.#started = true;
        for (const { part } of this.#parts) part.onStart();
      },
      onNearlyDone: () => slots.expectEnd(place),
      onInSlot: (items, isFirst) => this.#announce(items, isFirst),
      onComputed: (computed) => this.#pass(computed),
      beforeSlice: () => this.#beforeSlice(),
      onEvent: (event) => this.#tell(event),
      signal: this.#unwanted.signal,
    });
    slots.release(place, computation);
    computation.then(
      (result) => this.#end((open) => open.settle(result)),
      (error: unknown) => this.#end((open) => open.fail(error)),
    );
  }

  #end(settle: (open: OpenPart) => void): void {
    // The slot's place outlives the work, and must not keep its batches in memory.
    if (this.#place.turns === this.#turn) this.#place.onWaiting = (): void => undefined;
    for (const open of [...this.#parts]) {
      this.#parts.delete(open);
      settle(open);
    }
  }

  #further() {
    const further = { take: (taken: number) => this.#take(taken), onWaiting: (): void => undefined };
    this.#place.onWaiting = (): void => further.onWaiting();
    return further;
  }

  #take(taken: number): readonly BatchItem[] {
    if (this.#unwanted.signal.aborted || this.#items >= MOST_ITEMS) return [];
    const mayJoin = (open: OpenPart): boolean => !this.#batches.has(open.part.batch);
    const turn = this.#turn;
    const open = this.#options.slots.join(this.#place, this.#first.job, { turn, taken, mayJoin });
    if (open === undefined) return [];
    for (const other of this.#parts) other.wasShared = true;
    open.wasShared = true;
    this.#add(open);
    if (this.#started) open.part.onStart();
    return open.part.items;
  }

  #add(open: OpenPart): void {
    const { batch, items, onSlot, signal } = open.part;
    this.#items += items.length;
    this.#parts.add(open);
    this.#batches.add(batch);
    for (const { index } of items) this.#partOf.set(index, open);
    onSlot(this.#place);
    signal.addEventListener('abort', () => this.#drop(open), { once: true });
  }

  /** The part was stopped. What the slot has of it is computed for nothing, unless nobody wants the rest. */
  #drop(open: OpenPart): void {
    open.isOver = true;
    this.#parts.delete(open);
    this.#abortIfUnwanted();
  }

  #abortIfUnwanted(): void {
    if (this.#parts.size === 0 && this.#partOf.size > 0) this.#unwanted.abort();
  }

  #announce(items: readonly number[], isFirst: boolean): void {
    // A batch that is no longer held must not be named as one that is in a slot.
    for (const [{ isOver, part }, own] of this.#byPart(items, (index) => index))
      if (!isOver) part.onInSlot?.(own, isFirst);
  }

  #byPart<T>(items: readonly T[], indexOf: (item: T) => number): ReadonlyMap<OpenPart, readonly T[]> {
    const parts = new Map<OpenPart, T[]>();
    for (const item of items) {
      const open = this.#partOf.get(indexOf(item));
      if (open === undefined) continue;
      const own = parts.get(open);
      if (own === undefined) parts.set(open, [item]);
      else own.push(item);
    }
    return parts;
  }

  #pass(computed: readonly ComputedItem[]): void {
    const own = this.#byPart(computed, ({ index }) => index);
    for (const { index } of computed) this.#partOf.delete(index);
    for (const [open, items] of own) {
      open.add(items);
      if (open.isOver) this.#parts.delete(open);
    }
    this.#abortIfUnwanted();
  }

  #beforeSlice(): Promise<void> | undefined {
    const spills = [...this.#parts].flatMap(({ part }) => {
      const spill = part.beforeSlice?.();
      return spill === undefined ? [] : [spill];
    });
    // A part whose results cannot be kept stops by itself.
    return spills.length === 0 ? undefined : Promise.allSettled(spills).then(() => undefined);
  }

  /** Events are about the slot. They are told once, by the first batch that is still there. */
  #tell(event: SlotEvent): void {
    const [open = this.#first] = this.#parts;
    if (event.kind === 'rebuilt') this.#options.slots.expectNoEnd(this.#place);
    if (event.kind !== 'log') for (const other of this.#parts) other.hadEvents = true;
    open.part.onEvent(event);
  }
}

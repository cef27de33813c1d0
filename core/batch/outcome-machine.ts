/**
 * Decides, for one batch on one slot, which items to ask next and which answers to accept (docs/reference/protocol.md, "What an outcome means"). It knows items
 * by their position in the work; a thin loop around it owns the process.
 *
 * Invariants:
 * - A good answer is accepted at once. An error is accepted when a later good answer or the witness shows that the slot is sound, or when it was the very
 *   first answer of a fresh process to an item that had erred before.
 * - An item fails because of a lost slot (crash, protocol, timeout, memory) only by deaths of its own: a slot was lost with this item alone in it, and is lost
 *   again with this item alone as the first that a fresh process was asked. A slot that an item shared with a guilty neighbour says nothing about it.
 * - Suspects, items that are redone, and the witness are asked with nothing else in flight.
 * - Every item is in exactly one place: queued, in flight, in doubt, or decided (its verdict was returned).
 * - Every reload counts against the budget, except the one that tries an item again after its first own death, of which there are at most as many as
 *   others. When the budget is used up, the batch ends as an attempt.
 */
import type { RebuildReason } from '../contract/events.js';
import { rebuildBudget, suspectGroups } from './bisection.js';
import { invariant } from '../invariant.js';
import { Doubts, type Verdict } from './doubts.js';
import { ITEM_ERROR_CODES, type ItemError } from '../contract/result-line.js';
import type { SlotMemory } from './slot-memory.js';

/** Why a slot was lost, and the error that the guilty item gets. */
export interface SlotLoss {
  readonly reason: RebuildReason;
  readonly error: ItemError;
}

export type Step<Item> =
  | { readonly kind: 'send'; readonly positions: readonly number[] }
  /** Ask this item again, which was answered well before; report its answer with `probed`. */
  | { readonly kind: 'probe'; readonly item: Item }
  /** Load the model in a fresh process, then call `rebuilt`. */
  | { readonly kind: 'rebuild'; readonly reason: RebuildReason; readonly message: string }
  | { readonly kind: 'wait' }
  | { readonly kind: 'finished' }
  | { readonly kind: 'attempt'; readonly error: ItemError };

/**
 * Items to be asked. `plain` items are cut to slices, with several in flight. `redo` items erred in a slot that was not sound: they are cut to slices, with
 * one in flight at a time, so that the first error is the first cause. `suspect` items are asked as one slice, with nothing else in flight.
 */
interface Piece {
  readonly positions: readonly number[];
  readonly kind: 'plain' | 'redo' | 'suspect';
}

/** Returns how many of the positions, from the front, make a slice, when `lanes` slices share them. */
export type TakeItems = (positions: readonly number[], lanes: number) => number;

interface Slice {
  readonly id: number;
  readonly positions: readonly number[];
  readonly unanswered: Set<number>;
  readonly sentAt: number;
  /** It was the first slice that a fresh process was asked. */
  readonly firstAsked: boolean;
  readonly isSuspect: boolean;
  allErrors: boolean;
}

/** An item that was the whole of the only slice in a slot, and was not answered. */
interface Alone {
  readonly position: number;
  readonly firstAsked: boolean;
  readonly wasSuspect: boolean;
}

export class OutcomeMachine<Item> {
  readonly #items: readonly Item[];
  readonly #concurrency: () => number;
  readonly #memory: SlotMemory<Item>;
  #budget: number;
  readonly #doubts = new Doubts();
  readonly #inFlight = new Map<number, Slice>();
  readonly #sliceOf = new Map<number, Slice>();
  /** The positions that were alone in a lost slot. */
  readonly #diedAlone = new Set<number>();
  /** The positions that were answered with an error in a slot that turned out broken or lost. */
  readonly #erred = new Set<number>();
  #queue: Piece[];
  #exclusive = false;
  #probing = false;
  /** Find out whether the slot is sound before going on. */
  #settle = false;
  #loss: SlotLoss | undefined;
  /** The next reload only tries an item again that has died alone once. */
  #secondTry = false;
  #rebuilds = 0;
  #ticks = 0;

  constructor(options: {
    /** The caller may append to it, and then calls `added`. */
    readonly items: readonly Item[];
    /** Returns the number of slices in flight at once. It is called each time, because the number may change while the batch is computed. */
    readonly concurrency: () => number;
    readonly memory: SlotMemory<Item>;
  }) {
    this.#items = options.items;
    this.#concurrency = options.concurrency;
    this.#memory = options.memory;
    this.#budget = rebuildBudget(options.items.length);
    this.#queue = options.items.length === 0 ? [] : [{ positions: [...options.items.keys()], kind: 'plain' }];
  }

  next(take: TakeItems): Step<Item> {
    if (this.#loss !== undefined) return this.#afterLoss(this.#loss);
    if (this.#probing) return { kind: 'wait' };
    if (this.#inFlight.size > 0) return this.#mayAddSlice() ? this.#send(take) : { kind: 'wait' };
    if (this.#settle || this.#queue.length === 0) {
      const settling = this.#settling();
      if (settling !== undefined) return settling;
    }
    return this.#queue.length > 0 ? this.#send(take) : { kind: 'finished' };
  }

  /** Tells whether every item that is not decided is with the slot. */
  get allAsked(): boolean {
    return this.#queue.length === 0 && this.#doubts.size === 0 && !this.#probing;
  }

  /** The number of slices that the slot works on. */
  get slicesInFlight(): number {
    return this.#inFlight.size;
  }

  /** The number of items that no slice has yet. */
  get queuedItems(): number {
    return this.#queue.reduce((items, { positions }) => items + positions.length, 0);
  }

  /**
   * Tells whether items of other batches may be added. After a loss, and while it is asked whether the slot is sound, what is there is decided first, so
   * that trouble concerns few batches and comes to an end.
   */
  get mayAdd(): boolean {
    const isCalm =
      this.#loss === undefined && this.#rebuilds === 0 && !this.#exclusive && !this.#probing && !this.#settle;
    const isKnownSound = this.#doubts.size === 0 || this.#memory.witness !== undefined;
    return isCalm && isKnownSound && this.#queue.every(({ kind }) => kind === 'plain');
  }

  /** Takes the items in, from this position to the end, that were appended to `items`. */
  added(from: number): void {
    invariant(this.mayAdd, 'items are added only to a machine without trouble.');
    const queued = this.#queue.flatMap(({ positions }) => positions);
    for (let position = from; position < this.#items.length; position += 1) queued.push(position);
    this.#queue = queued.length === 0 ? [] : [{ positions: queued, kind: 'plain' }];
    this.#budget = Math.max(this.#budget, rebuildBudget(queued.length));
  }

  answered(position: number, error?: ItemError): readonly Verdict[] {
    const slice = this.#sliceOf.get(position);
    invariant(slice !== undefined, `position ${position} is not in flight.`);
    this.#ticks += 1;
    this.#sliceOf.delete(position);
    slice.unanswered.delete(position);
    const verdicts = error === undefined ? this.#good(slice, position) : this.#bad(slice, position, error);
    if (slice.unanswered.size === 0) this.#ended(slice);
    return verdicts;
  }

  /** Takes the answer of the witness: a good one, or an error. */
  probed(error?: ItemError): readonly Verdict[] {
    this.#probing = false;
    this.#settle = false;
    if (error === undefined) return this.#doubts.takeAll();
    this.#break(
      `After an error the model no longer answers an item that it had answered well before (${error.code}: ${error.message}).`,
    );
    return [];
  }

  /** The process is gone, with whatever was in flight. */
  lost(loss: SlotLoss): readonly Verdict[] {
    const slices = [...this.#inFlight.values()];
    const alone = slices.length === 1 ? aloneIn(slices[0]) : undefined;
    const guilty = alone !== undefined && this.#isGuilty(alone) ? alone.position : undefined;
    this.#secondTry = false;
    // The guilty item is among those in flight, so queued items are no longer suspect.
    this.#queue = this.#queue.map((piece) => (piece.kind === 'suspect' ? { ...piece, kind: 'plain' } : piece));
    this.#requeueDoubts();
    this.#isolateFront();
    if (guilty === undefined) {
      const unanswered = slices.map((slice) => [...slice.unanswered]);
      // An item that was answered before may have printed a line too many, and only a fresh process shows whose line it was.
      if (alone !== undefined && (alone.firstAsked || loss.reason !== 'protocol')) {
        this.#secondTry = alone.wasSuspect && !this.#diedAlone.has(alone.position);
        this.#diedAlone.add(alone.position);
      }
      this.#queue.unshift(...suspectGroups(unanswered).map((positions) => ({ positions, kind: 'suspect' as const })));
    }
    this.#inFlight.clear();
    this.#sliceOf.clear();
    this.#exclusive = false;
    this.#probing = false;
    this.#settle = false;
    this.#loss = loss;
    return guilty === undefined ? [] : [{ position: guilty, error: loss.error }];
  }

  rebuilt(): void {
    this.#loss = undefined;
    this.#memory.processReplaced();
  }

  #good(slice: Slice, position: number): readonly Verdict[] {
    slice.allErrors = false;
    this.#memory.answeredWell(this.#items[position] as Item);
    const confirmed = this.#doubts.confirm({ slice: slice.id, position, sentAt: slice.sentAt });
    if (this.#doubts.size === 0) this.#settle = false;
    return [{ position }, ...confirmed];
  }

  #bad(slice: Slice, position: number, error: ItemError): readonly Verdict[] {
    if (slice.firstAsked && slice.positions.length === 1 && this.#erred.has(position)) {
      // A fresh process says the same: the item failed. It may have broken the process on its way.
      this.#settle = true;
      return [{ position, error }];
    }
    this.#doubts.add({ position, error, slice: slice.id, at: this.#ticks });
    return [];
  }

  #ended(slice: Slice): void {
    this.#inFlight.delete(slice.id);
    if (this.#inFlight.size === 0) this.#exclusive = false;
    // One slice may end in errors by chance; when the next is nothing but errors, it is time to ask.
    if (slice.allErrors && this.#doubts.hasBefore(slice.sentAt)) this.#settle = true;
  }

  #isGuilty({ position, firstAsked }: Alone): boolean {
    return firstAsked && this.#diedAlone.has(position);
  }

  #mayAddSlice(): boolean {
    return (
      !this.#exclusive && !this.#settle && this.#inFlight.size < this.#concurrency() && this.#queue[0]?.kind === 'plain'
    );
  }

  #send(take: TakeItems): Step<Item> {
    const [piece, ...rest] = this.#queue;
    invariant(piece !== undefined, 'no item is queued.');
    const lanes = piece.kind === 'plain' ? this.#concurrency() : 1;
    const count = piece.kind === 'suspect' ? piece.positions.length : Math.max(1, take(piece.positions, lanes));
    const positions = piece.positions.slice(0, count);
    const left = piece.positions.slice(count);
    this.#queue = left.length > 0 ? [{ ...piece, positions: left }, ...rest] : rest;
    this.#ticks += 1;
    const slice: Slice = {
      id: this.#ticks,
      positions,
      unanswered: new Set(positions),
      sentAt: this.#ticks,
      firstAsked: !this.#memory.used,
      isSuspect: piece.kind === 'suspect',
      allErrors: true,
    };
    this.#memory.used = true;
    this.#exclusive = piece.kind !== 'plain';
    this.#inFlight.set(slice.id, slice);
    for (const position of positions) this.#sliceOf.set(position, slice);
    return { kind: 'send', positions };
  }

  /** Nothing is in flight: finds out whether the slot is sound. Returns undefined when no decision depends on that now. */
  #settling(): Step<Item> | undefined {
    const { witness } = this.#memory;
    if (this.#doubts.size === 0 && (!this.#settle || this.#queue.length === 0)) {
      this.#settle = false;
      return undefined;
    }
    if (witness !== undefined) {
      this.#probing = true;
      this.#memory.used = true;
      return { kind: 'probe', item: witness };
    }
    this.#settle = false;
    // No item was answered well yet. Go on while there are items that were not asked yet: one may be answered well.
    const allErred = this.#queue.every((piece) => piece.positions.every((position) => this.#erred.has(position)));
    if (!allErred) return undefined;
    this.#break('The model has answered every item with an error so far.');
    return this.#loss === undefined ? undefined : this.#afterLoss(this.#loss);
  }

  #break(message: string): void {
    this.#requeueDoubts();
    this.#isolateFront();
    this.#loss = { reason: 'broken', error: { code: ITEM_ERROR_CODES.modelError, message } };
  }

  #requeueDoubts(): void {
    const positions = this.#doubts.takeAll().map((doubt) => doubt.position);
    for (const position of positions) this.#erred.add(position);
    if (positions.length > 0) this.#queue.unshift({ positions, kind: 'redo' });
  }

  /** The item of the first error may have broken the slot: it is asked first, and alone. */
  #isolateFront(): void {
    const [piece, ...rest] = this.#queue;
    const [first, ...others] = piece?.positions ?? [];
    if (first === undefined || !this.#erred.has(first)) return;
    const left: Piece[] = others.length > 0 ? [{ positions: others, kind: 'redo' }] : [];
    this.#queue = [{ positions: [first], kind: 'suspect' }, ...left, ...rest];
  }

  #afterLoss(loss: SlotLoss): Step<Item> {
    if (this.#queue.length === 0) return { kind: 'finished' };
    if (this.#rebuilds >= this.#budget && !this.#secondTry) {
      const message = `The model had to be loaded again ${this.#budget} times for this batch, and no more is allowed; the last reason: ${loss.error.message}`;
      return { kind: 'attempt', error: { code: loss.error.code, message } };
    }
    if (!this.#secondTry) this.#rebuilds += 1;
    return { kind: 'rebuild', reason: loss.reason, message: loss.error.message };
  }
}

function aloneIn(slice: Slice | undefined): Alone | undefined {
  const [position, ...others] = slice?.positions ?? [];
  if (slice === undefined || position === undefined || others.length > 0 || !slice.unanswered.has(position))
    return undefined;
  return { position, firstAsked: slice.firstAsked, wasSuspect: slice.isSuspect };
}

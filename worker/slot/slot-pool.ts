/**
 * The worker's slots, and which batch gets which slot (core/batch/slot-choice.ts).
 *
 * Invariants:
 * - A slot computes one work at a time: a batch, and those that have joined it. When it is nearly done, the slot is given at most one more, which starts
 *   next.
 * - A batch joins the work that its slot was given last, and only while no idle slot could have it. A slot takes no more than its share of those that
 *   wait, so that slots of one model end together.
 * - A slot is idle again only when its last work has ended.
 * - A slot keeps its GPU for its whole life, and its GPU is free again when its processes are gone.
 * - Slots above the wanted number get no more batches. They are closed as they become idle, never while they compute.
 */
import { chooseSlot, leastUsedGpu, MAX_PASSED_OVER, slotToClose } from '../../core/batch/slot-choice.js';
import { invariant } from '../../core/invariant.js';
import type { Clock } from '../ports.js';
import type { BatchComputation, PreparedModel, Slot } from './slot.js';

/**
 * `slots` is how many slots share the machine: the slot's memory limit follows from it. It may fall, never rise. `gpu`
 * is the GPU that the slot sees; undefined where there is none.
 */
export type MakeSlot = (slots: () => number, gpu: string | undefined) => Slot;

/** A slot's place in the pool: when it was last used, and how many works it has now. */
export interface SlotPlace {
  readonly slot: Slot;
  lastUsedMs: number;
  /** The works that the slot was given and that have not been released; at most two. */
  batches: number;
  /** How many works the slot was given so far. */
  turns: number;
  /** It is called when a batch of the slot's model begins to wait. */
  onWaiting: () => void;
  /** The model of the last batch that the slot was given. */
  given?: string;
  readonly gpu: string | undefined;
}

/** The models that get no slot, or no further one. */
export interface Restrictions {
  /** Models that get no slot at the moment. */
  readonly avoided?: ReadonlySet<string>;
  /** The most slots that may have a model, by its key. */
  readonly limits?: ReadonlyMap<string, number>;
}

/** A batch that may be computed together with others of the same job. */
export interface Joinable {
  readonly job: string;
}

interface Waiter<Part> {
  readonly modelKey: string;
  readonly part: Part | undefined;
  passedOver: number;
  /** Undefined when the batch has joined the work of another one. */
  readonly give: (place: SlotPlace | undefined) => void;
}

interface Join<Part> {
  /** The work was the slot's turn of this number. */
  readonly turn: number;
  /** How many batches have just joined it. */
  readonly taken: number;
  readonly mayJoin: (part: Part) => boolean;
}

const MAX_BATCHES_PER_SLOT = 2;

export class SlotPool<Part extends Joinable = Joinable> {
  readonly #idle: SlotPlace[] = [];
  readonly #busy = new Set<SlotPlace>();
  /** Places whose processes are being ended. */
  readonly #closing = new Set<SlotPlace>();
  /** Busy places that may be given another batch of their model. */
  readonly #nearlyDone = new Set<SlotPlace>();
  #waiting: Waiter<Part>[] = [];
  #wanted = 1;
  #avoided: ReadonlySet<string> = new Set();
  #limits: ReadonlyMap<string, number> = new Map();

  readonly #makeSlot: MakeSlot;
  readonly #clock: Clock;
  readonly #gpus: readonly string[];

  /** `gpus` names the instance's GPUs, among which the slots are shared out. */
  constructor(makeSlot: MakeSlot, clock: Clock, gpus: readonly string[] = []) {
    this.#makeSlot = makeSlot;
    this.#clock = clock;
    this.#gpus = gpus;
  }

  get size(): number {
    return this.#wanted;
  }

  /** No slot computes, and none is being closed. */
  get isQuiet(): boolean {
    return this.#busy.size === 0 && this.#closing.size === 0;
  }

  resize(slots: number, { avoided = new Set(), limits = new Map() }: Restrictions = {}): void {
    this.#wanted = Math.max(1, slots);
    this.#avoided = avoided;
    this.#limits = limits;
    this.#assign();
  }

  /** The number of slots other than `slot` that have the model, or are about to load it. */
  othersWith(slot: Slot, modelKey: string): number {
    return this.#placesWith(modelKey).filter((place) => place.slot !== slot).length;
  }

  /** Loads the model ahead of its first batch on an idle slot, if there is one. */
  warm(model: PreparedModel): void {
    this.#fill();
    if (this.#avoided.has(model.modelKey)) return;
    const idle = this.#idle.map(({ slot }) => slot);
    if (idle.some((slot) => slot.modelKey === model.modelKey) || this.#isAtLimit(model.modelKey)) return;
    const slot = idle.find((candidate) => candidate.modelKey === undefined) ?? idle[0];
    slot?.warm(model);
  }

  /**
   * Waits for a slot for a batch of the model. The caller gives it back with `release`. Resolves with undefined when
   * `part` has joined the work of another batch.
   */
  acquire(modelKey: string, signal: AbortSignal, part?: Part): Promise<SlotPlace | undefined> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(signal.reason as Error);
      };
      const waiter: Waiter<Part> = {
        modelKey,
        part,
        passedOver: 0,
        give: (place) => {
          signal.removeEventListener('abort', abort);
          resolve(place);
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.push(waiter);
      this.#assign();
      if (part === undefined || !this.#waiting.includes(waiter)) return;
      for (const place of this.#busy) if (place.given === modelKey) place.onWaiting();
    });
  }

  /** Returns the next waiting batch of the job that may join the slot's work, if there is one. */
  join(place: SlotPlace, job: string, { turn, taken, mayJoin }: Join<Part>): Part | undefined {
    const { given } = place;
    if (given === undefined || place.turns !== turn || this.#avoided.has(given)) return undefined;
    if (this.#busy.size > this.#wanted || !this.#hasShareLeft(place, given, taken)) return undefined;
    const at = this.#waiting.findIndex((waiter) => waiter.modelKey === given && isPartOf(waiter, job));
    const older = this.#waiting.slice(0, Math.max(0, at));
    const part = this.#waiting[at]?.part;
    if (part === undefined || !mayJoin(part) || older.some(({ passedOver }) => passedOver >= MAX_PASSED_OVER))
      return undefined;
    const [waiter] = this.#waiting.splice(at, 1);
    for (const passed of older) passed.passedOver += 1;
    waiter?.give(undefined);
    return part;
  }

  /** Those that wait are shared among the slots that have their model. */
  #hasShareLeft(place: SlotPlace, modelKey: string, taken: number): boolean {
    const waiting = this.#waiting.filter((waiter) => waiter.modelKey === modelKey).length;
    const others = [...this.#busy].filter((other) => other !== place && other.given === modelKey).length;
    return waiting > taken * others;
  }

  /** Gives the slot back. It is idle once `computation`, the last work that it was given, has settled. */
  release(place: SlotPlace, computation: Promise<BatchComputation>): void {
    const released = (): void => {
      place.batches -= 1;
      // The mark was set for the batch that has ended; the next batch sets its own.
      this.#nearlyDone.delete(place);
      if (place.batches === 0) {
        this.#busy.delete(place);
        place.lastUsedMs = this.#clock.nowMs();
        this.#idle.push(place);
      }
      this.#assign();
    };
    computation.then(released, released);
  }

  /** Marks the slot's batch as done within moments, so that the slot may be given its next batch. */
  expectEnd(place: SlotPlace): void {
    this.#nearlyDone.add(place);
    this.#assign();
  }

  /** Takes the mark back, because something went wrong. */
  expectNoEnd(place: SlotPlace): void {
    this.#nearlyDone.delete(place);
  }

  /** Closes the idle slots. Batches get new ones, with processes that were asked nothing before. */
  renew(): void {
    for (const place of this.#idle.splice(0)) this.#close(place);
  }

  async close(): Promise<void> {
    const places = [...this.#idle.splice(0), ...this.#busy];
    this.#wanted = 0;
    await Promise.all(places.map(({ slot }) => slot.close()));
  }

  #assign(): void {
    this.#fill();
    for (;;) {
      const idle = this.#idle.map(({ slot, lastUsedMs }) => ({ modelKey: slot.modelKey, lastUsedMs }));
      const waiting = this.#waiting.filter(({ modelKey }) => this.#mayHaveIdleSlot(modelKey));
      const choice = chooseSlot(waiting, idle);
      if (choice === undefined) break;
      const waiter = waiting[choice.waiting];
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
      const [place] = this.#idle.splice(choice.slot, 1);
      for (const older of waiting.slice(0, choice.waiting)) older.passedOver += 1;
      if (waiter === undefined || place === undefined) return;
      this.#busy.add(place);
      this.#give(place, waiter);
    }
    this.#assignAhead();
  }

  #mayHaveIdleSlot(modelKey: string): boolean {
    if (this.#avoided.has(modelKey)) return false;
    return !this.#isAtLimit(modelKey) || this.#idle.some(({ slot }) => slot.modelKey === modelKey);
  }

  #isAtLimit(modelKey: string): boolean {
    const limit = this.#limits.get(modelKey);
    return limit !== undefined && this.#placesWith(modelKey).length >= limit;
  }

  /** A slot that was just given a batch has the batch's model, or is about to load it. */
  #placesWith(modelKey: string): readonly SlotPlace[] {
    const busy = [...this.#busy].filter(({ given }) => given === modelKey);
    return [...busy, ...this.#idle.filter(({ slot }) => slot.modelKey === modelKey)];
  }

  /** Keeps to the order of the batches: a few milliseconds are not worth passing one over. */
  #assignAhead(): void {
    if (this.#busy.size > this.#wanted) return;
    for (const place of this.#nearlyDone) {
      const [waiter] = this.#waiting;
      if (waiter === undefined) return;
      if (place.batches >= MAX_BATCHES_PER_SLOT || waiter.modelKey !== place.slot.modelKey) continue;
      this.#waiting.shift();
      this.#nearlyDone.delete(place);
      this.#give(place, waiter);
    }
  }

  #give(place: SlotPlace, waiter: Waiter<Part>): void {
    place.batches += 1;
    place.turns += 1;
    place.given = waiter.modelKey;
    invariant(place.batches <= MAX_BATCHES_PER_SLOT, 'A slot has one work, and at most one that starts next.');
    waiter.give(place);
  }

  /** Makes or closes idle slots until there are as many as wanted. */
  #fill(): void {
    while (this.#idle.length + this.#busy.size < this.#wanted) {
      const wanted = this.#wanted;
      const gpu = leastUsedGpu(this.#gpus, gpusOf([...this.#idle, ...this.#busy, ...this.#closing]));
      const slot = this.#makeSlot(() => Math.max(1, Math.min(wanted, this.#wanted)), gpu);
      this.#idle.push({ slot, lastUsedMs: this.#clock.nowMs(), batches: 0, turns: 0, onWaiting: () => undefined, gpu });
    }
    while (this.#idle.length > 0 && this.#idle.length + this.#busy.size > this.#wanted) {
      const idle = this.#idle.map(({ slot, gpu }) => ({ modelKey: slot.modelKey, gpu }));
      for (const place of this.#idle.splice(slotToClose(idle, gpusOf([...this.#idle, ...this.#busy])), 1))
        this.#close(place);
    }
  }

  #close(place: SlotPlace): void {
    this.#closing.add(place);
    void place.slot.close().finally(() => this.#closing.delete(place));
  }
}

const isPartOf = ({ part }: Waiter<Joinable>, job: string): boolean => part?.job === job;

const gpusOf = (places: readonly SlotPlace[]): readonly (string | undefined)[] => places.map(({ gpu }) => gpu);

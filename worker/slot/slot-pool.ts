/**
 * The worker's slots, and which batch gets which (core/batch/slot-choice.ts).
 *
 * Invariants:
 * - A slot computes one batch at a time. When that is nearly done, it has at most one more, which has its turn next.
 * - It is idle again only when its computer has let go of the last one.
 * - Slots above the wanted number are given nothing more, and are closed as they become idle, never while they compute.
 */
import { chooseSlot } from '../../core/batch/slot-choice.js';
import type { BatchComputation, BatchComputer, PreparedModel } from './batch-computer.js';
import type { Clock } from '../ports.js';

/** `slots` is how many share the machine: the computer's memory bound follows from it. It may fall, never rise. */
export type MakeComputer = (slots: () => number) => BatchComputer;

export interface Slot {
  readonly computer: BatchComputer;
  lastUsedMs: number;
  /** Batches that it was given and that have not been released. */
  batches: number;
}

interface Waiter {
  readonly modelKey: string;
  passedOver: number;
  readonly give: (slot: Slot) => void;
}

export class SlotPool {
  readonly #idle: Slot[] = [];
  readonly #busy = new Set<Slot>();
  /** Busy ones that may be given another batch of their model. */
  readonly #nearlyDone = new Set<Slot>();
  #waiting: Waiter[] = [];
  #wanted = 1;
  #avoided: ReadonlySet<string> = new Set();

  readonly #makeComputer: MakeComputer;
  readonly #clock: Clock;

  constructor(makeComputer: MakeComputer, clock: Clock) {
    this.#makeComputer = makeComputer;
    this.#clock = clock;
  }

  get size(): number {
    return this.#wanted;
  }

  /** `avoided`: models that get no other slot. */
  resize(slots: number, avoided: ReadonlySet<string> = new Set()): void {
    this.#wanted = Math.max(1, slots);
    this.#avoided = avoided;
    this.#assign();
  }

  /** Loads the model ahead on a slot that has nothing better to do. */
  warm(model: PreparedModel): void {
    this.#fill();
    if (this.#avoided.has(model.modelKey)) return;
    if (this.#idle.some((slot) => slot.computer.modelKey === model.modelKey)) return;
    const slot = this.#idle.find((candidate) => candidate.computer.modelKey === undefined) ?? this.#idle[0];
    slot?.computer.warm(model);
  }

  /** Waits for a slot for a batch of the model; give it back with `release`. */
  acquire(modelKey: string, signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(signal.reason as Error);
      };
      const waiter: Waiter = {
        modelKey,
        passedOver: 0,
        give: (slot) => {
          signal.removeEventListener('abort', abort);
          resolve(slot);
        },
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.push(waiter);
      this.#assign();
    });
  }

  /** The slot is idle when `computation`, the last thing that it was given, has settled. */
  release(slot: Slot, computation: Promise<BatchComputation>): void {
    const released = (): void => {
      slot.batches -= 1;
      // Of the batch that is over; the next one speaks for itself when it has had its turn.
      this.#nearlyDone.delete(slot);
      if (slot.batches === 0) {
        this.#busy.delete(slot);
        slot.lastUsedMs = this.#clock.nowMs();
        this.#idle.push(slot);
      }
      this.#assign();
    };
    computation.then(released, released);
  }

  /** The batch that the slot is at will be done within moments. */
  expectEnd(slot: Slot): void {
    this.#nearlyDone.add(slot);
    this.#assign();
  }

  /** It will not: something went wrong. */
  expectNoEnd(slot: Slot): void {
    this.#nearlyDone.delete(slot);
  }

  async close(): Promise<void> {
    const slots = [...this.#idle.splice(0), ...this.#busy];
    this.#wanted = 0;
    await Promise.all(slots.map((slot) => slot.computer.close()));
  }

  #assign(): void {
    this.#fill();
    for (;;) {
      const idle = this.#idle.map((slot) => ({ modelKey: slot.computer.modelKey, lastUsedMs: slot.lastUsedMs }));
      const waiting = this.#waiting.filter(({ modelKey }) => !this.#avoided.has(modelKey));
      const choice = chooseSlot(waiting, idle);
      if (choice === undefined) break;
      const waiter = waiting[choice.waiting];
      this.#waiting = this.#waiting.filter((other) => other !== waiter);
      const [slot] = this.#idle.splice(choice.slot, 1);
      for (const older of waiting.slice(0, choice.waiting)) older.passedOver += 1;
      if (waiter === undefined || slot === undefined) return;
      this.#busy.add(slot);
      slot.batches += 1;
      waiter.give(slot);
    }
    this.#assignAhead();
  }

  /** Nobody is passed over for the sake of a few milliseconds. */
  #assignAhead(): void {
    if (this.#busy.size > this.#wanted) return;
    for (const slot of this.#nearlyDone) {
      const [waiter] = this.#waiting;
      if (waiter === undefined) return;
      if (slot.batches > 1 || waiter.modelKey !== slot.computer.modelKey) continue;
      this.#waiting.shift();
      this.#nearlyDone.delete(slot);
      slot.batches += 1;
      waiter.give(slot);
    }
  }

  /** Makes or closes idle slots until there are as many as wanted. */
  #fill(): void {
    while (this.#idle.length + this.#busy.size < this.#wanted) {
      const wanted = this.#wanted;
      const computer = this.#makeComputer(() => Math.max(1, Math.min(wanted, this.#wanted)));
      this.#idle.push({ computer, lastUsedMs: this.#clock.nowMs(), batches: 0 });
    }
    while (this.#idle.length > 0 && this.#idle.length + this.#busy.size > this.#wanted) {
      void this.#idle.shift()?.computer.close();
    }
  }
}

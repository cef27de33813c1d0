/**
 * Errors that are not confirmed yet. An error means "this item failed" only if the slot was sound when it came. The slot was sound if the same process
 * answers a later item well: an item that comes later in the same slice, or one of a slice that was sent after the error came.
 */
import type { ItemError } from '../contract/result-line.js';

export interface Verdict {
  readonly position: number;
  /** It is absent when the item was answered well. */
  readonly error?: ItemError;
}

interface Doubt {
  readonly position: number;
  readonly error: ItemError;
  readonly slice: number;
  readonly at: number;
}

export class Doubts {
  #doubts: Doubt[] = [];

  get size(): number {
    return this.#doubts.length;
  }

  add(doubt: Doubt): void {
    this.#doubts.push(doubt);
  }

  /** Tells whether there was a doubt when a slice was sent at `at`. */
  hasBefore(at: number): boolean {
    return this.#doubts.some((doubt) => doubt.at < at);
  }

  /** Returns the errors that a good answer at `position` of `slice`, sent at `sentAt`, confirms. */
  confirm(good: { readonly slice: number; readonly position: number; readonly sentAt: number }): readonly Verdict[] {
    if (this.#doubts.length === 0) return [];
    const confirmed: Verdict[] = [];
    const left: Doubt[] = [];
    for (const doubt of this.#doubts) {
      const later = doubt.slice === good.slice ? doubt.position < good.position : doubt.at < good.sentAt;
      if (later) confirmed.push({ position: doubt.position, error: doubt.error });
      else left.push(doubt);
    }
    this.#doubts = left;
    return confirmed;
  }

  /** Removes all doubts and returns them, in the order in which they came. */
  takeAll(): readonly Verdict[] {
    const all = this.#doubts.map(({ position, error }) => ({ position, error }));
    this.#doubts = [];
    return all;
  }
}

/** Times the slices that a slot works on, and gives the pace what each one took. */
import type { SlicePace } from '../../core/batch/slice-size.js';
import type { Clock } from '../ports.js';

interface TimedSlice {
  readonly items: number;
  readonly sentAtMs: number;
  readonly inFlight: number;
  readonly isMeasure: boolean;
  unanswered: number;
}

export class SliceTimes {
  readonly #sliceOf = new Map<number, TimedSlice>();

  readonly #pace: SlicePace;
  readonly #clock: Clock;

  constructor(pace: SlicePace, clock: Clock) {
    this.#pace = pace;
    this.#clock = clock;
  }

  /** The slot works on something. */
  get isBusy(): boolean {
    return this.#sliceOf.size > 0;
  }

  /** The items that the slot has, and has not answered. */
  get positions(): Iterable<number> {
    return this.#sliceOf.keys();
  }

  /** Notes that the slot has a slice, which starts now. */
  sent(positions: readonly number[], isMeasure: boolean): void {
    const slice: TimedSlice = {
      items: positions.length,
      sentAtMs: this.#clock.nowMs(),
      inFlight: new Set(this.#sliceOf.values()).size + 1,
      unanswered: positions.length,
      isMeasure,
    };
    for (const position of positions) this.#sliceOf.set(position, slice);
  }

  answered(position: number): void {
    const slice = this.#sliceOf.get(position);
    this.#sliceOf.delete(position);
    if (slice === undefined) return;
    slice.unanswered -= 1;
    if (slice.unanswered > 0 || !slice.isMeasure) return;
    this.#pace.measured({ ...slice, elapsedMs: this.#clock.nowMs() - slice.sentAtMs });
  }

  /** Forgets all slices: their process is gone. */
  clear(): void {
    this.#sliceOf.clear();
  }
}

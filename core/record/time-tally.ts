/**
 * Counts measured times in fixed buckets, so that the tallies of many workers add up. The buckets grow by a tenth from one to the next: a point of the
 * distribution is exact to 5 %, whatever the scale of the times. The longest time is exact.
 */
import type { TimeCounts } from '../contract/worker-summary.js';
import type { Times } from './job-record.js';

const GROWTH = 1.1;
/** The first bucket ends here: no clock of ours is finer. */
const LEAST_MS = 0.01;
/** The last bucket begins at some five years. */
const LAST_BUCKET = 319;
const NINE_TENTHS = 0.9;
const DIGITS = 3;

export class TimeTally {
  readonly #counts = new Map<number, number>();
  #longestMs = 0;

  /** `times` is the number of things that took so long each. */
  add(ms: number, times = 1): void {
    if (times <= 0) return;
    this.#count(bucketOf(ms), times);
    this.#longestMs = Math.max(this.#longestMs, ms);
  }

  addAll({ counts, longestMs }: TimeCounts): void {
    for (const [bucket, times] of Object.entries(counts)) this.#count(Math.min(LAST_BUCKET, Number(bucket)), times);
    this.#longestMs = Math.max(this.#longestMs, longestMs);
  }

  counts(): TimeCounts {
    const counts = Object.fromEntries([...this.#counts].sort(([a], [b]) => a - b));
    return { counts, longestMs: this.#longestMs };
  }

  /** Returns undefined when nothing was measured. */
  times(): Times | undefined {
    const buckets = [...this.#counts].sort(([a], [b]) => a - b);
    const count = buckets.reduce((sum, [, times]) => sum + times, 0);
    if (count === 0) return undefined;
    const pointAt = (share: number): number => {
      let left = Math.ceil(count * share);
      const found = buckets.find(([, times]) => (left -= times) <= 0) ?? buckets.at(-1);
      return Math.min(this.#longestMs, middleOf(found?.[0] ?? 0));
    };
    return { count, medianMs: pointAt(0.5), p90Ms: pointAt(NINE_TENTHS), longestMs: this.#longestMs };
  }

  #count(bucket: number, times: number): void {
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + times);
  }
}

function bucketOf(ms: number): number {
  if (ms <= LEAST_MS) return 0;
  return Math.min(LAST_BUCKET, Math.ceil(Math.log(ms / LEAST_MS) / Math.log(GROWTH)));
}

/** Returns the geometric middle of the bucket, without digits that nobody measured. */
const middleOf = (bucket: number): number => Number((LEAST_MS * GROWTH ** (bucket - 0.5)).toPrecision(DIGITS));

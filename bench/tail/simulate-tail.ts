/**
 * How long a job is at its end: slots of different pace that take batch after batch until none is left. Pure, and in no way the product's own
 * code: leases, reclaims and fetching ahead are left out, so that the sizes of batches are what is compared.
 */

export interface TailInput {
  /** Items of each batch, in the order in which they are taken. */
  readonly batches: readonly number[];
  /** Milliseconds an item, for each slot. */
  readonly msPerItem: readonly number[];
  /** What each batch costs besides its items. */
  readonly msPerBatch: number;
}

export interface Tail {
  readonly endMs: number;
  /** From when the first slot found nothing left to when the last one had ended: what is paid for and not used. */
  readonly tailMs: number;
  /** Of all slots' time from start to end. */
  readonly idleShare: number;
  /** The end if work could be shared out without a rest: no sizes can be faster. */
  readonly idealMs: number;
}

export function simulateTail({ batches, msPerItem, msPerBatch }: TailInput): Tail {
  const freeAtMs = msPerItem.map(() => 0);
  for (const items of batches) {
    const slot = freeAtMs.indexOf(Math.min(...freeAtMs));
    freeAtMs[slot] = (freeAtMs[slot] ?? 0) + msPerBatch + items * (msPerItem[slot] ?? 0);
  }
  const endMs = Math.max(...freeAtMs);
  const busyMs = freeAtMs.reduce((sum, ms) => sum + ms, 0);
  const itemsPerMs = msPerItem.reduce((sum, ms) => sum + 1 / ms, 0);
  const items = batches.reduce((sum, count) => sum + count, 0);
  return {
    endMs,
    tailMs: endMs - Math.min(...freeAtMs),
    idleShare: 1 - busyMs / (endMs * freeAtMs.length),
    idealMs: items / itemsPerMs,
  };
}

/** Neighbours swapped within `reach`, as a queue without a promised order does; `random` in [0, 1). */
export function roughlyInOrder<T>(values: readonly T[], reach: number, random: () => number): readonly T[] {
  return values
    .map((value, at) => ({ value, at: at + random() * reach }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

/**
 * Simulates the end of a job: slots of different pace take batch after batch until none is left. It is pure and
 * shares no code with the product: leases, reclaims and prefetching are left out, so that only the batch sizes are
 * compared.
 */

export interface TailInput {
  /** The number of items of each batch, in the order in which the batches are taken. */
  readonly batches: readonly number[];
  /** Milliseconds per item, for each slot. */
  readonly msPerItem: readonly number[];
  /** The cost of each batch besides its items, in milliseconds. */
  readonly msPerBatch: number;
}

export interface Tail {
  readonly endMs: number;
  /** The time from the first slot that finds no batch left to the end of the last slot: it is paid for and not used. */
  readonly tailMs: number;
  /** The idle share of all slots' time from start to end. */
  readonly idleShare: number;
  /** The end if the work could be divided perfectly: no batch sizes can be faster. */
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

/** Swaps neighbours within `reach`, as a queue without a guaranteed order does; `random` returns numbers in [0, 1). */
export function roughlyInOrder<T>(values: readonly T[], reach: number, random: () => number): readonly T[] {
  return values
    .map((value, at) => ({ value, at: at + random() * reach }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

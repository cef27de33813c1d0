/** Computes a pace from the slices of a probe, and how many slots a dataset would keep busy at that pace. */
import type { ProbeSlice } from './probe.js';

export interface Pace {
  /** The mean of the slices that count. A forecast goes by it. */
  readonly msPerItem: number;
  readonly medianMsPerItem: number;
  readonly slowest: ProbeSlice;
}

/** The first slice of a process is slow (caches, compilers), so it counts only while there is no other. */
export function paceOf(slices: readonly ProbeSlice[]): Pace | undefined {
  const warm = slices.filter(({ cold }) => !cold);
  const counted = warm.length > 0 ? warm : slices;
  const items = sum(counted, (slice) => slice.items);
  if (items === 0) return undefined;
  const slowest = counted.reduce((most, slice) => (perItem(slice) > perItem(most) ? slice : most));
  return { msPerItem: sum(counted, ({ ms }) => ms) / items, medianMsPerItem: median(counted, items), slowest };
}

export const perItem = ({ ms, items }: ProbeSlice): number => ms / items;

/** The pace at which the middle item was computed. */
function median(slices: readonly ProbeSlice[], items: number): number {
  let seen = 0;
  for (const slice of slices.toSorted((a, b) => perItem(a) - perItem(b))) {
    seen += slice.items;
    if (seen * 2 >= items) return perItem(slice);
  }
  return 0;
}

const sum = (slices: readonly ProbeSlice[], of: (slice: ProbeSlice) => number): number =>
  slices.reduce((total, slice) => total + of(slice), 0);

export interface SlotsNeeded {
  readonly slotSeconds: number;
  readonly slots: number;
  /** The time that so many slots would take. */
  readonly seconds: number;
}

/** Numbers that people have in mind. */
const SLOTS = [1, 2, 4, 8, 16, 40, 100, 200, 400, 1_000];
/** Booting instances for less work than this costs more time than it saves. */
const WORTH_SECONDS = 300;

/** Returns the fewest slots of the list that need no more than five minutes. */
export function slotsNeeded(items: number, msPerItem: number): SlotsNeeded {
  const slotSeconds = (items * msPerItem) / 1000;
  const most = SLOTS.at(-1) ?? 1;
  const slots = SLOTS.find((some) => slotSeconds / some <= WORTH_SECONDS) ?? most;
  return { slotSeconds, slots, seconds: slotSeconds / slots };
}

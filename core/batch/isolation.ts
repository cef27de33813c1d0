/**
 * Decides how a batch is computed with which workers have died (R4). It knows only the marks of its losses, and which of its items are finished.
 *
 * - A batch with fewer than `LOSSES_TO_ISOLATE` losses is computed as any other: anything may have ended the workers.
 * - From then on one worker computes it alone, in parts that are saved one by one. The suspects come first: the items of the loss that names the fewest
 *   unfinished ones. Each death narrows them down by the number of parts, until one item is left. It is then the first item that a fresh process is asked.
 * - An item is convicted by `LOSSES_TO_CONVICT` losses in which it stood alone. A loss that it shared with others says nothing about it.
 *
 * So with g items that end the worker whenever they are computed, a batch of n items meets at most `mostLosses(n, g)` deaths, if each is marked.
 */
import { countOf, rangeHolding, type Ranges } from '../dataset/ranges.js';
import type { LossMark } from '../contract/loss-mark.js';
import type { ItemError } from '../contract/result-line.js';
import { ITEM_ERROR_CODES } from '../contract/result-line.js';

/** One or two deaths happen by chance: a machine that breaks, a process that somebody ends. */
export const LOSSES_TO_ISOLATE = 3;
export const LOSSES_TO_CONVICT = 3;
/** More parts need fewer deaths, and as many requests more to save them. A death costs an instance; a save costs a request. */
export const PARTS = 16;

type Loss = Pick<LossMark, 'items' | 'alone'>;

export const isToBeIsolated = (losses: readonly Loss[]): boolean => losses.length >= LOSSES_TO_ISOLATE;

/** The most deaths that a batch of `items` can meet, when `guilty` of its items end the worker whenever they are computed. */
export function mostLosses(items: number, guilty: number): number {
  let narrowing = 0;
  for (let suspects = items; suspects > 1; suspects = Math.ceil(suspects / PARTS)) narrowing += 1;
  return LOSSES_TO_ISOLATE + guilty * (narrowing + LOSSES_TO_CONVICT);
}

/** Returns the positions in the dataset of the items that are given up, in order. */
export function convicted(losses: readonly Loss[]): readonly number[] {
  const deaths = new Map<number, number>();
  for (const { alone, items } of losses) {
    const [only] = items;
    if (!alone || only === undefined || countOf(items) !== 1) continue;
    deaths.set(only.first, (deaths.get(only.first) ?? 0) + 1);
  }
  return [...deaths].flatMap(([item, times]) => (times >= LOSSES_TO_CONVICT ? [item] : [])).sort((a, b) => a - b);
}

/** The error of an item that was given up. */
export const workerLost = (losses: number): ItemError => ({
  code: ITEM_ERROR_CODES.workerLost,
  message:
    `Each worker that computed this item alone died with it, ${LOSSES_TO_CONVICT} times, and ${losses} workers died with its batch. The item was given up. ` +
    "Look for what it does to the machine: it may end processes that are not the model's, or use up the machine's memory.",
});

/**
 * Cuts the unfinished items into parts, to be computed and saved one after another. `left` is in order, and holds none that is finished or given up.
 */
export function isolatedParts(left: readonly number[], losses: readonly Loss[]): readonly (readonly number[])[] {
  const suspects = losses
    .map(({ items }) => left.filter((item) => holds(items, item)))
    .filter((group) => group.length > 0)
    .sort((a, b) => a.length - b.length || (a[0] ?? 0) - (b[0] ?? 0));
  const placed = new Set<number>();
  const parts: (readonly number[])[] = [];
  for (const group of [...suspects, left]) {
    const items = group.filter((item) => !placed.has(item));
    for (const item of items) placed.add(item);
    parts.push(...cut(items));
  }
  return parts;
}

const holds = (items: Ranges, item: number): boolean => rangeHolding(items, item) !== undefined;

function cut(items: readonly number[]): readonly (readonly number[])[] {
  const size = Math.ceil(items.length / PARTS);
  const parts: (readonly number[])[] = [];
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size));
  return parts;
}

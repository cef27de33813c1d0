/**
 * The counts of a job's outcomes (`jobs/<job>/progress.json`), with their codec. Invariants: a batch is folded in at most once, so `done` counts distinct
 * batches, whoever writes and however often. The file is a cache of the outcomes, never the truth (R5).
 */
import { addToRanges, countOf, formatRanges, parseRanges, rangeHolding, type Ranges } from '../dataset/ranges.js';
import { count, decode, instant, just, list, number, object, optional, text } from '../contract/shape.js';
import type { Usage } from './usage.js';

export interface BatchCounts {
  readonly done: number;
  /** The number of batches that were given up. */
  readonly failed: number;
}

export interface ItemCounts {
  readonly ok: number;
  readonly failed: number;
}

export interface Progress {
  readonly folded: Ranges;
  /** The batches with failed items that were counted first; their outcomes have the errors. */
  readonly failing?: readonly number[];
  readonly batches: BatchCounts;
  readonly items: ItemCounts;
  /** Absent until a controller has seen the job at work. */
  readonly usage?: Usage;
}

export interface Outcome {
  readonly batch: number;
  readonly ok: number;
  readonly failed: number;
  readonly givenUp: boolean;
}

/** The number of outcomes that are read when a job ends for its failed items. */
export const MOST_FAILING_KEPT = 20;

export const NO_PROGRESS: Progress = { folded: [], batches: { done: 0, failed: 0 }, items: { ok: 0, failed: 0 } };

export function foldOutcomes(progress: Progress, outcomes: readonly Outcome[]): Progress {
  const fresh = new Map<number, Outcome>();
  for (const outcome of outcomes) {
    if (rangeHolding(progress.folded, outcome.batch) === undefined) fresh.set(outcome.batch, outcome);
  }
  if (fresh.size === 0) return progress;
  let { failed } = progress.batches;
  let items = progress.items;
  const failing = [...(progress.failing ?? [])];
  for (const outcome of fresh.values()) {
    if (outcome.givenUp) failed += 1;
    if (outcome.failed > 0 && failing.length < MOST_FAILING_KEPT) failing.push(outcome.batch);
    items = { ok: items.ok + outcome.ok, failed: items.failed + outcome.failed };
  }
  const folded = addToRanges(progress.folded, [...fresh.keys()]);
  const kept = failing.length === 0 ? {} : { failing };
  return { ...progress, folded, ...kept, batches: { done: countOf(folded), failed }, items };
}

const PROGRESS_VERSION = 1 as const;

export function encodeProgress(progress: Progress): string {
  const { folded, ...counts } = progress;
  return `${JSON.stringify({ version: PROGRESS_VERSION, folded: formatRanges(folded), ...counts })}\n`;
}

export const MOST_PROGRESS_BYTES = 16 * 1024 * 1024;

interface Wire extends Omit<Progress, 'folded'> {
  readonly version: 1;
  readonly folded: string;
}

const wire = object<Wire>({
  version: just(PROGRESS_VERSION),
  folded: text(MOST_PROGRESS_BYTES, /^[\d,-]*$/),
  failing: optional(list(count, MOST_FAILING_KEPT)),
  batches: object<BatchCounts>({ done: count, failed: count }),
  items: object<ItemCounts>({ ok: count, failed: count }),
  usage: optional(object<Usage>({ instanceSeconds: number(0, Number.MAX_SAFE_INTEGER), countedAt: instant })),
});

/**
 * Returns undefined when it is not a progress file of this version, or when its counts contradict each other or the job's number of batches. Then the
 * caller counts anew from the outcomes.
 */
export function decodeProgress(json: string | Uint8Array, batches = Number.MAX_SAFE_INTEGER): Progress | undefined {
  const read = decode(wire, json);
  if (read === undefined) return undefined;
  const { version: _version, folded: ranges, ...counts } = read;
  const folded = rangesOf(ranges);
  if (folded === undefined || countOf(folded) !== counts.batches.done) return undefined;
  if ((folded.at(-1)?.last ?? -1) >= batches || counts.batches.failed > counts.batches.done) return undefined;
  return { folded, ...counts };
}

function rangesOf(ranges: string): Ranges | undefined {
  try {
    const read = parseRanges(ranges);
    return read.every(({ first, last }) => first <= last && Number.isSafeInteger(last)) ? read : undefined;
  } catch {
    return undefined;
  }
}

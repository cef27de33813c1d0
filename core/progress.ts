/**
 * What has been counted of a job (`jobs/<job>/progress.json`). Invariants: a batch is folded in at most once, so `done`
 * counts distinct batches whoever writes and however often; the file is a cache of the outcomes, never the truth (R5).
 */
import type { Usage } from './usage.js';
import { addToRanges, countOf, formatRanges, parseRanges, rangeHolding, type Ranges } from './ranges.js';

export interface BatchCounts {
  readonly done: number;
  /** Batches that were given up. */
  readonly failed: number;
}

export interface ItemCounts {
  readonly ok: number;
  readonly failed: number;
}

export interface Progress {
  readonly folded: Ranges;
  /** Of the batches with failed items the first that were counted: where to read what the errors are. */
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

/** As many as are read when a job ends for its failed items. */
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

const PROGRESS_VERSION = 1;

export function encodeProgress(progress: Progress): string {
  const { folded, ...counts } = progress;
  return `${JSON.stringify({ version: PROGRESS_VERSION, folded: formatRanges(folded), ...counts })}\n`;
}

/** Undefined when it is not a progress file of this version: the caller counts anew from the outcomes. */
export function decodeProgress(text: string): Progress | undefined {
  try {
    const value = JSON.parse(text) as {
      readonly version?: number;
      readonly folded?: string;
      readonly failing?: readonly number[];
      readonly batches?: BatchCounts;
      readonly items?: ItemCounts;
      readonly usage?: Usage;
    };
    if (value.version !== PROGRESS_VERSION || value.batches === undefined || value.items === undefined)
      return undefined;
    const { failing, batches, items, usage } = value;
    return {
      folded: parseRanges(value.folded ?? ''),
      ...(failing === undefined ? {} : { failing }),
      batches,
      items,
      ...(usage === undefined ? {} : { usage }),
    };
  } catch {
    return undefined;
  }
}

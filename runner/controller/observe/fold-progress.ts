/**
 * Counts a job's outcomes: those in `progress.json`, and those committed since. The count is always exact: the file only says which outcomes need not
 * be looked at again.
 */
import { batchOfOutcomeKey, outcomeKey, progressKey, resultsPrefix } from '../../../core/contract/keys.js';
import { mapBounded } from '../../../core/map-bounded.js';
import {
  decodeProgress,
  encodeProgress,
  foldOutcomes,
  MOST_PROGRESS_BYTES,
  NO_PROGRESS,
  type Outcome,
  type Progress,
} from '../../../core/pool/progress.js';
import { rangeHolding, type Ranges } from '../../../core/dataset/ranges.js';
import { type BatchItems, decodeOutcomeMetadata, type OutcomeMetadata } from '../../../core/contract/result-line.js';
import type { ObjectStore } from '../../ports.js';
import { JSON_TYPE, type Kind, readObject } from '../json-objects.js';
import type { JobMemory } from '../memory.js';

/** S3 answers a HEAD in some 20 ms, and the client has 64 sockets. */
const HEADS_AT_ONCE = 32;
/** A page of a listing. A longer run of known outcomes is skipped by a new listing behind it. */
const LIST_PAGE = 1_000;
const NO_COUNTS = "has no metadata that says how many of its batch's items are ok and how many failed";
/** After so many lost races for the file the count is used unsaved, which is exact as well. */
const MAX_SAVES = 5;

export interface FoldOptions {
  /** The controller writes `progress.json`; commands that only read do not. */
  readonly save: boolean;
  /** The most new outcomes that one call looks at. */
  readonly maxOutcomes?: number;
  /** The batch sizes of the manifest: an outcome with more items, or with fewer, is damaged. */
  readonly batchItems?: BatchItems;
  readonly signal: AbortSignal;
}

export async function foldProgress(
  store: ObjectStore,
  job: string,
  batches: number,
  memory: JobMemory,
  options: FoldOptions,
): Promise<Progress> {
  const heads = new Map<number, Outcome>();
  for (let saves = 0; ; saves++) {
    const known = (memory.progress ??= await readProgress(store, job, batches, options.signal));
    const outcomes = await newOutcomes(store, job, batches, known.progress.folded, heads, options);
    const progress = foldOutcomes(known.progress, outcomes);
    if (progress === known.progress) return progress;
    if (!options.save || saves === MAX_SAVES) {
      memory.progress = { progress, etag: known.etag };
      return progress;
    }
    const put = await store.put(progressKey(job), encodeProgress(progress), {
      signal: options.signal,
      contentType: JSON_TYPE,
      ...(known.etag === undefined ? { ifNoneMatch: true } : { ifMatch: known.etag }),
    });
    if (put.kind === 'written') {
      memory.progress = { progress, etag: put.etag };
      return progress;
    }
    // Another controller wrote first: go on from its count.
    delete memory.progress;
  }
}

async function readProgress(store: ObjectStore, job: string, batches: number, signal: AbortSignal) {
  const kind: Kind<Progress> = {
    name: `a count of the outcomes of job ${job}`,
    mostBytes: MOST_PROGRESS_BYTES,
    decode: (json) => decodeProgress(json, batches),
  };
  const stored = await readObject(store, progressKey(job), kind, signal);
  return { progress: stored?.value ?? NO_PROGRESS, etag: stored?.etag };
}

async function newOutcomes(
  store: ObjectStore,
  job: string,
  batches: number,
  folded: Ranges,
  heads: Map<number, Outcome>,
  { maxOutcomes = Infinity, batchItems, signal }: FoldOptions,
): Promise<readonly Outcome[]> {
  const found: number[] = [];
  for await (const batch of listNewOutcomes(store, job, batches, folded, signal)) {
    found.push(batch);
    if (found.length >= maxOutcomes) break;
  }
  const outcomes = await mapBounded(found, HEADS_AT_ONCE, async (batch) => {
    const known = heads.get(batch);
    if (known !== undefined) return known;
    const head = await store.head(outcomeKey(job, batch), { signal });
    if (head === undefined) return undefined;
    const read = decodeOutcomeMetadata(head.metadata, batchItems);
    const outcome = outcomeOf(store, outcomeKey(job, batch), batch, read);
    heads.set(batch, outcome);
    return outcome;
  });
  return outcomes.filter((outcome) => outcome !== undefined);
}

/**
 * The batch has its outcome, whatever the metadata says, because nobody can write another one. Without valid metadata the batch counts as given up, so
 * that the job does not count as a success.
 */
function outcomeOf(store: ObjectStore, key: string, batch: number, read: OutcomeMetadata | undefined): Outcome {
  if (read !== undefined) return { batch, ok: read.ok, failed: read.failed, givenUp: read.givenUp };
  store.damaged?.({ key, why: `${NO_COUNTS}: its batch counts as given up` });
  return { batch, ok: 0, failed: 0, givenUp: true };
}

/** Yields the batches that have an outcome and are not folded. Long runs of folded batches are not listed. */
async function* listNewOutcomes(
  store: ObjectStore,
  job: string,
  batches: number,
  folded: Ranges,
  signal: AbortSignal,
): AsyncGenerator<number> {
  let next = 0;
  for (;;) {
    next = (rangeHolding(folded, next)?.last ?? next - 1) + 1;
    if (next >= batches) return;
    const startAfter = next === 0 ? {} : { startAfter: outcomeKey(job, next - 1) };
    let skipped = false;
    for await (const { key } of store.list(resultsPrefix(job), { signal, ...startAfter })) {
      const batch = batchOfOutcomeKey(key);
      if (batch === undefined || batch >= batches) continue;
      const run = rangeHolding(folded, batch);
      if (run === undefined) {
        yield batch;
      } else if (run.last - batch >= LIST_PAGE) {
        next = run.last + 1;
        skipped = true;
        break;
      }
    }
    if (!skipped) return;
  }
}

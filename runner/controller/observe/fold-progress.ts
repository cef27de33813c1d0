/**
 * Counts a job's outcomes: those in `progress.json`, and those found in listings since. An outcome is counted once, and only when it was seen in the
 * bucket (R5): the file only says which outcomes need not be looked at again.
 */
import { batchOfOutcomeKey, outcomeKey, outcomesPrefix, progressKey } from '../../../core/contract/keys.js';
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
import { countOf, rangeHolding, type Ranges } from '../../../core/dataset/ranges.js';
import { type BatchItems, decodeOutcomeMetadata, type OutcomeMetadata } from '../../../core/contract/result-line.js';
import type { PutResult } from '../../../core/contract/object-store.js';
import type { ObjectStore } from '../../ports.js';
import { JSON_TYPE, type Kind, readObject } from '../json-objects.js';
import type { JobMemory } from '../memory.js';
import { chooseParts, type OutcomePart, partsWithMissing, rememberLook, type ScanMemory } from './outcome-parts.js';

/** S3 answers a HEAD in some 20 ms, and the client has 64 sockets. */
const HEADS_AT_ONCE = 32;
const LISTINGS_AT_ONCE = 16;
/** So many ranges are some 60 KB. */
const LONG_FILE_RANGES = 5_000;
const SAVE_LONG_FILE_EVERY_MS = 10_000;
const NO_COUNTS = "has no metadata that says how many of its batch's items are ok and how many failed";
/** After so many lost races for the file the count is used unsaved, which is exact as well. */
const MAX_SAVES = 5;

/** Writes `progress.json`. Undefined: it could not, and the count is used unsaved. */
export type SaveCount = (put: () => Promise<PutResult>) => Promise<PutResult | undefined>;

/** Whoever needs the file, too, fails when it cannot be written. */
export const saveOrThrow: SaveCount = (put) => put();

export interface FoldOptions {
  /** The controller writes `progress.json`; commands that only read do not. */
  readonly save: false | SaveCount;
  /**
   * A controller looks often, so it lists only some parts at a time (outcome-parts.ts); `jobs` share the listings of a pass. When it is absent,
   * everything is listed, and the count is that of this moment.
   */
  readonly turns?: { readonly nowMs: number; readonly jobs: number };
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
    const { folded } = known.progress;
    await readNewOutcomes(store, job, { batches, folded, scan: memory.scan }, heads, options);
    const progress = foldOutcomes(known.progress, [...heads.values()]);
    if (progress === known.progress && known.isUnsaved !== true) return progress;
    // These outcomes are not looked at again, although the file may not be written now.
    memory.progress = { progress, etag: known.etag, isUnsaved: true };
    const { save, signal } = options;
    if (save === false || saves === MAX_SAVES || mayWait(progress, batches, memory, options)) return progress;
    const put = await save(() =>
      store.put(progressKey(job), encodeProgress(progress), {
        signal,
        contentType: JSON_TYPE,
        ...(known.etag === undefined ? { ifNoneMatch: true } : { ifMatch: known.etag }),
      }),
    );
    if (put === undefined) return progress;
    if (put.kind === 'written') {
      if (options.turns !== undefined) memory.progressSavedAtMs = options.turns.nowMs;
      memory.progress = { progress, etag: put.etag };
      return progress;
    }
    // Another controller wrote first: go on from its count.
    delete memory.progress;
  }
}

/** Batches that end in any order make a long file. The others' controllers do without its last seconds: they look at those outcomes themselves. */
function mayWait(
  { folded, batches: { done } }: Progress,
  batches: number,
  { progressSavedAtMs = -Infinity }: JobMemory,
  { turns }: FoldOptions,
): boolean {
  if (turns === undefined || done === batches || folded.length <= LONG_FILE_RANGES) return false;
  return turns.nowMs - progressSavedAtMs < SAVE_LONG_FILE_EVERY_MS;
}

async function readProgress(
  store: ObjectStore,
  job: string,
  batches: number,
  signal: AbortSignal,
): Promise<NonNullable<JobMemory['progress']>> {
  const kind: Kind<Progress> = {
    name: `a count of the outcomes of job ${job}`,
    mostBytes: MOST_PROGRESS_BYTES,
    decode: (json) => decodeProgress(json, batches),
  };
  const stored = await readObject(store, progressKey(job), kind, signal);
  return { progress: stored?.value ?? NO_PROGRESS, etag: stored?.etag };
}

/** Adds the outcomes that are found to `heads`, which has those of an earlier try, before a lost race. */
async function readNewOutcomes(
  store: ObjectStore,
  job: string,
  seen: { readonly batches: number; readonly folded: Ranges; readonly scan: ScanMemory },
  heads: Map<number, Outcome>,
  options: FoldOptions,
): Promise<void> {
  const { batchItems, signal } = options;
  const found = await listNewOutcomes(store, job, seen, options);
  const unread = found.filter((batch) => !heads.has(batch));
  await mapBounded(unread, HEADS_AT_ONCE, async (batch) => {
    const head = await store.head(outcomeKey(job, batch), { signal });
    if (head === undefined) return;
    const read = decodeOutcomeMetadata(head.metadata, batchItems);
    heads.set(batch, outcomeOf(store, outcomeKey(job, batch), batch, read));
  });
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

/** Returns the batches that have an outcome and are not folded, in order: all of them, or those of the parts whose turn it is. */
async function listNewOutcomes(
  store: ObjectStore,
  job: string,
  { batches, folded, scan }: { readonly batches: number; readonly folded: Ranges; readonly scan: ScanMemory },
  { turns, maxOutcomes = Infinity, signal }: FoldOptions,
): Promise<readonly number[]> {
  const all = partsWithMissing(folded, batches);
  const missing = 1 - countOf(folded) / batches;
  const parts = turns === undefined ? all : chooseParts(all, scan, { ...turns, missing });
  const found = await mapBounded(parts, LISTINGS_AT_ONCE, (part) =>
    listPart(store, job, part, { folded, maxOutcomes, signal }),
  );
  const news = new Map(parts.map(({ digits }, at) => [digits, found[at]?.length ?? 0]));
  if (turns !== undefined) rememberLook(scan, news, turns.nowMs);
  return found.flat().slice(0, maxOutcomes);
}

async function listPart(
  store: ObjectStore,
  job: string,
  { digits, missing }: OutcomePart,
  {
    folded,
    maxOutcomes,
    signal,
  }: { readonly folded: Ranges; readonly maxOutcomes: number; readonly signal: AbortSignal },
): Promise<readonly number[]> {
  const found: number[] = [];
  const startAfter = missing.first === 0 ? {} : { startAfter: outcomeKey(job, missing.first - 1) };
  for await (const { key } of store.list(outcomesPrefix(job, digits), { signal, ...startAfter })) {
    const batch = batchOfOutcomeKey(key);
    if (batch === undefined) continue;
    if (batch <= missing.last && rangeHolding(folded, batch) === undefined) found.push(batch);
    if (batch >= missing.last || found.length >= maxOutcomes) break;
  }
  return found;
}

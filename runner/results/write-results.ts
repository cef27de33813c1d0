/** Joins a job's outcomes into one text of result lines, in dataset order. */
import { decodeManifest } from '../../core/decode-job.js';
import type { Manifest } from '../../core/job.js';
import { manifestKey } from '../../core/keys.js';
import type { ObjectStore } from '../../core/object-store.js';
import { UserError } from '../errors.js';
import { outcomesInOrder } from './outcomes-in-order.js';
import type { ResultSink } from './result-sink.js';

export interface WrittenResults {
  /** Lines written. */
  readonly items: number;
  readonly ok: number;
  readonly failed: number;
  readonly batches: number;
  /** Batches without an outcome: their items are not in the results (yet). */
  readonly missingBatches: number;
  readonly firstMissing?: number;
}

export interface ResultsRequest {
  readonly job: string;
  readonly store: ObjectStore;
  readonly sink: ResultSink;
  readonly signal: AbortSignal;
}

/** Finishes the sink, or discards it when it throws. */
export async function writeResults(request: ResultsRequest): Promise<WrittenResults> {
  const { sink } = request;
  try {
    const written = await writeAll(request);
    await sink.finish();
    return written;
  } catch (error) {
    await sink.discard();
    throw error;
  }
}

async function writeAll({ job, store, sink, signal }: ResultsRequest): Promise<WrittenResults> {
  const { batches } = await readManifest(store, job, signal);
  let ok = 0;
  let failed = 0;
  let missingBatches = 0;
  let firstMissing: number | undefined;
  let expected = 0;
  const missUntil = (batch: number): void => {
    if (batch > expected) firstMissing ??= expected;
    missingBatches += batch - expected;
  };
  for await (const outcome of outcomesInOrder(store, job, signal)) {
    if (outcome.batch >= batches) continue;
    missUntil(outcome.batch);
    expected = outcome.batch + 1;
    for await (const chunk of outcome.chunks) {
      signal.throwIfAborted();
      await sink.write(chunk);
    }
    ok += outcome.ok;
    failed += outcome.failed;
  }
  missUntil(batches);
  const counts = { items: ok + failed, ok, failed, batches, missingBatches };
  return firstMissing === undefined ? counts : { ...counts, firstMissing };
}

/** A sentence for people; undefined when nothing is missing. */
export function describeMissing({ batches, missingBatches, firstMissing }: WrittenResults): string | undefined {
  if (firstMissing === undefined) return undefined;
  const have = missingBatches === 1 ? 'has' : 'have';
  return `${missingBatches} of ${batches} batches ${have} no outcome yet, the first of them batch ${firstMissing}: their items are left out.`;
}

async function readManifest(store: ObjectStore, job: string, signal: AbortSignal): Promise<Manifest> {
  const stored = await store.get(manifestKey(job), { signal });
  if (stored === undefined) throw new UserError(`There is no job ${job} in this stack; spotpool jobs lists them.`);
  const manifest = decodeManifest(stored.body, job);
  if (manifest !== undefined) return manifest;
  throw new UserError(
    `The object ${manifestKey(job)} is not a manifest of this version of spotpool, so the results of job ${job} cannot be put together.`,
  );
}

/** Reads from the bucket what the record of a job is made of: one object of each worker, the history of the pool, the marks of losses, the reruns. */
import type { PoolHistory } from '../../core/contract/pool-history.js';
import { decodeLossMark, MOST_LOSS_BYTES, type LossMark } from '../../core/contract/loss-mark.js';
import { isJobId } from '../../core/contract/job-id.js';
import { historyKey, lossesPrefix, rerunsPrefix, summariesPrefix } from '../../core/contract/keys.js';
import { isInstanceId } from '../../core/contract/names.js';
import { decodeWorkerSummary, MOST_SUMMARY_BYTES, type WorkerSummary } from '../../core/contract/worker-summary.js';
import { mapBounded } from '../../core/map-bounded.js';
import { historyOf } from '../controller/act/keep-history.js';
import { getObject } from '../controller/json-objects.js';
import type { ListedObject, ObjectStore } from '../ports.js';

/** The record lists no more instances. */
const MOST_SUMMARIES = 5_000;
/** A job whose workers die more often has a broken model, and one look at the marks shows it. */
const MOST_LOSSES = 200;
const MOST_RERUNS = 1_000;
const READS_AT_ONCE = 32;

/** The findings, and whether something was left out. */
export interface Found<T> {
  readonly found: readonly T[];
  readonly isCut: boolean;
}

export interface Loss {
  readonly instance: string;
  readonly atMs: number;
}

export interface RecordSources {
  readonly summaries: Found<WorkerSummary>;
  readonly history: PoolHistory | undefined;
  readonly losses: Found<Loss>;
  readonly reruns: Found<string>;
}

/** The summaries that were read, by key. One that has not changed since is not read again. */
export type KnownSummaries = Map<string, { readonly etag: string; readonly summary: WorkerSummary | undefined }>;

export async function readSources(
  store: ObjectStore,
  job: string,
  { known, mostSummaries = MOST_SUMMARIES }: { readonly known: KnownSummaries; readonly mostSummaries?: number },
  signal: AbortSignal,
): Promise<RecordSources> {
  const [summaries, history, losses, reruns] = await Promise.all([
    readSummaries(store, job, signal, known, mostSummaries),
    getObject(store, historyKey(job), historyOf(job), signal),
    readLosses(store, job, signal),
    readReruns(store, job, signal),
  ]);
  return { summaries, history, losses, reruns };
}

/** A summary that cannot be read is reported as damaged, and the others count. */
export async function readSummaries(
  store: ObjectStore,
  job: string,
  signal: AbortSignal,
  known: KnownSummaries = new Map(),
  most = MOST_SUMMARIES,
): Promise<Found<WorkerSummary>> {
  const prefix = summariesPrefix(job);
  const listed = await listUpTo(store, prefix, most, signal);
  const read = await mapBounded(listed.found, READS_AT_ONCE, async ({ key, etag }) => {
    const before = known.get(key);
    if (before?.etag === etag) return before.summary;
    const instance = key.slice(prefix.length).replace(/\.json$/, '');
    const kind = {
      name: `a summary of the events of a worker for job ${job}`,
      mostBytes: MOST_SUMMARY_BYTES,
      decode: (json: Uint8Array) => (isInstanceId(instance) ? decodeWorkerSummary(json, { job, instance }) : undefined),
    };
    const summary = await getObject(store, key, kind, signal);
    known.set(key, { etag, summary });
    return summary;
  });
  return { found: read.filter((summary) => summary !== undefined), isCut: listed.isCut };
}

/** The key names the lease, and with it the instance. A worker that died with several batches in its slots died once. */
async function readLosses(store: ObjectStore, job: string, signal: AbortSignal): Promise<Found<Loss>> {
  const listed = await listUpTo(store, lossesPrefix(job), MOST_LOSSES, signal);
  const kind = { name: 'the mark of a loss', mostBytes: MOST_LOSS_BYTES, decode: decodeLossMark };
  const read = await mapBounded(listed.found, READS_AT_ONCE, async ({ key }) => {
    const instance = /\/([^/]+)-[^/-]+\.json$/.exec(key)?.[1];
    const mark: LossMark | undefined = await getObject(store, key, kind, signal);
    if (mark === undefined || instance === undefined || !isInstanceId(instance)) return undefined;
    return { instance, atMs: Date.parse(mark.at) };
  });
  const deaths = new Map(
    read.filter((loss) => loss !== undefined).map((loss) => [`${loss.instance} ${loss.atMs}`, loss]),
  );
  return { found: [...deaths.values()], isCut: listed.isCut };
}

async function readReruns(store: ObjectStore, job: string, signal: AbortSignal): Promise<Found<string>> {
  const prefix = rerunsPrefix(job);
  const { found, isCut } = await listUpTo(store, prefix, MOST_RERUNS, signal);
  return { found: found.map(({ key }) => key.slice(prefix.length).replace(/\.json$/, '')).filter(isJobId), isCut };
}

async function listUpTo(
  store: ObjectStore,
  prefix: string,
  most: number,
  signal: AbortSignal,
): Promise<Found<ListedObject>> {
  const found: ListedObject[] = [];
  for await (const object of store.list(prefix, { signal })) {
    if (found.length >= most) return { found, isCut: true };
    found.push(object);
  }
  return { found, isCut: false };
}

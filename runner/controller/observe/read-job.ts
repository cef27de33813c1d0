/** Reads from a job's folder everything that decides about it: the same for the controller and for `spotpool status`. */
import { createHash } from 'node:crypto';
import { definedFields } from '../../../core/defined-fields.js';
import { jobVerdict, type JobFacts, type JobVerdict } from '../../../core/pool/completion.js';
import { endOf, resumeOf } from '../../../core/contract/ends.js';
import {
  decodeManifest,
  decodeUnableMark,
  MOST_MANIFEST_BYTES,
  MOST_MARK_BYTES,
  type JobOptions,
  type Manifest,
  type UnableMark,
} from '../../../core/contract/job.js';
import { isJobId } from '../../../core/contract/job-id.js';
import { jobPrefix, jobsPrefix, manifestKey, sentKey, unablePrefix } from '../../../core/contract/keys.js';
import { mapBounded } from '../../../core/map-bounded.js';
import { isInstanceId } from '../../../core/contract/names.js';
import { decodeSent, MOST_SENT_BYTES } from '../../../core/dataset/plan.js';
import type { BatchItems } from '../../../core/contract/result-line.js';
import type { SubmitStanding } from '../../../core/contract/submit-claim.js';
import type { ListedObject, ObjectStore } from '../../ports.js';
import { foldProgress, type FoldOptions } from './fold-progress.js';
import { getObject, type Kind, readObject, sightOf } from '../json-objects.js';
import type { JobMemory, StoredManifest } from '../memory.js';
import { findEnds, readEndMarks, type ReadEnds, resumed as resumedNow } from './read-ends.js';
import { readSubmitStanding } from './read-submit.js';

/** More marks than this add nothing to the first ones. */
const MAX_UNABLE_MARKS = 100;
const MARKS_AT_ONCE = 8;
/** A job has one mark per instance. If other objects lie there, the listing ends here. */
const MAX_MARKS_LISTED = 10_000;

const manifestOf = (job: string): Kind<Manifest> => ({
  name: `the manifest of job ${job}`,
  mostBytes: MOST_MANIFEST_BYTES,
  decode: (json) => decodeManifest(json, job),
});
const SENT_COUNT: Kind<number> = { name: 'a count', mostBytes: MOST_SENT_BYTES, decode: decodeSent };

export interface JobView {
  readonly job: string;
  readonly manifest: Manifest;
  readonly manifestDigest: string;
  /** The manifest's options, with the changes of the last resume. */
  readonly options: JobOptions;
  /** The time by S3's clock, which agrees with EC2's. Whatever may end the job is counted from here: its begin, or its last resume. */
  readonly beganAtMs: number;
  readonly ends: ReadEnds;
  readonly facts: JobFacts;
  readonly verdict: JobVerdict;
  /** The number of messages sent so far; all of them once the job is enqueued. */
  readonly sent: number;
  /** Present while the job is being submitted. */
  readonly submit?: SubmitStanding;
}

/** Returns the ids of all jobs whose submit began its upload. A folder whose name is not an id is ignored. */
export async function listJobIds(store: ObjectStore, signal: AbortSignal): Promise<readonly string[]> {
  const { folders } = await store.listFolder(jobsPrefix, { signal });
  return folders.map(lastName).filter(isJobId).sort();
}

/** Lists the jobs whose ids begin as those of the series do. Their manifests say whether they are of it. */
export async function listIdsOfSeries(
  store: ObjectStore,
  series: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { folders } = await store.listFolder(`${jobsPrefix}${series}-`, { signal });
  return folders.map(lastName).filter(isJobId).sort();
}

export interface ReadJobOptions extends FoldOptions {
  /** The job's ends, where the caller has read them. */
  readonly ends?: ReadEnds | undefined;
}

/** Returns undefined while there is no manifest. */
export async function readJob(
  store: ObjectStore,
  job: string,
  memory: JobMemory,
  options: ReadJobOptions,
): Promise<JobView | undefined> {
  const { signal } = options;
  const folder = await store.listFolder(jobPrefix(job), { signal });
  const born = folder.objects.find(({ key }) => key === manifestKey(job));
  const names = new Set([...folder.objects.map(({ key }) => lastName(key)), ...folder.folders.map(lastName)]);
  if (born === undefined) return undefined;
  const stored = memory.stored ?? (await readManifest(store, job, signal));
  if (stored === undefined) return undefined;
  memory.stored = stored;
  const { manifest, digest } = stored;
  const listed = options.ends ?? (await findEnds(store, job, signal));
  const ends = listed.etag === undefined ? await readEndMarks(store, job, folder.objects, signal) : listed;
  const resumed = resumedNow(ends);
  const beganAtMs = resumed?.atMs ?? born.lastModifiedMs;
  const jobOptions: JobOptions = { ...manifest.options, ...resumeOf(ends.ends)?.options };
  const { maxInstanceHours, maxFailed } = jobOptions;

  if (names.has('unable')) await readUnableMarks(store, job, memory, { sinceMs: resumed?.atMs, signal });
  const enqueued = names.has('enqueued.json');
  const sent = enqueued ? manifest.batches : await readSent(store, job, manifest.batches, signal);
  const facts: JobFacts = {
    batches: manifest.batches,
    items: manifest.dataset.items,
    progress: await foldProgress(store, job, manifest.batches, memory, {
      ...options,
      batchItems: batchItemsOf(manifest),
    }),
    enqueued,
    ...definedFields({ ended: endOf(ends.ends), resumed: resumed?.entry }),
    unable: [...memory.unable.values()],
    ...definedFields({ maxInstanceHours, maxFailed }),
  };
  const verdict = jobVerdict(facts);
  const scope = { sinceMs: born.lastModifiedMs, signal };
  const submit = verdict.state === 'submitting' ? await readSubmitStanding(store, job, scope) : undefined;
  return {
    job,
    manifest,
    manifestDigest: digest,
    options: jobOptions,
    beganAtMs,
    ends,
    facts,
    verdict,
    sent,
    ...definedFields({ submit }),
  };
}

/** The batch sizes that an outcome of the job may have. */
export function batchItemsOf({ dataset, batchSizes }: Manifest): BatchItems {
  return { least: batchSizes?.smallestItems ?? 1, most: batchSizes?.largestItems ?? dataset.items };
}

async function readManifest(store: ObjectStore, job: string, signal: AbortSignal): Promise<StoredManifest | undefined> {
  const read = await readObject(store, manifestKey(job), manifestOf(job), signal);
  if (read?.value === undefined) return undefined;
  return { manifest: read.value, digest: createHash('sha256').update(read.body).digest('hex') };
}

async function readSent(store: ObjectStore, job: string, batches: number, signal: AbortSignal): Promise<number> {
  const sent = await getObject(store, sentKey(job), SENT_COUNT, signal);
  return Math.min(batches, sent ?? 0);
}

/** With `sinceMs`, only marks that were written later count. An instance that leaves its mark again replaces the first one. */
async function readUnableMarks(
  store: ObjectStore,
  job: string,
  memory: JobMemory,
  { sinceMs, signal }: { readonly sinceMs: number | undefined; readonly signal: AbortSignal },
): Promise<void> {
  if (memory.unableSinceMs !== sinceMs) memory.unable.clear();
  memory.unableSinceMs = sinceMs;
  const fresh: ListedObject[] = [];
  let listed = 0;
  for await (const object of store.list(unablePrefix(job), { signal })) {
    if (memory.unable.size + fresh.length >= MAX_UNABLE_MARKS || ++listed > MAX_MARKS_LISTED) break;
    const isOld = sinceMs !== undefined && object.lastModifiedMs <= sinceMs;
    const isKnown = memory.unable.has(sightOf(object)) || memory.damaged.has(sightOf(object));
    if (!isOld && !isKnown) fresh.push(object);
  }
  await mapBounded(fresh, MARKS_AT_ONCE, async (object) => {
    const kind: Kind<UnableMark> = {
      name: 'the mark of an instance that cannot use the model',
      mostBytes: MOST_MARK_BYTES,
      decode: (json) => markOf(json, object.key.slice(unablePrefix(job).length)),
    };
    const read = await readObject(store, object.key, kind, signal);
    if (read?.value !== undefined) memory.unable.set(sightOf(object), read.value);
    else if (read !== undefined) memory.damaged.add(sightOf(object));
  });
}

/** `name` is the key's last part, which names the instance. */
function markOf(json: Uint8Array, name: string): UnableMark | undefined {
  const instance = name.replace(/\.json$/, '');
  return isInstanceId(instance) ? decodeUnableMark(json, instance) : undefined;
}

/** Returns the last part of a key or folder. */
function lastName(path: string): string {
  return path.replace(/\/$/, '').split('/').at(-1) ?? '';
}

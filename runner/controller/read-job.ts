/** Everything that decides about a job, read from its folder. The same for the controller and for `spotpool status`. */
import { createHash } from 'node:crypto';
import { jobVerdict, type JobFacts, type JobVerdict } from '../../core/completion.js';
import type { CancelMark, DoneMark, Manifest, UnableMark } from '../../core/job.js';
import { cancelledKey, doneKey, jobPrefix, jobsPrefix, manifestKey, sentKey, unablePrefix } from '../../core/keys.js';
import { mapBounded } from '../../core/map-bounded.js';
import { decodeSent } from '../../core/plan.js';
import type { SubmitStanding } from '../../core/submit-claim.js';
import type { ObjectStore } from '../ports.js';
import { foldProgress, type FoldOptions } from './fold-progress.js';
import { getJson, getText } from './json-objects.js';
import type { JobMemory, StoredManifest } from './ports.js';
import { readSubmitStanding } from './read-submit.js';

/** More marks than this say nothing that the first did not. */
const MAX_UNABLE_MARKS = 100;
const MARKS_AT_ONCE = 8;

export interface JobView {
  readonly job: string;
  readonly manifest: Manifest;
  readonly manifestDigest: string;
  /** By S3's clock, which agrees with EC2's. */
  readonly beganAtMs: number;
  readonly facts: JobFacts;
  readonly verdict: JobVerdict;
  /** Messages sent so far; all of them once the job is enqueued. */
  readonly sent: number;
  /** While the job is being submitted. */
  readonly submit?: SubmitStanding;
}

/** Ids of all jobs whose submit got as far as an upload. */
export async function listJobIds(store: ObjectStore, signal: AbortSignal): Promise<readonly string[]> {
  const { folders } = await store.listFolder(jobsPrefix, { signal });
  return folders.map(lastName).sort();
}

/** Undefined while there is no manifest. */
export async function readJob(
  store: ObjectStore,
  job: string,
  memory: JobMemory,
  options: FoldOptions,
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
  const { maxInstanceHours } = manifest.options;

  if (names.has('cancelled.json')) {
    const mark = memory.cancelled ?? (await getJson<CancelMark>(store, cancelledKey(job), signal));
    if (mark !== undefined) memory.cancelled = mark;
  }
  const done = names.has('done.json') ? await getJson<DoneMark>(store, doneKey(job), signal) : undefined;
  if (names.has('unable')) await readUnableMarks(store, job, memory, signal);
  const enqueued = names.has('enqueued.json');
  const sent = enqueued ? manifest.batches : await readSent(store, job, manifest.batches, signal);
  const facts: JobFacts = {
    batches: manifest.batches,
    progress: await foldProgress(store, job, manifest.batches, memory, options),
    enqueued,
    ...(memory.cancelled === undefined ? {} : { cancelled: memory.cancelled }),
    ...(done === undefined ? {} : { done }),
    unable: [...memory.unable.values()],
    ...(maxInstanceHours === undefined ? {} : { maxInstanceHours }),
  };
  const verdict = jobVerdict(facts);
  const scope = { sinceMs: born.lastModifiedMs, signal };
  const submit = verdict.state === 'submitting' ? await readSubmitStanding(store, job, scope) : undefined;
  return {
    job,
    manifest,
    manifestDigest: digest,
    beganAtMs: born.lastModifiedMs,
    facts,
    verdict,
    sent,
    ...(submit === undefined ? {} : { submit }),
  };
}

async function readManifest(store: ObjectStore, job: string, signal: AbortSignal): Promise<StoredManifest | undefined> {
  const object = await store.get(manifestKey(job), { signal });
  if (object === undefined) return undefined;
  const digest = createHash('sha256').update(object.body).digest('hex');
  return { manifest: JSON.parse(new TextDecoder().decode(object.body)) as Manifest, digest };
}

async function readSent(store: ObjectStore, job: string, batches: number, signal: AbortSignal): Promise<number> {
  const text = await getText(store, sentKey(job), signal);
  return text === undefined ? 0 : Math.min(batches, decodeSent(text));
}

async function readUnableMarks(store: ObjectStore, job: string, memory: JobMemory, signal: AbortSignal): Promise<void> {
  const fresh: string[] = [];
  for await (const { key } of store.list(unablePrefix(job), { signal })) {
    if (memory.unable.size + fresh.length >= MAX_UNABLE_MARKS) break;
    if (!memory.unable.has(key)) fresh.push(key);
  }
  await mapBounded(fresh, MARKS_AT_ONCE, async (key) => {
    const mark = await getJson<UnableMark>(store, key, signal);
    if (mark !== undefined) memory.unable.set(key, mark);
  });
}

/** The last part of a key or folder. */
function lastName(path: string): string {
  return path.replace(/\/$/, '').split('/').at(-1) ?? '';
}

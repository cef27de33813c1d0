/** Reads the ends and resumes of jobs (core/contract/ends.ts). One listing finds those that changed; the others are not read again. */
import {
  decodeEnds,
  endsOfMarks,
  type JobEnds,
  MOST_ENDS_BYTES,
  NO_ENDS,
  resumeOf,
  type ResumeEntry,
} from '../../../core/contract/ends.js';
import {
  type CancelMark,
  decodeCancelMark,
  decodeDoneMark,
  type DoneMark,
  MOST_MARK_BYTES,
} from '../../../core/contract/job.js';
import { isJobId } from '../../../core/contract/job-id.js';
import { cancelledKey, doneKey, endsKey, endsPrefix } from '../../../core/contract/keys.js';
import { definedFields } from '../../../core/defined-fields.js';
import type { ListedObject, ObjectStore } from '../../ports.js';
import { getObject, type Kind, readObject } from '../json-objects.js';

const endsOf = (job: string): Kind<JobEnds> => ({
  name: `the list of the ends of job ${job}`,
  mostBytes: MOST_ENDS_BYTES,
  decode: decodeEnds,
});
const DONE_MARK: Kind<DoneMark> = {
  name: "the mark of a job's end",
  mostBytes: MOST_MARK_BYTES,
  decode: decodeDoneMark,
};

/** The list as it was read. The next entry is written on condition of the ETag; there is no object without one. */
export interface ReadEnds {
  readonly ends: JobEnds;
  readonly etag?: string;
  /** When the last entry was written, by S3's clock. */
  readonly writtenAtMs: number;
}

const NEVER_ENDED: ReadEnds = { ends: NO_ENDS, writtenAtMs: 0 };

/** Returns the objects of all jobs that ended at least once, by job. */
export async function listEnds(store: ObjectStore, signal: AbortSignal): Promise<ReadonlyMap<string, ListedObject>> {
  const listed = new Map<string, ListedObject>();
  for await (const object of store.list(endsPrefix, { signal })) {
    const job = /^ends\/([^/]+)\.json$/.exec(object.key)?.[1];
    if (job !== undefined && isJobId(job)) listed.set(job, object);
  }
  return listed;
}

/** `known` spares the read of a list that has not changed. */
export async function readListedEnds(
  store: ObjectStore,
  job: string,
  { listed, known }: { readonly listed: ListedObject | undefined; readonly known?: ReadEnds | undefined },
  signal: AbortSignal,
): Promise<ReadEnds> {
  if (listed === undefined) return known?.etag === undefined ? (known ?? NEVER_ENDED) : NEVER_ENDED;
  if (known?.etag === listed.etag) return known;
  const read = await readObject(store, endsKey(job), endsOf(job), signal);
  if (read === undefined) return NEVER_ENDED;
  // It was written again since it was listed, and the time of the listing is not that of what was read.
  if (read.etag !== listed.etag) return findEnds(store, job, signal);
  return { ends: read.value ?? NO_ENDS, etag: read.etag, writtenAtMs: listed.lastModifiedMs };
}

export async function findEnds(store: ObjectStore, job: string, signal: AbortSignal): Promise<ReadEnds> {
  const { objects } = await store.listFolder(endsKey(job), { signal });
  return readListedEnds(store, job, { listed: objects.find(({ key }) => key === endsKey(job)) }, signal);
}

/** Reads the marks by which older versions ended a job. `folder` holds the objects of the job's folder. */
export async function readEndMarks(
  store: ObjectStore,
  job: string,
  folder: readonly ListedObject[],
  signal: AbortSignal,
): Promise<ReadEnds> {
  const find = (key: string): ListedObject | undefined => folder.find((object) => object.key === key);
  const [doneObject, cancelObject] = [find(doneKey(job)), find(cancelledKey(job))];
  const done = doneObject && (await getObject(store, doneObject.key, DONE_MARK, signal));
  const cancelled = cancelObject && (await getObject(store, cancelObject.key, cancelMarkOf(cancelObject), signal));
  const writtenAtMs = (done === undefined ? cancelObject : doneObject)?.lastModifiedMs ?? 0;
  return { ends: endsOfMarks(definedFields({ done, cancelled })), writtenAtMs };
}

const cancelMarkOf = ({ lastModifiedMs }: ListedObject): Kind<CancelMark> => ({
  name: 'the mark of a cancel',
  mostBytes: MOST_MARK_BYTES,
  decode: (json) => decodeCancelMark(json, lastModifiedMs),
});

/** Returns the last resume with its time by S3's clock; undefined when the job has ended again, or was never resumed. */
export function resumed({
  ends,
  writtenAtMs,
}: ReadEnds): { readonly entry: ResumeEntry; readonly atMs: number } | undefined {
  const entry = resumeOf(ends);
  return entry === undefined || entry !== ends.entries.at(-1) ? undefined : { entry, atMs: writtenAtMs };
}

/**
 * Finds the family of a job: its reruns, their reruns and so on, and the jobs that it is itself a rerun of.
 *
 * Invariants:
 * - A rerun counts when its manifest names the parent that names it. Any other mark is reported as damaged, and left out (R13).
 * - No job is in a family twice, whatever the marks say.
 */
import { decodeManifest, type JobState, type Manifest } from '../../../core/contract/job.js';
import { isJobId } from '../../../core/contract/job-id.js';
import { manifestKey, rerunKey, rerunsPrefix } from '../../../core/contract/keys.js';
import type { ObjectStore } from '../../../core/contract/object-store.js';
import { MOST_RERUNS } from '../../../core/contract/rerun-mark.js';
import { newJobMemory } from '../../controller/memory.js';
import { readJob } from '../../controller/observe/read-job.js';

export interface Rerun {
  readonly job: string;
  readonly state: JobState;
  readonly createdAt: string;
  readonly batches: number;
  readonly items: number;
  readonly manifest: Manifest;
  /** The jobs whose origins lead, one after the other, from an item of this job to the item of the family's first job. */
  readonly path: readonly string[];
}

/** The reruns of a job that has some. */
export interface Family {
  /** The number of items of the job. */
  readonly items: number;
  /** The oldest first. There is at least one. */
  readonly reruns: readonly Rerun[];
}

interface Reading {
  readonly store: ObjectStore;
  readonly signal: AbortSignal;
}

/** Returns undefined when the job has no reruns. */
export async function readFamily({ job, dataset }: Manifest, reading: Reading): Promise<Family | undefined> {
  const reruns = await readReruns(job, reading);
  return reruns.length === 0 ? undefined : { items: dataset.items, reruns };
}

/** Submissions of reruns that broke off leave marks, too. Each costs a request. */
const MOST_MARKS = 10 * MOST_RERUNS;

/** Returns all reruns through which the results of the job show, the oldest first. */
export async function readReruns(job: string, { store, signal }: Reading): Promise<readonly Rerun[]> {
  const found: Rerun[] = [];
  const seen = new Set([job]);
  let marks = 0;
  const open: { readonly parent: string; readonly path: readonly string[] }[] = [{ parent: job, path: [] }];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const { parent, path } = next;
    for await (const rerun of rerunsOf(parent, { store, signal })) {
      const damaged = (why: string): void =>
        store.damaged?.({ key: rerunKey(parent, rerun), why: `${why}: this rerun is left out` });
      if ((marks += 1) > MOST_MARKS) {
        throw new Error(
          `Job ${job} has more than ${MOST_MARKS} marks of reruns, so its results cannot be read together.`,
        );
      }
      if (seen.has(rerun)) {
        damaged(`names job ${rerun}, which is in the family of job ${job} already`);
        continue;
      }
      seen.add(rerun);
      // A rerun without a manifest is not submitted yet, or its submission broke off.
      const view = await readJob(store, rerun, newJobMemory(), { save: false, signal });
      if (view === undefined) continue;
      const { manifest, verdict } = view;
      if (manifest.parent !== parent) {
        damaged(`names job ${rerun}, which is no rerun of job ${parent}`);
        continue;
      }
      if (found.length >= MOST_RERUNS) {
        throw new Error(`Job ${job} has more than ${MOST_RERUNS} reruns, so its results cannot be read together.`);
      }
      const { createdAt, batches, dataset } = manifest;
      const ways = [rerun, ...path];
      found.push({ job: rerun, state: verdict.state, createdAt, batches, items: dataset.items, manifest, path: ways });
      open.push({ parent: rerun, path: ways });
    }
  }
  return found.sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt) || (a.job < b.job ? -1 : 1));
}

async function* rerunsOf(parent: string, { store, signal }: Reading): AsyncGenerator<string> {
  const prefix = rerunsPrefix(parent);
  for await (const { key } of store.list(prefix, { signal })) {
    const rerun = key.slice(prefix.length).replace(/\.json$/, '');
    if (isJobId(rerun) && rerunKey(parent, rerun) === key) yield rerun;
  }
}

/** Returns the manifests of the job, of the job that it is a rerun of, and so on to the first job. */
export async function readLineage(manifest: Manifest, { store, signal }: Reading): Promise<readonly Manifest[]> {
  const line = [manifest];
  const seen = new Set([manifest.job]);
  for (let last = manifest; last.parent !== undefined;) {
    const { job, parent } = last;
    if (seen.has(parent))
      throw new Error(`The parents of job ${manifest.job} form a circle, so its manifest is damaged.`);
    seen.add(parent);
    const found = await store.get(manifestKey(parent), { signal });
    const above = found && decodeManifest(found.body, parent);
    if (above === undefined) {
      throw new Error(
        `Job ${job} is a rerun of job ${parent}, whose manifest ${manifestKey(parent)} is missing or damaged.`,
      );
    }
    line.push(above);
    last = above;
  }
  return line;
}

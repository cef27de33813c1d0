/** Reads the status of jobs for `spotpool status`, `watch` and `jobs`. Its numbers are exact, whether a controller runs or not. */
import { isJobId, JOB_ID_RULE } from '../../core/contract/job-id.js';
import { manifestKey, rerunsPrefix } from '../../core/contract/keys.js';
import { MOST_RERUNS } from '../../core/contract/rerun-mark.js';
import type { SilentWorker } from '../../core/pool/silent-workers.js';
import { mapBounded } from '../../core/map-bounded.js';
import { newJobMemory, type JobMemory } from '../controller/memory.js';
import { readSubmitStanding } from '../controller/observe/read-submit.js';
import { type JobView, listIdsOfSeries, listJobIds, readJob } from '../controller/observe/read-job.js';
import { progressOfJob, type FleetCounts, type JobProgress } from '../controller/report.js';
import { JobNotFound, UserError } from '../errors.js';
import type { Fleet, ObjectStore } from '../ports.js';
import { plural } from '../display/format.js';
import type { PreparingView } from '../display/views.js';
import { readFleetView } from './fleet-view.js';
import { groupPhases, groupPreparing, phasesOf, type PhaseView } from './preparing.js';
import { groupShapes, type ShapeView } from './shapes.js';
import { sumWork } from './work-totals.js';

export interface JobStatus extends JobProgress {
  /** Its reruns, by their ids. Absent when there are none. */
  readonly reruns?: readonly string[];
  readonly fleet: FleetCounts;
  /** The workers that gave no sign of life for minutes, though EC2 shows their instances running. */
  readonly silent: readonly SilentWorker[];
  /** How its workers run the model: the live workers, or else all earlier ones. */
  readonly shapes: readonly ShapeView[];
  /** The steps by which live workers get the model ready now. */
  readonly preparing: readonly PreparingView[];
  /** How long each step to the model took: on the live workers that run it, or else on all earlier ones. */
  readonly phases: readonly PhaseView[];
}

const JOBS_AT_ONCE = 8;

/** With a memory that the caller keeps, each look costs a listing and the new outcomes. */
export async function readJobProgress(
  store: ObjectStore,
  job: string,
  signal: AbortSignal,
  memory: JobMemory = newJobMemory(),
): Promise<JobProgress> {
  return progressOfJob(await readJobView(store, job, signal, memory));
}

export async function readJobView(
  store: ObjectStore,
  job: string,
  signal: AbortSignal,
  memory: JobMemory = newJobMemory(),
): Promise<JobView> {
  if (!isJobId(job)) {
    throw new UserError(
      `${JSON.stringify(job)} is not a job id. An id has ${JOB_ID_RULE}. "spotpool jobs" lists the jobs.`,
    );
  }
  const view = await readJob(store, job, memory, { save: false, signal });
  if (view !== undefined) return view;
  throw new JobNotFound(job, await whyNoJob(store, job, signal));
}

async function whyNoJob(store: ObjectStore, job: string, signal: AbortSignal): Promise<string> {
  if ((await store.head(manifestKey(job), { signal })) !== undefined) {
    return (
      `The object ${manifestKey(job)} is not a manifest of job ${job} as this version of spotpool knows it. ` +
      'Use the version that submitted the job, or submit the dataset under another id.'
    );
  }
  const submit = await readSubmitStanding(store, job, { signal });
  if (submit === undefined) {
    const ofSeries = await listJobs(store, signal, () => undefined, job);
    return ofSeries.length === 0
      ? `There is no job ${job} in this stack. "spotpool jobs" lists the jobs.`
      : `${job} is a series of ${plural(ofSeries.length, 'job')}, and not a job. Name one of them: "spotpool jobs --series ${job}" lists them.`;
  }
  const heardAt = new Date(submit.heardAtMs).toISOString();
  return submit.brokenOff
    ? `There is no job ${job} yet: its submit broke off before its dataset and model were uploaded (it was last heard of at ${heardAt}). ` +
        'To go on, give the same command again, under the same id.'
    : `There is no job ${job} yet: its dataset and model are being uploaded (its submit was last heard of at ${heardAt}). Ask again when that is done.`;
}

export async function readJobStatus(
  ports: { readonly store: ObjectStore; readonly fleet: Fleet },
  job: string,
  signal: AbortSignal,
  memory?: JobMemory,
): Promise<JobStatus> {
  const [progress, fleet, reruns] = await Promise.all([
    readJobProgress(ports.store, job, signal, memory),
    readFleetView(ports, signal),
    listReruns(ports.store, job, signal),
  ]);
  const live = fleet.instances.filter(({ standing }) => standing !== undefined);
  const shapes = live.flatMap(({ shape }) => (shape?.job === job ? [shape] : []));
  const phases = phasesOf(
    live.flatMap(({ prepared }) => prepared ?? []),
    job,
  );
  const reported = shapes.length === 0 ? await sumWork(ports.store, progress, signal) : undefined;
  return {
    ...progress,
    ...(reruns.length === 0 ? {} : { reruns }),
    fleet: fleet.counts,
    silent: fleet.instances.flatMap(({ instance, silentForMs }) =>
      silentForMs === undefined ? [] : [{ instance, silentForMs }],
    ),
    shapes: groupShapes(reported === undefined ? shapes : Object.values(reported.shapes), progress.state),
    preparing: groupPreparing(
      live.flatMap(({ preparing }) => preparing ?? []),
      job,
    ),
    phases: groupPhases(reported === undefined ? phases : Object.values(reported.phases)),
  };
}

/** The ids of reruns whose submission may still be going on, too. */
async function listReruns(store: ObjectStore, job: string, signal: AbortSignal): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(rerunsPrefix(job), { signal })) {
    const id = key.slice(rerunsPrefix(job).length).replace(/\.json$/, '');
    if (isJobId(id) && found.length < MOST_RERUNS) found.push(id);
  }
  return found;
}

/**
 * Lists every job of the stack that has a manifest, newest first. A job that cannot be read is passed to `onUnreadable`, and the others are listed. Without
 * `onUnreadable` it is an error, because a caller that counts jobs must not miss one. With a series, only its jobs are read.
 */
export async function listJobs(
  store: ObjectStore,
  signal: AbortSignal,
  onUnreadable?: (job: string, error: unknown) => void,
  series?: string,
): Promise<readonly JobProgress[]> {
  const ids = await (series === undefined ? listJobIds(store, signal) : listIdsOfSeries(store, series, signal));
  const views = await mapBounded(ids, JOBS_AT_ONCE, async (job) => {
    try {
      return await readJob(store, job, newJobMemory(), { save: false, signal });
    } catch (error) {
      signal.throwIfAborted();
      if (onUnreadable === undefined) throw error;
      onUnreadable(job, error);
      return undefined;
    }
  });
  return views
    .filter((view) => view !== undefined)
    .map(progressOfJob)
    .filter((job) => series === undefined || job.series?.id === series)
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}

/** The report of a pass: its findings and acts, for displays and logs. */
import { definedFields } from '../../core/defined-fields.js';
import type { FleetState, PreparingStatus, WorkerPhase, WorkerStatus } from '../../core/contract/fleet-state.js';
import { resumeOf, type ResumeOptions } from '../../core/contract/ends.js';
import type { IdentitySpec, JobState } from '../../core/contract/job.js';
import type { MaxFailed } from '../../core/contract/max-failed.js';
import type { JobSeries } from '../../core/contract/series.js';
import { instanceHours } from '../../core/pool/usage.js';
import type { FleetDescription, FleetInstance } from '../ports.js';
import type { JobView } from './observe/read-job.js';

export type ControllerEventCode =
  | 'target-raised'
  | 'target-lowered'
  | 'exits-granted'
  | 'job-complete'
  /** The job came to its end, but it is not a success. */
  | 'job-ended-badly'
  | 'job-failed'
  | 'batches-sent-again'
  | 'raise-refused'
  | 'switch-not-armed'
  | 'switch-left'
  | 'fleet-gone'
  | 'fleet-replaced'
  | 'torn-down'
  | 'instance-overdue'
  | 'instances-cut-off'
  | 'shortage'
  | 'worker-silent'
  | 'object-damaged'
  | 'job-trouble'
  | 'end-posted'
  | 'end-not-posted'
  | 'post-given-up';

export interface ControllerEvent {
  readonly at: string;
  readonly code: ControllerEventCode;
  /** A sentence that a person can act on. */
  readonly message: string;
  readonly job?: string;
}

/** Each live instance is pending, running, noticed or draining. Running ones are also counted as starting, idle or busy. */
export interface FleetCounts {
  readonly target: number;
  readonly fulfilled: number;
  readonly pending: number;
  /** The instances that are up, and neither noticed nor draining. */
  readonly running: number;
  readonly noticed: number;
  readonly draining: number;
  readonly starting: number;
  readonly idle: number;
  readonly busy: number;
}

export interface JobProgress {
  readonly job: string;
  /** The name that the user gave the job. */
  readonly name?: string;
  /** The job that this one is a rerun of. */
  readonly parent?: string;
  /** The series of which the job is one, with its values. */
  readonly series?: JobSeries;
  readonly state: JobState;
  readonly reason?: string;
  readonly batches: { readonly total: number; readonly done: number; readonly failed: number };
  readonly items: { readonly total: number; readonly ok: number; readonly failed: number };
  /** The value of `--max-failed`; absent when the job was submitted without it. */
  readonly maxFailed?: MaxFailed;
  /** The time that instances worked for the job, counted each minute. Jobs that were at work together share it. */
  readonly instanceHours: { readonly used: number; readonly max?: number };
  readonly createdAt: string;
  /** The time of the end. Absent while the job goes on, and when only the outcomes show that it is complete. */
  readonly endedAt?: string;
  readonly createdBy: string;
  readonly dataset: string;
  /** The item's id and the fields that come back with its result. Absent when the job keeps nothing. */
  readonly identity?: Pick<IdentitySpec, 'idField' | 'keep'>;
  readonly model: string;
  /** The last resume of the job, with the options that all of its resumes have changed. Absent when it was never resumed. */
  readonly resumed?: {
    readonly times: number;
    readonly at: string;
    readonly by: string;
    readonly options: ResumeOptions;
  };
  /** The submit ended before all batches were sent, and nobody has continued it. */
  readonly brokenOff?: { readonly sent: number; readonly heardAt: string };
}

export interface PassReport {
  readonly atMs: number;
  readonly fleet: FleetCounts;
  readonly description: FleetDescription;
  /** The steps by which workers get models ready now. */
  readonly preparing: readonly PreparingStatus[];
  /** `fleet/state.json` as this pass left it. */
  readonly state: FleetState | undefined;
  /** Jobs that had not ended before this pass. */
  readonly jobs: readonly JobProgress[];
  /** The jobs that could not be read in this pass, each with the error. */
  readonly unreadable: ReadonlyMap<string, unknown>;
  readonly events: readonly ControllerEvent[];
  /** The fleet has accepted a target that no describe call has shown yet. */
  readonly awaitsTarget: boolean;
  /** R9: no work is left, the fleet shows target 0, and no instance is live. */
  readonly parked: boolean;
}

export function progressOfJob({ job, manifest, facts, verdict, ends, sent, submit }: JobView): JobProgress {
  const { identity } = manifest.dataset;
  return {
    job,
    ...definedFields({ name: manifest.name, parent: manifest.parent, series: manifest.series }),
    ...verdict,
    batches: { total: manifest.batches, ...facts.progress.batches },
    items: { total: manifest.dataset.items, ...facts.progress.items },
    ...definedFields({ maxFailed: facts.maxFailed }),
    instanceHours: {
      used: instanceHours(facts.progress.usage),
      ...definedFields({ max: facts.maxInstanceHours }),
    },
    createdAt: manifest.createdAt,
    ...definedFields({ endedAt: facts.ended?.at }),
    createdBy: manifest.createdBy,
    dataset: manifest.dataset.name,
    ...(identity === undefined ? {} : { identity: definedFields({ idField: identity.idField, keep: identity.keep }) }),
    model: manifest.model.name,
    ...definedFields({ resumed: lastResume(ends) }),
    ...(submit?.brokenOff ? { brokenOff: { sent, heardAt: new Date(submit.heardAtMs).toISOString() } } : {}),
  };
}

function lastResume({ ends }: JobView['ends']): JobProgress['resumed'] {
  const last = resumeOf(ends);
  if (last === undefined) return undefined;
  const { at, by, options } = last;
  return { times: ends.entries.filter(({ kind }) => kind === 'resume').length, at, by, options };
}

export function countFleet(
  { target, fulfilled }: FleetDescription,
  live: readonly FleetInstance[],
  statuses: ReadonlyMap<string, WorkerStatus>,
): FleetCounts {
  const counts = { pending: 0, running: 0, noticed: 0, draining: 0, starting: 0, idle: 0, busy: 0 };
  for (const { instance, state } of live) {
    const status = statuses.get(instance);
    const standing = standingOf(state, status);
    counts[standing] += 1;
    if (standing === 'running') counts[workOf(status?.phase)] += 1;
  }
  return { target, fulfilled, ...counts };
}

export type Standing = 'pending' | 'running' | 'noticed' | 'draining';

export function standingOf(state: FleetInstance['state'], status: WorkerStatus | undefined): Standing {
  if (state === 'pending') return 'pending';
  if (status?.notice !== undefined) return 'noticed';
  return status?.phase === 'draining' || status?.phase === 'ended' ? 'draining' : 'running';
}

function workOf(phase: WorkerPhase | undefined): 'starting' | 'idle' | 'busy' {
  return phase === 'idle' || phase === 'busy' ? phase : 'starting';
}

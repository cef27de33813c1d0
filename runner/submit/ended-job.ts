/** Refuses to submit a job again that has ended. The error says how the job ended. */
import type { JobState } from '../../core/contract/job.js';
import { cancelledKey, doneKey, endsKey } from '../../core/contract/keys.js';
import { definedFields } from '../../core/defined-fields.js';
import { newJobMemory } from '../controller/memory.js';
import { type JobProgress, progressOfJob } from '../controller/report.js';
import { readJob } from '../controller/observe/read-job.js';
import { SpotpoolError } from '../errors.js';
import type { ObjectStore } from '../ports.js';

export interface EndedJob {
  readonly job: string;
  readonly state: Extract<JobState, 'complete' | 'cancelled' | 'failed'>;
  /** A sentence that says why the job ended, and who ended it. */
  readonly reason: string;
  /** The time of the end (ISO 8601). Unknown when only the outcomes show that the job is complete. */
  readonly at?: string;
  readonly batches: { readonly total: number; readonly done: number };
  readonly instanceHours: JobProgress['instanceHours'];
}

/** The job has ended already. The command line is not at fault, so the exit code is 1. */
export class JobEnded extends SpotpoolError {
  override readonly name = 'JobEnded';
  override readonly kind = 'job-ended';
  readonly job: string;
  constructor(
    readonly ended: EndedJob,
    /** Says how to go on, in further lines of the message. */
    advice?: string,
  ) {
    const { job, state, reason, at } = ended;
    const sentence = `Job ${job} ${state === 'cancelled' ? 'was cancelled' : STATES[state](at)}: ${reason}`;
    super(advice === undefined ? sentence : `${sentence}\n${advice}`);
    this.job = job;
  }
}

const STATES: Readonly<Record<'complete' | 'failed', (at: string | undefined) => string>> = {
  complete: (at) => (at === undefined ? 'is complete' : `has been complete since ${at}`),
  failed: (at) => (at === undefined ? 'has failed' : `failed at ${at}`),
};

/** Undefined when the job does not exist or has work left. */
async function findEnded(store: ObjectStore, job: string, signal: AbortSignal): Promise<EndedJob | undefined> {
  const view = await readJob(store, job, newJobMemory(), { save: false, signal });
  if (view === undefined) return undefined;
  const { state, reason = '', batches, instanceHours } = progressOfJob(view);
  if (state === 'submitting' || state === 'running') return undefined;
  const at = view.facts.ended?.at;
  return { job, state, reason, batches, instanceHours, ...definedFields({ at }) };
}

/** Like `findEnded`, but it reads a job only if it has ended at least once, because listing many outcomes would take long. */
export async function findMarkedEnded(
  store: ObjectStore,
  job: string,
  signal: AbortSignal,
): Promise<EndedJob | undefined> {
  const marks = await Promise.all(
    [endsKey(job), doneKey(job), cancelledKey(job)].map((key) => store.head(key, { signal })),
  );
  return marks.some((mark) => mark !== undefined) ? findEnded(store, job, signal) : undefined;
}

export async function refuseEnded(store: ObjectStore, job: string, signal: AbortSignal): Promise<void> {
  const ended = await findEnded(store, job, signal);
  if (ended !== undefined) throw new JobEnded(ended);
}

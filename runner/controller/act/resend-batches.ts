/** R5: sends the batches that lack an outcome again, with messages made from the plan. */
import { encodeBatchMessage } from '../../../core/contract/batch-message.js';
import { resumeOf } from '../../../core/contract/ends.js';
import { planKey } from '../../../core/contract/keys.js';
import { compareVersions, LOWEST_WORKER_VERSION } from '../../../core/contract/version.js';
import { decodePlanLine } from '../../../core/dataset/plan.js';
import { rangeHolding } from '../../../core/dataset/ranges.js';
import { afterResend } from '../../../core/pool/silence.js';
import type { JobQueue, ObjectStore } from '../../ports.js';
import { isolateJobFailure } from '../isolate-job-failure.js';
import { type JobMemory, newJobMemory } from '../memory.js';
import { foldProgress, saveOrThrow } from '../observe/fold-progress.js';
import { linesOf } from '../observe/lines.js';
import { batchItemsOf, type JobView } from '../observe/read-job.js';
import type { PassContext } from '../pass-context.js';

/** Messages held in memory at once: some 200 KB, a hundred calls of ten. */
const SEND_AT_ONCE = 1_000;

/** Maps the reason of a resend to the words of its event. */
const WHY = {
  'queue-empty': () => 'the queue is empty',
  silent: ({ silence }: JobMemory, nowMs: number) =>
    `no outcome has come for ${Math.floor((nowMs - (silence?.sinceMs ?? nowMs)) / 60_000)} minutes, and no live worker says that it holds a batch that is missing`,
} as const;

export async function resendBatches(
  jobs: readonly JobView[],
  why: keyof typeof WHY,
  context: PassContext,
): Promise<void> {
  const { ports, memory, events, signal } = context;
  for (const view of jobs) {
    const { job } = view;
    const nowMs = ports.clock.nowMs();
    const jobMemory = memory.jobs.get(job);
    const sent = await isolateJobFailure(context, { job, act: 'sent again' }, () =>
      resendMissing(ports, view, jobMemory, signal),
    );
    if (sent === undefined || jobMemory === undefined) continue;
    const said = WHY[why](jobMemory, nowMs);
    jobMemory.resentAtMs = nowMs;
    if (jobMemory.silence !== undefined) jobMemory.silence = afterResend(jobMemory.silence, nowMs);
    // The last outcomes may have come since the pass looked.
    if (sent.value === 0) continue;
    const batches =
      sent.value === 1 ? '1 batch has no outcome; it was' : `${sent.value} batches have no outcome; they were`;
    events.add('batches-sent-again', `Job ${job}: ${said}, but ${batches} sent again.`, job);
  }
}

/** Returns the number of messages sent. They say that they are sent again, so that an outcome that exists is not computed twice. */
export async function resendMissing(
  ports: { readonly store: ObjectStore; readonly queue: JobQueue },
  view: JobView,
  memory: JobMemory | undefined,
  signal: AbortSignal,
  isWanted: (batch: number) => boolean = () => true,
): Promise<number> {
  const { job, manifest, manifestDigest } = view;
  const worker = workerFor(view);
  // A pass lists only some outcomes. This look lists them all.
  const options = { save: saveOrThrow, batchItems: batchItemsOf(manifest), signal };
  const { folded } = await foldProgress(ports.store, job, manifest.batches, memory ?? newJobMemory(), options);
  let sent = 0;
  let bodies: string[] = [];
  const flush = async (): Promise<void> => {
    if (bodies.length > 0) await ports.queue.send(bodies, job, signal);
    sent += bodies.length;
    bodies = [];
  };
  for await (const line of linesOf(ports.store.stream(planKey(job), { signal }))) {
    if (line === '') continue;
    const location = decodePlanLine(line);
    if (location === undefined || location.batch >= manifest.batches) {
      ports.store.damaged?.({
        key: planKey(job),
        why: `has a line that does not locate a batch of job ${job}: that line is left out`,
      });
      continue;
    }
    if (rangeHolding(folded, location.batch) !== undefined || !isWanted(location.batch)) continue;
    bodies.push(encodeBatchMessage({ ...location, job, manifestDigest, worker, again: true }));
    if (bodies.length >= SEND_AT_ONCE) await flush();
  }
  await flush();
  return sent;
}

/** A worker of before 0.4.0 knows no resumes: it would drop the batches of a job that ended once. */
function workerFor({ manifest, ends }: JobView): string | undefined {
  const { worker } = manifest.versions;
  if (resumeOf(ends.ends) === undefined) return worker;
  return worker !== undefined && compareVersions(worker, LOWEST_WORKER_VERSION) > 0 ? worker : LOWEST_WORKER_VERSION;
}

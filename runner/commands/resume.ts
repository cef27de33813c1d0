/**
 * `spotpool resume <job>` lets a job go on that failed or was cancelled: it writes the resume, and sends the batches that have no outcome.
 *
 * Invariants:
 * - The resume is written before any message is sent, because workers drop the messages of a job that has ended.
 * - A resume that was stopped between the two has lost nothing: a controller sends the batches later (R5).
 */
import {
  MOST_ENTRIES,
  resumeOf,
  type ResumeOptionName,
  type ResumeOptions,
  withResume,
} from '../../core/contract/ends.js';
import { enqueuedKey } from '../../core/contract/keys.js';
import { definedFields } from '../../core/defined-fields.js';
import { instanceHours } from '../../core/pool/usage.js';
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT } from '../cli/exit-codes.js';
import { jobOptionRows } from '../cli/job-options.js';
import { resendMissing } from '../controller/act/resend-batches.js';
import { writeEnds } from '../controller/act/write-ends.js';
import { toJson } from '../controller/json-objects.js';
import type { JobView } from '../controller/observe/read-job.js';
import { count, plural } from '../display/format.js';
import { CommandFailed, UserError } from '../errors.js';
import { readJobView } from '../status/job-status.js';
import { stackArguments } from './advice/command-lines.js';
import { hoursToResumeWith } from '../status/job-state.js';
import { refuseTornDown, workerPublisher } from '../api/submit-job.js';
import { wakeController } from '../api/wake-controller.js';
import { uncontrolledText } from './advice/uncontrolled.js';

const { maxFailed, maxInstanceHours, maxWorkers } = jobOptionRows;
const changes = { maxFailed, maxInstanceHours, maxWorkers } satisfies Record<ResumeOptionName, unknown>;

export const resumeCommand = defineStackCommand({
  name: 'resume',
  description:
    'Let a failed or cancelled job go on. The batches without an outcome are sent again, and what failed before does not end the job again.',
  args: { job: 'the id of the job' },
  options: changes,
  examples: [
    'spotpool resume herg --local',
    'spotpool resume herg --max-instance-hours 20',
    'spotpool resume herg --max-failed 100% && spotpool watch herg',
  ],
  run: resume,
});

type Resume = StackCall<'job', typeof changes>;

async function resume(call: Resume): Promise<number> {
  const { context, ports, args, options } = call;
  const { terminal, signal } = context;
  const { job } = args;
  const where = stackArguments(options);
  await refuseTornDown(ports, signal);
  const view = await writeResume(call);
  await workerPublisher(context, ports, signal)?.();
  const sent = await resendMissing(ports, view, undefined, signal);
  // A job whose submission broke off has all its batches in the queue from now on.
  const mark = { at: new Date(context.clock.nowMs()).toISOString(), batches: view.manifest.batches };
  const once = { signal, ifNoneMatch: true, contentType: 'application/json' };
  await ports.store.put(enqueuedKey(job), toJson(mark), once);
  await wakeController(ports, { signal, warn: (sentence) => terminal.err(`${sentence}\n`) });
  const uncontrolled = uncontrolledText(ports.config, job, where);
  const { batches } = view.facts.progress;
  if (options.json) {
    const changed = resumeOf(view.ends.ends)?.options ?? {};
    const controlled = ports.config.controlled ?? false;
    terminal.out(`${JSON.stringify({ job, sent, options: changed, batches, controlled })}\n`);
    terminal.err(uncontrolled);
    return EXIT.ok;
  }
  terminal.out(
    `Job ${job} goes on: ${plural(sent, 'batch', 'batches')} without an outcome were sent, and ${count(batches.done)} are done.\n` +
      (uncontrolled === '' ? `  follow it:      spotpool watch ${job}${where}\n` : uncontrolled) +
      `  fetch results:  spotpool results ${job}${where}\n`,
  );
  return EXIT.ok;
}

/** Returns the job with its resume. */
async function writeResume({ context, ports: { store }, args: { job }, options }: Resume): Promise<JobView> {
  const { clock, user, signal } = context;
  const where = stackArguments(options);
  const { maxFailed: failed, maxInstanceHours: hours, maxWorkers: workers } = options;
  const changed: ResumeOptions = definedFields({ maxFailed: failed, maxInstanceHours: hours, maxWorkers: workers });
  for (;;) {
    const view = await readJobView(store, job, signal);
    refuseUnlessOver(view, where);
    requireHours(view, hours);
    requireRoom(view);
    const { batches, items } = view.facts.progress;
    const at = new Date(clock.nowMs()).toISOString();
    const next = withResume(view.ends.ends, { at, by: user, options: changed, before: { batches, items } });
    const written = await writeEnds(store, job, { before: view.ends, next }, signal);
    // Somebody else has resumed the job meanwhile, or the reply to this very write was lost.
    if (written !== undefined) return { ...view, ends: { ...view.ends, ends: next, etag: written.etag } };
  }
}

function refuseUnlessOver({ job, verdict }: JobView, where: string): void {
  switch (verdict.state) {
    case 'complete':
      throw new CommandFailed(
        'job-ended',
        `Job ${job} is complete: every batch has its outcome, which never changes. There is nothing to resume.`,
      );
    case 'running':
    case 'submitting':
      throw new CommandFailed(
        'job-not-ended',
        `Job ${job} has not ended (${verdict.state}). There is nothing to resume. To follow it: spotpool watch ${job}${where}`,
      );
    case 'failed':
    case 'cancelled':
      return;
  }
}

/** The list of ends is bounded. A resume whose end would find no place in it would let the job run for ever. */
function requireRoom({ job, ends }: JobView): void {
  const { entries } = ends.ends;
  if (entries.length + 2 <= MOST_ENTRIES) return;
  const times = entries.filter(({ kind }) => kind === 'resume').length;
  throw new UserError(
    `Job ${job} was resumed ${times} times, and cannot be resumed again. Submit the dataset under another id.`,
  );
}

/** A job whose guard is used up would end again at once. */
function requireHours({ job, options, facts }: JobView, given: number | undefined): void {
  const used = instanceHours(facts.progress.usage);
  const most = given ?? options.maxInstanceHours ?? Infinity;
  if (used < most) return;
  throw new UserError(
    `Job ${job} has used ${used.toFixed(2)} instance-hours, and --max-instance-hours is ${most}, so it would end again at once. ` +
      `Resume it with more than it has used: --max-instance-hours ${hoursToResumeWith({ used, max: most })}`,
  );
}

/** `spotpool cancel <job>` ends the job, runs one pass of the controller, and shows the work that is left. */
import { cancelReason, endOf, withEnd } from '../../core/contract/ends.js';
import type { CliContext, StackPorts } from '../cli/context.js';
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT } from '../cli/exit-codes.js';
import { writeEnds } from '../controller/act/write-ends.js';
import { runPass } from '../controller/run-pass.js';
import { count, plural } from '../display/format.js';
import { CommandFailed } from '../errors.js';
import { type JobStatus, readJobStatus, readJobView } from '../status/job-status.js';
import { stackArguments } from './advice/command-lines.js';
import { printStatusJson } from './status-json.js';

export const cancelCommand = defineStackCommand({
  name: 'cancel',
  description: 'Stop a job. Its finished results are kept, and other jobs are unaffected.',
  args: { job: 'the id of the job' },
  options: {},
  examples: ['spotpool cancel herg --local', 'spotpool cancel herg --json'],
  run: cancel,
});

async function cancel({ context, ports, args: { job }, options }: StackCall<'job'>): Promise<number> {
  const { terminal, signal } = context;
  const ended = await endByUser(context, ports, job);
  if (ended === 'complete' || ended === 'failed') {
    throw new CommandFailed('job-ended', `Job ${job} has ended already (${ended}). There is nothing to cancel.`);
  }
  // This pass lowers the fleet's target at once. A stack without a controller would wait for the next command.
  await runPass({ ...ports, clock: context.clock }, { maxWorkers: ports.config.maxWorkers }, signal);
  const status = await readJobStatus(ports, job, signal);
  if (status.state !== 'cancelled') {
    throw new CommandFailed('job-ended', `Job ${job} ended first (${status.state}). There was nothing left to cancel.`);
  }
  const queue = await ports.queue.counts(signal);
  const wasCancelled = ended === 'cancelled';
  if (options.json) printStatusJson(terminal, status, { queue, wasCancelled });
  else terminal.out(`${cancelLines(status, wasCancelled, queue, stackArguments(options)).join('\n')}\n`);
  return EXIT.ok;
}

/** Returns the state of a job that had ended before; undefined when this call has ended it. */
async function endByUser(
  { clock, user, signal }: CliContext,
  { store }: StackPorts,
  job: string,
): Promise<'complete' | 'failed' | 'cancelled' | undefined> {
  for (;;) {
    const { verdict, ends } = await readJobView(store, job, signal);
    const { state } = verdict;
    if (state === 'complete' || state === 'failed') return state;
    if (endOf(ends.ends) !== undefined) return 'cancelled';
    const mark = { at: new Date(clock.nowMs()).toISOString(), by: user };
    const next = withEnd(ends.ends, { state: 'cancelled', reason: cancelReason(mark), ...mark });
    if ((await writeEnds(store, job, { before: ends, next }, signal)) !== undefined) return undefined;
    // Somebody else has ended or resumed the job meanwhile, or the reply to this very write was lost.
  }
}

function cancelLines(
  { job, state, batches, items, fleet }: JobStatus,
  was: boolean,
  queue: { readonly visible: number; readonly inFlight: number },
  where: string,
): readonly string[] {
  const instances = fleet.pending + fleet.running + fleet.noticed + fleet.draining;
  return [
    state === 'complete'
      ? `Job ${job} ended before it was cancelled. All of its batches are done.`
      : `Job ${job} ${was ? 'was cancelled before' : 'is cancelled'}.`,
    `  done    ${count(batches.done)} of ${plural(batches.total, 'batch', 'batches')} (${plural(items.ok + items.failed, 'item')}); their results are kept`,
    `  queue   about ${plural(queue.visible + queue.inFlight, 'message')} of all jobs; workers discard the messages of this job`,
    `  fleet   target ${fleet.target}, ${plural(instances, 'instance')} left` +
      (instances > 0 && fleet.target === 0 ? ' (they end themselves once they are idle)' : ''),
    `  resume  spotpool resume ${job}${where}`,
  ];
}

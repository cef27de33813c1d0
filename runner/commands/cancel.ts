/** `spotpool cancel <job>` writes the mark, runs one pass of the controller, and shows the work that is left. */
import type { CancelMark } from '../../core/contract/job.js';
import { cancelledKey } from '../../core/contract/keys.js';
import type { CliContext, StackPorts } from '../cli/context.js';
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT } from '../cli/exit-codes.js';
import { runPass } from '../controller/run-pass.js';
import { count, plural } from '../display/format.js';
import { type JobStatus, readJobProgress, readJobStatus } from '../status/job-status.js';
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
  const before = await readJobProgress(ports.store, job, signal);
  if (before.state === 'complete' || before.state === 'failed') {
    terminal.err(`Job ${job} has ended already (${before.state}). There is nothing to cancel.\n`);
    return EXIT.failed;
  }
  const was = before.state === 'cancelled' || !(await writeMark(context, ports, job));
  // This pass lowers the fleet's target at once. A stack without a controller would wait for the next command.
  await runPass({ ...ports, clock: context.clock }, { maxWorkers: ports.config.maxWorkers }, signal);
  const status = await readJobStatus(ports, job, signal);
  if (status.state !== 'cancelled') {
    terminal.err(`Job ${job} ended first (${status.state}). There was nothing left to cancel.\n`);
    return EXIT.failed;
  }
  if (options.json) printStatusJson(terminal, status);
  else terminal.out(`${cancelLines(status, was, await ports.queue.counts(signal)).join('\n')}\n`);
  return EXIT.ok;
}

async function writeMark({ clock, user, signal }: CliContext, { store }: StackPorts, job: string): Promise<boolean> {
  const mark: CancelMark = { at: new Date(clock.nowMs()).toISOString(), by: user };
  const put = await store.put(cancelledKey(job), JSON.stringify(mark), {
    signal,
    ifNoneMatch: true,
    contentType: 'application/json',
  });
  return put.kind === 'written';
}

function cancelLines(
  { job, state, batches, items, fleet }: JobStatus,
  was: boolean,
  queue: { readonly visible: number; readonly inFlight: number },
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
  ];
}

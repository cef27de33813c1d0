/** `spotpool watch <job>` shows the live display. The job runs on when the display ends. */
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT, exitCodeOf } from '../cli/exit-codes.js';
import { readJobProgress, readJobStatus } from '../status/job-status.js';
import { summarise } from '../status/summary.js';
import { Follower } from './follow/follower.js';
import { hasEnded } from './job-state.js';
import { makeDisplay } from './follow/make-display.js';
import { brokenOffText, resumeSubmitText } from './advice/resume.js';
import { nextStep } from './advice/next-step.js';
import { reportInterruption } from './advice/report-interruption.js';
import { stackArguments } from './advice/command-lines.js';
import { summaryOf } from './follow/job-summary.js';
import { printStatusJson } from './status-json.js';

export const watchCommand = defineStackCommand({
  name: 'watch',
  description: 'Follow a job live and control the fleet. The job runs on when you leave with Ctrl-C.',
  args: { job: 'the id of the job' },
  options: {},
  examples: ['spotpool watch herg --local', 'spotpool watch herg --json | tail -n 1'],
  run: watch,
});

async function watch({ context, ports, args: { job }, options }: StackCall<'job'>): Promise<number> {
  const { clock, signal, terminal } = context;
  const start = await readJobProgress(ports.store, job, signal);
  const display = makeDisplay(context, options.json);
  try {
    display.show({ event: 'following', job, dataset: start.dataset, model: start.model });
    const sinceMs = Date.parse(start.createdAt);
    const follower = new Follower(ports, clock, display, { progress: start, sinceMs });
    const ended = await follower.untilEnded(signal);
    if (ended.brokenOff !== undefined) {
      display.close();
      terminal.err(`${brokenOffText(ended)}\n${resumeSubmitText(ended, stackArguments(options))}\n`);
      if (options.json) printStatusJson(terminal, await readJobStatus(ports, job, signal));
      return EXIT.failed;
    }
    const zero = await follower.untilZero(signal);
    // After the early end of a job, workers still commit the batches that they hold.
    const progress = await readJobProgress(ports.store, job, signal);
    const input = { progress, ledger: follower.ledger, sinceMs, nowMs: clock.nowMs() };
    const summary = await summarise(ports, input, signal);
    const next = nextStep(progress, { own: false, flags: options });
    display.show({ event: 'summary', ...summaryOf(summary, { errors: [], next, zero, followed: !hasEnded(start) }) });
    if (options.json) printStatusJson(terminal, await readJobStatus(ports, job, signal));
    return exitCodeOf(progress);
  } catch (error) {
    display.close();
    await reportInterruption(context, { ports, own: false }, { job }, options, error);
    throw error;
  } finally {
    display.close();
  }
}

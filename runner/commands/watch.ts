/** `spotpool watch <job>`: the live display; leaving it leaves the job running. */
import type { Command } from 'commander';
import type { CommandHost } from '../cli/command-host.js';
import type { CliContext } from '../cli/context.js';
import { EXIT, exitCodeOf } from '../cli/exit-codes.js';
import { addJsonOption, addStackOptions, type StackFlags } from '../cli/options.js';
import { readJobProgress, readJobStatus } from '../status/job-status.js';
import { summarise } from '../status/summary.js';
import { Follower, hasEnded } from './following/follow.js';
import { makeDisplay } from './following/make-display.js';
import { brokenOffText, goOnWithSubmit } from './following/go-on.js';
import { nextStep } from './following/next-step.js';
import { sayWhatIsLeft, stackArguments } from './following/stopped.js';
import { summaryOf } from './following/summary-of.js';
import { openStack } from './open-stack.js';
import { printStatusJson } from './status-json.js';

interface Flags extends StackFlags {
  readonly json?: boolean;
}

export function addWatchCommand(program: Command, host: CommandHost): void {
  const command = program
    .command('watch')
    .argument('<job>', "the job's id")
    .description('Follow a job live, and steer the fleet meanwhile; leaving (Ctrl-C) leaves the job running.')
    .addHelpText('after', '\nExamples:\n  $ spotpool watch herg --local\n  $ spotpool watch herg --json | tail -n 1');
  addJsonOption(addStackOptions(command)).action(async (job: string, flags: Flags) =>
    host.finish(await watch(host.context, job, flags)),
  );
}

async function watch(context: CliContext, job: string, flags: Flags): Promise<number> {
  const { clock, signal, terminal } = context;
  const ports = await openStack(context, flags);
  const start = await readJobProgress(ports.store, job, signal);
  const display = makeDisplay(context, flags.json ?? false);
  try {
    display.show({ event: 'following', job, dataset: start.dataset, model: start.model });
    const sinceMs = Date.parse(start.createdAt);
    const follower = new Follower(ports, clock, display, { progress: start, sinceMs });
    const ended = await follower.untilEnded(signal);
    if (ended.brokenOff !== undefined) {
      display.close();
      terminal.err(`${brokenOffText(ended)}\n${goOnWithSubmit(ended, stackArguments(flags))}\n`);
      if (flags.json) printStatusJson(terminal, await readJobStatus(ports, job, signal));
      return EXIT.failed;
    }
    const zero = await follower.untilZero(signal);
    // After the early end of a job, workers still commit the batches in hand.
    const progress = await readJobProgress(ports.store, job, signal);
    const input = { progress, ledger: follower.ledger, sinceMs, nowMs: clock.nowMs() };
    const summary = await summarise(ports, input, signal);
    const next = nextStep(progress, { own: false, flags });
    display.show({ event: 'summary', ...summaryOf(summary, { errors: [], next, zero, followed: !hasEnded(start) }) });
    if (flags.json) printStatusJson(terminal, await readJobStatus(ports, job, signal));
    return exitCodeOf(progress);
  } catch (error) {
    display.close();
    await sayWhatIsLeft(context, { ports, own: false }, { job }, flags, error);
    throw error;
  } finally {
    display.close();
  }
}

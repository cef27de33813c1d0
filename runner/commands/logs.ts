/** `spotpool logs <job>`: what workers and models wrote, merged by time, newest last. */
import type { Command } from 'commander';
import type { CliContext } from '../cli/context.js';
import { EXIT } from '../cli/exit-codes.js';
import { addJsonOption, addStackOptions, type StackFlags } from '../cli/options.js';
import type { CommandHost } from '../cli/command-host.js';
import type { WorkerEvent } from '../../core/contract/events.js';
import { newJobMemory } from '../controller/memory.js';
import { clockTime, oneLine } from '../display/format.js';
import type { Terminal } from '../display/terminal.js';
import { readJobProgress } from '../status/job-status.js';
import { EventLog } from './following/event-log.js';
import { hasEnded } from './following/follow.js';
import { brokenOffText } from './following/go-on.js';
import { openStack } from './open-stack.js';

interface Flags extends StackFlags {
  readonly json?: boolean;
  readonly worker?: string;
  readonly follow?: boolean;
}

export function addLogsCommand(program: Command, host: CommandHost): void {
  const command = program
    .command('logs')
    .argument('<job>', "the job's id")
    .description('Print what workers and models wrote of a job, newest last.')
    .option('--worker <id>', 'only what this instance wrote')
    .option('-f, --follow', 'go on until the job has ended')
    .addHelpText(
      'after',
      '\nExamples:\n  $ spotpool logs herg --local -f\n  $ spotpool logs herg --worker i-0123456789abcdef0',
    );
  addJsonOption(addStackOptions(command)).action(async (job: string, flags: Flags) =>
    host.finish(await logs(host.context, job, flags)),
  );
}

/** Workers write their events once in a second or so. */
const FOLLOW_EVERY_MS = 1_000;

async function logs(context: CliContext, job: string, flags: Flags): Promise<number> {
  const { terminal, signal, clock } = context;
  const { store } = await openStack(context, flags);
  const memory = newJobMemory();
  const log = new EventLog(store, job, flags.worker);
  let printed = 0;
  for (;;) {
    // In this order: what is written before the job's end is read after it was seen.
    const progress = await readJobProgress(store, job, signal, memory);
    for await (const event of log.newEvents([], signal)) {
      // Instances of before, whose boot is no news of this job.
      if (event.job === undefined && event.at < progress.createdAt) continue;
      printed += 1;
      terminal.out(flags.json ? `${JSON.stringify(event)}\n` : logLine(event, terminal));
    }
    if (!flags.follow || hasEnded(progress) || progress.brokenOff !== undefined) {
      if (progress.brokenOff !== undefined) terminal.err(`${brokenOffText(progress)}\n`);
      const none =
        flags.worker === undefined
          ? 'No worker has written anything'
          : `The instance ${flags.worker} has written nothing`;
      if (printed === 0) terminal.err(`${none} of job ${job} so far.\n`);
      return EXIT.ok;
    }
    await clock.sleep(FOLLOW_EVERY_MS, signal);
  }
}

/** A model writes lines: those after the first stand below it, indented, so that none can pass for a line of another source. */
function logLine(event: WorkerEvent, { colors }: Terminal): string {
  const source = event.code === 'model-log' ? event.stream : event.code;
  const batch = event.batch === undefined ? '' : ` ${colors.dim(`batch ${event.batch}`)}`;
  const [first = '', ...more] = event.message.trimEnd().split('\n').map(oneLineIndented);
  const head = `${colors.dim(clockTime(event.at))} ${colors.cyan(event.instance)} ${colors.dim(source)}${batch}`;
  return [`${head} ${first.trimStart()}`, ...more.map((line) => `  ${line}`)]
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** Its own indentation is what makes a stack readable. */
const oneLineIndented = (line: string): string => `${/^ */.exec(line)?.[0] ?? ''}${oneLine(line)}`;

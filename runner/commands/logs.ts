/** `spotpool logs <job>` prints the lines of workers and models, merged by time. */
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT } from '../cli/exit-codes.js';
import { text, toggle } from '../cli/option-rows.js';
import type { WorkerEvent } from '../../core/contract/events.js';
import { newJobMemory } from '../controller/memory.js';
import { clockTime, oneLine } from '../display/format.js';
import type { Terminal } from '../display/terminal.js';
import { readJobProgress } from '../status/job-status.js';
import { EventLog } from '../follow/event-log.js';
import { hasEnded } from '../status/job-state.js';
import { brokenOffText } from '../follow/broken-off.js';

const logsOptions = {
  worker: text('<id>', 'print only what this instance wrote'),
  follow: toggle('go on until the job has ended', { short: '-f' }),
};

export const logsCommand = defineStackCommand({
  name: 'logs',
  description: 'Print what workers and models wrote about a job. The newest lines come last.',
  args: { job: 'the id of the job' },
  options: logsOptions,
  examples: ['spotpool logs herg --local -f', 'spotpool logs herg --worker i-0123456789abcdef0'],
  run: logs,
});

/** Workers of small pools write their events about once a second. */
const FOLLOW_EVERY_MS = 1_000;

async function logs({ context, ports, args: { job }, options }: StackCall<'job', typeof logsOptions>): Promise<number> {
  const { terminal, signal, clock } = context;
  const { store } = ports;
  const memory = newJobMemory();
  const log = new EventLog(store, job, options.worker);
  let printed = 0;
  for (;;) {
    // The progress is read first, so that all events before the job's end are read after the end was seen.
    const progress = await readJobProgress(store, job, signal, memory);
    for await (const event of log.newEvents([], signal)) {
      // The boot of an instance that is older than the job is no news of this job.
      if (event.job === undefined && event.at < progress.createdAt) continue;
      printed += 1;
      terminal.out(options.json ? `${JSON.stringify(event)}\n` : logLine(event, terminal));
    }
    if (!options.follow || hasEnded(progress) || progress.brokenOff !== undefined) {
      if (progress.brokenOff !== undefined) terminal.err(`${brokenOffText(progress)}\n`);
      const none =
        options.worker === undefined
          ? 'No worker has written anything'
          : `The instance ${options.worker} has written nothing`;
      if (printed === 0) terminal.err(`${none} of job ${job} so far.\n`);
      return EXIT.ok;
    }
    await clock.sleep(FOLLOW_EVERY_MS, signal);
  }
}

/** Indents all lines of a message but its first, so that no line of a model can look like a line of another source. */
function logLine(event: WorkerEvent, { colors }: Terminal): string {
  const source = event.code === 'model-log' ? event.stream : event.code;
  const batch = event.batch === undefined ? '' : ` ${colors.dim(`batch ${event.batch}`)}`;
  const [first = '', ...more] = event.message.trimEnd().split('\n').map(oneLineIndented);
  const head = `${colors.dim(clockTime(event.at))} ${colors.cyan(event.instance)} ${colors.dim(source)}${batch}`;
  return [`${head} ${first.trimStart()}`, ...more.map((line) => `  ${line}`)]
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** Keeps the line's own indentation, which makes stack traces readable. */
const oneLineIndented = (line: string): string => `${/^ */.exec(line)?.[0] ?? ''}${oneLine(line)}`;

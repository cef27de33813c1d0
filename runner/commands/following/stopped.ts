/** What is left undone when a run is stopped, and how to go on. */
import type { CliContext } from '../../cli/context.js';
import type { StackFlags } from '../../cli/options.js';
import type { JobProgress } from '../../controller/report.js';
import { plural } from '../../display/format.js';
import type { Terminal } from '../../display/terminal.js';
import { readJobProgress } from '../../status/job-status.js';
import type { RunStack } from '../run-stack.js';
import { hasEnded } from './follow.js';
import { shellWord } from './go-on.js';

/** How far a run came. */
export interface Started {
  job?: string;
  /** Once the results are in it. */
  resultsFile?: string;
}

/** A last look must not hold up who wants to leave. */
const LAST_LOOK_MS = 3_000;

export async function sayStopped(
  { terminal }: CliContext,
  { ports, own }: Pick<RunStack, 'ports' | 'own'>,
  { job, resultsFile }: Started,
  flags: StackFlags & { readonly id?: string },
): Promise<void> {
  const progress =
    job === undefined
      ? undefined
      : await readJobProgress(ports.store, job, AbortSignal.timeout(LAST_LOOK_MS)).catch(() => undefined);
  const lines = own ? ownCloudLines(progress, resultsFile) : lastingLines(job, progress, flags, resultsFile);
  terminal.err(`${lines.join('\n')}\n`);
}

function ownCloudLines(progress: JobProgress | undefined, resultsFile: string | undefined): readonly string[] {
  if (resultsFile !== undefined) {
    return [`Stopped when the results were in ${resultsFile}. The local cloud and its instances are ended.`];
  }
  return [
    progress === undefined
      ? 'Stopped before the dataset was submitted: nothing was computed.'
      : `Stopped: ${doneText(progress)} What was done is gone with the local cloud.`,
    'The local cloud and its instances are ended; no results file was written.',
    'To go on: run the same command again. For work that outlives the command: spotpool local up',
  ];
}

function lastingLines(
  job: string | undefined,
  progress: JobProgress | undefined,
  flags: StackFlags & { readonly id?: string },
  resultsFile: string | undefined,
): readonly string[] {
  const where = stackArguments(flags);
  if (job === undefined) return [brokenOff(flags.id)];
  if (progress !== undefined && hasEnded(progress)) {
    const results = resultsFile === undefined ? `: spotpool results ${job}${where}` : ` are in ${resultsFile}.`;
    return [`Job ${job} is ${progress.state}. Its results${results}`];
  }
  return [
    `Stopped following. Job ${job} goes on without this command${progress === undefined ? '.' : `: ${doneText(progress)}`}`,
    `  watch it again:   spotpool watch ${job}${where}`,
    `  fetch results:    spotpool results ${job}${where}`,
    `  stop the job:     spotpool cancel ${job}${where}`,
  ];
}

/** Only a job with a name of its own can be found again. */
const brokenOff = (id: string | undefined): string =>
  id === undefined
    ? 'Stopped before the dataset was submitted. Run the same command again.'
    : `Stopped before job ${id} was submitted whole. The same command goes on from where it broke off.`;

export const sayBrokenOff = (terminal: Terminal, id: string | undefined): void => terminal.err(`${brokenOff(id)}\n`);

function doneText({ batches }: JobProgress): string {
  const left = batches.total - batches.done;
  return `${batches.done} of ${plural(batches.total, 'batch', 'batches')} were done, ${left} are left undone.`;
}

/** The options that name the same stack again. */
export function stackArguments({ local, stack }: StackFlags): string {
  if (local) return ' --local';
  return stack === undefined ? '' : ` --stack ${shellWord(stack)}`;
}

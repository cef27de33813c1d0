/** The results at the end of a `run`: fetched, or, when they cannot be written, kept where they are. */
import type { ErrorCount } from '../../core/batch/failure-tally.js';
import type { CliContext } from '../cli/context.js';
import type { StackFlags } from '../cli/stack-options.js';
import type { JobProgress } from '../controller/report.js';
import type { Display } from '../display/events.js';
import { messageOf } from '../errors.js';
import { problemsOf } from '../results/describe-written.js';
import type { GivenFile } from '../results/output-place.js';
import { openSink } from '../results/result-sink.js';
import { writeResults } from '../results/write-results.js';
import type { CommandProgress } from './advice/report-interruption.js';
import { movedText, resultsCommandLine, stateVariable } from './advice/command-lines.js';
import type { RunStack } from './run-stack.js';

/** Where the results go, once it is known that they may. */
export interface RunOutput {
  readonly out: string;
  readonly force: boolean;
  readonly given: readonly GivenFile[];
}

/** How far a run came. */
export interface RunState extends CommandProgress {
  /** Why there is no file of results, and how to get it: what is said last. */
  notWritten?: string;
}

export interface Fetched {
  readonly errors: readonly ErrorCount[];
  readonly resultsFile?: string;
  /** Every batch that has an outcome has a good one, and all of them are in the file. */
  readonly whole: boolean;
}

export interface Fetch {
  readonly progress: JobProgress;
  readonly output: RunOutput;
  readonly display: Display;
  readonly flags: StackFlags;
  readonly state: RunState;
}

/** Fetches whatever a job has, also when it broke off; a file of earlier results is not replaced by nothing. */
export async function fetchResults(context: CliContext, stack: RunStack, fetch: Fetch): Promise<Fetched> {
  const { batches } = fetch.progress;
  if (batches.done === 0 && batches.total > 0) return { errors: [], whole: true };
  try {
    return await write(context, stack, fetch);
  } catch (error) {
    if (stack.signal.aborted) throw error;
    fetch.state.notWritten = `${messageOf(error)}\n${await keepResults(stack, fetch)}`;
    tell(context, fetch.display, 'results-not-written', messageOf(error));
    return { errors: [], whole: false };
  }
}

async function write(
  context: CliContext,
  { ports, signal }: RunStack,
  { progress, output, display, state }: Fetch,
): Promise<Fetched> {
  const { cwd, stdout } = context;
  const { job, createdAt, batches } = progress;
  const sink = await openSink(output.out, { ...output, cwd, stdout, identity: { job, createdAt } });
  const written = await writeResults({ job, batches: batches.total, store: ports.store, sink, signal });
  state.resultsFile = output.out;
  if (written.movedTo !== undefined) tell(context, display, 'results-moved', movedText(written.movedTo, cwd), 'info');
  display.show({ event: 'results-written', file: output.out, items: written.items });
  const troubles = problemsOf(written);
  for (const { code, message } of troubles) tell(context, display, code, message);
  return { errors: written.errors, resultsFile: output.out, whole: written.damagedBatches === 0 };
}

/** R15: what was computed is kept when the final write fails. */
async function keepResults(stack: RunStack, { progress, output, flags }: Fetch): Promise<string> {
  const { own } = stack;
  try {
    const stateDirectory = await stack.keep();
    const command = resultsCommandLine({ job: progress.job, out: output.out, flags, stateDirectory });
    const advice = `Once that is mended, or with the name of another file, this command fetches them:\n  ${command}`;
    if (!own) return `The results are still in the stack. ${advice}`;
    return (
      `The results are kept: the local cloud of this command stays up. ${advice}\n` +
      `Then this one ends the local cloud:\n  ${stateVariable(stateDirectory)}spotpool local down`
    );
  } catch (error) {
    stack.signal.throwIfAborted();
    return `${messageOf(error)} So the results are gone with it: run the same command again.`;
  }
}

function tell(
  { clock }: CliContext,
  display: Display,
  code: string,
  message: string,
  level: 'info' | 'warning' = 'warning',
): void {
  display.show({ event: 'happened', level, code, message, at: new Date(clock.nowMs()).toISOString() });
}

/** Fetches the results at the end of a `run`. When they cannot be written, the stack that holds them is kept. */
import { definedFields } from '../../core/defined-fields.js';
import type { ErrorCount } from '../../core/batch/failure-tally.js';
import type { CliContext } from '../cli/context.js';
import type { StackFlags } from '../cli/stack-options.js';
import type { JobProgress } from '../controller/report.js';
import type { Display } from '../display/events.js';
import { messageOf } from '../errors.js';
import { problemsOf } from '../results/describe-written.js';
import type { GivenFile } from '../results/output-place.js';
import { openOutput } from '../results/byte-output.js';
import { fileSink } from '../results/file-sink.js';
import { jsonLinesForm } from '../results/forms/json-lines.js';
import { type JoinFlags, joinsOf } from '../results/joined/joins-of.js';
import { writeResults } from '../results/write-results.js';
import { newsNow } from './follow/news.js';
import type { CommandProgress } from './advice/report-interruption.js';
import { movedText, resultsCommandLine, stateVariable } from './advice/command-lines.js';
import type { RunStack } from './run-stack.js';

/** The results may go to this file; it was checked. */
export interface RunOutput {
  readonly out: string;
  readonly force: boolean;
  readonly given: readonly GivenFile[];
}

/** The progress of a run, for the messages after an interruption. */
export interface RunState extends CommandProgress {
  /** Says why there is no file of results and how to get it. It is printed last. */
  notWritten?: string;
}

export interface Fetched {
  readonly errors: readonly ErrorCount[];
  readonly resultsFile?: string;
  /** True when no batch was given up and the file holds all outcomes. */
  readonly whole: boolean;
}

export interface Fetch {
  readonly progress: JobProgress;
  readonly output: RunOutput;
  readonly display: Display;
  readonly flags: StackFlags & JoinFlags;
  readonly state: RunState;
}

/** Fetches the outcomes that a job has, also when it broke off. A job without any outcome leaves a file of earlier results alone. */
export async function fetchResults(context: CliContext, stack: RunStack, fetch: Fetch): Promise<Fetched> {
  const { batches } = fetch.progress;
  if (batches.done === 0 && batches.total > 0) return { errors: [], whole: true };
  try {
    return await write(context, stack, fetch);
  } catch (error) {
    if (stack.signal.aborted) throw error;
    fetch.state.notWritten = `${messageOf(error)}\n${await keepResults(stack, fetch)}`;
    fetch.display.show(newsNow(context.clock, 'warning', 'results-not-written', messageOf(error)));
    return { errors: [], whole: false };
  }
}

async function write(
  context: CliContext,
  { ports, signal }: RunStack,
  { progress, output, display, state, flags }: Fetch,
): Promise<Fetched> {
  const { clock, cwd, stdout } = context;
  const { job, createdAt, batches } = progress;
  const { columns, stage } = joinsOf(progress, flags, { store: ports.store, signal });
  const bytes = await openOutput(output.out, { ...output, cwd, stdout, identity: { job, createdAt } });
  const sink = fileSink(jsonLinesForm(columns), bytes);
  const written = await writeResults({
    job,
    batches: batches.total,
    store: ports.store,
    sink,
    signal,
    ...definedFields({ stage }),
  });
  state.resultsFile = output.out;
  if (written.movedTo !== undefined) {
    display.show(newsNow(clock, 'info', 'results-moved', movedText(written.movedTo, cwd)));
  }
  display.show({ event: 'results-written', file: output.out, items: written.items });
  const problems = problemsOf(written);
  for (const { code, message } of problems) display.show(newsNow(clock, 'warning', code, message));
  return { errors: written.errors, resultsFile: output.out, whole: written.damagedBatches === 0 };
}

/** Keeps the computed results in the stack when the final write fails (R15). */
async function keepResults(stack: RunStack, { progress, output, flags }: Fetch): Promise<string> {
  const { own } = stack;
  try {
    const stateDirectory = await stack.keep();
    const command = resultsCommandLine({ job: progress.job, out: output.out, flags, stateDirectory });
    const advice = `Fix the problem or name another file, then fetch them:\n  ${command}`;
    if (!own) return `The results are still in the stack. ${advice}`;
    return (
      `The results are kept, because the local cloud of this command stays up. ${advice}\n` +
      `Then end the local cloud:\n  ${stateVariable(stateDirectory)}spotpool local down`
    );
  } catch (error) {
    stack.signal.throwIfAborted();
    return `${messageOf(error)} The results are lost with it. Run the same command again.`;
  }
}

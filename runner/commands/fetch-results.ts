/** Fetches the results at the end of a `run`. When they cannot be written, the stack that holds them is kept. */
import type { ErrorCount } from '../../core/batch/failure-tally.js';
import { definedFields } from '../../core/defined-fields.js';
import type { CliContext } from '../cli/context.js';
import { EXIT } from '../cli/exit-codes.js';
import type { StackFlags } from '../cli/stack-options.js';
import type { JobProgress } from '../controller/report.js';
import type { Display } from '../display/events.js';
import { CommandFailed, messageOf, noteFailure } from '../errors.js';
import { columnsText, failedItemsText, problemsOf, rerunsText } from '../results/describe-written.js';
import type { GivenFile } from '../results/output-place.js';
import { resultsOfJob } from '../results/results-of-job.js';
import type { Placed } from '../results/row-sink.js';
import { type FoundColumns, type ResultsChoice, writeOutput } from '../results/write-output.js';
import type { WrittenResults } from '../results/write-results.js';
import { readJobView } from '../status/job-status.js';
import { newsNow } from '../follow/news.js';
import type { CommandProgress } from './advice/report-interruption.js';
import { movedText, resultsCommandLine, stackArguments, stateVariable } from './advice/command-lines.js';
import { outputWorld, type ResultsFlags } from './output-world.js';
import type { RunStack } from './opened-stack.js';

/** The results may go to this file; it was checked. */
export interface RunOutput {
  readonly out: string;
  readonly choice: ResultsChoice;
  /** The options of the results, for messages. */
  readonly flags: ResultsFlags;
  readonly given: readonly GivenFile[];
}

/** The progress of a run, for the messages after an interruption. */
export interface RunState extends CommandProgress {
  /** Says why there is no file of results and how to get it. It is printed last. */
  notWritten?: string;
  /** Resolves when the addresses of `--notify` have been told of the end, or cannot be. */
  notified?: Promise<void>;
}

/** Says last of all that the results could not be written. What the job came to decides the exit code, unless all was well. */
export function requireWritten({ notWritten, job }: RunState, exitCode: number): number {
  if (notWritten === undefined) return exitCode;
  const error = new CommandFailed('results-not-written', notWritten, exitCode === EXIT.ok ? EXIT.failed : exitCode);
  noteFailure(error, definedFields({ job }));
  throw error;
}

export interface Fetched {
  readonly errors: readonly ErrorCount[];
  readonly resultsFile?: string;
  /** True when no batch was given up and the file holds all outcomes. */
  readonly whole: boolean;
  /** Present when the file was written. */
  readonly written?: FetchedResults;
}

/** The results that were written, as `results --json` describes them. */
export type FetchedResults = WrittenResults & Placed & FoundColumns & { readonly job: string; readonly file: string };

export interface Fetch {
  readonly progress: JobProgress;
  readonly output: RunOutput;
  readonly display: Display;
  readonly flags: StackFlags;
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
  { progress, output, display, flags, state }: Fetch,
): Promise<Fetched> {
  const { clock, cwd } = context;
  const { manifest } = await readJobView(ports.store, progress.job, signal);
  const world = { ...outputWorld(context, output.given, ports), signal };
  const written = await writeOutput(
    output.choice,
    world,
    await resultsOfJob(manifest, ports, { withSource: output.choice.withSource, signal }),
  );
  state.resultsFile = output.out;
  if (written.movedTo !== undefined) {
    display.show(newsNow(clock, 'info', 'results-moved', movedText(written.movedTo, cwd)));
  }
  display.show({ event: 'results-written', file: output.out, items: written.items });
  for (const message of columnsText(output.out, written.columns))
    display.show(newsNow(clock, 'info', 'results-columns', message));
  for (const message of failedItemsText(written)) display.show(newsNow(clock, 'info', 'failed-items-written', message));
  const problems = problemsOf(written, `spotpool results ${progress.job} --partial${stackArguments(flags)}`);
  for (const { code, message } of problems) display.show(newsNow(clock, 'warning', code, message));
  for (const message of rerunsText(written)) display.show(newsNow(clock, 'info', 'results-of-reruns', message));
  return {
    errors: written.errors,
    resultsFile: output.out,
    whole: written.damagedBatches === 0,
    written: { ...written, job: manifest.job, file: output.out },
  };
}

/** Keeps the computed results in the stack when the final write fails (R15). */
async function keepResults(stack: RunStack, { progress, output, flags }: Fetch): Promise<string> {
  const { own } = stack;
  try {
    const stateDirectory = await stack.keep();
    const command = resultsCommandLine({
      job: progress.job,
      out: output.out,
      results: output.flags,
      flags,
      stateDirectory,
    });
    const advice = `Fix the problem or name another file, then fetch them:\n  ${command}`;
    if (!own) return `The results are still in the stack. ${advice}`;
    return (
      `The results are kept, because the local cloud of this command stays up. ${advice}\n` +
      `Then end the local cloud:\n  ${stateVariable(stateDirectory)}spotpool local down`
    );
  } catch (error) {
    stack.signal.throwIfAborted();
    return stack.isKept
      ? `${messageOf(error)} The results are kept all the same: the same command writes them when it is run again.`
      : `${messageOf(error)} The results are lost with it. Run the same command again.`;
  }
}

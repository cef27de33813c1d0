/** `spotpool results <job>` writes one line per item, in dataset order. */
import type { CliContext } from '../cli/context.js';
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT, exitCodeOf } from '../cli/exit-codes.js';
import { toggle } from '../cli/option-rows.js';
import { resultsOptions } from '../cli/results-options.js';
import { type JobProgress, progressOfJob } from '../controller/report.js';
import { wrap } from '../display/format.js';
import { CommandFailed } from '../errors.js';
import { errorLines } from '../display/summary.js';
import { judgedWithReruns } from '../results/family/judge.js';
import { defaultResultsFile } from '../results/default-name.js';
import {
  columnsText,
  failedItemsText,
  problemsOf,
  type ResultProblem,
  rerunsText,
  writtenText,
} from '../results/describe-written.js';
import { OutputClosed } from '../results/byte-output.js';
import { goesToStandardOutput } from '../results/open-results.js';
import { STANDARD_OUTPUT } from '../results/output-place.js';
import type { Placed } from '../results/row-sink.js';
import { resultsOfJob } from '../results/results-of-job.js';
import { WriteFailed } from '../results/write-failure.js';
import { type FoundColumns, requireWritable, type ResultsChoice, writeOutput } from '../results/write-output.js';
import type { WrittenResults } from '../results/write-results.js';
import { readJobProgress, readJobView } from '../status/job-status.js';
import { newJobMemory } from '../controller/memory.js';
import { givenFiles } from './given-files.js';
import { hasEnded } from '../status/job-state.js';
import { outputWorld, resultsChoice } from './output-world.js';
import { movedText, resultsCommandLine, stackArguments } from './advice/command-lines.js';

const resultsRows = {
  ...resultsOptions,
  out: {
    ...resultsOptions.out,
    help: resultsOptions.out.help.replace(' (default', "; '-' is standard output (default"),
  },
  jobOfLine: toggle('name the job of each line, which is the job itself or one of its reruns'),
  partial: toggle(
    'write what a running job has so far: its finished batches, and the items that workers have saved of others',
  ),
};

export const resultsCommand = defineStackCommand({
  name: 'results',
  description:
    'Write the results of a job, in dataset order. The output has one line per item, the newest of the job and its reruns; while the job runs, it has only the finished items.',
  args: { job: 'the id of the job' },
  options: resultsRows,
  examples: ['spotpool results herg --local --out herg.jsonl', "spotpool results herg --out - | jq -c 'select(.ok)'"],
  run: results,
});

async function results({ context, ports, args, options }: StackCall<'job', typeof resultsRows>): Promise<number> {
  const { cwd, signal } = context;
  const { store } = ports;
  const { job } = args;
  const memory = newJobMemory();
  const view = await readJobView(store, job, signal, memory);
  const { dataset } = view.manifest;
  const out = options.out ?? defaultResultsFile(dataset.name, options.outFormat);
  const choice = { ...resultsChoice(out, options), partial: options.partial, jobOfLine: options.jobOfLine };
  const world = outputWorld(context, await givenFiles({ ...options, datasets: [dataset.name] }, cwd), ports);
  await requireWritable(choice, world, job);
  const toStandardOutput = await goesToStandardOutput(choice, world);
  requireEnd(progressOfJob(view), choice);
  try {
    const written = await writeOutput(
      choice,
      world,
      await resultsOfJob(view.manifest, ports, { withSource: options.withSource, signal }),
    );
    const shown = !toStandardOutput;
    const { json = false, only } = options;
    const again =
      written.failed > 0 && hasEnded(progressOfJob(view))
        ? [`To compute the failed items again: spotpool rerun ${job}${stackArguments(options)}`]
        : [];
    const problems = problemsOf(written, `spotpool results ${job} --partial${stackArguments(options)}`);
    printWritten(context, { ...written, job, file: out }, { shown, json, only, again, problems });
    const code = exitCodeOf(judgedWithReruns(await readJobProgress(store, job, signal, memory), written));
    return problems.length === 0 || code !== EXIT.ok ? code : EXIT.failed;
  } catch (error) {
    // The reader has closed the output, as `spotpool results job --out - | head` does.
    if (error instanceof OutputClosed) {
      if (choice.failedOut === undefined) return EXIT.ok;
      throw new CommandFailed(
        'results-not-written',
        `Standard output was closed before its end, so the failed items were not written to ${choice.failedOut}. Give --out a file.`,
      );
    }
    if (!(error instanceof WriteFailed)) throw error;
    const again = resultsCommandLine({
      job,
      out: out === STANDARD_OUTPUT ? undefined : out,
      results: options,
      flags: options,
    });
    throw new CommandFailed(
      'results-not-written',
      `${error.message} The results are still in the stack. Fix the problem or name another file, then run:\n  ${again}`,
    );
  }
}

/** A reader of parts must never take half a dataset for a whole one. */
function requireEnd(progress: JobProgress, { out, partial }: ResultsChoice): void {
  if (hasEnded(progress) || partial || !out.endsWith('/')) return;
  throw new CommandFailed(
    'job-not-ended',
    `Job ${progress.job} has not ended, so ${out} would get a part of its results only. Wait for its end ("spotpool watch ${progress.job}"), or add --partial.`,
  );
}

interface Shown {
  /** False when the results themselves go to standard output. */
  readonly shown: boolean;
  readonly json: boolean;
  readonly only: ResultsChoice['only'];
  /** The command that computes failed items again, when the job has ended and has some. */
  readonly again: readonly string[];
  readonly problems: readonly ResultProblem[];
}

function printWritten(
  { terminal, cwd }: CliContext,
  written: WrittenResults & Placed & FoundColumns & { readonly job: string; readonly file: string },
  { shown, json, only, again, problems }: Shown,
): void {
  for (const { message } of problems) terminal.err(`${message}\n`);
  if (!shown) return;
  if (json) {
    terminal.out(`${JSON.stringify(written)}\n`);
    return;
  }
  const { errors, movedTo } = written;
  const moved = movedTo === undefined ? [] : [movedText(movedTo, cwd)];
  const lines = [
    ...moved,
    writtenText(written, only),
    ...columnsText(written.file, written.columns),
    ...failedItemsText(written),
    ...rerunsText(written),
  ].flatMap((line) => (terminal.interactive ? wrap(line, terminal.size().columns) : line));
  terminal.out(`${[...lines, ...errorLines({ errors }, terminal.colors), ...again].join('\n')}\n`);
}

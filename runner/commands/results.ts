/** `spotpool results <job>` writes one line per item, in dataset order. */
import { definedFields } from '../../core/defined-fields.js';
import type { CliContext } from '../cli/context.js';
import { defineStackCommand, type StackCall } from '../cli/command.js';
import { EXIT, exitCodeOf } from '../cli/exit-codes.js';
import { text } from '../cli/option-rows.js';
import { resultsOptions } from '../cli/results-options.js';
import { count, plural } from '../display/format.js';
import { errorLines } from '../display/summary.js';
import { defaultResultsFile } from '../results/default-name.js';
import { problemsOf } from '../results/describe-written.js';
import { joinsOf } from '../results/joined/joins-of.js';
import { claimOutput, STANDARD_OUTPUT } from '../results/output-place.js';
import { OutputClosed, openOutput } from '../results/byte-output.js';
import { fileSink } from '../results/file-sink.js';
import { jsonLinesForm } from '../results/forms/json-lines.js';
import type { Placed } from '../results/row-sink.js';
import { WriteFailed } from '../results/write-failure.js';
import { type WrittenResults, writeResults } from '../results/write-results.js';
import { readJobProgress } from '../status/job-status.js';
import { newJobMemory } from '../controller/memory.js';
import { givenFiles } from './given-files.js';
import { movedText, resultsCommandLine } from './advice/command-lines.js';

const resultsRows = {
  ...resultsOptions,
  out: text(
    '<file>',
    "write the results to this file, or to standard output with '-' (default: the dataset's name with .results.jsonl)",
  ),
};

export const resultsCommand = defineStackCommand({
  name: 'results',
  description:
    'Write the results of a job, in dataset order. The output has one line per item; while the job runs, it has only the finished items.',
  args: { job: 'the id of the job' },
  options: resultsRows,
  examples: ['spotpool results herg --local --out herg.jsonl', "spotpool results herg --out - | jq -c 'select(.ok)'"],
  run: results,
});

async function results({ context, ports, args, options }: StackCall<'job', typeof resultsRows>): Promise<number> {
  const { cwd, stdout, signal } = context;
  const { store } = ports;
  const { job } = args;
  const memory = newJobMemory();
  const progress = await readJobProgress(store, job, signal, memory);
  const { createdAt, dataset, batches } = progress;
  const { columns, stage } = joinsOf(progress, options, { store, signal });
  const out = options.out ?? defaultResultsFile(dataset);
  const given = await givenFiles({ ...options, datasets: [dataset] }, cwd);
  const request = { cwd, stdout, given, force: options.force ?? false, identity: { job, createdAt } };
  const place = await claimOutput(out, request);
  try {
    const sink = fileSink(jsonLinesForm(columns), await openOutput(out, request));
    const written = await writeResults({
      job,
      batches: batches.total,
      store,
      sink,
      signal,
      ...definedFields({ stage }),
    });
    const shown = place.kind !== 'standard-output';
    printWritten(context, { ...written, job, file: out }, { shown, json: options.json ?? false });
    const code = exitCodeOf(await readJobProgress(store, job, signal, memory));
    return problemsOf(written).length === 0 || code !== EXIT.ok ? code : EXIT.failed;
  } catch (error) {
    // The reader has closed the output, as `spotpool results job --out - | head` does.
    if (error instanceof OutputClosed) return EXIT.ok;
    if (!(error instanceof WriteFailed)) throw error;
    const again = resultsCommandLine({ job, out: out === STANDARD_OUTPUT ? undefined : out, flags: options });
    throw new Error(
      `${error.message} The results are still in the stack. Fix the problem or name another file, then run:\n  ${again}`,
    );
  }
}

function printWritten(
  { terminal, cwd }: CliContext,
  written: WrittenResults & Placed & { readonly job: string; readonly file: string },
  /** `shown` is false when the results themselves go to standard output. */
  { shown, json }: { readonly shown: boolean; readonly json: boolean },
): void {
  for (const { message } of problemsOf(written)) terminal.err(`${message}\n`);
  if (!shown) return;
  if (json) {
    terminal.out(`${JSON.stringify(written)}\n`);
    return;
  }
  const { items, ok, failed, errors, file, movedTo } = written;
  const moved = movedTo === undefined ? [] : [movedText(movedTo, cwd)];
  const head = `Wrote ${plural(items, 'result')} to ${file}: ${count(ok)} ok, ${count(failed)} failed.`;
  terminal.out(`${[...moved, head, ...errorLines({ errors }, terminal.colors)].join('\n')}\n`);
}

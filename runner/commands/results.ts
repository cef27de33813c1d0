/** `spotpool results <job>`: one line per item, in dataset order. */
import type { Command } from 'commander';
import type { CommandHost } from '../cli/command-host.js';
import type { CliContext } from '../cli/context.js';
import { EXIT, exitCodeOf } from '../cli/exit-codes.js';
import {
  addJsonOption,
  addResultsOptions,
  addStackOptions,
  type ResultsFlags,
  type StackFlags,
} from '../cli/options.js';
import { count, plural } from '../display/format.js';
import { errorLines } from '../display/summary.js';
import { defaultResultsFile } from '../results/default-name.js';
import { troublesOf } from '../results/describe-written.js';
import { claimOutput, STANDARD_OUTPUT } from '../results/output-place.js';
import { OutputClosed, openSink, type Placed } from '../results/result-sink.js';
import { WriteFailed } from '../results/write-failure.js';
import { type WrittenResults, writeResults } from '../results/write-results.js';
import { readJobProgress } from '../status/job-status.js';
import { newJobMemory } from '../controller/memory.js';
import { givenFiles } from './given-files.js';
import { openStack } from './open-stack.js';
import { movedText, resultsCommand } from './results-command.js';

interface Flags extends StackFlags, ResultsFlags {
  readonly json?: boolean;
}

export function addResultsCommand(program: Command, host: CommandHost): void {
  const command = program
    .command('results')
    .argument('<job>', "the job's id")
    .description('Write the results of a job, one line per item in dataset order; what is done so far while it runs.')
    .addHelpText(
      'after',
      "\nExamples:\n  $ spotpool results herg --local --out herg.jsonl\n  $ spotpool results herg --out - | jq -c 'select(.ok)'",
    );
  addResultsOptions(command, "where they go; '-' is standard output (default: the dataset's name with .results.jsonl)");
  addJsonOption(addStackOptions(command)).action(async (job: string, flags: Flags) =>
    host.finish(await results(host.context, job, flags)),
  );
}

async function results(context: CliContext, job: string, flags: Flags): Promise<number> {
  const { cwd, stdout, signal } = context;
  const { store } = await openStack(context, flags);
  const memory = newJobMemory();
  const { createdAt, dataset, batches } = await readJobProgress(store, job, signal, memory);
  const out = flags.out ?? defaultResultsFile(dataset);
  const given = await givenFiles({ ...flags, dataset }, cwd);
  const request = { cwd, stdout, given, force: flags.force ?? false, identity: { job, createdAt } };
  const place = await claimOutput(out, request);
  try {
    const sink = await openSink(out, request);
    const written = await writeResults({ job, batches: batches.total, store, sink, signal });
    const shown = place.kind !== 'standard-output';
    say(context, { ...written, job, file: out }, { shown, json: flags.json ?? false });
    const code = exitCodeOf(await readJobProgress(store, job, signal, memory));
    return troublesOf(written).length === 0 || code !== EXIT.ok ? code : EXIT.failed;
  } catch (error) {
    // `spotpool results job --out - | head` has what it wanted.
    if (error instanceof OutputClosed) return EXIT.ok;
    if (!(error instanceof WriteFailed)) throw error;
    const again = resultsCommand({ job, out: out === STANDARD_OUTPUT ? undefined : out, flags });
    throw new Error(
      `${error.message} They are still in the stack. Once that is mended, or with the name of another file:\n  ${again}`,
    );
  }
}

function say(
  { terminal, cwd }: CliContext,
  written: WrittenResults & Placed & { readonly job: string; readonly file: string },
  /** `shown`: standard output is not the results' own. */
  { shown, json }: { readonly shown: boolean; readonly json: boolean },
): void {
  for (const { message } of troublesOf(written)) terminal.err(`${message}\n`);
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

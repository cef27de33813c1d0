/** `spotpool results <job>`: one line per item, in dataset order. */
import type { Command } from 'commander';
import type { CommandHost } from '../cli/command-host.js';
import type { CliContext } from '../cli/context.js';
import { EXIT, exitCodeOf } from '../cli/exit-codes.js';
import { addJsonOption, addStackOptions, type StackFlags } from '../cli/options.js';
import { count, plural } from '../display/format.js';
import { errorLines } from '../display/summary.js';
import { OutputClosed, openSink, STANDARD_OUTPUT } from '../results/result-sink.js';
import { describeMissing, writeResults } from '../results/write-results.js';
import { readJobProgress } from '../status/job-status.js';
import { CountingSink } from './counting-sink.js';
import { openStack } from './open-stack.js';

interface Flags extends StackFlags {
  readonly json?: boolean;
  readonly out: string;
}

export const DEFAULT_RESULTS_FILE = 'results.jsonl';

export function addResultsCommand(program: Command, host: CommandHost): void {
  const command = program
    .command('results')
    .argument('<job>', "the job's id")
    .description('Write the results of a job, one line per item in dataset order; what is done so far while it runs.')
    .option('--out <file>', "where they go; '-' is standard output", DEFAULT_RESULTS_FILE)
    .addHelpText(
      'after',
      "\nExamples:\n  $ spotpool results herg --local --out herg.jsonl\n  $ spotpool results herg --out - | jq -c 'select(.ok)'",
    );
  addJsonOption(addStackOptions(command)).action(async (job: string, flags: Flags) =>
    host.finish(await results(host.context, job, flags)),
  );
}

async function results(context: CliContext, job: string, flags: Flags): Promise<number> {
  const { terminal, cwd, stdout, signal } = context;
  const { store } = await openStack(context, flags);
  const sink = new CountingSink(await openSink(flags.out, { cwd, stdout }));
  try {
    const written = await writeResults({ job, store, sink, signal });
    const missing = describeMissing(written);
    if (missing !== undefined) terminal.err(`${missing}\n`);
    if (flags.out !== STANDARD_OUTPUT && flags.json) {
      terminal.out(`${JSON.stringify({ job, file: flags.out, ...written, errors: sink.errors() })}\n`);
    } else if (flags.out !== STANDARD_OUTPUT) {
      const { items, ok, failed } = written;
      const lines = errorLines({ errors: sink.errors() }, terminal.colors);
      const head = `Wrote ${plural(items, 'result')} to ${flags.out}: ${count(ok)} ok, ${count(failed)} failed.`;
      terminal.out(`${[head, ...lines].join('\n')}\n`);
    }
    const code = exitCodeOf(await readJobProgress(store, job, signal));
    return missing === undefined || code !== EXIT.ok ? code : EXIT.failed;
  } catch (error) {
    // `spotpool results job --out - | head` has what it wanted.
    if (error instanceof OutputClosed) return EXIT.ok;
    throw error;
  }
}

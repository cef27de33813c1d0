/** `spotpool run`: submit, follow, fetch the results, prove that nothing is left running. */
import type { Command } from 'commander';
import type { CommandHost } from '../cli/command-host.js';
import type { CliContext, StackPorts } from '../cli/context.js';
import {
  addJobOptions,
  addJsonOption,
  addLocalCloudOptions,
  addStackOptions,
  type JobFlags,
  type LocalFlags,
  type StackFlags,
} from '../cli/options.js';
import type { JobProgress } from '../controller/report.js';
import type { Display } from '../display/events.js';
import type { ErrorCount } from '../display/views.js';
import { UserError } from '../errors.js';
import { openSink, STANDARD_OUTPUT } from '../results/result-sink.js';
import { describeMissing, writeResults } from '../results/write-results.js';
import { readJobProgress, readJobStatus } from '../status/job-status.js';
import { summarise } from '../status/summary.js';
import { CountingSink } from './counting-sink.js';
import { Follower } from './following/follow.js';
import { makeDisplay } from './following/make-display.js';
import { exitCodeOf, summaryOf } from './following/summary-of.js';
import { sayWhatIsLeft, type Started } from './following/stopped.js';
import { openRunStack, type RunStack } from './run-stack.js';
import { printStatusJson } from './status-json.js';
import { DEFAULT_RESULTS_FILE } from './results.js';
import { requireDataset, submitFromFlags } from './submitting.js';

interface Flags extends JobFlags, LocalFlags, StackFlags {
  readonly json?: boolean;
  readonly out: string;
}

const EXAMPLES = `
Examples:
  $ spotpool run molecules.csv --model ./model.ts --local
  $ spotpool run reviews.jsonl.gz --model "python3 model.py" --files ./model --setup "pip install -r requirements.txt"
  $ spotpool run s3://bucket/images/ --model ./detector --max-workers 50 --slots cpus --out boxes.jsonl
  $ spotpool run data.txt --model ./model.ts --local --arrive-over 8s --reclaim 8s --reclaim 12s:no-notice --notice 4s`;

export function addRunCommand(program: Command, host: CommandHost): void {
  const command = program
    .command('run')
    .argument('<dataset>', 'JSON Lines, CSV or text, also .gz; a path, s3://bucket/file, or s3://bucket/prefix/')
    .description('Run a model over a dataset: submit, follow, and fetch the results.')
    .option('--out <file>', 'where the results go', DEFAULT_RESULTS_FILE)
    .addHelpText('after', EXAMPLES);
  addJobOptions(command);
  addJsonOption(addLocalCloudOptions(addStackOptions(command))).action(async (dataset: string, flags: Flags) =>
    host.finish(await run(host.context, dataset, flags)),
  );
}

async function run(context: CliContext, dataset: string, flags: Flags): Promise<number> {
  await requireInputs(context, dataset, flags.out);
  const stack = await openRunStack(context, flags);
  if (stack.own && dataset.startsWith('s3://')) {
    await stack.close();
    throw new UserError(
      `The dataset ${dataset} would be read from the local cloud's own S3, and one that this command starts is empty. ` +
        'Copy it here (aws s3 cp), or start a cloud with "spotpool local up" and upload it there.',
    );
  }
  const display = makeDisplay(context, flags.json ?? false);
  const started: Started = {};
  try {
    if (stack.own) {
      const { endpoint = '', maxWorkers } = stack.ports.config;
      display.show({ event: 'local-cloud-up', endpoint, maxWorkers });
    }
    return await runOn(context, stack, display, { dataset, flags, started });
  } catch (error) {
    display.close();
    // The signal's reason says more than what broke because of it.
    const reason: unknown = stack.signal.aborted ? stack.signal.reason : error;
    await sayWhatIsLeft(context, stack, started, flags, reason);
    throw reason;
  } finally {
    display.close();
    await stack.close();
  }
}

interface Request {
  readonly dataset: string;
  readonly flags: Flags;
  readonly started: Started;
}

async function runOn(
  context: CliContext,
  { ports, signal }: RunStack,
  display: Display,
  { dataset, flags, started }: Request,
): Promise<number> {
  const { clock, terminal } = context;
  const sinceMs = clock.nowMs();
  const submitted = await submitFromFlags(context, ports, { dataset, out: flags.out, flags, started, display, signal });
  started.job = submitted.job;
  display.show({ event: 'submitted', ...submitted });
  const start = await readJobProgress(ports.store, submitted.job, signal);
  const follower = new Follower(ports, clock, display, { progress: start, sinceMs });
  const progress = await follower.untilEnded(signal);
  const [written, zero] = await bothOrFirstError(
    fetchResults(context, ports, { progress, out: flags.out, display, signal, started }),
    follower.untilZero(signal),
  );
  const summary = await summarise(ports, { progress, ledger: follower.ledger, sinceMs, nowMs: clock.nowMs() }, signal);
  display.show({ event: 'summary', ...summaryOf(summary, { ...written, zero }) });
  if (flags.json) printStatusJson(terminal, await readJobStatus(ports, submitted.job, signal));
  return exitCodeOf(progress);
}

/** What can be known to fail is told before anything is started. */
async function requireInputs(context: CliContext, dataset: string, out: string): Promise<void> {
  const { cwd, stdout } = context;
  if (out === STANDARD_OUTPUT) {
    throw new UserError(
      '--out - does not go with run, which shows there how it is doing. Take a file, or: spotpool results <job> --out -',
    );
  }
  await requireDataset(context, dataset);
  await (await openSink(out, { cwd, stdout })).discard();
}

interface Fetched {
  readonly errors: readonly ErrorCount[];
  readonly resultsFile?: string;
}

/** Of a job that broke off, what it has; a file of earlier results is not replaced by nothing. */
async function fetchResults(
  { cwd, stdout, clock }: CliContext,
  { store }: StackPorts,
  fetch: {
    readonly progress: JobProgress;
    readonly out: string;
    readonly display: Display;
    readonly signal: AbortSignal;
    readonly started: Started;
  },
): Promise<Fetched> {
  const { progress, out, display, signal } = fetch;
  const { job, batches } = progress;
  if (batches.done === 0 && batches.total > 0) return { errors: [] };
  const sink = new CountingSink(await openSink(out, { cwd, stdout }));
  const written = await writeResults({ job, store, sink, signal });
  fetch.started.resultsFile = out;
  display.show({ event: 'results-written', file: out, items: written.items });
  const missing = describeMissing(written);
  if (missing !== undefined) {
    const at = new Date(clock.nowMs()).toISOString();
    display.show({ event: 'happened', level: 'warning', code: 'results-incomplete', message: missing, at });
  }
  return { errors: sink.errors(), resultsFile: out };
}

/** Both are waited for, so that neither goes on behind an error of the other. */
async function bothOrFirstError<A, B>(a: Promise<A>, b: Promise<B>): Promise<readonly [A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}

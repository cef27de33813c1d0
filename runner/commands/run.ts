/** `spotpool run` submits a job, follows it, fetches the results, and proves that nothing is left running. */
import type { CliContext } from '../cli/context.js';
import { type Call, defineCommand } from '../cli/command.js';
import { EXIT, exitCodeOf } from '../cli/exit-codes.js';
import { DATASET_HELP, jobOptionRows } from '../cli/job-options.js';
import { inGroup, text } from '../cli/option-rows.js';
import { localCloudRows } from '../cli/local-options.js';
import { resultsOptions } from '../cli/results-options.js';
import { stackOptions } from '../cli/stack-options.js';
import { datasetName } from '../dataset/dataset-name.js';
import type { Display } from '../display/events.js';
import { UserError } from '../errors.js';
import { defaultResultsFile } from '../results/default-name.js';
import { STANDARD_OUTPUT } from '../results/output-place.js';
import { requireWritable } from '../results/write-output.js';
import { readJobProgress, readJobStatus } from '../status/job-status.js';
import { summarise } from '../status/summary.js';
import { fetchResults, type RunOutput, type RunState } from './fetch-results.js';
import { Follower } from './follow/follower.js';
import { makeDisplay } from './follow/make-display.js';
import { nextStep } from './advice/next-step.js';
import { checkBeforeStart, reportInterruption } from './advice/report-interruption.js';
import { summaryOf } from './follow/job-summary.js';
import { outputWorld, resultsChoice } from './output-world.js';
import { openRunStack, type RunStack } from './run-stack.js';
import { printStatusJson } from './status-json.js';
import { givenFiles } from './given-files.js';
import { requireDataset, submitFromFlags } from './submit-job.js';
import { requireRunReport, writeRunReport } from './run-report.js';

const reportRow = inGroup('Results:', {
  report: text(
    '<file>',
    'write a report of the job to this HTML file, too, once the job has ended; --force replaces a file that exists',
  ),
});

const runOptions = { ...jobOptionRows, ...resultsOptions, ...reportRow, ...stackOptions, ...localCloudRows };

type Flags = Call<'dataset', typeof runOptions>['options'];

export const runCommand = defineCommand({
  name: 'run',
  description: 'Run a model over a dataset. The command submits the job, follows it, and fetches the results.',
  args: { dataset: DATASET_HELP },
  repeats: true,
  options: runOptions,
  examples: [
    'spotpool run molecules.csv --model ./model.ts --local',
    'spotpool run reviews.jsonl.gz --model ./model.py:Scorer --weights ./weights',
    'spotpool run lines.jsonl --model "jq -c .text" --per-line --local',
    'spotpool run s3://bucket/images/ --model ./detector --max-workers 50 --slots cpus --out boxes.jsonl',
    'spotpool run data.txt --model ./model.ts --local --arrive-over 8s --reclaim 8s --reclaim 12s:no-notice --notice 4s',
  ],
  run: async ({ context, words, options }) => run(context, words, options),
});

async function run(context: CliContext, datasets: readonly string[], flags: Flags): Promise<number> {
  const { output, datasetFiles } = await checkBeforeStart(context, () => requireInputs(context, datasets, flags));
  const stack = await openRunStack(context, flags);
  const dataset = datasets.find((argument) => argument.startsWith('s3://'));
  if (stack.own && dataset !== undefined) {
    await stack.close();
    throw new UserError(
      `The dataset ${dataset} would be read from the S3 of the local cloud that this command starts, which is empty. ` +
        'Copy the dataset to this machine (aws s3 cp), or start a cloud with "spotpool local up" and upload it there.',
    );
  }
  await requireBucket(context, stack, output, flags);
  const display = makeDisplay(context, flags.json);
  const state: RunState = {};
  try {
    if (stack.own) {
      const { endpoint = '', maxWorkers } = stack.ports.config;
      display.show({ event: 'local-cloud-up', endpoint, maxWorkers });
    }
    return await runOn(context, stack, display, { datasets, datasetFiles, flags, output, state });
  } catch (error) {
    display.close();
    // The reason of the signal says more than the error that it caused.
    const reason: unknown = stack.signal.aborted ? stack.signal.reason : error;
    await reportInterruption(context, stack, state, flags, reason);
    throw reason;
  } finally {
    display.close();
    if (state.notWritten !== undefined) context.terminal.err(`error: ${state.notWritten}\n`);
    await stack.close();
  }
}

/** A bucket can be looked at only when the stack is known. */
async function requireBucket(
  context: CliContext,
  stack: RunStack,
  { out, choice, given }: RunOutput,
  { id }: Flags,
): Promise<void> {
  if (!out.startsWith('s3://')) return;
  try {
    if (stack.own) {
      throw new UserError(
        `The results would go to ${out} in the S3 of the local cloud that this command starts, which ends with it. ` +
          'Name a file or folder with --out, or start a cloud with "spotpool local up" and make the bucket there.',
      );
    }
    await requireWritable(choice, { ...outputWorld(context, given, stack.ports), signal: stack.signal }, id);
  } catch (error) {
    await stack.close();
    throw error;
  }
}

interface Request {
  readonly datasets: readonly string[];
  readonly datasetFiles: readonly string[];
  readonly flags: Flags;
  readonly output: RunOutput;
  readonly state: RunState;
}

async function runOn(
  context: CliContext,
  stack: RunStack,
  display: Display,
  { datasets, datasetFiles, flags, output, state }: Request,
): Promise<number> {
  const { ports, signal } = stack;
  const { clock, terminal } = context;
  const sinceMs = clock.nowMs();
  const submitted = await submitFromFlags(context, ports, {
    datasets,
    datasetFiles,
    out: output.out,
    flags,
    started: state,
    display,
    signal,
  });
  state.job = submitted.job;
  display.show({ event: 'submitted', ...submitted });
  const start = await readJobProgress(ports.store, submitted.job, signal);
  const follower = new Follower(ports, clock, display, { progress: start, sinceMs });
  const ended = await follower.untilEnded(signal);
  const isWhole = ended.state === 'complete';
  const zeroFirst = isWhole ? undefined : await follower.untilZero(signal);
  // After the early end of a job, workers still commit the batches that they hold.
  const progress = isWhole ? ended : await readJobProgress(ports.store, submitted.job, signal);
  const [fetched, zero] = await bothOrFirstError(
    fetchResults(context, stack, { progress, output, display, flags, state }),
    zeroFirst ?? follower.untilZero(signal),
  );
  const summary = await summarise(ports, { progress, ledger: follower.ledger, sinceMs, nowMs: clock.nowMs() }, signal);
  // When the results could not be written, `notWritten` is printed last and says how to get them.
  const reported = await writeRunReport(context, stack, { job: submitted.job, flags, display });
  const next = state.notWritten === undefined ? nextStep(progress, { own: stack.own, flags }) : undefined;
  display.show({ event: 'summary', ...summaryOf(summary, { ...fetched, next, zero }) });
  if (flags.json) printStatusJson(terminal, await readJobStatus(ports, submitted.job, signal));
  const code = exitCodeOf(progress);
  return code === EXIT.ok && !(fetched.whole && reported) ? EXIT.failed : code;
}

interface RunInputs {
  readonly output: RunOutput;
  /** The files of the dataset on this machine. */
  readonly datasetFiles: readonly string[];
}

/** Refuses input that is known to fail, before anything is started. */
async function requireInputs(context: CliContext, datasets: readonly string[], flags: Flags): Promise<RunInputs> {
  const { cwd } = context;
  const { out = defaultResultsFile(datasetName(datasets), flags.outFormat) } = flags;
  if (out === STANDARD_OUTPUT) {
    throw new UserError(
      '--out - does not work with run, because run prints its progress to standard output. Name a file, or use: spotpool results <job> --out -',
    );
  }
  const datasetFiles = await requireDataset(context, datasets, flags);
  const given = await givenFiles({ ...flags, datasets, datasetFiles }, cwd);
  const choice = resultsChoice(out, flags);
  await requireWritable(choice, outputWorld(context, given), flags.id);
  await requireRunReport(flags, cwd);
  return { output: { out, choice, flags, given }, datasetFiles };
}

/** Waits for both, so that neither runs on after the other has failed. */
async function bothOrFirstError<A, B>(a: Promise<A>, b: Promise<B> | B): Promise<readonly [A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}

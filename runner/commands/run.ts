/** `spotpool run` submits a job, follows it, fetches the results, and proves that nothing is left running. */
import { definedFields } from '../../core/defined-fields.js';
import type { CliContext } from '../cli/context.js';
import { type Call, defineCommand } from '../cli/command.js';
import { EXIT, exitCodeOf } from '../cli/exit-codes.js';
import { refusedEachRow } from '../cli/each-option.js';
import { DATASET_HELP, jobOptionRows } from '../cli/job-options.js';
import { localCloudRows } from '../cli/local-options.js';
import { notifyAddresses, notifyRow } from '../cli/notify-options.js';
import { inGroup, text, toggle } from '../cli/option-rows.js';
import { resultsOptions } from '../cli/results-options.js';
import { stackOptions } from '../cli/stack-options.js';
import { datasetName } from '../dataset/dataset-name.js';
import type { Display } from '../display/events.js';
import { plural } from '../display/format.js';
import { UserError } from '../errors.js';
import { digestOfWords, type RunRequest } from '../local-cloud/kept-runs.js';
import { defaultResultsFile } from '../results/default-name.js';
import { STANDARD_OUTPUT } from '../results/output-place.js';
import { requireWritable } from '../results/write-output.js';
import { readJobProgress, readJobStatus } from '../status/job-status.js';
import { summarise } from '../status/summary.js';
import { JobDiffers } from '../submit/job-differs.js';
import { fetchResults, requireWritten, type RunOutput, type RunState } from './fetch-results.js';
import { Follower } from '../follow/follower.js';
import { makeDisplay } from '../follow/make-display.js';
import { newsNow } from '../follow/news.js';
import { nextStep } from './advice/next-step.js';
import { checkBeforeStart, reportInterruption } from './advice/report-interruption.js';
import { summaryOf } from '../follow/job-summary.js';
import { outputWorld, resultsChoice } from './output-world.js';
import { hasEnded } from '../status/job-state.js';
import type { GoesOn, RunStack } from './opened-stack.js';
import { openRunStack } from './run-stack.js';
import { notifyOfEnd } from './notify-end.js';
import { printStatusJson } from './status-json.js';
import { givenFiles } from './given-files.js';
import type { SubmittedFacts } from '../api/submit-job.js';
import { requireDatasetOf, submitFromFlags } from './submit-from-flags.js';
import { requireRunReport, writeRunReport } from './run-report.js';

const reportRow = inGroup('Results:', {
  report: text(
    '<file>',
    'write a report of the job to this HTML file, too, once the job has ended; --force replaces a file that exists',
  ),
});

const runOptions = {
  ...jobOptionRows,
  ...resultsOptions,
  each: refusedEachRow('run'),
  ...reportRow,
  ...notifyRow,
  ...stackOptions,
  ...localCloudRows,
  new: toggle('begin another job with --local, although the last one of the same command was not finished'),
};

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
    'spotpool run s3://bucket/images/ --model ./detector --max-workers 50',
    'spotpool run data.txt --model ./model.ts --local --reclaim 12s:no-notice',
  ],
  run: async ({ context, words, options }) => run(context, words, options),
});

async function run(context: CliContext, datasets: readonly string[], flags: Flags): Promise<number> {
  const inputs = await checkBeforeStart(context, () => requireInputs(context, datasets, flags));
  // Standard input cannot be read again to find out whether it is the same.
  const isNew = flags.new === true || (datasets.includes('-') && flags.id === undefined);
  return (
    (await runOnce(context, datasets, flags, { ...inputs, isNew })) ??
    (await anotherJob(context, datasets, flags, inputs))
  );
}

async function anotherJob(
  context: CliContext,
  datasets: readonly string[],
  flags: Flags,
  inputs: RunInputs,
): Promise<number> {
  return (await runOnce(context, datasets, flags, { ...inputs, isNew: true })) ?? EXIT.failed;
}

/** Resolves with undefined when the job that was not finished is another one, since dataset or model have changed. */
async function runOnce(
  context: CliContext,
  datasets: readonly string[],
  flags: Flags,
  { output, datasetFiles, isNew }: RunInputs & { readonly isNew: boolean },
): Promise<number | undefined> {
  const stack = await openRunStack(context, { flags, request: requestOf(context, datasets, flags), isNew });
  const dataset = datasets.find((argument) => argument.startsWith('s3://'));
  if (stack.own && dataset !== undefined) {
    await stack.close(NOTHING_BEGUN);
    throw new UserError(
      `The dataset ${dataset} would be read from the S3 of the local cloud that this command starts, which is empty. ` +
        'Copy the dataset to this machine (aws s3 cp), or start a cloud with "spotpool local up" and upload it there.',
    );
  }
  await requireBucket(context, stack, output, flags);
  const display = makeDisplay(context, flags.json);
  const state: RunState = {};
  let exitCode: number;
  try {
    if (stack.own) {
      const { endpoint = '', maxWorkers } = stack.ports.config;
      display.show({ event: 'local-cloud-up', endpoint, maxWorkers });
    }
    for (const message of stack.news) display.show(newsNow(context.clock, 'info', 'kept-job', message));
    exitCode = await runOn(context, stack, display, { datasets, datasetFiles, flags, output, state });
  } catch (error) {
    display.close();
    if (error instanceof JobDiffers && stack.goesOn !== undefined && flags.id === undefined) {
      context.terminal.err(`${differsText(error)}\n`);
      return undefined;
    }
    // The reason of the signal says more than the error that it caused.
    const reason: unknown = stack.signal.aborted ? stack.signal.reason : error;
    await reportInterruption(context, stack, state, flags, reason);
    // The results are what a kept job is kept for. A report that is still to be written needs the job.
    if (state.resultsFile !== undefined && flags.report === undefined) stack.over();
    if (state.notWritten !== undefined) context.terminal.err(`error: ${state.notWritten}\n`);
    throw reason;
  } finally {
    await state.notified;
    display.close();
    await stack.close({ isBegun: state.begun !== undefined || state.job !== undefined });
  }
  return requireWritten(state, exitCode);
}

const NOTHING_BEGUN = { isBegun: false };

const differsText = ({ job, differences }: JobDiffers): string =>
  `Job ${job} of the same command was not finished, but it is another job now: ${differences.join('; ')}. ` +
  `This command begins a job of its own. To remove what is kept of the other one: spotpool local rm ${job}`;

/** The job's name, and the options of the results and of the local cloud, change nothing of what is computed. */
function requestOf({ cwd }: CliContext, datasets: readonly string[], flags: Flags): RunRequest {
  const { id: _id, name: _name, ...rows } = jobOptionRows;
  const given = Object.keys(rows).map((name) => [name, flags[name as keyof typeof rows]]);
  return { digest: digestOfWords([cwd, datasets, given]), dataset: datasetName(datasets), model: flags.model };
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
    await stack.close(NOTHING_BEGUN);
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
  const submitted = await submitOrGoOn(context, stack, display, { datasets, datasetFiles, flags, output, state });
  const { job, continued: goesOn } = submitted;
  state.job = job;
  const start = await readJobProgress(ports.store, job, signal);
  const follower = new Follower(ports, clock, display, { progress: start, sinceMs });
  const ended = await follower.untilEnded(signal);
  const followed = !(goesOn && hasEnded(start));
  const addresses = notifyAddresses(flags.notify, context.env);
  const news = { addresses, ended, isOld: !followed, own: stack.own, flags, display };
  state.notified = notifyOfEnd(context, stack, news);
  const isWhole = ended.state === 'complete';
  const zeroFirst = isWhole ? undefined : await follower.untilZero(signal);
  // After the early end of a job, workers still commit the batches that they hold.
  const progress = isWhole ? ended : await readJobProgress(ports.store, job, signal);
  const [fetched, zero] = await bothOrFirstError(
    fetchResults(context, stack, { progress, output, display, flags, state }),
    zeroFirst ?? follower.untilZero(signal),
  );
  const totals = await summarise(ports, { progress, ledger: follower.ledger, sinceMs, nowMs: clock.nowMs() }, signal);
  // When the results could not be written, `notWritten` is printed last and says how to get them.
  const reported = await writeRunReport(context, stack, { job, flags, display });
  const next = state.notWritten === undefined ? nextStep(progress, { own: stack.own, flags }) : undefined;
  await state.notified;
  const summary = summaryOf(totals, { ...fetched, next, zero, followed, goesOn });
  display.show({ event: 'summary', ...summary });
  if (flags.json) {
    const report = reported ? flags.report : undefined;
    const more = { summary, ...definedFields({ results: fetched.written, report }) };
    printStatusJson(terminal, await readJobStatus(ports, job, signal), more);
  }
  if (state.notWritten === undefined) stack.over();
  const code = exitCodeOf(progress);
  return code === EXIT.ok && !(fetched.whole && reported) ? EXIT.failed : code;
}

/** A job that goes on is compared with what is given now. */
async function submitOrGoOn(
  context: CliContext,
  { ports, signal, job, goesOn }: RunStack,
  display: Display,
  { datasets, datasetFiles, flags, output: { out }, state: started }: Request,
): Promise<SubmittedFacts> {
  const submitted = await submitFromFlags(context, ports, {
    datasets,
    datasetFiles,
    out,
    flags: { ...flags, ...definedFields({ id: job ?? flags.id }) },
    mayBeComplete: goesOn?.standing === 'complete',
    started,
    display,
    signal,
  });
  display.show({ event: 'submitted', ...submitted });
  if (goesOn !== undefined) {
    display.show(newsNow(context.clock, 'info', 'job-goes-on', goesOnText(submitted.job, goesOn)));
  }
  return submitted;
}

function goesOnText(job: string, goesOn: GoesOn): string {
  if (goesOn.standing === 'begun') return `Job ${job} was stopped while it was submitted, and has been submitted now.`;
  const { done, total } = goesOn.progress.batches;
  if (goesOn.standing === 'complete') {
    return `Job ${job} is complete, and its results are written now. To compute them again, add --new.`;
  }
  return `Job ${job} was not finished; it goes on with ${done} of ${plural(total, 'batch', 'batches')} done. To begin another job instead, add --new.`;
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
      '--out - does not work with run, because run prints its progress to standard output. Name a file, or use "spotpool results <job> --out -".',
    );
  }
  notifyAddresses(flags.notify, context.env);
  const datasetFiles = await requireDatasetOf(context, datasets, flags);
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

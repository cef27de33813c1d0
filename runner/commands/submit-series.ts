/**
 * `spotpool submit --each` submits one job for each value of a variable. The jobs have the same dataset and the same bundle of the model, and each has its own
 * input in the bucket, so that each can be removed, resumed and computed again by itself.
 *
 * Invariants:
 * - The jobs are submitted one after the other. A command that breaks off leaves whole jobs, and the same command under the same id submits the others.
 * - A job that exists is compared with this submission. One that has ended is no error of the others.
 */
import { manifestKey } from '../../core/contract/keys.js';
import { newJobId } from '../../core/contract/job-id.js';
import { decodeManifest, type JobState } from '../../core/contract/job.js';
import type { JobSeries } from '../../core/contract/series.js';
import { seedOfJob } from '../../core/dataset/reservoir.js';
import { definedFields } from '../../core/defined-fields.js';
import { mapBounded } from '../../core/map-bounded.js';
import type { CliContext, StackPorts } from '../cli/context.js';
import { type EachVariable, refuseTwice } from '../cli/each-option.js';
import { EXIT } from '../cli/exit-codes.js';
import type { JobFlags } from '../cli/job-options.js';
import { openStack } from '../cli/open-stack.js';
import type { StackFlags } from '../cli/stack-options.js';
import type { Display } from '../display/events.js';
import { count, oneLine, plural, table } from '../display/format.js';
import { UserError } from '../errors.js';
import type { ObjectStore } from '../ports.js';
import { JobEnded } from '../submit/ended-job.js';
import { packWithGit } from '../submit/git-state.js';
import { packOnce } from '../submit/series/pack-once.js';
import { type SeriesJob, seriesJobs } from '../submit/series/series-jobs.js';
import { checkBeforeStart, type CommandProgress } from './advice/report-interruption.js';
import { stackArguments } from './advice/command-lines.js';
import type { SubmittedFacts } from '../api/submit-job.js';
import { wakeController } from '../api/wake-controller.js';
import { requireDatasetOf, submitFromFlags } from './submit-from-flags.js';

type Flags = JobFlags & StackFlags & { readonly json: boolean };

interface SeriesRequest {
  readonly datasets: readonly string[];
  readonly flags: Flags;
  readonly each: readonly EachVariable[];
  readonly display: Display;
}

/** A job of the series as this command leaves it. */
type SeriesEntry = { readonly job: string; readonly values: JobSeries['values'] } & (
  | Omit<SubmittedFacts, 'job'>
  /** An earlier command has submitted it, and it has ended without a result for every item. */
  | { readonly state: JobState; readonly reason: string }
);

export async function submitSeries(context: CliContext, request: SeriesRequest): Promise<number> {
  const { flags, each, datasets } = request;
  refuseTwice(each, flags);
  if (datasets.includes('-')) throw new UserError(NO_STANDARD_INPUT);
  const series = flags.id ?? newJobId(context.clock.nowMs(), context.random);
  const jobs = seriesJobs(series, each, flags.name);
  const datasetFiles = await checkBeforeStart(context, () => requireDatasetOf(context, datasets, flags));
  const ports = await openStack(context, flags);
  const entries = await submitAll(context, ports, { ...request, datasetFiles, series, jobs });
  await wake(context, ports);
  print(context, ports, { series, entries, flags });
  return entries.some((entry) => 'state' in entry) ? EXIT.failed : EXIT.ok;
}

const wake = ({ signal, terminal }: CliContext, ports: StackPorts): Promise<void> =>
  wakeController(ports, { signal, warn: (sentence) => terminal.err(`${sentence}\n`) });

const NO_STANDARD_INPUT =
  '--each reads the dataset once for each job, and standard input can be read only once. Write it to a file first, and give the file.';

interface Submission extends SeriesRequest {
  readonly datasetFiles: readonly string[];
  readonly series: string;
  readonly jobs: readonly SeriesJob[];
}

async function submitAll(
  context: CliContext,
  ports: StackPorts,
  submission: Submission,
): Promise<readonly SeriesEntry[]> {
  const { terminal, signal } = context;
  const { series, jobs } = submission;
  const display = saidOnce(submission.display);
  const shared = packOnce(packWithGit(context.env));
  const submitted = new Map<string, SeriesEntry>();
  const started: CommandProgress = {};
  let datasetDigest: string | undefined;
  try {
    for (const job of await existingFirst(ports.store, jobs, signal)) {
      const of = { pack: shared.pack, series: { id: series, values: job.values }, ...definedFields({ datasetDigest }) };
      submitted.set(job.job, await submitOne(context, ports, { ...submission, job, of, display, started }));
      datasetDigest ??= await datasetDigestOf(ports.store, job.job, signal);
    }
  } catch (error) {
    const isBegun = submitted.size > 0 || started.begun !== undefined;
    if (isBegun) terminal.err(`${brokenOffText(series, submitted.size, jobs.length)}\n`);
    else if (signal.aborted) terminal.err('Stopped before anything was sent: no job was begun.\n');
    if (submitted.size > 0 && !signal.aborted) await wake(context, ports);
    throw error;
  } finally {
    await shared.dispose();
  }
  return jobs.flatMap(({ job }) => submitted.get(job) ?? []);
}

const brokenOffText = (series: string, submitted: number, all: number): string =>
  `${submitted === 0 ? 'None' : count(submitted)} of the ${plural(all, 'job')} of series ${series} ${submitted > 1 ? 'are' : 'is'} submitted. ` +
  `To go on with the others, run the same command again with --id ${series}.`;

const HEADS_AT_ONCE = 8;

/** The jobs that exist come first, so that their packages are locked again as they are, and the new ones get the same. */
async function existingFirst(
  store: ObjectStore,
  jobs: readonly SeriesJob[],
  signal: AbortSignal,
): Promise<readonly SeriesJob[]> {
  const exists = await mapBounded(jobs, HEADS_AT_ONCE, async ({ job }) => store.head(manifestKey(job), { signal }));
  const [existing, others] = [true, false].map((wanted) =>
    jobs.filter((_, at) => (exists[at] !== undefined) === wanted),
  );
  return [...(existing ?? []), ...(others ?? [])];
}

async function datasetDigestOf(store: ObjectStore, job: string, signal: AbortSignal): Promise<string | undefined> {
  const stored = await store.get(manifestKey(job), { signal });
  return stored && decodeManifest(stored.body, job)?.dataset.digest;
}

interface OneSubmission extends Submission {
  readonly job: SeriesJob;
  readonly of: NonNullable<Parameters<typeof submitFromFlags>[2]['series']>;
  readonly started: CommandProgress;
}

async function submitOne(
  context: CliContext,
  ports: StackPorts,
  { datasets, datasetFiles, flags, series, job: { job, name, values }, of, display, started }: OneSubmission,
): Promise<SeriesEntry> {
  // The sample is that of the series, so that all jobs have the same items.
  const seed = flags.sample === undefined ? undefined : (flags.seed ?? seedOfJob(series));
  try {
    const { job: _, ...submitted } = await submitFromFlags(context, ports, {
      datasets,
      datasetFiles,
      flags: { ...flags, id: job, name, env: { ...flags.env, ...values }, ...definedFields({ seed }) },
      mayBeComplete: true,
      series: of,
      started,
      display,
      signal: context.signal,
    });
    display.show({ event: 'submitted', job, ...submitted });
    return { job, values, ...submitted };
  } catch (error) {
    if (!(error instanceof JobEnded)) throw error;
    const { state, reason } = error.ended;
    return { job, values, state, reason };
  }
}

/** Sentences about the model and the worker are the same for each job. */
function saidOnce(display: Display): Display {
  const said = new Set<string>();
  return {
    show: (event) => {
      if (event.event === 'happened') {
        if (said.has(event.message)) return;
        said.add(event.message);
      }
      display.show(event);
    },
    close: () => display.close(),
  };
}

function print(
  { terminal }: CliContext,
  { config }: StackPorts,
  {
    series,
    entries,
    flags,
  }: { readonly series: string; readonly entries: readonly SeriesEntry[]; readonly flags: Flags },
): void {
  if (flags.json) {
    terminal.out(`${JSON.stringify({ series, jobs: entries, controlled: config.controlled ?? false })}\n`);
    return;
  }
  const where = stackArguments(flags);
  const names = Object.keys(entries[0]?.values ?? {});
  const rows = entries.map((entry) => [
    entry.job,
    ...names.map((name) => oneLine(entry.values[name] ?? '')),
    'state' in entry ? `${entry.state}: to go on, spotpool resume ${entry.job}${where}` : standingOf(entry),
  ]);
  const first = entries[0]?.job ?? '';
  terminal.out(
    [
      '',
      `Series ${series}: ${plural(entries.length, 'job')}.`,
      ...table([['JOB', ...names.map(oneLine), ''], ...rows]).map((line) => `  ${line}`),
      '',
      ...(config.controlled === true ? [] : [UNCONTROLLED]),
      `  see them:       spotpool jobs --series ${series}${where}`,
      `  follow one:     spotpool watch ${first}${where}`,
      `  compare them:   spotpool compare ${series}${where}`,
      `  fetch results:  spotpool results ${first}${where}`,
      '',
    ].join('\n'),
  );
}

const standingOf = ({ continued, items, batches }: Omit<SubmittedFacts, 'job'>): string =>
  `${continued ? 'submitted before' : 'submitted'}, ${plural(items, 'item')} in ${plural(batches, 'batch', 'batches')}`;

const UNCONTROLLED =
  'This stack has no controller of its own. Its fleet grows and shrinks only while somebody follows a job; follow one after the other.';

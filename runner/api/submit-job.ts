/** Submits a job to a stack. The command line and the programs' API both come through here, so the options have the names of the command line. */
import path from 'node:path';
import { versions } from 'node:process';
import { LOWEST_WORKER_VERSION } from '../../core/contract/version.js';
import type { StackConfig } from '../../core/contract/stack.js';
import { slotsThatMayCome } from '../../core/dataset/paced-sizes.js';
import { definedFields } from '../../core/defined-fields.js';
import type { StackPorts } from '../cli/context.js';
import { type JobFlags, jobOptionsOf } from '../cli/job-options.js';
import type { StackFlags } from '../cli/stack-options.js';
import { readFleetState } from '../controller/observe/read-fleet.js';
import { checkLocalDataset } from '../dataset/dataset.js';
import type { DatasetRequest, FolderRequest } from '../dataset/dataset-request.js';
import type { Display, RunEvent } from '../display/events.js';
import type { CheckProgress } from '../dataset/opened-dataset.js';
import { count, plural } from '../display/format.js';
import { UserError } from '../errors.js';
import { stateDirectory } from '../local-cloud/paths.js';
import type { ModelRequest } from '../model/resolved-model.js';
import type { ExcludedFile } from '../model/shipping/walk.js';
import type { PythonTarget } from '../python/python-packages.js';
import type { RerunSource } from '../rerun/rerun-source.js';
import type { Source } from '../dataset/sources/source.js';
import type { SubmitEvent } from '../submit/submit-event.js';
import { quotaNeeds } from '../../core/pool/spot-quota.js';
import { checkQuota } from '../submit/check-quota.js';
import { packWithGit } from '../submit/git-state.js';
import { submitJob } from '../submit/submit-job.js';
import type { SubmitPorts, SubmitRequest } from '../submit/submit-request.js';
import { publishWorker, type PublishedWorker } from '../worker-bundle/publish-worker.js';
import type { WeightsRequest } from '../weights/weights-files.js';
import { newsNow } from '../follow/news.js';
import { submitNews } from '../follow/submit-events.js';
import type { OpenedStack, World } from './world.js';

/** The fields of the event `submitted`. */
export type SubmittedFacts = Omit<Extract<RunEvent, { event: 'submitted' }>, 'event'>;

/** A submission notes here how far it came, for whoever breaks it off. */
export interface SubmitProgress {
  /** It is set once the submission has begun to write, or waits for another submission of the same job; `follows` names who made that one. */
  begun?: { readonly job: string; readonly follows?: string };
}

/** Refuses a dataset that is not there, before anything is started. Returns the absolute paths of its files on this machine. */
export async function requireDataset(
  world: World,
  datasets: readonly string[],
  flags: JobFlags,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: (sentence: string) => void },
): Promise<readonly string[]> {
  const request = { ...datasetRequest(datasets, world.cwd, flags), folder: folderRequest(world, { flags }) };
  const opened = await checkLocalDataset(request, signal, checkProgress(world, tell));
  return opened?.files ?? [];
}

/** A check that takes longer is told, and then now and again. It comes before the command's display. */
const TELL_EVERY_MS = 5_000;

function checkProgress({ clock }: World, tell: (sentence: string) => void): CheckProgress {
  let toldMs = clock.nowMs();
  return (files, total) => {
    const nowMs = clock.nowMs();
    if (nowMs - toldMs < TELL_EVERY_MS || files === total) return;
    toldMs = nowMs;
    tell(`Checked ${count(files)} of the ${plural(total, 'file')} of the dataset. Nothing is uploaded yet.`);
  };
}

export interface SubmittedRerun {
  readonly source: RerunSource;
  readonly pack: NonNullable<SubmitPorts['pack']>;
  /** False when the model, or its weights, are in the bucket and not on this machine. */
  readonly isTried: boolean;
}

/** The job is one of a series. */
export interface SubmittedOfSeries extends Pick<SubmitRequest, 'series' | 'datasetDigest'> {
  readonly pack: NonNullable<SubmitPorts['pack']>;
}

export interface Submission {
  readonly datasets: readonly string[];
  /** The items themselves, in place of a dataset that is stored somewhere. `datasets` has the name for people then. */
  readonly items?: Source;
  /** The files of the dataset on this machine. */
  readonly datasetFiles: readonly string[];
  /** The results will be written to this file. */
  readonly out?: string;
  readonly flags: JobFlags & StackFlags;
  /** True when the job may be complete already: then it is only compared. */
  readonly mayBeComplete?: boolean;
  /** It records the progress, for the messages after an interruption. */
  readonly started?: SubmitProgress;
  /** Present when the job is a rerun. */
  readonly rerun?: SubmittedRerun;
  readonly series?: SubmittedOfSeries;
  readonly display: Pick<Display, 'show'>;
  readonly signal: AbortSignal;
}

export async function submitTo({ world, ports }: OpenedStack, submission: Submission): Promise<SubmittedFacts> {
  const { cwd, clock, random, user, version } = world;
  const { flags, display, signal, items: given, rerun, series: { pack = rerun?.pack, ...series } = {} } = submission;
  const { id, name, setup, batchSize, batchBytes } = flags;
  if (ports.config.isolated && setup !== undefined) throw new UserError(SETUP_IN_ISOLATION);
  if (flags.slotsPerGpu !== undefined && flags.slots !== 'auto') throw new UserError(TWO_NUMBERS_OF_SLOTS);
  if (flags.secrets !== undefined) refuseSecrets(flags, ports.config);
  await refuseTornDown(ports, signal);
  const quota = checkQuota(ports.quota, quotaNeeds(ports.config), signal);
  const publish = workerPublisher(world, ports, signal);
  const { job, manifest, resumed } = await submitJob(
    {
      dataset: {
        ...datasetRequest(submission.datasets, cwd, flags),
        folder: folderRequest(world, submission),
        ...definedFields({ items: given }),
      },
      model: modelRequest(world, ports.config, submission),
      ...weightsRequest(world, flags),
      // Stacks say which Python their instances have since their controllers know these models.
      controllerIsOlder: ports.config.controllerFunction !== undefined && ports.config.python === undefined,
      sizes: {
        ...(batchSize === 'auto' ? {} : { batchItems: batchSize }),
        ...definedFields({ batchBytes }),
      },
      slots: slotsOf(flags, ports.config),
      options: jobOptionsOf(flags),
      ...definedFields({ id, name, rerun: rerun?.source, mayBeComplete: submission.mayBeComplete }),
      ...series,
      createdBy: user,
      versions: { spotpool: version, node: versions.node, worker: LOWEST_WORKER_VERSION },
    },
    {
      store: ports.store,
      bucket: ports.config.bucket,
      queue: ports.queue,
      sources: ports.sources,
      clock,
      random,
      pack: pack ?? packWithGit(world.env),
      ...(rerun?.isTried === false ? {} : firstTryOf(world, ports.config, submission)),
      ...definedFields({ publishWorker: publish }),
    },
    {
      signal,
      onEvent: (event) => {
        if (submission.started !== undefined) noteBeginning(submission.started, event);
        for (const shown of submitNews(event, clock)) display.show(shown);
      },
    },
  );
  const { dataset, model, batches } = manifest;
  const { items, badItems } = dataset;
  const message = await quota.shortfall(Math.min(ports.config.maxWorkers, flags.maxWorkers ?? Infinity, batches));
  if (message !== undefined) display.show(newsNow(clock, 'warning', 'quota-short', message));
  return { job, dataset: dataset.name, model: model.name, items, badItems, batches, continued: resumed };
}

/** Returns undefined when the stack's instances do not fetch the worker from the bucket. */
export function workerPublisher(
  { clock, workerBundle }: World,
  { store, config }: StackPorts,
  signal: AbortSignal,
): (() => Promise<PublishedWorker>) | undefined {
  if (config.installedWorker) return undefined;
  return async () =>
    publishWorker(await workerBundle(), store, { publishedAt: new Date(clock.nowMs()).toISOString(), signal });
}

function slotsOf(flags: JobFlags, { maxWorkers, minVcpus }: StackConfig): number {
  return slotsThatMayCome(Math.min(maxWorkers, flags.maxWorkers ?? Infinity), jobOptionsOf(flags).slots, minVcpus);
}

/** Nothing is paid for on a local cloud or an emulator, and their workers show the same at once. */
function firstTryOf(
  { probe, env, clock }: World,
  { endpoint }: StackConfig,
  { flags, display }: Pick<Submission, 'flags' | 'display'>,
): Pick<SubmitPorts, 'probe'> {
  if (flags.local || endpoint !== undefined) return {};
  const without = flags.try === false ? '--no-try' : env['SPOTPOOL_NO_TRY'] === '1' ? 'SPOTPOOL_NO_TRY=1' : undefined;
  if (without === undefined) return { probe };
  display.show(newsNow(clock, 'info', 'tried', `The model is not tried on this machine first (${without}).`));
  return {};
}

function noteBeginning(started: SubmitProgress, event: SubmitEvent): void {
  if (event.code === 'begun') started.begun = { job: event.job };
  if (event.code === 'following-submit') started.begun = { job: event.job, follows: event.by };
}

const TWO_NUMBERS_OF_SLOTS =
  '--slots and --slots-per-gpu both say how many models an instance loads: give one of them.';
const SETUP_IN_ISOLATION =
  '--setup does not work with this stack, which is isolated: its instances reach only S3 and SQS. ' +
  "Ship what the model needs in its directory (for a command: --files), or deploy a stack without 'isolated'.";

function refuseSecrets({ secrets = {}, env = {}, local }: JobFlags & StackFlags, { isolated }: StackConfig): void {
  if (local) {
    throw new UserError(
      '--secret does not work with --local, because the local cloud has no Secrets Manager. Use --env NAME=VALUE with a value for tests.',
    );
  }
  if (isolated) {
    throw new UserError(
      '--secret does not work with this stack, which is isolated: its instances reach only S3 and SQS.',
    );
  }
  const twice = Object.keys(secrets).find((name) => name in env);
  if (twice !== undefined)
    throw new UserError(`${twice} is given with --env and with --secret. Leave one of them out.`);
}

export async function refuseTornDown({ store, config }: StackPorts, signal: AbortSignal): Promise<void> {
  const { state } = await readFleetState(store, signal);
  if (state?.teardown === undefined) return;
  throw new UserError(
    `${state.teardown.by} has been tearing down the stack ${config.name} since ${state.teardown.at}, so nobody would work on the job. ` +
      'To open the stack again, use "spotpool teardown --undo".',
  );
}

/** The fields of a stack that say which packages its instances can use. */
type PythonFields = Pick<StackConfig, 'architecture' | 'python' | 'platform' | 'isolated' | 'installedWorker'>;

export function modelRequest(
  { cwd, env }: World,
  config: PythonFields,
  submission: { readonly datasetFiles: readonly string[]; readonly out?: string; readonly flags: JobFlags },
): ModelRequest {
  const { flags } = submission;
  const { files, perLine, setup, ship, followLinks, requirements } = flags;
  const { architecture } = config;
  return {
    argument: flags.model,
    cwd,
    searchPath: env['PATH'] ?? '',
    ...definedFields({ files, perLine, setup }),
    ...(architecture === undefined || flags.anyPlatform ? {} : { architecture }),
    ...definedFields({ ship, followLinks, requirements }),
    packages: { env, target: pythonTarget(config), ...definedFields({ source: flags.wheels }) },
    excluded: excludedFromModel(cwd, submission),
  };
}

/** Without a platform of its own, a stack runs Amazon Linux 2023, which has glibc 2.34. https://docs.aws.amazon.com/linux/al2023/ug/core-glibc.html */
function pythonTarget({
  python,
  platform,
  architecture,
  isolated = false,
  installedWorker = false,
}: PythonFields): PythonTarget {
  const processor = architecture === 'arm64' ? 'aarch64' : architecture;
  const ofArchitecture = processor === undefined ? undefined : `${processor}-manylinux_2_34`;
  const place = { isIsolated: isolated, isThisMachine: installedWorker };
  return { ...place, ...definedFields({ python, platform: platform ?? ofArchitecture }) };
}

/** Returns the user's files that often lie in a model's directory and change although the model stays the same. */
function excludedFromModel(
  cwd: string,
  {
    datasetFiles,
    out,
    flags: { weights },
  }: { readonly datasetFiles: readonly string[]; readonly out?: string; readonly flags: JobFlags },
): readonly ExcludedFile[] {
  const results = out === undefined ? [] : [out, `${out}.meta.json`];
  return [
    ...results.map((file) => ({ file: path.resolve(cwd, file), why: 'the results of this job', always: true })),
    ...(weights === undefined || weights.startsWith('s3://')
      ? []
      : [{ file: path.resolve(cwd, weights), why: 'the weights', always: false }]),
    ...datasetFiles.map((file) => ({ file, why: 'the dataset', always: false })),
  ];
}

export function weightsRequest({ cwd, env }: World, flags: JobFlags): { readonly weights?: WeightsRequest } {
  const { weights: argument, followLinks = false } = flags;
  if (argument === undefined) return {};
  return { weights: { argument, cwd, followLinks, cache: path.join(stateDirectory(env), 'weights.json') } };
}

/** The results of the job are no item of its folder (R15). */
export function folderRequest(
  { cwd, env }: World,
  { out, flags: { followLinks = false } }: { readonly out?: string; readonly flags: JobFlags },
): FolderRequest {
  const outputs = out === undefined ? [] : [out, `${out}.meta.json`].map((file) => path.resolve(cwd, file));
  return { followLinks, outputs, cache: path.join(stateDirectory(env), 'files.json') };
}

/** A local cloud of `run` has a seed, too. Other commands have none. */
export function refuseSeedAlone({ seed, sample }: JobFlags): void {
  if (seed === undefined || sample !== undefined) return;
  throw new UserError('--seed chooses a sample. Add --sample, or leave it out.');
}

export function datasetRequest(datasets: readonly string[], cwd: string, flags: JobFlags): DatasetRequest {
  const { strict, limit, format, delimiter, bigIntegers, columns, sample, seed, idField, keep } = flags;
  return {
    arguments: datasets,
    cwd,
    ...definedFields({ strict, limit, format, delimiter, bigIntegers, columns, idField, keep }),
    ...(sample === undefined ? {} : { sample: { items: sample, ...definedFields({ seed }) } }),
  };
}

/**
 * Opens the local cloud of a `run --local`, and keeps its job until the results are written: the same command goes on with a job that was not finished.
 *
 * Invariants:
 * - Each job is kept by itself (local-cloud/kept-runs.ts), so commands at once share nothing.
 * - What is kept is removed only when its results are written, when its job ended otherwise and this was said, or before anything of it was sent.
 * - A machine on which nothing can be kept computes all the same. The command says so.
 */
import { newJobId } from '../../core/contract/job-id.js';
import { definedFields } from '../../core/defined-fields.js';
import type { CliContext, StackPorts } from '../cli/context.js';
import { type LocalFlags, localCloudOptions } from '../cli/local-options.js';
import { newJobMemory } from '../controller/memory.js';
import { readJob } from '../controller/observe/read-job.js';
import { type JobProgress, progressOfJob } from '../controller/report.js';
import { messageOf, SpotpoolError } from '../errors.js';
import { DataInUse } from '../local-cloud/child.js';
import { keepUp } from '../local-cloud/keep-up.js';
import {
  beginRun,
  dataOf,
  isAtWork,
  type KeptRun,
  listKeptRuns,
  removeRun,
  type RunRequest,
  takeOver,
} from '../local-cloud/kept-runs.js';
import { DEFAULT_LOCAL_MAX_WORKERS } from '../local-cloud/options.js';
import { stateDirectory } from '../local-cloud/paths.js';
import { type LocalStack, startLocalStack } from '../local-cloud/stack.js';
import { renewMessages } from '../submit/renew-messages.js';
import { hasEnded } from '../status/job-state.js';
import type { GoesOn, RunStack } from './opened-stack.js';

/** The command's own local cloud has ended by itself. */
export class LocalCloudLost extends SpotpoolError {
  override readonly name = 'LocalCloudLost';
  override readonly kind = 'stack-unreachable';
}

export interface OwnWish {
  readonly flags: LocalFlags & { readonly maxWorkers?: number; readonly id?: string };
  readonly request: RunRequest;
  /** True when another job shall begin, whatever is kept. */
  readonly isNew: boolean;
}

/** A killed command's cloud ends its instances before it gives its data free. */
const FREE_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 200;
/** Nothing is removed unasked (R15). From this number on each command says how many jobs are kept. */
const MANY_KEPT = 10;

interface Opened {
  readonly stack: LocalStack;
  readonly run: KeptRun | undefined;
  readonly job: string;
  readonly goesOn?: GoesOn;
}

export async function openOwnStack(context: CliContext, wish: OwnWish): Promise<RunStack> {
  const news: string[] = [];
  const { stack, run, job, goesOn } = (await findUnfinished(context, wish, news)) ?? (await begin(context, wish, news));
  const { env, signal } = context;
  const lost = new AbortController();
  let closing = false;
  let kept = false;
  let isOver = false;
  void stack.cloud.ended.then((how) => {
    if (!closing) lost.abort(new LocalCloudLost(`The local cloud of this command ${how}.`));
  });
  return {
    ports: context.connect(stack.config),
    get own() {
      return !kept;
    },
    job,
    isKept: run !== undefined,
    news,
    ...definedFields({ goesOn }),
    signal: AbortSignal.any([signal, lost.signal]),
    keep: async () => {
      const { directory } = await keepUp(stack, env, signal);
      kept = true;
      return directory === stateDirectory(withoutHome(env)) ? undefined : directory;
    },
    over: () => void (isOver = true),
    close: async ({ isBegun }) => {
      closing = true;
      if (kept) return;
      await stack.cloud.end();
      const isEmpty = goesOn === undefined && !isBegun;
      if (run !== undefined && (isOver || isEmpty)) await removeRun(run);
    },
  };
}

/** Another shell looks for the local cloud with this environment. */
const withoutHome = ({ SPOTPOOL_HOME: _, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv => env;

async function findUnfinished(context: CliContext, wish: OwnWish, news: string[]): Promise<Opened | undefined> {
  if (wish.isNew) return undefined;
  const { flags, request } = wish;
  const kept = await listKeptRuns(context.env).catch(() => []);
  for (const run of kept) {
    const { note } = run;
    const isMeant = flags.id === undefined ? note?.digest === request.digest : note?.job === flags.id;
    if (note === undefined || !isMeant) continue;
    const stack = await startOn(context, wish, run);
    if (stack === undefined) {
      news.push(`Another command is at work on job ${note.job}, so this one begins a job of its own.`);
      continue;
    }
    const found = await goOn(context, stack, run, news);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Returns undefined when the job has ended otherwise than complete. Then nothing of it is kept any more. */
async function goOn(context: CliContext, stack: LocalStack, run: KeptRun, news: string[]): Promise<Opened | undefined> {
  const { clock, signal } = context;
  const job = run.note?.job ?? '';
  try {
    await takeOver(run, clock.nowMs());
    const ports = context.connect(stack.config);
    const progress = await progressOf(ports, job, signal);
    if (progress === undefined) return { stack, run, job, goesOn: { standing: 'begun' } };
    if (progress.state === 'complete') return { stack, run, job, goesOn: { standing: 'complete', progress } };
    if (!hasEnded(progress)) {
      await renewMessages(ports, { signal, onTrouble: (_job, error) => news.push(resendLater(job, error)) });
      return { stack, run, job, goesOn: { standing: 'unfinished', progress } };
    }
    news.push(
      `Job ${job} is ${progress.state}: ${progress.reason ?? 'its end has no reason'} This command begins another job.`,
    );
  } catch (error) {
    await stack.cloud.end();
    throw error;
  }
  await stack.cloud.end();
  await removeRun(run);
  return undefined;
}

const resendLater = (job: string, error: unknown): string =>
  `The batches that are left of job ${job} could not be sent at once (${messageOf(error)}). They are sent after some minutes.`;

async function progressOf(ports: StackPorts, job: string, signal: AbortSignal): Promise<JobProgress | undefined> {
  const view = await readJob(ports.store, job, newJobMemory(), { save: false, signal });
  return view && progressOfJob(view);
}

async function begin(context: CliContext, wish: OwnWish, news: string[]): Promise<Opened> {
  const { env, clock, random } = context;
  const kept = await listKeptRuns(env).catch(() => []);
  if (kept.length >= MANY_KEPT) {
    news.push(
      `${kept.length} jobs that were not finished are kept on this machine. "spotpool local status" lists them, and "spotpool local rm" with their ids removes them.`,
    );
  }
  const job = wish.flags.id ?? newJobId(clock.nowMs(), random);
  const run = await beginRun(env, wish.request, { job, nowMs: clock.nowMs() }).catch((error: unknown) => {
    news.push(`This job is not kept if it is stopped: ${messageOf(error)}`);
    return undefined;
  });
  if (run === undefined) return { stack: await start(context, wish, undefined), run, job };
  try {
    return { stack: await start(context, wish, dataOf(run)), run, job };
  } catch (error) {
    await removeRun(run);
    context.signal.throwIfAborted();
    const stack = await start(context, wish, undefined);
    news.push(`This job is not kept if it is stopped: ${messageOf(error)}`);
    return { stack, run: undefined, job };
  }
}

/** Returns undefined when another command is at work on it. */
async function startOn(context: CliContext, wish: OwnWish, run: KeptRun): Promise<LocalStack | undefined> {
  const { clock, signal } = context;
  const deadlineMs = clock.nowMs() + FREE_WITHIN_MS;
  for (;;) {
    try {
      return await start(context, wish, dataOf(run));
    } catch (error) {
      if (!(error instanceof DataInUse)) throw error;
      if (isAtWork(run, clock.nowMs()) || clock.nowMs() > deadlineMs) return undefined;
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
  }
}

async function start(
  { env, provision, signal }: CliContext,
  { flags }: OwnWish,
  data: string | undefined,
): Promise<LocalStack> {
  const options = localCloudOptions(flags, flags.maxWorkers ?? DEFAULT_LOCAL_MAX_WORKERS);
  return startLocalStack({ options, env, provision, signal, data });
}
